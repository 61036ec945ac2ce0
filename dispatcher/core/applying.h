/*
 * applying.h - what the apply functions of all families share (inside the core only)
 *
 * Apply reads rows and the record, nothing else: no policy, list, calendar or zone. It never refuses.
 */
#ifndef HUYING_CORE_APPLYING_H
#define HUYING_CORE_APPLYING_H

#include "dispatcher/core/core.h"

struct applying {
    const struct tables *tables;
    const struct record *record;
    const struct record_info *info; /* of the record */
    struct case_row *c;     /* the record's case, in its place; case_id 0 = none (yet). Its state is that after the record */
    enum case_state was;    /* its state before */
    struct district_row *d; /* in its place */
    /* The one row that the record's `applies` names, with its state after the record; put back afterwards. */
    struct duty_row duty;
    struct clock_row clock;
    struct call_row call;
    /* Where there is no row yet. */
    struct case_row no_case;
    struct district_row no_district;
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

/* One for each record that rows are made of: `void apply_duty_signed(struct applying *a)`. */
#define APPLY(NAME, name) void apply_##name(struct applying *a);
RECORDS_APPLIED(APPLY)
#undef APPLY

#endif
