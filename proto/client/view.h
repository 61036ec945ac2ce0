/*
 * view.h - answers as JSON
 *
 * What came as msgpack becomes a jansson value: instants as RFC 3339 with an offset (none: null), ids and counts as numbers (no id:
 * 0), closed lists by their words. The shapes of the schema say which number is an instant. How an instant is written is the
 * caller's: some know the district's zone, some its offset. The caller owns what it gets; NULL: out of memory.
 */
#ifndef HUYING_PROTO_CLIENT_VIEW_H
#define HUYING_PROTO_CLIENT_VIEW_H

#include "proto/codec.h"
#include "proto/gen/schema.h"

#include <jansson.h>

#define VIEW_INSTANT_SIZE 64 /* longest written instant, with its end */

/* Writes an instant (ms UTC, 1..INSTANT_MAX). Borrows `arg`. */
struct view_time {
    void (*print)(const void *arg, int64_t at_ms, char ret[VIEW_INSTANT_SIZE]);
    const void *arg;
};

/* The answer to a query, its lists of rows included. */
json_t *view_of_reply(const msgpack_object *body, enum query_type query, struct view_time time);

/* The answer to a command. */
json_t *view_of_answer(const msgpack_object *body, struct view_time time);

/* One record or event: its `type` names its shape. */
json_t *view_of_record(const msgpack_object *record, struct view_time time);

/* A text of a view, or "" where there is none. Borrowed from the view. */
const char *view_text(const json_t *view, const char *key);

/* A number of a view, or 0. */
int64_t view_number(const json_t *view, const char *key);

#endif
