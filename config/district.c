#include "config/district.h"

#include "config/matters.h"
#include "config/units.h"

#include <assert.h>
#include <stddef.h>

int32_t district_unit_find(const struct district *district, const struct code *code)
{
    return units_find(district->units, district->unit_count, code);
}

int32_t district_matter_find(const struct district *district, const struct code *code)
{
    return matters_find(district->matters, district->matter_count, code);
}

bool district_within(const struct district *district, int32_t unit, int32_t top)
{
    while (unit >= 0 && unit != top)
        unit = district->units[unit].parent;
    return unit >= 0;
}

bool district_acts_for(const struct district *district, int32_t unit, int32_t top)
{
    for (int32_t at = unit; at >= 0; at = district->units[at].parent) {
        const struct unit *here = &district->units[at];
        if (at == top || (here->seconded_by >= 0 && district_within(district, here->seconded_by, top)) ||
            (here->deputy >= 0 && district_within(district, here->deputy, top)))
            return true;
    }
    return false;
}

int32_t district_successor(const struct district *district, int32_t unit)
{
    while (unit >= 0 && district->units[unit].successor >= 0)
        unit = district->units[unit].successor;
    return unit;
}

const struct calendar *district_calendar(const struct district *district, int32_t unit)
{
    return district->calendars[unit >= 0 ? district->units[unit].calendar : 0];
}

int32_t district_up_to(const struct district *district, int32_t unit, enum unit_tier tier)
{
    while (unit >= 0 && district->units[unit].tier != tier)
        unit = district->units[unit].parent;
    return unit;
}

/* On the way up from a section of a street stands the street: the tier's own office is meant, where there is one. */
static int32_t own_office(const struct district *district, int32_t place, enum unit_tier tier)
{
    int32_t first = district_up_to(district, place, tier);
    int32_t unit = first;
    while (unit >= 0 && district->units[unit].tier == tier && district->units[unit].class != UNIT_CLASS_GOVERNMENT &&
           district->units[unit].class != UNIT_CLASS_COMMITTEE)
        unit = district->units[unit].parent;
    return unit >= 0 && district->units[unit].tier == tier ? unit : first;
}

int32_t district_select(const struct district *district, const struct selector *selector, int32_t place)
{
    switch (selector->kind) {
    case SELECT_UNIT:
        return selector->unit;
    case SELECT_TIER:
        return own_office(district, place, selector->tier);
    }
    return -1;
}

const struct catalogue_row *district_row(const struct district *district, int32_t matter, int32_t place, int32_t *ret_lead)
{
    assert(place < (int32_t)district->unit_count && matter < (int32_t)district->matter_count);
    /* From the case's place up, then the rows for any place; in file order in each. */
    for (int32_t at = place;; at = district->units[at].parent) {
        for (uint32_t i = 0; i < district->row_count; i++) {
            const struct catalogue_row *row = &district->rows[i];
            if (row->place != at || (row->matter >= 0 && row->matter != matter))
                continue;
            int32_t lead = district_select(district, &row->lead, place);
            if (lead >= 0) {
                *ret_lead = lead;
                return row;
            }
        }
        if (at < 0)
            return NULL;
    }
}
