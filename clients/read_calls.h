/*
 * read_calls.h - verbs that look at calls: lists of them, and one
 */
#ifndef HUYING_CLIENTS_READ_CALLS_H
#define HUYING_CLIENTS_READ_CALLS_H

#include "clients/arguments.h"

enum exit_code read_calls(struct session *session, const struct arguments *arguments);
enum exit_code read_call(struct session *session, const struct arguments *arguments);

#endif
