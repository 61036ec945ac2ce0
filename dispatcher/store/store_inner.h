/*
 * store_inner.h - what the files of the store share
 */
#ifndef HUYING_STORE_STORE_INNER_H
#define HUYING_STORE_STORE_INNER_H

#include "dispatcher/store/cache.h"
#include "dispatcher/store/counters.h"
#include "dispatcher/store/inbox.h"
#include "dispatcher/store/requests.h"
#include "dispatcher/store/store.h"
#include "dispatcher/store/timers.h"

#include <lmdb.h>
#include <pthread.h>

struct store {
    char *path;
    bool read_only;
    size_t map_size;
    MDB_env *env;
    MDB_txn *txn; /* held open; NULL only after a failed commit or begin */
    MDB_dbi tables[ROW_TABLE_COUNT];
    MDB_dbi counters_dbi;
    MDB_dbi followers_dbi; /* not there in a read-only environment of an older program: */
    bool no_followers;
    uint64_t last_id[ROW_TABLE_COUNT];     /* highest id that is or was in the table */
    uint64_t stored_last[ROW_TABLE_COUNT]; /* the same of what the transaction has; above it rows are in memory only */
    struct cache caches[ROW_TABLE_COUNT];
    int failed; /* first failure, negative errno */
    bool map_full;
    uint64_t dirty;
    struct timers timers;
    struct inbox *inbox;
    struct requests requests;
    struct counters counters;
    struct {
        pthread_mutex_t lock;
        pthread_cond_t ended;
        bool running; /* another thread reads the environment */
        bool stop;    /* it shall come to its end, and none begin */
    } copy;
};

/* store_copy.c: ends a copy that is under way and waits for its end: the map may not move under it. None begins before the other
 * one says so. */
void store_copy_stop(struct store *store);
void store_copy_allow(struct store *store);

/* Makes the file of the rows in `folder`, whose path is `path`, when it is missing; under its name it is whole, also after a power
 * cut. Returns 0 or a negative errno. */
int store_make(int folder, const char *path, size_t map_size);

/* LMDB's answer as a negative errno; 0 stays. */
int store_errno(int rc);

/* Latches a failure of LMDB (rc as it gave it) or of memory (a negative errno of ours). */
void store_latch(struct store *store, int mdb_rc);

extern const struct row_ops store_row_ops;

/* Writes the changed rows of one table, or of all, into the transaction, in key order. Returns 0 or the latched failure. */
int store_flush_table(struct store *store, enum row_table table);
int store_flush(struct store *store);

/* Adds an entry for a row that is not in memory; a full table is flushed and emptied first. Returns its index, or a negative errno:
 * latched. */
int64_t store_cache_add(struct store *store, enum row_table table, uint64_t id);

/* After a flush: empties the tables that are more than half full, so that what comes next has room. */
void store_cache_trim(struct store *store);

/* Forgets all rows in memory, the changed ones too. */
void store_cache_clear(struct store *store);

/* Makes the memory indexes from the rows. Returns 0 or a negative errno. */
int store_rebuild(struct store *store);

/* Empties the memory indexes. */
void store_forget(struct store *store);

/* Writes the buffered counters into the transaction, in key order. Returns 0 or a negative errno. */
int store_write_counters(struct store *store);

/* A walk over counters in key order, LMDB and buffered ones merged, zero ones left out. */
struct counters_walk {
    struct store *store;
    MDB_cursor *cursor;
    const struct counter_change **changes; /* sorted */
    size_t change_count;
    size_t change_next;
    uint32_t metric; /* UINT32_MAX: all */
    uint32_t until_slot;
    bool have; /* the next one of LMDB is read: */
    struct counter_key key;
    struct counter counter;
};

/* Begins. Returns 0 or a negative errno. Caller ends it in any case. */
int counters_walk_begin(struct counters_walk *ret, struct store *store, uint32_t metric, uint32_t from_slot, uint32_t until_slot);

/* Returns 1, 0 at the end, or a negative errno. */
int counters_walk_next(struct counters_walk *walk, struct counter_key *ret_key, struct counter *ret_counter);

void counters_walk_end(struct counters_walk *walk);

#endif
