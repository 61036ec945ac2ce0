/*
 * planted.h - bugs that the linker puts into the dispatcher, one for each oracle, to see it speak
 *
 * `simulate --plant NAME` turns one of them. They stand in the place of the dispatcher's own functions (--wrap), and do what these
 * do but for the bug. None is turned: the dispatcher is as it is.
 */
#ifndef HUYING_TESTS_SIMULATION_PLANTED_H
#define HUYING_TESTS_SIMULATION_PLANTED_H

#include <stdbool.h>
#include <stdio.h>

/* Name of the bug, the oracle that has to find it, what is wrong. */
#define PLANTED_BUGS(X)                                                                                                            \
    X(NO_FLUSH, "no-flush", "acknowledged", "every second time the journal is acknowledged without a flush")                       \
    X(SAYS_LOST, "says-lost", "acknowledged", "what may be in the journal is said not to be kept")                                 \
    X(FORGETS_IDS, "forgets-ids", "one-effect", "one request in five that comes again is taken for a new one")                     \
    X(NOT_CLOSED, "not-closed", "case-state", "the last follow-up does not close its case")                                        \
    X(DONE_BY_SIGNING, "done-by-signing", "duty-state", "one signature in twenty is taken for the result")                         \
    X(NOT_REPORTED, "not-reported", "call-state", "a call stays called when all called units have finished")                       \
    X(ANY_STATE, "any-state", "rules", "a note makes a case one that is handled again")                                            \
    X(INNER_SIGNS, "inner-signs", "inner", "what is handed on inside gets a clock of the district's")                              \
    X(NOBODY, "nobody", "somebody-acts", "an answered case in twenty that is not asked about is not closed")                       \
    X(CALL_STAYS, "call-stays", "call-has-duty", "a call stays open when its last rating is done")                                 \
    X(RELIEVES, "relieves", "lateness", "a late lead's duty ends by itself")                                                       \
    X(FIRES_AGAIN, "fires-again", "rung-once", "what has fired is forgotten at the notice")                                        \
    X(NEVER_FIRES, "never-fires", "rung-missed", "one clock in five has no notice")                                                \
    X(LOSES_EVENTS, "loses-events", "events", "one event in a thousand is not published")                                          \
    X(SECRET_STATE, "secret-state", "replay", "a row holds what no record says")                                                   \
    X(LUNCH, "lunch", "recount", "working time of more than a day is a second too long")                                           \
    X(STUCK, "stuck", "moves", "one case in fifty can not be answered")                                                            \
    X(TWO_HANDS, "two-hands", "lease", "a duty is handed out while somebody has it")                                               \
    X(TORN_IS_DAMAGE, "torn-is-damage", "restart", "a torn end of the journal is taken for damage")

/* Turns a bug on; false: no bug has this name. */
bool planted_turn(const char *name);

/* One `name oracle what is wrong` a line. */
void planted_list(FILE *out);

/* The dispatcher's process has ended; what follows looks at its files. */
void planted_over(void);

#endif
