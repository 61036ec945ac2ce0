/* apply_duty.c - records about duties and calls become rows */
#include "dispatcher/core/applying.h"
#include "dispatcher/core/metrics.h"
#include "dispatcher/core/rules.h"

#include <string.h>

/* Open duties of the case and the call, up or down by one. */
static void tally(struct applying *a, const struct duty_row *duty, int step)
{
    a->c->open_duties += (uint32_t)step;
    if (duty->kind == DUTY_KIND_FOLLOWUP) {
        a->c->open_followups += (uint32_t)step;
    } else if (duty->kind == DUTY_KIND_RULE || duty->kind == DUTY_KIND_DECIDE) {
        a->c->open_questions += (uint32_t)step;
    }
    a->c->open_inner = (uint8_t)(a->c->open_inner + (duty->internal ? step : 0));
    struct call_row call;
    if (duty->call_id == 0 || !tables_get(a->tables, ROW_CALL, duty->call_id, &call)) {
        return;
    }
    if (duty->kind == DUTY_KIND_RESPOND) {
        call.open_responds += (uint32_t)step;
    } else if (duty->kind == DUTY_KIND_RATE) {
        call.open_rates += (uint32_t)step;
    }
    tables_put(a->tables, ROW_CALL, call.call_id, &call);
}

void apply_duty_offered(struct applying *a)
{
    const struct record *record = a->record;
    const struct duty_offered_body *body = &record->body.duty_offered;
    struct duty_row duty;
    memset(&duty, 0, sizeof(duty));
    duty.duty_id = record->seq;
    duty.case_id = record->head.case_id;
    duty.call_id = record->head.call_id;
    duty.of_duty = body->of_duty;
    duty.prev_of_case = a->c->duty_last;
    duty.unit = record->head.unit;
    duty.acct = record->head.acct;
    duty.creator = body->creator;
    duty.kind = (uint8_t)body->duty_kind;
    duty.state = rules_duty_kind(body->duty_kind)->born_signed ? DUTY_STATE_SIGNED : DUTY_STATE_OFFERED;
    duty.reason = (uint8_t)body->reason;
    duty.about = (uint8_t)body->about;
    duty.internal = body->reason == DUTY_END_ASSIGNED;
    duty.round = record->head.round;
    duty.reporter = body->reporter;
    duty.offered_at = record->at_ms;
    duty.signed_at = duty.state == DUTY_STATE_SIGNED ? record->at_ms : 0;
    a->c->duty_last = duty.duty_id;
    if (body->duty_kind == DUTY_KIND_LEAD) {
        a->c->lead_duty = duty.duty_id;
    } else if (body->duty_kind == DUTY_KIND_ROUTE && duty.call_id == 0) {
        a->c->route_duty = duty.duty_id;
    }
    struct call_row call;
    if (duty.call_id != 0 && tables_get(a->tables, ROW_CALL, duty.call_id, &call)) {
        duty.prev_of_call = call.duty_last;
        call.duty_last = duty.duty_id;
        if (body->duty_kind == DUTY_KIND_ROUTE) {
            call.route_duty = duty.duty_id;
        }
        tables_put(a->tables, ROW_CALL, call.call_id, &call);
    }
    tables_put(a->tables, ROW_DUTY, duty.duty_id, &duty);
    tally(a, &duty, 1);
}

void apply_duty_claimed(struct applying *a)
{
    const struct duty_claimed_body *body = &a->record->body.duty_claimed;
    a->duty.claimed = 1;
    a->duty.claimer = body->claimer;
    a->duty.claimed_until = body->claimed_until;
    lower_floor(a->c, body->claimed_until);
}

static void end_claim(struct duty_row *duty)
{
    duty->claimed = 0;
    duty->claimer = 0;
    duty->claimed_until = 0;
}

void apply_duty_released(struct applying *a)
{
    end_claim(&a->duty);
    apply_floor(a, NULL, &a->duty);
}

void apply_duty_signed(struct applying *a)
{
    a->duty.signed_at = a->record->at_ms;
}

static void end(struct applying *a, enum duty_end reason)
{
    a->duty.reason = (uint8_t)reason;
    a->duty.ended_at = a->record->at_ms;
    end_claim(&a->duty);
    if (a->duty.duty_id == a->c->route_duty) {
        a->c->route_duty = 0;
    }
    tally(a, &a->duty, -1);
}

void apply_duty_done(struct applying *a)
{
    end(a, DUTY_END_NONE);
}

void apply_duty_ended(struct applying *a)
{
    end(a, a->record->body.duty_ended.reason);
}

void apply_duty_sent_back(struct applying *a)
{
    a->duty.reason = DUTY_END_SENT_BACK;
    a->duty.ended_at = 0;
    a->duty.sent_back++;
    a->duty.finish_code = 0;
    a->duty.rated = 0;
    tally(a, &a->duty, 1);
}

void apply_return_asked(struct applying *a)
{
    a->duty.asked = 1;
}

/* Who comes in the place of a unit coordinates in its place. */
static void pass_coordination(struct applying *a, const struct code *from, const struct code *to)
{
    struct call_row call;
    if (tables_get(a->tables, ROW_CALL, a->duty.call_id, &call) && code_equal(&call.coordinating, from)) {
        call.coordinating = *to;
        tables_put(a->tables, ROW_CALL, call.call_id, &call);
    }
}

/* Only of a lead: a support that is returned does not make the case a hard one. */
void apply_return_ruled(struct applying *a)
{
    const struct return_ruled_body *body = &a->record->body.return_ruled;
    if (body->ruling != RULING_REFUSED) {
        pass_coordination(a, &a->duty.unit, &body->to);
    }
    if (a->duty.kind == DUTY_KIND_LEAD) {
        a->c->returns += body->ruling == RULING_UPHELD;
        a->c->designated = a->c->designated || body->ruling == RULING_DESIGNATED;
    }
}

void apply_decision_asked(struct applying *a)
{
    const struct decision_asked_body *body = &a->record->body.decision_asked;
    struct question_row row;
    memset(&row, 0, sizeof(row));
    row.case_id = a->record->head.case_id;
    row.to = body->to;
    row.supports = body->supports;
    tables_put(a->tables, ROW_QUESTION, a->record->head.duty_id, &row);
}

static bool same_change(const struct proposal_row *row, const struct record *record)
{
    const struct catalogue_proposed_body *body = &record->body.catalogue_proposed;
    return code_equal(&row->matter, &record->head.matter) && code_equal(&row->street, &record->head.street) &&
           code_equal(&row->from, &body->from) && code_equal(&row->to, &body->to);
}

/* Rulings against the list are rare, and most say what one before them said. */
void apply_catalogue_proposed(struct applying *a)
{
    const struct record *record = a->record;
    struct proposal_row row;
    uint64_t id = a->d->proposal_last;
    while (id != 0 && tables_get(a->tables, ROW_PROPOSAL, id, &row) && !same_change(&row, record)) {
        id = row.prev;
    }
    if (id == 0) {
        id = record->seq;
        memset(&row, 0, sizeof(row));
        row.prev = a->d->proposal_last;
        row.matter = record->head.matter;
        row.street = record->head.street;
        row.from = record->body.catalogue_proposed.from;
        row.to = record->body.catalogue_proposed.to;
        row.first_at = record->at_ms;
        a->d->proposal_last = id;
    }
    row.cases += row.case_id != record->head.case_id;
    row.case_id = record->head.case_id;
    row.row = record->body.catalogue_proposed.row;
    row.last_at = record->at_ms;
    tables_put(a->tables, ROW_PROPOSAL, id, &row);
}

void apply_decision_given(struct applying *a)
{
    a->duty.decision = (uint8_t)a->record->body.decision_given.decision;
}

void apply_contact_recorded(struct applying *a)
{
    bool reached = a->record->body.contact_recorded.outcome == CONTACT_OUTCOME_REACHED;
    a->duty.attempts++;
    a->duty.reached += reached;
    if (a->duty.duty_id == a->c->lead_duty) {
        a->c->contacts++;
        a->c->contact_reached += reached;
    }
}

void apply_followup_attempted(struct applying *a)
{
    uint32_t half_day = a->record->body.followup_attempted.half_day;
    if (a->duty.attempts == 0) {
        a->duty.first_half_day = half_day;
    }
    a->duty.attempts++;
    a->duty.last_half_day = half_day;
}

/* Its clocks follow by records of their own. */
void apply_duty_moved(struct applying *a)
{
    pass_coordination(a, &a->duty.unit, &a->record->head.unit);
    a->duty.unit = a->record->head.unit;
    a->duty.acct = a->record->head.acct;
    if (a->duty.duty_id == a->c->lead_duty) {
        a->c->lead = a->duty.unit;
        a->c->lead_acct = a->duty.acct;
        metrics_count_case(a->tables, a->c);
    }
}

void apply_call_arrived(struct applying *a)
{
    a->duty.arrived_at = a->record->at_ms;
}

void apply_call_finished(struct applying *a)
{
    a->duty.finish_code = (uint8_t)(a->record->body.call_finished.code + 1);
}

void apply_call_rated(struct applying *a)
{
    a->duty.rated = a->record->body.call_rated.confirmed ? 1 : 2;
    if (a->record->body.call_rated.not_arrived) {
        a->duty.arrived_at = 0; /* sent back, it has to come */
    }
}

/* --- calls -------------------------------------------------------------------------------------------------------------------- */

void apply_call_raised(struct applying *a)
{
    const struct record *record = a->record;
    const struct call_raised_body *body = &record->body.call_raised;
    struct call_row call;
    memset(&call, 0, sizeof(call));
    call.call_id = record->seq;
    call.case_id = record->head.case_id;
    call.prev_of_case = a->c->call_last;
    call.caller = record->head.unit;
    call.targets = body->targets;
    call.state = (uint8_t)a->info->call_state;
    call.level = (uint8_t)body->level;
    call.reason = (uint8_t)body->reason;
    call.given_limit = body->given_limit;
    call.given_limit_at = body->limit_at;
    call.coordinating = body->coordinating;
    call.remote = body->remote;
    call.raised_at = record->at_ms;
    a->c->call_last = call.call_id;
    a->c->open_calls++;
    tables_put(a->tables, ROW_CALL, call.call_id, &call);
}

void apply_call_dispatched(struct applying *a)
{
    a->call.dispatched_at = a->record->at_ms;
    a->call.targets = a->record->body.call_dispatched.units;
    a->call.appointed_at = a->record->body.call_dispatched.appointed_at;
    a->call.coordinating = a->record->body.call_dispatched.coordinating;
}

/* Whom it asked for is not who comes: the desk names others. */
void apply_call_pooled(struct applying *a)
{
    a->call.targets = (struct codes){0};
    a->call.coordinating = (struct code){0};
    a->call.appointed_at = 0;
    a->call.dispatched_at = 0;
}

void apply_call_reported(struct applying *a)
{
    (void)a; /* its state is all */
}

void apply_call_closed(struct applying *a)
{
    a->call.outcome = (uint8_t)a->record->body.call_closed.outcome;
    a->call.closed_at = a->record->at_ms;
    a->c->open_calls--;
}
