/*
 * admin_summary.h - what a set of configuration holds, for the person who is about to bring it into force
 *
 * Counts and ranges only, of a set without faults. Standing facts: reads a district, prints to standard output.
 */
#ifndef HUYING_ADMIN_SUMMARY_H
#define HUYING_ADMIN_SUMMARY_H

#include "config/district.h"

#include <jansson.h>

/* Prints units by tier and class, matters and fields, rows, matters without a row, calendars with their known years, and the
 * range of the limits. */
void admin_summary_print(const struct district *district);

/* Adds the same to an object. */
void admin_summary_json(const struct district *district, json_t *object);

#endif
