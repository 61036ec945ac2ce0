/*
 * store_ids.c - ids of the rows of a table in their order, up or down: LMDB's, over them those that are being written, over them
 * those that changed since.
 */
#include "dispatcher/store/store_inner.h"

#include <errno.h>

/* Changed rows of one cache, in order. */
struct layer {
    const struct cache *cache;
    const uint32_t *order;
    int64_t at; /* place in the order; outside of it: at the end */
};

/* A walk over the ids of a table. */
struct ids {
    struct store *store;
    enum row_table table;
    bool down;
    uint64_t from, until;   /* from <= id < until */
    struct layer layers[2]; /* the newer first */
    MDB_cursor *cursor;
    uint64_t stored[BLOCK_IDS]; /* of one block, in the order of the walk */
    size_t stored_count, stored_next;
    bool stored_end;
};

static bool layer_id(const struct layer *layer, uint64_t *ret_id)
{
    if (layer->at < 0 || layer->at >= (int64_t)layer->cache->dirty_count) {
        return false;
    }
    *ret_id = layer->cache->entries[layer->order[layer->at]].id;
    return true;
}

/* Places a layer at the first id of the walk. */
static void layer_begin(struct layer *layer, struct cache *cache, const struct ids *ids)
{
    *layer = (struct layer){.cache = cache, .order = cache->dirty_count == 0 ? NULL : cache_dirty(cache)};
    int64_t low = 0, high = cache->dirty_count;
    const uint64_t edge = ids->down ? ids->until : ids->from; /* `low` becomes the first that is not below it */
    while (low < high) {
        int64_t middle = (low + high) / 2;
        if (cache->entries[layer->order[middle]].id < edge) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    layer->at = ids->down ? low - 1 : low;
}

/* Ids of the block that the cursor stands on. False: it has failed. */
static bool read_block(struct ids *ids, const MDB_val *key, const MDB_val *value)
{
    struct block_walk walk;
    uint64_t block;
    int rc = -EBADMSG;
    ids->stored_count = ids->stored_next = 0;
    if (key->mv_size == sizeof(block) && store_sum_fits((int)ids->table, key, value)) {
        memcpy(&block, key->mv_data, sizeof(block));
        block_begin(&walk, ids->table, block, value->mv_data, value->mv_size - STORE_SUM);
        while ((rc = block_next(&walk)) > 0) {
            if (walk.id >= ids->from && walk.id < ids->until) {
                ids->stored[ids->stored_count++] = walk.id;
            }
        }
    }
    if (rc < 0) {
        store_latch(ids->store, EBADMSG);
        return false;
    }
    for (size_t i = 0; ids->down && i < ids->stored_count / 2; i++) {
        uint64_t held = ids->stored[i];
        ids->stored[i] = ids->stored[ids->stored_count - 1 - i];
        ids->stored[ids->stored_count - 1 - i] = held;
    }
    return true;
}

/* Goes on to a block in which there is something. */
static void next_block(struct ids *ids, MDB_val *key, MDB_val *value, int rc)
{
    while (rc == 0 && ids->store->failed == 0) {
        if (!read_block(ids, key, value)) {
            break;
        }
        if (ids->stored_count > 0) {
            return;
        }
        rc = mdb_cursor_get(ids->cursor, key, value, ids->down ? MDB_PREV : MDB_NEXT);
    }
    ids->stored_end = true;
    if (rc != 0 && rc != MDB_NOTFOUND) {
        store_latch(ids->store, rc);
    }
}

static void begin_stored(struct ids *ids)
{
    const uint64_t first = block_key(ids->table, ids->down ? ids->until - 1 : ids->from);
    uint64_t block = first;
    MDB_val key = {.mv_size = sizeof(block), .mv_data = &block}, value;
    int rc = mdb_cursor_get(ids->cursor, &key, &value, MDB_SET_RANGE);
    if (ids->down && rc == 0 && memcmp(key.mv_data, &first, sizeof(first)) != 0) {
        rc = mdb_cursor_get(ids->cursor, &key, &value, MDB_PREV);
    } else if (ids->down && rc == MDB_NOTFOUND) {
        rc = mdb_cursor_get(ids->cursor, &key, &value, MDB_LAST);
    }
    next_block(ids, &key, &value, rc);
}

static bool stored_id(struct ids *ids, uint64_t *ret_id)
{
    if (!ids->stored_end && ids->stored_next == ids->stored_count) {
        MDB_val key, value;
        next_block(ids, &key, &value, mdb_cursor_get(ids->cursor, &key, &value, ids->down ? MDB_PREV : MDB_NEXT));
    }
    if (ids->stored_end) {
        return false;
    }
    *ret_id = ids->stored[ids->stored_next];
    return true;
}

/* False: the store has failed, and there is nothing to end. */
static bool ids_begin(struct ids *ret, struct store *store, enum row_table table, uint64_t from, uint64_t until, bool down)
{
    *ret = (struct ids){.store = store, .table = table, .down = down, .from = from, .until = until};
    int rc = store->failed != 0 ? store->failed : mdb_cursor_open(store->txn, store->tables[table], &ret->cursor);
    if (rc != 0) {
        if (store->failed == 0) {
            store_latch(store, rc);
        }
        return false;
    }
    layer_begin(&ret->layers[0], &store->caches[table], ret);
    layer_begin(&ret->layers[1], &store->writing.caches[table], ret);
    begin_stored(ret);
    return true;
}

/* The next row that is there. False: none is. */
static bool ids_next(struct ids *ids, uint64_t *ret_id)
{
    for (;;) {
        uint64_t id = 0, stored = 0;
        bool found = false, gone = false;
        for (int i = 1; i >= 0; i--) { /* of two that are the same the newer has the word */
            const struct layer *layer = &ids->layers[i];
            uint64_t mine;
            if (layer_id(layer, &mine) && (!found || (ids->down ? mine >= id : mine <= id))) {
                gone = layer->cache->entries[layer->order[layer->at]].gone;
                id = mine;
                found = true;
            }
        }
        if (stored_id(ids, &stored) && (!found || (ids->down ? stored > id : stored < id))) {
            gone = false;
            id = stored;
            found = true;
        }
        if (!found || id < ids->from || id >= ids->until) {
            return false;
        }
        for (int i = 0; i < 2; i++) {
            uint64_t mine;
            if (layer_id(&ids->layers[i], &mine) && mine == id) {
                ids->layers[i].at += ids->down ? -1 : 1;
            }
        }
        ids->stored_next += !ids->stored_end && stored == id;
        if (!gone) {
            *ret_id = id;
            return true;
        }
    }
}

static size_t take(struct ids *ids, uint64_t *ret_ids, size_t max)
{
    size_t count = 0;
    while (count < max && ids_next(ids, &ret_ids[count])) {
        count++;
    }
    mdb_cursor_close(ids->cursor);
    return ids->store->failed != 0 ? 0 : count;
}

size_t store_ids_before(struct store *store, enum row_table table, uint64_t before, uint64_t *ret_ids, size_t max)
{
    struct ids ids;
    return max > 0 && ids_begin(&ids, store, table, 0, before == 0 ? UINT64_MAX : before, true) ? take(&ids, ret_ids, max) : 0;
}

size_t store_ids_from(struct store *store, enum row_table table, uint64_t from, uint64_t *ret_ids, size_t max)
{
    struct ids ids;
    return max > 0 && ids_begin(&ids, store, table, from, UINT64_MAX, false) ? take(&ids, ret_ids, max) : 0;
}

uint64_t store_count(struct store *store, enum row_table table)
{
    struct ids ids;
    uint64_t count = 0, id;
    if (!ids_begin(&ids, store, table, 0, UINT64_MAX, false)) {
        return 0;
    }
    while (ids_next(&ids, &id)) {
        count++;
    }
    mdb_cursor_close(ids.cursor);
    return store->failed != 0 ? 0 : count;
}
