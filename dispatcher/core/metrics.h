/*
 * metrics.h - the metrics as folds over records: one table, and what each record adds to the counters
 *
 * Sources: domain.md 8, lifecycle 4. A metric has an id and a version; a changed definition is a new version. docs/metrics.md is
 * printed from the table. Counters are kept per quarter hour of the metric's own date, per accountable unit and dims (tables.h), so
 * a query adds them up for any range of days and any subtree. Every item is judged once; a stop that is taken back takes its item
 * back. Pure.
 */
#ifndef HUYING_CORE_METRICS_H
#define HUYING_CORE_METRICS_H

#include "dispatcher/core/tables.h"
#include "proto/record.h"

struct metric_info {
    const char *name;
    const char *title; /* 中文 */
    uint32_t version;
    uint32_t scale; /* num counts in 1/scale */
    const char *numerator;
    const char *denominator;
    const char *date;                        /* what instant decides the period */
    const char *exclusions[COUNTER_REASONS]; /* by position in struct counter; NULL = unused */
};

const struct metric_info *metric_info(enum metric metric);

#define METRIC_SLOT_MS INT64_C(900000)

/* Quarter hour of an instant (>= 0). */
uint32_t metric_slot(int64_t at_ms);

/* The item of a clock as the counters should hold it: call after its row has changed, before it is put. Takes back what `clock`
 * says is counted when `counted` differs. */
void metrics_count_clock(const struct tables *tables, struct clock_row *clock, uint8_t counted);

/* Excludes the item of a clock that became void. */
void metrics_void_clock(const struct tables *tables, const struct clock_row *clock);

/* Holds (or, with hold false, takes back) the duration of a stopped handle clock. */
void metrics_count_duration(const struct tables *tables, struct clock_row *clock, int64_t at_ms, bool hold);

/* Brings what a case contributes to answered_rate and closed_rate up to date. */
void metrics_count_case(const struct tables *tables, struct case_row *c);

/* Counts what a follow-up found out. */
void metrics_count_followup(const struct tables *tables, const struct record *record);

#endif
