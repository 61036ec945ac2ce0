/*
 * chance.h - what is drawn by lot, the same in every run of one seed
 *
 * Each part of a run (the world, the network, faults, the disk) has a stream of its own, so that more of one leaves the others as
 * they were.
 */
#ifndef HUYING_TESTS_SIMULATION_CHANCE_H
#define HUYING_TESTS_SIMULATION_CHANCE_H

#include <stdbool.h>
#include <stdint.h>

struct chance {
    uint64_t state;
};

static inline uint64_t chance_next(struct chance *chance)
{
    uint64_t z = chance->state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

/* A stream of its own for one part of a run. */
static inline struct chance chance_of(uint64_t seed, uint64_t part)
{
    struct chance mixed = {.state = seed * UINT64_C(0x2545f4914f6cdd1d) + part};

    return (struct chance){.state = chance_next(&mixed)};
}

/* 0 .. below - 1; 0 for `below` 0. */
static inline uint64_t chance_below(struct chance *chance, uint64_t below)
{
    uint64_t drawn = chance_next(chance);

    return below == 0 ? 0 : drawn % below;
}

static inline int64_t chance_between(struct chance *chance, int64_t least, int64_t most)
{
    return least + (int64_t)chance_below(chance, (uint64_t)(most - least) + 1);
}

/* 0 <= x < 1. */
static inline double chance_real(struct chance *chance)
{
    return (double)(chance_next(chance) >> 11) / 9007199254740992.0;
}

static inline bool chance_is(struct chance *chance, double share)
{
    return chance_real(chance) < share;
}

#endif
