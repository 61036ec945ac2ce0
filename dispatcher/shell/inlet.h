/*
 * inlet.h - the sockets are always read, also while the loop stands still
 *
 * libzmq 4.3.4 ends the process when it writes to a connection that was reset while its pipe was full (its issue 4364): to answer a
 * peer's heartbeat, for one. So the pipes of our sockets have no high-water mark, and are always read instead: by the loop in each
 * turn (requests_read), and while it stands still by a thread of this file. What the thread read waits here, in a line for each
 * connection, within INLET_BYTES. The lines are served in turns, as a ROUTER serves its pipes; order within a connection is kept.
 * Beyond the bounds a message is dropped, as if its connection had broken: the client asks again under the same request id.
 *
 * The sockets belong to the loop's thread, but for the spans between inlet_away and inlet_back: when such a span grows long (a
 * disk that does not answer), a thread of this file reads them.
 */
#ifndef HUYING_SHELL_INLET_H
#define HUYING_SHELL_INLET_H

#include "base/log.h"

#include <stddef.h>
#include <zmq.h>

#define INLET_BYTES ((size_t)256 * 1024 * 1024)
#define INLET_CONNECTION_BYTES (INLET_BYTES / 4)
#define INLET_SUBSCRIPTIONS 4096

struct inlet;

/* Reads a ROUTER, and the subscriptions of an XPUB (may be NULL); both bound, and borrowed until inlet_free. Starts
 * the thread. Gives *ret. Returns 0 or a negative errno. */
int inlet_open(void *router, void *xpub, struct log *log, struct inlet **ret);

/* `heard` is called, in inlet_back, with each subscription that the thread has read. */
void inlet_tell(struct inlet *inlet, void (*heard)(void *arg, zmq_msg_t *subscription), void *arg);

/* The next frame of the ROUTER, into an initialised message, as zmq_msg_recv gives it. Returns 0; -EAGAIN: nothing waits; or
 * another negative errno. */
int inlet_receive(struct inlet *inlet, zmq_msg_t *frame);

/* The caller does not touch the sockets from here on ... */
void inlet_away(struct inlet *inlet);

/* ... until here; waits at most for a small batch of messages. */
void inlet_back(struct inlet *inlet);

/* Bytes that wait in the lines, and messages that were dropped since inlet_back; may be asked while the caller is away. */
size_t inlet_bytes(const struct inlet *inlet);
size_t inlet_dropped(const struct inlet *inlet);

/* Ends the thread and drops what waits. The sockets must still be open. NULL is allowed; returns NULL. */
struct inlet *inlet_free(struct inlet *inlet);

#endif
