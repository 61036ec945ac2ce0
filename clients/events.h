/*
 * events.h - the stream of events, from any sequence on
 */
#ifndef HUYING_CLIENTS_EVENTS_H
#define HUYING_CLIENTS_EVENTS_H

#include "clients/arguments.h"

/* The verb `events`: one line an event, bounded pages over the request socket; with --wait it goes on asking. */
enum exit_code events_run(struct session *session, const struct arguments *arguments);

#endif
