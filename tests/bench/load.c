/*
 * load.c - a bounded load for script/bench: N requests in flight over one connection
 *
 *   bench-load URL submit|cycle IN_FLIGHT COUNT PREFIX [SERVER_KEY PUBLIC SECRET]
 *
 * submit: COUNT submits of some 400 bytes. cycle: COUNT times submit, claim, sign, answer, each sent when the one before it was
 * answered, IN_FLIGHT such chains side by side. Prints one line of JSON: requests, ms, per_second, p50_us, p99_us. Any refusal ends
 * it with exit code 1.
 */
#include "proto/client/client.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum step { SUBMIT, CLAIM, SIGN, ANSWER };

struct chain {
    uint64_t number; /* of the case */
    enum step step;
    int64_t sent_us;
};

struct load {
    struct client *client;
    const char *prefix;
    bool cycle;
    uint64_t count, begun, done;
    struct chain *chains;
    struct proto_buffer body;
    uint32_t *took_us;
    uint64_t requests;
};

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
        abort();
    }
    return code;
}

static int encode(struct load *load, enum step step, struct text submitted)
{
    static const char words[] =
        "The street light in front of the house has been dark since Monday and the pavement is uneven; two people "
        "have fallen. Neighbours have called twice. Please send somebody who can say when it will be mended, "
        "and tell us by telephone. 路灯不亮，请尽快处理。";
    proto_buffer_clear(&load->body);
    if (step == SUBMIT) {
        struct submit_command submit = {.kind = CASE_KIND_REQUEST, .anonymous = true};
        submit.given = SUBMIT_HAS_KIND | SUBMIT_HAS_MATTER | SUBMIT_HAS_PLACE | SUBMIT_HAS_TEXT | SUBMIT_HAS_ANONYMOUS;
        submit.matter = code_of("M001");
        submit.place = code_of("N01");
        submit.text = text_of(words);
        return client_body_from_shape(&submit_command_shape, &submit, &load->body);
    }
    if (step == ANSWER) {
        struct answer_command answer = {.submitted = submitted, .text = text_of("The lamp was replaced.")};
        answer.given = ANSWER_HAS_SUBMITTED | ANSWER_HAS_CODE | ANSWER_HAS_TEXT;
        return client_body_from_shape(&answer_command_shape, &answer, &load->body);
    }
    if (step == CLAIM) {
        struct claim_command claim = {.given = CLAIM_HAS_SUBMITTED, .submitted = submitted};
        return client_body_from_shape(&claim_command_shape, &claim, &load->body);
    }
    struct sign_command sign = {.given = SIGN_HAS_SUBMITTED, .submitted = submitted};
    return client_body_from_shape(&sign_command_shape, &sign, &load->body);
}

static void send_step(struct load *load, uint64_t chain)
{
    static const char *const names[] = {"submit", "claim", "sign", "answer"};
    struct chain *at = &load->chains[chain];
    char id[64], submitted[64];
    snprintf(id, sizeof(id), "%s-%" PRIu64 "-%d", load->prefix, at->number, (int)at->step);
    snprintf(submitted, sizeof(submitted), "%s-%" PRIu64 "-0", load->prefix, at->number);
    struct client_request request = {.name = names[at->step], .request_id = id, .tag = chain};
    if (encode(load, at->step, text_of(submitted)) < 0) {
        abort();
    }
    request.body = load->body.data;
    request.body_size = load->body.size;
    at->sent_us = now_us();
    if (client_send(load->client, &request) < 0) {
        fprintf(stderr, "bench-load: cannot send\n");
        exit(4);
    }
}

static bool begin(struct load *load, uint64_t chain)
{
    if (load->begun == load->count) {
        return false;
    }
    load->chains[chain] = (struct chain){.number = load->begun++};
    send_step(load, chain);
    return true;
}

static int by_size(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

static void run(struct load *load, uint64_t in_flight)
{
    for (uint64_t i = 0; i < in_flight && begin(load, i); i++) {
    }
    while (load->done < load->count) {
        struct client_reply reply;
        if (client_receive(load->client, -1, &reply) < 0 || reply.error < 0 || !reply.reply.ok) {
            fprintf(stderr, "bench-load: %.*s %.*s\n", (int)reply.reply.code.size, reply.reply.code.at, (int)reply.reply.field.size,
                    reply.reply.field.at);
            exit(1);
        }
        struct chain *chain = &load->chains[reply.tag];
        load->took_us[load->requests++] = (uint32_t)(now_us() - chain->sent_us);
        if (load->cycle && chain->step != ANSWER) {
            chain->step++;
            send_step(load, reply.tag);
            continue;
        }
        load->done++;
        begin(load, reply.tag);
    }
}

int main(int argc, char **argv)
{
    if (argc != 6 && argc != 9) {
        fprintf(stderr, "usage: bench-load URL submit|cycle IN_FLIGHT COUNT PREFIX [SERVER_KEY PUBLIC SECRET]\n");
        return 2;
    }
    struct client_options options = {.url = argv[1], .timeout_ms = 60000};
    for (int i = 6; i < argc; i++) {
        char *keys[] = {options.server_key, options.public_key, options.secret_key};
        snprintf(keys[i - 6], CLIENT_KEY_SIZE, "%s", argv[i]);
    }
    uint64_t in_flight = strtoull(argv[3], NULL, 10);
    struct load load = {.prefix = argv[5], .cycle = strcmp(argv[2], "cycle") == 0, .count = strtoull(argv[4], NULL, 10)};
    load.chains = calloc(in_flight, sizeof(*load.chains));
    load.took_us = calloc(load.count * 4, sizeof(*load.took_us));
    if (load.chains == NULL || load.took_us == NULL || client_open(&options, &load.client) < 0) {
        return 4;
    }
    struct client_request hello = {.name = "hello"};
    struct client_reply reply;
    if (client_call(load.client, &hello, &reply) < 0) {
        fprintf(stderr, "bench-load: nobody answers at %s\n", argv[1]);
        return 3;
    }
    int64_t from_us = now_us();
    run(&load, in_flight);
    int64_t took_us = now_us() - from_us;
    qsort(load.took_us, load.requests, sizeof(*load.took_us), by_size);
    printf("{\"requests\": %" PRIu64 ", \"ms\": %" PRId64 ", \"per_second\": %" PRId64 ", \"p50_us\": %u, \"p99_us\": %u}\n",
           load.requests, took_us / 1000, (int64_t)load.requests * 1000000 / (took_us > 0 ? took_us : 1),
           load.took_us[load.requests / 2], load.took_us[load.requests * 99 / 100]);
    client_close(load.client);
    proto_buffer_deinit(&load.body);
    free(load.chains);
    free(load.took_us);
    return 0;
}
