/* recent_events.c - the newest durable events, encoded, with whom they concern */
#include "dispatcher/engine/recent_events.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void recent_events_init(struct recent_events *recent)
{
    TAILQ_INIT(&recent->ring);
    recent->cost = 0;
}

static struct recent_block *block_free(struct recent_block *block)
{
    if (block == NULL) {
        return NULL;
    }
    free(block->events);
    free(block->places);
    free(block->bytes);
    free(block);
    return NULL;
}

static void drop_oldest(struct recent_events *recent)
{
    struct recent_block *block = TAILQ_FIRST(&recent->ring);

    TAILQ_REMOVE(&recent->ring, block, in_ring);
    recent->cost -= block->cost;
    block_free(block);
}

void recent_events_clear(struct recent_events *recent)
{
    while (!TAILQ_EMPTY(&recent->ring)) {
        drop_oldest(recent);
    }
}

/* A copy of `size` bytes; empty ones get a byte, so that NULL means no memory. */
static void *copy(const void *data, size_t size)
{
    void *bytes = malloc(size + 1);

    if (bytes != NULL && size > 0) {
        memcpy(bytes, data, size);
    }
    return bytes;
}

int recent_events_add(struct recent_events *recent, uint64_t first_seq, uint64_t last_seq, const struct recent_event *events,
                      uint32_t count, const uint32_t *places, uint32_t places_count, const struct proto_buffer *bytes)
{
    const struct recent_block *last = TAILQ_LAST(&recent->ring, recent_ring);
    struct recent_block *block = calloc(1, sizeof(*block));

    if (last != NULL && last->last_seq + 1 != first_seq) {
        recent_events_clear(recent);
    }
    if (block != NULL) {
        *block = (struct recent_block){.first_seq = first_seq, .last_seq = last_seq, .count = count};
        block->events = copy(events, count * sizeof(*events));
        block->places = copy(places, places_count * sizeof(*places));
        block->bytes = copy(bytes->data, bytes->size);
        block->cost = sizeof(*block) + count * sizeof(*events) + places_count * sizeof(*places) + bytes->size;
    }
    if (block == NULL || block->events == NULL || block->places == NULL || block->bytes == NULL) {
        block_free(block);
        recent_events_clear(recent);
        return -ENOMEM;
    }
    TAILQ_INSERT_TAIL(&recent->ring, block, in_ring);
    recent->cost += block->cost;
    while (recent->cost > RECENT_EVENTS_BYTES_MAX && TAILQ_FIRST(&recent->ring) != block) {
        drop_oldest(recent);
    }
    return 0;
}

const struct recent_block *recent_events_find(const struct recent_events *recent, uint64_t seq)
{
    const struct recent_block *block;

    TAILQ_FOREACH_REVERSE(block, &recent->ring, recent_ring, in_ring)
    {
        if (seq > block->last_seq) {
            return NULL;
        }
        if (seq >= block->first_seq) {
            return block;
        }
    }
    return NULL;
}

const struct recent_block *recent_events_next(const struct recent_block *block)
{
    return TAILQ_NEXT(block, in_ring);
}

uint32_t recent_events_index(const struct recent_block *block, uint64_t seq)
{
    uint32_t low = 0, high = block->count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (block->events[middle].seq < seq) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}
