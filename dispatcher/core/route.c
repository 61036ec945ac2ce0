/* route.c - route, take_over, and the offer of a lead that both share with intake and rounds (lifecycle 2a, 2d) */
#include "dispatcher/core/judging.h"
#include "dispatcher/core/sight.h"

#include <assert.h>

const struct catalogue_row *list_row(const struct judging *j, int32_t *ret_place, int32_t *ret_lead)
{
    *ret_place = unit_index(j, &j->c.dims.place);
    *ret_lead = -1;
    return *ret_place < 0 ? NULL
                          : district_row(j->district, district_matter_find(j->district, &j->c.dims.matter), *ret_place, ret_lead);
}

struct limit list_limit(const struct judging *j, const struct catalogue_row *row, int32_t lead)
{
    if (j->c.given_limit) {
        return j->c.given_limit_at == 0 ? limit_none() : limit_at(j->now_ms, j->c.given_limit_at, LIMIT_SOURCE_GIVEN);
    }
    if (row != NULL && row->limit[j->c.dims.urgency].amount != 0) {
        return limit_span(j, row->limit[j->c.dims.urgency], lead, j->now_ms, LIMIT_SOURCE_CATALOGUE);
    }
    return limit_policy(j, j->policy->handle[j->c.dims.urgency], lead);
}

/* Is the citizen to be contacted at all? Who is anonymous has left no number (proto/submit_check.h). */
static bool contact_wanted(const struct case_row *c)
{
    return c->has_contact && !c->no_reply && !sight_secret(c);
}

/* The citizen's due instant: received + the limit of the first route, or the limit that was given (lifecycle 2e, total). */
static void set_citizen_due(struct judging *j, const struct lead_choice *choice)
{
    struct limit limit = choice->limit;
    if (limit.amount == 0) { /* an instant, or none */
        limit = limit_at(j->c.received_at, limit.due_at, limit.source);
    } else if (limit.from_at != j->c.received_at) { /* else it is this very limit */
        limit = limit_span(j, (struct span){limit.kind, limit.amount}, choice->unit, j->c.received_at, limit.source);
    }
    move_due(j, &j->total, &limit, CLOCK_WHY_ROUTED, choice->unit, false);
}

void offer_lead(struct judging *j, const struct lead_choice *choice)
{
    const struct policy *policy = j->policy;
    uint8_t urgency = j->c.dims.urgency;
    bool first = j->c.hops == 0;
    j->c.hops++;
    struct case_routed_body *body = &emit_for(j, RECORD_CASE_ROUTED, choice->unit)->body.case_routed;
    body->lead = j->district->units[choice->unit].code;
    body->how = choice->how;
    body->catalogue_ver = text_of(j->district->catalogue_version);
    body->row = choice->row != NULL ? choice->row->row : 0;
    body->hop = j->c.hops;
    body->reason = choice->reason;

    struct offer offer = {.kind = DUTY_KIND_LEAD, .unit = choice->unit, .reason = DUTY_END_ROUTED, .creator = -1};
    if (choice->how == ROUTE_HOW_NEXT_ROUND) {
        offer.reason = DUTY_END_NEXT_ROUND;
    } else if (choice->how == ROUTE_HOW_TAKE_OVER) {
        offer.reason = DUTY_END_TAKEN_OVER;
    }
    uint64_t duty = offer_duty(j, &offer);
    start_policy_clock(j, CLOCK_KIND_SIGN, duty, choice->unit, policy->sign[urgency]);
    if (contact_wanted(&j->c)) {
        start_policy_clock(j, CLOCK_KIND_CONTACT, duty, choice->unit, policy->contact[urgency]);
    }
    start_clock(j, CLOCK_KIND_HANDLE, duty, choice->unit, &choice->limit);
    if (first && j->total.clock_id != 0) {
        set_citizen_due(j, choice);
    }
}

void offer_support(struct judging *j, int32_t unit, int32_t creator, enum duty_end reason, const struct limit *limit)
{
    struct offer offer = {.kind = DUTY_KIND_SUPPORT, .unit = unit, .reason = reason, .creator = creator};
    if (reason == DUTY_END_CONTINUE) {
        offer.of_duty = j->c.lead_duty; /* what it had handed on inside goes on */
    }
    uint64_t duty = offer_duty(j, &offer);
    start_policy_clock(j, CLOCK_KIND_SIGN, duty, unit, j->policy->sign[j->c.dims.urgency]);
    if (limit->due_at == 0) {
        return;
    }
    struct limit own = limit_at(j->now_ms, limit->due_at, limit->source);
    if (limit->amount != 0) {
        own = limit_span(j, (struct span){limit->kind, limit->amount}, unit, j->now_ms, limit->source);
    }
    if (own.due_at > limit->due_at) {
        own.due_at = limit->due_at;
        own.budget_ms = calendar_counted(district_calendar(j->district, unit), own.kind, j->now_ms, own.due_at);
    }
    start_clock(j, CLOCK_KIND_SUPPORT, duty, unit, &own);
}

static bool never_a_lead(struct judging *j)
{
    return bad_field(j, "unit", "An external unit or a property company cannot lead a case.");
}

bool not_theirs(const struct judging *j, int32_t unit, bool leads)
{
    const struct unit *units = j->district->units;
    int32_t place, listed;
    const struct catalogue_row *row = list_row(j, &place, &listed);
    bool departments = row != NULL && (row->list == DUTY_LIST_TAKEN_BACK || (leads && row->list == DUTY_LIST_SUPPORT));
    return departments && units[units[unit].accountable].tier >= UNIT_TIER_STREET;
}

bool may_push(const struct judging *j, int32_t unit)
{
    if (not_theirs(j, unit, true)) {
        return false;
    }
    switch (j->district->units[unit].tier) {
    case UNIT_TIER_CITY:
    case UNIT_TIER_DISTRICT:
        return true;
    case UNIT_TIER_STREET:
        return has_role(j, ROLE_DISTRICT_LEADER) || is_importer(j);
    case UNIT_TIER_COMMUNITY:
    case UNIT_TIER_GRID:
        return false;
    }
    return false;
}

bool check_supports(struct judging *j, const struct codes *codes, int32_t lead)
{
    for (uint32_t i = 0; i < codes->count; i++) {
        int32_t unit = unit_in_service(j, &codes->at[i]);
        if (unit < 0) {
            return refuse(j, REFUSAL_UNKNOWN_UNIT, "supports");
        }
        if (j->district->units[unit].class == UNIT_CLASS_EXTERNAL) {
            return bad_field(j, "supports", "An external unit cannot support a case.");
        }
        if (not_theirs(j, unit, false)) {
            return refuse(j, REFUSAL_PUSH_DOWN, "supports");
        }
        bool twice = unit == lead;
        for (uint32_t k = 0; k < i; k++) {
            twice = twice || unit_in_service(j, &codes->at[k]) == unit;
        }
        if (twice) {
            return bad_field(j, "supports", "A unit is named twice, or leads the case.");
        }
    }
    return true;
}

/* The desk says how urgent the case is: it alone may say less than before, and then why. */
static void reclassify(struct judging *j, enum urgency urgency, struct text reason)
{
    enum urgency was = (enum urgency)j->c.dims.urgency;
    if (urgency == was) {
        return;
    }
    j->c.dims.urgency = (uint8_t)urgency;
    struct case_reclassified_body *body = &emit_for(j, RECORD_CASE_RECLASSIFIED, j->district->desk_unit)->body.case_reclassified;
    body->was = was;
    body->reason = reason;
}

/* Has a case of this class less time than one of the other? */
static bool more_urgent(enum urgency a, enum urgency b)
{
    return a != b && (a == URGENCY_EMERGENCY || (a == URGENCY_URGENT && b != URGENCY_EMERGENCY));
}

bool judge_route(struct judging *j)
{
    const struct route_command *route = &j->command->body.route;
    int32_t unit = unit_in_service(j, &route->unit), place, listed;
    if (unit < 0) {
        return refuse(j, REFUSAL_UNKNOWN_UNIT, "unit");
    }
    if (!district_may_lead(j->district, unit)) {
        return never_a_lead(j);
    }
    const struct catalogue_row *row = list_row(j, &place, &listed);
    if (listed != unit) {
        row = NULL;
    }
    if (row == NULL && route->reason.size == 0) {
        return refuse(j, REFUSAL_NO_BASIS, "reason");
    }
    if (row == NULL && !may_push(j, unit)) {
        return refuse(j, REFUSAL_PUSH_DOWN, "unit");
    }
    enum urgency was = (enum urgency)j->c.dims.urgency, urgency = (route->given & ROUTE_HAS_URGENCY) != 0 ? route->urgency : was;
    if (more_urgent(was, urgency) && route->reason.size == 0) {
        return refuse(j, REFUSAL_INCOMPLETE, "reason");
    }
    if (!check_supports(j, &route->supports, unit)) {
        return false;
    }
    reclassify(j, urgency, route->reason);
    finish_duty(j, &j->duty, (struct text){0});
    struct lead_choice choice = {
        .unit = unit,
        .how = ROUTE_HOW_HAND,
        .row = row,
        .reason = route->reason,
        .limit = list_limit(j, row, unit),
    };
    offer_lead(j, &choice);
    for (uint32_t i = 0; i < route->supports.count; i++) {
        offer_support(j, unit_in_service(j, &route->supports.at[i]), unit, DUTY_END_ROUTED, &choice.limit);
    }
    return true;
}

void offer_row_supports(struct judging *j, const struct catalogue_row *row, int32_t lead, int32_t place, const struct limit *limit)
{
    for (uint32_t i = 0; i < row->support_count; i++) {
        int32_t unit = district_select(j->district, &row->supports[i], place);
        if (unit >= 0 && unit != lead) {
            offer_support(j, unit, lead, DUTY_END_ROUTED, limit);
        }
    }
}

void offer_by_list(struct judging *j, int32_t unit, enum route_how how, struct text reason, const struct codes *supports)
{
    int32_t place, listed;
    const struct catalogue_row *row = list_row(j, &place, &listed);
    row = listed == unit ? row : NULL;
    struct lead_choice choice = {.unit = unit, .how = how, .row = row, .reason = reason, .limit = list_limit(j, row, unit)};
    offer_lead(j, &choice);
    for (uint32_t i = 0; supports != NULL && i < supports->count; i++) {
        offer_support(j, unit_in_service(j, &supports->at[i]), unit, DUTY_END_ROUTED, &choice.limit);
    }
    if (row != NULL && (supports == NULL || supports->count == 0)) {
        offer_row_supports(j, row, unit, place, &choice.limit);
    }
}

void offer_route(struct judging *j)
{
    struct offer offer = {.kind = DUTY_KIND_ROUTE, .unit = j->district->desk_unit, .reason = DUTY_END_NONE, .creator = -1};
    uint64_t duty = offer_duty(j, &offer);
    start_policy_clock(j, CLOCK_KIND_ROUTE, duty, offer.unit, j->policy->route[j->c.dims.urgency]);
}

void back_to_pool(struct judging *j)
{
    emit_for(j, RECORD_CASE_POOLED, j->district->desk_unit);
    offer_route(j);
}

bool route_fallback(struct judging *j, const struct duty_row *duty)
{
    int32_t unit = unit_in_service(j, &j->policy->fallback[j->c.dims.urgency]);
    if (unit < 0 || not_theirs(j, unit, true)) {
        return false;
    }
    end_duty(j, duty, DUTY_END_EXPIRED, CLOCK_WHY_EXPIRED, (struct text){0});
    struct lead_choice choice = {.unit = unit, .how = ROUTE_HOW_FALLBACK, .limit = list_limit(j, NULL, unit)};
    offer_lead(j, &choice);
    return true;
}

int32_t next_tier(const struct judging *j, int32_t unit)
{
    const struct unit *units = j->district->units;
    for (int32_t up = units[unit].parent; up >= 0; up = units[up].parent) {
        if (units[up].tier < units[unit].tier) {
            return up == j->district->district_unit ? j->district->desk_unit : up;
        }
    }
    return -1;
}

/* Half of the list's limit, whole days rounded up, and at least the policy's floor [ours]. */
static struct limit half_limit(const struct judging *j, int32_t unit)
{
    int32_t place, listed;
    struct limit list = list_limit(j, list_row(j, &place, &listed), unit);
    if (list.source == LIMIT_SOURCE_NONE) {
        return list;
    }
    struct span half = {list.kind, (list.amount + 1) / 2};
    if (list.amount == 0) {
        half.amount = (j->c.given_limit_at - j->c.received_at) / 2;
    }
    struct limit fresh = limit_span(j, half, unit, j->now_ms, LIMIT_SOURCE_HALF);
    struct limit least = limit_span(j, j->policy->take_over_floor, unit, j->now_ms, LIMIT_SOURCE_HALF);
    return limit_later(&fresh, &least);
}

/* Who leads does not support itself. */
static void end_own_support(struct judging *j, int32_t unit)
{
    struct duty_row duty;
    uint64_t cursor = j->c.duty_last;
    while (next_open_duty(j, &cursor, &duty)) {
        if (duty.kind == DUTY_KIND_SUPPORT && unit_index(j, &duty.unit) == unit) {
            end_duty(j, &duty, DUTY_END_TAKEN_OVER, CLOCK_WHY_TAKEN_OVER, (struct text){0});
        }
    }
}

void take_over_to(struct judging *j, int32_t unit, struct text reason)
{
    struct duty_row old;
    if (!tables_get(j->tables, ROW_DUTY, j->c.lead_duty, &old)) {
        return;
    }
    end_duty(j, &old, DUTY_END_TAKEN_OVER, CLOCK_WHY_TAKEN_OVER, reason);
    end_own_support(j, unit);
    struct limit fresh = half_limit(j, unit);
    struct lead_choice choice = {.unit = unit, .how = ROUTE_HOW_TAKE_OVER, .row = NULL, .reason = reason, .limit = fresh};
    offer_lead(j, &choice);
    offer_support(j, unit_index(j, &old.unit), unit, DUTY_END_CONTINUE, &fresh);
}

bool judge_take_over(struct judging *j)
{
    const struct take_over_command *take_over = &j->command->body.take_over;
    if (take_over->reason.size == 0) {
        return refuse(j, REFUSAL_INCOMPLETE, "reason");
    }
    int32_t lead = unit_index(j, &j->duty.unit);
    assert(lead >= 0);
    int32_t unit = code_empty(&take_over->unit) ? next_tier(j, lead) : unit_in_service(j, &take_over->unit);
    if (unit < 0 && !code_empty(&take_over->unit)) {
        return refuse(j, REFUSAL_UNKNOWN_UNIT, "unit");
    }
    if (unit >= 0 && !district_may_lead(j->district, unit)) {
        return never_a_lead(j);
    }
    if (unit < 0 || j->district->units[unit].tier >= j->district->units[lead].tier) {
        return refuse(j, REFUSAL_NOT_HIGHER, next_tier(j, lead) < 0 ? "lead" : "unit"); /* "lead": nobody stands above it */
    }
    take_over_to(j, unit, take_over->reason);
    return true;
}
