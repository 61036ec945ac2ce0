/* queue.c - what happens next: a heap by instant, and by the order of what was added for one instant */
#include "tests/simulation/simulation.h"

#include <err.h>
#include <stdlib.h>

static bool before(const struct event *a, const struct event *b)
{
    return a->at_ms != b->at_ms ? a->at_ms < b->at_ms : a->order < b->order;
}

void queue_add(struct queue *queue, int64_t at_ms, enum event_kind kind, uint32_t a, uint32_t b, uint32_t c)
{
    if (queue->count == queue->capacity) {
        queue->capacity = 2 * queue->capacity + 1024;
        queue->heap = realloc(queue->heap, queue->capacity * sizeof(*queue->heap));
        if (queue->heap == NULL) {
            err(2, "queue");
        }
    }
    struct event event = {.at_ms = at_ms, .order = queue->order++, .kind = kind, .a = a, .b = b, .c = c};
    size_t at = queue->count++;

    while (at > 0 && before(&event, &queue->heap[(at - 1) / 2])) {
        queue->heap[at] = queue->heap[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    queue->heap[at] = event;
}

bool queue_next(struct queue *queue, int64_t *ret_at_ms)
{
    if (queue->count == 0) {
        return false;
    }
    *ret_at_ms = queue->heap[0].at_ms;
    return true;
}

struct event queue_take(struct queue *queue)
{
    struct event first = queue->heap[0], last = queue->heap[--queue->count];
    size_t at = 0;

    for (;;) {
        size_t child = 2 * at + 1;

        if (child >= queue->count) {
            break;
        }
        child += child + 1 < queue->count && before(&queue->heap[child + 1], &queue->heap[child]);
        if (!before(&queue->heap[child], &last)) {
            break;
        }
        queue->heap[at] = queue->heap[child];
        at = child;
    }
    if (queue->count > 0) {
        queue->heap[at] = last;
    }
    return first;
}
