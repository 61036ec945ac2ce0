/* lanes.c - things to be done in the order of their sequence within a case, and side by side otherwise */
#include "workers/lanes.h"

#include <assert.h>
#include <stdlib.h>

struct lane_entry *lanes_add(struct lanes *lanes, uint64_t seq, uint64_t case_id)
{
    struct lane_entry *entry = calloc(1, sizeof(*entry));

    if (entry == NULL) {
        return NULL;
    }
    assert(lanes->last == NULL || seq > lanes->last->seq);
    *entry = (struct lane_entry){.seq = seq, .case_id = case_id, .previous = lanes->last};
    for (struct lane_entry *at = lanes->last; at != NULL && entry->before == NULL; at = at->previous) {
        if (at->case_id == case_id && at->state != LANE_DONE) {
            entry->before = at;
        }
    }
    if (lanes->last != NULL) {
        lanes->last->next = entry;
    } else {
        lanes->first = entry;
    }
    lanes->last = entry;
    lanes->count++;
    lanes->outstanding++;
    if (seq > lanes->looked) {
        lanes->looked = seq;
    }
    return entry;
}

struct lane_entry *lanes_begin(struct lanes *lanes, int64_t now_ms)
{
    for (struct lane_entry *entry = lanes->first; entry != NULL; entry = entry->next) {
        if (entry->state != LANE_WAITING || entry->before != NULL || entry->until_ms > now_ms) {
            continue;
        }
        entry->state = LANE_BUSY;
        return entry;
    }
    return NULL;
}

void lanes_put_off(struct lane_entry *entry, int64_t until_ms)
{
    assert(entry->state == LANE_BUSY);
    entry->state = LANE_WAITING;
    entry->until_ms = until_ms;
}

void lanes_finish(struct lanes *lanes, struct lane_entry *entry)
{
    assert(entry->state == LANE_BUSY);
    entry->state = LANE_DONE;
    lanes->outstanding--;
    for (struct lane_entry *at = entry->next; at != NULL; at = at->next) {
        if (at->before == entry) {
            at->before = NULL;
            break; /* those behind it wait for that one */
        }
    }
    while (lanes->first != NULL && lanes->first->state == LANE_DONE) {
        struct lane_entry *first = lanes->first;

        lanes->first = first->next;
        if (lanes->first != NULL) {
            lanes->first->previous = NULL;
        } else {
            lanes->last = NULL;
        }
        lanes->count--;
        free(first);
    }
}

int64_t lanes_due_ms(const struct lanes *lanes)
{
    int64_t due_ms = -1;

    for (const struct lane_entry *entry = lanes->first; entry != NULL; entry = entry->next) {
        if (entry->state == LANE_WAITING && entry->before == NULL && (due_ms < 0 || entry->until_ms < due_ms)) {
            due_ms = entry->until_ms;
        }
    }
    return due_ms;
}

uint64_t lanes_low_water(const struct lanes *lanes)
{
    return lanes->first != NULL ? lanes->first->seq - 1 : lanes->looked;
}

void lanes_deinit(struct lanes *lanes)
{
    struct lane_entry *next;

    for (struct lane_entry *entry = lanes->first; entry != NULL; entry = next) {
        next = entry->next;
        free(entry);
    }
    *lanes = (struct lanes){0};
}
