/*
 * civil.h - civil dates and times, and days counted (proleptic Gregorian)
 *
 * Pure. Of no zone: zone.h says when a civil time is.
 */
#ifndef HUYING_CONFIG_CIVIL_H
#define HUYING_CONFIG_CIVIL_H

#include <stdint.h>

struct civil {
    int32_t year;
    int32_t month, day; /* from 1 */
    int32_t hour, minute, second, ms;
};

/* Days since 1970-01-01 of a civil date, and back: the time of day is 0 then. */
int64_t civil_to_days(int32_t year, int32_t month, int32_t day);
void civil_from_days(int64_t days, struct civil *ret);

/* a / b, rounded down. b > 0. */
static inline int64_t civil_floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0 ? 1 : 0);
}

#endif
