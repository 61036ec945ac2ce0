/*
 * binding.h - server sockets with the caps and the security that both of ours share
 *
 * With a server key: CURVE, and every peer is shown to the ZAP handler under the socket's domain. Without: plain, allowed on
 * this machine only, and also shown to the handler. Also the place of the numbers for handshake and keepalive.
 *
 * No bound socket has heartbeats of its own or a bound on messages on its way in: libzmq 4.3.4 aborts the process when it writes to
 * a connection that was reset while its pipe was full (stream_engine_base.cpp, `!_io_error`; its issue 4364), be it its own
 * heartbeat or the answer to the peer's. Who owns such a socket must therefore always read it: inlet.h. Machines that are gone are
 * found by TCP keepalive within half a minute, connections that are gone on a machine that is there at once.
 *
 * Sockets linger without end: when ZeroMQ 4.3.4 ends lingering itself while a message of several frames is half sent, it aborts
 * the process (session_base.cpp, clean_pipes). Who closes a context must therefore bound the wait from outside.
 */
#ifndef HUYING_SHELL_BINDING_H
#define HUYING_SHELL_BINDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BINDING_ENDPOINT_SIZE 256
#define BINDING_SAID_SIZE 512

struct binding {
    void *context;
    int type;                  /* ZMQ_ROUTER, ZMQ_XPUB */
    const char *url;           /* a port may be 0 or `*` */
    const char *domain;        /* for the ZAP handler */
    const char *server_secret; /* Z85, 40 characters; NULL = plain */
    int hwm_messages;          /* per peer, on its way out */
    int64_t message_size_max;  /* a larger one ends the connection */
};

/* Makes and binds the socket (caller closes) and gives the endpoint that it really has. Returns 0, or a negative errno with a
 * sentence in `said` (BINDING_SAID_SIZE): -EPERM when plain is asked for on an address that others can reach. */
int binding_open(const struct binding *binding, void **ret_socket, char ret_endpoint[BINDING_ENDPOINT_SIZE], char *said);

/* Can only this machine reach the url: ipc, or tcp on a loopback address? */
bool binding_is_local(const char *url);

#endif
