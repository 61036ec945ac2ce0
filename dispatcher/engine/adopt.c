/* adopt.c - a configuration set comes into force by records: the set, its policy and list, then its units in slices. */
#include "dispatcher/engine/state.h"

#include "config/district.h"
#include "proto/i18n.h"

#include <assert.h>
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

int adopt_fits(struct engine *engine, const struct district *district, char *said)
{
    uint64_t ids[256];
    struct district_row row;
    struct unit_row unit;
    struct code first = {0};
    uint32_t missing = 0;
    size_t n = 0;

    view_get(&engine->view, ROW_DISTRICT, 1, &row);
    for (uint64_t from = row.units_from; from != 0; from = n > 0 ? ids[n - 1] + 1 : 0) {
        n = store_ids_from(engine->store, ROW_UNIT, from, ids, 256);
        for (size_t i = 0; i < n; i++) {
            if (!view_get(&engine->view, ROW_UNIT, ids[i], &unit) || district_unit_find(district, &unit.unit) >= 0) {
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

void adopt_look(struct engine *engine)
{
    struct district_row row;

    view_get(&engine->view, ROW_DISTRICT, 1, &row);
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

/* How many ids one step looks at, and how many records it may make of them. */
#define SETTLE_IDS 2000

bool settle_case(struct engine *engine, uint64_t case_id)
{
    struct command command = {.type = COMMAND_SETTLE, .now_ms = engine->now_ms};

    command.body.settle.given = SETTLE_HAS_CASE;
    command.body.settle.case_id = case_id;
    return step_own(engine, &command);
}

/* The record that says how far the walk is. */
static bool settled_until(struct engine *engine, uint64_t until)
{
    struct command command = {.type = COMMAND_SETTLE, .now_ms = engine->now_ms};

    command.body.settle.given = SETTLE_HAS_UNTIL;
    command.body.settle.until = until;
    engine->settle_next = until;
    return step_own(engine, &command);
}

void settle_run(struct engine *engine)
{
    uint64_t ids[256];
    size_t n = 1;
    uint32_t looked = 0;

    if (engine->settle_next == 0) {
        return;
    }
    while (n > 0 && looked < SETTLE_IDS && !step_full(engine)) {
        n = store_ids_from(engine->store, ROW_CASE, engine->settle_next, ids, 256);
        for (size_t i = 0; i < n; i++) {
            if (!settle_case(engine, ids[i])) {
                return;
            }
            engine->settle_next = ids[i] + 1;
        }
        looked += (uint32_t)n;
    }
    settled_until(engine, n > 0 ? engine->settle_next : 0);
}

bool adopt_run(struct engine *engine)
{
    while (engine->adopting) {
        struct command command = {.type = COMMAND_ADOPT_CONFIG, .now_ms = engine->now_ms};
        uint32_t published = 0;

        if (step_full(engine)) {
            return false;
        }
        command.body.adopt_config.given = ADOPT_CONFIG_HAS_FROM;
        command.body.adopt_config.from = engine->adopt_from;
        if (!step_own(engine, &command)) {
            return false;
        }
        for (uint32_t i = 0; i < engine->verdict->count; i++) {
            published += engine->verdict->records[i].type == RECORD_UNIT_PUBLISHED;
        }
        assert(published > 0);
        engine->adopt_from += published;
        engine->adopting = engine->adopt_from < engine->district->unit_count;
        if (!engine->adopting) {
            adopt_look(engine); /* open cases come under the new set one by one */
        }
    }
    return true;
}
