/* returns.c - the desk rules on a return or an objection, and reroute: its own mistake (lifecycle 2b, 2d, 5.2) */
#include "dispatcher/core/judging.h"
#include "dispatcher/core/question.h"
#include "dispatcher/core/sight.h"

#include <assert.h>

/* --- the lead goes -------------------------------------------------------------------------------------------------------- */

/* A call that the lead itself raised goes with it; one of another unit stays, with its responds and their clocks. */
static void close_own_calls(struct judging *j, const struct duty_row *lead)
{
    struct call_row call;
    for (uint64_t id = j->c.call_last; id != 0 && tables_get(j->tables, ROW_CALL, id, &call); id = call.prev_of_case) {
        int32_t caller = unit_index(j, &call.caller);
        bool own = caller >= 0 && code_equal(&j->district->units[j->district->units[caller].accountable].code, &lead->acct);
        if (call.state == CALL_STATE_CLOSED || !own) {
            continue;
        }
        uint64_t cursor = call.duty_last, outer = j->call_id;
        struct duty_row duty;
        j->call = call;
        j->call_id = id;
        while (next_call_duty(j, &cursor, &duty)) {
            if (duty_open(&duty) && !asks_about_duty(&duty)) { /* a question lapses with its respond */
                void_duty(j, &duty, DUTY_END_LEAD_MOVED, CLOCK_WHY_LEAD_MOVED, (struct text){0});
            }
        }
        emit_for(j, RECORD_CALL_CLOSED, caller)->body.call_closed.outcome = CALL_OUTCOME_WITHDRAWN;
        j->call_id = outer;
    }
}

void lead_goes(struct judging *j, const struct duty_row *lead, enum duty_end reason, enum clock_why why, struct text text)
{
    struct duty_row duty;
    uint64_t cursor = j->c.duty_last;
    void_duty(j, lead, reason, why, text);
    while (next_open_duty(j, &cursor, &duty)) {
        if (duty.kind == DUTY_KIND_SUPPORT && !duty.internal) { /* an inner one ends with its whole */
            end_duty(j, &duty, DUTY_END_LEAD_MOVED, CLOCK_WHY_LEAD_MOVED, (struct text){0});
        }
    }
    close_own_calls(j, lead);
}

/* --- the desk rules ------------------------------------------------------------------------------------------------------- */

/* Who may say this: a designation is a supervisor's, who has not worked on the case; the importer passes on what others said. */
static bool check_ruler(struct judging *j, const struct rule_command *rule, bool last)
{
    if (last && rule->ruling != RULING_DESIGNATED) {
        return refuse(j, REFUSAL_CAP, "ruling");
    }
    if (rule->ruling != RULING_DESIGNATED || is_importer(j)) {
        return true;
    }
    if (!has_role(j, ROLE_SUPERVISOR)) {
        return refuse(j, REFUSAL_NO_ROLE, "supervisor");
    }
    return !core_handled(j->tables, &j->c, actor_hash(j)) || refuse(j, REFUSAL_SELF_DECISION, "actor");
}

/* Where it goes: -1 in *ret: to nobody. */
static bool check_to(struct judging *j, const struct rule_command *rule, const struct duty_row *asked, int32_t *ret)
{
    *ret = -1;
    if (rule->ruling == RULING_REFUSED) {
        return code_empty(&rule->to) || bad_field(j, "to", "What is refused stays where it is.");
    }
    if (code_empty(&rule->to)) {
        return rule->ruling == RULING_UPHELD || refuse(j, REFUSAL_INCOMPLETE, "to");
    }
    int32_t to = unit_in_service(j, &rule->to), place, listed;
    if (to < 0) {
        return refuse(j, REFUSAL_UNKNOWN_UNIT, "to");
    }
    if (asked->kind == DUTY_KIND_RESPOND) {
        *ret = to;
        return check_replacement(j, rule->ruling, asked, to);
    }
    if (!district_may_lead(j->district, to)) {
        return bad_field(j, "to", "An external unit or a property company cannot be given a case.");
    }
    bool stays = to == unit_index(j, &asked->unit);
    if (stays && rule->ruling == RULING_UPHELD) {
        return bad_field(j, "to", "The unit that asked holds it already: refuse it, or name another.");
    }
    list_row(j, &place, &listed);
    if (!stays && asked->kind == DUTY_KIND_LEAD && listed != to && !may_push(j, to)) {
        return refuse(j, REFUSAL_PUSH_DOWN, "to");
    }
    *ret = to;
    return true;
}

/* The lead goes to another unit, with the list's limit and the list's supports; or to nobody. */
static void move_lead(struct judging *j, const struct duty_row *asked, int32_t to, enum route_how how,
                      const struct rule_command *rule)
{
    lead_goes(j, asked, DUTY_END_RETURNED, CLOCK_WHY_RETURNED, (struct text){0});
    if (to < 0) {
        back_to_pool(j);
        return;
    }
    offer_by_list(j, to, how, rule->reason, &rule->supports);
}

static void move_support(struct judging *j, const struct duty_row *asked, int32_t to)
{
    struct clock_row handle;
    void_duty(j, asked, DUTY_END_RETURNED, CLOCK_WHY_RETURNED, (struct text){0});
    if (to >= 0) {
        bool limited = tables_get(j->tables, ROW_CLOCK, j->c.handle_clock, &handle);
        struct limit limit = limited ? limit_of(&handle) : limit_none();
        offer_support(j, to, unit_index(j, &asked->creator), DUTY_END_ROUTED, &limit);
    }
}

/* The desk rules lead and supports: those that it names go with the lead to its new unit. */
static bool check_ruled_supports(struct judging *j, const struct rule_command *rule, const struct duty_row *asked, int32_t to)
{
    bool goes = asked->kind == DUTY_KIND_LEAD && to >= 0 && to != unit_index(j, &asked->unit);
    if (rule->supports.count > 0 && !goes) {
        return bad_field(j, "supports", "Supports are named for a lead that goes to another unit.");
    }
    return check_supports(j, &rule->supports, to);
}

/* A ruling that does not say what the list says: the list may have to change. */
static void propose_change(struct judging *j, int32_t to)
{
    int32_t place, listed;
    const struct catalogue_row *row = list_row(j, &place, &listed);
    if (listed == to || district_matter_find(j->district, &j->c.dims.matter) < 0) {
        return;
    }
    struct catalogue_proposed_body *body = &emit_for(j, RECORD_CATALOGUE_PROPOSED, j->district->desk_unit)->body.catalogue_proposed;
    body->row = row != NULL ? row->row : 0;
    body->from = listed >= 0 ? j->district->units[listed].code : (struct code){0};
    body->to = j->district->units[to].code;
}

bool judge_rule(struct judging *j)
{
    const struct rule_command *rule = &j->command->body.rule;
    struct duty_row asked;
    int32_t to;
    bool found = tables_get(j->tables, ROW_DUTY, j->duty.of_duty, &asked);
    assert(found && duty_open(&asked)); /* a question about a duty that is over has lapsed with it */
    if (rule->reason.size == 0) {
        return refuse(j, REFUSAL_INCOMPLETE, "reason");
    }
    bool last = asked.kind == DUTY_KIND_LEAD && j->c.returns >= j->policy->return_cap;
    if (!check_ruler(j, rule, last) || !check_to(j, rule, &asked, &to) || !check_ruled_supports(j, rule, &asked, to)) {
        return false;
    }
    struct return_ruled_body *body = &emit_duty(j, RECORD_RETURN_RULED, &asked)->body.return_ruled;
    body->ruling = rule->ruling;
    body->to = to >= 0 ? j->district->units[to].code : (struct code){0};
    body->reason = rule->reason;
    finish_duty(j, &j->duty, (struct text){0});
    if (asked.kind == DUTY_KIND_LEAD && to >= 0) {
        propose_change(j, to);
    }
    if (rule->ruling == RULING_REFUSED || to == unit_index(j, &asked.unit)) {
        return true;
    }
    bool stays_there = rule->ruling == RULING_DESIGNATED;
    if (asked.kind == DUTY_KIND_LEAD) {
        move_lead(j, &asked, to, stays_there ? ROUTE_HOW_DESIGNATED : ROUTE_HOW_RULED, rule);
    } else if (asked.kind == DUTY_KIND_RESPOND) {
        replace_respond(j, &asked, to, stays_there ? DUTY_END_DESIGNATED : DUTY_END_ROUTED);
    } else {
        move_support(j, &asked, to);
    }
    return true;
}

/* --- the desk's own mistake ----------------------------------------------------------------------------------------------- */

/* Signed, and nobody has to be called any more: then the unit is at work, and the desk alone does not take the case away, unless
 * the lead is the desk's own. */
static bool at_work(const struct judging *j)
{
    struct clock_row contact;
    return j->duty.state == DUTY_STATE_SIGNED && !find_clock(j, j->duty.duty_id, CLOCK_KIND_CONTACT, false, &contact) &&
           unit_index(j, &j->duty.unit) != j->district->desk_unit;
}

/* Its leader is asked once: who has said no is not asked again. */
static bool ask_lead(struct judging *j, int32_t unit, const struct reroute_command *reroute)
{
    struct duty_row before;
    if (question_asked(j, ABOUT_REROUTE, j->duty.duty_id, &before)) {
        return duty_open(&before) ? refuse(j, REFUSAL_ALREADY, "reroute") : refuse(j, REFUSAL_SIGNED, "supervisor");
    }
    if (j->c.open_duties >= CAP_OPEN_DUTIES_PER_CASE) {
        return refuse(j, REFUSAL_CAP, "duty");
    }
    struct question question = {.about = ABOUT_REROUTE,
                                .unit = unit_index(j, &j->duty.unit),
                                .asker = j->district->desk_unit,
                                .of_duty = j->duty.duty_id,
                                .to = unit,
                                .supports = &reroute->supports,
                                .reason = reroute->reason};
    question_ask(j, &question);
    return true;
}

static void reroute_lead(struct judging *j, const struct duty_row *lead, int32_t unit, const struct codes *supports,
                         struct text reason)
{
    lead_goes(j, lead, DUTY_END_REASSIGNED, CLOCK_WHY_REASSIGNED, reason);
    offer_by_list(j, unit, ROUTE_HOW_REROUTE, reason, supports);
}

bool grant_reroute(struct judging *j, const struct duty_row *lead, const struct question_row *question, struct text reason)
{
    int32_t unit = unit_in_service(j, &question->to);
    if (unit < 0) {
        return refuse(j, REFUSAL_UNKNOWN_UNIT, "to"); /* another set, since it was asked */
    }
    if (unit == unit_index(j, &lead->unit)) {
        return bad_field(j, "decision", "The unit leads the case already.");
    }
    if (!check_supports(j, &question->supports, unit)) {
        return false;
    }
    reroute_lead(j, lead, unit, &question->supports, reason);
    return true;
}

bool judge_reroute(struct judging *j)
{
    const struct reroute_command *reroute = &j->command->body.reroute;
    int32_t unit = unit_in_service(j, &reroute->unit), place, listed;
    if (reroute->reason.size == 0) {
        return refuse(j, REFUSAL_INCOMPLETE, "reason");
    }
    if (unit < 0) {
        return refuse(j, REFUSAL_UNKNOWN_UNIT, "unit");
    }
    if (!district_may_lead(j->district, unit)) {
        return bad_field(j, "unit", "An external unit or a property company cannot lead a case.");
    }
    if (unit == unit_index(j, &j->duty.unit)) {
        return bad_field(j, "unit", "The unit leads the case already.");
    }
    list_row(j, &place, &listed);
    if (listed != unit && !may_push(j, unit)) {
        return refuse(j, REFUSAL_PUSH_DOWN, "unit");
    }
    if (!check_supports(j, &reroute->supports, unit)) {
        return false;
    }
    if (at_work(j) && !has_role(j, ROLE_SUPERVISOR) && !is_importer(j)) {
        return ask_lead(j, unit, reroute);
    }
    reroute_lead(j, &j->duty, unit, &reroute->supports, reroute->reason);
    return true;
}
