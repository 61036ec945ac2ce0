/*
 * figures.h - figures: one metric by one grouping
 */
#ifndef HUYING_CLIENTS_FIGURES_H
#define HUYING_CLIENTS_FIGURES_H

#include "clients/arguments.h"

/* The verb `metrics`: without an id, what metrics there are. */
enum exit_code figures_run(struct session *session, const struct arguments *arguments);

#endif
