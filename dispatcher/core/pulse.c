/* pulse.c - time as a command: rungs, claims that lapse, and what an overdue clock sets off (lifecycle 2b "overdue (T)", 2d);
 * advance
 */
#include "dispatcher/core/judging.h"
#include "dispatcher/core/question.h"

#include <assert.h>
#include <string.h>

int64_t core_next_rung_at(const struct clock_row *clock)
{
    int64_t least = INT64_MAX;
    for (int rung = 0; rung < RUNG_COUNT; rung++) {
        if (clock->rung_at[rung] != 0 && (clock->fired & (1u << rung)) == 0 && clock->rung_at[rung] < least) {
            least = clock->rung_at[rung];
        }
    }
    return least;
}

bool core_case_due(const struct tables *tables, uint64_t case_id, int64_t now_ms, int64_t *ret_at_ms, uint64_t *ret_clock,
                   uint64_t *ret_duty)
{
    struct case_row c;
    struct clock_row clock;
    struct duty_row duty;
    int64_t least = INT64_MAX;
    if (!tables_get(tables, ROW_CASE, case_id, &c) || c.rung_floor_at > now_ms) {
        return false;
    }
    /* Of two at one instant a rung comes before a claim, and the older before the newer: the walks go from the newest on. */
    for (uint64_t id = c.duty_last; id != 0 && tables_get(tables, ROW_DUTY, id, &duty); id = duty.prev_of_case) {
        if (duty.claimed && duty.claimed_until <= now_ms && duty.claimed_until <= least) {
            least = duty.claimed_until;
            *ret_clock = 0;
            *ret_duty = id;
        }
    }
    for (uint64_t id = c.clock_last; id != 0 && tables_get(tables, ROW_CLOCK, id, &clock); id = clock.prev_of_case) {
        int64_t at = clock.state == CLOCK_STATE_RUNNING ? core_next_rung_at(&clock) : INT64_MAX;
        if (at <= now_ms && at <= least) {
            least = at;
            *ret_clock = id;
            *ret_duty = 0;
        }
    }
    *ret_at_ms = least;
    return least != INT64_MAX;
}

static bool load_case(struct judging *j, uint64_t case_id)
{
    if (!tables_get(j->tables, ROW_CASE, case_id, &j->c)) {
        return false;
    }
    j->prev = j->c.last_seq;
    tables_get(j->tables, ROW_CLOCK, j->c.total_clock, &j->total);
    return true;
}

/* A handle clock runs only while its lead is at work: the case is being handled, and the lead is the present one. */
static void handle_overdue(struct judging *j, const struct clock_row *clock)
{
    int32_t lead = unit_index(j, &clock->unit);
    if (lead < 0) {
        return;
    }
    const struct unit *unit = &j->district->units[lead];
    int32_t up = next_tier(j, lead);
    if (j->policy->on_overdue[unit->class][unit->tier] == ON_OVERDUE_TAKE_OVER && up >= 0) {
        take_over_to(j, up, text_of("overdue"));
        return;
    }
    emit_for(j, RECORD_ORDER_PROPOSED, lead)->body.order_proposed.order_kind = ORDER_KIND_OVERDUE;
}

/* The desk has not routed a case in time: who stands in for it has the case from now on, and those above the desk are told. */
static void route_overdue(struct judging *j, const struct duty_row *duty)
{
    enum alarm alarm = route_fallback(j, duty) ? ALARM_FALLBACK_LEADS : ALARM_UNROUTED;
    raise_alarm(j, alarm, j->district->desk_unit, ROLE_LEADER);
    raise_alarm(j, alarm, j->district->district_unit, ROLE_DISTRICT_LEADER);
}

/* The desk does not rule in time: the next rank is told, and then the one above it. The unit that asked works on meanwhile. */
static void rule_overdue(struct judging *j, enum rung rung)
{
    if (rung == RUNG_RED) {
        raise_alarm(j, ALARM_UNRULED, j->district->desk_unit, ROLE_SUPERVISOR);
    } else if (rung == RUNG_NOTICE) {
        raise_alarm(j, ALARM_UNRULED, j->district->district_unit, ROLE_DISTRICT_LEADER);
    }
}

/* A rating that does not come: no score, and the call closes when it was the last. */
static void rate_overdue(struct judging *j, const struct duty_row *duty)
{
    end_duty(j, duty, DUTY_END_EXPIRED, CLOCK_WHY_EXPIRED, (struct text){0});
    if (j->call.open_responds == 0 && j->call.open_rates <= 1) {
        end_call(j, CALL_OUTCOME_EXPIRED);
    }
}

static void fire(struct judging *j, const struct clock_row *clock)
{
    int64_t at = core_next_rung_at(clock);
    assert(at <= j->now_ms);
    int rung = 0;
    while (clock->rung_at[rung] != at || (clock->fired & (1u << rung)) != 0) {
        rung++;
    }
    if (rung == RUNG_RED && clock->kind == CLOCK_KIND_HANDLE && await_called(j, clock, clock->due_at)) {
        return; /* it waits for others, and is not late yet */
    }
    struct rung_fired_body *body = &emit_clock(j, RECORD_RUNG_FIRED, clock)->body.rung_fired;
    body->clock = (enum clock_kind)clock->kind;
    body->clock_id = clock->clock_id;
    body->rung = (enum rung)rung;
    body->late = j->now_ms - at > j->policy->late_ms;

    struct duty_row duty;
    if (!tables_get(j->tables, ROW_DUTY, clock->duty_id, &duty)) {
        return; /* the citizen's clock is nobody's duty */
    }
    if (tables_get(j->tables, ROW_CALL, duty.call_id, &j->call)) {
        j->call_id = duty.call_id;
    }
    if (rung == RUNG_RED && clock->kind == CLOCK_KIND_ROUTE) {
        route_overdue(j, &duty);
    } else if (clock->kind == CLOCK_KIND_RULE) {
        rule_overdue(j, (enum rung)rung);
    } else if (clock->kind == CLOCK_KIND_DECIDE) {
        question_overdue(j, &duty, (enum rung)rung);
    } else if (rung == RUNG_RED && clock->kind == CLOCK_KIND_HANDLE) {
        handle_overdue(j, clock);
    } else if (rung == RUNG_RED && clock->kind == CLOCK_KIND_ARRIVE) {
        arrival_missed(j, &duty, clock);
    } else if (rung == RUNG_RED && clock->kind == CLOCK_KIND_RATE) {
        rate_overdue(j, &duty);
    } else if (rung == RUNG_BULLETIN && clock->kind == CLOCK_KIND_FOLLOWUP) {
        followup_ineffective(j, &duty, FOLLOWUP_REASON_EXPIRED, (struct text){0});
    }
}

bool judge_pulse(struct judging *j)
{
    const struct pulse_command *pulse = &j->command->body.pulse;
    struct clock_row clock;
    if (pulse->clock_id != 0) {
        if (tables_get(j->tables, ROW_CLOCK, pulse->clock_id, &clock) && clock.state == CLOCK_STATE_RUNNING &&
            core_next_rung_at(&clock) <= j->now_ms && load_case(j, clock.case_id)) {
            fire(j, &clock);
        }
        return true;
    }
    if (tables_get(j->tables, ROW_DUTY, pulse->duty_id, &j->duty) && j->duty.claimed && j->duty.claimed_until <= j->now_ms &&
        load_case(j, j->duty.case_id)) {
        emit_duty(j, RECORD_DUTY_RELEASED, &j->duty)->body.duty_released.lapsed = true;
    }
    return true;
}

/* The engine has moved the clock and let every rung on the way fire; this record keeps the instant. */
bool judge_advance(struct judging *j)
{
    emit(j, RECORD_TIME_ADVANCED);
    return true;
}
