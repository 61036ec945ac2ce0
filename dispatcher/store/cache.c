/* cache.c - rows of one table in memory: those changed since they were last written, and some that were read */
#include "dispatcher/store/cache.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* As many as some ten thousand records fill. */
#define PIECES_KEPT 2

_Static_assert((CACHE_ROWS & (CACHE_ROWS - 1)) == 0, "places are found by a mask");

/* Ids lie close together: the multiplication spreads them. */
static uint32_t home_of(const struct cache *cache, uint64_t id)
{
    return (uint32_t)(id * UINT64_C(0x9e3779b97f4a7c15) >> 32) & (cache->place_count - 1);
}

static uint32_t place_of(const struct cache *cache, uint64_t id)
{
    uint32_t i = home_of(cache, id);
    while (cache->places[i] != 0 && cache->entries[cache->places[i] - 1].id != id) {
        i = (i + 1) & (cache->place_count - 1);
    }
    return i;
}

void cache_init(struct cache *cache, uint32_t row_size)
{
    *cache = (struct cache){.row_size = row_size};
}

/* Places for twice the rows that there is room for. */
static int spread(struct cache *cache, size_t rows)
{
    size_t count = cache->place_count == 0 ? 2 * CACHE_ROWS : cache->place_count;
    while (count < 2 * rows) {
        count *= 2;
    }
    if (count == cache->place_count) {
        return 0;
    }
    uint32_t *places = calloc(count, sizeof(*places));
    if (places == NULL) {
        return -ENOMEM;
    }
    free(cache->places);
    cache->places = places;
    cache->place_count = (uint32_t)count;
    for (uint32_t i = 0; i < cache->count; i++) {
        cache->places[place_of(cache, cache->entries[i].id)] = i + 1;
    }
    return 0;
}

static bool widen(uint32_t **indexes, size_t count)
{
    uint32_t *wider = realloc(*indexes, count * sizeof(*wider));
    *indexes = wider != NULL ? wider : *indexes;
    return wider != NULL;
}

/* Room for one piece more: pages of it that no row has touched are not taken from the system. */
static int grow(struct cache *cache)
{
    size_t pieces = (size_t)cache->pieces + 1, rows = pieces * CACHE_ROWS;
    if (rows > UINT32_MAX / 4) {
        return -ENOMEM;
    }
    struct cache_entry *entries = realloc(cache->entries, rows * sizeof(*entries));
    cache->entries = entries != NULL ? entries : cache->entries;
    uint8_t **by_piece = realloc(cache->rows, pieces * sizeof(*by_piece));
    cache->rows = by_piece != NULL ? by_piece : cache->rows;
    if (entries == NULL || by_piece == NULL || !widen(&cache->run, rows) || !widen(&cache->strays, rows) ||
        !widen(&cache->order, rows) || spread(cache, rows) < 0) {
        return -ENOMEM;
    }
    uint8_t *piece = malloc((size_t)CACHE_ROWS * cache->row_size);
    if (piece == NULL) {
        return -ENOMEM;
    }
    cache->rows[cache->pieces++] = piece;
    return 0;
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
    if (cache->count == cache->pieces * CACHE_ROWS && grow(cache) < 0) {
        return -ENOMEM;
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

/* New rows come in order, and need no sorting; older ones are few beside them. */
const uint32_t *cache_dirty(struct cache *cache)
{
    if (cache->ordered) {
        return cache->order;
    }
    if (cache->stray_count > 0) {
        qsort_r(cache->strays, cache->stray_count, sizeof(*cache->strays), by_id, cache->entries);
    }
    uint32_t next_run = 0, next_stray = 0;
    for (uint32_t i = 0; i < cache->dirty_count; i++) {
        bool from_run =
            next_stray == cache->stray_count ||
            (next_run < cache->run_count && cache->entries[cache->run[next_run]].id < cache->entries[cache->strays[next_stray]].id);
        cache->order[i] = from_run ? cache->run[next_run++] : cache->strays[next_stray++];
    }
    cache->ordered = true;
    return cache->order;
}

void cache_clear(struct cache *cache)
{
    if (cache->pieces > PIECES_KEPT) {
        cache_deinit(cache);
        return;
    }
    if (cache->count > 0) {
        memset(cache->places, 0, cache->place_count * sizeof(*cache->places));
    }
    cache->count = 0;
    cache->dirty_count = cache->run_count = cache->stray_count = 0;
    cache->ordered = false;
}

void cache_deinit(struct cache *cache)
{
    while (cache->pieces > 0) {
        free(cache->rows[--cache->pieces]);
    }
    free(cache->rows);
    free(cache->entries);
    free(cache->places);
    free(cache->run);
    free(cache->strays);
    free(cache->order);
    cache_init(cache, cache->row_size);
}
