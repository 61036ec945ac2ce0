/*
 * reach.h - the units of a district in one order in which every subtree is a range
 *
 * Parents before children, children in the order of their codes. So "is this unit in that subtree" compares two numbers, and a walk
 * over a subtree skips what it does not need. What a top may act for beyond its own subtree (stations that it has seconded, units
 * whose deputy it is) are further ranges. Pure memory; made anew when another set comes into force.
 */
#ifndef HUYING_ENGINE_REACH_H
#define HUYING_ENGINE_REACH_H

#include "config/district.h"

#define REACH_NOWHERE UINT32_MAX

struct reach_range {
    uint32_t from, until; /* positions */
};

/* Ranges in ascending order that do not touch. */
struct reach {
    uint32_t count;
    struct reach_range at[];
};

struct reach_order {
    const struct district *district;
    uint32_t count;
    uint32_t *position; /* by unit */
    uint32_t *until;    /* by unit: first position behind its subtree */
    int32_t *unit;      /* by position */
    struct reach **of;  /* by unit, made when asked for */
    int32_t *lent;      /* units for which others act: seconded stations, units with a deputy */
    uint32_t lent_count;
};

/* Makes the order; borrows the district. Returns 0 or -ENOMEM: then there is nothing to free. */
int reach_order_make(const struct district *district, struct reach_order *ret);

void reach_order_deinit(struct reach_order *order);

/* Position of a unit, or REACH_NOWHERE. */
uint32_t reach_position(const struct reach_order *order, const struct code *unit);

/* What a top (index of a unit) may act for. NULL: no memory. Lives as long as the order. */
const struct reach *reach_of(struct reach_order *order, int32_t top);

bool reach_has(const struct reach *reach, uint32_t position);

#endif
