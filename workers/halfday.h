/*
 * halfday.h - the hours in which a citizen may be asked, and the half-days of the district
 *
 * Pure. Instants here are local: ms since 1970-01-01 00:00 of the district's own wall clock. A half-day is days since 1970 * 2,
 * plus 1 from noon on, as the dispatcher counts them.
 */
#ifndef HUYING_WORKERS_HALFDAY_H
#define HUYING_WORKERS_HALFDAY_H

#include <stdbool.h>
#include <stdint.h>

#define HALFDAY_SHIFTS_MAX 8

struct halfday_hours {
    uint32_t count;
    struct {
        int from_min, until_min; /* of the day; until is not in it any more */
    } at[HALFDAY_SHIFTS_MAX];
};

/* Reads `9-12 14-20` or `09:00-12:00 14:30-20:00`: 1 to 8 shifts, in order, 24:00 at most. False: these are not shifts. */
bool halfday_parse(const char *text, struct halfday_hours *ret);

/* Half-day of an instant. */
int64_t halfday_of(int64_t local_ms);

/* First instant from `local_ms` on that lies in the hours and in a half-day later than `after` (-1: any). */
int64_t halfday_next(const struct halfday_hours *hours, int64_t local_ms, int64_t after);

#endif
