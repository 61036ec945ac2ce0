/*
 * ask.h - one question, and its answer as JSON
 */
#ifndef HUYING_CLIENTS_ASK_H
#define HUYING_CLIENTS_ASK_H

#include "clients/session.h"

#include <jansson.h>

/* Asks one query and gives its answer as JSON, which the caller owns. Says what is wrong. */
enum exit_code ask_view(struct session *session, enum query_type query, const void *body, json_t **ret);

#endif
