/* publisher.c - events out; subscriptions in are read only so that they do not pile up. */
#include "dispatcher/shell/publisher.h"

#include "dispatcher/shell/zframe.h"

#include <errno.h>
#include <stdlib.h>

struct publisher {
    void *socket;
    struct log *log;
    struct zpoll poll;
    void (*heard)(void *arg, zmq_msg_t *subscription);
    void *heard_arg;
};

static void on_subscription(void *arg)
{
    struct publisher *publisher = arg;
    zmq_msg_t subscription;
    zmq_msg_init(&subscription);
    while (zframe_receive(publisher->socket, &subscription) == 0) { /* ZeroMQ keeps the subscriptions itself */
        if (publisher->heard != NULL) {
            publisher->heard(publisher->heard_arg, &subscription);
        }
    }
    zmq_msg_close(&subscription);
}

int publisher_open(void *xpub, uv_loop_t *loop, struct log *log, struct publisher **ret)
{
    struct publisher *publisher = calloc(1, sizeof(*publisher));
    if (publisher == NULL) {
        return -ENOMEM;
    }
    *publisher = (struct publisher){.socket = xpub, .log = log};
    int rc = zpoll_open(&publisher->poll, loop, xpub, on_subscription, publisher);
    zpoll_alone(&publisher->poll);
    if (rc != 0) {
        free(publisher);
        return rc;
    }
    *ret = publisher;
    return 0;
}

void publisher_tell(struct publisher *publisher, void (*heard)(void *arg, zmq_msg_t *subscription), void *arg)
{
    publisher->heard = heard;
    publisher->heard_arg = arg;
}

void publisher_send(struct publisher *publisher, struct text topic, const void *data, size_t size)
{
    zpoll_used(&publisher->poll);
    int rc = zframe_send(publisher->socket, topic.at, topic.size, true);
    if (rc == 0) {
        rc = zframe_send(publisher->socket, data, size, false);
    }
    if (rc != 0) {
        log_say(publisher->log, LOG_LEVEL_WARNING, "event_lost", "an event could not be sent: %s", zmq_strerror(-rc));
    }
}

void publisher_stop(struct publisher *publisher)
{
    if (publisher != NULL) {
        zpoll_close(&publisher->poll);
    }
}

struct publisher *publisher_free(struct publisher *publisher)
{
    free(publisher);
    return NULL;
}
