/*
 * store_write.c - checkpoints: what changed is handed over and written in a transaction of its own, by another thread where the
 * owner wants that, while the store's thread works on.
 *
 * The store's thread reads three layers: what changed since the hand-over, what was handed over, and LMDB as the last checkpoint
 * left it. When the writer has ended, LMDB has what the second has, whose rows stay in memory until the next hand-over: they are
 * often wanted again. A transaction that writes begins and ends in one thread, as LMDB wants it.
 */
#include "dispatcher/store/store_inner.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

/* The writer has time until the next checkpoint; who waits for an answer has not. */
#define WRITER_NICE 5

static int64_t steady_ns(const struct store *store)
{
    return store->steady_ns == NULL ? 0 : store->steady_ns();
}

int store_read_begin(struct store *store)
{
    int rc = mdb_txn_begin(store->env, NULL, MDB_RDONLY, &store->txn);
    if (rc == MDB_MAP_RESIZED) {
        rc = mdb_env_set_mapsize(store->env, 0);
        if (rc == 0) {
            rc = mdb_txn_begin(store->env, NULL, MDB_RDONLY, &store->txn);
        }
    }
    if (rc != 0) {
        store->txn = NULL;
    }
    return store_errno(rc);
}

int store_read_renew(struct store *store)
{
    mdb_txn_reset(store->txn);
    int rc = mdb_txn_renew(store->txn);
    if (rc != 0) {
        mdb_txn_abort(store->txn);
        store->txn = NULL;
    }
    return store_errno(rc);
}

/* Everything of one checkpoint. Returns what LMDB says, or -ENOMEM. */
static int write_changes(const struct store *store, struct writing *writing)
{
    int rc = store_flush(store, writing);
    if (rc == 0) {
        rc = store_write_counters(store, writing);
    }
    if (rc == 0) {
        rc = store_write_followers(store, writing);
    }
    return rc == 0 ? store_checkpoint_write(store, writing) : rc;
}

static void write_checkpoint(const struct store *store, struct writing *writing)
{
    int64_t begun_ns = steady_ns(store);
    writing->rc = mdb_txn_begin(store->env, NULL, 0, &writing->txn);
    if (writing->rc == 0) {
        writing->rc = write_changes(store, writing);
        if (writing->rc == 0) {
            writing->rc = mdb_txn_commit(writing->txn);
        } else {
            mdb_txn_abort(writing->txn);
        }
    }
    writing->txn = NULL;
    writing->took_ns = steady_ns(store) - begun_ns;
}

static void *run_writer(void *arg)
{
    struct store *store = arg;
    (void)setpriority(PRIO_PROCESS, (id_t)gettid(), WRITER_NICE); /* of this thread alone; where it fails it is only less polite */
    write_checkpoint(store, &store->writing);
    atomic_store_explicit(&store->writing.ended, true, memory_order_release);
    return NULL;
}

/* Signals are for the store's thread. Returns false: there is no thread to be had. */
static bool start_writer(struct store *store)
{
    sigset_t all, before;
    sigfillset(&all);
    if (pthread_sigmask(SIG_SETMASK, &all, &before) != 0) {
        return false;
    }
    bool started = pthread_create(&store->writing.thread, NULL, run_writer, store) == 0;
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return started;
}

static void swap_caches(struct cache *a, struct cache *b)
{
    struct cache held = *a;
    *a = *b;
    *b = held;
}

static void hand_over(struct store *store)
{
    struct writing *writing = &store->writing;
    for (int i = 0; i < ROW_TABLE_COUNT; i++) {
        (void)cache_dirty(&store->caches[i]); /* sorted now: from here on two threads read it */
        swap_caches(&store->caches[i], &writing->caches[i]);
        cache_clear(&store->caches[i]);
        writing->last[i] = store->stored_last[i];
    }
    struct counters counters = store->counters;
    store->counters = writing->counters;
    writing->counters = counters;
    struct follower_changes followers = store->followers;
    store->followers = writing->followers;
    writing->followers = followers;
    writing->checkpoint = store->checkpoint;
    writing->rc = 0;
    writing->running = true;
    atomic_store_explicit(&writing->ended, false, memory_order_relaxed);
    store->dirty = 0;
}

void store_drop_changes(struct store *store)
{
    assert(!store->writing.running);
    for (int i = 0; i < ROW_TABLE_COUNT; i++) {
        cache_clear(&store->caches[i]);
        cache_clear(&store->writing.caches[i]);
    }
    counters_clear(&store->counters);
    counters_clear(&store->writing.counters);
    store->followers.count = store->writing.followers.count = 0;
}

int store_checkpoint_begin(struct store *store)
{
    assert(!store->read_only && !store->writing.running);
    if (store->failed != 0) {
        return store->failed;
    }
    hand_over(store);
    store->writing.has_thread = store->background && start_writer(store);
    if (!store->writing.has_thread) {
        write_checkpoint(store, &store->writing);
        store->writing.ended = true;
    }
    return 0;
}

bool store_checkpoint_running(const struct store *store)
{
    return store->writing.running;
}

int store_checkpoint_end(struct store *store, bool wait)
{
    struct writing *writing = &store->writing;
    if (!writing->running) {
        return 0;
    }
    if (!wait && !atomic_load_explicit(&writing->ended, memory_order_acquire)) {
        return -EINPROGRESS;
    }
    if (writing->has_thread) {
        pthread_join(writing->thread, NULL);
    }
    writing->running = writing->has_thread = false;
    int rc = store_errno(writing->rc == -ENOMEM ? ENOMEM : writing->rc);
    if (rc == 0) {
        for (int i = 0; i < STORE_META; i++) {
            store->checkpoint.totals[i] = writing->checkpoint.totals[i];
        }
        memcpy(store->stored_last, writing->last, sizeof(store->stored_last));
        counters_clear(&writing->counters); /* sums that LMDB has now */
        writing->followers.count = 0;
        rc = store_read_renew(store);
    }
    store->map_full = store->map_full || writing->rc == MDB_MAP_FULL;
    if (rc < 0 && (store->failed == 0 || rc == -EBADMSG)) { /* damage is what must be acted on first */
        store->failed = rc;
    }
    return rc;
}

int64_t store_checkpoint_ns(const struct store *store)
{
    return store->writing.running ? 0 : store->writing.took_ns;
}

int store_checkpoint_next(struct store *store)
{
    int rc = store_checkpoint_end(store, true);
    return rc == 0 ? store_checkpoint_begin(store) : rc;
}

int store_checkpoint(struct store *store)
{
    int rc = store_checkpoint_next(store);
    return rc == 0 ? store_checkpoint_end(store, true) : rc;
}

const void *store_handed(struct store *store, enum row_table table, uint64_t id, bool *ret_gone)
{
    struct cache *cache = &store->writing.caches[table];
    int64_t index = cache->count == 0 ? -1 : cache_find(cache, id);
    *ret_gone = index >= 0 && cache->entries[index].gone;
    return index < 0 || *ret_gone ? NULL : cache_row(cache, index);
}
