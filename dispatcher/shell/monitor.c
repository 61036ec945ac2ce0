/* monitor.c - ZeroMQ's own events about a socket: two frames, number and value, then the address. */
#include "dispatcher/shell/monitor.h"

#include "dispatcher/shell/accepted.h"
#include "dispatcher/shell/zframe.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#define FAILED (ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL)
#define CHOICE 64 /* strangers that are looked at to choose from */
#define WATCHED (FAILED | ZMQ_EVENT_ACCEPTED | ZMQ_EVENT_DISCONNECTED)

/* A connection whose peer has not said a word that its key allows. */
struct stranger {
    UT_hash_handle hh; /* which keeps the order of their coming */
    int descriptor;
    bool cut; /* its end is on its way */
};

struct monitor {
    void *watched;
    void *socket;
    const char *name;
    struct log *log;
    struct zpoll poll;
    size_t connections, most, cut;
    struct stranger *strangers;
    void (*told)(void *arg, int descriptor, bool ended);
    void *told_arg;
};

static const char *reason(uint32_t value)
{
    switch (value) {
    case ZMQ_PROTOCOL_ERROR_ZMTP_MECHANISM_MISMATCH:
        return "it does not use the security of this socket (CURVE, or plain with --plain)";
    case ZMQ_PROTOCOL_ERROR_ZMTP_CRYPTOGRAPHIC:
    case ZMQ_PROTOCOL_ERROR_ZMTP_KEY_EXCHANGE:
        return "its keys do not fit: the server's public key may be an old one";
    default:
        return "it broke off: it must use the security of this socket, and the server's present public key";
    }
}

/* Which stranger goes? Of those that have been there longest the one that has said least: a client of ours says who it is at once,
 * and its handshake takes longer than strangers need to push on from behind. */
static struct stranger *next_to_go(const struct monitor *monitor)
{
    struct stranger *least = NULL;
    uint64_t least_bytes = UINT64_MAX;
    size_t seen = 0;
    for (struct stranger *stranger = monitor->strangers; stranger != NULL && seen < CHOICE && least_bytes > 0;
         stranger = stranger->hh.next) {
        if (stranger->cut) {
            continue;
        }
        uint64_t bytes = accepted_said(stranger->descriptor);
        if (bytes < least_bytes) {
            least = stranger;
            least_bytes = bytes;
        }
        seen++;
    }
    return least;
}

static void make_room(struct monitor *monitor)
{
    while (monitor->connections - monitor->cut > monitor->most) {
        struct stranger *stranger = next_to_go(monitor);
        if (stranger == NULL) {
            return;
        }
        stranger->cut = true;
        monitor->cut++;
        accepted_cut(stranger->descriptor);
    }
}

static void forget(struct monitor *monitor, int descriptor)
{
    struct stranger *stranger = NULL;
    HASH_FIND_INT(monitor->strangers, &descriptor, stranger);
    if (stranger == NULL) {
        return;
    }
    monitor->cut -= stranger->cut;
    HASH_DEL(monitor->strangers, stranger);
    free(stranger);
}

static void came(struct monitor *monitor, int descriptor)
{
    forget(monitor, descriptor);
    monitor->connections++;
    struct stranger *stranger = calloc(1, sizeof(*stranger));
    if (stranger == NULL) {
        return;
    }
    stranger->descriptor = descriptor;
    HASH_ADD_INT(monitor->strangers, descriptor, stranger);
    make_room(monitor);
}

static void went(struct monitor *monitor, int descriptor)
{
    forget(monitor, descriptor);
    monitor->connections -= monitor->connections > 0;
}

/* Reads one event. False: none is waiting. */
static bool receive(struct monitor *monitor)
{
    zmq_msg_t frame;
    uint16_t event = 0;
    uint32_t value = 0;
    char address[128] = "";
    zmq_msg_init(&frame);
    bool got = zframe_receive(monitor->socket, &frame) == 0;
    if (got && zmq_msg_size(&frame) == sizeof(event) + sizeof(value)) {
        const char *bytes = zmq_msg_data(&frame);
        memcpy(&event, bytes, sizeof(event));
        memcpy(&value, bytes + sizeof(event), sizeof(value));
    }
    while (got && zmq_msg_more(&frame) && zframe_receive(monitor->socket, &frame) == 0) {
        snprintf(address, sizeof(address), "%.*s", (int)zmq_msg_size(&frame), (const char *)zmq_msg_data(&frame));
    }
    zmq_msg_close(&frame);
    if (event == ZMQ_EVENT_ACCEPTED) {
        came(monitor, (int)value);
    } else if (event == ZMQ_EVENT_DISCONNECTED) {
        went(monitor, (int)value);
    }
    if ((event == ZMQ_EVENT_ACCEPTED || event == ZMQ_EVENT_DISCONNECTED) && monitor->told != NULL) {
        monitor->told(monitor->told_arg, (int)value, event == ZMQ_EVENT_DISCONNECTED);
    }
    if ((event & FAILED) != 0) {
        log_say(monitor->log, LOG_LEVEL_WARNING, "handshake_failed", "a peer did not get in at %s (%s): %s", monitor->name, address,
                reason(event == ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL ? value : 0));
    }
    return got;
}

static void on_event(void *arg)
{
    while (receive(arg)) {
        ;
    }
}

void monitor_tell(struct monitor *monitor, void (*told)(void *arg, int descriptor, bool ended), void *arg)
{
    monitor->told = told;
    monitor->told_arg = arg;
}

void monitor_limit(struct monitor *monitor, size_t most)
{
    monitor->most = most;
}

void monitor_known(struct monitor *monitor, int descriptor)
{
    on_event(monitor);
    forget(monitor, descriptor);
}

void monitor_look(struct monitor *monitor)
{
    on_event(monitor);
}

size_t monitor_connections(struct monitor *monitor)
{
    on_event(monitor);
    return monitor->connections;
}

int monitor_open(void *context, void *socket, const char *name, uv_loop_t *loop, struct log *log, struct monitor **ret)
{
    const int unbounded = 0; /* a full pipe here would stop ZeroMQ's I/O thread */
    char endpoint[64];
    struct monitor *monitor = calloc(1, sizeof(*monitor));
    if (monitor == NULL) {
        return -ENOMEM;
    }
    *monitor = (struct monitor){.watched = socket, .name = name, .log = log, .most = SIZE_MAX};
    snprintf(endpoint, sizeof(endpoint), "inproc://monitor.%s", name);
    int rc = 0;
    monitor->socket = zmq_socket(context, ZMQ_PAIR);
    if (monitor->socket == NULL || zmq_setsockopt(monitor->socket, ZMQ_RCVHWM, &unbounded, sizeof(unbounded)) != 0 ||
        zmq_socket_monitor(socket, endpoint, WATCHED) != 0 || zmq_connect(monitor->socket, endpoint) != 0) {
        rc = -errno;
    }
    if (rc == 0) {
        rc = zpoll_open(&monitor->poll, loop, monitor->socket, on_event, monitor);
        zpoll_alone(&monitor->poll);
    }
    if (rc != 0) {
        monitor_free(monitor);
        return rc;
    }
    *ret = monitor;
    return 0;
}

void monitor_stop(struct monitor *monitor)
{
    if (monitor == NULL || monitor->watched == NULL) {
        return;
    }
    zmq_socket_monitor(monitor->watched, NULL, 0);
    monitor->watched = NULL;
    zpoll_close(&monitor->poll);
}

struct monitor *monitor_free(struct monitor *monitor)
{
    if (monitor == NULL) {
        return NULL;
    }
    if (monitor->socket != NULL) {
        zmq_close(monitor->socket);
    }
    while (monitor->strangers != NULL) {
        forget(monitor, monitor->strangers->descriptor);
    }
    free(monitor);
    return NULL;
}
