/* inbox.c - open duties by unit, in the order (due instant, id); without a due instant last */
#include "dispatcher/store/inbox.h"

#include <assert.h>
#include <bsd/sys/tree.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SLAB_ENTRIES 1024

struct entry {
    RB_ENTRY(entry) node;
    int64_t due; /* INT64_MAX: none */
    uint64_t duty_id;
};
RB_HEAD(entries, entry);

struct unit {
    RB_ENTRY(unit) node;
    struct unit *next; /* all units, to free them */
    struct code code;
    struct entries entries;
};
RB_HEAD(units, unit);

struct slab {
    struct slab *next;
    struct entry entries[SLAB_ENTRIES];
};

struct inbox {
    struct units units;
    struct unit *all;
    struct slab *slabs;
    size_t used;         /* entries taken from the first slab */
    struct entry *spare; /* given back, linked by their left pointers */
};

static int entry_compare(const struct entry *a, const struct entry *b)
{
    if (a->due != b->due) {
        return a->due < b->due ? -1 : 1;
    }
    return a->duty_id < b->duty_id ? -1 : a->duty_id > b->duty_id;
}

static int unit_compare(const struct unit *a, const struct unit *b)
{
    return memcmp(&a->code, &b->code, sizeof(a->code));
}

RB_GENERATE_INTERNAL(entries, entry, node, entry_compare, __attribute__((unused)) static)
RB_GENERATE_INTERNAL(units, unit, node, unit_compare, __attribute__((unused)) static)

static struct entry entry_key(int64_t due_at, uint64_t duty_id)
{
    return (struct entry){.due = due_at == 0 ? INT64_MAX : due_at, .duty_id = duty_id};
}

static struct unit *unit_find(struct inbox *inbox, const struct code *code)
{
    struct unit key = {.code = *code};
    return RB_FIND(units, &inbox->units, &key);
}

static struct entry *entry_take(struct inbox *inbox)
{
    if (inbox->spare != NULL) {
        struct entry *entry = inbox->spare;
        inbox->spare = RB_LEFT(entry, node);
        return entry;
    }
    if (inbox->slabs == NULL || inbox->used == SLAB_ENTRIES) {
        struct slab *slab = malloc(sizeof(*slab));
        if (slab == NULL) {
            return NULL;
        }
        slab->next = inbox->slabs;
        inbox->slabs = slab;
        inbox->used = 0;
    }
    return &inbox->slabs->entries[inbox->used++];
}

struct inbox *inbox_new(void)
{
    return calloc(1, sizeof(struct inbox));
}

int inbox_add(struct inbox *inbox, const struct code *code, int64_t due_at, uint64_t duty_id)
{
    struct unit *unit = unit_find(inbox, code);
    if (unit == NULL) {
        unit = calloc(1, sizeof(*unit));
        if (unit == NULL) {
            return -ENOMEM;
        }
        unit->code = *code;
        unit->next = inbox->all;
        inbox->all = unit;
        RB_INSERT(units, &inbox->units, unit);
    }
    struct entry *entry = entry_take(inbox);
    if (entry == NULL) {
        return -ENOMEM;
    }
    *entry = entry_key(due_at, duty_id);
    struct entry *there = RB_INSERT(entries, &unit->entries, entry);
    assert(there == NULL);
    (void)there;
    return 0;
}

void inbox_remove(struct inbox *inbox, const struct code *code, int64_t due_at, uint64_t duty_id)
{
    struct unit *unit = unit_find(inbox, code);
    assert(unit != NULL);
    struct entry key = entry_key(due_at, duty_id);
    struct entry *entry = RB_FIND(entries, &unit->entries, &key);
    assert(entry != NULL);
    RB_REMOVE(entries, &unit->entries, entry);
    RB_LEFT(entry, node) = inbox->spare;
    inbox->spare = entry;
}

/* The first one behind a place, or NULL. */
static struct entry *entry_after(struct inbox *inbox, const struct code *code, int64_t after_due, uint64_t after_id)
{
    struct unit *unit = unit_find(inbox, code);
    if (unit == NULL) {
        return NULL;
    }
    struct entry key = entry_key(after_due, after_id + 1);
    return after_id == 0 ? RB_MIN(entries, &unit->entries) : RB_NFIND(entries, &unit->entries, &key);
}

size_t inbox_page(struct inbox *inbox, const struct code *code, int64_t after_due, uint64_t after_id, uint64_t *ret_duties,
                  size_t max)
{
    struct entry *entry = entry_after(inbox, code, after_due, after_id);
    size_t count = 0;
    for (; entry != NULL && count < max; entry = RB_NEXT(entries, &unit->entries, entry)) {
        ret_duties[count++] = entry->duty_id;
    }
    return count;
}

/* Lets the first entry of a heap (the least one on top) sink to where it belongs. */
static void heap_sink(struct entry **heap, size_t count)
{
    struct entry *moved = heap[0];
    size_t at = 0;
    for (size_t child = 1; child < count; child = 2 * at + 1) {
        if (child + 1 < count && entry_compare(heap[child + 1], heap[child]) < 0) {
            child++;
        }
        if (entry_compare(moved, heap[child]) <= 0) {
            break;
        }
        heap[at] = heap[child];
        at = child;
    }
    heap[at] = moved;
}

static void heap_add(struct entry **heap, size_t at, struct entry *entry)
{
    for (; at > 0 && entry_compare(entry, heap[(at - 1) / 2]) < 0; at = (at - 1) / 2) {
        heap[at] = heap[(at - 1) / 2];
    }
    heap[at] = entry;
}

int inbox_merge(struct inbox *inbox, const struct code *const *units, size_t unit_count, int64_t after_due, uint64_t after_id,
                struct inbox_duty *ret_places, int max)
{
    struct entry **heap = calloc(unit_count + 1, sizeof(struct entry *)); /* the next one of each unit */
    size_t waiting = 0;
    if (heap == NULL) {
        return -ENOMEM;
    }
    for (size_t i = 0; i < unit_count; i++) {
        struct entry *entry = entry_after(inbox, units[i], after_due, after_id);
        if (entry != NULL) {
            heap_add(heap, waiting++, entry);
        }
    }
    int count = 0;
    while (waiting > 0 && count < max) {
        struct entry *entry = heap[0];
        ret_places[count++] = (struct inbox_duty){.due_at = entry->due == INT64_MAX ? 0 : entry->due, .duty_id = entry->duty_id};
        heap[0] = RB_NEXT(entries, &unit->entries, entry);
        if (heap[0] == NULL) {
            heap[0] = heap[--waiting];
        }
        if (waiting > 0) {
            heap_sink(heap, waiting);
        }
    }
    free(heap);
    return count;
}

struct inbox *inbox_free(struct inbox *inbox)
{
    if (inbox == NULL) {
        return NULL;
    }
    while (inbox->all != NULL) {
        struct unit *next = inbox->all->next;
        free(inbox->all);
        inbox->all = next;
    }
    while (inbox->slabs != NULL) {
        struct slab *next = inbox->slabs->next;
        free(inbox->slabs);
        inbox->slabs = next;
    }
    free(inbox);
    return NULL;
}
