/*
 * view.h - answers as JSON
 *
 * What came as msgpack becomes a jansson value: instants as RFC 3339 with the district's offset (none: null), ids and counts as
 * numbers (no id: 0), closed lists by their words. The shapes of the schema say which number is an instant. The caller owns what
 * it gets; NULL: out of memory.
 */
#ifndef HUYING_CLIENTS_VIEW_H
#define HUYING_CLIENTS_VIEW_H

#include "proto/codec.h"
#include "proto/gen/schema.h"

#include <jansson.h>

struct zone; /* config/zone.h */

/* The answer to a query, its lists of rows included. */
json_t *view_of_reply(const msgpack_object *body, enum query_type query, const struct zone *zone);

/* The answer to a command. */
json_t *view_of_answer(const msgpack_object *body, const struct zone *zone);

/* One record or event. */
json_t *view_of_record(const msgpack_object *record, const struct zone *zone);

/* A text of a view, or "" where there is none. Borrowed from the view. */
const char *view_text(const json_t *view, const char *key);

/* A number of a view, or 0. */
int64_t view_number(const json_t *view, const char *key);

#endif
