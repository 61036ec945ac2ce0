/*
 * time_words.h - how instants and spans are told to people
 *
 * Spans and limits in words of the reader's language, instants of views in the district's time. Pure but for the zone that the
 * caller lends. Zone NULL: UTC.
 */
#ifndef HUYING_CLIENTS_TIME_WORDS_H
#define HUYING_CLIENTS_TIME_WORDS_H

#include "base/instant.h"
#include "base/span.h"
#include "proto/client/view.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct zone; /* config/zone.h */

/* How views write instants: with the zone's offset. Borrows the zone. */
struct view_time zone_time(const struct zone *zone);

/* Does this kind of time (its word; NULL: none) count by a calendar? */
bool kind_works(const char *time_kind);

/* Prints a span of a kind of time exactly, such as `2 h 30 min`. Of working time the largest unit is the hour: how long a day is,
 * its calendar knows. Returns `ret`. */
char *span_print_exact(int64_t span_ms, const char *time_kind, char ret[INSTANT_SIZE]);

/* Prints a limit as it was written: `5 working days`, `1 natural day`, `4 h of working time`, `24 h`; "" for 0. Returns `ret`. */
char *limit_print(int64_t amount, const char *time_kind, char ret[INSTANT_SIZE]);

#endif
