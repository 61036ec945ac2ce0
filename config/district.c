/* district.c - what a district is, as plain tables */
#include "config/district.h"

#include "config/district_index.h"
#include "config/matters.h"
#include "config/units.h"

#include <assert.h>
#include <stddef.h>

int32_t district_unit_find(const struct district *district, const struct code *code)
{
    if (district->index != NULL) {
        return district_index_find(&district->index->units, district->units, sizeof(*district->units), code);
    }
    return units_find(district->units, district->unit_count, code);
}

int32_t district_matter_find(const struct district *district, const struct code *code)
{
    if (district->index != NULL) {
        return district_index_find(&district->index->matters, district->matters, sizeof(*district->matters), code);
    }
    return matters_find(district->matters, district->matter_count, code);
}

bool district_within(const struct district *district, int32_t unit, int32_t top)
{
    while (unit >= 0 && unit != top) {
        unit = district->units[unit].parent;
    }
    return unit >= 0;
}

bool district_acts_for(const struct district *district, int32_t unit, int32_t top)
{
    for (int32_t at = unit; at >= 0; at = district->units[at].parent) {
        const struct unit *here = &district->units[at];
        if (at == top || (here->seconded_by >= 0 && district_within(district, here->seconded_by, top)) ||
            (here->deputy >= 0 && district_within(district, here->deputy, top))) {
            return true;
        }
    }
    return false;
}

bool district_may_lead(const struct district *district, int32_t unit)
{
    enum unit_class class = district->units[unit].class;
    return class != UNIT_CLASS_EXTERNAL && class != UNIT_CLASS_PROPERTY;
}

int32_t district_in_service(const struct district *district, int32_t unit)
{
    return units_in_service(district->units, unit);
}

const struct calendar *district_calendar(const struct district *district, int32_t unit)
{
    return district->calendars[unit >= 0 ? district->units[unit].calendar : 0];
}

int32_t district_up_to(const struct district *district, int32_t unit, enum unit_tier tier)
{
    while (unit >= 0 && district->units[unit].tier != tier) {
        unit = district->units[unit].parent;
    }
    return unit;
}

/* On the way up from a section of a street stands the street: the tier's own office is meant, where there is one. */
static int32_t own_office(const struct district *district, int32_t place, enum unit_tier tier)
{
    int32_t first = district_up_to(district, place, tier);
    int32_t unit = first;
    while (unit >= 0 && district->units[unit].tier == tier && district->units[unit].class != UNIT_CLASS_GOVERNMENT &&
           district->units[unit].class != UNIT_CLASS_COMMITTEE) {
        unit = district->units[unit].parent;
    }
    return unit >= 0 && district->units[unit].tier == tier ? unit : first;
}

int32_t district_select(const struct district *district, const struct selector *selector, int32_t place)
{
    switch (selector->kind) {
    case SELECT_UNIT:
        return selector->unit;
    case SELECT_TIER:
        return own_office(district, place, selector->tier);
    case SELECT_STREET_DESK: {
        int32_t street = own_office(district, place, UNIT_TIER_STREET);
        return street >= 0 && district->units[street].street_desk >= 0 ? district->units[street].street_desk : street;
    }
    }
    return -1;
}

/* First key of this place and matter or after it, of those from `low` up to `high`. */
static uint32_t first_key(const struct district *district, int32_t place, int32_t matter, uint32_t low, uint32_t high)
{
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        const struct row_key *key = &district->row_keys[middle];
        if (key->place < place || (key->place == place && key->matter < matter)) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* The next row in file order of one place for a matter or any. */
struct finder {
    const struct district *district;
    int32_t place, matter;
    uint32_t any, own; /* next keys for any matter, and for this one */
};

static const struct catalogue_row *next_row(struct finder *finder)
{
    const struct district *district = finder->district;
    const struct row_key *keys = district->row_keys;
    if (keys == NULL) {
        while (finder->any < district->row_count) {
            const struct catalogue_row *row = &district->rows[finder->any++];
            if (row->place == finder->place && (row->matter < 0 || row->matter == finder->matter)) {
                return row;
            }
        }
        return NULL;
    }
    bool any = finder->any < district->row_count && keys[finder->any].place == finder->place && keys[finder->any].matter < 0;
    bool own = finder->own < district->row_count && keys[finder->own].place == finder->place &&
               keys[finder->own].matter == finder->matter && finder->matter >= 0;
    if (any && (!own || keys[finder->any].at < keys[finder->own].at)) {
        return &district->rows[keys[finder->any++].at];
    }
    return own ? &district->rows[keys[finder->own++].at] : NULL;
}

const struct catalogue_row *district_row(const struct district *district, int32_t matter, int32_t place, int32_t *ret_lead)
{
    assert(place < (int32_t)district->unit_count && matter < (int32_t)district->matter_count);
    /* From the case's place up, then the rows for any place; in file order in each. */
    for (int32_t at = place;; at = district->units[at].parent) {
        struct finder finder = {.district = district, .place = at, .matter = matter};
        if (district->index != NULL) {
            const uint32_t *keys_from = &district->index->keys_from[at + 1];
            finder.any = keys_from[0];
            finder.own = first_key(district, at, matter, keys_from[0], keys_from[1]);
        } else if (district->row_keys != NULL) {
            finder.any = first_key(district, at, -1, 0, district->row_count);
            finder.own = first_key(district, at, matter, 0, district->row_count);
        }
        for (const struct catalogue_row *row; (row = next_row(&finder)) != NULL;) {
            int32_t lead = district_select(district, &row->lead, place);
            if (lead >= 0) {
                *ret_lead = lead;
                return row;
            }
        }
        if (at < 0) {
            return NULL;
        }
    }
}
