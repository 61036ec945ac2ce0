/*
 * whole.h - whole numbers as people write them
 *
 * Pure. Decimal digits, with a minus before them or not; no blanks, no plus, no 0x.
 */
#ifndef HUYING_BASE_WHOLE_H
#define HUYING_BASE_WHOLE_H

#include <stdbool.h>
#include <stdint.h>

/* Reads a number from `min` to `max`. False (*ret untouched): it is not one. */
bool whole_parse(const char *text, int64_t min, int64_t max, int64_t *ret);

#endif
