/*
 * span.h - numbers as people write them in configuration: spans of time, shares, switches
 *
 * Decimal digits only: no 0x, no octal, no exponent. Each function returns NULL when it has understood, else a borrowed sentence
 * that says what to write instead.
 */
#ifndef HUYING_CONFIG_SPAN_H
#define HUYING_CONFIG_SPAN_H

#include <stdbool.h>
#include <stdint.h>

/* `5 d`, `2 h`, `30 min`, `90 s`, `1 ms`; `0` or `off` = 0. At most 3660 d. */
const char *span_parse(const char *text, int64_t *ret_ms);

/* A whole number in min..max. */
const char *span_number(const char *text, uint32_t min, uint32_t max, uint32_t *ret);

/* `90 %`, `87.5 %`: parts per million, 0..1,000,000. */
const char *share_parse(const char *text, uint32_t *ret_ppm);

/* `on`, `off`; also `true`, `false`, `yes`, `no`. */
const char *switch_parse(const char *text, bool *ret);

#endif
