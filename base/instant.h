/*
 * instant.h - instants as text, in RFC 3339
 *
 * Instants are int64 ms UTC. How far a place is east of UTC is the caller's: a district's zone tells it, or the dispatcher does.
 * Pure but for the C library's snprintf.
 */
#ifndef HUYING_BASE_INSTANT_H
#define HUYING_BASE_INSTANT_H

#include "base/civil.h"

#include <stdbool.h>
#include <stdint.h>

#define INSTANT_SIZE 64       /* longest printed form and its end */
#define INSTANT_UTC INT32_MAX /* for an offset: UTC, written as Z */

/* Writes 2026-03-02T09:00:00.000+08:00. An offset that has seconds, as old local times had, is told in UTC: RFC 3339 has none.
 * Returns `ret`. */
char *instant_print(int64_t at_ms, int32_t offset_s, char ret[INSTANT_SIZE]);

/* Writes 2026-03-02 09:00:00, for tables. Returns `ret`. */
char *instant_print_plain(int64_t at_ms, int32_t offset_s, char ret[INSTANT_SIZE]);

enum instant_form {
    INSTANT_NONE,   /* not an instant, or no such day */
    INSTANT_DAY,    /* 2026-03-02 */
    INSTANT_LOCAL,  /* with a time, in some place's own */
    INSTANT_OFFSET, /* with a time and an offset */
};

/* Reads `2026-03-02T09:00:00.000+08:00`: a blank may stand for the T, Z for the offset; parts of a second, seconds, the offset, and
 * the time may be left out. *ret_offset_s is set with INSTANT_OFFSET only. */
enum instant_form instant_read(const char *text, struct civil *ret, int32_t *ret_offset_s);

/* Reads one with its offset. False: this is not an instant with an offset; *ret_at_ms stays. */
bool instant_parse(const char *text, int64_t *ret_at_ms);

#endif
