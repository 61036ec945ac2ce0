/* new_set.c - a configuration set comes into force by records: the set, its policy and list, then its units in slices. */
#include "dispatcher/engine/state.h"

#include "config/district.h"

#include <assert.h>

/* How many ids one step looks at, and how many records it may make of them. */
#define SETTLE_IDS 2000

bool new_set_case(struct engine *engine, uint64_t case_id)
{
    struct command command = {.type = COMMAND_SETTLE, .now_ms = engine->now_ms};

    command.body.settle.given = SETTLE_HAS_CASE;
    command.body.settle.case_id = case_id;
    return decide_own(engine, &command);
}

/* The record that says how far the walk is. */
static bool settled_until(struct engine *engine, uint64_t until)
{
    struct command command = {.type = COMMAND_SETTLE, .now_ms = engine->now_ms};

    command.body.settle.given = SETTLE_HAS_UNTIL;
    command.body.settle.until = until;
    engine->settle_next = until;
    return decide_own(engine, &command);
}

void new_set_walk(struct engine *engine)
{
    uint64_t ids[256];
    size_t n = 1;
    uint32_t looked = 0;

    if (engine->settle_next == 0) {
        return;
    }
    while (n > 0 && looked < SETTLE_IDS && !decide_full(engine)) {
        n = store_ids_from(engine->store, ROW_CASE, engine->settle_next, ids, 256);
        for (size_t i = 0; i < n; i++) {
            if (!new_set_case(engine, ids[i])) {
                return;
            }
            engine->settle_next = ids[i] + 1;
        }
        looked += (uint32_t)n;
    }
    settled_until(engine, n > 0 ? engine->settle_next : 0);
}

bool new_set_adopt(struct engine *engine)
{
    while (engine->adopting) {
        struct command command = {.type = COMMAND_ADOPT_CONFIG, .now_ms = engine->now_ms};
        uint32_t published = 0;

        if (decide_full(engine)) {
            return false;
        }
        command.body.adopt_config.given = ADOPT_CONFIG_HAS_FROM;
        command.body.adopt_config.from = engine->adopt_from;
        if (!decide_own(engine, &command)) {
            return false;
        }
        for (uint32_t i = 0; i < engine->verdict->count; i++) {
            published += engine->verdict->records[i].type == RECORD_UNIT_PUBLISHED;
        }
        assert(published > 0);
        engine->adopt_from += published;
        engine->adopting = engine->adopt_from < engine->district->unit_count;
        if (!engine->adopting) {
            in_force_look(engine); /* open cases come under the new set one by one */
        }
    }
    return true;
}
