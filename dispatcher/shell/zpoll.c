/* zpoll.c - see zpoll.h for the trap that this file is about. */
#include "dispatcher/shell/zpoll.h"

#include <assert.h>
#include <errno.h>
#include <zmq.h>

/* Reading ZMQ_EVENTS also empties the descriptor's signal, so it is read even while nobody wants the messages: otherwise epoll
 * would report the descriptor again and again. */
static bool readable(const struct zpoll *poll)
{
    int events = 0;
    size_t size = sizeof(events);
    int rc;
    do {
        rc = zmq_getsockopt(poll->socket, ZMQ_EVENTS, &events, &size);
    } while (rc != 0 && errno == EINTR);
    assert(rc == 0);
    return (events & ZMQ_POLLIN) != 0;
}

/* Is there something to read? One look, or none where it would find nothing. */
static bool look(struct zpoll *poll)
{
    if (poll->quiet) {
        return false;
    }
    bool found = readable(poll);
    poll->quiet = poll->alone && !found;
    return found;
}

static void on_watch(uv_poll_t *handle, int status, int events)
{
    struct zpoll *poll = handle->data;
    poll->quiet = false; /* the check handle runs next */
    (void)status;
    (void)events;
}

static void on_spin(uv_idle_t *handle)
{
    (void)handle; /* an active idle handle keeps the loop from sleeping */
}

static void on_before(uv_prepare_t *handle)
{
    struct zpoll *poll = handle->data;
    if (look(poll) && poll->wanted) {
        uv_idle_start(&poll->spin, on_spin);
    }
}

static void on_after(uv_check_t *handle)
{
    struct zpoll *poll = handle->data;
    uv_idle_stop(&poll->spin);
    if (look(poll) && poll->wanted) {
        poll->ready(poll->arg);
    }
}

int zpoll_open(struct zpoll *poll, uv_loop_t *loop, void *socket, void (*ready)(void *arg), void *arg)
{
    int fd = -1;
    size_t size = sizeof(fd);
    if (zmq_getsockopt(socket, ZMQ_FD, &fd, &size) != 0) {
        return -errno;
    }
    *poll = (struct zpoll){.socket = socket, .ready = ready, .arg = arg, .wanted = true};
    int rc = uv_poll_init(loop, &poll->watch, fd);
    if (rc != 0) {
        poll->socket = NULL;
        return rc;
    }
    uv_prepare_init(loop, &poll->before); /* these three cannot fail */
    uv_check_init(loop, &poll->after);
    uv_idle_init(loop, &poll->spin);
    poll->watch.data = poll->before.data = poll->after.data = poll->spin.data = poll;
    uv_prepare_start(&poll->before, on_before);
    uv_check_start(&poll->after, on_after);
    rc = uv_poll_start(&poll->watch, UV_READABLE, on_watch);
    assert(rc == 0); /* it was just made for this descriptor */
    return 0;
}

void zpoll_alone(struct zpoll *poll)
{
    poll->alone = true;
}

void zpoll_used(struct zpoll *poll)
{
    poll->quiet = false;
}

void zpoll_want(struct zpoll *poll, bool wanted)
{
    poll->wanted = wanted;
}

void zpoll_close(struct zpoll *poll)
{
    if (poll->socket == NULL) {
        return;
    }
    poll->socket = NULL;
    poll->wanted = false;
    uv_close((uv_handle_t *)&poll->watch, NULL);
    uv_close((uv_handle_t *)&poll->before, NULL);
    uv_close((uv_handle_t *)&poll->after, NULL);
    uv_close((uv_handle_t *)&poll->spin, NULL);
}
