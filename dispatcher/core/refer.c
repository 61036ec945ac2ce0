/* refer.c - refer_up 上报: the lead cannot settle it alone, and the next tier decides (lifecycle 2b, 5.2) */
#include "dispatcher/core/judging.h"
#include "dispatcher/core/question.h"

bool judge_refer_up(struct judging *j)
{
    const struct refer_up_command *refer = &j->command->body.refer_up;
    int32_t lead = unit_index(j, &j->duty.unit), up = next_tier(j, lead);
    struct duty_row before;
    if (refer->reason.size == 0) {
        return refuse(j, REFUSAL_INCOMPLETE, "reason");
    }
    if (refer->tried.size == 0) {
        return refuse(j, REFUSAL_INCOMPLETE, "tried");
    }
    if (up < 0) {
        return refuse(j, REFUSAL_NOT_HIGHER, "lead");
    }
    if (question_asked(j, ABOUT_REFER, j->duty.duty_id, &before)) {
        return refuse(j, REFUSAL_ALREADY, "refer");
    }
    if (j->c.open_duties >= CAP_OPEN_DUTIES_PER_CASE) {
        return refuse(j, REFUSAL_CAP, "duty");
    }
    struct question question = {.about = ABOUT_REFER,
                                .unit = up,
                                .asker = lead,
                                .of_duty = j->duty.duty_id,
                                .to = up,
                                .reason = refer->reason,
                                .tried = refer->tried};
    question_ask(j, &question);
    return true;
}

bool grant_refer(struct judging *j, const struct duty_row *lead, const struct question_row *question, struct text reason)
{
    int32_t up = unit_in_service(j, &question->to), unit = unit_index(j, &lead->unit);
    if (up < 0) {
        return refuse(j, REFUSAL_UNKNOWN_UNIT, "to"); /* another set, since it was asked */
    }
    if (j->district->units[up].tier >= j->district->units[unit].tier) {
        return refuse(j, REFUSAL_NOT_HIGHER, "unit");
    }
    take_over_to(j, up, reason);
    return true;
}
