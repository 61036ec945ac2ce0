/*
 * read.h - verbs that look: one case, lists of cases, the inbox
 */
#ifndef HUYING_CLIENTS_READ_H
#define HUYING_CLIENTS_READ_H

#include "clients/arguments.h"

enum exit_code read_case(struct session *session, const struct arguments *arguments);
enum exit_code read_cases(struct session *session, const struct arguments *arguments);
enum exit_code read_inbox(struct session *session, const struct arguments *arguments);

/* Prints clocks of an answer under a heading; their words are those of the language still. */
void read_show_clocks(json_t *clocks);

#endif
