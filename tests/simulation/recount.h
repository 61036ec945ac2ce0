/*
 * recount.h - working time and clocks, recounted by hand: day by day from the week and the days by notice, without the calendar's
 * tables
 *
 * Slow and simple on purpose. For zones whose wall clock does not change within a year of the run.
 */
#ifndef HUYING_TESTS_SIMULATION_RECOUNT_H
#define HUYING_TESTS_SIMULATION_RECOUNT_H

#include "config/calendar.h"
#include "tests/simulation/model.h"

/* Time that counts in [from, until). */
int64_t recount_counted(const struct calendar *calendar, enum time_kind kind, int64_t from_at, int64_t until_at);

/* The last instant in time of a span. */
int64_t recount_due(const struct calendar *calendar, int64_t from_at, struct span span);

/* Looks at a record about clocks and keeps the model's clocks. Returns NULL, or a sentence (lives until the next call) on what the
 * record says otherwise. */
const char *recount_take(struct model *model, const struct record *record);

#endif
