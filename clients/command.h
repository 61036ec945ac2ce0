/*
 * command.h - verbs that are one command of the language
 */
#ifndef HUYING_CLIENTS_COMMAND_H
#define HUYING_CLIENTS_COMMAND_H

#include "clients/arguments.h"

/* Sends the command of the verb's table, filled from the words, and tells the answer. */
enum exit_code command_run(struct session *session, const struct arguments *arguments);

#endif
