/* objections.c - what a ruling on a called unit's objection 报到异议 makes of its call (lifecycle 2c) */
#include "dispatcher/core/judging.h"

/* Has the unit a respond in the present call, open or done? What was ruled away or taken off is not one. */
static bool responds(const struct judging *j, int32_t unit)
{
    uint64_t cursor = j->call.duty_last;
    struct duty_row duty;
    while (next_call_duty(j, &cursor, &duty)) {
        if (duty.kind == DUTY_KIND_RESPOND && duty.state != DUTY_STATE_ENDED && unit_in_service(j, &duty.unit) == unit) {
            return true;
        }
    }
    return false;
}

bool check_replacement(struct judging *j, enum ruling ruling, const struct duty_row *asked, int32_t to)
{
    if (to == unit_index(j, &asked->unit)) {
        return ruling == RULING_DESIGNATED ||
               bad_field(j, "to", "The unit that asked holds it already: refuse it, or name another.");
    }
    if (!callable(j, to, unit_index(j, &j->call.caller))) {
        return refuse(j, REFUSAL_WRONG_DIRECTION, "to");
    }
    return !responds(j, to) || refuse(j, REFUSAL_ALREADY, "to");
}

void replace_respond(struct judging *j, const struct duty_row *asked, int32_t to, enum duty_end reason)
{
    void_duty(j, asked, DUTY_END_RETURNED, CLOCK_WHY_RETURNED, (struct text){0});
    if (to >= 0) {
        offer_respond(j, to, reason);
    } else {
        respond_gone(j, asked, true);
    }
}

/* Has another called unit a result that stands? */
static bool others_finished(const struct judging *j)
{
    uint64_t cursor = j->call.duty_last;
    struct duty_row duty;
    while (next_call_duty(j, &cursor, &duty)) {
        if (duty.kind == DUTY_KIND_RESPOND && duty.state == DUTY_STATE_DONE) {
            return true;
        }
    }
    return false;
}

void respond_gone(struct judging *j, const struct duty_row *respond, bool pools)
{
    int32_t caller = unit_index(j, &j->call.caller);
    if (j->call.open_responds > 1) {
        return;
    }
    if (j->call.open_rates > 0) {
        emit_for(j, RECORD_CALL_REPORTED, caller);
    } else if (pools && !others_finished(j)) {
        emit_for(j, RECORD_CALL_POOLED, caller);
        offer_dispatch(j);
    } else {
        close_call(j, respond->duty_id, -1);
    }
}
