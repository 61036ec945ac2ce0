/* in_force.c - is the configuration set in force the one that we have, and may ours follow it? */
#include "dispatcher/engine/state.h"

#include "base/i18n.h"
#include "config/district.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Units of the set in force that have been published: those rows are the newest ones. */
static uint32_t count_published(struct engine *engine, uint64_t from)
{
    uint64_t ids[256], before = 0;
    uint32_t count = 0;

    if (from == 0) {
        return 0;
    }
    for (;;) {
        size_t n = store_ids_before(engine->store, ROW_UNIT, before, ids, 256);

        for (size_t i = 0; i < n; i++) {
            if (ids[i] < from) {
                return count;
            }
            count++;
        }
        if (n < 256) {
            return count;
        }
        before = ids[n - 1];
    }
}

int in_force_fits(struct engine *engine, const struct district *district, char *said)
{
    uint64_t ids[256];
    struct district_row row;
    struct unit_row unit;
    struct code first = {0};
    uint32_t missing = 0;
    size_t n = 0;

    tables_get(&engine->tables, ROW_DISTRICT, 1, &row);
    for (uint64_t from = row.units_from; from != 0; from = n > 0 ? ids[n - 1] + 1 : 0) {
        n = store_ids_from(engine->store, ROW_UNIT, from, ids, 256);
        for (size_t i = 0; i < n; i++) {
            if (!tables_get(&engine->tables, ROW_UNIT, ids[i], &unit) || district_unit_find(district, &unit.unit) >= 0) {
                continue;
            }
            if (missing++ == 0) {
                first = unit.unit;
            }
        }
    }
    if (missing == 0) {
        return store_failed(engine->store);
    }
    snprintf(said, DATADIR_SAID,
             _("The unit %.*s%s is in force with this data, and units.csv lacks %s. Unit codes stay for ever: put %s back, with "
               "retired_on and successor if %s gone."),
             (int)strnlen(first.s, CODE_SIZE), first.s, missing > 1 ? _(" (and others)") : "", missing > 1 ? "them" : "it",
             missing > 1 ? "them" : "it", missing > 1 ? "they are" : "it is");
    return -EINVAL;
}

void in_force_look(struct engine *engine)
{
    struct district_row row;

    tables_get(&engine->tables, ROW_DISTRICT, 1, &row);
    engine->settle_next = row.settle_next;
    alarm_look(engine);
    if (strncmp(row.config_hash, engine->district->hash, sizeof(row.config_hash)) != 0) {
        engine->adopting = true;
        engine->adopt_from = 0;
        return;
    }
    engine->adopt_from = count_published(engine, row.units_from);
    engine->adopting = engine->adopt_from < engine->district->unit_count;
}
