/*
 * timers.h - a binary heap of instants that deletes lazily
 *
 * An entry says "look at this row at this instant"; whether the row still wants it is asked when the entry comes to the top, or
 * when the sweep of the store meets it. Total order: instant, kind, id, so that the same set comes out in the same order
 * whatever its history. 16 bytes an entry; the block grows by doubling, which for large blocks moves pages and copies nothing.
 */
#ifndef HUYING_STORE_TIMERS_H
#define HUYING_STORE_TIMERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum timer_kind { TIMER_RUNG, TIMER_CLAIM };

struct timer {
    int64_t at_ms;
    uint64_t key; /* kind in the top bit, id below */
};

struct timers {
    struct timer *heap;
    size_t count;
    size_t capacity;
    size_t live;  /* rows that want a timer; kept by the store */
    size_t swept; /* where the sweep goes on */
};

static inline struct timer timer_make(int64_t at_ms, enum timer_kind kind, uint64_t id)
{
    return (struct timer){.at_ms = at_ms, .key = (uint64_t)kind << 63 | id};
}

static inline enum timer_kind timer_kind(struct timer timer)
{
    return (enum timer_kind)(timer.key >> 63);
}

static inline uint64_t timer_id(struct timer timer)
{
    return timer.key << 1 >> 1;
}

/* Adds an entry. Returns 0 or -ENOMEM. */
int timers_push(struct timers *timers, struct timer timer);

/* Adds an entry out of order; timers_order must follow before anything else. Returns 0 or -ENOMEM. */
int timers_load(struct timers *timers, struct timer timer);

/* Makes a heap of what was loaded. */
void timers_order(struct timers *timers);

/* Removes the entry at a place of the heap (0: the earliest). Requires index < count. */
void timers_remove(struct timers *timers, size_t index);

void timers_deinit(struct timers *timers);

#endif
