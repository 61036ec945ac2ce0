/*
 * store_followers.c - the local table of followers. Key: the key's name and the follower's, 32 bytes each; value: the confirmed
 * sequence. What changed waits for the next checkpoint, as rows do; of two words on one follower the
 * later holds.
 */
#include "dispatcher/store/store_inner.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct follower_key {
    struct code key, name;
};

/* Adds to a list. Returns 0 or -ENOMEM. */
static int note(struct follower_changes *list, const struct follower_change *change)
{
    if (list->count == list->capacity) {
        size_t capacity = list->capacity == 0 ? 16 : 2 * list->capacity;
        struct follower_change *changes = realloc(list->changes, capacity * sizeof(*changes));
        if (changes == NULL) {
            return -ENOMEM;
        }
        list->changes = changes;
        list->capacity = capacity;
    }
    list->changes[list->count] = *change;
    list->changes[list->count].turn = list->count;
    list->count++;
    return 0;
}

/* Adds what lies in the table. Returns 0 or a negative errno. */
static int read_stored(struct store *store, struct follower_changes *ret)
{
    MDB_cursor *cursor;
    MDB_val key, value;
    int rc = mdb_cursor_open(store->txn, store->followers_dbi, &cursor);
    if (rc != 0) {
        return store_errno(rc);
    }
    int failure = 0;
    while (failure == 0 && (rc = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) == 0) {
        struct follower_change stored = {.gone = false};
        struct follower_key who;
        failure = key.mv_size == sizeof(who)
                      ? store_take(STORE_FOLLOWERS, &key, &value, &stored.confirmed, sizeof(stored.confirmed))
                      : -EBADMSG;
        if (failure == 0) {
            memcpy(&who, key.mv_data, sizeof(who));
            stored.key = who.key;
            stored.name = who.name;
            failure = note(ret, &stored);
        }
    }
    if (failure == 0 && rc != 0 && rc != MDB_NOTFOUND) {
        failure = store_errno(rc);
    }
    mdb_cursor_close(cursor);
    return failure;
}

/* By who it is, the later word last. */
static int by_who(const void *a, const void *b)
{
    const struct follower_change *x = a, *y = b;
    int order = memcmp(&x->key, &y->key, sizeof(x->key));
    if (order == 0) {
        order = memcmp(&x->name, &y->name, sizeof(x->name));
    }
    return order != 0 ? order : x->turn < y->turn ? -1 : x->turn > y->turn;
}

int store_followers(struct store *store,
                    bool (*each)(void *arg, const struct code *key, const struct code *name, uint64_t confirmed), void *arg)
{
    struct follower_changes all = {.changes = NULL};
    const struct follower_changes *layers[] = {&store->writing.followers, &store->followers};
    if (store->failed != 0) {
        return store->failed;
    }
    int rc = store->no_followers ? 0 : read_stored(store, &all);
    for (size_t layer = 0; layer < sizeof(layers) / sizeof(*layers); layer++) {
        for (size_t i = 0; rc == 0 && i < layers[layer]->count; i++) {
            rc = note(&all, &layers[layer]->changes[i]);
        }
    }
    if (rc == 0 && all.count > 0) {
        qsort(all.changes, all.count, sizeof(*all.changes), by_who);
    }
    bool on = true;
    for (size_t i = 0; rc == 0 && on && i < all.count; i++) {
        const struct follower_change *who = &all.changes[i];
        bool is_last = i + 1 == all.count || code_order(&who->key, &who[1].key) != 0 || code_order(&who->name, &who[1].name) != 0;
        on = !is_last || who->gone || each(arg, &who->key, &who->name, who->confirmed);
    }
    free(all.changes);
    return rc;
}

static int change(struct store *store, const struct follower_change *change)
{
    assert(!store->read_only);
    if (store->failed == 0 && note(&store->followers, change) < 0) {
        store_latch(store, -ENOMEM);
    }
    return store->failed;
}

int store_follower_put(struct store *store, const struct code *key, const struct code *name, uint64_t confirmed)
{
    return change(store, &(struct follower_change){.key = *key, .name = *name, .confirmed = confirmed});
}

int store_follower_drop(struct store *store, const struct code *key, const struct code *name)
{
    return change(store, &(struct follower_change){.key = *key, .name = *name, .gone = true});
}

static int write_one(const struct store *store, struct writing *writing, const struct follower_change *change)
{
    struct follower_key who = {.key = change->key, .name = change->name};
    MDB_val key = {.mv_size = sizeof(who), .mv_data = &who}, value;
    uint64_t old_sum = 0;
    int rc = mdb_get(writing->txn, store->followers_dbi, &key, &value);
    const bool was = rc == 0;
    if (rc != 0 && rc != MDB_NOTFOUND) {
        return rc;
    }
    if (was && value.mv_size != sizeof(change->confirmed) + STORE_SUM) {
        return MDB_CORRUPTED;
    }
    if (was) {
        old_sum = store_sum_read(value.mv_data, sizeof(change->confirmed));
    }
    if (!change->gone) {
        return store_put(store, writing, STORE_FOLLOWERS, &key, &change->confirmed, sizeof(change->confirmed), old_sum);
    }
    rc = was ? mdb_del(writing->txn, store->followers_dbi, &key, NULL) : 0;
    writing->checkpoint.totals[STORE_FOLLOWERS] -= rc == 0 ? old_sum : 0;
    return rc;
}

int store_write_followers(const struct store *store, struct writing *writing)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < writing->followers.count; i++) {
        rc = write_one(store, writing, &writing->followers.changes[i]);
    }
    return rc;
}
