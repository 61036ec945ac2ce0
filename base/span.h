/*
 * span.h - spans of time as people write and read them: `90 s`, `2 h`, `5 wd`, `13 d 23 h`
 *
 * Standing facts: pure but for the reader's language (base/i18n.h), in which spans are printed and sentences are given; reads the
 * English units alone. Decimal digits only: no 0x, no octal, no exponent. Natural time is ms.
 */
#ifndef HUYING_BASE_SPAN_H
#define HUYING_BASE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SPAN_SIZE 64 /* longest printed form and its end */
#define SPAN_DAYS_MAX INT64_C(3660)

/* What a span is counted in. */
struct span_unit {
    const char *name;
    int64_t ms;   /* of natural time; of a day 24 hours */
    bool days;    /* by the calendar's days, where what it is for distinguishes them from 24 hours */
    bool working; /* working time: how long it is, a calendar knows */
};

/* All units: `d`, `h`, `min`, `s`, `ms` from the largest to the smallest; then `nd` (as `d`), `wh` and `wd`. */
#define SPAN_UNITS 8
extern const struct span_unit span_units[SPAN_UNITS];

/* Reads a number and a unit, with or without blanks between them. NULL: it is not that. */
const struct span_unit *span_split(const char *text, int64_t *ret_count);

/* Reads natural time, `0 s` too. False: this is not natural time, or more than `most_ms`. */
bool span_read(const char *text, int64_t most_ms, int64_t *ret_ms);

/* Reads a number and a unit, or `off` or `0`, which give 0 `ms`; at most SPAN_DAYS_MAX. Returns NULL, or a borrowed sentence that
 * says what to write instead: `wanted` for what is neither. */
const char *span_or_off(const char *text, const char *wanted, const struct span_unit **ret_unit, int64_t *ret_count);

/* Reads natural time or `off`, as span_or_off. Returns NULL, or a borrowed sentence that says what to write instead. */
const char *span_parse(const char *text, int64_t *ret_ms);

/* Prints a span by its two largest units, such as `13 d 23 h`. Returns `ret`. */
char *span_print(int64_t span_ms, char ret[SPAN_SIZE]);

/* Prints a span exactly, such as `2 h 30 min`. `in_hours`: the hour is the largest unit. Returns `ret`. */
char *span_print_parts(int64_t span_ms, bool in_hours, char ret[SPAN_SIZE]);

#endif
