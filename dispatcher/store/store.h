/*
 * store.h - the rows: LMDB as the last checkpoint left it, what changed since in memory, and the memory indexes over what is open
 *
 * All calls belong to one thread, but store_copy. Rows, counters and followers that change stay in memory until a checkpoint hands
 * them over and writes them, each row once, in key order, in one transaction with full sync, together with the last sequence
 * applied (it is in the district row). Where the owner wants it (`background`) a thread of the store's own writes them while work
 * goes on: what is read then comes from what changed since, from what is being written, and from the checkpoint before. Rows that
 * were read are kept in memory too while there is room. store_rewind drops what is in memory, so that the rows are again those of
 * the last checkpoint, and rebuilds the memory indexes from them; the engine then replays the journal's tail. Memory indexes:
 * timers (rungs of running clocks, claims) in a heap that deletes lazily, inboxes (open duties by unit and due instant), open
 * calls, request ids by hash; all are kept by the put function itself from the old and the new row, and rebuilt by one pass over
 * the rows at open.
 *
 * A failure (disk, map, memory) is latched: from then on `get` says "not there" and `put` does nothing, until store_rewind. A
 * transaction that failed is never committed. Rows lie packed, some in one value (block.h): another layout or byte order is refused
 * at open with -ENOTSUP, and the rows are then made again from the journal.
 *
 * The rows are a derived copy on a disk, and are not believed: each lies with a checksum that is bound to its table and key, and a
 * checkpoint keeps the sum of all checksums of each table, and the mark of the journal's frame that it goes up to. store_verify
 * looks at all of it before LMDB maps the file; a row that is read from the file is checked again. A row whose checksum is wrong
 * latches -EBADMSG: then do not rewind, but store_condemn the rows and make them again.
 */
#ifndef HUYING_STORE_STORE_H
#define HUYING_STORE_STORE_H

#include "dispatcher/core/tables.h"
#include "dispatcher/store/inbox.h"
#include "dispatcher/store/journal.h"

struct store;

#define STORE_MAP_SIZE ((size_t)64 << 30)
#define STORE_SAID 512

struct store_options {
    const char *path; /* folder; made when missing */
    size_t map_size;  /* bytes, 0 = STORE_MAP_SIZE, sparse */
    bool read_only;
    bool background;            /* checkpoints are written by a thread of their own */
    int64_t (*steady_ns)(void); /* what checkpoints are timed by, in any thread; NULL = they are not */
    bool verified;              /* store_verify has just said 0: what is loaded at open is not checked again */
};

/* Looks at the file of the rows in a folder before it is mapped: its two head pages, every page that is in use, every row and
 * counter, the sums of the last checkpoint, and that nobody has condemned it. Damage where nothing lies is not looked for. `said`
 * (STORE_SAID bytes) gets the sentence. Returns 0; -ENOENT there are no rows; -ENOTSUP rows of another layout; -EBADMSG damage; or
 * another negative errno: it could not be read. Nobody may write meanwhile. Cost: reads the whole file once, two threads, about
 * 0.4 s of CPU a GB. */
int store_verify(const char *path, char *said);

/* Leaves a word in the folder of the rows that they are not to be used any more, whatever they look like: store_verify then says
 * -EBADMSG. Returns 0 or a negative errno. */
int store_condemn(const char *path);

/* Opens the environment, begins the transaction that reads, rebuilds the indexes. Gives *ret (caller
 * closes). Returns 0 or negative errno: -ENOTSUP rows of another version, -ENOENT read_only and there is nothing. */
int store_open(const struct store_options *options, struct store **ret);

/* Fills ret->store and ret->ops; `district` is left alone. */
void store_tables(struct store *store, struct tables *ret);

/* First failure since the last rewind or open, a negative errno (MDB codes translated: MAP_FULL, TXN_FULL -ENOSPC, READERS_FULL
 * -EUSERS; damage -EBADMSG; others -EIO); 0 = none. */
int store_failed(const struct store *store);

/* Puts since the last hand-over. */
uint64_t store_dirty(const struct store *store);

/* What the rows of the next checkpoint go up to; and what those of the last one do. */
void store_mark(struct store *store, struct journal_mark mark);
struct journal_mark store_marked(const struct store *store);

/* Checks the checksums of up to `count` values (of some rows each, or a counter), from where the last call ended, around and around
 * all tables; forgets readers that were killed: for idle moments. The first wrong row is latched. Returns 0 or the latched failure.
 */
int store_scrub(struct store *store, uint32_t count);

/* Hands over what changed, and has it written: with `background` while the caller works on, else (or when no thread can be had)
 * before this returns. Requires that none is running, and that everything up to store_mark is durable in the journal. Returns 0 or
 * the latched failure. Nothing is said of the checkpoint itself: */
int store_checkpoint_begin(struct store *store);

/* Is there one whose end has not been asked for? */
bool store_checkpoint_running(const struct store *store);

/* Its end: `wait`, or look whether it is there. Returns 0 (also: none was running), -EINPROGRESS, or a negative errno, which is
 * latched: then rewind, and read in the district row whether the rows are those of this checkpoint or of the one before: a commit
 * whose flush failed may be either. */
int store_checkpoint_end(struct store *store, bool wait);

/* Nanoseconds that writing the last one took; 0 where there is no clock. */
int64_t store_checkpoint_ns(const struct store *store);

/* Begins one after the end of one that is running, which is waited for: for who has much to put, as a replay has. Returns as
 * store_checkpoint_end. */
int store_checkpoint_next(struct store *store);

/* One from its beginning to its end; before it, the end of one that is running. Returns as store_checkpoint_end. */
int store_checkpoint(struct store *store);

/* Back to the last checkpoint (one that is running is waited for): drops what is in memory, rebuilds the indexes, clears the
 * failure. Doubles the map first when it was full and the disk has room; opens the environment anew when LMDB holds it for broken.
 * Returns 0 or negative errno (then it may be tried again). */
int store_rewind(struct store *store);

/* Timer whose instant is earliest. kind: 0 rung of a clock, 1 claim of a duty that lapses. False: none. Entries are checked against
 * their rows.
 */
bool store_next_timer(struct store *store, int64_t *ret_at_ms, int *ret_kind, uint64_t *ret_id);

/* Open duties of one unit after (after_due, after_id) in the order (due, id), where due 0 sorts last; after_id 0: from the first.
 * Fills at most `max`; returns how many. */
size_t store_inbox(struct store *store, const struct code *unit, int64_t after_due, uint64_t after_id, uint64_t *ret_duties,
                   size_t max);

/* As store_inbox for several units merged into one order (inbox_merge). Returns how many; 0 also after a failure. */
size_t store_inboxes(struct store *store, const struct code *const *units, size_t unit_count, int64_t after_due, uint64_t after_id,
                     struct inbox_duty *ret_places, int max);

/* Ids of the calls that are open, descending, below `before` (0: from the newest). Returns how many. */
size_t store_open_calls(struct store *store, uint64_t before, uint64_t *ret_ids, size_t max);

/* Ids of rows of a table, descending, below `before` (0: from the newest). Returns how many. */
size_t store_ids_before(struct store *store, enum row_table table, uint64_t before, uint64_t *ret_ids, size_t max);

/* Ids of rows of a table, ascending, `from` included. Returns how many. */
size_t store_ids_from(struct store *store, enum row_table table, uint64_t from, uint64_t *ret_ids, size_t max);

/* Calls `each` for every counter of `metric` with from_slot <= slot < until_slot, buffered ones included, in key order. Stops when
 * it returns false. `each` may not write to the store. */
void store_counters(struct store *store, uint32_t metric, uint32_t from_slot, uint32_t until_slot,
                    bool (*each)(void *arg, const struct counter_key *key, const struct counter *counter), void *arg);

/* Calls `each` for what the counters of `metric` with from_slot <= slot < until_slot add up to by accountable unit: several times
 * for a unit, in no order, with parts of its sum. Counters whose key has a value are left out where they are rolled up: not for
 * metrics with a distribution. Stops when `each` returns false; it may not write to the store. Cost: for a month some 25 rows of
 * each unit, for a year 30, up to 8 hours of counters where the range does not begin and end at a multiple of 32 slots, and what is
 * buffered. */
void store_unit_counters(struct store *store, uint32_t metric, uint32_t from_slot, uint32_t until_slot,
                         bool (*each)(void *arg, const struct code *acct, const struct counter *counter), void *arg);

/* Compares all tables, counters and their roll-ups of two stores row by row, after a checkpoint of those that may be written to;
 * calls `differ` for each difference (tables "counters" and "rollups": the id is the slot, `what` names the key). Returns the
 * number of rows compared, or negative errno. */
int64_t store_compare(struct store *a, struct store *b, void (*differ)(void *arg, const char *table, uint64_t id, const char *what),
                      void *arg);

/* The local table of followers of events: what each has confirmed. It is written with the checkpoint like all rows, but comes from
 * no record, and store_compare leaves it out. `each` is called in the order of key and name, and may stop by false. Return 0 or a
 * negative errno; put and drop latch theirs. Meant for as many as CAP_FOLLOWERS. */
int store_followers(struct store *store,
                    bool (*each)(void *arg, const struct code *key, const struct code *name, uint64_t confirmed), void *arg);
int store_follower_put(struct store *store, const struct code *key, const struct code *name, uint64_t confirmed);
int store_follower_drop(struct store *store, const struct code *key, const struct code *name);

/* Where a copy of the rows goes: bytes in order. Returns 0, or a negative errno that ends the copy. */
typedef int store_sink(void *arg, const void *data, size_t size);

/* Gives `sink` the file of a compacted copy of the rows as they were at one checkpoint, the last one or a later one. For another
 * thread than the store's, which works on meanwhile: all other calls stay its own. One copy at a time. store_rewind and store_close
 * end a copy that is under way. Returns 0; -ECANCELED: ended by them, or not begun; what `sink` returned; or another negative
 * errno. Cost: reads every row; pages that are freed meanwhile are not used again before it ends. */
int store_copy(struct store *store, store_sink *sink, void *arg);

/* Bytes that the rows take in their file: about what a copy has. */
uint64_t store_size(const struct store *store);

/* Number of rows of a table. */
uint64_t store_count(struct store *store, enum row_table table);

/* Commits (unless failed) and closes. NULL is allowed; returns NULL. */
struct store *store_close(struct store *store);

#endif
