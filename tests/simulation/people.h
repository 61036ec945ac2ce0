/*
 * people.h - what the people of a district do, from the table that script/drill uses too: script/drilling/people.csv
 *
 * A row says: when this happens (a duty of this kind is opened, a case closes, ...), so large a share of those with this role sends
 * this command, so many hours after another step, with these fields. Rows of one occasion with the same command are the ways in
 * which it may be done: at most one is taken. A row without a command is a number that the drill alone needs.
 *
 * Hours of work:  3         so many         0.5 to 4   between        exp 2 14   2 on average, at most 14
 *                 due 1 2   a share of what is left up to the due instant, 1 / (1 + 2) on average
 *                 late 6 30 after the due instant, mostly 6, at most 30     every 30   each 30, while the duty is open
 * Fields:         name=value; or name=value:share|value:share. A value that begins with @ is found by who fills the body
 *                 (letters.c); `none` leaves the field out; `failures` is no field: so many attempts fail before it.
 */
#ifndef HUYING_TESTS_SIMULATION_PEOPLE_H
#define HUYING_TESTS_SIMULATION_PEOPLE_H

#include "proto/gen/schema.h"
#include "tests/simulation/chance.h"

#include <stddef.h>

/* When somebody begins to do something: a duty of this kind is opened, or what the name says. */
#define OCCASIONS(X)                                                                                                               \
    X(ROUTE, "route")                                                                                                              \
    X(DISPATCH, "dispatch")                                                                                                        \
    X(LEAD, "lead")                                                                                                                \
    X(SUPPORT, "support")                                                                                                          \
    X(RESPOND, "respond")                                                                                                          \
    X(RATE, "rate")                                                                                                                \
    X(FOLLOWUP, "followup")                                                                                                        \
    X(INNER, "inner")                                                                                                              \
    X(RULE, "rule")                                                                                                                \
    X(OBJECTION, "objection")                                                                                                      \
    X(REFUSAL, "refusal")                                                                                                          \
    X(DECIDE, "decide")                                                                                                            \
    X(ARRIVAL, "arrival")                                                                                                          \
    X(CLOSED, "closed")

enum occasion {
#define OCCASION_ENUM(name, text) OCCASION_##name,
    OCCASIONS(OCCASION_ENUM)
#undef OCCASION_ENUM
        OCCASION_COUNT
};

enum people_time {
    PEOPLE_AT_ONCE,
    PEOPLE_BETWEEN,  /* a to b hours of work */
    PEOPLE_ABOUT,    /* a hours on average, at most b */
    PEOPLE_OF_LIMIT, /* a share of what is left up to the due instant, about a / (a + b) */
    PEOPLE_LATE,     /* after the due instant: a hours as a rule, at most b */
    PEOPLE_EVERY,    /* each a hours, as long as the duty is open */
};

struct people_choice {
    char *value;
    double share;
};

struct people_field {
    char *name;
    struct people_choice *choices;
    size_t count;
};

struct people_row {
    enum occasion occasion;
    enum command_type command;
    enum role role;
    int after; /* row of the step that it comes after, -1: the occasion itself */
    double share;
    enum people_time time;
    double a, b;
    struct people_field *fields;
    size_t field_count;
};

struct people {
    struct people_row *rows;
    size_t count;
};

/* Reads the table; ends the program with a sentence when it is wrong. Free with people_end. */
void people_begin(struct people *people, const char *path);
void people_end(struct people *people);

/* One of the values of a field. */
const char *people_value(const struct people_field *field, struct chance *chance);

/* The field of this name, or NULL. */
const struct people_field *people_field(const struct people_row *row, const char *name);

#endif
