/*
 * publisher.h - the event socket
 *
 * An XPUB: a message is two frames, the event's type as topic and the event. Who may connect is judged by the ZAP handler
 * (domain `events`). Events are a hint, never a promise: a subscriber that is PUBLISHER_HWM events behind misses some, sees it
 * by `prev`, and reads them again through the request socket. Sending never waits. One thread.
 */
#ifndef HUYING_SHELL_PUBLISHER_H
#define HUYING_SHELL_PUBLISHER_H

#include "base/log.h"
#include "dispatcher/shell/zpoll.h"
#include "proto/shape.h"

#include <zmq.h>

#define PUBLISHER_HWM 10000
#define PUBLISHER_SUBSCRIPTION_SIZE 4096 /* largest message that a subscriber may send; CURVE's handshake needs 600 of it */

struct publisher;

/* Borrows the bound socket. Gives *ret. Returns 0 or a negative errno. */
int publisher_open(void *xpub, uv_loop_t *loop, struct log *log, struct publisher **ret);

/* `heard` is called with each subscription that comes. */
void publisher_tell(struct publisher *publisher, void (*heard)(void *arg, zmq_msg_t *subscription), void *arg);

/* Sends one event to those who listen to its topic. */
void publisher_send(struct publisher *publisher, struct text topic, const void *data, size_t size);

/* Stops watching; handles close with the loop. NULL is allowed. */
void publisher_stop(struct publisher *publisher);

/* The loop must have run dry since publisher_stop. NULL is allowed; returns NULL. */
struct publisher *publisher_free(struct publisher *publisher);

#endif
