/*
 * units.h - units.csv: the tree of units
 *
 * Columns code,name,tier,class,parent and optionally accountable, calendar, seconded_by, deputy, capacity, contact, duty_phone,
 * retired_on, successor, street_desk (config/README.md says what each means). `accountable` left out: a section or station counts
 * for what it stands below, every other unit for itself. A row with retired_on is retired as soon as the set is in force, whatever
 * the date: reading has no clock.
 */
#ifndef HUYING_CONFIG_UNITS_H
#define HUYING_CONFIG_UNITS_H

#include "config/calendars.h"
#include "config/district.h"
#include "config/table.h"

struct unit_list {
    uint32_t count;
    struct unit *at; /* sorted by code */
    uint32_t *lines; /* of each unit in the file, for later faults */
};

/* Reads and checks everything that can be said without the policy: codes, names, calendars, parents, cycles, order of tiers,
 * secondment, deputies, successors. `calendars` NULL: that column is not looked at. A unit whose code can be read is in *ret even
 * when it has faults, so that the catalogue can be checked in the same run; parents, deputies and successors are then an index or
 * -1 and never in a circle. Returns 0; -EINVAL: columns are missing; -ENOMEM. The caller frees with units_free in every case. */
int units_read(const struct table *table, const struct calendars *calendars, struct faults *faults, struct unit_list *ret);

/* Index of a code, or -1. */
int32_t units_find(const struct unit *units, uint32_t count, const struct code *code);

/* The unit in service that a unit's duties go to: itself, or the last of its successors. */
int32_t units_in_service(const struct unit *units, int32_t unit);

/* units_in_service of every unit at once, in linear time. The caller frees; NULL: no memory. */
int32_t *units_all_in_service(const struct unit *units, uint32_t count);

/* Frees the units and their texts; takes NULL, returns NULL. */
struct unit *units_free(struct unit *units, uint32_t count);

#endif
