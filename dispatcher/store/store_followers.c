/*
 * store_followers.c - the local table of followers. Key: the key's name and the follower's, 32 bytes each; value: the confirmed
 * sequence.
 */
#include "dispatcher/store/store_inner.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

struct follower_key {
    struct code key, name;
};

int store_followers(struct store *store,
                    bool (*each)(void *arg, const struct code *key, const struct code *name, uint64_t confirmed), void *arg)
{
    struct follower_key who;
    MDB_cursor *cursor;
    MDB_val key, value;
    uint64_t confirmed;
    if (store->failed != 0) {
        return store->failed;
    }
    if (store->no_followers) {
        return 0;
    }
    int rc = mdb_cursor_open(store->txn, store->followers_dbi, &cursor);
    if (rc != 0) {
        return store_errno(rc);
    }
    int failure = 0;
    bool on = true;
    while (on && failure == 0 && (rc = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) == 0) {
        failure = key.mv_size == sizeof(who) ? store_take(STORE_FOLLOWERS, &key, &value, &confirmed, sizeof(confirmed)) : -EBADMSG;
        if (failure < 0) {
            break;
        }
        memcpy(&who, key.mv_data, sizeof(who));
        on = each(arg, &who.key, &who.name, confirmed);
    }
    if (failure == 0 && rc != 0 && rc != MDB_NOTFOUND) {
        failure = store_errno(rc);
    }
    mdb_cursor_close(cursor);
    return failure;
}

/* Checksum of what is stored now, 0 = nothing. Returns what LMDB says. */
static int stored_sum(struct store *store, MDB_val *key, uint64_t *ret)
{
    MDB_val value;
    int rc = mdb_get(store->txn, store->followers_dbi, key, &value);
    *ret = 0;
    if (rc == 0 && value.mv_size != sizeof(uint64_t) + STORE_SUM) {
        return MDB_CORRUPTED;
    }
    if (rc == 0) {
        *ret = store_sum_read(value.mv_data, sizeof(uint64_t));
    }
    return rc;
}

int store_follower_put(struct store *store, const struct code *key, const struct code *name, uint64_t confirmed)
{
    struct follower_key who = {.key = *key, .name = *name};
    MDB_val at = {.mv_size = sizeof(who), .mv_data = &who};
    uint64_t old_sum;
    assert(!store->read_only);
    if (store->failed != 0) {
        return store->failed;
    }
    int rc = stored_sum(store, &at, &old_sum);
    if (rc == 0 || rc == MDB_NOTFOUND) {
        rc = store_put(store, STORE_FOLLOWERS, NULL, &at, &confirmed, sizeof(confirmed), 0, old_sum);
    }
    if (rc != 0) {
        store_latch(store, rc);
    }
    return store->failed;
}

int store_follower_drop(struct store *store, const struct code *key, const struct code *name)
{
    struct follower_key who = {.key = *key, .name = *name};
    MDB_val at = {.mv_size = sizeof(who), .mv_data = &who};
    uint64_t old_sum;
    assert(!store->read_only);
    if (store->failed != 0) {
        return store->failed;
    }
    int rc = stored_sum(store, &at, &old_sum);
    if (rc == 0) {
        rc = mdb_del(store->txn, store->followers_dbi, &at, NULL);
    }
    if (rc == 0) {
        store->checkpoint.totals[STORE_FOLLOWERS] -= old_sum;
    }
    if (rc != 0 && rc != MDB_NOTFOUND) {
        store_latch(store, rc);
    }
    return store->failed;
}
