/* client_uv.c - the client of client.h on a libuv loop */
#include "proto/client/client_uv.h"

#include <errno.h>
#include <stdlib.h>

enum { POLL_COUNT = 2 };

struct client_uv {
    struct client *client;
    uv_poll_t polls[POLL_COUNT];
    uv_timer_t timer;
    client_uv_on_reply *on_reply;
    client_uv_on_closed *on_closed;
    void *arg;
    unsigned open_handles;
    bool closing;
};

static void on_timer(uv_timer_t *timer);

static void arm(struct client_uv *uv)
{
    int64_t wait_ms = client_wait_ms(uv->client);

    if (wait_ms < 0) {
        uv_timer_stop(&uv->timer);
    } else {
        uv_timer_start(&uv->timer, on_timer, (uint64_t)wait_ms, 0);
    }
}

/* ZeroMQ's descriptors tell of changes only: everything has to be read before the loop sleeps again. */
static void drain(struct client_uv *uv)
{
    while (!uv->closing) {
        struct client_reply reply;
        int rc = client_receive(uv->client, 0, &reply);

        if (rc == -EINTR) {
            continue;
        }
        if (rc < 0) {
            break;
        }
        uv->on_reply(uv->arg, &reply);
    }
    if (!uv->closing) {
        arm(uv);
    }
}

static void on_timer(uv_timer_t *timer)
{
    drain(timer->data);
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
    (void)status;
    (void)events;
    drain(poll->data);
}

static void on_handle_closed(uv_handle_t *handle)
{
    struct client_uv *uv = handle->data;
    client_uv_on_closed *on_closed = uv->on_closed;
    void *arg = uv->arg;

    if (--uv->open_handles > 0) {
        return;
    }
    /* The descriptors belong to ZeroMQ: they may go only after libuv has let go of them. */
    client_close(uv->client);
    free(uv);
    if (on_closed != NULL) {
        on_closed(arg);
    }
}

static void close_handle(struct client_uv *uv, uv_handle_t *handle)
{
    handle->data = uv;
    uv_close(handle, on_handle_closed);
}

int client_uv_open(uv_loop_t *loop, const struct client_options *options, client_uv_on_reply *on_reply, void *arg,
                   struct client_uv **ret)
{
    struct client_uv *uv = calloc(1, sizeof(*uv));
    int descriptors[POLL_COUNT];

    if (uv == NULL) {
        return -ENOMEM;
    }
    uv->on_reply = on_reply;
    uv->arg = arg;
    int rc = client_open(options, &uv->client);
    if (rc < 0) {
        free(uv);
        return rc;
    }
    client_descriptors(uv->client, descriptors);
    uv_timer_init(loop, &uv->timer);
    uv->timer.data = uv;
    uv->open_handles = 1;
    for (unsigned i = 0; i < POLL_COUNT && rc == 0; i++) {
        rc = uv_poll_init(loop, &uv->polls[i], descriptors[i]);
        if (rc < 0) {
            break;
        }
        uv->open_handles++;
        uv->polls[i].data = uv;
        rc = uv_poll_start(&uv->polls[i], UV_READABLE, on_readable);
    }
    if (rc < 0) {
        client_uv_close(uv, NULL);
        return rc;
    }
    arm(uv);
    *ret = uv;
    return 0;
}

int client_uv_send(struct client_uv *uv, const struct client_request *request)
{
    int rc = client_send(uv->client, request);

    /* Sending may have swallowed the descriptor's edge: look once the loop comes round. */
    if (rc == 0 && !uv->closing) {
        uv_timer_start(&uv->timer, on_timer, 0, 0);
    }
    return rc;
}

size_t client_uv_in_flight(const struct client_uv *uv)
{
    return client_in_flight(uv->client);
}

bool client_uv_connected(const struct client_uv *uv)
{
    return client_connected(uv->client);
}

void client_uv_close(struct client_uv *uv, client_uv_on_closed *on_closed)
{
    unsigned polls = uv->open_handles - 1;

    if (uv->closing) {
        return;
    }
    uv->closing = true;
    uv->on_closed = on_closed;
    for (unsigned i = 0; i < polls; i++) {
        close_handle(uv, (uv_handle_t *)&uv->polls[i]);
    }
    close_handle(uv, (uv_handle_t *)&uv->timer);
}
