/*
 * recent_events.h - the newest durable events, encoded, with whom they concern
 *
 * So that a thousand followers that have seen everything do not read the journal for each new event. Blocks of whole steps, without
 * a gap up to the journal's end, oldest thrown away beyond RECENT_EVENTS_BYTES_MAX; nothing in here while nobody follows. Memory
 * only.
 */
#ifndef HUYING_ENGINE_RECENT_EVENTS_H
#define HUYING_ENGINE_RECENT_EVENTS_H

#include "proto/buffer.h"
#include "proto/record.h"

#include <sys/queue.h>

#define RECENT_EVENTS_BYTES_MAX ((size_t)8 << 20)

struct recent_event {
    uint64_t seq;
    enum record_type type;
    uint64_t case_id;
    struct code matter;
    uint32_t places_from, places_count; /* in the block's places: positions of units that it concerns */
    size_t offset, size;                /* in the block's bytes */
};

struct recent_block {
    TAILQ_ENTRY(recent_block) in_ring;
    uint64_t first_seq, last_seq; /* records of the step, events or not */
    uint32_t count;
    struct recent_event *events;
    uint32_t *places;
    char *bytes;
    size_t cost;
};
TAILQ_HEAD(recent_ring, recent_block);

struct recent_events {
    struct recent_ring ring;
    size_t cost;
};

void recent_events_init(struct recent_events *recent);
void recent_events_clear(struct recent_events *recent);

/* Adds the events of the step whose records are first_seq to last_seq; copies all three. What does not follow on the ring clears it
 * first. Returns 0 or -ENOMEM: then the ring is empty. */
int recent_events_add(struct recent_events *recent, uint64_t first_seq, uint64_t last_seq, const struct recent_event *events,
                      uint32_t count, const uint32_t *places, uint32_t places_count, const struct proto_buffer *bytes);

/* The block that holds `seq`, or NULL: it must be read from the journal. */
const struct recent_block *recent_events_find(const struct recent_events *recent, uint64_t seq);

/* The next block, or NULL. */
const struct recent_block *recent_events_next(const struct recent_block *block);

/* Index of the block's first event at or behind `seq`; block->count: none. */
uint32_t recent_events_index(const struct recent_block *block, uint64_t seq);

#endif
