/*
 * inbox.h - open duties by unit, in the order (due instant, id); without a due instant last
 *
 * Two red-black trees: of units, and in each unit of its duties. 48 bytes a duty, taken from slabs. The tree changes with every
 * duty that opens or ends and is exact: nothing is deleted lazily.
 */
#ifndef HUYING_STORE_INBOX_H
#define HUYING_STORE_INBOX_H

#include "proto/shape.h"

struct inbox;

/* Returns NULL when there is no memory. */
struct inbox *inbox_new(void);

/* Adds a duty. Requires that it is not there. Returns 0 or -ENOMEM. */
int inbox_add(struct inbox *inbox, const struct code *unit, int64_t due_at, uint64_t duty_id);

/* Removes a duty. Requires that it is there. */
void inbox_remove(struct inbox *inbox, const struct code *unit, int64_t due_at, uint64_t duty_id);

/* Duties of a unit behind (after_due, after_id), after_id 0: from the first. Fills at most `max`; returns how many. */
size_t inbox_page(struct inbox *inbox, const struct code *unit, int64_t after_due, uint64_t after_id, uint64_t *ret_duties,
                  size_t max);

/* Where a duty stands in the order of inboxes. */
struct inbox_duty {
    int64_t due_at; /* 0: none */
    uint64_t duty_id;
};

/* As inbox_page for the inboxes of several units merged into one order. Returns how many, or -ENOMEM. Cost: one look into each
 * unit's inbox, and `max` steps. */
int inbox_merge(struct inbox *inbox, const struct code *const *units, size_t unit_count, int64_t after_due, uint64_t after_id,
                struct inbox_duty *ret_places, int max);

/* NULL is allowed; returns NULL. */
struct inbox *inbox_free(struct inbox *inbox);

#endif
