/*
 * number.h - case numbers that people can say: YYMMDD-NNNNN-C
 *
 * YYMMDD is the day of the district on which the case was received, NNNNN its running number in that day (five digits or, on a day
 * with more than 99,999 cases, more; at most 9,999,999), C a check digit by the Damm algorithm over all digits before it: it finds
 * every single wrong digit and every swap of neighbours. Pure.
 */
#ifndef HUYING_BASE_NUMBER_H
#define HUYING_BASE_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NUMBER_DAY_NO_MAX 9999999u /* cases of one day */
#define NUMBER_SIZE 24

/* Writes the number, terminated, and returns its length. */
int number_print(uint32_t day, uint32_t day_no, char buffer[NUMBER_SIZE]);

/* Reads a number, which needs no end; false when it is not one or the check digit is wrong. */
bool number_parse(const char *at, size_t size, uint32_t *ret_day, uint32_t *ret_day_no);

/* Is it written as a number is, whatever its check digit? */
bool number_looks(const char *at, size_t size);

/* Key of the NUMBER table. */
uint64_t number_key(uint32_t day, uint32_t day_no);

#endif
