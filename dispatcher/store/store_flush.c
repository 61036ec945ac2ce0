/*
 * store_flush.c - changed rows go from memory into the transaction of a checkpoint: each once, however often it changed, and in key
 * order, the rows of a block together.
 */
#include "dispatcher/store/store_inner.h"

/* Writes the rows of one block: those that are stored, and over them those that changed, `dirty` of them from `first` on in the
 * order of the cache. Returns what LMDB says. */
static int write_block(struct writing *writing, enum row_table table, MDB_cursor *cursor, const uint32_t *first, uint32_t dirty)
{
    const struct cache *cache = &writing->caches[table];
    uint64_t block = block_key(table, cache->entries[first[0]].id);
    MDB_val key = {.mv_size = sizeof(block), .mv_data = &block}, stored = {0};
    const bool is_new = writing->last[table] == 0 || block > block_key(table, writing->last[table]);
    int rc = is_new ? MDB_NOTFOUND : mdb_cursor_get(cursor, &key, &stored, MDB_SET);
    if (rc != 0 && rc != MDB_NOTFOUND) {
        return rc;
    }
    /* What is not whole must not get a new checksum that is right. */
    if (rc == 0 && (stored.mv_size > sizeof(writing->block) || !store_sum_fits((int)table, &key, &stored))) {
        return MDB_CORRUPTED;
    }
    const bool was = rc == 0;
    struct block_walk walk;
    size_t used = 0;
    uint64_t last = writing->last[table];
    block_begin(&walk, table, block, stored.mv_data, was ? stored.mv_size - STORE_SUM : 0);
    int found = block_next(&walk);
    for (uint32_t i = 0; i < dirty || found > 0;) {
        uint64_t id = i < dirty ? cache->entries[first[i]].id : UINT64_MAX;
        if (found > 0 && walk.id < id) {
            used = block_add_packed(table, writing->block, used, &walk);
            found = block_next(&walk);
            continue;
        }
        if (found > 0 && walk.id == id) {
            found = block_next(&walk);
        }
        if (!cache->entries[first[i]].gone) {
            used = block_add(table, writing->block, used, id, cache_row(cache, first[i]));
            last = id > last ? id : last;
        }
        i++;
    }
    if (found < 0) {
        return MDB_CORRUPTED;
    }
    uint64_t old_sum = was ? store_sum_read(stored.mv_data, stored.mv_size - STORE_SUM) : 0;
    if (used == 0) {
        rc = was ? mdb_cursor_del(cursor, 0) : 0;
        writing->checkpoint.totals[table] -= rc == 0 ? old_sum : 0;
        return rc;
    }
    rc = store_put_block(writing, table, cursor, &key, used, is_new ? MDB_APPEND : was ? MDB_CURRENT : 0, old_sum);
    if (rc == 0) {
        writing->last[table] = last;
    }
    return rc;
}

/* How many of the dirty rows from `first` on lie in its block. */
static uint32_t block_dirty(const struct cache *cache, enum row_table table, const uint32_t *first, uint32_t count)
{
    uint64_t block = block_key(table, cache->entries[first[0]].id);
    uint32_t dirty = 1;
    while (dirty < count && block_key(table, cache->entries[first[dirty]].id) == block) {
        dirty++;
    }
    return dirty;
}

static int flush_table(const struct store *store, struct writing *writing, enum row_table table)
{
    struct cache *cache = &writing->caches[table];
    if (cache->dirty_count == 0) {
        return 0;
    }
    MDB_cursor *cursor;
    int rc = mdb_cursor_open(writing->txn, store->tables[table], &cursor);
    if (rc != 0) {
        return rc;
    }
    const uint32_t *dirty = cache_dirty(cache);
    for (uint32_t i = 0; rc == 0 && i < cache->dirty_count;) {
        uint32_t count = block_dirty(cache, table, dirty + i, cache->dirty_count - i);
        rc = write_block(writing, table, cursor, dirty + i, count);
        i += count;
    }
    mdb_cursor_close(cursor);
    return rc;
}

int store_flush(const struct store *store, struct writing *writing)
{
    int rc = 0;
    for (int i = 0; rc == 0 && i < ROW_TABLE_COUNT; i++) {
        rc = flush_table(store, writing, (enum row_table)i);
    }
    return rc;
}
