/* request_index.c - remembered request ids: from the hash of actor and request id to the sequence of the record */
#include "dispatcher/store/request_index.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define CAPACITY_FIRST 8

/* The shard takes the high bits of the hash, the place in it the low ones. */
static size_t shard_of(uint64_t hash)
{
    return (size_t)(hash >> 54) % REQUEST_SHARDS;
}

static uint32_t home_of(const struct request_shard *shard, uint64_t hash)
{
    return (uint32_t)hash & (shard->capacity - 1);
}

static uint32_t next_of(const struct request_shard *shard, uint32_t place)
{
    return (place + 1) & (shard->capacity - 1);
}

static void place(struct request_shard *shard, struct request_entry entry)
{
    uint32_t i = home_of(shard, entry.hash);
    while (shard->at[i].seq != 0) {
        assert(shard->at[i].seq != entry.seq || shard->at[i].hash != entry.hash);
        i = next_of(shard, i);
    }
    shard->at[i] = entry;
}

static int grow(struct request_shard *shard)
{
    struct request_shard larger = {.capacity = shard->capacity == 0 ? CAPACITY_FIRST : 2 * shard->capacity, .count = shard->count};
    larger.at = calloc(larger.capacity, sizeof(*larger.at));
    if (larger.at == NULL) {
        return -ENOMEM;
    }
    for (uint32_t i = 0; i < shard->capacity; i++) {
        if (shard->at[i].seq != 0) {
            place(&larger, shard->at[i]);
        }
    }
    free(shard->at);
    *shard = larger;
    return 0;
}

int request_index_add(struct request_index *requests, uint64_t hash, uint64_t seq)
{
    assert(seq != 0);
    struct request_shard *shard = &requests->shards[shard_of(hash)];
    /* at most four fifths full */
    if ((uint64_t)shard->count * 5 >= (uint64_t)shard->capacity * 4) {
        int rc = grow(shard);
        if (rc < 0) {
            return rc;
        }
    }
    place(shard, (struct request_entry){.hash = hash, .seq = seq});
    shard->count++;
    return 0;
}

void request_index_drop(struct request_index *requests, uint64_t hash, uint64_t seq)
{
    struct request_shard *shard = &requests->shards[shard_of(hash)];
    assert(shard->count > 0);
    uint32_t i = home_of(shard, hash);
    while (shard->at[i].hash != hash || shard->at[i].seq != seq) {
        assert(shard->at[i].seq != 0);
        i = next_of(shard, i);
    }
    /* Closes the gap with entries that may not lie before their home, so that no marks of the deleted are needed. */
    for (uint32_t j = next_of(shard, i); shard->at[j].seq != 0; j = next_of(shard, j)) {
        uint32_t home = home_of(shard, shard->at[j].hash);
        if (((j - home) & (shard->capacity - 1)) >= ((j - i) & (shard->capacity - 1))) {
            shard->at[i] = shard->at[j];
            i = j;
        }
    }
    shard->at[i] = (struct request_entry){0};
    shard->count--;
}

uint64_t request_index_find(const struct request_index *requests, uint64_t hash, uint64_t before)
{
    const struct request_shard *shard = &requests->shards[shard_of(hash)];
    uint64_t found = 0;
    if (shard->count == 0) {
        return 0;
    }
    for (uint32_t i = home_of(shard, hash); shard->at[i].seq != 0; i = next_of(shard, i)) {
        if (shard->at[i].hash == hash && shard->at[i].seq > found && (before == 0 || shard->at[i].seq < before)) {
            found = shard->at[i].seq;
        }
    }
    return found;
}

void request_index_deinit(struct request_index *requests)
{
    for (size_t i = 0; i < REQUEST_SHARDS; i++) {
        free(requests->shards[i].at);
    }
    memset(requests, 0, sizeof(*requests));
}
