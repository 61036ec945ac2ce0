/*
 * plan.h - what the load asks for: the same for the same seed
 *
 * A case is a story, a few commands one after the other; which story and how long its texts are follows from the seed and the
 * case's ordinal alone, so a command that is asked again has the same request id and the same bytes.
 */
#ifndef HUYING_TESTS_CRASH_PLAN_H
#define HUYING_TESTS_CRASH_PLAN_H

#include "proto/buffer.h"

#include <stdint.h>

#define PLAN_ID_SIZE 48

struct plan_command {
    char id[PLAN_ID_SIZE];    /* request id; of a submit also its `reference` */
    const char *name;         /* static */
    struct proto_buffer body; /* msgpack; the caller's, cleared before it is filled */
};

/* Number of commands of a case. Cases count from 0. */
uint32_t plan_steps(uint32_t seed, uint32_t which);

/* The command at `step` of a case. Requires step < plan_steps. Ends the process when memory is out. */
void plan_command(uint32_t seed, uint32_t which, uint32_t step, struct plan_command *ret);

#endif
