/*
 * local_time.h - a date and time as somebody's file writes it
 */
#ifndef HUYING_CONFIG_LOCAL_TIME_H
#define HUYING_CONFIG_LOCAL_TIME_H

#include "config/zone.h"

/* Instant of a text in a form of strptime(3), with English names of months whatever the locale; %z takes an offset, without it the
 * time is one of the zone (in a fold the first). Returns 0; -EINVAL: it has not this form, or there is no such day; -ERANGE: the
 * clocks skip it. */
int local_time_parse(const char *format, const struct zone *zone, const char *text, int64_t *ret_at_ms);

#endif
