/* peer.c - the other side for tests of libhuying: a real ROUTER on a thread of its own that answers as the test says */
#include "tests/proto/peer.h"
#include "tests/tmp.h"

#include <check.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zmq.h>

struct peer {
    struct peer_options options;
    void *context, *router, *control, *zap;
    pthread_t thread;
};

/* Answers ZeroMQ's question whether a key may come in. */
static void answer_zap(struct peer *peer)
{
    char request_id[64] = "", skipped[256];
    int more = 1, size = 0;
    bool deny = peer->options.deny || peer->options.deny_first-- > 0;

    for (unsigned frame = 0; more; frame++) {
        size_t more_size = sizeof(more);
        int got = zmq_recv(peer->zap, frame == 1 ? request_id : skipped, frame == 1 ? sizeof(request_id) : sizeof(skipped), 0);

        if (frame == 1) {
            size = got;
        }
        zmq_getsockopt(peer->zap, ZMQ_RCVMORE, &more, &more_size);
    }
    zmq_send(peer->zap, "1.0", 3, ZMQ_SNDMORE);
    zmq_send(peer->zap, request_id, (size_t)size, ZMQ_SNDMORE);
    zmq_send(peer->zap, deny ? "400" : "200", 3, ZMQ_SNDMORE);
    zmq_send(peer->zap, "", 0, ZMQ_SNDMORE);
    zmq_send(peer->zap, "someone", 7, ZMQ_SNDMORE);
    zmq_send(peer->zap, "", 0, 0);
}

static void answer_request(struct peer *peer)
{
    struct proto_buffer out = {0};
    struct codec_fault fault;
    struct request request;
    char routing[256];
    int routing_size = zmq_recv(peer->router, routing, sizeof(routing), 0);
    zmq_msg_t message;

    zmq_msg_init(&message);
    zmq_msg_recv(&message, peer->router, 0);
    if (request_decode(zmq_msg_data(&message), zmq_msg_size(&message), &request, &fault)) {
        peer->options.answer(peer->options.arg, &request, zmq_msg_data(&message), zmq_msg_size(&message), &out);
    } else {
        reply_encode_refusal(&out, request.id, fault.refusal, fault.field);
    }
    if (out.size > 0) {
        zmq_send(peer->router, routing, (size_t)routing_size, ZMQ_SNDMORE);
        zmq_send(peer->router, out.data, out.size, 0);
    }
    zmq_msg_close(&message);
    proto_buffer_deinit(&out);
}

static void *run(void *arg)
{
    struct peer *peer = arg;

    for (;;) {
        zmq_pollitem_t items[] = {{.socket = peer->router, .events = ZMQ_POLLIN},
                                  {.socket = peer->zap, .events = ZMQ_POLLIN},
                                  {.socket = peer->control, .events = ZMQ_POLLIN}};

        zmq_poll(items, 3, -1);
        if (items[2].revents) {
            return NULL;
        }
        if (items[1].revents) {
            answer_zap(peer);
        }
        if (items[0].revents) {
            answer_request(peer);
        }
    }
}

struct peer *peer_open(const struct peer_options *options)
{
    struct peer *peer = calloc(1, sizeof(*peer));
    int on = 1, zero = 0;

    peer->options = *options;
    peer->context = zmq_ctx_new();
    peer->zap = zmq_socket(peer->context, ZMQ_REP);
    ck_assert_int_eq(zmq_bind(peer->zap, "inproc://zeromq.zap.01"), 0);
    peer->control = zmq_socket(peer->context, ZMQ_PAIR);
    ck_assert_int_eq(zmq_bind(peer->control, "inproc://control"), 0);
    peer->router = zmq_socket(peer->context, ZMQ_ROUTER);
    zmq_setsockopt(peer->router, ZMQ_LINGER, &zero, sizeof(zero));
    if (options->server_secret != NULL) {
        zmq_setsockopt(peer->router, ZMQ_CURVE_SERVER, &on, sizeof(on));
        zmq_setsockopt(peer->router, ZMQ_CURVE_SECRETKEY, options->server_secret, strlen(options->server_secret) + 1);
    }
    ck_assert_msg(zmq_bind(peer->router, options->url) == 0, "%s: %s", options->url, zmq_strerror(errno));
    ck_assert_int_eq(pthread_create(&peer->thread, NULL, run, peer), 0);
    return peer;
}

struct peer *peer_close(struct peer *peer)
{
    void *stop = zmq_socket(peer->context, ZMQ_PAIR);

    zmq_connect(stop, "inproc://control");
    zmq_send(stop, "", 0, 0);
    pthread_join(peer->thread, NULL);
    zmq_close(stop);
    zmq_close(peer->router);
    zmq_close(peer->zap);
    zmq_close(peer->control);
    zmq_ctx_term(peer->context);
    free(peer);
    return NULL;
}

void peer_accept(const struct request *request, struct proto_buffer *out)
{
    struct command_answer answer = {.seq = 1, .number = request->id};

    ck_assert_int_eq(reply_encode_ok(out, request->id, &command_answer_shape, &answer, CODEC_OMIT_NOTHING), 0);
}

static char folder[64];
static char url[sizeof(folder) + 16];

static void remove_folder(void)
{
    unlink(url + strlen("ipc://"));
    rmdir(folder);
}

const char *peer_url(void)
{
    if (url[0] == '\0') {
        tmp_folder(folder, sizeof(folder), "proto");
        snprintf(url, sizeof(url), "ipc://%s/peer", folder);
        atexit(remove_folder);
    }
    return url;
}
