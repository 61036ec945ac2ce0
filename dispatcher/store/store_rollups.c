/*
 * store_rollups.c - roll-ups: what the counters of one accountable unit add up to over 8, 64 and 512 hours
 *
 * A rate over a month asks for a hundred units, not for the tens of thousands of counters by place, matter and quarter hour. Each
 * level's stretches are eight of those below, counted from 1970 on in UTC, so any range is a few of each level and, where a
 * district's day begins between two stretches, some quarter hours at its ends. Roll-ups are written with the counters, at the
 * checkpoint, from what is buffered; until then they have none of it.
 */
#include "dispatcher/store/store_inner.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { LEVELS = 3 }; /* above the counters, which are level 0 */

/* Where the level stands in a key: before the metric, so that one level of a metric lies together in the order of slots. */
#define LEVEL_SHIFT 24

/* Quarter hours of a stretch. */
static const uint32_t widths[LEVELS + 1] = {1, 32, 256, 2048};

static struct counter_key rollup_key(const struct counter_key *key, int level)
{
    uint32_t metric = key->metric & ((UINT32_C(1) << LEVEL_SHIFT) - 1);
    return (struct counter_key){
        .metric = metric | (uint32_t)level << LEVEL_SHIFT, .slot = key->slot - key->slot % widths[level], .acct = key->acct};
}

int store_roll_up(const struct counters *counters, struct counters *ret)
{
    /* Each level from the one below: few are left of many counters. */
    for (uint32_t i = 0; i < counters->count; i++) {
        const struct counter_change *change = &counters->changes[i];
        if (change->key.value != 0) {
            continue; /* of a distribution, which is read as it is */
        }
        struct counter_key key = rollup_key(&change->key, 1);
        int rc = counters_add(ret, &key, &change->delta);
        if (rc < 0) {
            return rc;
        }
    }
    uint32_t from = 0;
    for (int level = 2; level <= LEVELS; level++) {
        uint32_t until = ret->count;
        for (; from < until; from++) {
            struct counter_change change = ret->changes[from]; /* the table may move */
            struct counter_key key = rollup_key(&change.key, level);
            int rc = counters_add(ret, &key, &change.delta);
            if (rc < 0) {
                return rc;
            }
        }
    }
    return 0;
}

/* What a walk is about. */
struct walk {
    struct store *store;
    uint32_t metric;
    bool (*each)(void *arg, const struct code *acct, const struct counter *counter);
    void *arg;
    bool ended; /* `each` has had enough */
};

/* The accountable unit of a key of counters: it follows metric, slot and value. */
static bool read_acct(const MDB_val *key, struct code *ret)
{
    const char *at = (const char *)key->mv_data + 16;
    const char *end = key->mv_size > 16 ? memchr(at, 0, key->mv_size - 16) : NULL;
    *ret = (struct code){{0}};
    if (end == NULL || end - at > CODE_SIZE) {
        return false;
    }
    memcpy(ret->s, at, (size_t)(end - at));
    return true;
}

/* The stored ones of one level with from <= slot < until. Returns 0 or a negative errno. */
static int walk_stored(struct walk *walk, int level, uint32_t from, uint32_t until)
{
    int table = level == 0 ? STORE_COUNTERS : STORE_ROLLUPS;
    uint8_t first[COUNTERS_KEY_MAX], last[COUNTERS_KEY_MAX];
    struct counter_key key = {.metric = walk->metric | (uint32_t)level << LEVEL_SHIFT, .slot = from, .value = INT64_MIN};
    MDB_val at = {.mv_size = counters_key_write(&key, first), .mv_data = first}, value;
    key.slot = until;
    counters_key_write(&key, last);
    MDB_cursor *cursor;
    int rc = mdb_cursor_open(walk->store->txn, store_dbi(walk->store, table), &cursor);
    if (rc != 0) {
        return store_errno(rc);
    }
    rc = mdb_cursor_get(cursor, &at, &value, MDB_SET_RANGE);
    /* Metric and slot are the first eight bytes of a key. */
    for (; rc == 0 && !walk->ended && memcmp(at.mv_data, last, 8) < 0; rc = mdb_cursor_get(cursor, &at, &value, MDB_NEXT)) {
        struct counter counter;
        struct code acct;
        if (store_take(table, &at, &value, &counter, sizeof(counter)) < 0 || !read_acct(&at, &acct)) {
            mdb_cursor_close(cursor);
            return -EBADMSG;
        }
        walk->ended = !walk->each(walk->arg, &acct, &counter);
    }
    mdb_cursor_close(cursor);
    return rc == MDB_NOTFOUND ? 0 : store_errno(rc);
}

/* The stored ones of a range, in as few stretches as it has. Returns 0 or a negative errno. */
static int walk_range(struct walk *walk, int level, uint32_t from, uint32_t until)
{
    if (from >= until || walk->ended) {
        return 0;
    }
    if (level == 0) {
        return walk_stored(walk, 0, from, until);
    }
    uint64_t first = ((uint64_t)from + widths[level] - 1) / widths[level] * widths[level];
    uint32_t end = until - until % widths[level];
    if (first >= end) {
        return walk_range(walk, level - 1, from, until);
    }
    int rc = walk_range(walk, level - 1, from, (uint32_t)first);
    if (rc == 0) {
        rc = walk_stored(walk, level, (uint32_t)first, end);
    }
    return rc == 0 ? walk_range(walk, level - 1, end, until) : rc;
}

/* Roll-ups have nothing of these yet. */
static void add_buffered(struct walk *walk, const struct counters *counters, uint32_t from_slot, uint32_t until_slot)
{
    for (uint32_t i = 0; i < counters->count && !walk->ended; i++) {
        const struct counter_change *change = &counters->changes[i];
        if (change->key.metric == walk->metric && change->key.slot >= from_slot && change->key.slot < until_slot) {
            walk->ended = !walk->each(walk->arg, &change->key.acct, &change->delta);
        }
    }
}

void store_unit_counters(struct store *store, uint32_t metric, uint32_t from_slot, uint32_t until_slot,
                         bool (*each)(void *arg, const struct code *acct, const struct counter *counter), void *arg)
{
    struct walk walk = {.store = store, .metric = metric, .each = each, .arg = arg};
    if (store->failed != 0) {
        return;
    }
    int rc = walk_range(&walk, LEVELS, from_slot, until_slot);
    if (rc < 0) {
        store->failed = rc;
        return;
    }
    add_buffered(&walk, &store->writing.counters, from_slot, until_slot);
    add_buffered(&walk, &store->counters, from_slot, until_slot);
}
