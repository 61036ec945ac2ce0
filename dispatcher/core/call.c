/* call.c - 吹哨: raise, dispatch, arrive, finish, rate (lifecycle 2c). Only the routine level is built. */
#include "dispatcher/core/judging.h"

/* --- raise and dispatch --------------------------------------------------------------------------------------------------- */

/* A call goes to departments, utilities, stations and sections: never to a street, community or grid, the caller or outside. */
bool callable(const struct judging *j, int32_t unit, int32_t caller)
{
    const struct unit *at = &j->district->units[unit];
    if (unit == caller || at->desk_of == caller) { /* its own desk is the street itself */
        return false;
    }
    switch (at->class) {
    case UNIT_CLASS_DEPARTMENT:
    case UNIT_CLASS_SECTION:
    case UNIT_CLASS_STATION:
    case UNIT_CLASS_UTILITY:
        return true;
    case UNIT_CLASS_GOVERNMENT:
    case UNIT_CLASS_PROPERTY:
    case UNIT_CLASS_COMMITTEE:
    case UNIT_CLASS_EXTERNAL:
        return false;
    }
    return false;
}

static bool check_units(struct judging *j, const struct codes *codes, int32_t caller)
{
    for (uint32_t i = 0; i < codes->count; i++) {
        int32_t unit = unit_in_service(j, &codes->at[i]);
        if (unit < 0) {
            return refuse(j, REFUSAL_UNKNOWN_UNIT, "units");
        }
        if (!callable(j, unit, caller)) {
            return refuse(j, REFUSAL_WRONG_DIRECTION, "units");
        }
        for (uint32_t k = 0; k < i; k++) {
            if (unit_in_service(j, &codes->at[k]) == unit) {
                return bad_field(j, "units", "A unit is named twice.");
            }
        }
    }
    return true;
}

static bool named(const struct judging *j, const struct codes *units, const struct code *code)
{
    int32_t unit = unit_in_service(j, code);
    bool found = false;
    for (uint32_t i = 0; i < units->count && unit >= 0; i++) {
        found = found || unit_in_service(j, &units->at[i]) == unit;
    }
    return found;
}

/* Of several units one coordinates. */
static bool check_coordinating(struct judging *j, const struct codes *units, const struct code *coordinating)
{
    return code_empty(coordinating) || named(j, units, coordinating) ||
           bad_field(j, "coordinating", "The unit that coordinates is one of those that are called.");
}

/* Does the list name all of these units, which check_units has seen, for calls on this matter? */
static bool on_list(const struct judging *j, const struct codes *codes)
{
    int32_t place, lead;
    const struct catalogue_row *row = list_row(j, &place, &lead);
    if (row == NULL || codes->count == 0) {
        return false;
    }
    for (uint32_t i = 0; i < codes->count; i++) {
        int32_t unit = unit_in_service(j, &codes->at[i]);
        bool listed = false;
        for (uint32_t k = 0; k < row->call_count; k++) {
            listed = listed || district_select(j->district, &row->calls[k], place) == unit;
        }
        if (!listed) {
            return false;
        }
    }
    return true;
}

/* The caller leads, and the list names as lead the one unit that is called, and no other: the case should be routed to it, not
 * called (DISPATCH_INSTEAD). */
static bool one_unit_on_list(const struct judging *j, const struct raise_call_command *raise, int32_t caller)
{
    int32_t place, lead;
    const struct catalogue_row *row = list_row(j, &place, &lead);
    return row != NULL && leads_too(j, caller) && raise->units.count == 1 && raise->reason != CALL_REASON_JOINT_ENFORCEMENT &&
           raise->reason != CALL_REASON_EMERGENCY && row->support_count == 0 && lead == unit_in_service(j, &raise->units.at[0]);
}

/* An open call on this case that asks for one of these units (or, like this one, for none) is the same call. */
static bool already_called(const struct judging *j, const struct codes *units)
{
    struct call_row call;
    for (uint64_t id = j->c.call_last; id != 0 && tables_get(j->tables, ROW_CALL, id, &call); id = call.prev_of_case) {
        if (call.state == CALL_STATE_CLOSED) {
            continue;
        }
        if (call.targets.count == 0 && units->count == 0) {
            return true;
        }
        for (uint32_t i = 0; i < units->count; i++) {
            int32_t unit = unit_in_service(j, &units->at[i]);
            for (uint32_t k = 0; k < call.targets.count; k++) {
                if (unit_in_service(j, &call.targets.at[k]) == unit) {
                    return true;
                }
            }
        }
    }
    return false;
}

static bool check_raise(struct judging *j, const struct raise_call_command *raise, int32_t caller)
{
    if (raise->level != CALL_LEVEL_ROUTINE) {
        return refuse(j, REFUSAL_NOT_BUILT, "level");
    }
    if (!check_units(j, &raise->units, caller)) {
        return false;
    }
    if ((raise->given_limit || raise->limit_at != 0) && !is_importer(j)) {
        return refuse(j, REFUSAL_NO_ROLE, "importer");
    }
    if (raise->limit_at != 0 && !raise->given_limit) {
        return bad_field(j, "limit_at", "A limit is given only where given_limit says that the sender decides it.");
    }
    if (raise->limit_at != 0 && raise->limit_at < j->now_ms) {
        return bad_field(j, "limit_at", "The limit lies before the instant at which the call is raised.");
    }
    if (j->policy->one_unit_guard && one_unit_on_list(j, raise, caller)) {
        return refuse(j, REFUSAL_DISPATCH_INSTEAD, "units");
    }
    if (!check_coordinating(j, &raise->units, &raise->coordinating)) {
        return false;
    }
    return !already_called(j, &raise->units) || refuse(j, REFUSAL_ALREADY, "call");
}

void offer_respond(struct judging *j, int32_t unit, enum duty_end reason)
{
    const struct policy *policy = j->policy;
    int64_t appointed_at = j->call.appointed_at;
    struct offer offer = {.kind = DUTY_KIND_RESPOND, .unit = unit, .reason = reason, .creator = unit_index(j, &j->call.caller)};
    uint64_t duty = offer_duty(j, &offer);
    start_policy_clock(j, CLOCK_KIND_SIGN, duty, unit, policy->call_sign);
    start_policy_clock(j, CLOCK_KIND_CONTACT, duty, unit, policy->call_contact);
    if (appointed_at >= j->now_ms) {
        struct limit appointed = limit_at(j->now_ms, appointed_at, LIMIT_SOURCE_POLICY);
        start_clock(j, CLOCK_KIND_ARRIVE, duty, unit, &appointed);
    } else {
        start_policy_clock(j, CLOCK_KIND_ARRIVE, duty, unit, policy->call_arrive);
    }
    struct limit finish = limit_policy(j, policy->call_finish, unit);
    if (j->call.given_limit) {
        int64_t due = j->call.given_limit_at;
        finish = due == 0 ? limit_none() : limit_at(j->now_ms, due, LIMIT_SOURCE_GIVEN);
    }
    start_clock(j, CLOCK_KIND_FINISH, duty, unit, &finish);
}

void offer_dispatch(struct judging *j)
{
    struct offer offer = {.kind = DUTY_KIND_ROUTE, .unit = j->district->desk_unit, .reason = DUTY_END_NONE, .creator = -1};
    uint64_t duty = offer_duty(j, &offer);
    start_policy_clock(j, CLOCK_KIND_DISPATCH, duty, offer.unit, j->policy->call_dispatch);
}

/* Emits call_dispatched and a respond with its clocks for each unit (clocks of table 2c, level routine). */
static void dispatch(struct judging *j, const struct codes *units, const struct code *coordinating, enum route_how how,
                     int64_t appointed_at, struct text reason)
{
    struct call_dispatched_body *body = &emit_for(j, RECORD_CALL_DISPATCHED, unit_index(j, &j->call.caller))->body.call_dispatched;
    body->units = *units;
    body->how = how;
    body->appointed_at = appointed_at;
    body->reason = reason;
    if (units->count > 1) {
        int32_t unit = unit_in_service(j, code_empty(coordinating) ? &units->at[0] : coordinating);
        body->coordinating = j->district->units[unit].code;
    }
    j->call.appointed_at = appointed_at;
    for (uint32_t i = 0; i < units->count; i++) {
        offer_respond(j, unit_in_service(j, &units->at[i]), DUTY_END_ROUTED);
    }
}

/* A call is about a case, or about a place; where there is a case, that says where and what it is. */
static bool names_case_alone(struct judging *j, const struct raise_call_command *raise)
{
    static const char cause[] = "A call is about a case or about a place, not about both.";
    if (!code_empty(&raise->place)) {
        return bad_field(j, "place", cause);
    }
    if (!code_empty(&raise->matter)) {
        return bad_field(j, "matter", cause);
    }
    return raise->address.size == 0 || bad_field(j, "address", cause);
}

bool judge_raise_call(struct judging *j)
{
    const struct raise_call_command *raise = &j->command->body.raise_call;
    const struct found found = {raise->place, raise->matter, raise->urgency, raise->text, raise->address};
    bool opens = j->c.state == CASE_STATE_NONE;
    int32_t caller;
    if (opens ? !begin_found(j, &found) : !names_case_alone(j, raise)) {
        return false;
    }
    if (!find_caller(j, &raise->caller, &caller)) {
        return false;
    }
    if (opens) {
        j->c.lead = j->district->units[caller].code;
    }
    if (!check_raise(j, raise, caller)) {
        return false;
    }
    if (j->c.open_duties + raise->units.count + 1 > CAP_OPEN_DUTIES_PER_CASE) {
        return refuse(j, REFUSAL_CAP, "units");
    }
    if (opens) {
        open_found(j, &found, caller);
    }
    j->call_id = next_seq(j);
    struct call_raised_body *body = &emit_for(j, RECORD_CALL_RAISED, caller)->body.call_raised;
    body->level = raise->level;
    body->reason = raise->reason;
    body->targets = raise->units;
    body->limit_at = raise->limit_at;
    body->given_limit = raise->given_limit;
    body->text = raise->text;
    body->coordinating = raise->coordinating;
    body->remote = raise->remote;
    j->call.caller = j->district->units[caller].code;
    j->call.given_limit = raise->given_limit;
    j->call.given_limit_at = raise->limit_at;
    if (on_list(j, &raise->units)) {
        dispatch(j, &raise->units, &raise->coordinating, ROUTE_HOW_RULE, 0, (struct text){0});
        return true;
    }
    offer_dispatch(j);
    return true;
}

bool judge_dispatch_call(struct judging *j)
{
    const struct dispatch_call_command *command = &j->command->body.dispatch_call;
    const struct codes *units = command->units.count != 0 ? &command->units : &j->call.targets;
    if (units->count == 0) {
        return refuse(j, REFUSAL_INCOMPLETE, "units");
    }
    if (!check_units(j, units, unit_index(j, &j->call.caller)) || !check_coordinating(j, units, &command->coordinating)) {
        return false;
    }
    bool listed = on_list(j, units);
    if (!listed && command->reason.size == 0) {
        return refuse(j, REFUSAL_NO_BASIS, "reason");
    }
    if (command->appointed_at != 0 && command->appointed_at < j->now_ms) {
        return bad_field(j, "appointed_at", "The appointed time is over already.");
    }
    if (j->c.open_duties + units->count > CAP_OPEN_DUTIES_PER_CASE) {
        return refuse(j, REFUSAL_CAP, "units");
    }
    finish_duty(j, &j->duty, (struct text){0});
    const struct code *coordinating = &command->coordinating;
    if (code_empty(coordinating) && named(j, units, &j->call.coordinating)) {
        coordinating = &j->call.coordinating; /* as the caller wished, where the desk calls that unit at all */
    }
    dispatch(j, units, coordinating, ROUTE_HOW_HAND, command->appointed_at, command->reason);
    return true;
}

/* --- the caller's rating ---------------------------------------------------------------------------------------------------- */

/* Not confirmed: the respond is signed again. Its finish clock goes on as if it had never stopped, less the caller's wait, with at
 * least the policy's floor left; one that was late stays late. */
static void send_back(struct judging *j, const struct duty_row *respond)
{
    end_duty(j, &j->duty, DUTY_END_SENT_BACK, CLOCK_WHY_SENT_BACK, j->command->body.rate_call.text);
    emit_duty(j, RECORD_DUTY_SENT_BACK, respond)->body.duty_sent_back.duty_kind = DUTY_KIND_RESPOND;
    int32_t to = moves_on(j, &respond->unit); /* retired since it finished: nobody would come to move the duty */
    if (to >= 0) {
        move_duty(j, respond, to);
    }
    struct clock_row finish;
    if (!find_clock(j, respond->duty_id, CLOCK_KIND_FINISH, true, &finish) || finish.state != CLOCK_STATE_STOPPED) {
        return;
    }
    struct limit limit = limit_of(&finish);
    if (finish.due_at != 0 && finish.in_time) {
        limit = limit_resumed(j, &finish, j->policy->send_back_floor);
    }
    move_due(j, &finish, &limit, CLOCK_WHY_SENT_BACK, to, false);
}

/* The unit was not there: what stopped its arrive clock in time was no arrival. */
static void deny_arrival(struct judging *j, const struct duty_row *respond)
{
    struct clock_row arrive;
    if (!find_clock(j, respond->duty_id, CLOCK_KIND_ARRIVE, true, &arrive) || arrive.state != CLOCK_STATE_STOPPED ||
        !arrive.in_time || arrive.due_at == 0) {
        return;
    }
    struct clock_denied_body *body = &emit_clock(j, RECORD_CLOCK_DENIED, &arrive)->body.clock_denied;
    body->clock = CLOCK_KIND_ARRIVE;
    body->clock_id = arrive.clock_id;
}

/* A rating that has expired may still be given for a while; one that was given may not be given again. */
static bool check_late(struct judging *j, const struct duty_row *respond)
{
    if (j->duty.reason != DUTY_END_EXPIRED || respond->rated != 0) {
        return refuse(j, REFUSAL_ALREADY, "duty");
    }
    return j->now_ms - j->duty.ended_at <= j->policy->late_rating_ms || refuse(j, REFUSAL_WINDOW, "rate");
}

/* Where the result stands as unsolved the caller says what comes next, and why, where that is nothing. */
static bool check_next(struct judging *j, const struct rate_call_command *rate, const struct duty_row *respond)
{
    bool unsolved = rate->confirmed ? respond->finish_code - 1 == (int)FINISH_CODE_UNSOLVED : respond->sent_back > 0;
    if (!unsolved) {
        return true;
    }
    if (rate->next == RATE_NEXT_NONE) {
        return refuse(j, REFUSAL_NO_NEXT, "next");
    }
    return rate->next != RATE_NEXT_NOTHING || rate->text.size != 0 || refuse(j, REFUSAL_NO_NEXT, "text");
}

bool judge_rate_call(struct judging *j)
{
    const struct rate_call_command *rate = &j->command->body.rate_call;
    struct duty_row respond;
    if (!tables_get(j->tables, ROW_DUTY, j->duty.of_duty, &respond)) {
        return refuse(j, REFUSAL_NOT_FOUND, "duty");
    }
    int32_t actor = j->sight.top;
    if (actor == unit_index(j, &respond.unit) || j->district->units[actor].class == UNIT_CLASS_DEPARTMENT) {
        return refuse(j, REFUSAL_WRONG_DIRECTION, "unit");
    }
    bool late = j->duty.state == DUTY_STATE_ENDED;
    if (late ? !check_late(j, &respond) : !check_next(j, rate, &respond)) {
        return false;
    }
    struct call_rated_body *body = &emit_duty(j, RECORD_CALL_RATED, &respond)->body.call_rated;
    body->confirmed = rate->confirmed;
    body->score = rate->score;
    body->text = rate->text;
    body->not_arrived = rate->arrived == SAID_ARRIVED_NO;
    body->next = rate->next;
    body->late = late;
    if (body->not_arrived) {
        deny_arrival(j, &respond);
    }
    if (late) {
        return true;
    }
    if (!rate->confirmed && respond.sent_back == 0) {
        send_back(j, &respond);
        return true;
    }
    finish_duty(j, &j->duty, (struct text){0});
    if (j->call.open_responds == 0 && j->call.open_rates <= 1) {
        close_call(j, respond.duty_id, rate->confirmed ? respond.finish_code - 1 : (int)FINISH_CODE_UNSOLVED);
    }
    return true;
}

bool judge_withdraw_call(struct judging *j)
{
    const struct withdraw_call_command *withdraw = &j->command->body.withdraw_call;
    if (withdraw->reason.size == 0) {
        return refuse(j, REFUSAL_INCOMPLETE, "reason");
    }
    uint64_t cursor = j->call.duty_last;
    struct duty_row duty;
    while (next_call_duty(j, &cursor, &duty)) {
        if (duty.arrived_at != 0) {
            return refuse(j, REFUSAL_ARRIVED, "call");
        }
    }
    cursor = j->call.duty_last;
    while (next_call_duty(j, &cursor, &duty)) {
        if (duty_open(&duty) && !asks_about_duty(&duty)) { /* a question lapses with its respond */
            end_duty(j, &duty, DUTY_END_WITHDRAWN, CLOCK_WHY_WITHDRAWN, withdraw->reason);
        }
    }
    end_call(j, CALL_OUTCOME_WITHDRAWN);
    return true;
}
