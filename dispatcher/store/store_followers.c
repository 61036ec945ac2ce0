/* The local table of followers. Key: the key's name and the follower's, 32 bytes each; value: the confirmed sequence. */
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
    if (store->failed != 0)
        return store->failed;
    if (store->no_followers)
        return 0;
    int rc = mdb_cursor_open(store->txn, store->followers_dbi, &cursor);
    if (rc != 0)
        return store_errno(rc);
    int failure = 0;
    bool on = true;
    while (on && failure == 0 && (rc = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) == 0) {
        if (key.mv_size != sizeof who || value.mv_size != sizeof confirmed) {
            failure = -EIO;
            break;
        }
        memcpy(&who, key.mv_data, sizeof who);
        memcpy(&confirmed, value.mv_data, sizeof confirmed);
        on = each(arg, &who.key, &who.name, confirmed);
    }
    if (failure == 0 && rc != 0 && rc != MDB_NOTFOUND)
        failure = store_errno(rc);
    mdb_cursor_close(cursor);
    return failure;
}

int store_follower_put(struct store *store, const struct code *key, const struct code *name, uint64_t confirmed)
{
    struct follower_key who = {.key = *key, .name = *name};
    MDB_val at = {.mv_size = sizeof who, .mv_data = &who}, value = {.mv_size = sizeof confirmed, .mv_data = &confirmed};
    assert(!store->read_only);
    if (store->failed != 0)
        return store->failed;
    int rc = mdb_put(store->txn, store->followers_dbi, &at, &value, 0);
    if (rc != 0)
        store_latch(store, rc);
    return store->failed;
}

int store_follower_drop(struct store *store, const struct code *key, const struct code *name)
{
    struct follower_key who = {.key = *key, .name = *name};
    MDB_val at = {.mv_size = sizeof who, .mv_data = &who};
    assert(!store->read_only);
    if (store->failed != 0)
        return store->failed;
    int rc = mdb_del(store->txn, store->followers_dbi, &at, NULL);
    if (rc != 0 && rc != MDB_NOTFOUND)
        store_latch(store, rc);
    return store->failed;
}
