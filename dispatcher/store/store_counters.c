/*
 * store_counters.c - counters: what LMDB has, merged with what is buffered.
 */
#include "dispatcher/store/store_inner.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* table: STORE_COUNTERS or STORE_ROLLUPS. */
static int write_one(const struct store *store, struct writing *writing, int table, const struct counter_change *change)
{
    uint8_t bytes[COUNTERS_KEY_MAX];
    struct counter sum = change->delta;
    MDB_val key = {.mv_size = counters_key_write(&change->key, bytes), .mv_data = bytes}, value;
    int rc = mdb_get(writing->txn, store_dbi(store, table), &key, &value);
    bool was = rc == 0;
    uint64_t old_sum = 0;
    if (was) {
        struct counter old;
        if (store_take(table, &key, &value, &old, sizeof(old)) < 0) {
            return MDB_CORRUPTED;
        }
        old_sum = store_sum_read(value.mv_data, sizeof(old));
        counters_sum(&sum, &old);
    } else if (rc != MDB_NOTFOUND) {
        return rc;
    }
    if (!counters_zero(&sum)) {
        return store_put(store, writing, table, &key, &sum, sizeof(sum), old_sum);
    }
    rc = was ? mdb_del(writing->txn, store_dbi(store, table), &key, NULL) : 0;
    if (rc == 0) {
        writing->checkpoint.totals[table] -= old_sum;
    }
    return rc;
}

/* Returns what LMDB says, or -ENOMEM. */
static int write_all(const struct store *store, struct writing *writing, int table, const struct counters *changes)
{
    const struct counter_change **sorted;
    size_t count;
    int rc = counters_sorted(changes, NULL, UINT32_MAX, 0, 0, &sorted, &count);
    if (rc < 0) {
        return rc;
    }
    for (size_t i = 0; rc == 0 && i < count; i++) {
        if (!counters_zero(&sorted[i]->delta)) {
            rc = write_one(store, writing, table, sorted[i]);
        }
    }
    free(sorted);
    return rc;
}

int store_write_counters(const struct store *store, struct writing *writing)
{
    int rc = store_roll_up(&writing->counters, &writing->rollups);
    if (rc == 0) {
        rc = write_all(store, writing, STORE_COUNTERS, &writing->counters);
    }
    if (rc == 0) {
        rc = write_all(store, writing, STORE_ROLLUPS, &writing->rollups);
    }
    counters_clear(&writing->rollups);
    return rc;
}

/* Reads the next counter of LMDB that the walk wants. */
static int walk_read(struct counters_walk *walk, MDB_val *key, MDB_cursor_op op)
{
    MDB_val value;
    int rc = mdb_cursor_get(walk->cursor, key, &value, op);
    walk->have = false;
    if (rc == MDB_NOTFOUND) {
        return 0;
    }
    if (rc != 0) {
        return store_errno(rc);
    }
    if (store_take(walk->table, key, &value, &walk->counter, sizeof(walk->counter)) < 0 ||
        !counters_key_read(key->mv_data, key->mv_size, &walk->key)) {
        return -EBADMSG;
    }
    walk->have = walk->metric == UINT32_MAX || (walk->key.metric == walk->metric && walk->key.slot < walk->until_slot);
    return 0;
}

int counters_walk_begin(struct counters_walk *ret, struct store *store, int table, uint32_t metric, uint32_t from_slot,
                        uint32_t until_slot)
{
    *ret = (struct counters_walk){.store = store, .table = table, .metric = metric, .until_slot = until_slot};
    if (store->failed != 0) {
        return store->failed;
    }
    int rc = table == STORE_COUNTERS ? counters_sorted(&store->counters, &store->writing.counters, metric, from_slot, until_slot,
                                                       &ret->changes, &ret->change_count)
                                     : 0;
    if (rc < 0) {
        return rc;
    }
    rc = mdb_cursor_open(store->txn, store_dbi(store, table), &ret->cursor);
    if (rc != 0) {
        ret->cursor = NULL;
        return store_errno(rc);
    }
    uint8_t bytes[COUNTERS_KEY_MAX];
    struct counter_key from = {.metric = metric == UINT32_MAX ? 0 : metric, .slot = from_slot, .value = INT64_MIN};
    MDB_val key = {.mv_size = counters_key_write(&from, bytes), .mv_data = bytes};
    return walk_read(ret, &key, MDB_SET_RANGE);
}

int counters_walk_next(struct counters_walk *walk, struct counter_key *ret_key, struct counter *ret_counter)
{
    while (walk->have || walk->change_next < walk->change_count) {
        const struct counter_change *change = walk->change_next < walk->change_count ? walk->changes[walk->change_next] : NULL;
        int order = change == NULL ? -1 : !walk->have ? 1 : counters_compare(&walk->key, &change->key);
        *ret_counter = (struct counter){0};
        *ret_key = order <= 0 ? walk->key : change->key;
        if (order <= 0) {
            MDB_val key;
            counters_sum(ret_counter, &walk->counter);
            int rc = walk_read(walk, &key, MDB_NEXT);
            if (rc < 0) {
                return rc;
            }
        }
        for (; order >= 0 && walk->change_next < walk->change_count; walk->change_next++) {
            if (counters_compare(ret_key, &walk->changes[walk->change_next]->key) != 0) {
                break;
            }
            counters_sum(ret_counter, &walk->changes[walk->change_next]->delta);
        }
        if (!counters_zero(ret_counter)) {
            return 1;
        }
    }
    return 0;
}

void counters_walk_end(struct counters_walk *walk)
{
    if (walk->cursor != NULL) {
        mdb_cursor_close(walk->cursor);
    }
    free(walk->changes);
    *walk = (struct counters_walk){0};
}

void store_counters(struct store *store, uint32_t metric, uint32_t from_slot, uint32_t until_slot,
                    bool (*each)(void *arg, const struct counter_key *key, const struct counter *counter), void *arg)
{
    struct counters_walk walk;
    struct counter_key key;
    struct counter counter;
    assert(metric != UINT32_MAX);
    int rc = counters_walk_begin(&walk, store, STORE_COUNTERS, metric, from_slot, until_slot);
    if (rc == 0) {
        while ((rc = counters_walk_next(&walk, &key, &counter)) == 1 && each(arg, &key, &counter)) {
            ;
        }
    }
    counters_walk_end(&walk);
    if (rc < 0 && store->failed == 0) {
        store->failed = rc;
    }
}
