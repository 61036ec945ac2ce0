/* cost.c - what the loop's work costs, by part, and how much of it there was */
#include "dispatcher/engine/cost.h"

/* What the watch of the message tells apart, in its order. */
static const enum loop_part sampled[] = {LOOP_PART_DECODE, LOOP_PART_JUDGE,  LOOP_PART_ENCODE,
                                         LOOP_PART_APPLY,  LOOP_PART_EVENTS, LOOP_PART_ANSWER};

void cost_init(struct cost *cost, int64_t (*steady_ns)(void))
{
    *cost = (struct cost){.steady_ns = steady_ns};
}

static uint64_t span(int64_t ns)
{
    return ns > 0 ? (uint64_t)ns : 0;
}

void cost_start(struct cost *cost)
{
    cost->lap_ns = cost->steady_ns != NULL ? cost->steady_ns() : 0;
    cost->inner_ns = 0;
}

/* What the present part took, without what was given to others already. The next begins. */
static uint64_t lap(struct cost *cost)
{
    if (cost->steady_ns == NULL) {
        return 0;
    }
    int64_t now_ns = cost->steady_ns();
    uint64_t took_ns = span(now_ns - cost->lap_ns - (int64_t)cost->inner_ns);
    cost->lap_ns = now_ns;
    cost->inner_ns = 0;
    return took_ns;
}

void cost_lap(struct cost *cost, enum loop_part part)
{
    cost->ns[part] += lap(cost);
    cost->times[part]++;
}

void cost_lap_commands(struct cost *cost)
{
    cost->unsplit_ns += lap(cost);
}

void cost_spent(struct cost *cost, enum loop_part part, int64_t ns)
{
    cost->ns[part] += span(ns);
    cost->times[part]++;
}

void cost_within(struct cost *cost, enum loop_part part, int64_t ns)
{
    cost_spent(cost, part, ns);
    cost->inner_ns += span(ns);
}

void cost_appended(struct cost *cost, uint32_t records, uint64_t bytes)
{
    cost->records += records;
    cost->journal_bytes += bytes;
    cost->flushes++;
}

void cost_checkpoint(struct cost *cost, int64_t took_ns, bool done)
{
    uint64_t ns = took_ns > 0 ? (uint64_t)took_ns : 0;
    cost->checkpoint_ns += ns;
    if (ns > cost->checkpoint_max_ns) {
        cost->checkpoint_max_ns = ns;
    }
    cost->checkpoints += done;
}

void cost_step(struct cost *cost, size_t messages, bool anything)
{
    cost->batches += messages > 0 || anything;
    cost->messages += messages;
    cost->commands += cost->step_commands;
    cost->queries += cost->step_queries;
    if (messages > cost->batch_max) {
        cost->batch_max = (uint32_t)messages;
    }
}

void cost_split(struct cost *cost)
{
    uint64_t all_ns = 0, so_far_ns = 0, given_ns = 0;
    for (size_t i = 0; i < sizeof(sampled) / sizeof(sampled[0]); i++) {
        all_ns += cost->sample_ns[sampled[i]];
    }
    if (all_ns == 0) {
        return; /* no sample has taken any time yet: it waits for one that has */
    }
    for (size_t i = 0; i < sizeof(sampled) / sizeof(sampled[0]); i++) {
        so_far_ns += cost->sample_ns[sampled[i]];
        /* Up to here, not for this part: so nothing is lost by rounding. */
        uint64_t until_ns = (uint64_t)((double)cost->unsplit_ns * ((double)so_far_ns / (double)all_ns));
        cost->ns[sampled[i]] += until_ns - given_ns;
        given_ns = until_ns;
    }
    cost->unsplit_ns -= given_ns;
}

void cost_sample_begin(struct cost *cost)
{
    cost->until_sample = cost->samples < COST_FIRST ? 1 : COST_EVERY;
    if (cost->steady_ns == NULL) {
        return;
    }
    cost->sampling = true;
    cost->part = LOOP_PART_DECODE;
    cost->part_ns = cost->steady_ns();
}

void cost_sample_enter(struct cost *cost, enum loop_part part)
{
    int64_t now_ns = cost->steady_ns();
    cost->sample_ns[cost->part] += span(now_ns - cost->part_ns);
    cost->times[cost->part] += cost->part != LOOP_PART_QUERY; /* each query is timed as such */
    cost->part = part;
    cost->part_ns = now_ns;
}

void cost_sample_end(struct cost *cost)
{
    cost_sample_enter(cost, LOOP_PART_DECODE);
    cost->sampling = false;
    if (++cost->samples < COST_WINDOW) {
        return;
    }
    /* The split of these; for the next, the older ones count for less and less. */
    cost_split(cost);
    cost->samples = COST_WINDOW / 2;
    for (size_t i = 0; i < sizeof(sampled) / sizeof(sampled[0]); i++) {
        cost->sample_ns[sampled[i]] /= 2;
    }
}
