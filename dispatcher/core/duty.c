/* duty.c - what a unit does with its duties: claim, release, sign, contact, report_stage, add_support, report, answer, cancel
 * (lifecycle 2b) */
#include "dispatcher/core/judging.h"
#include "dispatcher/core/sight.h"

uint64_t actor_hash(const struct judging *j)
{
    return core_person_hash(j->command->actor.name, j->command->actor.behalf);
}

static bool claimed_by_other(const struct judging *j)
{
    return j->duty.claimed && j->duty.claimer != actor_hash(j);
}

/* Was it handed to a worker of another key? */
static bool pulled_by_other(const struct judging *j)
{
    uint64_t holder = j->tables->lease == NULL ? 0 : j->tables->lease(j->tables->lease_arg, j->duty.duty_id);
    return holder != 0 && holder != actor_hash(j);
}

bool judge_claim(struct judging *j)
{
    if (claimed_by_other(j) || pulled_by_other(j)) {
        return refuse(j, REFUSAL_LEASED, "duty");
    }
    struct duty_claimed_body *body = &emit_duty(j, RECORD_DUTY_CLAIMED, &j->duty)->body.duty_claimed;
    body->claimed_until = instant_within(j->now_ms + j->policy->claim_ms);
    body->claimer = actor_hash(j);
    body->actor = j->command->actor.name;
    return true;
}

bool judge_release(struct judging *j)
{
    if (!j->duty.claimed) {
        return refuse(j, REFUSAL_ALREADY, "duty");
    }
    if (claimed_by_other(j)) {
        return refuse(j, REFUSAL_LEASED, "duty");
    }
    emit_duty(j, RECORD_DUTY_RELEASED, &j->duty);
    return true;
}

static void start_stage(struct judging *j)
{
    start_policy_clock(j, CLOCK_KIND_STAGE, j->duty.duty_id, unit_index(j, &j->duty.unit), j->policy->stage);
}

static void emit_signed(struct judging *j, bool implied)
{
    emit_duty(j, RECORD_DUTY_SIGNED, &j->duty)->body.duty_signed.implied = implied;
    stop_clock(j, j->duty.duty_id, CLOCK_KIND_SIGN);
    if (j->duty.kind == DUTY_KIND_LEAD) {
        start_stage(j);
    }
}

bool judge_sign(struct judging *j)
{
    emit_signed(j, false);
    return true;
}

bool judge_contact(struct judging *j)
{
    const struct contact_command *contact = &j->command->body.contact;
    if (contact->evidence.size == 0 && j->policy->evidence_required) {
        return refuse(j, REFUSAL_NO_EVIDENCE, "evidence");
    }
    if (j->duty.state == DUTY_STATE_OFFERED) {
        emit_signed(j, true);
    }
    struct contact_recorded_body *body = &emit_duty(j, RECORD_CONTACT_RECORDED, &j->duty)->body.contact_recorded;
    body->outcome = contact->outcome;
    body->attempt = j->duty.attempts + 1;
    body->evidence = contact->evidence;
    if (contact->outcome == CONTACT_OUTCOME_REACHED || body->attempt >= j->policy->contact_attempts) {
        stop_clock(j, j->duty.duty_id, CLOCK_KIND_CONTACT);
    }
    return true;
}

static bool wants_reply(const struct judging *j)
{
    return !j->c.anonymous && !j->c.no_reply;
}

/* How many stage clocks the duty has had. */
static uint32_t stages_of(const struct judging *j)
{
    struct clock_row clock;
    uint32_t count = 0;
    for (uint64_t id = j->c.clock_last; id != 0 && tables_get(j->tables, ROW_CLOCK, id, &clock); id = clock.prev_of_case) {
        count += clock.duty_id == j->duty.duty_id && clock.kind == CLOCK_KIND_STAGE;
    }
    return count;
}

bool judge_report_stage(struct judging *j)
{
    const struct report_stage_command *report = &j->command->body.report_stage;
    bool lead = j->duty.kind == DUTY_KIND_LEAD;
    if (report->text.size == 0) {
        return refuse(j, REFUSAL_INCOMPLETE, "text");
    }
    if (report->next_at <= j->now_ms) {
        return bad_field(j, "next_at", "The instant is over already; write one that lies ahead.");
    }
    if (stages_of(j) > CAP_STAGE_REPORTS_PER_DUTY) { /* a lead's: one runs from the signature */
        return refuse(j, REFUSAL_CAP, "duty");
    }
    struct stage_reported_body *body = &emit_duty(j, RECORD_STAGE_REPORTED, &j->duty)->body.stage_reported;
    body->duty_kind = (enum duty_kind)j->duty.kind;
    body->next_at = report->next_at;
    body->told = lead && wants_reply(j);
    body->text = report->text;
    if (lead) {
        stop_clock(j, j->duty.duty_id, CLOCK_KIND_STAGE);
        start_stage(j);
    }
    return true;
}

bool judge_add_support(struct judging *j)
{
    const struct add_support_command *add = &j->command->body.add_support;
    int32_t unit = unit_in_service(j, &add->support), lead = unit_index(j, &j->duty.unit);
    struct clock_row handle;
    if (add->text.size == 0) {
        return refuse(j, REFUSAL_INCOMPLETE, "text");
    }
    if (unit < 0) {
        return refuse(j, REFUSAL_UNKNOWN_UNIT, "support");
    }
    if (j->district->units[unit].class == UNIT_CLASS_EXTERNAL) {
        return bad_field(j, "support", "An external unit cannot support a case.");
    }
    if (unit == lead) {
        return bad_field(j, "support", "The unit leads the case itself.");
    }
    if (not_theirs(j, unit, false)) {
        return refuse(j, REFUSAL_PUSH_DOWN, "support");
    }
    if (has_open_duty(j, unit, UINT32_C(1) << DUTY_KIND_SUPPORT)) {
        return refuse(j, REFUSAL_ALREADY, "support");
    }
    if (j->c.open_duties >= CAP_OPEN_DUTIES_PER_CASE) {
        return refuse(j, REFUSAL_CAP, "support");
    }
    struct case_noted_body *note = &emit_for(j, RECORD_CASE_NOTED, lead)->body.case_noted;
    note->visibility = NOTE_VISIBILITY_INNER;
    note->text = add->text;
    bool limited = find_clock(j, j->duty.duty_id, CLOCK_KIND_HANDLE, false, &handle);
    struct limit limit = limited ? limit_of(&handle) : limit_none();
    offer_support(j, unit, lead, DUTY_END_ADDED, &limit);
    return true;
}

bool judge_report(struct judging *j)
{
    if (j->command->body.report.text.size == 0) {
        return refuse(j, REFUSAL_INCOMPLETE, "text");
    }
    finish_duty(j, &j->duty, j->command->body.report.text);
    return true;
}

/* Whom nobody asks: anonymous, no reply wanted, no way to reach them, praise, advice (lifecycle 2e, 3.1). */
static bool citizen_asked(const struct judging *j)
{
    const struct case_row *c = &j->c;
    return j->policy->followup == FOLLOWUP_MODE_AT_ANSWER && c->has_contact && !c->no_reply && c->dims.kind != CASE_KIND_PRAISE &&
           c->dims.kind != CASE_KIND_ADVICE && c->dims.origin != ORIGIN_FOUND;
}

static bool contact_missing(const struct judging *j)
{
    const struct case_row *c = &j->c;
    return j->policy->contact_required && c->has_contact && !c->no_reply && !sight_secret(c) && !c->contact_reached &&
           c->contacts < j->policy->contact_attempts;
}

static bool check_answer(struct judging *j, const struct answer_command *answer)
{
    if (contact_missing(j)) {
        return refuse(j, REFUSAL_NO_CONTACT, "contact");
    }
    if (answer->text.size == 0) {
        return refuse(j, REFUSAL_INCOMPLETE, "text");
    }
    if (answer->code == ANSWER_CODE_EXPLAINED && answer->basis.size == 0) {
        return refuse(j, REFUSAL_NO_BASIS, "basis");
    }
    return !lead_calls(j) || refuse(j, REFUSAL_CALL_OPEN, "call");
}

static void open_followup(struct judging *j)
{
    int32_t desk = j->district->desk_unit;
    struct offer offer = {.kind = DUTY_KIND_FOLLOWUP, .unit = desk, .reason = DUTY_END_NONE, .creator = -1, .reporter = 1};
    uint64_t duty = offer_duty(j, &offer);
    struct limit limit = limit_policy(j, j->policy->followup_limit, desk);
    if (limit.due_at != 0) {
        start_clock(j, CLOCK_KIND_FOLLOWUP, duty, desk, &limit);
    }
    struct record *record = emit_for(j, RECORD_FOLLOWUP_OPENED, desk);
    record->head.duty_id = duty;
    record->body.followup_opened.reporter = 1;
    record->body.followup_opened.due_at = limit.due_at;
}

bool judge_answer(struct judging *j)
{
    const struct answer_command *answer = &j->command->body.answer;
    if (!check_answer(j, answer)) {
        return false;
    }
    struct lead_answered_body *body = &emit_duty(j, RECORD_LEAD_ANSWERED, &j->duty)->body.lead_answered;
    body->code = answer->code;
    body->replied = wants_reply(j);
    body->published = answer->published;
    body->basis = answer->basis;
    body->text = answer->text;
    finish_duty(j, &j->duty, (struct text){0});

    uint64_t cursor = j->c.duty_last;
    struct duty_row duty;
    while (next_open_duty(j, &cursor, &duty)) {
        if (duty.kind == DUTY_KIND_SUPPORT && !duty.internal) { /* an inner one ends with its whole */
            end_duty(j, &duty, DUTY_END_LEAD_ANSWERED, CLOCK_WHY_LEAD_ANSWERED, (struct text){0});
        }
    }
    if (j->total.state == CLOCK_STATE_RUNNING) {
        stop_clock_row(j, &j->total);
    }
    if (citizen_asked(j)) {
        open_followup(j);
    } else {
        end_case(j, answer->code == ANSWER_CODE_EXPLAINED ? DISPOSITION_EXPLAINED : DISPOSITION_SOLVED);
    }
    return true;
}

bool judge_cancel(struct judging *j)
{
    const struct cancel_command *cancel = &j->command->body.cancel;
    if (cancel->reason.size == 0) {
        return refuse(j, REFUSAL_INCOMPLETE, "reason");
    }
    end_duty(j, &j->duty, DUTY_END_NOT_NEEDED, CLOCK_WHY_NOT_NEEDED, cancel->reason);
    if (j->duty.kind == DUTY_KIND_RESPOND) {
        respond_gone(j, &j->duty, false);
    }
    return true;
}
