/* A configuration set comes into force by records: the set, its policy and list, then its units in slices. */
#include "dispatcher/engine/state.h"

#include "config/district.h"

#include <assert.h>
#include <string.h>

/* Units of the set in force that have been published: those rows are the newest ones. */
static uint32_t count_published(struct engine *engine, uint64_t from)
{
    uint64_t ids[256], before = 0;
    uint32_t count = 0;

    if (from == 0)
        return 0;
    for (;;) {
        size_t n = store_ids_before(engine->store, ROW_UNIT, before, ids, 256);

        for (size_t i = 0; i < n; i++) {
            if (ids[i] < from)
                return count;
            count++;
        }
        if (n < 256)
            return count;
        before = ids[n - 1];
    }
}

void adopt_look(struct engine *engine)
{
    struct district_row row;

    view_get(&engine->view, ROW_DISTRICT, 1, &row);
    if (strncmp(row.config_hash, engine->district->hash, sizeof(row.config_hash)) != 0) {
        engine->adopting = true;
        engine->adopt_from = 0;
        return;
    }
    engine->adopt_from = count_published(engine, row.units_from);
    engine->adopting = engine->adopt_from < engine->district->unit_count;
}

bool adopt_run(struct engine *engine)
{
    while (engine->adopting) {
        struct command command = {.type = COMMAND_ADOPT_CONFIG, .now_ms = engine->now_ms};
        uint32_t published = 0;

        if (step_full(engine))
            return false;
        command.body.adopt_config.given = ADOPT_CONFIG_HAS_FROM;
        command.body.adopt_config.from = engine->adopt_from;
        if (!step_own(engine, &command))
            return false;
        for (uint32_t i = 0; i < engine->verdict->count; i++)
            published += engine->verdict->records[i].type == RECORD_UNIT_PUBLISHED;
        assert(published > 0);
        engine->adopt_from += published;
        engine->adopting = engine->adopt_from < engine->district->unit_count;
    }
    return true;
}
