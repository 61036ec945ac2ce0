/*
 * store_flush.c - changed rows go from memory into the open transaction: each once, however often it changed, and in key order.
 */
#include "dispatcher/store/store_inner.h"

#include <errno.h>

static int write_row(struct store *store, enum row_table table, MDB_cursor *cursor, uint32_t index)
{
    const struct cache *cache = &store->caches[table];
    uint64_t id = cache->entries[index].id;
    bool is_new = id > store->stored_last[table];
    MDB_val key = {.mv_size = sizeof(id), .mv_data = &id}, stored;
    bool was = false;
    uint64_t old_sum = 0;
    if (!is_new) {
        int rc = mdb_cursor_get(cursor, &key, &stored, MDB_SET);
        was = rc == 0;
        if (was && stored.mv_size != cache->row_size + STORE_SUM) {
            return MDB_CORRUPTED;
        }
        if (was) {
            old_sum = store_sum_read(stored.mv_data, cache->row_size);
        } else if (rc != MDB_NOTFOUND) {
            return rc;
        }
    }
    if (cache->entries[index].gone) {
        int rc = was ? mdb_del(store->txn, store->tables[table], &key, NULL) : 0;
        if (rc == 0) {
            store->checkpoint.totals[table] -= old_sum;
        }
        return rc;
    }
    int rc = store_put(store, (int)table, cursor, &key, cache_row(cache, index), cache->row_size,
                       is_new ? MDB_APPEND
                       : was  ? MDB_CURRENT
                              : 0,
                       old_sum);
    if (rc == 0 && is_new) {
        store->stored_last[table] = id;
    }
    return rc;
}

int store_flush_table(struct store *store, enum row_table table)
{
    struct cache *cache = &store->caches[table];
    if (store->failed != 0 || cache->dirty_count == 0) {
        return store->failed;
    }
    MDB_cursor *cursor;
    int rc = mdb_cursor_open(store->txn, store->tables[table], &cursor);
    if (rc == 0) {
        const uint32_t *dirty = cache_dirty(cache);
        for (uint32_t i = 0; rc == 0 && i < cache->dirty_count; i++) {
            rc = write_row(store, table, cursor, dirty[i]);
        }
        mdb_cursor_close(cursor);
    }
    if (rc == 0) {
        cache_cleaned(cache);
    } else {
        store_latch(store, rc);
    }
    return store->failed;
}

int store_flush(struct store *store)
{
    int rc = store->failed;
    for (int i = 0; rc == 0 && i < ROW_TABLE_COUNT; i++) {
        rc = store_flush_table(store, (enum row_table)i);
    }
    return rc;
}

int64_t store_cache_add(struct store *store, enum row_table table, uint64_t id)
{
    struct cache *cache = &store->caches[table];
    int64_t index = cache_add(cache, id);
    if (index == -ENOSPC && store_flush_table(store, table) == 0) {
        cache_clear(cache);
        index = cache_add(cache, id);
    }
    if (index < 0 && store->failed == 0) {
        store_latch(store, (int)index);
    }
    return index;
}

void store_cache_trim(struct store *store)
{
    for (int i = 0; i < ROW_TABLE_COUNT; i++) {
        if (store->caches[i].count > CACHE_ROWS / 2) {
            cache_clear(&store->caches[i]);
        }
    }
}

void store_cache_clear(struct store *store)
{
    for (int i = 0; i < ROW_TABLE_COUNT; i++) {
        cache_clear(&store->caches[i]);
    }
}
