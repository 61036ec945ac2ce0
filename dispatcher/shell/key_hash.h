/*
 * key_hash.h - the hash of this room's tables: short keys, a word at a time
 *
 * Each message and each answer is looked up some times, by a peer's number or its routing id. Included before uthash, which takes
 * it instead of its own.
 */
#ifndef HUYING_SHELL_KEY_HASH_H
#define HUYING_SHELL_KEY_HASH_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline uint64_t key_hash_mix(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
    return hash ^ hash >> 32;
}

static inline unsigned int key_hash(const void *key, size_t size)
{
    const unsigned char *at = key;
    uint64_t hash = size, word;
    for (; size >= sizeof(word); at += sizeof(word), size -= sizeof(word)) {
        memcpy(&word, at, sizeof(word));
        hash = key_hash_mix(hash, word);
    }
    if (size >= sizeof(uint32_t)) { /* two that overlap: what ZeroMQ makes has five bytes */
        uint32_t first, last;
        memcpy(&first, at, sizeof(first));
        memcpy(&last, at + size - sizeof(last), sizeof(last));
        return (unsigned int)key_hash_mix(key_hash_mix(hash, (uint64_t)last << 32 | first),
                                          0); /* uthash looks at the lowest bits */
    }
    for (word = 0; size > 0; size--) {
        word = word << 8 | *at++;
    }
    return (unsigned int)key_hash_mix(hash, word);
}

#define HASH_FUNCTION(key, size, ret) ((ret) = key_hash(key, size))

#endif
