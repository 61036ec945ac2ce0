/* ending.c - how a duty ends, in records: with its result, or without; and what becomes of its clocks; how a call and a case end */
#include "dispatcher/core/judging.h"
#include "dispatcher/core/rules.h"

/* A question about a duty that is over has lapsed; one about what it missed only where its items count nowhere. The one that this
 * very command answers is not looked at. */
static void lapse_questions(struct judging *j, const struct duty_row *of, bool counts_nowhere)
{
    struct duty_row duty;
    uint64_t cursor = j->c.open_questions > 0 ? j->c.duty_last : 0;
    while (next_open_duty(j, &cursor, &duty)) {
        bool asks = asks_about_duty(&duty) && (counts_nowhere || duty.about != ABOUT_REFUSAL);
        if (asks && duty.of_duty == of->duty_id && duty.duty_id != j->duty.duty_id) {
            end_duty(j, &duty, DUTY_END_NOT_NEEDED, CLOCK_WHY_NOT_NEEDED, (struct text){0});
        }
    }
}

/* Is it a part of this duty: handed on by its holder, or, where the duty continues a lead that was taken over, before that? */
static bool part_of(const struct duty_row *inner, const struct duty_row *duty)
{
    bool continues = duty->kind == DUTY_KIND_SUPPORT && !duty->internal && duty->of_duty != 0;
    return inner->internal && (inner->of_duty == duty->duty_id || (continues && inner->of_duty == duty->of_duty));
}

/* Why a part ends whose whole ends for `reason`. */
static enum duty_end part_ends(const struct duty_row *duty, enum duty_end reason)
{
    if (reason == DUTY_END_LEAD_ANSWERED || (reason == DUTY_END_NONE && duty->kind == DUTY_KIND_LEAD)) {
        return DUTY_END_LEAD_ANSWERED;
    }
    return reason == DUTY_END_LEAD_MOVED || duty->kind == DUTY_KIND_LEAD ? DUTY_END_LEAD_MOVED : DUTY_END_NOT_NEEDED;
}

static enum clock_why clock_ends(enum duty_end reason)
{
    if (reason == DUTY_END_LEAD_ANSWERED) {
        return CLOCK_WHY_LEAD_ANSWERED;
    }
    return reason == DUTY_END_LEAD_MOVED ? CLOCK_WHY_LEAD_MOVED : CLOCK_WHY_NOT_NEEDED;
}

/* A lead that is taken over goes on as a support: so does what it handed on. */
static void end_inner(struct judging *j, const struct duty_row *duty, enum duty_end reason)
{
    uint64_t cursor = j->c.open_inner > 0 && reason != DUTY_END_TAKEN_OVER ? j->c.duty_last : 0;
    enum duty_end ends = part_ends(duty, reason);
    struct duty_row inner;
    while (next_open_duty(j, &cursor, &inner)) {
        if (part_of(&inner, duty)) {
            end_duty(j, &inner, ends, clock_ends(ends), (struct text){0});
        }
    }
}

void finish_duty(struct judging *j, const struct duty_row *duty, struct text text)
{
    struct record *record = emit_duty(j, RECORD_DUTY_DONE, duty);
    record->body.duty_done.duty_kind = (enum duty_kind)duty->kind;
    record->body.duty_done.text = text;
    end_clocks(j, duty->duty_id, duty_result_stops((enum duty_kind)duty->kind, duty->call_id != 0), CLOCK_WHY_NOT_NEEDED);
    lapse_questions(j, duty, false);
    end_inner(j, duty, DUTY_END_NONE);
}

static void emit_ended(struct judging *j, const struct duty_row *duty, enum duty_end reason, struct text text)
{
    struct record *record = emit_duty(j, RECORD_DUTY_ENDED, duty);
    record->body.duty_ended.duty_kind = (enum duty_kind)duty->kind;
    record->body.duty_ended.reason = reason;
    record->body.duty_ended.text = text;
}

void end_duty(struct judging *j, const struct duty_row *duty, enum duty_end reason, enum clock_why why, struct text text)
{
    emit_ended(j, duty, reason, text);
    end_clocks(j, duty->duty_id, 0, why);
    lapse_questions(j, duty, why == CLOCK_WHY_WITHDRAWN);
    end_inner(j, duty, reason);
}

void void_duty(struct judging *j, const struct duty_row *duty, enum duty_end reason, enum clock_why why, struct text text)
{
    emit_ended(j, duty, reason, text);
    void_clocks(j, duty->duty_id, why);
    lapse_questions(j, duty, true);
    end_inner(j, duty, reason);
}

void close_case(struct judging *j, enum disposition disposition)
{
    struct record *record = emit_for(j, RECORD_CASE_CLOSED, unit_index(j, &j->c.lead));
    record->body.case_closed.disposition = disposition;
    record->body.case_closed.rounds = j->c.round;
    record->body.case_closed.citizen_ms = j->now_ms - j->c.received_at;
}

/* Whose call is open at this point is not the lead's: it has had its own closed before it answered. */
void end_case(struct judging *j, enum disposition disposition)
{
    if (j->c.open_calls == 0) {
        close_case(j, disposition);
        return;
    }
    emit_for(j, RECORD_CASE_AWAITS_CALL, unit_index(j, &j->c.lead))->body.case_awaits_call.disposition = disposition;
}

void end_call(struct judging *j, enum call_outcome outcome)
{
    emit_for(j, RECORD_CALL_CLOSED, unit_index(j, &j->call.caller))->body.call_closed.outcome = outcome;
    if (j->c.awaits != DISPOSITION_NONE && j->c.open_calls <= 1) {
        uint64_t call = j->call_id;
        j->call_id = 0; /* the case closes, not a part of the call */
        close_case(j, (enum disposition)j->c.awaits);
        j->call_id = call;
    }
}

/* Outcome = the worst of the results that stand; nobody finished = withdrawn. `except_duty` is being changed by this very verdict:
 * its result is `except_code` (-1: none). Outcomes are the finish codes in their order, behind none. */
void close_call(struct judging *j, uint64_t except_duty, int except_code)
{
    int outcome = CALL_OUTCOME_NONE;
    uint64_t cursor = j->call.duty_last;
    struct duty_row duty;
    while (next_call_duty(j, &cursor, &duty)) {
        int code = duty.rated == 2 ? (int)FINISH_CODE_UNSOLVED : duty.finish_code - 1; /* of a respond that is done, else -1 */
        if (duty.duty_id == except_duty) {
            code = except_code;
        }
        int value = (int)CALL_OUTCOME_NONE + 1 + code;
        outcome = value > outcome ? value : outcome;
    }
    end_call(j, outcome == CALL_OUTCOME_NONE ? CALL_OUTCOME_WITHDRAWN : (enum call_outcome)outcome);
}
