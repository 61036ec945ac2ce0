/*
 * read.h - verbs that look: one case, lists of cases, the inbox
 */
#ifndef HUYING_CLIENTS_READ_H
#define HUYING_CLIENTS_READ_H

#include "clients/arguments.h"

#include <jansson.h>

enum exit_code read_case(struct session *session, const struct arguments *arguments);
enum exit_code read_cases(struct session *session, const struct arguments *arguments);
enum exit_code read_inbox(struct session *session, const struct arguments *arguments);

/* Asks one query and gives its answer as JSON, which the caller owns. Says what is wrong. */
enum exit_code read_query(struct session *session, enum query_type query, const void *body, json_t **ret);

#endif
