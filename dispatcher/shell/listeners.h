/*
 * listeners.h - who listens at the event socket, for as long as they may
 *
 * A handshake is judged once; what it was judged by may change. So each connection is known from its first subscription on (before
 * that it hears nothing), by the descriptor that ZeroMQ gives with it, and is ended when its key is lost, changed, or may not hear
 * every event any more. It is ended too when its topics grow beyond LISTENERS_TOPIC_BYTES, for ZeroMQ keeps them in memory. One
 * thread.
 */
#ifndef HUYING_SHELL_LISTENERS_H
#define HUYING_SHELL_LISTENERS_H

#include "base/log.h"
#include "dispatcher/shell/keyring.h"
#include "dispatcher/shell/monitor.h"

#include <zmq.h>

#define LISTENERS_TOPIC_BYTES ((size_t)256 * 1024)

struct listeners;

/* Borrows all; `monitor` is that of the event socket, and tells its ends to nobody else. NULL: no memory. */
struct listeners *listeners_new(struct monitor *monitor, const struct keyring *ring, struct log *log);

/* One subscription, as the XPUB gives it; `arg` is the listeners. */
void listeners_heard(void *arg, zmq_msg_t *subscription);

/* Ends the connections of those who may not listen any more. */
void listeners_revise(struct listeners *listeners);

size_t listeners_count(const struct listeners *listeners);

/* NULL is allowed; returns NULL. */
struct listeners *listeners_free(struct listeners *listeners);

#endif
