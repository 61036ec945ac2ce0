/*
 * counters.h - counters that changed since the last checkpoint, and the bytes of their keys
 *
 * Holds sums of changes, not values: the value is what LMDB has plus the change. The table empties at every checkpoint, so it
 * stays as small as what one checkpoint touches.
 */
#ifndef HUYING_STORE_COUNTERS_H
#define HUYING_STORE_COUNTERS_H

#include "dispatcher/core/tables.h"

/* metric, slot, value and four codes with their ends. */
#define COUNTERS_KEY_MAX (4 + 4 + 8 + 4 * (CODE_SIZE + 1))

struct counter_change {
    struct counter_key key;
    struct counter delta;
};

struct counters {
    struct counter_change *changes;
    uint32_t count;
    uint32_t capacity;
    uint32_t *places;     /* open hash: index of a change plus one, 0 = free */
    uint32_t place_count; /* a power of two, or 0 */
};

/* Adds to a change. Returns 0 or -ENOMEM. */
int counters_add(struct counters *counters, const struct counter_key *key, const struct counter *delta);

/* Forgets all changes, keeps the memory. */
void counters_clear(struct counters *counters);

void counters_deinit(struct counters *counters);

/* The changes of one metric (UINT32_MAX: of all) with from_slot <= slot < until_slot in key order, those of `others` (may be NULL)
 * too: then a key may come twice. Gives *ret, an array of
 * *ret_count (caller frees; changes live until the next counters_ call). Returns 0 or -ENOMEM. */
int counters_sorted(const struct counters *counters, const struct counters *others, uint32_t metric, uint32_t from_slot,
                    uint32_t until_slot, const struct counter_change ***ret, size_t *ret_count);

/* Order of keys: metric, slot, value, acct, street, place, matter. The encoded keys order the same way as bytes. */
int counters_compare(const struct counter_key *a, const struct counter_key *b);

/* Encodes a key; returns its size. */
size_t counters_key_write(const struct counter_key *key, uint8_t out[COUNTERS_KEY_MAX]);

/* Decodes a key. False: not one. */
bool counters_key_read(const uint8_t *in, size_t size, struct counter_key *ret);

/* *sum += *delta. */
void counters_sum(struct counter *sum, const struct counter *delta);

/* Is it all zero, and so not there? */
bool counters_zero(const struct counter *counter);

#endif
