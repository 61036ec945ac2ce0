/*
 * load.c - a bounded load for script/bench: N requests in flight over one connection
 *
 *   bench-load URL submit|cycle IN_FLIGHT COUNT PREFIX [SERVER_KEY PUBLIC SECRET]
 *
 * submit: COUNT submits of some 400 bytes. cycle: COUNT times submit, claim, sign, answer, each sent when the one before it was
 * answered, IN_FLIGHT such chains side by side. All messages are encoded before the clock starts and go over a bare socket, so that
 * the load takes as little as it can of the two cores that it shares with the server. Prints one line of JSON: requests, ms,
 * per_second, p50_us, p99_us, max_us. Any refusal ends it with exit code 1.
 */
#include "proto/reply.h"
#include "proto/request.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zmq.h>

enum { CYCLE_STEPS = 4 };

struct message {
    size_t at, size;
    int64_t sent_us;
};

struct load {
    void *socket;
    uint64_t count, begun, done;
    uint32_t steps; /* messages of one chain */
    struct proto_buffer bytes;
    struct message *messages; /* chain * steps + step */
    uint32_t *took_us;
    uint64_t requests;
    struct codec_scratch scratch;
};

static void die(const char *what)
{
    fprintf(stderr, "bench-load: %s\n", what);
    exit(4);
}

static int64_t now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static struct code code_of(const char *s)
{
    struct code code = {{0}};
    if (!code_make(s, strlen(s), &code)) {
        die("this is not a code");
    }
    return code;
}

static int encode_body(uint32_t step, struct text submitted, struct proto_buffer *out)
{
    static const char words[] =
        "The street light in front of the house has been dark since Monday and the pavement is uneven; two people "
        "have fallen. Neighbours have called twice. Please send somebody who can say when it will be mended, "
        "and tell us by telephone. 路灯不亮，请尽快处理。";
    if (step == 0) {
        struct submit_command submit = {.kind = CASE_KIND_REQUEST, .anonymous = true};
        submit.given = SUBMIT_HAS_KIND | SUBMIT_HAS_MATTER | SUBMIT_HAS_PLACE | SUBMIT_HAS_TEXT | SUBMIT_HAS_ANONYMOUS;
        submit.matter = code_of("M001");
        submit.place = code_of("N01");
        submit.text = text_of(words);
        return codec_encode_map(&submit_command_shape, &submit, CODEC_OMIT_UNGIVEN, out);
    }
    if (step == CYCLE_STEPS - 1) {
        struct answer_command answer = {.submitted = submitted, .text = text_of("The lamp was replaced.")};
        answer.given = ANSWER_HAS_SUBMITTED | ANSWER_HAS_CODE | ANSWER_HAS_TEXT;
        return codec_encode_map(&answer_command_shape, &answer, CODEC_OMIT_UNGIVEN, out);
    }
    struct sign_command sign = {.given = SIGN_HAS_SUBMITTED, .submitted = submitted}; /* claim has the same fields */
    return codec_encode_map(&sign_command_shape, &sign, CODEC_OMIT_UNGIVEN, out);
}

/* The id ends in the message's number, so that the reply says which one it answers. */
static void encode_all(struct load *load, const char *prefix)
{
    static const char *const names[CYCLE_STEPS] = {"submit", "claim", "sign", "answer"};
    struct proto_buffer body = {0};
    for (uint64_t i = 0; i < load->count * load->steps; i++) {
        char id[64], submitted[64];
        snprintf(id, sizeof(id), "%s-%" PRIu64, prefix, i);
        snprintf(submitted, sizeof(submitted), "%s-%" PRIu64, prefix, i - i % load->steps);
        uint32_t step = (uint32_t)(i % load->steps);
        struct request_head head = {.id = text_of(id), .name = text_of(names[step])};
        load->messages[i].at = load->bytes.size;
        proto_buffer_clear(&body);
        if (encode_body(step, text_of(submitted), &body) < 0 || request_encode(&head, body.data, body.size, &load->bytes) < 0) {
            die("out of memory");
        }
        load->messages[i].size = load->bytes.size - load->messages[i].at;
    }
    proto_buffer_deinit(&body);
}

static void send_message(struct load *load, uint64_t i)
{
    struct message *message = &load->messages[i];
    message->sent_us = now_us();
    if (zmq_send(load->socket, (const char *)load->bytes.data + message->at, message->size, 0) < 0) {
        die("cannot send");
    }
}

static void begin(struct load *load)
{
    if (load->begun < load->count) {
        send_message(load, load->begun++ * load->steps);
    }
}

static uint64_t answered(struct load *load, zmq_msg_t *message)
{
    struct reply reply;
    if (reply_decode(&load->scratch, zmq_msg_data(message), zmq_msg_size(message), &reply) < 0) {
        die("not a reply");
    }
    if (!reply.ok) {
        fprintf(stderr, "bench-load: %.*s %.*s\n", (int)reply.code.size, reply.code.at, (int)reply.field.size, reply.field.at);
        exit(1);
    }
    uint64_t number = 0, unit = 1;
    for (uint32_t i = reply.id.size; i > 0 && reply.id.at[i - 1] != '-'; i--, unit *= 10) {
        number += unit * (uint64_t)(reply.id.at[i - 1] - '0');
    }
    return number;
}

static void run(struct load *load, uint64_t in_flight)
{
    zmq_msg_t message;
    zmq_msg_init(&message);
    for (uint64_t i = 0; i < in_flight; i++) {
        begin(load);
    }
    while (load->done < load->count) {
        if (zmq_msg_recv(&message, load->socket, 0) < 0) {
            die("no answer");
        }
        uint64_t i = answered(load, &message);
        load->took_us[load->requests++] = (uint32_t)(now_us() - load->messages[i].sent_us);
        if ((i + 1) % load->steps != 0) {
            send_message(load, i + 1);
            continue;
        }
        load->done++;
        begin(load);
    }
    zmq_msg_close(&message);
}

static int by_size(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

static void *open_socket(void *context, char **argv, int argc)
{
    void *socket = zmq_socket(context, ZMQ_DEALER);
    int wait_ms = 60000, many = 100000, linger = 0;
    zmq_setsockopt(socket, ZMQ_RCVTIMEO, &wait_ms, sizeof(wait_ms));
    zmq_setsockopt(socket, ZMQ_SNDHWM, &many, sizeof(many));
    zmq_setsockopt(socket, ZMQ_RCVHWM, &many, sizeof(many));
    zmq_setsockopt(socket, ZMQ_LINGER, &linger, sizeof(linger));
    static const int keys[] = {ZMQ_CURVE_SERVERKEY, ZMQ_CURVE_PUBLICKEY, ZMQ_CURVE_SECRETKEY};
    for (int i = 6; i < argc; i++) {
        if (zmq_setsockopt(socket, keys[i - 6], argv[i], strlen(argv[i]) + 1) < 0) {
            die("not a key");
        }
    }
    if (zmq_connect(socket, argv[1]) < 0) {
        die("not an address");
    }
    return socket;
}

int main(int argc, char **argv)
{
    if (argc != 6 && argc != 9) {
        fprintf(stderr, "usage: bench-load URL submit|cycle IN_FLIGHT COUNT PREFIX [SERVER_KEY PUBLIC SECRET]\n");
        return 2;
    }
    struct load load = {.steps = strcmp(argv[2], "cycle") == 0 ? CYCLE_STEPS : 1, .count = strtoull(argv[4], NULL, 10)};
    load.messages = calloc(load.count * load.steps, sizeof(*load.messages));
    load.took_us = calloc(load.count * load.steps, sizeof(*load.took_us));
    if (load.messages == NULL || load.took_us == NULL) {
        die("out of memory");
    }
    encode_all(&load, argv[5]);
    void *context = zmq_ctx_new();
    load.socket = open_socket(context, argv, argc);
    int64_t from_us = now_us();
    run(&load, strtoull(argv[3], NULL, 10));
    int64_t took_us = now_us() - from_us;
    qsort(load.took_us, load.requests, sizeof(*load.took_us), by_size);
    printf("{\"requests\": %" PRIu64 ", \"ms\": %" PRId64 ", \"per_second\": %" PRId64
           ", \"p50_us\": %u, \"p99_us\": %u, \"max_us\": %u}\n",
           load.requests, took_us / 1000, (int64_t)load.requests * 1000000 / (took_us > 0 ? took_us : 1),
           load.took_us[load.requests / 2], load.took_us[load.requests * 99 / 100], load.took_us[load.requests - 1]);
    zmq_close(load.socket);
    zmq_ctx_term(context);
    codec_scratch_deinit(&load.scratch);
    proto_buffer_deinit(&load.bytes);
    free(load.messages);
    free(load.took_us);
    return 0;
}
