/* way_back.c - a unit says that a duty is not its own: ask_return 退单, object_call 报到异议 (lifecycle 2b, 2c, 5.2) */
#include "dispatcher/core/judging.h"

struct way_back {
    enum about about;
    struct span window;      /* from the offer, as long it may be said; off: always */
    const char *window_name; /* in a refusal */
    struct span rule;        /* the desk rules */
    struct text reason, basis;
    struct code better;
    bool outside;
};

/* The window runs from the offer, by the calendar of the unit that was offered the duty. Where it is off, it is never over. */
static bool window_over(const struct judging *j, struct span span)
{
    int32_t unit = unit_index(j, &j->duty.unit);
    struct limit window = limit_span(j, span, unit, j->duty.offered_at, LIMIT_SOURCE_POLICY);
    return window.due_at != 0 && j->now_ms > window.due_at;
}

/* In an emergency the unit that was sent is there first: it has signed, and spoken with the citizen where there is a number. */
static bool handled_first(const struct judging *j)
{
    struct clock_row contact;
    bool speaks = j->duty.kind == DUTY_KIND_LEAD && find_clock(j, j->duty.duty_id, CLOCK_KIND_CONTACT, false, &contact);
    return j->duty.state == DUTY_STATE_SIGNED && !speaks;
}

static bool check_better(struct judging *j, const struct way_back *way)
{
    if (code_empty(&way->better)) {
        return way->outside || refuse(j, REFUSAL_NO_BETTER_UNIT, "better");
    }
    int32_t better = unit_in_service(j, &way->better);
    if (better < 0) {
        return refuse(j, REFUSAL_UNKNOWN_UNIT, "better");
    }
    if (better == unit_index(j, &j->duty.unit)) {
        return bad_field(j, "better", "The unit itself holds the duty: name another.");
    }
    if (way->outside) {
        return bad_field(j, "outside", "Either a unit of the district is responsible, or none is.");
    }
    if (j->duty.kind == DUTY_KIND_RESPOND) {
        return callable(j, better, unit_index(j, &j->call.caller)) || refuse(j, REFUSAL_WRONG_DIRECTION, "better");
    }
    return district_may_lead(j->district, better) ||
           bad_field(j, "better", "An external unit or a property company has no duties here: say `outside`.");
}

/* Has a ruling said that it stays with this unit? */
static const char *designated(const struct judging *j)
{
    if (j->duty.kind == DUTY_KIND_LEAD) {
        return j->c.designated ? "case" : NULL;
    }
    return j->duty.reason == DUTY_END_DESIGNATED ? "duty" : NULL;
}

static bool ask_back(struct judging *j, const struct way_back *way)
{
    if (j->duty.internal) {
        return refuse(j, REFUSAL_INNER, "duty"); /* it is given back to who assigned it, who cancels it */
    }
    if (window_over(j, way->window)) {
        return refuse(j, REFUSAL_WINDOW, way->window_name);
    }
    if (way->reason.size == 0) {
        return refuse(j, REFUSAL_INCOMPLETE, "reason");
    }
    if (way->basis.size == 0) {
        return refuse(j, REFUSAL_NO_BASIS, "basis");
    }
    if (!check_better(j, way)) {
        return false;
    }
    if (designated(j) != NULL) {
        return refuse(j, REFUSAL_DESIGNATED, designated(j));
    }
    if (j->duty.asked) {
        return refuse(j, REFUSAL_ALREADY, "duty");
    }
    if (j->c.dims.urgency == URGENCY_EMERGENCY && !handled_first(j)) {
        return refuse(j, REFUSAL_LANE, "duty");
    }
    if (j->c.open_duties >= CAP_OPEN_DUTIES_PER_CASE) {
        return refuse(j, REFUSAL_CAP, "duty");
    }
    struct return_asked_body *body = &emit_duty(j, RECORD_RETURN_ASKED, &j->duty)->body.return_asked;
    body->duty_kind = (enum duty_kind)j->duty.kind;
    body->better = way->better;
    body->outside = way->outside;
    body->reason = way->reason;
    body->basis = way->basis;
    stop_clock(j, j->duty.duty_id, CLOCK_KIND_SIGN); /* the unit has looked at it */
    struct offer offer = {.kind = DUTY_KIND_RULE,
                          .unit = j->district->desk_unit,
                          .reason = DUTY_END_NONE,
                          .creator = unit_index(j, &j->duty.unit),
                          .of_duty = j->duty.duty_id,
                          .about = way->about};
    uint64_t duty = offer_duty(j, &offer);
    start_policy_clock(j, CLOCK_KIND_RULE, duty, offer.unit, way->rule);
    return true;
}

bool judge_ask_return(struct judging *j)
{
    const struct ask_return_command *ask = &j->command->body.ask_return;
    bool last = j->duty.kind == DUTY_KIND_LEAD && j->c.returns >= j->policy->return_cap;
    struct way_back way = {.about = ABOUT_RETURN,
                           .window = j->policy->return_window,
                           .window_name = "return",
                           .rule = last ? j->policy->designate : j->policy->rule,
                           .reason = ask->reason,
                           .basis = ask->basis,
                           .better = ask->better,
                           .outside = ask->outside};
    return j->c.round > 1 ? refuse(j, REFUSAL_ROUND, "round") : ask_back(j, &way);
}

bool judge_object_call(struct judging *j)
{
    const struct object_call_command *object = &j->command->body.object_call;
    struct way_back way = {.about = ABOUT_OBJECTION,
                           .window = j->policy->object,
                           .window_name = "object",
                           .rule = j->policy->rule_call,
                           .reason = object->reason,
                           .basis = object->basis,
                           .better = object->better,
                           .outside = object->outside};
    return ask_back(j, &way);
}
