/*
 * world.h - a small district over a real store, for tests that judge and apply without a dispatcher
 *
 * The store is real LMDB in a temporary folder; the district is made in code so that a test can turn each switch of its policy.
 * Units: D1 (district and desk), S1 and S2 (streets), C1 under S1 (community), G1 under C1 (grid), DA and DB (departments),
 * UT (utility). Matters: LAMP (led by the place's community), ROAD (led by the street, DB supports, DA may be called), PIPE (led by
 * the street, the list names DA alone for nothing), unknown (no row).
 */
#ifndef HUYING_TESTS_CORE_WORLD_H
#define HUYING_TESTS_CORE_WORLD_H

#include "config/district.h"
#include "config/zone.h"
#include "dispatcher/core/core.h"
#include "dispatcher/store/store.h"

enum { HOUR_MS = 3600000, DAY_MS = 86400000 };

struct world {
    char folder[64];
    struct store *store;
    struct tables tables;
    struct district district;
    struct unit nowhere; /* stands before them: what an index of -1 would read */
    struct unit units[8];
    struct matter matters[3];
    struct catalogue_row rows[3];
    struct calendar *calendars[2]; /* the built-in one; room for a test's own */
    int64_t now_ms;
    uint64_t last_seq;
    uint32_t requests;
    struct verdict *verdict;    /* of the last command */
    uint32_t roles;             /* of the actor; all but gateway at first */
    struct code unit;           /* of the actor; D1 at first */
    struct codes actor_matters; /* of the actor; none at first: every matter */
    const char *actor;
};

/* A new world at 2026-03-02 09:00 in Asia/Shanghai with every switch of the policy on. */
void world_open(struct world *world);
void world_close(struct world *world);

/* As new, without a new store: nothing was committed, so the store goes back to empty. Much faster. */
void world_again(struct world *world);

/* Gives every unit but UT an office calendar (Monday to Friday 9-12 and 13-17 by the clock of Shanghai) and the policy its limits
 * in working days and hours: handle 5 wd, sign 1 wd, contact 1 wd, route 1 wh, arrive 3 wd, finish 10 wd. `days`: notices such as
 * "2026-05-01 holiday" or "2026-05-09 workday", ascending; the last is NULL. Years without one are not known. Publishes the set. */
void world_office(struct world *world, const char *const *days);

/* The same with other notices, later: a set with a changed calendar. Cases are not settled yet. */
void world_new_days(struct world *world, const char *const *days);

/* Publishes the set in force, as the dispatcher does at start and on SIGHUP. */
void world_adopt(struct world *world);

/* Settles one case under the set in force. Returns the number of records. */
uint32_t world_settle(struct world *world, uint64_t case_id);

/* Instant of a wall-clock time in Shanghai, as "2026-03-06 17:00". */
int64_t world_at(const char *text);

/* Judges at now; applies when accepted. Returns the refusal. The body is in *command; actor, request id and instants are filled in.
 */
enum refusal world_do(struct world *world, struct command *command);

/* Judges only. */
enum refusal world_judge(struct world *world, struct command *command);

/* Moves time; every rung and claim on the way fires at its own instant. */
void world_wait(struct world *world, int64_t span_ms);

/* Sums the counters of a metric. */
struct counter world_count(struct world *world, enum metric metric);

/* Number of records of a type in the last verdict. */
uint32_t world_records(const struct world *world, enum record_type type);

struct code code_of(const char *s);

struct case_row world_case(struct world *world, uint64_t id);
/* Newest duty of a kind of a case; duty_id 0 = none. */
struct duty_row world_duty(struct world *world, uint64_t case_id, enum duty_kind kind);
/* Newest clock of a kind of a duty of the case, or of any (0): the test fails when there is no such clock. */
struct clock_row world_clock(struct world *world, uint64_t case_id, uint64_t duty_id, enum clock_kind kind);
/* Newest record of a type in the last verdict: the test fails when it has no such record. */
const struct record *world_record(const struct world *world, enum record_type type);

/* The bit of one role. */
static inline uint32_t world_role(enum role role)
{
    return UINT32_C(1) << role;
}

/* --- steps of a case; each asserts that it is accepted --- */
uint64_t world_submit(struct world *world, const char *matter, const char *place);
void world_act(struct world *world, enum command_type type, uint64_t case_id, uint64_t duty);
void world_answer(struct world *world, uint64_t case_id);
uint64_t world_call(struct world *world, uint64_t case_id, const char *unit); /* raised and waiting for the desk */
void world_dispatch(struct world *world, uint64_t case_id, const char *unit);
void world_finish(struct world *world, uint64_t case_id, enum finish_code code); /* signs, arrives, finishes the open respond */
enum refusal world_rate(struct world *world, uint64_t case_id, bool confirmed);
enum refusal world_followup(struct world *world, uint64_t case_id, enum said_solved solved, enum said_satisfied satisfied);

#endif
