/* pending.c - the requests in flight, in the order in which they were sent first, found by request id */
#include "proto/client/pending.h"

#include <errno.h>
#include <stdlib.h>
#include <xxhash.h>

#define SLOTS_MIN 64

static uint64_t hash_id(struct text id)
{
    return XXH64(id.at, id.size, 0);
}

static struct pending_entry **find_link(const struct pending *pending, struct text id, uint64_t hash)
{
    struct pending_entry **link = &pending->slots[hash & (pending->slot_count - 1)];

    while (*link != NULL && !((*link)->hash == hash && text_equal((*link)->id, id))) {
        link = &(*link)->next_in_slot;
    }
    return link;
}

static int grow(struct pending *pending)
{
    size_t slot_count = pending->slot_count == 0 ? SLOTS_MIN : pending->slot_count * 2;
    struct pending_entry **slots = calloc(slot_count, sizeof(struct pending_entry *));

    if (slots == NULL) {
        return -ENOMEM;
    }
    free(pending->slots);
    pending->slots = slots;
    pending->slot_count = slot_count;
    for (struct pending_entry *entry = pending->first; entry != NULL; entry = entry->next) {
        struct pending_entry **link = &slots[entry->hash & (slot_count - 1)];

        entry->next_in_slot = *link;
        *link = entry;
    }
    return 0;
}

int pending_add(struct pending *pending, struct pending_entry *entry)
{
    if (pending->count >= pending->slot_count && grow(pending) < 0) {
        return -ENOMEM;
    }
    entry->hash = hash_id(entry->id);
    struct pending_entry **link = find_link(pending, entry->id, entry->hash);
    if (*link != NULL) {
        return -EEXIST;
    }
    *link = entry;
    entry->next_in_slot = NULL;
    entry->next = NULL;
    entry->previous = pending->last;
    if (pending->last != NULL) {
        pending->last->next = entry;
    } else {
        pending->first = entry;
    }
    pending->last = entry;
    pending->count++;
    return 0;
}

struct pending_entry *pending_find(const struct pending *pending, struct text id)
{
    return pending->count == 0 ? NULL : *find_link(pending, id, hash_id(id));
}

void pending_remove(struct pending *pending, struct pending_entry *entry)
{
    struct pending_entry **link = find_link(pending, entry->id, entry->hash);

    *link = entry->next_in_slot;
    if (entry->previous != NULL) {
        entry->previous->next = entry->next;
    } else {
        pending->first = entry->next;
    }
    if (entry->next != NULL) {
        entry->next->previous = entry->previous;
    } else {
        pending->last = entry->previous;
    }
    pending->count--;
}

struct pending_entry *pending_entry_free(struct pending_entry *entry)
{
    if (entry == NULL) {
        return NULL;
    }
    proto_buffer_deinit(&entry->message);
    free(entry);
    return NULL;
}

void pending_deinit(struct pending *pending)
{
    while (pending->first != NULL) {
        struct pending_entry *entry = pending->first;

        pending->first = entry->next;
        pending_entry_free(entry);
    }
    free(pending->slots);
    *pending = (struct pending){0};
}
