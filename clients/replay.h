/*
 * replay.h - a past season again: real requests at their own recorded instants
 */
#ifndef HUYING_CLIENTS_REPLAY_H
#define HUYING_CLIENTS_REPLAY_H

#include "clients/arguments.h"

/* The verb `replay`. Exit code 1 when the dispatcher refused a command; rows that the file itself rules out do not count as that.
 */
enum exit_code replay_run(struct session *session, const struct arguments *arguments);

#endif
