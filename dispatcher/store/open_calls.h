/*
 * open_calls.h - ids of the calls that are open, ascending
 *
 * A sorted array: a new call has the highest id and goes to the end, one that closes or opens again moves what is behind it. At
 * 10,000 open calls that is 80 kB at most.
 */
#ifndef HUYING_STORE_OPEN_CALLS_H
#define HUYING_STORE_OPEN_CALLS_H

#include <stddef.h>
#include <stdint.h>

/* An empty one is all zero. */
struct open_calls {
    uint64_t *ids;
    size_t count, capacity;
};

/* Adds a call. Requires that it is not there. Returns 0 or -ENOMEM. */
int open_calls_add(struct open_calls *calls, uint64_t id);

/* Removes a call. Requires that it is there. */
void open_calls_remove(struct open_calls *calls, uint64_t id);

/* Ids below `before` (0: from the highest), descending. Fills at most `max`; returns how many. */
size_t open_calls_before(const struct open_calls *calls, uint64_t before, uint64_t *ret_ids, size_t max);

void open_calls_deinit(struct open_calls *calls);

#endif
