/*
 * auth.h - the ZAP handler: who may open a connection
 *
 * Answers on inproc://zeromq.zap.01 in the same loop as the sockets that it guards (the questions come from ZeroMQ's I/O
 * threads, so nothing waits for itself). It must be open before any of them is bound: without a handler CURVE admits every key.
 * Domain `requests` takes any known key, `events` only keys that may listen. The answer's User-Id is the key's name, and the
 * property AUTH_KEY the public key that was shown. In plain mode every peer is the key `default`, and CURVE is refused, as NULL is
 * refused otherwise.
 */
#ifndef HUYING_SHELL_AUTH_H
#define HUYING_SHELL_AUTH_H

#include "base/log.h"
#include "dispatcher/shell/keyring.h"
#include "dispatcher/shell/zpoll.h"

#define AUTH_DOMAIN_REQUESTS "requests"
#define AUTH_DOMAIN_EVENTS "events"
#define AUTH_KEY "X-Key" /* property of every message of a connection, for zmq_msg_gets */

struct auth;

/* Binds the handler in `context` and watches it on `loop`. Borrows ring and log. Gives *ret. Returns 0 or a negative errno
 * (-EADDRINUSE: the context has a handler already). */
int auth_open(void *context, uv_loop_t *loop, struct keyring *ring, struct log *log, bool plain, struct auth **ret);

/* Stops watching; handles close with the loop. NULL is allowed. */
void auth_stop(struct auth *auth);

/* Closes the socket; the loop must have run dry since auth_stop. NULL is allowed; returns NULL. */
struct auth *auth_free(struct auth *auth);

#endif
