/*
 * cache.h - rows of one table in memory: those changed since they were last written, and some that were read
 *
 * An open hash from ids to rows that lie one behind the other. Nothing is taken out alone: the owner writes what is dirty and then
 * empties the whole. It grows as long as rows change; rows that were only read should be added up to CACHE_ROWS. A row may stand
 * for "not there any more".
 */
#ifndef HUYING_STORE_CACHE_H
#define HUYING_STORE_CACHE_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Rows of one piece of memory; a power of two. */
#define CACHE_ROWS 16384

struct cache_entry {
    uint64_t id;
    bool dirty;
    bool gone;
};

struct cache {
    uint32_t row_size;
    uint32_t count;
    uint32_t dirty_count;
    uint32_t pieces; /* of CACHE_ROWS rows that there is room for */
    struct cache_entry *entries;
    uint8_t **rows;       /* by piece: a row never moves */
    uint32_t *places;     /* index of an entry plus one, 0 = free */
    uint32_t place_count; /* a power of two, or 0 */
    /* Indexes of dirty entries: those that came in the order of their ids, as new rows do, and the others. */
    uint32_t *run, *strays;
    uint32_t run_count, stray_count;
    uint32_t *order; /* of cache_dirty */
    bool ordered;    /* `order` is that of all dirty entries */
    uint32_t latest; /* index that was found or added last: the records of one command ask for the same row again and again */
};

/* Takes no memory before the first row. */
void cache_init(struct cache *cache, uint32_t row_size);

/* cache_find for a row that is not the one that was asked for last. */
int64_t cache_search(struct cache *cache, uint64_t id);

/* Index of the entry of a row, or -1. */
static inline int64_t cache_find(struct cache *cache, uint64_t id)
{
    return cache->latest < cache->count && cache->entries[cache->latest].id == id ? cache->latest : cache_search(cache, id);
}

/* Adds an entry, neither dirty nor gone, its row not yet written. Requires that it is not there. Returns its index or -ENOMEM. */
int64_t cache_add(struct cache *cache, uint64_t id);

/* The bytes of a row; they live until cache_clear. */
static inline void *cache_row(const struct cache *cache, int64_t index)
{
    assert(index >= 0 && index < cache->count);
    return cache->rows[(uint64_t)index / CACHE_ROWS] + (uint64_t)index % CACHE_ROWS * cache->row_size;
}

/* Marks an entry as changed. */
static inline void cache_mark(struct cache *cache, int64_t index, bool gone)
{
    assert(index >= 0 && index < cache->count);
    struct cache_entry *entry = &cache->entries[index];
    if (!entry->dirty) {
        bool is_next = cache->run_count == 0 || cache->entries[cache->run[cache->run_count - 1]].id < entry->id;
        if (is_next) {
            cache->run[cache->run_count++] = (uint32_t)index;
        } else {
            cache->strays[cache->stray_count++] = (uint32_t)index;
        }
        cache->dirty_count++;
        cache->ordered = false;
    }
    entry->dirty = true;
    entry->gone = gone;
}

/* Indexes of the dirty entries in the order of their ids, cache->dirty_count of them; they live until the next call, and while
 * nothing changes it costs nothing. */
const uint32_t *cache_dirty(struct cache *cache);

/* Forgets all rows; keeps the memory, unless it had grown far. */
void cache_clear(struct cache *cache);

void cache_deinit(struct cache *cache);

#endif
