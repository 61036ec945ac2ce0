/* timers.c - a binary heap of instants that deletes lazily */
#include "dispatcher/store/timers.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

static bool before(struct timer a, struct timer b)
{
    return a.at_ms != b.at_ms ? a.at_ms < b.at_ms : a.key < b.key;
}

static void sift_up(struct timers *timers, size_t index)
{
    struct timer timer = timers->heap[index];
    while (index > 0) {
        size_t parent = (index - 1) / 2;
        if (!before(timer, timers->heap[parent])) {
            break;
        }
        timers->heap[index] = timers->heap[parent];
        index = parent;
    }
    timers->heap[index] = timer;
}

static void sift_down(struct timers *timers, size_t index)
{
    struct timer timer = timers->heap[index];
    for (;;) {
        size_t child = 2 * index + 1;
        if (child >= timers->count) {
            break;
        }
        if (child + 1 < timers->count && before(timers->heap[child + 1], timers->heap[child])) {
            child++;
        }
        if (!before(timers->heap[child], timer)) {
            break;
        }
        timers->heap[index] = timers->heap[child];
        index = child;
    }
    timers->heap[index] = timer;
}

int timers_load(struct timers *timers, struct timer timer)
{
    if (timers->count == timers->capacity) {
        size_t capacity = timers->capacity == 0 ? 1024 : 2 * timers->capacity;
        struct timer *heap = realloc(timers->heap, capacity * sizeof(*heap));
        if (heap == NULL) {
            return -ENOMEM;
        }
        timers->heap = heap;
        timers->capacity = capacity;
    }
    timers->heap[timers->count++] = timer;
    return 0;
}

int timers_push(struct timers *timers, struct timer timer)
{
    int rc = timers_load(timers, timer);
    if (rc == 0) {
        sift_up(timers, timers->count - 1);
    }
    return rc;
}

void timers_order(struct timers *timers)
{
    for (size_t i = timers->count / 2; i-- > 0;) {
        sift_down(timers, i);
    }
}

void timers_remove(struct timers *timers, size_t index)
{
    assert(index < timers->count);
    struct timer last = timers->heap[--timers->count];
    if (index == timers->count) {
        return;
    }
    timers->heap[index] = last;
    sift_down(timers, index);
    sift_up(timers, index);
}

void timers_deinit(struct timers *timers)
{
    free(timers->heap);
    *timers = (struct timers){0};
}
