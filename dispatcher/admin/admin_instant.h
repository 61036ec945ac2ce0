/*
 * admin_instant.h - an instant for people: RFC 3339 with milliseconds, in the time of the district and with its offset
 */
#ifndef HUYING_DISPATCHER_ADMIN_INSTANT_H
#define HUYING_DISPATCHER_ADMIN_INSTANT_H

#include <stdint.h>

#define ADMIN_INSTANT_SIZE 40

struct zone; /* config/zone.h */

/* Writes `at_ms` (UTC) as 2026-10-01T08:30:00.000+08:00; zone NULL: in UTC, with Z. Returns ret. */
char *admin_instant(const struct zone *zone, int64_t at_ms, char ret[ADMIN_INSTANT_SIZE]);

#endif
