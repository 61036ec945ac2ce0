/*
 * instant.h - instants as text, in RFC 3339
 *
 * Pure. The offset is the caller's: a worker knows the district's from the dispatcher.
 */
#ifndef HUYING_WORKERS_INSTANT_H
#define HUYING_WORKERS_INSTANT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Writes 2026-03-02T09:00:00.000+08:00. Returns `ret`. Requires size >= 40. */
const char *instant_print(int64_t at_ms, int64_t offset_ms, char *ret, size_t size);

/* Reads such an instant; `T` may be a blank, seconds and fraction may be left out, the offset (or Z) not. False: it is none. */
bool instant_parse(const char *text, int64_t *ret_at_ms);

#endif
