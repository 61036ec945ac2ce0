/*
 * view.h - what the dispatcher says, as JSON for commands and webhooks
 *
 * Maps become objects with the same names; instants become RFC 3339 with the district's offset, 0 becomes null. Values are new
 * references; NULL: no memory.
 */
#ifndef HUYING_WORKERS_VIEW_H
#define HUYING_WORKERS_VIEW_H

#include "proto/reply.h"

#include <jansson.h>

/* The answer to a query, its lists of rows included. */
json_t *view_of_reply(const msgpack_object *body, enum query_type query, int64_t offset_ms);

/* One map of this shape; NULL: an event or record, whose shape its `type` names. */
json_t *view_of_map(const msgpack_object *map, const struct shape *shape, int64_t offset_ms);

/* Value of `key` as text, "" where there is none. Borrowed. */
const char *view_text(const json_t *view, const char *key);

/* Value of `key` as a number, 0 where there is none. */
int64_t view_number(const json_t *view, const char *key);

#endif
