/*
 * inwords.h - answers in the reader's words
 *
 * A view names values of closed lists as the wire does. Before people see it, each becomes the word of their language; --json never
 * passes here. The shapes of the schema say which field is of which list, so a new one needs no code.
 */
#ifndef HUYING_CLIENTS_INWORDS_H
#define HUYING_CLIENTS_INWORDS_H

#include "proto/gen/schema.h"

#include <jansson.h>

/* Puts words in the place of names in one object; `none` stays, it is not shown. */
void inwords_object(json_t *object, const struct shape *shape);

/* The same in an answer to a query, its lists of rows included. */
void inwords_reply(json_t *view, enum query_type query);

/* The word for a text in field `key` of a record or event; the text itself where the field is of no closed list. Borrows both. */
const char *inwords_record(const char *type, const char *key, const char *text);

#endif
