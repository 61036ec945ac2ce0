/*
 * client_uv.h - the client of client.h on a libuv loop
 *
 * Same behaviour; answers come through a callback, on the loop's thread.
 */
#ifndef HUYING_PROTO_CLIENT_CLIENT_UV_H
#define HUYING_PROTO_CLIENT_CLIENT_UV_H

#include "proto/client/client.h"

#include <uv.h>

struct client_uv;

/* An answer, or the deadline (reply->error). Borrowed for the call. May send; may close. */
typedef void client_uv_on_reply(void *arg, const struct client_reply *reply);
typedef void client_uv_on_closed(void *arg);

/* Opens on `loop`, which must outlive it. Gives *ret. Returns 0 or a negative errno as client_open. */
int client_uv_open(uv_loop_t *loop, const struct client_options *options, client_uv_on_reply *on_reply, void *arg,
                   struct client_uv **ret);

/* As client_send. The answer never comes before this returns. */
int client_uv_send(struct client_uv *client, const struct client_request *request);

size_t client_uv_in_flight(const struct client_uv *client);
bool client_uv_connected(const struct client_uv *client);

/* Closes; no answer comes any more. The memory is freed once the loop has run; then on_closed (may be NULL) is called. */
void client_uv_close(struct client_uv *client, client_uv_on_closed *on_closed);

#endif
