/* followup.c - 回访: attempts, what the citizen said, the next round, reopen (lifecycle 2a, 2e) */
#include "dispatcher/core/judging.h"

#include "config/zone.h"

/* Half-day of the district: days since 1970 * 2, plus 1 after noon. */
static uint32_t half_day(const struct judging *j)
{
    struct civil civil;
    zone_civil(j->district->zone, j->now_ms, &civil);
    return (uint32_t)(civil_to_days(civil.year, civil.month, civil.day) * 2 + (civil.hour >= 12 ? 1 : 0));
}

/* Nobody asks the citizen about what they handled themselves; the importer only passes on what others did. */
static bool may_ask(const struct judging *j)
{
    return is_importer(j) || !core_handled(j->tables, &j->c, actor_hash(j));
}

static struct record *emit_followup(struct judging *j, enum record_type type, const struct duty_row *duty)
{
    struct record *record = emit_duty(j, type, duty);
    record->head.acct = j->c.lead_acct; /* what the citizen says is about the lead */
    return record;
}

static void end_without_words(struct judging *j, const struct duty_row *duty, enum followup_reason reason, struct text text)
{
    struct followup_ended_body *body = &emit_followup(j, RECORD_FOLLOWUP_ENDED, duty)->body.followup_ended;
    body->reporter = duty->reporter;
    body->reason = reason;
    body->text = text;
}

void followup_ineffective(struct judging *j, const struct duty_row *duty, enum followup_reason reason, struct text text)
{
    end_without_words(j, duty, reason, text);
    if (reason == FOLLOWUP_REASON_EXPIRED) {
        end_duty(j, duty, DUTY_END_EXPIRED, CLOCK_WHY_EXPIRED, (struct text){0});
    } else {
        finish_duty(j, duty, (struct text){0});
    }
    if (j->c.open_followups <= 1) {
        end_case(j, DISPOSITION_UNREACHABLE);
    }
}

bool judge_note_attempt(struct judging *j)
{
    const struct note_attempt_command *note = &j->command->body.note_attempt;
    if (!may_ask(j)) {
        return refuse(j, REFUSAL_SELF_DECISION, "actor");
    }
    uint32_t now = half_day(j);
    if (j->duty.attempts > 0 && now <= j->duty.last_half_day) {
        return refuse(j, REFUSAL_TOO_SOON, "attempt");
    }
    struct followup_attempted_body *body = &emit_followup(j, RECORD_FOLLOWUP_ATTEMPTED, &j->duty)->body.followup_attempted;
    body->reporter = j->duty.reporter;
    body->outcome = note->outcome;
    body->half_day = now;
    body->text = note->text;

    enum followup_reason reason = FOLLOWUP_REASON_NONE;
    uint32_t first = j->duty.attempts == 0 ? now : j->duty.first_half_day;
    switch (note->outcome) {
    case ATTEMPT_OUTCOME_WRONG_NUMBER:
        reason = FOLLOWUP_REASON_WRONG_NUMBER;
        break;
    case ATTEMPT_OUTCOME_REFUSED:
        reason = FOLLOWUP_REASON_REFUSED;
        break;
    case ATTEMPT_OUTCOME_NO_ANSWER:
        if (j->duty.attempts + 1 >= j->policy->followup_attempts && now / 2 - first / 2 + 1 >= j->policy->followup_days) {
            reason = FOLLOWUP_REASON_NO_ANSWER;
        }
        break;
    }
    if (reason != FOLLOWUP_REASON_NONE) {
        followup_ineffective(j, &j->duty, reason, (struct text){0});
    }
    return true;
}

static uint32_t solved_credit(const struct judging *j, enum said_solved said)
{
    return said == SAID_SOLVED_YES ? 1000000 : said == SAID_SOLVED_PARTLY ? j->policy->credit_partly_ppm : 0;
}

static uint32_t satisfied_credit(const struct judging *j, enum said_satisfied said)
{
    return said == SAID_SATISFIED_YES ? 1000000 : said == SAID_SATISFIED_BASICALLY ? j->policy->credit_basically_ppm : 0;
}

static void propose_order(struct judging *j, enum order_kind kind)
{
    emit_for(j, RECORD_ORDER_PROPOSED, unit_index(j, &j->c.lead))->body.order_proposed.order_kind = kind;
}

bool judge_note_followup(struct judging *j)
{
    const struct note_followup_command *note = &j->command->body.note_followup;
    if (!may_ask(j)) {
        return refuse(j, REFUSAL_SELF_DECISION, "actor");
    }
    if (note->solved == SAID_SOLVED_UNANSWERED) {
        return refuse(j, REFUSAL_INCOMPLETE, "solved");
    }
    if (note->satisfied == SAID_SATISFIED_UNANSWERED) {
        return refuse(j, REFUSAL_INCOMPLETE, "satisfied");
    }
    struct followup_ended_body *body = &emit_followup(j, RECORD_FOLLOWUP_ENDED, &j->duty)->body.followup_ended;
    body->reporter = j->duty.reporter;
    body->effective = true;
    body->contacted = note->contacted;
    body->solved = note->solved;
    body->satisfied = note->satisfied;
    body->solved_ppm = solved_credit(j, note->solved);
    body->satisfied_ppm = satisfied_credit(j, note->satisfied);
    body->rated = j->c.dims.kind != CASE_KIND_REPORT; /* 举报 is unrated: 53号文 */
    body->text = note->text;
    finish_duty(j, &j->duty, (struct text){0});

    if (note->solved == SAID_SOLVED_NO && j->c.round < j->policy->rounds) {
        next_round(j, REOPEN_BY_FOLLOWUP, true, (struct text){0});
        return true;
    }
    if (note->solved == SAID_SOLVED_NO) {
        propose_order(j, ORDER_KIND_ROUNDS); /* a leader decides; the case ends explained until that is built */
    }
    if (j->c.open_followups <= 1) {
        bool solved = note->solved != SAID_SOLVED_NO && j->c.answer_code != ANSWER_CODE_EXPLAINED;
        end_case(j, solved ? DISPOSITION_SOLVED : DISPOSITION_EXPLAINED);
    }
    return true;
}

/* The citizen's clock takes its stop back: the interval since the answer counts when the follow-up (or a supervisor) says that the
 * answer was none; when the citizen comes after closing, it does not, and the due instant moves by it. */
static void resume_citizen_clock(struct judging *j, bool counted)
{
    const struct clock_row *total = &j->total;
    if (total->clock_id == 0 || total->state != CLOCK_STATE_STOPPED) {
        return;
    }
    struct limit limit = limit_of(total);
    if (!counted && limit.due_at != 0) {
        limit = limit_resumed(j, total, (struct span){0});
    }
    move_due(j, total, &limit, CLOCK_WHY_REOPENED, moves_on(j, &total->unit), counted);
}

void next_round(struct judging *j, enum reopen_by by, bool counted, struct text why)
{
    j->c.round++;
    int32_t unit = unit_in_service(j, &j->c.lead);
    struct case_reopened_body *body = &emit_for(j, RECORD_CASE_REOPENED, unit)->body.case_reopened;
    body->by = by;
    body->counted = counted;
    body->why = why;
    resume_citizen_clock(j, counted);
    propose_order(j, ORDER_KIND_SECOND_ROUND);
    bool last = j->c.round >= j->policy->rounds;
    int32_t lead = last || unit < 0 ? j->district->desk_unit : unit;
    struct lead_choice choice = {
        .unit = lead,
        .how = ROUTE_HOW_NEXT_ROUND,
        .limit = limit_policy(j, last ? j->policy->last_round : j->policy->second_round, lead),
    };
    offer_lead(j, &choice);
}

bool judge_reopen(struct judging *j)
{
    const struct reopen_command *reopen = &j->command->body.reopen;
    bool supervisor = has_role(j, ROLE_SUPERVISOR);
    bool was_closed = j->c.state == CASE_STATE_CLOSED;
    if (reopen->reason.size == 0) {
        return refuse(j, REFUSAL_INCOMPLETE, "reason");
    }
    if (!supervisor && was_closed && j->now_ms - j->c.closed_at > j->policy->reopen_window_ms) {
        return refuse(j, REFUSAL_WINDOW, "reopen");
    }
    if (!supervisor && j->c.round >= j->policy->rounds) {
        return refuse(j, REFUSAL_ROUNDS, "round");
    }
    uint64_t cursor = j->c.duty_last;
    struct duty_row duty;
    while (next_open_duty(j, &cursor, &duty)) {
        if (duty.kind == DUTY_KIND_FOLLOWUP) {
            end_without_words(j, &duty, FOLLOWUP_REASON_REOPENED, (struct text){0});
            end_duty(j, &duty, DUTY_END_REOPENED, CLOCK_WHY_REOPENED, reopen->reason);
        }
    }
    next_round(j, supervisor ? REOPEN_BY_SUPERVISOR : REOPEN_BY_CITIZEN, supervisor || !was_closed, reopen->reason);
    return true;
}
