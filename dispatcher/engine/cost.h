/*
 * cost.h - what the loop's work costs, by part, and how much of it there was
 *
 * Totals since the start; they only grow. Two stop watches, for readings of a clock cost more than some of the work:
 *
 * The watch of the step is read a few times a batch, where one part ends and the next begins, so its parts are whole and exact.
 * What is left between them, the time of the batch's commands, is known as a sum only.
 *
 * The watch of the message runs for one message in COST_EVERY and is read wherever that message goes from one part to the next.
 * What it finds in the last COST_WINDOW or so messages says how the sum of all is split: so the parts add up to what the loop
 * spent, and which of decode, judge, encode, apply, events and answer had how much of it is an estimate. A message that it leaves
 * alone costs a few instructions.
 *
 * Without a clock nothing is timed, and the counts are kept all the same. One thread.
 */
#ifndef HUYING_ENGINE_COST_H
#define HUYING_ENGINE_COST_H

#include "proto/gen/enums.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A prime, so that no rhythm of clients (four commands a case, batches of 32) keeps one kind of message from being looked at. */
#define COST_EVERY 31
#define COST_WINDOW 64
#define COST_FIRST 16 /* after the start each is looked at, so that a quiet district is not told by its first query alone */

struct cost {
    int64_t (*steady_ns)(void); /* NULL: nothing is timed */

    /* counts */
    uint64_t batches, messages, commands, queries, records, journal_bytes, flushes, replies, events, checkpoints;
    uint32_t batch_max;
    uint64_t ns[LOOP_PART_COUNT];
    uint64_t times[LOOP_PART_COUNT]; /* how often each was timed */
    uint64_t checkpoint_ns, checkpoint_max_ns;

    /* of the step: what it took is counted once, however often it is judged */
    uint32_t step_commands, step_queries;
    int64_t lap_ns;      /* reading at which the present part began */
    uint64_t inner_ns;   /* of this part, what was given to another already */
    uint64_t unsplit_ns; /* of commands, by no part yet */

    /* of the message */
    uint32_t until_sample; /* messages, this one included; 0 = begin with the next */
    bool sampling;
    enum loop_part part;
    int64_t part_ns; /* reading at which it began */
    uint32_t samples;
    uint64_t sample_ns[LOOP_PART_COUNT];
};

void cost_init(struct cost *cost, int64_t (*steady_ns)(void));

/* The watch of the step: starts it. What was since its last reading is nobody's. */
void cost_start(struct cost *cost);

/* A part ends here, and the next begins. Not for decode to answer. */
void cost_lap(struct cost *cost, enum loop_part part);

/* The batch's commands end here: their time is split by the samples. */
void cost_lap_commands(struct cost *cost);

/* Somebody else has timed this. A negative span counts as 0. */
void cost_spent(struct cost *cost, enum loop_part part, int64_t ns);

/* The same in the middle of the watch's present part, such as a query among commands: it is not counted there again. */
void cost_within(struct cost *cost, enum loop_part part, int64_t ns);

/* An append became durable. `bytes`: what it takes in the journal. */
void cost_appended(struct cost *cost, uint32_t records, uint64_t bytes);

/* Writing a checkpoint took so long, in whatever thread; a failed one costs time and is not counted. */
void cost_checkpoint(struct cost *cost, int64_t took_ns, bool done);

/* A step ends that took so many messages; `anything`: or left records without one. */
void cost_step(struct cost *cost, size_t messages, bool anything);

/* Splits what is not split yet, for whoever reads `ns`. */
void cost_split(struct cost *cost);

/* What follows is of the message; for cost_message and cost_enter. */
void cost_sample_begin(struct cost *cost);
void cost_sample_enter(struct cost *cost, enum loop_part part);
void cost_sample_end(struct cost *cost);

/* A message begins, with being decoded. */
static inline void cost_message(struct cost *cost)
{
    if (cost->until_sample-- <= 1) {
        cost_sample_begin(cost);
    }
}

/* The message goes on with this part. */
static inline void cost_enter(struct cost *cost, enum loop_part part)
{
    if (cost->sampling) {
        cost_sample_enter(cost, part);
    }
}

/* It has ended. */
static inline void cost_message_end(struct cost *cost)
{
    if (cost->sampling) {
        cost_sample_end(cost);
    }
}

#endif
