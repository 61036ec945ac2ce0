/*
 * pending.h - the requests in flight, in the order in which they were sent first, found by request id
 *
 * Inner part of libhuying. Pure memory: no clock, no socket.
 */
#ifndef HUYING_PROTO_CLIENT_PENDING_H
#define HUYING_PROTO_CLIENT_PENDING_H

#include "proto/buffer.h"
#include "proto/shape.h"

struct pending_entry {
    struct pending_entry *next, *previous; /* in order of sending */
    struct pending_entry *next_in_slot;
    struct text id; /* within message */
    struct proto_buffer message;
    uint64_t hash;
    uint64_t serial; /* of its client */
    uint64_t tag;
    int64_t deadline_ms;   /* of the caller */
    int64_t attempt_at_ms; /* when it is to be sent (again) */
    uint32_t generation;   /* of the connection on which it was sent last, 0 = never */
    uint32_t sends;
    uint32_t refusals; /* retryable ones so far */
};

struct pending {
    struct pending_entry *first, *last;
    struct pending_entry **slots;
    size_t slot_count;
    size_t count;
};

/* Adds an entry at the end; takes it over. Returns 0; -EEXIST; -ENOMEM. The entry stays the caller's on failure. */
int pending_add(struct pending *pending, struct pending_entry *entry);

/* Finds by id, or NULL. */
struct pending_entry *pending_find(const struct pending *pending, struct text id);

/* Takes an entry out; it is the caller's then. */
void pending_remove(struct pending *pending, struct pending_entry *entry);

/* Frees an entry that is in no table. NULL is allowed; returns NULL. */
struct pending_entry *pending_entry_free(struct pending_entry *entry);

/* Frees all. */
void pending_deinit(struct pending *pending);

#endif
