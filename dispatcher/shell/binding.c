/* binding.c - socket options in one table, so that none is set on one socket and forgotten on the other. */
#include "dispatcher/shell/binding.h"

#include "base/i18n.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <zmq.h>

#define HANDSHAKE_MS 2000
#define KEEPALIVE_IDLE_S 15 /* silence until the system asks whether the peer's machine is still there, */
#define KEEPALIVE_EVERY_S 5 /* how often it asks again, */
#define KEEPALIVE_TIMES 3   /* and how often in vain before the connection ends */
#define UNTAKEN_MS 30000    /* for which a peer's machine may leave what was sent to it unacknowledged */
#define BACKLOG 1024

bool binding_is_local(const char *url)
{
    if (strncmp(url, "ipc://", 6) == 0) {
        return true;
    }
    if (strncmp(url, "tcp://", 6) != 0) {
        return false;
    }
    const char *host = url + 6;
    const char *port = strrchr(host, ':');
    char name[64];
    if (port == NULL || (size_t)(port - host) >= sizeof(name)) {
        return false;
    }
    memcpy(name, host, (size_t)(port - host));
    name[port - host] = '\0';
    struct in_addr four;
    if (inet_pton(AF_INET, name, &four) == 1) {
        return ntohl(four.s_addr) >> 24 == 127;
    }
    return strcmp(name, "[::1]") == 0;
}

static int set_numbers(void *socket, const struct binding *binding)
{
    const struct {
        int option, value;
    } numbers[] = {
        {ZMQ_HANDSHAKE_IVL, HANDSHAKE_MS},
        {ZMQ_TCP_KEEPALIVE, 1},
        {ZMQ_TCP_KEEPALIVE_IDLE, KEEPALIVE_IDLE_S},
        {ZMQ_TCP_KEEPALIVE_INTVL, KEEPALIVE_EVERY_S},
        {ZMQ_TCP_KEEPALIVE_CNT, KEEPALIVE_TIMES},
        {ZMQ_TCP_MAXRT, UNTAKEN_MS},
        {ZMQ_LINGER, -1}, /* see binding.h */
        {ZMQ_BACKLOG, BACKLOG},
        {ZMQ_SNDHWM, binding->hwm_messages},
        {ZMQ_RCVHWM, 0},
        {ZMQ_IPV6, strchr(binding->url, '[') != NULL},
        {ZMQ_ROUTER_MANDATORY, 1}, /* a full pipe and a gone peer are errors that we can see */
        {ZMQ_ROUTER_HANDOVER, 0},  /* with 1 a second client takes the first one's answers */
        {ZMQ_XPUB_VERBOSE, 1},     /* each subscription is shown: who listens has to be known */
    };
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        bool router_only = numbers[i].option == ZMQ_ROUTER_MANDATORY || numbers[i].option == ZMQ_ROUTER_HANDOVER;
        if ((router_only && binding->type != ZMQ_ROUTER) || (numbers[i].option == ZMQ_XPUB_VERBOSE && binding->type != ZMQ_XPUB)) {
            continue;
        }
        if (zmq_setsockopt(socket, numbers[i].option, &numbers[i].value, sizeof(int)) != 0) {
            return -errno;
        }
    }
    if (zmq_setsockopt(socket, ZMQ_MAXMSGSIZE, &binding->message_size_max, sizeof(int64_t)) != 0) {
        return -errno;
    }
    return 0;
}

static int secure(void *socket, const struct binding *binding)
{
    const int on = 1;
    if (zmq_setsockopt(socket, ZMQ_ZAP_DOMAIN, binding->domain, strlen(binding->domain)) != 0) {
        return -errno;
    }
    if (binding->server_secret == NULL) {
        return 0;
    }
    if (zmq_setsockopt(socket, ZMQ_CURVE_SERVER, &on, sizeof(on)) != 0 ||
        zmq_setsockopt(socket, ZMQ_CURVE_SECRETKEY, binding->server_secret, strlen(binding->server_secret) + 1) != 0) {
        return -errno;
    }
    return 0;
}

int binding_open(const struct binding *binding, void **ret_socket, char ret_endpoint[BINDING_ENDPOINT_SIZE], char *said)
{
    if (binding->server_secret == NULL && !binding_is_local(binding->url)) {
        snprintf(said, BINDING_SAID_SIZE,
                 _("plain is allowed on 127.0.0.1, [::1] or ipc only, not on %s: leave --plain out, or change the address"),
                 binding->url);
        return -EPERM;
    }
    void *socket = zmq_socket(binding->context, binding->type);
    if (socket == NULL) {
        snprintf(said, BINDING_SAID_SIZE, _("no socket for %s: %s"), binding->url, zmq_strerror(errno));
        return -errno;
    }
    int rc = set_numbers(socket, binding);
    if (rc == 0) {
        rc = secure(socket, binding);
    }
    if (rc == 0 && zmq_bind(socket, binding->url) != 0) {
        rc = -errno;
    }
    size_t size = BINDING_ENDPOINT_SIZE;
    if (rc == 0 && zmq_getsockopt(socket, ZMQ_LAST_ENDPOINT, ret_endpoint, &size) != 0) {
        rc = -errno;
    }
    if (rc != 0) {
        snprintf(said, BINDING_SAID_SIZE, _("cannot listen at %s: %s"), binding->url,
                 rc == -ENODEV       ? _("write the number of an address of this machine, or `*` for all")
                 : rc == -EADDRINUSE ? _("another process listens there already; end it, or name another address")
                                     : zmq_strerror(-rc));
        zmq_close(socket);
        return rc;
    }
    *ret_socket = socket;
    return 0;
}
