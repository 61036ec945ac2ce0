/*
 * instant.h - instants and spans as people write and read them
 *
 * Instants are int64 ms UTC; people write RFC 3339, a local time of the district, or a day of the district. Pure but for the zone
 * that the caller lends. Zone NULL: UTC for printing, none for reading.
 */
#ifndef HUYING_CLIENTS_INSTANT_H
#define HUYING_CLIENTS_INSTANT_H

#include "proto/client/view.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct zone; /* config/zone.h */

#define INSTANT_SIZE 64 /* longest printed form and its end */

/* Reads `2011-10-01T00:00:00.000-04:00` (or Z; a blank for the T; parts of a second optional), the local time `2011-10-01
 * 00:00[:SS[.mmm]]`, or the day `2011-10-01`, which is the first instant of that day. In a fold the first. Returns 0; -EINVAL: none
 * of these; -ENODATA: local, and there is no zone; -ERANGE: the local time does not exist, the clocks skip it. */
int instant_parse(const char *text, const struct zone *zone, int64_t *ret_at_ms);

/* Prints RFC 3339 with milliseconds and the zone's offset. Returns `ret`. */
char *instant_print(int64_t at_ms, const struct zone *zone, char ret[INSTANT_SIZE]);

/* How views write instants: with the zone's offset. Borrows the zone. */
struct view_time zone_time(const struct zone *zone);

/* Prints `2011-10-01 00:00:00`, local, for tables. Returns `ret`. */
char *instant_print_local(int64_t at_ms, const struct zone *zone, char ret[INSTANT_SIZE]);

/* Prints a span by its two largest units, such as `13 d 23 h`. Returns `ret`. */
char *span_print(int64_t span_ms, char ret[INSTANT_SIZE]);

/* Does this kind of time (its word; NULL: none) count by a calendar? */
bool kind_works(const char *time_kind);

/* Prints a span of a kind of time exactly, such as `2 h 30 min`. Of working time the largest unit is the hour: how long a day is,
 * its calendar knows. Returns `ret`. */
char *span_print_exact(int64_t span_ms, const char *time_kind, char ret[INSTANT_SIZE]);

/* Prints a limit as it was written: `5 working days`, `1 natural day`, `4 h of working time`, `24 h`; "" for 0. Returns `ret`. */
char *limit_print(int64_t amount, const char *time_kind, char ret[INSTANT_SIZE]);

#endif
