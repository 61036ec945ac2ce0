/* timer.c - time passes: rungs fire and claims lapse by pulses, which are commands like all others. */
#include "dispatcher/engine/state.h"

#include <assert.h>

static struct command pulse(int64_t at_ms, uint64_t clock, uint64_t duty)
{
    struct command command = {.type = COMMAND_PULSE, .now_ms = at_ms};

    command.body.pulse.given = (clock != 0 ? PULSE_HAS_CLOCK : 0) | (duty != 0 ? PULSE_HAS_DUTY : 0);
    command.body.pulse.clock_id = clock;
    command.body.pulse.duty_id = duty;
    return command;
}

/* A pulse that changes nothing would be due for ever. */
static bool fire(struct engine *engine, int64_t at_ms, uint64_t clock, uint64_t duty)
{
    struct command command = pulse(at_ms, clock, duty);

    if (!decide_own(engine, &command)) {
        return false;
    }
    assert(engine->verdict->count > 0);
    return true;
}

/* Under a new set this timer may not be due any more: its case is settled first. Sets *ret_settled when that changed something, so
 * that the timers are looked at again. */
static bool settle_owner(struct engine *engine, int kind, uint64_t id, bool *ret_settled)
{
    struct clock_row clock;
    uint64_t case_id = 0;

    *ret_settled = false;
    if (kind == 0 && tables_get(&engine->tables, ROW_CLOCK, id, &clock)) {
        case_id = clock.case_id;
    }
    if (case_id < engine->settle_next) {
        return true;
    }
    if (!new_set_case(engine, case_id)) {
        return false;
    }
    *ret_settled = engine->verdict->count > 0;
    return true;
}

bool timer_fire(struct engine *engine, int64_t until_ms, uint32_t max)
{
    int64_t at_ms;
    uint64_t id;
    int kind;
    bool settled = false;

    for (uint32_t fired = 0; store_next_timer(engine->store, &at_ms, &kind, &id) && at_ms <= until_ms; fired++) {
        if (fired == max || decide_full(engine)) {
            return false;
        }
        /* Drill time stops at the timer's own instant; a due instant that lies in the past (a given limit) fires now. */
        if (at_ms > engine->now_ms) {
            engine->now_ms = at_ms;
        }
        if (engine->settle_next != 0 && !settle_owner(engine, kind, id, &settled)) {
            return false;
        }
        if (!settled && !fire(engine, engine->now_ms, kind == 0 ? id : 0, kind == 1 ? id : 0)) {
            return false;
        }
    }
    return store_failed(engine->store) == 0;
}

bool timer_fire_case(struct engine *engine, uint64_t case_id)
{
    int64_t at_ms;
    uint64_t clock, duty;

    if (engine->settle_next != 0 && case_id >= engine->settle_next && !new_set_case(engine, case_id)) {
        return false;
    }
    while (core_case_due(&engine->tables, case_id, engine->now_ms, &at_ms, &clock, &duty)) {
        if (!fire(engine, engine->now_ms, clock, duty)) {
            return false;
        }
    }
    return store_failed(engine->store) == 0;
}
