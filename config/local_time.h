/*
 * local_time.h - instants as text in the time of a zone
 *
 * Zone NULL: UTC for printing, none for reading. Pure but for the zone that the caller lends.
 */
#ifndef HUYING_CONFIG_LOCAL_TIME_H
#define HUYING_CONFIG_LOCAL_TIME_H

#include "base/instant.h"
#include "config/zone.h"

/* Instant of a text in a form of strptime(3), with English names of months whatever the locale; %z takes an offset, without it the
 * time is one of the zone (in a fold the first). Returns 0; -EINVAL: it has not this form, or there is no such day; -ERANGE: the
 * clocks skip it. */
int local_time_parse(const char *format, const struct zone *zone, const char *text, int64_t *ret_at_ms);

/* Reads RFC 3339 as instant_read takes it, a local time of the zone, or a day, which is its first instant. In a fold the first.
 * Returns 0; -EINVAL: none of these; -ENODATA: local, and there is no zone; -ERANGE: the local time does not exist, the clocks skip
 * it.
 */
int local_time_read(const char *text, const struct zone *zone, int64_t *ret_at_ms);

/* Prints RFC 3339 with milliseconds and the zone's offset. Returns `ret`. */
char *local_time_print(int64_t at_ms, const struct zone *zone, char ret[INSTANT_SIZE]);

/* Prints `2011-10-01 00:00:00`, for tables. Returns `ret`. */
char *local_time_print_plain(int64_t at_ms, const struct zone *zone, char ret[INSTANT_SIZE]);

#endif
