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

/* Copies a row of the transaction out. False: not there, or latched. */
static bool row_stored(struct store *store, enum row_table table, uint64_t id, void *ret_row)
{
    if (store->failed != 0 || id > store->stored_last[table]) {
        return false;
    }
    MDB_val key = key_of(&id), value;
    int rc = mdb_get(store->txn, store->tables[table], &key, &value);
    if (rc == 0 && store_take((int)table, &key, &value, ret_row, row_size(table)) == 0) {
        return true;
    }
    if (rc != MDB_NOTFOUND) {
        store_latch(store, rc == 0 ? EBADMSG : rc);
    }
    return false;
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
    if (index < 0 && row_stored(store, table, id, ret_row)) {
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

static void inbox_hook(struct store *store, const struct duty_row *old, const struct duty_row *new)
{
    bool was = duty_open(old), is = duty_open(new);
    if (was && is && old->due_at == new->due_at &&code_equal(&old->unit, &new->unit)) {
        return;
    }
    if (was) {
        inbox_remove(store->inbox, &old->unit, old->due_at, old->duty_id);
    }
    if (is && inbox_add(store->inbox, &new->unit, new->due_at, new->duty_id) < 0) {
        store_latch(store, -ENOMEM);
    }
}

static void request_hook(struct store *store, uint64_t id, const struct request_row *old, const struct request_row *new)
{
    if (old != NULL && new != NULL && old->key_hash == new->key_hash) {
        return;
    }
    if (old != NULL) {
        request_index_drop(&store->requests, old->key_hash, id);
    }
    if (new != NULL && request_index_add(&store->requests, new->key_hash, id) < 0) {
        store_latch(store, -ENOMEM);
    }
}

/* Keeps the indexes after a put. `was`: there was an old row; else it is all zero. */
static void put_hooks(struct store *store, enum row_table table, uint64_t id, bool was, const union any_row *old, const void *row)
{
    if (table == ROW_CLOCK) {
        timer_hook(store, TIMER_RUNG, id, clock_timer_at(&old->clock_row), clock_timer_at(row));
    } else if (table == ROW_DUTY) {
        assert(((const struct duty_row *)row)->duty_id == id);
        inbox_hook(store, &old->duty_row, row);
        timer_hook(store, TIMER_CLAIM, id, duty_timer_at(&old->duty_row), duty_timer_at(row));
    } else if (table == ROW_REQUEST) {
        request_hook(store, id, was ? &old->request_row : NULL, row);
    }
}

/* What was read is kept while there is room: it is often read again, or changed. */
static bool op_get(void *arg, enum row_table table, uint64_t id, void *ret_row)
{
    struct store *store = arg;
    struct cache *cache = &store->caches[table];
    int64_t index = cache_find(cache, id);
    bool was = row_read_at(store, table, id, index, ret_row);
    if (was && !store->read_only && index < 0) {
        index = cache_add(cache, id);
        if (index >= 0) {
            memcpy(cache_row(cache, index), ret_row, cache->row_size);
        }
    }
    return was;
}

static void op_put(void *arg, enum row_table table, uint64_t id, const void *row)
{
    struct store *store = arg;
    bool hooked = table == ROW_CLOCK || table == ROW_DUTY || table == ROW_REQUEST;
    union any_row old;
    assert(!store->read_only && id != 0);
    int64_t index = cache_find(&store->caches[table], id);
    bool was = hooked && row_read_at(store, table, id, index, &old);
    if (store->failed != 0) {
        return;
    }
    if (index < 0) {
        index = store_cache_add(store, table, id);
    }
    if (index < 0) {
        return;
    }
    memcpy(cache_row(&store->caches[table], index), row, row_size(table));
    cache_mark(&store->caches[table], index, false);
    if (id > store->last_id[table]) {
        store->last_id[table] = id;
    }
    store->dirty++;
    if (hooked) {
        put_hooks(store, table, id, was, &old, row);
    }
}

static void op_drop(void *arg, enum row_table table, uint64_t id)
{
    struct store *store = arg;
    union any_row old;
    assert(!store->read_only && table == ROW_REQUEST);
    int64_t index = cache_find(&store->caches[table], id);
    if (!row_read_at(store, table, id, index, &old)) {
        return;
    }
    if (index < 0) {
        index = store_cache_add(store, table, id);
    }
    if (index < 0) {
        return;
    }
    cache_mark(&store->caches[table], index, true);
    store->dirty++;
    request_hook(store, id, &old.request_row, NULL);
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

const struct row_ops store_row_ops = {.get = op_get, .put = op_put, .drop = op_drop, .count = op_count, .request = op_request};

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
    } else if (table == ROW_REQUEST) {
        rc = request_index_add(&store->requests, row->request_row.key_hash, id);
    }
    return rc;
}

static int load_table(struct store *store, enum row_table table)
{
    MDB_cursor *cursor;
    MDB_val key, value;
    union any_row row;
    uint64_t id;
    int rc = mdb_cursor_open(store->txn, store->tables[table], &cursor);
    if (rc != 0) {
        return store_errno(rc);
    }
    int failure = 0;
    while (failure == 0 && (rc = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) == 0) {
        if (key.mv_size != sizeof(id) || value.mv_size != row_size(table) + STORE_SUM) {
            failure = -EBADMSG;
        } else if (store->verified) {
            memcpy(&row, value.mv_data, row_size(table));
        } else {
            failure = store_take((int)table, &key, &value, &row, row_size(table));
        }
        if (failure < 0) {
            break;
        }
        memcpy(&id, key.mv_data, sizeof(id));
        failure = load_row(store, table, id, &row);
    }
    if (failure == 0 && rc != MDB_NOTFOUND) {
        failure = store_errno(rc);
    }
    mdb_cursor_close(cursor);
    return failure;
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
    if (rc == 0 && key.mv_size == sizeof(uint64_t)) {
        memcpy(&store->stored_last[table], key.mv_data, sizeof(uint64_t));
    }
    store->last_id[table] = store->stored_last[table];
    mdb_cursor_close(cursor);
    return rc == MDB_NOTFOUND ? 0 : store_errno(rc);
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
        rc = load_table(store, ROW_REQUEST);
    }
    timers_order(&store->timers);
    return rc;
}

void store_forget(struct store *store)
{
    timers_deinit(&store->timers);
    store->inbox = inbox_free(store->inbox);
    request_index_deinit(&store->requests);
}
