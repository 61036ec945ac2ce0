/*
 * import_plan.h - what a file of complaints becomes: rows in the order of their instants, each under a request id of its own
 *
 * A request id comes from the row's reference (with the map's `system`); a row without one has the hash of the whole file and its
 * place in it. So the same file adds nothing twice, nor does a row with a reference in a file that was changed around it. A row
 * that cannot be understood is rejected here; the dispatcher sees only what has a chance. Pure but for reading the file.
 */
#ifndef HUYING_CLIENTS_IMPORT_PLAN_H
#define HUYING_CLIENTS_IMPORT_PLAN_H

#include "clients/import_map.h"

#define IMPORT_ID_SIZE 40 /* text of a request id, terminated */

enum import_state {
    IMPORT_WAITING,
    IMPORT_SENT, /* no answer yet: it may be in or not */
    IMPORT_DONE,
    IMPORT_REPEATED, /* was there before */
    IMPORT_REJECTED,
};

struct import_row {
    int64_t at_ms; /* 0: the dispatcher's instant, when it is sent */
    enum import_state state;
    uint32_t reject;      /* of a rejected one: index into the plan's rejects */
    unsigned char id[16]; /* hash that the request id is made of */
};

/* Why a row was not taken. */
struct import_reject {
    char code[40];  /* a refusal's */
    char field[40]; /* of submit; may be empty */
    char *what_to_do;
};

struct import_plan {
    struct table *table; /* owns the cells */
    bool marked;         /* the file began with a byte-order mark */
    uint32_t own_count;  /* columns without those that a rejects file added */
    struct import_row *rows;
    uint32_t *order; /* rows by instant; at equal instants as in the file */
    uint32_t row_count;
    struct import_reject *rejects;
    uint32_t reject_count, reject_capacity;
    int32_t columns[IMPORT_FIELDS_MAX]; /* of the file, by field; -1: none */
    const struct import_map *map;
    const struct zone *zone; /* of the district */
    char *texts;             /* of the row that was read last */
};

/* Reads the file. `map` NULL: the columns are named like the fields, and *ret_own_map (the caller frees) is the map then. `zone` is
 * the district's. Gives *ret, which borrows map and zone and which the caller frees. Returns 0; -EINVAL: `faults` says what is
 * wrong with the file as a whole; -ENOMEM. */
int import_plan_load(const char *file, const struct import_map *map, const struct zone *zone, struct faults *faults,
                     struct import_map **ret_own_map, struct import_plan **ret);

struct import_plan *import_plan_free(struct import_plan *plan);

/* Does the file say at which instants its rows happened? */
bool import_plan_has_instants(const struct import_plan *plan);

/* The submit of a row that is not rejected. Its texts borrow from the plan until the next call. */
void import_plan_submit(struct import_plan *plan, uint32_t row, struct submit_command *ret);

/* Request id of a row. Returns `ret`. */
char *import_plan_id(const struct import_plan *plan, uint32_t row, char ret[IMPORT_ID_SIZE]);

/* Marks a row as rejected. Texts are copied, what is too long is cut. Returns 0 or -ENOMEM. */
int import_plan_reject(struct import_plan *plan, uint32_t row, struct text code, struct text field, const char *what_to_do);

/* How many rows are in a state. */
uint32_t import_plan_count(const struct import_plan *plan, enum import_state state);

/* Names of the columns that a rejects file adds: `line`, `code`, `field`, `what_to_do`, with `reject_` before each where the file
 * has a column of such a name itself. */
#define IMPORT_ADDED_COUNT 4
void import_plan_added(const struct import_plan *plan, char ret[IMPORT_ADDED_COUNT][24]);

#endif
