/* apply_duty.c - records about duties and calls become rows */
#include "dispatcher/core/applying.h"
#include "dispatcher/core/metrics.h"

#include <string.h>

static bool born_signed(enum duty_kind kind)
{
    switch (kind) {
    case DUTY_KIND_ROUTE:
    case DUTY_KIND_RATE:
    case DUTY_KIND_FOLLOWUP:
        return true;
    case DUTY_KIND_LEAD:
    case DUTY_KIND_SUPPORT:
    case DUTY_KIND_RESPOND:
        return false;
    }
    return false;
}

/* Open duties of the case and the call, up or down by one. */
static void tally(struct applying *a, const struct duty_row *duty, int step)
{
    a->c.open_duties += (uint32_t)step;
    if (duty->kind == DUTY_KIND_FOLLOWUP) {
        a->c.open_followups += (uint32_t)step;
    }
    struct call_row call;
    if (duty->call_id == 0 || !view_get(a->view, ROW_CALL, duty->call_id, &call)) {
        return;
    }
    if (duty->kind == DUTY_KIND_RESPOND) {
        call.open_responds += (uint32_t)step;
    } else if (duty->kind == DUTY_KIND_RATE) {
        call.open_rates += (uint32_t)step;
    }
    view_put(a->view, ROW_CALL, call.call_id, &call);
}

static void offer(struct applying *a)
{
    const struct record *record = a->record;
    const struct duty_offered_body *body = &record->body.duty_offered;
    struct duty_row duty;
    memset(&duty, 0, sizeof(duty));
    duty.duty_id = record->seq;
    duty.case_id = record->head.case_id;
    duty.call_id = record->head.call_id;
    duty.of_duty = body->of_duty;
    duty.prev_of_case = a->c.duty_last;
    duty.unit = record->head.unit;
    duty.acct = record->head.acct;
    duty.creator = body->creator;
    duty.kind = (uint8_t)body->duty_kind;
    duty.state = born_signed(body->duty_kind) ? DUTY_STATE_SIGNED : DUTY_STATE_OFFERED;
    duty.reason = (uint8_t)body->reason;
    duty.round = record->head.round;
    duty.reporter = body->reporter;
    duty.offered_at = record->at_ms;
    duty.signed_at = duty.state == DUTY_STATE_SIGNED ? record->at_ms : 0;
    a->c.duty_last = duty.duty_id;
    if (body->duty_kind == DUTY_KIND_LEAD) {
        a->c.lead_duty = duty.duty_id;
    } else if (body->duty_kind == DUTY_KIND_ROUTE && duty.call_id == 0) {
        a->c.route_duty = duty.duty_id;
    }
    struct call_row call;
    if (duty.call_id != 0 && view_get(a->view, ROW_CALL, duty.call_id, &call)) {
        duty.prev_of_call = call.duty_last;
        call.duty_last = duty.duty_id;
        if (body->duty_kind == DUTY_KIND_ROUTE) {
            call.route_duty = duty.duty_id;
        }
        view_put(a->view, ROW_CALL, call.call_id, &call);
    }
    view_put(a->view, ROW_DUTY, duty.duty_id, &duty);
    tally(a, &duty, 1);
}

static void end(struct applying *a, struct duty_row *duty, enum duty_state state, enum duty_end reason)
{
    duty->state = (uint8_t)state;
    duty->reason = (uint8_t)reason;
    duty->ended_at = a->record->at_ms;
    duty->claimed = 0;
    duty->lease_until = 0;
    duty->claimer = 0;
    if (duty->duty_id == a->c.route_duty) {
        a->c.route_duty = 0;
    }
    tally(a, duty, -1);
}

static void send_back(struct applying *a, struct duty_row *duty)
{
    struct call_row call;
    duty->state = DUTY_STATE_SIGNED;
    duty->reason = DUTY_END_SENT_BACK;
    duty->ended_at = 0;
    duty->sent_back++;
    duty->finish_code = 0;
    duty->rated = 0;
    tally(a, duty, 1);
    if (duty->call_id != 0 && view_get(a->view, ROW_CALL, duty->call_id, &call)) {
        call.state = CALL_STATE_CALLED;
        view_put(a->view, ROW_CALL, call.call_id, &call);
    }
}

static void contact(struct applying *a, struct duty_row *duty)
{
    bool reached = a->record->body.contact_recorded.outcome == CONTACT_OUTCOME_REACHED;
    duty->attempts++;
    duty->reached += reached;
    if (duty->duty_id == a->c.lead_duty) {
        a->c.contacts++;
        a->c.contact_reached += reached;
    }
}

static void attempt(const struct applying *a, struct duty_row *duty)
{
    uint32_t half_day = a->record->body.followup_attempted.half_day;
    if (duty->attempts == 0) {
        duty->first_half_day = half_day;
    }
    duty->attempts++;
    duty->last_half_day = half_day;
}

/* Its clocks follow by records of their own. */
static void move_to(struct applying *a, struct duty_row *duty)
{
    duty->unit = a->record->head.unit;
    duty->acct = a->record->head.acct;
    if (duty->duty_id == a->c.lead_duty) {
        a->c.lead = duty->unit;
        a->c.lead_acct = duty->acct;
        metrics_count_case(a->view, &a->c);
    }
}

void apply_duty(struct applying *a)
{
    const struct record *record = a->record;
    const union record_body *body = &record->body;
    struct duty_row duty;
    if (record->type == RECORD_DUTY_OFFERED) {
        offer(a);
        return;
    }
    if (!view_get(a->view, ROW_DUTY, record->head.duty_id, &duty)) {
        return;
    }
    if (record->type == RECORD_DUTY_CLAIMED) {
        duty.claimed = 1;
        duty.claimer = body->duty_claimed.claimer;
        duty.lease_until = body->duty_claimed.lease_until;
        lower_floor(&a->c, duty.lease_until);
    } else if (record->type == RECORD_DUTY_RELEASED) {
        duty.claimed = 0;
        duty.claimer = 0;
        duty.lease_until = 0;
        apply_floor(a, NULL, &duty);
    } else if (record->type == RECORD_DUTY_SIGNED) {
        duty.state = DUTY_STATE_SIGNED;
        duty.signed_at = record->at_ms;
    } else if (record->type == RECORD_DUTY_DONE) {
        end(a, &duty, DUTY_STATE_DONE, DUTY_END_NONE);
    } else if (record->type == RECORD_DUTY_ENDED) {
        end(a, &duty, DUTY_STATE_ENDED, body->duty_ended.reason);
    } else if (record->type == RECORD_DUTY_SENT_BACK) {
        send_back(a, &duty);
    } else if (record->type == RECORD_DUTY_MOVED) {
        move_to(a, &duty);
    } else if (record->type == RECORD_CONTACT_RECORDED) {
        contact(a, &duty);
    } else if (record->type == RECORD_CALL_ARRIVED) {
        duty.arrived_at = record->at_ms;
    } else if (record->type == RECORD_CALL_FINISHED) {
        duty.finish_code = (uint8_t)(body->call_finished.code + 1);
    } else if (record->type == RECORD_CALL_RATED) {
        duty.rated = body->call_rated.confirmed ? 1 : 2;
    } else if (record->type == RECORD_FOLLOWUP_ATTEMPTED) {
        attempt(a, &duty);
    }
    view_put(a->view, ROW_DUTY, duty.duty_id, &duty);
}

/* --- calls -------------------------------------------------------------------------------------------------------------------- */

static void raise_call(struct applying *a)
{
    const struct record *record = a->record;
    const struct call_raised_body *body = &record->body.call_raised;
    struct call_row call;
    memset(&call, 0, sizeof(call));
    call.call_id = record->seq;
    call.case_id = record->head.case_id;
    call.prev_of_case = a->c.call_last;
    call.caller = record->head.unit;
    call.targets = body->targets;
    call.state = CALL_STATE_RAISED;
    call.level = (uint8_t)body->level;
    call.reason = (uint8_t)body->reason;
    call.given_limit = body->given_limit;
    call.given_limit_at = body->limit_at;
    call.raised_at = record->at_ms;
    a->c.call_last = call.call_id;
    a->c.open_calls++;
    view_put(a->view, ROW_CALL, call.call_id, &call);
}

void apply_call(struct applying *a)
{
    const struct record *record = a->record;
    struct call_row call;
    if (record->type == RECORD_CALL_RAISED) {
        raise_call(a);
        return;
    }
    if (!view_get(a->view, ROW_CALL, record->head.call_id, &call)) {
        return;
    }
    if (record->type == RECORD_CALL_DISPATCHED) {
        call.state = CALL_STATE_CALLED;
        call.dispatched_at = record->at_ms;
        call.targets = record->body.call_dispatched.units;
    } else if (record->type == RECORD_CALL_REPORTED) {
        call.state = CALL_STATE_REPORTED;
    } else if (record->type == RECORD_CALL_CLOSED) {
        call.state = CALL_STATE_CLOSED;
        call.outcome = (uint8_t)record->body.call_closed.outcome;
        call.closed_at = record->at_ms;
        a->c.open_calls--;
    }
    view_put(a->view, ROW_CALL, call.call_id, &call);
}
