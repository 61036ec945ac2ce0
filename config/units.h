/*
 * units.h - units.csv: the tree of units
 *
 * Columns code,name,tier,class,parent and optionally accountable. `accountable` left out: a section or station counts for what it
 * stands below, every other unit for itself.
 */
#ifndef HUYING_CONFIG_UNITS_H
#define HUYING_CONFIG_UNITS_H

#include "config/district.h"
#include "config/table.h"

struct unit_list {
    uint32_t count;
    struct unit *at; /* sorted by code */
    uint32_t *lines; /* of each unit in the file, for later faults */
};

/* Reads and checks everything that can be said without the policy: codes, names, parents, cycles, order of tiers. A unit whose code
 * can be read is in *ret even when it has faults, so that the catalogue can be checked in the same run; parents are then an index
 * or -1 and never in a circle. Returns 0; -EINVAL: columns are missing; -ENOMEM. The caller frees with units_free in every case. */
int units_read(const struct table *table, struct faults *faults, struct unit_list *ret);

/* Index of a code, or -1. */
int32_t units_find(const struct unit *units, uint32_t count, const struct code *code);

/* Frees the units and their names; takes NULL, returns NULL. */
struct unit *units_free(struct unit *units, uint32_t count);

#endif
