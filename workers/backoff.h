/*
 * backoff.h - growing pauses with full jitter
 *
 * Pure: the random state is the caller's, so that a seed gives the same pauses again.
 */
#ifndef HUYING_WORKERS_BACKOFF_H
#define HUYING_WORKERS_BACKOFF_H

#include <stdint.h>

struct backoff {
    int64_t base_ms; /* > 0 */
    int64_t max_ms;  /* >= base_ms */
    uint64_t state;  /* of the random numbers; 0 is allowed */
};

/* Largest pause before attempt `attempt` + 1, where `attempt` (from 1) attempts have failed: base, doubled each time, at most max.
 */
int64_t backoff_bound_ms(const struct backoff *backoff, uint32_t attempt);

/* A pause in 0 .. bound, evenly. */
int64_t backoff_pause_ms(struct backoff *backoff, uint32_t attempt);

#endif
