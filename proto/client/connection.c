/* connection.c - one ZeroMQ socket that connects, and what its monitor says of it */
#include "proto/client/connection.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <zmq.h>

#define RECONNECT_MS 50
#define RECONNECT_MS_MAX 2000
#define CONNECT_TIMEOUT_MS 5000
/* After a refused handshake: a key that is not admitted now may be in a minute. The pause doubles up to the most. */
#define REDIAL_MS 500
#define REDIAL_MS_MAX 30000
#define HEARTBEAT_MS 5000
#define HEARTBEAT_TIMEOUT_MS 15000

static int set_int(void *socket, int option, int value)
{
    return zmq_setsockopt(socket, option, &value, sizeof(value)) == 0 ? 0 : -errno;
}

static int set_keys(void *socket, const struct client_options *options)
{
    if (options->server_key[0] == '\0') {
        return 0;
    }
    if (!zmq_has("curve")) {
        return -ENOTSUP;
    }
    if (strlen(options->server_key) != CLIENT_KEY_SIZE - 1 || strlen(options->public_key) != CLIENT_KEY_SIZE - 1 ||
        strlen(options->secret_key) != CLIENT_KEY_SIZE - 1) {
        return -EINVAL;
    }
    if (zmq_setsockopt(socket, ZMQ_CURVE_SERVERKEY, options->server_key, CLIENT_KEY_SIZE) < 0 ||
        zmq_setsockopt(socket, ZMQ_CURVE_PUBLICKEY, options->public_key, CLIENT_KEY_SIZE) < 0 ||
        zmq_setsockopt(socket, ZMQ_CURVE_SECRETKEY, options->secret_key, CLIENT_KEY_SIZE) < 0) {
        return -EINVAL;
    }
    return 0;
}

static int set_options(void *socket, int type, const struct client_options *options)
{
    static const struct {
        int option, value;
    } values[] = {
        {ZMQ_LINGER, 0},
        {ZMQ_SNDHWM, 0},
        {ZMQ_RCVHWM, 0},
        {ZMQ_RECONNECT_IVL, RECONNECT_MS},
        {ZMQ_RECONNECT_IVL_MAX, RECONNECT_MS_MAX},
        {ZMQ_CONNECT_TIMEOUT, CONNECT_TIMEOUT_MS},
        {ZMQ_HEARTBEAT_IVL, HEARTBEAT_MS},
        {ZMQ_HEARTBEAT_TIMEOUT, HEARTBEAT_TIMEOUT_MS},
        {ZMQ_IPV6, 1},
    };

    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        int rc = set_int(socket, values[i].option, values[i].value);

        if (rc < 0) {
            return rc;
        }
    }
    /* Nothing waits in the pipe of a broken connection: the owner knows what has to be sent again. A subscriber's pipe must be
     * there at once, so that its subscriptions go out without it. */
    if (type == ZMQ_DEALER && set_int(socket, ZMQ_IMMEDIATE, 1) < 0) {
        return -errno;
    }
    return set_keys(socket, options);
}

static int open_monitor(struct connection *connection)
{
    char address[64];

    snprintf(address, sizeof(address), "inproc://monitor-%p", connection->socket);
    if (zmq_socket_monitor(connection->socket, address,
                           ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL |
                               ZMQ_EVENT_DISCONNECTED) < 0) {
        return -errno;
    }
    connection->monitor = zmq_socket(connection->context, ZMQ_PAIR);
    if (connection->monitor == NULL) {
        return -errno;
    }
    set_int(connection->monitor, ZMQ_LINGER, 0);
    return zmq_connect(connection->monitor, address) == 0 ? 0 : -errno;
}

int connection_open(const struct client_options *options, int type, struct connection *ret)
{
    struct connection connection = {.redial_at_ms = INT64_MAX};
    int rc;

    *ret = connection;
    connection.url = strdup(options->url);
    if (connection.url == NULL) {
        return -ENOMEM;
    }
    connection.context = zmq_ctx_new();
    if (connection.context == NULL) {
        rc = -errno;
        connection_close(&connection);
        return rc;
    }
    connection.socket = zmq_socket(connection.context, type);
    rc = connection.socket == NULL ? -errno : set_options(connection.socket, type, options);
    if (rc == 0) {
        rc = open_monitor(&connection);
    }
    if (rc == 0 && zmq_connect(connection.socket, options->url) < 0) {
        rc = errno == EPROTONOSUPPORT || errno == ENODEV ? -EINVAL : -errno;
    }
    if (rc < 0) {
        connection_close(&connection);
        return rc;
    }
    *ret = connection;
    return 0;
}

void connection_close(struct connection *connection)
{
    if (connection->monitor != NULL) {
        zmq_socket_monitor(connection->socket, NULL, 0);
        zmq_close(connection->monitor);
    }
    if (connection->socket != NULL) {
        zmq_close(connection->socket);
    }
    if (connection->context != NULL) {
        zmq_ctx_term(connection->context);
    }
    free(connection->url);
    *connection = (struct connection){.redial_at_ms = INT64_MAX};
}

/* A refusal ends ZeroMQ's own attempts. Half to all of the pause, so that many who were refused do not come back at once. */
static void plan_redial(struct connection *connection)
{
    unsigned doublings = connection->refusals < 6 ? connection->refusals : 6;
    int64_t pause_ms = (int64_t)REDIAL_MS << doublings;
    uint16_t jitter = 0;

    if (pause_ms > REDIAL_MS_MAX) {
        pause_ms = REDIAL_MS_MAX;
    }
    (void)!getrandom(&jitter, sizeof(jitter), 0);
    connection->refusals++;
    connection->redial_at_ms = connection_now_ms() + pause_ms / 2 + pause_ms / 2 * jitter / UINT16_MAX;
}

static void redial(struct connection *connection)
{
    connection->redial_at_ms = INT64_MAX;
    (void)zmq_disconnect(connection->socket, connection->url); /* what is left of the one that was given up */
    if (zmq_connect(connection->socket, connection->url) < 0) {
        plan_redial(connection);
    }
}

static void take_event(struct connection *connection, uint16_t event, uint32_t value)
{
    if (event == ZMQ_EVENT_HANDSHAKE_SUCCEEDED) {
        connection->up = true;
        connection->denied = 0;
        connection->refusals = 0;
        connection->redial_at_ms = INT64_MAX;
        connection->generation++;
    } else if (event == ZMQ_EVENT_DISCONNECTED) {
        connection->up = false;
    } else if (event == ZMQ_EVENT_HANDSHAKE_FAILED_AUTH) {
        connection->denied = -EACCES;
        plan_redial(connection);
    } else if (event == ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL) {
        if (value == ZMQ_PROTOCOL_ERROR_ZMTP_MECHANISM_MISMATCH) {
            connection->denied = -EPROTO;
        }
        plan_redial(connection);
    }
}

static void read_monitor(struct connection *connection)
{
    for (;;) {
        uint8_t frame[6];
        char address[8]; /* the second frame, an address that is not needed; cut off */
        uint16_t event;
        uint32_t value;

        if (zmq_recv(connection->monitor, frame, sizeof(frame), ZMQ_DONTWAIT) != (int)sizeof(frame)) {
            return;
        }
        zmq_recv(connection->monitor, address, sizeof(address), ZMQ_DONTWAIT);
        memcpy(&event, frame, sizeof(event));
        memcpy(&value, frame + sizeof(event), sizeof(value));
        take_event(connection, event, value);
    }
}

void connection_update(struct connection *connection)
{
    read_monitor(connection);
    if (connection->redial_at_ms != INT64_MAX && connection_now_ms() >= connection->redial_at_ms) {
        redial(connection);
    }
}

int connection_wait(struct connection *connection, int64_t timeout_ms)
{
    zmq_pollitem_t items[] = {{.socket = connection->socket, .events = ZMQ_POLLIN},
                              {.socket = connection->monitor, .events = ZMQ_POLLIN}};

    if (timeout_ms > INT_MAX) {
        timeout_ms = INT_MAX;
    }
    return zmq_poll(items, 2, (long)timeout_ms) < 0 ? -errno : 0;
}

static bool readable(void *socket)
{
    int events = 0;
    size_t size = sizeof(events);

    return zmq_getsockopt(socket, ZMQ_EVENTS, &events, &size) == 0 && (events & ZMQ_POLLIN);
}

bool connection_readable(struct connection *connection)
{
    return readable(connection->socket) || readable(connection->monitor);
}

int connection_descriptor(void *socket)
{
    int descriptor = -1;
    size_t size = sizeof(descriptor);

    zmq_getsockopt(socket, ZMQ_FD, &descriptor, &size);
    return descriptor;
}

int64_t connection_now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}
