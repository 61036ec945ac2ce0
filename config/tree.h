/*
 * tree.h - the units in one order in which every subtree is a range
 *
 * Parents before children, children in the order of their codes. So "is this unit in that subtree" compares two numbers, whatever
 * the depth. Made without recursion: a chain of a hundred thousand units is no danger. Pure memory.
 */
#ifndef HUYING_CONFIG_TREE_H
#define HUYING_CONFIG_TREE_H

#include "config/district.h"

struct tree {
    uint32_t count;
    uint32_t *position; /* by unit */
    uint32_t *until;    /* by unit: first position behind its subtree */
    int32_t *unit;      /* by position */
};

/* Numbers the units, whose parents must not form a circle. Gives *ret, which the caller deinits. Returns 0 or -ENOMEM: then there
 * is nothing to free. Cost: linear. */
int tree_make(const struct unit *units, uint32_t count, struct tree *ret);

void tree_deinit(struct tree *tree);

/* Is `unit` (an index) `top`, or below it? */
bool tree_within(const struct tree *tree, int32_t unit, int32_t top);

#endif
