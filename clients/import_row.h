/*
 * import_row.h - one row of a file of complaints, understood
 */
#ifndef HUYING_CLIENTS_IMPORT_ROW_H
#define HUYING_CLIENTS_IMPORT_ROW_H

#include "clients/import_plan.h"

#define IMPORT_WHAT_SIZE 1024

/* A row while it is being read, and what it says. */
struct import_reading {
    struct import_plan *plan;
    const struct sheet_row *row;
    bool counted;   /* what is not listed goes into the plan's tally */
    bool ambiguous; /* the fault is a name that several have: the map's `unlisted` is not about that */
    char *out;      /* next free byte of plan->texts */
    struct submit_command body;
    int64_t at_ms;
    enum refusal refusal; /* of the first fault; REFUSAL_NONE: none */
    uint32_t field;       /* of the fault; UINT32_MAX: the row as a whole */
    char what[IMPORT_WHAT_SIZE];
};

/* Reads a row into plan->texts. Returns 0, also where the row has a fault; -ENOMEM. */
int import_row_read(struct import_plan *plan, const struct sheet_row *row, bool counted, struct import_reading *ret);

#endif
