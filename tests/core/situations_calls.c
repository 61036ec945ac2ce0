/* situations_calls.c - see situations.h: those in which there is a call */
#include "tests/core/situations_inner.h"

#include <check.h>

enum { UNIT_BELOW = 4 }; /* the grid, in the world's list */

static uint64_t raised(struct world *w)
{
    uint64_t id = situations_support_offered(w);
    world_call(w, id, "UT");
    return id;
}

static uint64_t called(struct world *w)
{
    uint64_t id = raised(w);
    world_dispatch(w, id, "UT");
    return id;
}

static uint64_t called_claimed(struct world *w)
{
    uint64_t id = called(w);
    world_act(w, COMMAND_CLAIM, id, world_duty(w, id, DUTY_KIND_RESPOND).duty_id);
    return id;
}

static uint64_t called_signed_claimed(struct world *w)
{
    uint64_t id = called_claimed(w);
    world_act(w, COMMAND_SIGN, id, world_duty(w, id, DUTY_KIND_RESPOND).duty_id);
    return id;
}

static uint64_t arrived(struct world *w)
{
    uint64_t id = called(w);
    world_act(w, COMMAND_CONTACT, id, world_duty(w, id, DUTY_KIND_RESPOND).duty_id);
    world_act(w, COMMAND_ARRIVE, id, world_duty(w, id, DUTY_KIND_RESPOND).duty_id);
    return id;
}

static uint64_t respond_signed(struct world *w)
{
    uint64_t id = called(w);
    world_act(w, COMMAND_SIGN, id, world_duty(w, id, DUTY_KIND_RESPOND).duty_id);
    return id;
}

static uint64_t arrived_unrated(struct world *w)
{
    w->district.policy.rating = false;
    return arrived(w);
}

/* The called unit has somebody below it: whom it may hand on to. */
static uint64_t with_somebody_below(struct world *w, uint64_t id, int unit)
{
    w->units[UNIT_BELOW].parent = unit;
    return id;
}

static uint64_t called_signed_inside(struct world *w)
{
    return with_somebody_below(w, respond_signed(w), 7);
}

static uint64_t raised_asked(struct world *w)
{
    uint64_t id = raised(w);
    situations_ask(w, id, DUTY_KIND_LEAD);
    return id;
}

static uint64_t called_asked(struct world *w)
{
    uint64_t id = called(w);
    situations_ask(w, id, DUTY_KIND_LEAD);
    return id;
}

static void object(struct world *w, uint64_t id, uint64_t respond)
{
    struct command command = {.type = COMMAND_OBJECT_CALL};
    command.body.object_call.case_id = id;
    command.body.object_call.duty_id = respond;
    command.body.object_call.reason = text_of("not ours");
    command.body.object_call.basis = text_of("the list");
    command.body.object_call.better = code_of("DA");
    ck_assert_int_eq(world_do(w, &command), REFUSAL_NONE);
}

/* The called unit says that it is not its own. */
static uint64_t objected(struct world *w)
{
    uint64_t id = called(w);
    object(w, id, world_duty(w, id, DUTY_KIND_RESPOND).duty_id);
    return id;
}

static uint64_t raised_lead_asked(struct world *w)
{
    uint64_t id = raised(w);
    situations_ask_lead(w, id);
    return id;
}

static uint64_t called_lead_asked(struct world *w)
{
    uint64_t id = called(w);
    situations_ask_lead(w, id);
    return id;
}

static void dispatch_both(struct world *w, uint64_t id)
{
    struct command dispatch = {.type = COMMAND_DISPATCH_CALL};
    dispatch.body.dispatch_call.case_id = id;
    dispatch.body.dispatch_call.reason = text_of("both own it");
    dispatch.body.dispatch_call.units = (struct codes){.count = 2, .at = {code_of("UT"), code_of("DB")}};
    ck_assert_int_eq(world_do(w, &dispatch), REFUSAL_NONE);
}

/* Two called units: one has finished and is to be rated, the other has arrived. */
static uint64_t two_called(struct world *w)
{
    uint64_t id = situations_support_offered(w);
    struct command command = {.type = COMMAND_RAISE_CALL};
    command.body.raise_call.case_id = id;
    command.body.raise_call.units.count = 2;
    command.body.raise_call.units.at[0] = code_of("UT");
    command.body.raise_call.units.at[1] = code_of("DB");
    ck_assert_int_eq(world_do(w, &command), REFUSAL_NONE);
    dispatch_both(w, id);
    world_finish(w, id, FINISH_CODE_SOLVED); /* the newest respond: DB */
    return id;
}

static uint64_t two_called_arrived(struct world *w)
{
    uint64_t id = two_called(w);
    struct duty_row duty;
    struct case_row c = world_case(w, id);
    for (uint64_t at = c.duty_last; at != 0; at = duty.prev_of_case) {
        tables_get(&w->tables, ROW_DUTY, at, &duty);
        if (duty.kind == DUTY_KIND_RESPOND && duty.state == DUTY_STATE_OFFERED) {
            world_act(w, COMMAND_SIGN, id, duty.duty_id);
            world_act(w, COMMAND_ARRIVE, id, duty.duty_id);
        }
    }
    return id;
}

static uint64_t three_called_arrived(struct world *w)
{
    uint64_t id = situations_support_offered(w);
    world_call(w, id, "UT");
    dispatch_both(w, id);
    world_act(w, COMMAND_SIGN, id, world_duty(w, id, DUTY_KIND_RESPOND).duty_id);
    world_act(w, COMMAND_ARRIVE, id, world_duty(w, id, DUTY_KIND_RESPOND).duty_id);
    return id;
}

static uint64_t reported(struct world *w)
{
    uint64_t id = arrived(w);
    world_finish(w, id, FINISH_CODE_PARTLY);
    return id;
}

static uint64_t reported_claimed(struct world *w)
{
    uint64_t id = reported(w);
    world_act(w, COMMAND_CLAIM, id, world_duty(w, id, DUTY_KIND_RATE).duty_id);
    return id;
}

static uint64_t two_reported(struct world *w)
{
    uint64_t id = two_called_arrived(w);
    struct duty_row duty;
    struct case_row c = world_case(w, id);
    for (uint64_t at = c.duty_last; at != 0; at = duty.prev_of_case) {
        tables_get(&w->tables, ROW_DUTY, at, &duty);
        if (duty.kind == DUTY_KIND_RESPOND && duty.state == DUTY_STATE_SIGNED) {
            struct command command = {.type = COMMAND_FINISH_CALL};
            command.body.finish_call.duty_id = duty.duty_id;
            command.body.finish_call.text = text_of("done too");
            ck_assert_int_eq(world_do(w, &command), REFUSAL_NONE);
        }
    }
    return id;
}

/* Of two called units one has finished, and the other says that it is not its own. */
static uint64_t one_objected(struct world *w)
{
    uint64_t id = two_called(w);
    struct duty_row finished = world_duty(w, id, DUTY_KIND_RESPOND);
    object(w, id, finished.prev_of_call);
    return id;
}

static uint64_t one_objected_unrated(struct world *w)
{
    w->district.policy.rating = false;
    return one_objected(w);
}

/* The street's call on a department's case. `steps` of the called unit are over: dispatched, signed, arrived, finished. */
static uint64_t called_by_street(struct world *w, int steps)
{
    uint64_t id = world_submit(w, "PIPE", "S1");
    world_call(w, id, "UT");
    if (steps > 0) {
        world_dispatch(w, id, "UT");
    }
    for (int step = 1; step < steps && step < 3; step++) {
        world_act(w, step == 1 ? COMMAND_SIGN : COMMAND_ARRIVE, id, world_duty(w, id, DUTY_KIND_RESPOND).duty_id);
    }
    if (steps > 3) {
        world_finish(w, id, FINISH_CODE_SOLVED);
    }
    return id;
}

/* The case is answered meanwhile. */
static uint64_t answered_called(struct world *w, int steps)
{
    uint64_t id = called_by_street(w, steps);
    world_answer(w, id);
    return id;
}

/* The department gives the case back, and nobody leads it any more. */
static uint64_t pooled_called(struct world *w, int steps)
{
    uint64_t id = called_by_street(w, steps);
    struct command rule = {.type = COMMAND_RULE};
    situations_ask(w, id, DUTY_KIND_LEAD);
    rule.body.rule.duty_id = world_duty(w, id, DUTY_KIND_RULE).duty_id;
    rule.body.rule.ruling = RULING_UPHELD;
    rule.body.rule.reason = text_of("nobody's yet");
    ck_assert_int_eq(world_do(w, &rule), REFUSAL_NONE);
    return id;
}

static uint64_t pooled_raised(struct world *w)
{
    return pooled_called(w, 0);
}

static uint64_t pooled_offered(struct world *w)
{
    return pooled_called(w, 1);
}

static uint64_t pooled_objected(struct world *w)
{
    uint64_t id = pooled_called(w, 1);
    object(w, id, world_duty(w, id, DUTY_KIND_RESPOND).duty_id);
    return id;
}

static uint64_t pooled_signed(struct world *w)
{
    return with_somebody_below(w, pooled_called(w, 2), 7);
}

static uint64_t pooled_arrived(struct world *w)
{
    return pooled_called(w, 3);
}

static uint64_t pooled_reported(struct world *w)
{
    return pooled_called(w, 4);
}

static uint64_t answered_raised(struct world *w)
{
    return answered_called(w, 0);
}

static uint64_t answered_offered(struct world *w)
{
    return answered_called(w, 1);
}

static uint64_t answered_signed(struct world *w)
{
    return answered_called(w, 2);
}

static uint64_t answered_arrived(struct world *w)
{
    return answered_called(w, 3);
}

static uint64_t answered_signed_below(struct world *w)
{
    return with_somebody_below(w, answered_called(w, 2), 7);
}

/* The called unit goes on when the lead has answered, and so does whom it handed on to: G1, below it. */
static uint64_t hands_on_inside(struct world *w, uint64_t id)
{
    struct command assign = {.type = COMMAND_ASSIGN};
    assign.body.assign.duty_id = world_duty(w, id, DUTY_KIND_RESPOND).duty_id;
    assign.body.assign.to = code_of("G1");
    assign.body.assign.due_at = w->now_ms + DAY_MS;
    assign.body.assign.text = text_of("look at it");
    ck_assert_int_eq(world_do(w, &assign), REFUSAL_NONE);
    return id;
}

static uint64_t answered_inside(struct world *w)
{
    return hands_on_inside(w, answered_signed_below(w));
}

static uint64_t pooled_inside_signed(struct world *w)
{
    uint64_t id = hands_on_inside(w, pooled_signed(w));
    world_act(w, COMMAND_SIGN, id, world_duty(w, id, DUTY_KIND_SUPPORT).duty_id);
    return id;
}

static uint64_t answered_inside_signed(struct world *w)
{
    uint64_t id = answered_inside(w);
    world_act(w, COMMAND_SIGN, id, world_duty(w, id, DUTY_KIND_SUPPORT).duty_id);
    return id;
}

static uint64_t answered_reported(struct world *w)
{
    return answered_called(w, 4);
}

/* The citizen has been asked: the case waits for nothing but the call. */
static uint64_t waiting(struct world *w, int steps)
{
    uint64_t id = answered_called(w, steps);
    ck_assert_int_eq(world_followup(w, id, SAID_SOLVED_YES, SAID_SATISFIED_YES), REFUSAL_NONE);
    return id;
}

static uint64_t waiting_offered(struct world *w)
{
    return waiting(w, 1);
}

static uint64_t waiting_arrived(struct world *w)
{
    w->district.policy.rating = false;
    return waiting(w, 3);
}

static uint64_t waiting_reported(struct world *w)
{
    return waiting(w, 4);
}

static uint64_t answered_objected(struct world *w)
{
    uint64_t id = answered_offered(w);
    object(w, id, world_duty(w, id, DUTY_KIND_RESPOND).duty_id);
    return id;
}

/* The citizen has been asked; of two called units one has finished, and the other objects. */
static uint64_t waiting_objected(struct world *w)
{
    w->district.policy.rating = false;
    uint64_t id = world_submit(w, "PIPE", "S1");
    world_call(w, id, "UT");
    dispatch_both(w, id);
    world_finish(w, id, FINISH_CODE_SOLVED);
    world_answer(w, id);
    ck_assert_int_eq(world_followup(w, id, SAID_SOLVED_YES, SAID_SATISFIED_YES), REFUSAL_NONE);
    object(w, id, world_duty(w, id, DUTY_KIND_RESPOND).prev_of_call);
    return id;
}

/* The called unit has not come by the time: the district is asked whether it refused. */
static uint64_t missed(struct world *w)
{
    uint64_t id = called(w);
    world_wait(w, 3 * (int64_t)DAY_MS + 1);
    return id;
}

static uint64_t missed_reported(struct world *w)
{
    uint64_t id = missed(w);
    world_finish(w, id, FINISH_CODE_SOLVED);
    return id;
}

static uint64_t missed_closed(struct world *w)
{
    uint64_t id = missed_reported(w);
    ck_assert_int_eq(world_rate(w, id, true), REFUSAL_NONE);
    world_answer(w, id);
    ck_assert_int_eq(world_followup(w, id, SAID_SOLVED_YES, SAID_SATISFIED_YES), REFUSAL_NONE);
    return id;
}

static uint64_t missed_answered(struct world *w)
{
    uint64_t id = answered_offered(w);
    world_wait(w, 3 * (int64_t)DAY_MS + 1);
    return id;
}

static void ruled_to_nobody(struct world *w, uint64_t id)
{
    struct command rule = {.type = COMMAND_RULE};
    rule.body.rule.case_id = id;
    rule.body.rule.ruling = RULING_UPHELD;
    rule.body.rule.reason = text_of("the list");
    ck_assert_int_eq(world_do(w, &rule), REFUSAL_NONE);
}

/* Of two that did not come one is taken off, and the other is ruled away: the desk has the call again. */
static uint64_t missed_raised(struct world *w)
{
    w->district.policy.object.amount = 0;
    uint64_t id = raised(w);
    dispatch_both(w, id);
    struct duty_row last = world_duty(w, id, DUTY_KIND_RESPOND);
    world_wait(w, 3 * (int64_t)DAY_MS + 1);
    world_act(w, COMMAND_CANCEL, id, last.duty_id);
    object(w, id, last.prev_of_call);
    ruled_to_nobody(w, id);
    return id;
}

/* The street's call on a department's case, which goes back to the desk. */
static uint64_t missed_received(struct world *w)
{
    w->district.policy.return_window.amount = 0;
    w->rows[1].calls[0] = (struct selector){.kind = SELECT_UNIT, .unit = 7}; /* UT, without the desk */
    w->rows[1].call_count = 1;
    uint64_t id = world_submit(w, "PIPE", "S1");
    world_call(w, id, "UT");
    world_wait(w, 3 * (int64_t)DAY_MS + 1);
    situations_ask(w, id, DUTY_KIND_LEAD);
    ruled_to_nobody(w, id);
    return id;
}

/* Nobody rated: the call is closed without a score. */
static uint64_t rating_expired(struct world *w)
{
    uint64_t id = reported(w);
    world_wait(w, 3 * (int64_t)DAY_MS + 1);
    return id;
}

static uint64_t rating_expired_closed(struct world *w)
{
    uint64_t id = waiting_reported(w);
    world_wait(w, 3 * (int64_t)DAY_MS + 1);
    return id;
}

static uint64_t nobody_asks(struct world *w)
{
    w->district.policy.followup = FOLLOWUP_MODE_NEVER;
    uint64_t id = world_submit(w, "PIPE", "S1");
    world_call(w, id, "UT");
    world_act(w, COMMAND_CONTACT, id, world_duty(w, id, DUTY_KIND_LEAD).duty_id);
    return id;
}

static uint64_t reported_asked(struct world *w)
{
    uint64_t id = reported(w);
    situations_ask(w, id, DUTY_KIND_LEAD);
    return id;
}

static uint64_t reported_lead_asked(struct world *w)
{
    uint64_t id = reported(w);
    situations_ask_lead(w, id);
    return id;
}

static uint64_t call_closed(struct world *w)
{
    uint64_t id = reported(w);
    ck_assert_int_eq(world_rate(w, id, true), REFUSAL_NONE);
    return id;
}

static uint64_t suspended(struct world *w)
{
    return situations_force_state(w, two_called_arrived(w), CASE_STATE_SUSPENDED);
}

static uint64_t suspended_offered(struct world *w)
{
    return situations_force_state(w, called(w), CASE_STATE_SUSPENDED);
}

static uint64_t missed_suspended(struct world *w)
{
    return situations_force_state(w, missed(w), CASE_STATE_SUSPENDED);
}

static uint64_t suspended_objected(struct world *w)
{
    return situations_force_state(w, objected(w), CASE_STATE_SUSPENDED);
}

static uint64_t suspended_signed(struct world *w)
{
    return situations_force_state(w, respond_signed(w), CASE_STATE_SUSPENDED);
}

static uint64_t suspended_raised(struct world *w)
{
    return situations_force_state(w, raised(w), CASE_STATE_SUSPENDED);
}

static uint64_t suspended_reported(struct world *w)
{
    return situations_force_state(w, reported_claimed(w), CASE_STATE_SUSPENDED);
}

static uint64_t merged(struct world *w)
{
    return situations_force_state(w, called(w), CASE_STATE_MERGED);
}

const struct situation situations_calls[] = {
    {"return asked, the lead's call raised", raised_asked, "ROAD"},
    {"return asked, the lead's call called", called_asked, "ROAD"},
    {"return asked, the lead's call reported", reported_asked, "ROAD"},
    {"lead asked, its call raised", raised_lead_asked, "ROAD"},
    {"lead asked, its call called", called_lead_asked, "ROAD"},
    {"lead asked, its call reported", reported_lead_asked, "ROAD"},
    {"back in the pool, call raised", pooled_raised, "ROAD"},
    {"back in the pool, called", pooled_offered, "ROAD"},
    {"back in the pool, objected", pooled_objected, "ROAD"},
    {"back in the pool, respond signed", pooled_signed, "ROAD"},
    {"back in the pool, handed on and signed", pooled_inside_signed, "ROAD"},
    {"back in the pool, arrived", pooled_arrived, "ROAD"},
    {"back in the pool, reported", pooled_reported, "ROAD"},
    {"call raised", raised, "ROAD"},
    {"called", called, "ROAD"},
    {"called and claimed", called_claimed, "ROAD"},
    {"called, signed and claimed", called_signed_claimed, "ROAD"},
    {"respond signed", respond_signed, "ROAD"},
    {"called and signed, somebody below", called_signed_inside, "ROAD"},
    {"objected", objected, "ROAD"},
    {"one of two objected, the other to be rated", one_objected, "ROAD"},
    {"one of two objected, the other done", one_objected_unrated, "ROAD"},
    {"answered, objected", answered_objected, "ROAD"},
    {"waits for the call, one of two objected", waiting_objected, "ROAD"},
    {"suspended, objected", suspended_objected, "ROAD"},
    {"arrival missed", missed, "ROAD"},
    {"arrival missed, reported", missed_reported, "ROAD"},
    {"arrival missed, all is over", missed_closed, "ROAD"},
    {"answered, arrival missed", missed_answered, "ROAD"},
    {"arrival missed, call raised again", missed_raised, "ROAD"},
    {"arrival missed, case in the pool", missed_received, "ROAD"},
    {"suspended, arrival missed", missed_suspended, "ROAD"},
    {"arrived", arrived, "ROAD"},
    {"arrived, rating off", arrived_unrated, "ROAD"},
    {"two called, one finished", two_called, "ROAD"},
    {"two called, both there", two_called_arrived, "ROAD"},
    {"two called, one there", three_called_arrived, "ROAD"},
    {"reported", reported, "ROAD"},
    {"reported and claimed", reported_claimed, "ROAD"},
    {"two reported", two_reported, "ROAD"},
    {"call closed", call_closed, "ROAD"},
    {"answered, call raised", answered_raised, "ROAD"},
    {"answered, called", answered_offered, "ROAD"},
    {"answered, respond signed", answered_signed, "ROAD"},
    {"answered, arrived", answered_arrived, "ROAD"},
    {"answered, reported", answered_reported, "ROAD"},
    {"answered, called, somebody below", answered_signed_below, "ROAD"},
    {"answered, called, handed on inside", answered_inside, "ROAD"},
    {"answered, called, handed on and signed", answered_inside_signed, "ROAD"},
    {"waits for the call", waiting_offered, "ROAD"},
    {"waits for the call, arrived, rating off", waiting_arrived, "ROAD"},
    {"waits for the rating", waiting_reported, "ROAD"},
    {"nobody asks, call raised", nobody_asks, "ROAD"},
    {"rating expired", rating_expired, "ROAD"},
    {"rating expired, closed", rating_expired_closed, "ROAD"},
    {"suspended", suspended, "ROAD"},
    {"suspended, respond offered", suspended_offered, "ROAD"},
    {"suspended, respond signed", suspended_signed, "ROAD"},
    {"suspended, call raised", suspended_raised, "ROAD"},
    {"suspended, reported", suspended_reported, "ROAD"},
    {"merged", merged, "ROAD"},
};

const size_t situations_calls_count = sizeof(situations_calls) / sizeof(situations_calls[0]);
