/*
 * metrics.h - figures: one metric by one grouping
 */
#ifndef HUYING_CLIENTS_METRICS_H
#define HUYING_CLIENTS_METRICS_H

#include "clients/arguments.h"

/* The verb `metrics`: without an id, what metrics there are. */
enum exit_code metrics_run(struct session *session, const struct arguments *arguments);

#endif
