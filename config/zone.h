/*
 * zone.h - time zones read from TZif files
 *
 * Reads the system's compiled zone files (RFC 8536, versions 1-4, with the footer's POSIX rule for instants after the last
 * transition). No use of the process's own zone, no globals. Instants are ms UTC; local times are civil fields.
 */
#ifndef HUYING_CONFIG_ZONE_H
#define HUYING_CONFIG_ZONE_H

#include "base/civil.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct zone;

/* Loads an IANA name such as Asia/Shanghai from `folder` (NULL: $TZDIR, else /usr/share/zoneinfo). Gives *ret (caller frees).
 * Returns 0, -ENOENT, -EBADMSG (not a TZif file), -EINVAL (a name with `..` or a leading slash), or another negative errno. */
int zone_load(const char *folder, const char *name, struct zone **ret);

/* What to tell who wrote the name, after a zone_load that gave r < 0 (not -ENOMEM): a borrowed end of a sentence. */
const char *zone_why(int r);

/* Offset from UTC in seconds, east positive, at an instant. */
int32_t zone_offset_s(const struct zone *zone, int64_t at_ms);

/* Civil time at an instant. */
void zone_civil(const struct zone *zone, int64_t at_ms, struct civil *ret);

enum civil_fit { CIVIL_ONE, CIVIL_FOLD, CIVIL_GAP };

/* Instant of a civil time. In a fold (twice) the first; in a gap (never) the instant that the offset before the gap gives. Says
 * which. */
enum civil_fit zone_instant(const struct zone *zone, const struct civil *civil, int64_t *ret_at_ms);

/* First instant of the local day that is `days` after the local day of `at_ms`. In a gap at midnight: the first instant after it.
 */
int64_t zone_day_start(const struct zone *zone, int64_t at_ms, int32_t days);

/* Instant of a wall-clock label: `ms` (0 to 24 h, which is the next day's 0 h) after midnight of a day since 1970-01-01. In a fold
 * the first; in a gap, through which the clock jumps, the instant of the change. So later labels never lie at earlier instants. */
int64_t zone_label(const struct zone *zone, int64_t day, int32_t ms);

/* The day, since 1970-01-01, that an instant belongs to where days begin at the label `day_start_ms` (less than 24 h). */
int64_t zone_day(const struct zone *zone, int64_t at_ms, int32_t day_start_ms);

/* Bytes of the file that the zone was read from, for a configuration's hash. Borrowed from the zone. */
const void *zone_data(const struct zone *zone, size_t *ret_size);

/* Takes NULL; returns NULL. */
struct zone *zone_free(struct zone *zone);

#endif
