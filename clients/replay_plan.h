/*
 * replay_plan.h - what a file of real requests becomes: rows understood, and steps in the order of time
 *
 * A row that cannot be replayed (a time that cannot be read, a target or close before opening, a place, matter or department that
 * the district does not have, an id that another row has) is rejected. Of any size: the file is read once, and what is kept of a
 * row are some bytes (spill.h). Pure but for reading the file.
 */
#ifndef HUYING_CLIENTS_REPLAY_PLAN_H
#define HUYING_CLIENTS_REPLAY_PLAN_H

#include "clients/rejects.h"
#include "clients/tally.h"
#include "config/replay_map.h"

enum replay_state {
    REPLAY_GOOD,
    REPLAY_SAME, /* the same row stands in the file before it */
    REPLAY_REJECTED,
};

/* Units and matters are indices into the map's. */
struct replay_row {
    uint64_t offset;  /* of the file */
    uint64_t reject;  /* of a rejected one: place among the plan's rejects */
    uint64_t content; /* hash of its fields */
    uint64_t case_id; /* 0: not known yet, or not there */
    int64_t opened_ms;
    int64_t target_ms; /* 0 = no limit */
    int64_t closed_ms; /* 0 = never closed */
    uint32_t line;
    int32_t place;   /* -1 = the district */
    int32_t by_hand; /* who leads where no row of the list fits: the street; -1 = the desk */
    int32_t department;
    int32_t matter; /* -1 = unknown */
    uint32_t route; /* index into the plan's routes */
    uint8_t channel, state;
    bool there, answered; /* found at the dispatcher before the replay */
    bool failed;          /* its submit was refused */
    char id[CODE_SIZE + 1];
};

struct replay_codes {
    struct code place, by_hand, department, matter;
};

/* A pair that the list is asked about once. */
struct replay_route {
    int32_t matter, place;
    bool fits; /* a row of the list routes it */
};

struct replay_step {
    int64_t at_ms;
    uint32_t row;
    bool closes;
};

struct replay_plan {
    const struct replay_map *map;
    struct sheet *sheet;
    int32_t columns[16];
    struct replay_row *rows; /* in the order of the file */
    uint32_t row_count;
    uint32_t same_count;
    uint32_t *by_id; /* good rows, sorted by id */
    uint32_t good_count;
    struct replay_step *steps; /* by instant; at equal instants openings first, then the order of the file */
    uint32_t step_count;
    struct replay_route *routes; /* sorted */
    uint32_t route_count;
    struct rejects rejects;
    struct tally unlisted;
    int64_t until_ms; /* the map's, else the last close; 0 when there is neither */
    struct spill row_room, id_room, step_room, route_room;
};

/* Reads the file. `until_ms` 0: the map's, else the last close; steps after it are left out. `on_bytes` (may be NULL) hears how far
 * it has come. Gives *ret, which borrows `map` and `faults` and which the caller frees. Returns 0; -EINVAL: `faults` says what is
 * wrong with the file; -ENOMEM or another negative errno (-ENOSPC: of the room for the plan). */
int replay_plan_load(const char *file, const struct replay_map *map, int64_t until_ms, struct faults *faults,
                     void (*on_bytes)(void *arg, uint64_t read, uint64_t size), void *arg, struct replay_plan **ret);

struct replay_plan *replay_plan_free(struct replay_plan *plan);

struct replay_codes replay_plan_codes(const struct replay_plan *plan, uint32_t row);

/* The text of a row's answer, read again from the file; borrowed until the next row is read. Returns 0; -ESTALE: the file has
 * changed; another negative errno. */
int replay_plan_answer(struct replay_plan *plan, uint32_t row, const char **ret);

/* Marks a row as rejected, unless it is so already. Returns 0 or a negative errno. */
int replay_plan_reject(struct replay_plan *plan, uint32_t row, struct text code, struct text field, const char *what_to_do);

/* A rejects_next over a plan. */
bool replay_plan_next_reject(const void *arg, uint32_t *cursor, struct rejected_row *ret);

#endif
