/*
 * tally.h - values of a file that became something else, counted
 *
 * What the district does not have and a map turns into `unknown` is not a fault, and not a secret either.
 */
#ifndef HUYING_CLIENTS_TALLY_H
#define HUYING_CLIENTS_TALLY_H

#include <jansson.h>
#include <stdint.h>

#define TALLY_LISTED_MAX 20

struct tally_value {
    char field[40];
    char value[160]; /* as blank_print */
    char became[40];
    uint32_t line; /* first */
    uint64_t count;
};

struct tally {
    uint64_t total;
    uint64_t unlisted; /* in values beyond those that are listed */
    uint32_t count;
    struct tally_value at[TALLY_LISTED_MAX]; /* the first that came */
};

/* Counts one value of one row. */
void tally_add(struct tally *tally, const char *field, const char *value, const char *became, uint32_t line);

/* Prints a line a value on standard output, and how many stand beside. */
void tally_tell(const struct tally *tally);

/* {total, values: [{field, value, became, rows, line}], more}. */
json_t *tally_json(const struct tally *tally);

#endif
