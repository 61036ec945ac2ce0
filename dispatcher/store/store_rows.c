/*
 * store_rows.c - the row functions that the core sees, and the hooks by which a put keeps the memory indexes.
 */
#include "dispatcher/store/store_inner.h"

#include "dispatcher/core/core.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#define SWEEP_SLACK 4096
#define SWEEP_STEP 2

static MDB_val key_of(uint64_t *id)
{
    return (MDB_val){.mv_size = sizeof(*id), .mv_data = id};
}

/* Copies a row of the last checkpoint out. False: not there, or latched. */
static bool row_stored(struct store *store, enum row_table table, uint64_t id, void *ret_row)
{
    if (store->failed != 0 || id > store->stored_last[table]) {
        return false;
    }
    uint64_t block = block_key(table, id);
    MDB_val key = key_of(&block), value;
    int rc = mdb_get(store->txn, store->tables[table], &key, &value);
    int found = rc != 0 ? 0
                : !store_sum_fits((int)table, &key, &value)
                    ? -EBADMSG
                    : block_find(table, value.mv_data, value.mv_size - STORE_SUM, id, ret_row);
    if (found < 0 || (rc != 0 && rc != MDB_NOTFOUND)) {
        store_latch(store, rc == 0 ? EBADMSG : rc);
    }
    return found > 0;
}

/* Copies a row out that has not changed since the hand-over: it was handed over, or is of the last checkpoint. False: not there, or
 * latched. */
static bool row_older(struct store *store, enum row_table table, uint64_t id, void *ret_row)
{
    bool gone = false;
    const void *handed = store_handed(store, table, id, &gone);
    if (handed != NULL && store->failed == 0) {
        memcpy(ret_row, handed, row_size(table));
        return true;
    }
    return !gone && row_stored(store, table, id, ret_row);
}

/* Copies a row out; `index` is where it lies in the cache, as cache_find gives it. False: not there, or latched; *ret_row is
 * zeroed.
 */
static bool row_read_at(struct store *store, enum row_table table, uint64_t id, int64_t index, void *ret_row)
{
    const struct cache *cache = &store->caches[table];
    if (store->failed == 0 && index >= 0 && !cache->entries[index].gone) {
        memcpy(ret_row, cache_row(cache, index), cache->row_size);
        return true;
    }
    if (index < 0 && row_older(store, table, id, ret_row)) {
        return true;
    }
    memset(ret_row, 0, row_size(table));
    return false;
}

static bool row_read(struct store *store, enum row_table table, uint64_t id, void *ret_row)
{
    return row_read_at(store, table, id, cache_find(&store->caches[table], id), ret_row);
}

/* When does this clock want to be looked at? INT64_MAX: never. */
static int64_t clock_timer_at(const struct clock_row *row)
{
    return row->state == CLOCK_STATE_RUNNING ? core_next_rung_at(row) : INT64_MAX;
}

static int64_t duty_timer_at(const struct duty_row *row)
{
    return duty_open(row) && row->claimed && row->claimed_until > 0 ? row->claimed_until : INT64_MAX;
}

/* Does the row still want what the entry says? */
static bool timer_holds(struct store *store, struct timer timer)
{
    union any_row row;
    if (timer_kind(timer) == TIMER_RUNG) {
        return row_read(store, ROW_CLOCK, timer_id(timer), &row) && clock_timer_at(&row.clock_row) == timer.at_ms;
    }
    return row_read(store, ROW_DUTY, timer_id(timer), &row) && duty_timer_at(&row.duty_row) == timer.at_ms;
}

/* Looks at a few entries in turn while more than half of them are stale: the heap stays bounded by what runs, without a pause. */
static void sweep(struct store *store)
{
    struct timers *timers = &store->timers;
    for (int i = 0; i < SWEEP_STEP && timers->count > 2 * timers->live + SWEEP_SLACK; i++) {
        if (timers->swept >= timers->count) {
            timers->swept = 0;
        }
        if (timer_holds(store, timers->heap[timers->swept])) {
            timers->swept++;
        } else if (store->failed == 0) {
            timers_remove(timers, timers->swept);
        }
    }
}

static void timer_hook(struct store *store, enum timer_kind kind, uint64_t id, int64_t old_at, int64_t new_at)
{
    if (old_at == new_at) {
        return;
    }
    if (old_at != INT64_MAX) {
        assert(store->timers.live > 0);
        store->timers.live--;
    }
    if (new_at == INT64_MAX) {
        return;
    }
    store->timers.live++;
    int rc = timers_push(&store->timers, timer_make(new_at, kind, id));
    if (rc < 0) {
        store_latch(store, rc);
    }
    sweep(store);
}

/* A duty's place in the inbox of its unit. */
struct inbox_place {
    bool open;
    int64_t due_at;
    struct code unit;
};

static bool same_place(const struct duty_row *a, const struct duty_row *b)
{
    return duty_open(a) == duty_open(b) && (!duty_open(a) || (a->due_at == b->due_at && code_order(&a->unit, &b->unit) == 0));
}

static void inbox_hook(struct store *store, uint64_t id, const struct inbox_place *old, const struct duty_row *new)
{
    if (old->open) {
        inbox_remove(store->inbox, &old->unit, old->due_at, id);
    }
    if (duty_open(new) && inbox_add(store->inbox, &new->unit, new->due_at, id) < 0) {
        store_latch(store, -ENOMEM);
    }
}

static void request_hook(struct store *store, uint64_t id, const struct request_row *new)
{
    if (request_index_add(&store->requests, new->key_hash, id) < 0) {
        store_latch(store, -ENOMEM);
    }
}

/* What was read is kept while there is room: it is often read again, or changed. */
static bool op_get(void *arg, enum row_table table, uint64_t id, void *ret_row)
{
    struct store *store = arg;
    struct cache *cache = &store->caches[table];
    int64_t index = cache_find(cache, id);
    bool was = row_read_at(store, table, id, index, ret_row);
    if (was && !store->read_only && index < 0 && cache->count - cache->dirty_count < CACHE_ROWS) {
        index = cache_add(cache, id);
        if (index >= 0) {
            memcpy(cache_row(cache, index), ret_row, cache->row_size);
        }
    }
    return was;
}

/* Adds an entry for a row that is not in memory. Returns its index, or -1: latched. */
static int64_t add_row(struct store *store, enum row_table table, uint64_t id)
{
    int64_t index = cache_add(&store->caches[table], id);
    if (index < 0) {
        store_latch(store, (int)index);
    }
    return index < 0 ? -1 : index;
}

static void *op_edit(void *arg, enum row_table table, uint64_t id)
{
    struct store *store = arg;
    struct cache *cache = &store->caches[table];
    union any_row row;
    assert(!store->read_only && table != ROW_CLOCK && table != ROW_DUTY &&
           table != ROW_CALL); /* their indexes hang on what changes in them */
    int64_t index = cache_find(cache, id);
    if (store->failed != 0 || (index >= 0 && cache->entries[index].gone)) {
        return NULL;
    }
    if (index < 0) {
        index = row_older(store, table, id, &row) ? add_row(store, table, id) : -1;
        if (index < 0) {
            return NULL;
        }
        memcpy(cache_row(cache, index), &row, cache->row_size);
    }
    cache_mark(cache, index, false);
    store->dirty++;
    return cache_row(cache, index);
}

/* The row that a put replaces: in its place, or read into *room; NULL: there is no such row. `index` is where it lies in the cache,
 * as cache_find gives it. */
static const union any_row *row_before(struct store *store, enum row_table table, uint64_t id, int64_t index, union any_row *room)
{
    const struct cache *cache = &store->caches[table];
    if (index >= 0) {
        return cache->entries[index].gone ? NULL : cache_row(cache, index);
    }
    if (id > store->last_id[table]) {
        return NULL;
    }
    return row_older(store, table, id, room) ? room : NULL;
}

/* Puts the bytes of a row. Returns false: the store has failed. */
static bool put_row(struct store *store, enum row_table table, uint64_t id, int64_t index, const void *row)
{
    struct cache *cache = &store->caches[table];
    if (store->failed != 0) {
        return false;
    }
    if (index < 0) {
        index = add_row(store, table, id);
    }
    if (index < 0) {
        return false;
    }
    memcpy(cache_row(cache, index), row, cache->row_size);
    cache_mark(cache, index, false);
    if (id > store->last_id[table]) {
        store->last_id[table] = id;
    }
    store->dirty++;
    return true;
}

/* The puts of tables that an index hangs on. What it holds of the row before is taken out of it first, for that row is overwritten;
 * the index follows last, for it looks at rows itself. */
static void put_clock(struct store *store, uint64_t id, int64_t index, const struct clock_row *row)
{
    union any_row room;
    const union any_row *before = row_before(store, ROW_CLOCK, id, index, &room);
    int64_t old_at = before == NULL ? INT64_MAX : clock_timer_at(&before->clock_row);
    if (put_row(store, ROW_CLOCK, id, index, row)) {
        timer_hook(store, TIMER_RUNG, id, old_at, clock_timer_at(row));
    }
}

static void put_duty(struct store *store, uint64_t id, int64_t index, const struct duty_row *row)
{
    static const struct duty_row none;
    union any_row room;
    const union any_row *before = row_before(store, ROW_DUTY, id, index, &room);
    const struct duty_row *old = before == NULL ? &none : &before->duty_row;
    int64_t old_at = duty_timer_at(old);
    bool moved = !same_place(old, row);
    struct inbox_place place;
    assert(row->duty_id == id);
    if (moved) {
        place = (struct inbox_place){.open = duty_open(old), .due_at = old->due_at, .unit = old->unit};
    }
    if (!put_row(store, ROW_DUTY, id, index, row)) {
        return;
    }
    if (moved) {
        inbox_hook(store, id, &place, row);
    }
    timer_hook(store, TIMER_CLAIM, id, old_at, duty_timer_at(row));
}

static bool call_open(const struct call_row *call)
{
    return call->state != CALL_STATE_NONE && call->state != CALL_STATE_CLOSED;
}

static void put_call(struct store *store, uint64_t id, int64_t index, const struct call_row *row)
{
    union any_row room;
    const union any_row *before = row_before(store, ROW_CALL, id, index, &room);
    bool was = before != NULL && call_open(&before->call_row);
    if (!put_row(store, ROW_CALL, id, index, row) || was == call_open(row)) {
        return;
    }
    if (was) {
        open_calls_remove(&store->open_calls, id);
    } else if (open_calls_add(&store->open_calls, id) < 0) {
        store_latch(store, -ENOMEM);
    }
}

static void put_request(struct store *store, uint64_t id, int64_t index, const struct request_row *row)
{
    union any_row room;
    const union any_row *before = row_before(store, ROW_REQUEST, id, index, &room);
    const bool same = before != NULL && before->request_row.key_hash == row->key_hash;
    const uint64_t old_hash = before == NULL ? 0 : before->request_row.key_hash;
    if (!put_row(store, ROW_REQUEST, id, index, row) || same) {
        return;
    }
    if (before != NULL) {
        request_index_drop(&store->requests, old_hash, id);
    }
    request_hook(store, id, row);
}

static void op_put(void *arg, enum row_table table, uint64_t id, const void *row)
{
    struct store *store = arg;
    assert(!store->read_only && id != 0);
    /* What is newer than all is nowhere yet. */
    int64_t index = id > store->last_id[table] ? -1 : cache_find(&store->caches[table], id);
    if (table == ROW_CLOCK) {
        put_clock(store, id, index, row);
    } else if (table == ROW_DUTY) {
        put_duty(store, id, index, row);
    } else if (table == ROW_CALL) {
        put_call(store, id, index, row);
    } else if (table == ROW_REQUEST) {
        put_request(store, id, index, row);
    } else {
        put_row(store, table, id, index, row);
    }
}

static void op_drop(void *arg, enum row_table table, uint64_t id)
{
    struct store *store = arg;
    union any_row room;
    assert(!store->read_only && table == ROW_REQUEST);
    int64_t index = cache_find(&store->caches[table], id);
    const union any_row *before = row_before(store, table, id, index, &room);
    if (store->failed != 0 || before == NULL) {
        return;
    }
    const uint64_t old_hash = before->request_row.key_hash;
    if (index < 0) {
        index = add_row(store, table, id);
    }
    if (index < 0) {
        return;
    }
    cache_mark(&store->caches[table], index, true);
    store->dirty++;
    request_index_drop(&store->requests, old_hash, id);
}

static void op_count(void *arg, const struct counter_key *key, const struct counter *delta)
{
    struct store *store = arg;
    assert(!store->read_only);
    if (store->failed != 0) {
        return;
    }
    int rc = counters_add(&store->counters, key, delta);
    if (rc < 0) {
        store_latch(store, rc);
    }
}

static uint64_t op_request(void *arg, uint64_t key_hash, uint64_t before)
{
    struct store *store = arg;
    return store->failed != 0 ? 0 : request_index_find(&store->requests, key_hash, before);
}

const struct row_ops store_row_ops = {
    .get = op_get, .edit = op_edit, .put = op_put, .drop = op_drop, .count = op_count, .request = op_request};

bool store_next_timer(struct store *store, int64_t *ret_at_ms, int *ret_kind, uint64_t *ret_id)
{
    while (store->failed == 0 && store->timers.count > 0) {
        struct timer timer = store->timers.heap[0];
        if (timer_holds(store, timer)) {
            *ret_at_ms = timer.at_ms;
            *ret_kind = timer_kind(timer);
            *ret_id = timer_id(timer);
            return true;
        }
        if (store->failed == 0) {
            timers_remove(&store->timers, 0);
        }
    }
    return false;
}

size_t store_inbox(struct store *store, const struct code *unit, int64_t after_due, uint64_t after_id, uint64_t *ret_duties,
                   size_t max)
{
    return store->failed != 0 ? 0 : inbox_page(store->inbox, unit, after_due, after_id, ret_duties, max);
}

size_t store_inboxes(struct store *store, const struct code *const *units, size_t unit_count, int64_t after_due, uint64_t after_id,
                     struct inbox_duty *ret_places, int max)
{
    int count = store->failed != 0 ? 0 : inbox_merge(store->inbox, units, unit_count, after_due, after_id, ret_places, max);
    if (count < 0) {
        store_latch(store, count);
    }
    return count < 0 ? 0 : (size_t)count;
}

size_t store_open_calls(struct store *store, uint64_t before, uint64_t *ret_ids, size_t max)
{
    return store->failed != 0 ? 0 : open_calls_before(&store->open_calls, before, ret_ids, max);
}

static int load_timer(struct store *store, enum timer_kind kind, uint64_t id, int64_t at_ms)
{
    if (at_ms == INT64_MAX) {
        return 0;
    }
    store->timers.live++;
    return timers_load(&store->timers, timer_make(at_ms, kind, id));
}

static int load_row(struct store *store, enum row_table table, uint64_t id, const union any_row *row)
{
    int rc = 0;
    if (table == ROW_CLOCK) {
        rc = load_timer(store, TIMER_RUNG, id, clock_timer_at(&row->clock_row));
    } else if (table == ROW_DUTY) {
        rc = load_timer(store, TIMER_CLAIM, id, duty_timer_at(&row->duty_row));
        if (rc == 0 && duty_open(&row->duty_row)) {
            rc = inbox_add(store->inbox, &row->duty_row.unit, row->duty_row.due_at, id);
        }
    } else if (table == ROW_CALL) {
        rc = call_open(&row->call_row) ? open_calls_add(&store->open_calls, id) : 0;
    } else if (table == ROW_REQUEST) {
        rc = request_index_add(&store->requests, row->request_row.key_hash, id);
    }
    return rc;
}

static int load_block(struct store *store, enum row_table table, uint64_t block, const MDB_val *value)
{
    struct block_walk walk;
    union any_row row;
    int rc, failure = 0;
    block_begin(&walk, table, block, value->mv_data, value->mv_size - STORE_SUM);
    while (failure == 0 && (rc = block_next(&walk)) != 0) {
        failure = rc < 0 ? rc : block_row(&walk, &row);
        if (failure == 0) {
            failure = load_row(store, table, walk.id, &row);
        }
    }
    return failure;
}

static int load_table(struct store *store, enum row_table table)
{
    MDB_cursor *cursor;
    MDB_val key, value;
    uint64_t block;
    int rc = mdb_cursor_open(store->txn, store->tables[table], &cursor);
    if (rc != 0) {
        return store_errno(rc);
    }
    int failure = 0;
    while (failure == 0 && (rc = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) == 0) {
        if (key.mv_size != sizeof(block) || value.mv_size <= STORE_SUM ||
            (!store->verified && !store_sum_fits((int)table, &key, &value))) {
            failure = -EBADMSG;
            break;
        }
        memcpy(&block, key.mv_data, sizeof(block));
        failure = load_block(store, table, block, &value);
    }
    if (failure == 0 && rc != MDB_NOTFOUND) {
        failure = store_errno(rc);
    }
    mdb_cursor_close(cursor);
    return failure;
}

/* The last id of the last block, for nothing is read beyond it. */
static int last_id_of(struct store *store, enum row_table table, const MDB_val *key, const MDB_val *value)
{
    struct block_walk walk;
    uint64_t block;
    if (key->mv_size != sizeof(block) || !store_sum_fits((int)table, key, value)) {
        return -EBADMSG;
    }
    memcpy(&block, key->mv_data, sizeof(block));
    block_begin(&walk, table, block, value->mv_data, value->mv_size - STORE_SUM);
    int rc;
    while ((rc = block_next(&walk)) > 0) {
        store->stored_last[table] = walk.id;
    }
    return rc;
}

static int load_last_id(struct store *store, enum row_table table)
{
    MDB_cursor *cursor;
    MDB_val key, value;
    int rc = mdb_cursor_open(store->txn, store->tables[table], &cursor);
    if (rc != 0) {
        return store_errno(rc);
    }
    rc = mdb_cursor_get(cursor, &key, &value, MDB_LAST);
    store->stored_last[table] = 0;
    int failure = rc == 0 ? last_id_of(store, table, &key, &value) : rc == MDB_NOTFOUND ? 0 : store_errno(rc);
    store->last_id[table] = store->stored_last[table];
    mdb_cursor_close(cursor);
    return failure;
}

int store_rebuild(struct store *store)
{
    store_forget(store);
    store->inbox = inbox_new();
    int rc = store->inbox != NULL ? 0 : -ENOMEM;
    for (int i = 0; rc == 0 && i < ROW_TABLE_COUNT; i++) {
        rc = load_last_id(store, (enum row_table)i);
    }
    if (rc == 0) {
        rc = load_table(store, ROW_CLOCK);
    }
    if (rc == 0) {
        rc = load_table(store, ROW_DUTY);
    }
    if (rc == 0) {
        rc = load_table(store, ROW_CALL);
    }
    if (rc == 0) {
        rc = load_table(store, ROW_REQUEST);
    }
    timers_order(&store->timers);
    return rc;
}

void store_forget(struct store *store)
{
    timers_deinit(&store->timers);
    store->inbox = inbox_free(store->inbox);
    open_calls_deinit(&store->open_calls);
    request_index_deinit(&store->requests);
}
