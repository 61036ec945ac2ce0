/*
 * sight.h - who may see a case: one answer for every door (commands, queries, pulls, events)
 *
 * An actor sees a case when it may act for a unit that the case has to do with: its lead, its place, the holder of any of its
 * duties, the caller of any of its calls; and when the matter is one that the key is for. Who acts for the desk sees every case.
 * What is not seen is answered, byte for byte, like what does not exist. Pure.
 */
#ifndef HUYING_CORE_SIGHT_H
#define HUYING_CORE_SIGHT_H

#include "dispatcher/core/tables.h"

struct sight {
    int32_t top;                 /* index of the unit whose subtree the actor acts for; -1: no unit of the district, sees nothing */
    bool all;                    /* acts for the desk: every case */
    const struct codes *matters; /* borrowed */
};

/* The sight of an actor of this unit and these matters. */
struct sight sight_of(const struct district *district, const struct code *unit, const struct codes *matters);

/* May the actor act for this unit? */
bool sight_covers(const struct district *district, const struct sight *sight, const struct code *unit);

/* May the actor see this case? Uses tables->district. Costs a walk over the case's duties and calls where lead and place are
 * others'.
 */
bool sight_case(const struct tables *tables, const struct sight *sight, const struct case_row *c);

/* Has the actor to do with it now: is the lead, the place, or the holder of an open duty the actor's? Of a case that it sees;
 * matters are not asked again. Who is through with a case still sees it, but may not write on it. */
bool sight_case_now(const struct tables *tables, const struct sight *sight, const struct case_row *c);

/* The units that a case has to do with, one after the other, some more than once: begin with sight_units_of. `now`: without those
 * whose duties are over, and without callers. */
struct sight_units {
    const struct case_row *c; /* borrowed */
    uint64_t duty, call;
    int step;
    bool now;
};
struct sight_units sight_units_of(const struct case_row *c, bool now);
bool sight_next_unit(const struct tables *tables, struct sight_units *units, struct code *ret);

/* A case under secrecy: the citizen asked for it, or it is a report 举报. Name and number are the desk's alone, which relays and
 * asks: nobody else has to contact the citizen. */
static inline bool sight_secret(const struct case_row *c)
{
    return c->dims.is_protected;
}

#endif
