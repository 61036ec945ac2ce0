/* ending.c - how a duty ends, in records: with its result, or without; and what becomes of its clocks */
#include "dispatcher/core/judging.h"
#include "dispatcher/core/rules.h"

void finish_duty(struct judging *j, const struct duty_row *duty, struct text text)
{
    struct record *record = emit_duty(j, RECORD_DUTY_DONE, duty);
    record->body.duty_done.duty_kind = (enum duty_kind)duty->kind;
    record->body.duty_done.text = text;
    end_clocks(j, duty->duty_id, duty_result_stops((enum duty_kind)duty->kind, duty->call_id != 0), CLOCK_WHY_NOT_NEEDED);
}

void end_duty(struct judging *j, const struct duty_row *duty, enum duty_end reason, enum clock_why why, struct text text)
{
    struct record *record = emit_duty(j, RECORD_DUTY_ENDED, duty);
    record->body.duty_ended.duty_kind = (enum duty_kind)duty->kind;
    record->body.duty_ended.reason = reason;
    record->body.duty_ended.text = text;
    end_clocks(j, duty->duty_id, 0, why);
}
