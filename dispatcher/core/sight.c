/* sight.c - see sight.h */
#include "dispatcher/core/sight.h"

#include "config/district.h"
#include "dispatcher/core/core.h"

enum { STEP_LEAD, STEP_PLACE, STEP_DUTIES, STEP_CALLS };

struct sight sight_of(const struct district *district, const struct code *unit, const struct codes *matters)
{
    struct sight sight = {.top = district_unit_find(district, unit), .matters = matters};
    sight.all = district_acts_for(district, district->desk_unit, sight.top);
    return sight;
}

bool sight_covers(const struct district *district, const struct sight *sight, const struct code *unit)
{
    return district_acts_for(district, district_unit_find(district, unit), sight->top);
}

struct sight_units sight_units_of(const struct case_row *c, bool now)
{
    return (struct sight_units){.c = c, .duty = c->duty_last, .call = now ? 0 : c->call_last, .step = STEP_LEAD, .now = now};
}

bool sight_next_unit(const struct tables *tables, struct sight_units *units, struct code *ret)
{
    struct duty_row duty;
    struct call_row call;
    switch (units->step) {
    case STEP_LEAD:
        units->step = STEP_PLACE;
        *ret = units->c->lead;
        return true;
    case STEP_PLACE:
        units->step = STEP_DUTIES;
        *ret = units->c->dims.place;
        return true;
    case STEP_DUTIES:
        while (units->duty != 0 && tables_get(tables, ROW_DUTY, units->duty, &duty)) {
            units->duty = duty.prev_of_case;
            if (!units->now || duty_open(&duty)) {
                *ret = duty.unit;
                return true;
            }
        }
        units->step = STEP_CALLS;
        break;
    default:
        break;
    }
    if (units->call == 0 || !tables_get(tables, ROW_CALL, units->call, &call)) {
        return false;
    }
    units->call = call.prev_of_case;
    *ret = call.caller;
    return true;
}

static bool concerns(const struct tables *tables, const struct sight *sight, const struct case_row *c, bool now)
{
    if (sight->all) {
        return true;
    }
    struct sight_units units = sight_units_of(c, now);
    struct code unit;
    while (sight_next_unit(tables, &units, &unit)) {
        if (sight_covers(tables->district, sight, &unit)) {
            return true;
        }
    }
    return false;
}

bool sight_case(const struct tables *tables, const struct sight *sight, const struct case_row *c)
{
    return core_matter_allowed(sight->matters, &c->dims.matter) && concerns(tables, sight, c, false);
}

bool sight_case_now(const struct tables *tables, const struct sight *sight, const struct case_row *c)
{
    return concerns(tables, sight, c, true);
}
