/*
 * request_index.h - remembered request ids: from the hash of actor and request id to the sequence of the record
 *
 * An open hash in 1,024 shards that double one by one: at five million entries a growing shard moves 5,000 of them (some 50 us),
 * where one table would stop the loop for a tenth of a second. Several sequences may have one hash (a forgotten and renewed id, or
 * two ids that collide).
 */
#ifndef HUYING_STORE_REQUEST_INDEX_H
#define HUYING_STORE_REQUEST_INDEX_H

#include <stddef.h>
#include <stdint.h>

#define REQUEST_SHARDS 1024

struct request_entry {
    uint64_t hash;
    uint64_t seq; /* 0 = free */
};

struct request_shard {
    struct request_entry *at;
    uint32_t capacity; /* a power of two, or 0 */
    uint32_t count;
};

struct request_index {
    struct request_shard shards[REQUEST_SHARDS];
};

/* Adds an entry. Requires that it is not there. Returns 0 or -ENOMEM. */
int request_index_add(struct request_index *requests, uint64_t hash, uint64_t seq);

/* Removes an entry. Requires that it is there. */
void request_index_drop(struct request_index *requests, uint64_t hash, uint64_t seq);

/* Newest sequence with this hash below `before` (0: of all), or 0. */
uint64_t request_index_find(const struct request_index *requests, uint64_t hash, uint64_t before);

void request_index_deinit(struct request_index *requests);

#endif
