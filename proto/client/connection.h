/*
 * connection.h - one ZeroMQ socket that connects, and what its monitor says of it
 *
 * Inner part of libhuying. The socket reconnects by itself with growing, jittered pauses; the monitor tells when a handshake was
 * done, so that the owner sends only then and knows what was lost. One thread.
 */
#ifndef HUYING_PROTO_CLIENT_CONNECTION_H
#define HUYING_PROTO_CLIENT_CONNECTION_H

#include "proto/client/client.h"

struct connection {
    void *context;
    void *socket;
    void *monitor;
    bool up;
    uint32_t generation; /* counts handshakes done */
    int denied;          /* -EACCES: the key is not admitted; -EPROTO: plain against CURVE or the reverse; 0 */
    char *url;
    int64_t redial_at_ms; /* ZeroMQ gave the connection up: it is made anew at this instant; INT64_MAX: nothing to do */
    unsigned refusals;    /* in a row */
};

/* Opens a socket of ZeroMQ's type `type`. Returns 0 or a negative errno as client_open; on failure *ret is empty. */
int connection_open(const struct client_options *options, int type, struct connection *ret);

/* Closes it at once; what was not sent is dropped. An empty one is allowed. */
void connection_close(struct connection *connection);

/* Reads what the monitor has to say, and sets up, generation and denied. Connects anew when redial_at_ms has come: whoever waits
 * for the connection wakes up by then. */
void connection_update(struct connection *connection);

/* Waits until socket or monitor have something, at most timeout_ms (-1: for ever). Returns 0, or -EINTR. */
int connection_wait(struct connection *connection, int64_t timeout_ms);

/* Does the socket or its monitor have something to read right now? */
bool connection_readable(struct connection *connection);

/* Descriptor of a ZeroMQ socket; edge-triggered. */
int connection_descriptor(void *socket);

/* Instant of the monotonic clock, ms. */
int64_t connection_now_ms(void);

#endif
