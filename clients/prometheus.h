/*
 * prometheus.h - numbers of an answer in the text format of Prometheus
 *
 * https://prometheus.io/docs/instrumenting/exposition_formats/, version 0.0.4, in English whatever the reader's language: programs
 * read it. Which numbers there are, with their names and sentences, is the schema's (proto/gen/watched.h).
 */
#ifndef HUYING_CLIENTS_PROMETHEUS_H
#define HUYING_CLIENTS_PROMETHEUS_H

#include <jansson.h>

/* Prints those numbers of an answer to `status` that it has to standard output. */
void prometheus_print(const json_t *view);

#endif
