/* caller.c - who whistles 吹哨, and whether that is the lead (lifecycle 2c, 5.1) */
#include "dispatcher/core/judging.h"

/* Is it a unit that whistles: a street's own office, a community where the policy has it, the desk? */
static bool may_whistle(const struct judging *j, int32_t unit)
{
    const struct unit *at = &j->district->units[unit];
    if (unit == j->district->desk_unit) {
        return true;
    }
    if (at->class != UNIT_CLASS_GOVERNMENT && at->class != UNIT_CLASS_COMMITTEE) {
        return false;
    }
    return at->tier == UNIT_TIER_STREET || (at->tier == UNIT_TIER_COMMUNITY && j->policy->community_calls);
}

int32_t desk_street(const struct judging *j)
{
    return j->sight.top < 0 ? -1 : j->district->units[j->sight.top].desk_of;
}

bool speaks_for(const struct judging *j, int32_t unit)
{
    return covers(j, unit) || (unit >= 0 && covers(j, j->district->units[unit].street_desk));
}

/* Who whistles for it: a leader, for the desk a dispatcher; at a street's own desk whoever works there; the importer in their
 * place.
 */
static bool has_rank(const struct judging *j, int32_t unit)
{
    enum role role = unit == j->district->desk_unit ? ROLE_DISPATCHER : ROLE_LEADER;
    bool at_its_desk = !covers(j, unit) && speaks_for(j, unit) && has_role(j, ROLE_WORKER);
    return may_whistle(j, unit) && (has_role(j, role) || at_its_desk || is_importer(j));
}

/* The units whose own, or whose superiors', a case is: its place, its lead, its open supports, one after the other. */
struct roots {
    int step;
    uint64_t duty;
};

static bool next_root(const struct judging *j, struct roots *roots, int32_t *ret)
{
    struct duty_row duty;
    switch (roots->step++) {
    case 0:
        *ret = unit_in_service(j, &j->c.dims.place);
        return true;
    case 1:
        *ret = unit_in_service(j, &j->c.lead);
        return true;
    default:
        break;
    }
    roots->duty = roots->step == 3 ? j->c.duty_last : roots->duty;
    while (next_open_duty(j, &roots->duty, &duty)) {
        if (duty.kind == DUTY_KIND_SUPPORT) {
            *ret = unit_in_service(j, &duty.unit);
            return true;
        }
    }
    return false;
}

/* Has the unit to do with the case: is the place, the lead or an open support it, or below it? The desk has to do with every case.
 */
static bool concerned(const struct judging *j, int32_t unit)
{
    struct roots roots = {0};
    int32_t root;
    while (next_root(j, &roots, &root)) {
        if (district_within(j->district, root, unit)) {
            return true;
        }
    }
    return unit == j->district->desk_unit;
}

/* The lowest unit above a root that the actor may whistle for, or -1. A street's desk whistles in the street's name, also where it
 * is the deputy of a community. */
static int32_t lowest(const struct judging *j)
{
    const struct unit *units = j->district->units;
    int32_t street = desk_street(j);
    if (street >= 0 && has_rank(j, street) && concerned(j, street)) {
        return street;
    }
    struct roots roots = {0};
    int32_t root, found = -1, tier = -1;
    while (next_root(j, &roots, &root)) {
        for (int32_t unit = root; unit >= 0; unit = units[unit].parent) {
            if (has_rank(j, unit) && speaks_for(j, unit) && (int32_t)units[unit].tier > tier) {
                found = unit;
                tier = (int32_t)units[unit].tier;
            }
        }
    }
    if (found < 0 && covers_desk(j) && has_rank(j, j->district->desk_unit)) {
        found = j->district->desk_unit;
    }
    return found;
}

bool find_caller(struct judging *j, const struct code *named, int32_t *ret)
{
    if (code_empty(named)) {
        *ret = lowest(j);
        return *ret >= 0 || refuse(j, REFUSAL_RANK, "unit");
    }
    *ret = unit_in_service(j, named);
    if (*ret < 0) {
        return refuse(j, REFUSAL_UNKNOWN_UNIT, "caller");
    }
    if (!speaks_for(j, *ret) || !concerned(j, *ret)) {
        return refuse(j, REFUSAL_NOT_YOURS, "caller");
    }
    return has_rank(j, *ret) || refuse(j, REFUSAL_RANK, "caller");
}

bool leads_too(const struct judging *j, int32_t unit)
{
    const struct unit *units = j->district->units;
    int32_t lead = unit_in_service(j, &j->c.lead);
    return unit >= 0 && lead >= 0 && units[unit].accountable == units[lead].accountable;
}

bool lead_calls(const struct judging *j)
{
    struct call_row call;
    for (uint64_t id = j->c.call_last; id != 0 && tables_get(j->tables, ROW_CALL, id, &call); id = call.prev_of_case) {
        if (call.state != CALL_STATE_CLOSED && leads_too(j, unit_in_service(j, &call.caller))) {
            return true;
        }
    }
    return false;
}
