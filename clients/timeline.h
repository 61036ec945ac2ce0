/*
 * timeline.h - what happened on a case, in sentences
 */
#ifndef HUYING_CLIENTS_TIMELINE_H
#define HUYING_CLIENTS_TIMELINE_H

#include "clients/arguments.h"

#include <jansson.h>

/* The verb `case timeline`. */
enum exit_code timeline_run(struct session *session, const struct arguments *arguments);

/* Appends all records of a case to `ret`, oldest first. Says what is wrong. */
enum exit_code timeline_read(struct session *session, const struct show_case_query *which, json_t *ret);

/* Prints records of a timeline as a table, or `none` where there are none. */
void timeline_show(const json_t *records, const char *none);

/* Writes what a record says beyond its type, time and unit, in words, always terminated. */
void timeline_sentence(const json_t *record, char *ret, size_t size);

#endif
