/* subscriber.c - events as they happen */
#include "proto/client/subscriber.h"

#include "proto/client/connection.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

struct subscriber {
    struct connection connection;
    struct codec_scratch scratch;
    zmq_msg_t message;
};

int subscriber_open(const struct client_options *options, const char *const *types, size_t count, struct subscriber **ret)
{
    struct subscriber *subscriber = calloc(1, sizeof(*subscriber));

    if (subscriber == NULL) {
        return -ENOMEM;
    }
    zmq_msg_init(&subscriber->message);
    int rc = connection_open(options, ZMQ_SUB, &subscriber->connection);
    if (rc == 0 && count == 0 && zmq_setsockopt(subscriber->connection.socket, ZMQ_SUBSCRIBE, "", 0) < 0) {
        rc = -errno;
    }
    for (size_t i = 0; rc == 0 && i < count; i++) {
        if (zmq_setsockopt(subscriber->connection.socket, ZMQ_SUBSCRIBE, types[i], strlen(types[i])) < 0) {
            rc = -errno;
        }
    }
    if (rc < 0) {
        subscriber_close(subscriber);
        return rc;
    }
    *ret = subscriber;
    return 0;
}

struct subscriber *subscriber_close(struct subscriber *subscriber)
{
    if (subscriber == NULL) {
        return NULL;
    }
    zmq_msg_close(&subscriber->message);
    codec_scratch_deinit(&subscriber->scratch);
    connection_close(&subscriber->connection);
    free(subscriber);
    return NULL;
}

/* Takes all frames of one event into the buffers. Returns 0, -EAGAIN or -EBADMSG. */
static int take_frames(struct subscriber *subscriber)
{
    unsigned frames = 0;

    do {
        if (zmq_msg_recv(&subscriber->message, subscriber->connection.socket, ZMQ_DONTWAIT) < 0) {
            return -errno;
        }
        frames++;
    } while (zmq_msg_more(&subscriber->message));
    return frames == 2 ? 0 : -EBADMSG;
}

static int read_event(struct subscriber *subscriber, struct subscriber_event *ret)
{
    struct subscriber_event event;
    int rc = codec_unpack(&subscriber->scratch, zmq_msg_data(&subscriber->message), zmq_msg_size(&subscriber->message), &event.map);

    if (rc < 0) {
        return rc == -ENOMEM ? rc : -EBADMSG;
    }
    const msgpack_object *seq = reply_field(&event.map, "seq");
    const msgpack_object *prev = reply_field(&event.map, "prev");
    const msgpack_object *type = reply_field(&event.map, "type");
    if (seq == NULL || seq->type != MSGPACK_OBJECT_POSITIVE_INTEGER || prev == NULL ||
        prev->type != MSGPACK_OBJECT_POSITIVE_INTEGER || type == NULL || type->type != MSGPACK_OBJECT_STR) {
        return -EBADMSG;
    }
    event.seq = seq->via.u64;
    event.prev = prev->via.u64;
    event.type = (struct text){.at = type->via.str.ptr, .size = type->via.str.size};
    *ret = event;
    return 0;
}

int subscriber_receive(struct subscriber *subscriber, int64_t timeout_ms, struct subscriber_event *ret)
{
    int64_t end_ms = timeout_ms < 0 ? INT64_MAX : connection_now_ms() + timeout_ms;

    for (;;) {
        int rc = take_frames(subscriber);

        if (rc == 0) {
            return read_event(subscriber, ret);
        }
        if (rc != -EAGAIN) {
            return rc;
        }
        connection_update(&subscriber->connection);
        if (subscriber->connection.denied != 0) {
            rc = subscriber->connection.denied;
            subscriber->connection.denied = 0;
            return rc;
        }
        int64_t now_ms = connection_now_ms();
        if (now_ms >= end_ms) {
            return -EAGAIN;
        }
        int64_t until_ms = subscriber->connection.redial_at_ms < end_ms ? subscriber->connection.redial_at_ms : end_ms;
        rc = connection_wait(&subscriber->connection, until_ms == INT64_MAX ? -1 : until_ms > now_ms ? until_ms - now_ms : 0);
        if (rc < 0) {
            return rc;
        }
    }
}

bool subscriber_connected(struct subscriber *subscriber)
{
    connection_update(&subscriber->connection);
    return subscriber->connection.up;
}

int subscriber_descriptor(struct subscriber *subscriber)
{
    return connection_descriptor(subscriber->connection.socket);
}
