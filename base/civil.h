/*
 * civil.h - dates and times as a calendar on the wall has them (proleptic Gregorian), without any zone
 *
 * Pure.
 */
#ifndef HUYING_BASE_CIVIL_H
#define HUYING_BASE_CIVIL_H

#include <stdint.h>

struct civil {
    int32_t year;
    int32_t month, day; /* from 1 */
    int32_t hour, minute, second, ms;
};

/* Days since 1970-01-01 of a civil date, and back (the time of *ret is 0). */
int64_t civil_to_days(int32_t year, int32_t month, int32_t day);
void civil_from_days(int64_t days, struct civil *ret);

/* Days of a month, 28 to 31. */
int32_t civil_days_in_month(int32_t year, int32_t month);

/* Milliseconds since 1970-01-01 00:00 on the same wall, and back. Where the wall is in UTC, that is an instant. */
int64_t civil_ms(const struct civil *civil);
void civil_from_ms(int64_t ms, struct civil *ret);

/* The same from seconds (the ms of *ret are 0). */
void civil_from_s(int64_t s, struct civil *ret);

/* a / b, rounded down. b > 0. */
static inline int64_t civil_floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0 ? 1 : 0);
}

#endif
