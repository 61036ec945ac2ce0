/* open_calls.c - ids of the calls that are open */
#include "dispatcher/store/open_calls.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* How many ids are below `id`. */
static size_t place_of(const struct open_calls *calls, uint64_t id)
{
    size_t low = 0, high = calls->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (calls->ids[middle] < id) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

int open_calls_add(struct open_calls *calls, uint64_t id)
{
    if (calls->count == calls->capacity) {
        size_t capacity = calls->capacity == 0 ? 64 : 2 * calls->capacity;
        uint64_t *ids = realloc(calls->ids, capacity * sizeof(*ids));
        if (ids == NULL) {
            return -ENOMEM;
        }
        calls->ids = ids;
        calls->capacity = capacity;
    }
    size_t at = place_of(calls, id);
    assert(at == calls->count || calls->ids[at] != id);
    memmove(calls->ids + at + 1, calls->ids + at, (calls->count - at) * sizeof(*calls->ids));
    calls->ids[at] = id;
    calls->count++;
    return 0;
}

void open_calls_remove(struct open_calls *calls, uint64_t id)
{
    size_t at = place_of(calls, id);
    assert(at < calls->count && calls->ids[at] == id);
    calls->count--;
    memmove(calls->ids + at, calls->ids + at + 1, (calls->count - at) * sizeof(*calls->ids));
}

size_t open_calls_before(const struct open_calls *calls, uint64_t before, uint64_t *ret_ids, size_t max)
{
    size_t at = before == 0 ? calls->count : place_of(calls, before), found = 0;
    while (at > 0 && found < max) {
        ret_ids[found++] = calls->ids[--at];
    }
    return found;
}

void open_calls_deinit(struct open_calls *calls)
{
    free(calls->ids);
    *calls = (struct open_calls){0};
}
