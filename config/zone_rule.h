/*
 * zone_rule.h - the POSIX rule in the footer of a TZif file
 *
 * A text such as `EST5EDT,M3.2.0,M11.1.0` that says what holds after the last transition of the table (RFC 8536 section 3.3,
 * POSIX TZ with the extension of hours to -167..167). Pure; seconds UTC, offsets east positive.
 */
#ifndef HUYING_CONFIG_ZONE_RULE_H
#define HUYING_CONFIG_ZONE_RULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum zone_day_kind {
    ZONE_DAY_JULIAN, /* Jn: 1..365, 29 February is never counted */
    ZONE_DAY_ZERO,   /* n: 0..365, it is */
    ZONE_DAY_MONTH,  /* Mm.w.d: week w (5 = last) of month m, weekday d (0 = Sunday) */
};

struct zone_day {
    enum zone_day_kind kind;
    int32_t day;
    int32_t month, week, weekday;
    int32_t time_s; /* local, after midnight; may be negative or beyond a day */
};

struct zone_rule {
    int32_t std_s, dst_s; /* offsets */
    bool has_dst;
    struct zone_day start, end;
};

/* What holds at an instant, and between which instants. */
struct zone_span {
    int64_t from_s; /* first second; INT64_MIN: always */
    int64_t to_s;   /* first second after; INT64_MAX: for ever */
    int32_t offset_s;
};

/* Reads a rule of `size` bytes. False when it is not one. */
bool zone_rule_parse(const char *at, size_t size, struct zone_rule *ret);

/* The span around an instant under this rule alone. */
void zone_rule_span(const struct zone_rule *rule, int64_t at_s, struct zone_span *ret);

#endif
