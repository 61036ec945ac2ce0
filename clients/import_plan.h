/*
 * import_plan.h - what a file of complaints becomes: rows in the order of their instants, each under a request id of its own
 *
 * A request id comes from the row's reference (with the map's `system`); a row without one has the hash of the whole file and its
 * place in it. So the same file adds nothing twice, nor does a row with a reference in a file that was changed around it. A row
 * that cannot be understood is rejected here; the dispatcher sees only what has a chance. Of any size: the file is read once, and
 * what is kept of a row are some bytes (spill.h), by which it is read again when it is sent. Pure but for reading the file.
 */
#ifndef HUYING_CLIENTS_IMPORT_PLAN_H
#define HUYING_CLIENTS_IMPORT_PLAN_H

#include "clients/import_map.h"
#include "clients/names.h"
#include "clients/rejects.h"
#include "clients/spill.h"
#include "clients/tally.h"

#define IMPORT_ID_SIZE 40 /* text of a request id, terminated */

enum import_state {
    IMPORT_WAITING,
    IMPORT_SENT, /* no answer yet: it may be in or not */
    IMPORT_DONE,
    IMPORT_REPEATED, /* was there before */
    IMPORT_SAME,     /* the same row stands in the file before it */
    IMPORT_REJECTED,
};

struct import_row {
    uint64_t offset;       /* of the file */
    uint64_t reject;       /* of a rejected one: place in the plan's rejects */
    int64_t at_ms;         /* 0: the dispatcher's instant, when it is sent */
    uint64_t content;      /* hash of the submit's body */
    unsigned char key[16]; /* hash of system and reference; without a reference of what it says */
    uint32_t line;
    uint8_t state; /* enum import_state */
    bool named;    /* it has a reference */
};

/* What a file is read with. All of it is borrowed as long as the plan lives. */
struct import_source {
    const char *file;
    const struct import_map *map;  /* NULL: the columns are named like the fields */
    const struct zone *zone;       /* of the district */
    struct names *units, *matters; /* of the district; NULL: codes are taken as they stand, and names are not known */
    struct code district;          /* what a place is that the map's `unlisted` calls `unknown` */
    int64_t now_ms;                /* the dispatcher's; 0: limits are not compared with it */
    void (*on_bytes)(void *arg, uint64_t read, uint64_t size); /* now and then; may be NULL */
    void *arg;
};

struct import_plan {
    struct import_source source;
    struct sheet *sheet;
    uint32_t own_count; /* columns without those that a rejects file added */
    uint32_t row_count;
    struct import_row *rows;
    uint32_t *order; /* rows by instant; at equal instants as in the file */
    struct rejects rejects;
    struct tally unlisted;
    int32_t columns[IMPORT_FIELDS_MAX][IMPORT_COLUMNS_MAX]; /* of the file, by field */
    struct spill row_room, order_room;
    unsigned char file_hash[16];
    char *texts; /* of the row that was read last */
    size_t texts_room;
    struct proto_buffer body; /* that row's submit, as it is sent */
};

/* Reads the file. Without a map *ret_own_map (the caller frees) is made of the header. Gives *ret, which the caller frees. Returns
 * 0; -EINVAL: `faults`, which lives as long as the plan, says what is wrong with the file as a whole; -ENOMEM or another negative
 * errno (of the room for the plan: -ENOSPC). */
int import_plan_load(const struct import_source *source, struct faults *faults, struct import_map **ret_own_map,
                     struct import_plan **ret);

struct import_plan *import_plan_free(struct import_plan *plan);

/* Does the file say at which instants its rows happened? */
bool import_plan_has_instants(const struct import_plan *plan);

/* Reads a row that is not rejected again: plan->body is its submit's body, and *ret, unless NULL, the submit, whose texts borrow
 * from the plan until the next call. Returns 0; -ESTALE: the file has changed since it was read; another negative errno. */
int import_plan_submit(struct import_plan *plan, uint32_t row, struct submit_command *ret);

/* The fields of a row as they stand in the file, until the next row is read. As import_plan_submit. */
int import_plan_cells(struct import_plan *plan, uint32_t row, struct sheet_row *ret);

/* Request id of a row. Returns `ret`. */
char *import_plan_id(const struct import_plan *plan, uint32_t row, char ret[IMPORT_ID_SIZE]);

/* Marks a row as rejected. Texts are copied, what is too long is cut. Returns 0 or a negative errno. */
int import_plan_reject(struct import_plan *plan, uint32_t row, struct text code, struct text field, const char *what_to_do);

/* Why a rejected row was not taken. */
struct reject import_plan_why(const struct import_plan *plan, uint32_t row);

/* Gives the rejected rows in the order of the file: a rejects_next over a plan. */
bool import_plan_next_reject(const void *arg, uint32_t *cursor, struct rejected_row *ret);

/* How many rows are in a state. */
uint32_t import_plan_count(const struct import_plan *plan, enum import_state state);

#endif
