/* counters.c - counters that changed since the last checkpoint, and the bytes of their keys */
#include "dispatcher/store/counters.h"

#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(sizeof(struct counter_key) == 16 + 4 * CODE_SIZE, "keys are hashed as they lie in memory: they have no gaps");

#define KEY_WORDS (sizeof(struct counter_key) / sizeof(uint64_t))

static inline uint64_t word_of(const struct counter_key *key, size_t index)
{
    uint64_t word;
    memcpy(&word, (const uint8_t *)key + index * sizeof(word), sizeof(word));
    return word;
}

/* A word at a time: a submit counts its case under six keys. */
static uint32_t hash_of(const struct counter_key *key)
{
    uint64_t hash = 0;
    for (size_t i = 0; i < KEY_WORDS; i++) {
        hash = (hash ^ word_of(key, i)) * UINT64_C(0x9e3779b97f4a7c15);
        hash ^= hash >> 32; /* a product moves upwards only */
    }
    return (uint32_t)hash;
}

static inline bool same_key(const struct counter_key *a, const struct counter_key *b)
{
    uint64_t differs = 0;
    for (size_t i = 0; i < KEY_WORDS; i++) {
        differs |= word_of(a, i) ^ word_of(b, i);
    }
    return differs == 0;
}

static uint32_t *place_of(const struct counters *counters, const struct counter_key *key)
{
    uint32_t i = hash_of(key) & (counters->place_count - 1);
    while (counters->places[i] != 0 && !same_key(&counters->changes[counters->places[i] - 1].key, key)) {
        i = (i + 1) & (counters->place_count - 1);
    }
    return &counters->places[i];
}

static int grow(struct counters *counters)
{
    uint32_t capacity = counters->capacity == 0 ? 1024 : 2 * counters->capacity;
    struct counter_change *changes = realloc(counters->changes, capacity * sizeof(*changes));
    if (changes == NULL) {
        return -ENOMEM;
    }
    counters->changes = changes;
    uint32_t *places = calloc((size_t)capacity * 2, sizeof(*places));
    if (places == NULL) {
        return -ENOMEM;
    }
    free(counters->places);
    counters->places = places;
    counters->place_count = capacity * 2;
    counters->capacity = capacity;
    for (uint32_t i = 0; i < counters->count; i++) {
        *place_of(counters, &counters->changes[i].key) = i + 1;
    }
    return 0;
}

void counters_sum(struct counter *sum, const struct counter *delta)
{
    sum->num += delta->num;
    sum->den += delta->den;
    for (int i = 0; i < COUNTER_REASONS; i++) {
        sum->excluded[i] += delta->excluded[i];
    }
}

bool counters_zero(const struct counter *counter)
{
    static const struct counter zero;
    return memcmp(counter, &zero, sizeof(zero)) == 0;
}

int counters_add(struct counters *counters, const struct counter_key *key, const struct counter *delta)
{
    if (counters->count == counters->capacity) {
        int rc = grow(counters);
        if (rc < 0) {
            return rc;
        }
    }
    uint32_t *place = place_of(counters, key);
    if (*place == 0) {
        counters->changes[counters->count] = (struct counter_change){.key = *key};
        *place = ++counters->count;
    }
    counters_sum(&counters->changes[*place - 1].delta, delta);
    return 0;
}

void counters_clear(struct counters *counters)
{
    counters->count = 0;
    if (counters->places != NULL) {
        memset(counters->places, 0, counters->place_count * sizeof(*counters->places));
    }
}

void counters_deinit(struct counters *counters)
{
    free(counters->changes);
    free(counters->places);
    *counters = (struct counters){0};
}

int counters_compare(const struct counter_key *a, const struct counter_key *b)
{
    if (a->metric != b->metric) {
        return a->metric < b->metric ? -1 : 1;
    }
    if (a->slot != b->slot) {
        return a->slot < b->slot ? -1 : 1;
    }
    if (a->value != b->value) {
        return a->value < b->value ? -1 : 1;
    }
    const struct code *const left[] = {&a->acct, &a->street, &a->place, &a->matter};
    const struct code *const right[] = {&b->acct, &b->street, &b->place, &b->matter};
    for (int i = 0; i < 4; i++) {
        int order = memcmp(left[i], right[i], CODE_SIZE);
        if (order != 0) {
            return order;
        }
    }
    return 0;
}

static int by_key(const void *a, const void *b)
{
    const struct counter_change *const *x = a, *const *y = b;
    return counters_compare(&(*x)->key, &(*y)->key);
}

int counters_sorted(const struct counters *counters, const struct counters *others, uint32_t metric, uint32_t from_slot,
                    uint32_t until_slot, const struct counter_change ***ret, size_t *ret_count)
{
    const struct counters *const tables[] = {counters, others};
    size_t all = (size_t)counters->count + (others == NULL ? 0 : others->count), count = 0;
    const struct counter_change **sorted = malloc((all + 1) * sizeof(*sorted));
    if (sorted == NULL) {
        return -ENOMEM;
    }
    for (size_t table = 0; table < 2 && tables[table] != NULL; table++) {
        for (uint32_t i = 0; i < tables[table]->count; i++) {
            const struct counter_key *key = &tables[table]->changes[i].key;
            if (metric == UINT32_MAX || (key->metric == metric && key->slot >= from_slot && key->slot < until_slot)) {
                sorted[count++] = &tables[table]->changes[i];
            }
        }
    }
    qsort(sorted, count, sizeof(*sorted), by_key);
    *ret = sorted;
    *ret_count = count;
    return 0;
}

static uint8_t *code_write(uint8_t *out, const struct code *code)
{
    size_t size = strnlen(code->s, CODE_SIZE);
    memcpy(out, code->s, size);
    out[size] = 0;
    return out + size + 1;
}

size_t counters_key_write(const struct counter_key *key, uint8_t out[COUNTERS_KEY_MAX])
{
    uint32_t metric = htobe32(key->metric), slot = htobe32(key->slot);
    /* with the sign flipped, negative values sort before positive ones as bytes */
    uint64_t value = htobe64((uint64_t)key->value ^ UINT64_C(1) << 63);
    memcpy(out, &metric, 4);
    memcpy(out + 4, &slot, 4);
    memcpy(out + 8, &value, 8);
    uint8_t *end = code_write(out + 16, &key->acct);
    end = code_write(end, &key->street);
    end = code_write(end, &key->place);
    end = code_write(end, &key->matter);
    return (size_t)(end - out);
}

static bool code_read(const uint8_t **in, const uint8_t *end, struct code *ret)
{
    const uint8_t *stop = memchr(*in, 0, (size_t)(end - *in));
    if (stop == NULL || stop - *in > CODE_SIZE) {
        return false;
    }
    memcpy(ret->s, *in, (size_t)(stop - *in));
    *in = stop + 1;
    return true;
}

bool counters_key_read(const uint8_t *in, size_t size, struct counter_key *ret)
{
    *ret = (struct counter_key){0};
    if (size < 16) {
        return false;
    }
    uint32_t metric, slot;
    uint64_t value;
    memcpy(&metric, in, 4);
    memcpy(&slot, in + 4, 4);
    memcpy(&value, in + 8, 8);
    ret->metric = be32toh(metric);
    ret->slot = be32toh(slot);
    ret->value = (int64_t)(be64toh(value) ^ UINT64_C(1) << 63);
    const uint8_t *end = in + size;
    in += 16;
    return code_read(&in, end, &ret->acct) && code_read(&in, end, &ret->street) && code_read(&in, end, &ret->place) &&
           code_read(&in, end, &ret->matter) && in == end;
}
