/*
 * replay_plan.h - what a file of real requests becomes: rows understood, and steps in the order of time
 *
 * A row that cannot be replayed (a local time in a gap, a target or close before opening, a department that the district lacks) is
 * left out and listed. Pure but for reading the file.
 */
#ifndef HUYING_CLIENTS_REPLAY_PLAN_H
#define HUYING_CLIENTS_REPLAY_PLAN_H

#include "config/faults.h"
#include "config/replay_map.h"
#include "config/table.h"

struct replay_row {
    uint32_t line;  /* of the file */
    const char *id; /* borrowed from the table, as the texts below */
    int64_t opened_ms;
    int64_t target_ms; /* 0 = no limit */
    int64_t closed_ms; /* 0 = never closed */
    struct code matter;
    struct code place;
    struct code by_hand; /* who leads where no row of the list fits: the street, else the desk */
    struct code department;
    enum channel channel;
    const char *answer;
    uint32_t route; /* index into the plan's routes */
};

/* A pair that the list is asked about once. */
struct replay_route {
    struct code matter;
    struct code place;
    bool fits; /* a row of the list routes it */
};

struct replay_step {
    int64_t at_ms;
    uint32_t row;
    bool closes;
};

struct replay_refused {
    uint32_t line;
    const char *id;
    const char *why;
};

struct replay_plan {
    struct table *table;     /* owns the texts */
    struct replay_row *rows; /* file order, without the refused ones */
    uint32_t row_count;
    struct replay_refused *refused;
    uint32_t refused_count;
    struct replay_step *steps; /* by instant; at equal instants openings first, then the order of the file */
    uint32_t step_count;
    struct replay_route *routes; /* sorted */
    uint32_t route_count;
    int64_t until_ms; /* the map's, else the last close; 0 when there is neither */
};

/* Reads the file. `until_ms` 0: the map's, else the last close; steps after it are left out. Gives *ret, which borrows from `map`
 * and which the caller frees. Returns 0; -EINVAL: `faults` says what is wrong with the file; -ENOMEM. */
int replay_plan_load(const char *file, const struct replay_map *map, int64_t until_ms, struct faults *faults,
                     struct replay_plan **ret);

struct replay_plan *replay_plan_free(struct replay_plan *plan);

#endif
