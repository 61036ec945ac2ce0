/* backoff.c - growing pauses with full jitter */
#include "workers/backoff.h"

int64_t backoff_bound_ms(const struct backoff *backoff, uint32_t attempt)
{
    int64_t bound_ms = backoff->base_ms;

    for (uint32_t i = 1; i < attempt && bound_ms < backoff->max_ms; i++) {
        bound_ms = bound_ms > INT64_MAX / 2 ? INT64_MAX : bound_ms * 2;
    }
    return bound_ms < backoff->max_ms ? bound_ms : backoff->max_ms;
}

/* splitmix64: any state is a good one. */
static uint64_t next_random(uint64_t *state)
{
    uint64_t x = *state += UINT64_C(0x9e3779b97f4a7c15);

    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

int64_t backoff_pause_ms(struct backoff *backoff, uint32_t attempt)
{
    uint64_t bound = (uint64_t)backoff_bound_ms(backoff, attempt);

    return (int64_t)(next_random(&backoff->state) % (bound + 1));
}
