/* district_index.c - codes by their hash, and the rows of each place */
#include "config/district_index.h"

#include "config/district.h"

#include <stdlib.h>

/* Every letter moves the lower bits, which choose the place. */
static uint64_t hash_of(const struct code *code)
{
    static const uint64_t odd = UINT64_C(0x9e3779b97f4a7c15);
    uint64_t words[CODE_SIZE / sizeof(uint64_t)];
    memcpy(words, code->s, sizeof(words));
    uint64_t hash = 0;
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        hash = (hash ^ words[i]) * odd;
        hash ^= hash >> 32; /* a product moves upwards only */
    }
    return hash;
}

static const struct code *code_at(const void *first, size_t size, uint32_t i)
{
    return (const struct code *)((const char *)first + i * size);
}

static bool fill(struct code_places *places, const void *first, size_t size, uint32_t count)
{
    uint64_t room = 4;
    while (room < UINT64_C(2) * count) {
        room *= 2;
    }
    places->mask = room - 1;
    places->at = calloc(room, sizeof(*places->at));
    for (uint32_t i = 0; i < count && places->at != NULL; i++) {
        uint64_t place = hash_of(code_at(first, size, i)) & places->mask;
        while (places->at[place] != 0) {
            place = (place + 1) & places->mask;
        }
        places->at[place] = i + 1;
    }
    return places->at != NULL;
}

static bool fill_rows(struct district_index *index, const struct district *district)
{
    index->keys_from = calloc(district->unit_count + 2U, sizeof(*index->keys_from));
    uint32_t key = 0;
    for (uint32_t place = 0; place < district->unit_count + 2U && index->keys_from != NULL; place++) {
        while (key < district->row_count && district->row_keys[key].place + 1 < (int64_t)place) {
            key++;
        }
        index->keys_from[place] = key;
    }
    return index->keys_from != NULL;
}

struct district_index *district_index_new(const struct district *district)
{
    struct district_index *index = calloc(1, sizeof(*index));
    if (index == NULL || !fill(&index->units, district->units, sizeof(*district->units), district->unit_count) ||
        !fill(&index->matters, district->matters, sizeof(*district->matters), district->matter_count) ||
        !fill_rows(index, district)) {
        return district_index_free(index);
    }
    return index;
}

int32_t district_index_find(const struct code_places *places, const void *first, size_t size, const struct code *code)
{
    uint64_t place = hash_of(code) & places->mask;
    for (uint32_t number; (number = places->at[place]) != 0; place = (place + 1) & places->mask) {
        if (code_equal(code_at(first, size, number - 1), code)) {
            return (int32_t)number - 1;
        }
    }
    return -1;
}

struct district_index *district_index_free(struct district_index *index)
{
    if (index == NULL) {
        return NULL;
    }
    free(index->units.at);
    free(index->matters.at);
    free(index->keys_from);
    free(index);
    return NULL;
}
