/*
 * load.c - a bounded load for script/bench: N requests in flight over one connection
 *
 *   bench-load URL submit|cycle|call IN_FLIGHT COUNT PREFIX [SERVER_KEY PUBLIC SECRET]
 *
 * submit: COUNT submits with a text of 400 bytes. cycle: COUNT times submit, claim, sign, answer, each sent when the one before it
 * was answered, IN_FLIGHT such chains side by side. call: the same with a department called and its result in between. All messages
 * are encoded before the clock starts and go over a bare socket, so that the load takes as little as it can of the two cores that
 * it shares with the server. What it prints: loading.h. Any refusal ends it with exit code 1.
 */
#include "proto/reply.h"
#include "proto/request.h"
#include "tests/bench/loading.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#define CALLED_UNIT "PWDx"

enum { STEPS_MAX = 9 };

struct message {
    size_t at, size;
};

struct load {
    void *socket;
    struct loading loading;
    const struct step *const *steps;
    struct proto_buffer bytes;
    struct message *messages; /* by request */
    struct codec_scratch scratch;
};

static _Noreturn void die(const char *what)
{
    loading_die(&(struct loading){.program = "bench-load"}, what);
}

static struct code code_of(const char *s)
{
    struct code code = {{0}};
    if (!code_make(s, strlen(s), &code)) {
        die("this is not a code");
    }
    return code;
}

static int encode_submit(struct text submitted, struct proto_buffer *out)
{
    (void)submitted;
    struct submit_command submit = {.kind = CASE_KIND_REQUEST, .anonymous = true, .text = text_of(loading_words)};
    submit.given = SUBMIT_HAS_KIND | SUBMIT_HAS_MATTER | SUBMIT_HAS_PLACE | SUBMIT_HAS_TEXT | SUBMIT_HAS_ANONYMOUS;
    submit.matter = code_of("M001");
    submit.place = code_of("N01");
    return codec_encode_map(&submit_command_shape, &submit, CODEC_OMIT_UNGIVEN, out);
}

static int encode_claim(struct text submitted, struct proto_buffer *out)
{
    struct claim_command claim = {.given = CLAIM_HAS_SUBMITTED, .submitted = submitted};
    return codec_encode_map(&claim_command_shape, &claim, CODEC_OMIT_UNGIVEN, out);
}

static int encode_sign(struct text submitted, struct proto_buffer *out)
{
    struct sign_command sign = {.given = SIGN_HAS_SUBMITTED, .submitted = submitted};
    return codec_encode_map(&sign_command_shape, &sign, CODEC_OMIT_UNGIVEN, out);
}

static int encode_sign_called(struct text submitted, struct proto_buffer *out)
{
    struct sign_command sign = {.given = SIGN_HAS_SUBMITTED | SIGN_HAS_UNIT, .submitted = submitted, .unit = code_of(CALLED_UNIT)};
    return codec_encode_map(&sign_command_shape, &sign, CODEC_OMIT_UNGIVEN, out);
}

static int encode_raise_call(struct text submitted, struct proto_buffer *out)
{
    struct raise_call_command call = {.submitted = submitted, .text = text_of("The pole cable is cut; the department is needed.")};
    call.given = RAISE_CALL_HAS_SUBMITTED | RAISE_CALL_HAS_REASON | RAISE_CALL_HAS_UNITS | RAISE_CALL_HAS_TEXT;
    call.units.count = 1;
    call.units.at[0] = code_of(CALLED_UNIT);
    return codec_encode_map(&raise_call_command_shape, &call, CODEC_OMIT_UNGIVEN, out);
}

static int encode_dispatch_call(struct text submitted, struct proto_buffer *out)
{
    struct dispatch_call_command call = {.submitted = submitted, .reason = text_of("Owner of the cable.")};
    call.given = DISPATCH_CALL_HAS_SUBMITTED | DISPATCH_CALL_HAS_REASON;
    return codec_encode_map(&dispatch_call_command_shape, &call, CODEC_OMIT_UNGIVEN, out);
}

static int encode_arrive(struct text submitted, struct proto_buffer *out)
{
    struct arrive_command arrive = {.given = ARRIVE_HAS_SUBMITTED, .submitted = submitted};
    return codec_encode_map(&arrive_command_shape, &arrive, CODEC_OMIT_UNGIVEN, out);
}

static int encode_finish_call(struct text submitted, struct proto_buffer *out)
{
    struct finish_call_command finish = {.submitted = submitted, .text = text_of("The cable was joined.")};
    finish.given = FINISH_CALL_HAS_SUBMITTED | FINISH_CALL_HAS_CODE | FINISH_CALL_HAS_TEXT;
    return codec_encode_map(&finish_call_command_shape, &finish, CODEC_OMIT_UNGIVEN, out);
}

static int encode_answer(struct text submitted, struct proto_buffer *out)
{
    struct answer_command answer = {.submitted = submitted, .text = text_of("The lamp was replaced.")};
    answer.given = ANSWER_HAS_SUBMITTED | ANSWER_HAS_CODE | ANSWER_HAS_TEXT;
    return codec_encode_map(&answer_command_shape, &answer, CODEC_OMIT_UNGIVEN, out);
}

/* A command of a chain. `submitted` is the request id of the chain's submit. */
struct step {
    const char *name;
    int (*encode)(struct text submitted, struct proto_buffer *out);
};

static const struct step submit = {"submit", encode_submit}, claim = {"claim", encode_claim}, sign = {"sign", encode_sign},
                         sign_called = {"sign", encode_sign_called}, raise_call = {"raise_call", encode_raise_call},
                         dispatch_call = {"dispatch_call", encode_dispatch_call}, arrive = {"arrive", encode_arrive},
                         finish_call = {"finish_call", encode_finish_call}, answer = {"answer", encode_answer};

static const struct chain {
    const char *name;
    const struct step *steps[STEPS_MAX];
} chains[] = {
    {"submit", {&submit}},
    {"cycle", {&submit, &claim, &sign, &answer}},
    {"call", {&submit, &claim, &sign, &raise_call, &dispatch_call, &sign_called, &arrive, &finish_call, &answer}},
};

static const struct chain *chain_of(const char *name)
{
    for (size_t i = 0; i < sizeof(chains) / sizeof(chains[0]); i++) {
        if (strcmp(chains[i].name, name) == 0) {
            return &chains[i];
        }
    }
    die("not a load: submit, cycle or call");
}

/* The id ends in the message's number, so that the reply says which one it answers. */
static void encode_all(struct load *load, const char *prefix)
{
    struct proto_buffer body = {0};
    uint32_t steps = load->loading.steps;
    for (uint64_t i = 0; i < load->loading.count * steps; i++) {
        char id[64], submitted[64];
        snprintf(id, sizeof(id), "%s-%" PRIu64, prefix, i);
        snprintf(submitted, sizeof(submitted), "%s-%" PRIu64, prefix, i - i % steps);
        const struct step *step = load->steps[i % steps];
        struct request_head head = {.id = text_of(id), .name = text_of(step->name)};
        load->messages[i].at = load->bytes.size;
        proto_buffer_clear(&body);
        if (step->encode(text_of(submitted), &body) < 0 || request_encode(&head, body.data, body.size, &load->bytes) < 0) {
            die("out of memory");
        }
        load->messages[i].size = load->bytes.size - load->messages[i].at;
    }
    proto_buffer_deinit(&body);
}

static void send_message(struct load *load, uint64_t i)
{
    const struct message *message = &load->messages[i];
    load->loading.sent_us[i] = loading_now_us();
    if (zmq_send(load->socket, (const char *)load->bytes.data + message->at, message->size, 0) < 0) {
        die("cannot send");
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
    uint64_t next;
    for (uint64_t i = 0; i < in_flight && loading_begin(&load->loading, &next); i++) {
        send_message(load, next);
    }
    while (load->loading.done < load->loading.count) {
        if (zmq_msg_recv(&message, load->socket, 0) < 0) {
            die("no answer");
        }
        uint64_t i = answered(load, &message);
        if (loading_next(&load->loading, i, loading_now_us(), &next)) {
            send_message(load, next);
        }
    }
    zmq_msg_close(&message);
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
        fprintf(stderr, "usage: bench-load URL submit|cycle|call IN_FLIGHT COUNT PREFIX [SERVER_KEY PUBLIC SECRET]\n");
        return 2;
    }
    struct load load = {.steps = chain_of(argv[2])->steps};
    uint32_t steps = 0;
    while (steps < STEPS_MAX && load.steps[steps] != NULL) {
        steps++;
    }
    loading_init(&load.loading, "bench-load", strtoull(argv[4], NULL, 10), steps);
    load.messages = calloc(load.loading.count * steps, sizeof(*load.messages));
    if (load.messages == NULL) {
        die("out of memory");
    }
    encode_all(&load, argv[5]);
    void *context = zmq_ctx_new();
    load.socket = open_socket(context, argv, argc);
    load.loading.from_us = loading_now_us();
    run(&load, strtoull(argv[3], NULL, 10));
    loading_print(&load.loading);
    zmq_close(load.socket);
    zmq_ctx_term(context);
    codec_scratch_deinit(&load.scratch);
    proto_buffer_deinit(&load.bytes);
    free(load.messages);
    loading_deinit(&load.loading);
    return 0;
}
