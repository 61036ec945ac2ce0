/*
 * explain.h - why this unit: which row of the list routes a matter at a place, and which one routed a case
 */
#ifndef HUYING_CLIENTS_EXPLAIN_H
#define HUYING_CLIENTS_EXPLAIN_H

#include "clients/arguments.h"

enum exit_code explain_run(struct session *session, const struct arguments *arguments);

#endif
