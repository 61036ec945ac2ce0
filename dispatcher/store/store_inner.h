/*
 * store_inner.h - what the files of the store share
 */
#ifndef HUYING_STORE_STORE_INNER_H
#define HUYING_STORE_STORE_INNER_H

#include "dispatcher/store/block.h"
#include "dispatcher/store/cache.h"
#include "dispatcher/store/counters.h"
#include "dispatcher/store/inbox.h"
#include "dispatcher/store/open_calls.h"
#include "dispatcher/store/request_index.h"
#include "dispatcher/store/store.h"
#include "dispatcher/store/timers.h"

#include <lmdb.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <xxhash.h>

#define STORE_FORMAT 4
#define STORE_DATA "data.mdb"
#define STORE_CONDEMNED "condemned" /* a file in the folder of the rows: store_condemn was here */

/* Tables as their checksums name them: those of the rows, and */
enum { STORE_COUNTERS = ROW_TABLE_COUNT, STORE_ROLLUPS, STORE_FOLLOWERS, STORE_META, STORE_TABLES };
#define STORE_SUM sizeof(uint64_t)
#define STORE_KEY_ROWS "rows"
#define STORE_KEY_CHECKPOINT "checkpoint"

/* The first row that is written: what rows are in memory, their sizes and the byte order are part of the format. */
struct store_layout {
    uint32_t byte_order;
    uint32_t format;
    uint32_t row_size[ROW_TABLE_COUNT | 1]; /* odd, so that no padding comes behind them */
    uint32_t counter_size;
    uint64_t rows_hash; /* store_rows_hash */
};
_Static_assert(sizeof(struct store_layout) == (3 + (ROW_TABLE_COUNT | 1)) * sizeof(uint32_t) + sizeof(uint64_t), "no padding");

/* Over names, order, types and sizes of all that rows and counters are made of: layout.py makes it at each build. */
extern const uint64_t store_rows_hash;

/* Written with each checkpoint: `totals` are the sums (modulo 2^64) of the checksums in each table. */
struct store_checkpoint {
    struct journal_mark mark;
    uint64_t totals[STORE_META];
};

/* Checksum of what lies in a table under a key; it follows the bytes of the value. The table of what the rows say of themselves has
 * one number for ever (that of the followers too, whose keys are longer): also a program with more tables reads that rows are
 * another program's. */
static inline uint64_t store_sum(int table, const void *key, size_t key_size, const void *value, size_t size)
{
    uint64_t number = (uint64_t)(table == STORE_META ? ROW_TABLE_COUNT + 2 : table);
    return XXH3_64bits(value, size) ^ XXH3_64bits_withSeed(key, key_size, number + 1);
}

/* The checksum that a stored value of `size` bytes and its checksum carries. */
static inline uint64_t store_sum_read(const void *value, size_t size)
{
    uint64_t sum;
    memcpy(&sum, (const uint8_t *)value + size, sizeof(sum));
    return sum;
}

/* Is this a value of `size` bytes with its right checksum behind it? */
static inline bool store_sum_right(int table, const void *key, size_t key_size, const void *value, size_t value_size, size_t size)
{
    return value_size == size + STORE_SUM && store_sum_read(value, size) == store_sum(table, key, key_size, value, size);
}

/* A change of the local table of followers that is not written yet. */
struct follower_change {
    struct code key, name;
    uint64_t confirmed;
    bool gone;
    size_t turn; /* place in its list */
};

struct follower_changes {
    struct follower_change *changes;
    size_t count, capacity;
};

/* What one checkpoint writes, and who writes it. From the hand-over on it belongs to the writer, until it has ended: the store's
 * own thread then only reads rows, counters and changes of followers in it. Rows stay until the next hand-over. */
struct writing {
    bool running;
    bool has_thread;
    pthread_t thread;
    _Atomic bool ended; /* the thread has nothing more to do */
    struct cache caches[ROW_TABLE_COUNT];
    struct counters counters;
    struct counters rollups;
    struct follower_changes followers;
    struct store_checkpoint checkpoint;
    uint64_t last[ROW_TABLE_COUNT]; /* of `stored_last`, as it will be */
    uint8_t block[BLOCK_SIZE_MAX + STORE_SUM];
    MDB_txn *txn;
    int rc;          /* what LMDB or we said; 0 while all is well */
    int64_t took_ns; /* of the writer */
};

struct store {
    char *path;
    bool read_only;
    bool background; /* checkpoints are written by a thread of their own */
    int64_t (*steady_ns)(void);
    bool verified; /* until it is open */
    size_t map_size;
    MDB_env *env;
    MDB_txn *txn; /* reads what the last checkpoint left; NULL only after it could not begin */
    MDB_dbi tables[ROW_TABLE_COUNT];
    MDB_dbi counters_dbi;
    MDB_dbi rollups_dbi;
    MDB_dbi followers_dbi; /* not there in a read-only environment of an older program: */
    bool no_followers;
    uint64_t last_id[ROW_TABLE_COUNT];     /* highest id that is or was in the table */
    uint64_t stored_last[ROW_TABLE_COUNT]; /* the same of what `txn` reads; above it rows are in memory only */
    struct cache caches[ROW_TABLE_COUNT];  /* what changed since the last hand-over, and what was read */
    struct counters counters;
    struct follower_changes followers;
    struct store_checkpoint checkpoint; /* the mark: of the next one; the totals: of the last one */
    struct writing writing;
    int failed; /* first failure, negative errno */
    bool map_full;
    uint64_t dirty;
    struct timers timers;
    struct inbox *inbox;
    struct open_calls open_calls;
    struct request_index requests;
    MDB_dbi meta_dbi;
    struct {
        int table;
        bool begun;
        _Alignas(uint64_t) uint8_t key[COUNTERS_KEY_MAX]; /* the last one that was looked at */
        size_t key_size;
    } scrub;
    struct {
        pthread_mutex_t lock;
        pthread_cond_t ended;
        bool running; /* another thread reads the environment */
        bool stop;    /* it shall come to its end, and none begin */
    } copy;
};

/* store_lmdb.c: takes readers out of LMDB's table whose processes are gone. */
void store_forget_dead_readers(struct store *store);

/* store_copy.c: ends a copy that is under way and waits for its end: the map may not move under it. None begins before the other
 * one says so. */
void store_copy_stop(struct store *store);
void store_copy_allow(struct store *store);

/* Makes the file of the rows in `folder`, whose path is `path`, when it is missing; under its name it is whole, also after a power
 * cut. Returns 0 or a negative errno. */
int store_make(int folder, const char *path, size_t map_size);

/* Is this a value of any size with its right checksum behind it? */
static inline bool store_sum_fits(int table, const MDB_val *key, const MDB_val *value)
{
    return value->mv_size >= STORE_SUM &&
           store_sum_right(table, key->mv_data, key->mv_size, value->mv_data, value->mv_size, value->mv_size - STORE_SUM);
}

/* store_sums.c: copies a stored value out after a look at its checksum. Returns 0 or -EBADMSG. */
int store_take(int table, const MDB_val *key, const MDB_val *value, void *ret, size_t size);

/* Writes a value with its checksum; `old_sum`: of the one that it replaces, 0 = none. Returns what LMDB says. */
int store_put(const struct store *store, struct writing *writing, int table, MDB_val *key, const void *value, size_t size,
              uint64_t old_sum);

/* Writes the `used` bytes of writing->block with their checksum; `old_sum` as above. Returns what LMDB says. */
int store_put_block(struct writing *writing, enum row_table table, MDB_cursor *cursor, MDB_val *key, size_t used,
                    unsigned int flags, uint64_t old_sum);

/* Handle of a table. */
MDB_dbi store_dbi(const struct store *store, int table);

/* Size of a table's values without their checksum; 0: those of rows, blocks of any size. Not of STORE_META. */
size_t store_value_size(int table);
const char *store_table_name(int table);

/* What the layout of this program is. */
struct store_layout store_layout(void);

/* Reads the record of the last checkpoint, or writes the next one. Return 0 or a negative errno. */
int store_checkpoint_read(struct store *store);
int store_checkpoint_write(const struct store *store, struct writing *writing);

/* store_lmdb.c: LMDB's answer as a negative errno; 0 stays. */
int store_errno(int rc);

/* Latches a failure of LMDB (rc as it gave it) or of memory (a negative errno of ours). */
void store_latch(struct store *store, int mdb_rc);

extern const struct row_ops store_row_ops;

/* store_flush.c: puts the changed rows into the transaction, each once, in key order. Returns what LMDB says. */
int store_flush(const struct store *store, struct writing *writing);

/* store_write.c: begins the transaction that reads the last checkpoint, or brings it up to it. Return 0 or a negative errno. */
int store_read_begin(struct store *store);
int store_read_renew(struct store *store);

/* Forgets all rows, counters and followers in memory, the changed ones too. */
void store_drop_changes(struct store *store);

/* A row in memory that was handed over; NULL: not there. *ret_gone: it says that the row is no more. */
const void *store_handed(struct store *store, enum row_table table, uint64_t id, bool *ret_gone);

/* Makes the memory indexes from the rows. Returns 0 or a negative errno. */
int store_rebuild(struct store *store);

/* Empties the memory indexes. */
void store_forget(struct store *store);

/* Puts the buffered counters into the transaction, in key order, and their roll-ups. Returns what LMDB says, or -ENOMEM. */
int store_write_counters(const struct store *store, struct writing *writing);

/* store_followers.c: puts the changed followers into the transaction. Returns what LMDB says. */
int store_write_followers(const struct store *store, struct writing *writing);

/* store_rollups.c: adds to *ret what each level of roll-ups changes by these changes of counters; the keys are those of the table
 * of roll-ups. Returns 0 or -ENOMEM. */
int store_roll_up(const struct counters *counters, struct counters *ret);

/* A walk over counters in key order: LMDB's, those that are being written and buffered ones merged, zero ones left out. */
struct counters_walk {
    struct store *store;
    int table;
    MDB_cursor *cursor;
    const struct counter_change **changes; /* sorted; a key may come twice */
    size_t change_count;
    size_t change_next;
    uint32_t metric; /* UINT32_MAX: all */
    uint32_t until_slot;
    bool have; /* the next one of LMDB is read: */
    struct counter_key key;
    struct counter counter;
};

/* Begins. `table`: STORE_COUNTERS, or STORE_ROLLUPS, of which nothing is buffered. Returns 0 or a negative errno. Caller ends it in
 * any case. */
int counters_walk_begin(struct counters_walk *ret, struct store *store, int table, uint32_t metric, uint32_t from_slot,
                        uint32_t until_slot);

/* Returns 1, 0 at the end, or a negative errno. */
int counters_walk_next(struct counters_walk *walk, struct counter_key *ret_key, struct counter *ret_counter);

void counters_walk_end(struct counters_walk *walk);

#endif
