/*
 * applying.h - what the apply functions of all families share (inside the core only)
 *
 * Apply reads rows and the record, nothing else: no policy, list, calendar or zone. It never refuses.
 */
#ifndef HUYING_CORE_APPLYING_H
#define HUYING_CORE_APPLYING_H

#include "dispatcher/core/core.h"

struct applying {
    const struct view *view;
    const struct record *record;
    struct case_row c; /* the record's case; case_id 0 = none (yet) */
    struct district_row d;
};

/* Brings c.rung_floor_at down to `at` where that is earlier. */
static inline void lower_floor(struct case_row *c, int64_t at)
{
    if (at < c->rung_floor_at) {
        c->rung_floor_at = at;
    }
}

/* Sets c.rung_floor_at to the earliest timer of the case, exactly; `changed` stands for its row that is not put yet. */
void apply_floor(struct applying *a, const struct clock_row *changed_clock, const struct duty_row *changed_duty);

void apply_command_taken(struct applying *a);
void apply_case(struct applying *a);
void apply_duty(struct applying *a);
void apply_clock(struct applying *a);
void apply_call(struct applying *a);

#endif
