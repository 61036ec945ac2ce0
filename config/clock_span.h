/*
 * clock_span.h - numbers as people write them in configuration: spans that clocks count, shares, switches
 *
 * Decimal digits only: no 0x, no octal, no exponent. Each function returns NULL when it has understood, else a borrowed sentence
 * that says what to write instead.
 */
#ifndef HUYING_CONFIG_CLOCK_SPAN_H
#define HUYING_CONFIG_CLOCK_SPAN_H

#include "base/span.h"
#include "proto/gen/schema.h"

#include <stdbool.h>
#include <stdint.h>

/* A limit as people write it. amount: ms for natural time and working hours, days for the two kinds of days; 0 = off. */
struct span {
    enum time_kind kind;
    int64_t amount;
};

/* `5 wd` working days, `4 wh` working hours, `5 d` or `5 nd` natural days; `2 h`, `30 min`, `90 s`, `1 ms` natural time; `0` or
 * `off` = off. At most 3660 days. */
const char *clock_span_parse(const char *text, struct span *ret);

/* Is it counted by a calendar's stretches of work? */
static inline bool span_is_working(struct span span)
{
    return span.kind == TIME_KIND_WORKING_HOURS || span.kind == TIME_KIND_WORKING_DAYS;
}

/* What to tell who writes working time in a district that has no calendar. */
extern const char span_without_calendar[]; /* who says it translates it */

/* Writes a span as clock_span_parse reads it, in the largest unit that fits. Returns ret. */
char *clock_span_text(struct span span, char ret[SPAN_SIZE]);

/* A whole number in min..max. */
const char *span_number(const char *text, uint32_t min, uint32_t max, uint32_t *ret);

/* `90 %`, `87.5 %`: parts per million, 0..1,000,000. */
const char *share_parse(const char *text, uint32_t *ret_ppm);

/* `on`, `off`; also `true`, `false`, `yes`, `no`. */
const char *switch_parse(const char *text, bool *ret);

#endif
