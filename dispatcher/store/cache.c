/* cache.c - rows of one table in memory: those changed since they were last written, and some that were read */
#include "dispatcher/store/cache.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define PLACES (2u * CACHE_ROWS)

_Static_assert((PLACES & (PLACES - 1)) == 0, "places are found by a mask");

/* Ids lie close together: the multiplication spreads them. */
static uint32_t home_of(uint64_t id)
{
    return (uint32_t)(id * UINT64_C(0x9e3779b97f4a7c15) >> 40) & (PLACES - 1);
}

static uint32_t place_of(const struct cache *cache, uint64_t id)
{
    uint32_t i = home_of(id);
    while (cache->places[i] != 0 && cache->entries[cache->places[i] - 1].id != id) {
        i = (i + 1) & (PLACES - 1);
    }
    return i;
}

void cache_init(struct cache *cache, uint32_t row_size)
{
    *cache = (struct cache){.row_size = row_size};
}

/* All at once: pages that no row has touched are not taken from the system. */
static int allocate(struct cache *cache)
{
    cache->entries = calloc(CACHE_ROWS, sizeof(*cache->entries));
    cache->rows = malloc((size_t)CACHE_ROWS * cache->row_size);
    cache->places = calloc(PLACES, sizeof(*cache->places));
    cache->order = malloc(CACHE_ROWS * sizeof(*cache->order));
    if (cache->entries != NULL && cache->rows != NULL && cache->places != NULL && cache->order != NULL) {
        return 0;
    }
    cache_deinit(cache);
    return -ENOMEM;
}

int64_t cache_search(struct cache *cache, uint64_t id)
{
    if (cache->count == 0) {
        return -1;
    }
    uint32_t place = cache->places[place_of(cache, id)];
    if (place != 0) {
        cache->latest = place - 1;
    }
    return (int64_t)place - 1;
}

int64_t cache_add(struct cache *cache, uint64_t id)
{
    if (cache->places == NULL && allocate(cache) < 0) {
        return -ENOMEM;
    }
    if (cache->count == CACHE_ROWS) {
        return -ENOSPC;
    }
    uint32_t place = place_of(cache, id);
    assert(cache->places[place] == 0);
    cache->entries[cache->count] = (struct cache_entry){.id = id};
    cache->latest = cache->count;
    cache->places[place] = ++cache->count;
    return (int64_t)cache->count - 1;
}

static int by_id(const void *a, const void *b, void *arg)
{
    const struct cache_entry *entries = arg;
    uint64_t x = entries[*(const uint32_t *)a].id, y = entries[*(const uint32_t *)b].id;
    return x < y ? -1 : x > y;
}

const uint32_t *cache_dirty(struct cache *cache)
{
    uint32_t count = 0;
    bool sorted = true;
    for (uint32_t i = 0; i < cache->count; i++) {
        if (!cache->entries[i].dirty) {
            continue;
        }
        sorted = sorted && (count == 0 || cache->entries[cache->order[count - 1]].id < cache->entries[i].id);
        cache->order[count++] = i;
    }
    assert(count == cache->dirty_count);
    if (!sorted) { /* new rows come in order; only older ones do not */
        qsort_r(cache->order, count, sizeof(*cache->order), by_id, cache->entries);
    }
    return cache->order;
}

void cache_cleaned(struct cache *cache)
{
    for (uint32_t i = 0; i < cache->count; i++) {
        cache->entries[i].dirty = false;
    }
    cache->dirty_count = 0;
}

void cache_clear(struct cache *cache)
{
    if (cache->count > 0) {
        memset(cache->places, 0, PLACES * sizeof(*cache->places));
    }
    cache->count = 0;
    cache->dirty_count = 0;
}

void cache_deinit(struct cache *cache)
{
    free(cache->entries);
    free(cache->rows);
    free(cache->places);
    free(cache->order);
    cache_init(cache, cache->row_size);
}
