/* worker.c - the life of a worker: one loop, two connections, one clock, an orderly end */
#include "workers/worker.h"

#include "base/instant.h"
#include "workers/pair.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-daemon.h>

#define PROTOCOL_MAJOR 1
#define TICK_MS 1000
#define TICK_DRILL_MS 250
#define REFRESH_MS 60000
#define MARGIN_MS 10000
#define NEVER_MS (INT64_C(86400000) * 365)
#define LINES 2

/* One question in flight. */
struct question {
    struct question *next, *previous;
    worker_on_reply *on_reply;
    void *arg;
};

struct worker {
    const struct worker_options *options;
    const struct worker_program *program;
    void *arg;
    uv_loop_t loop;
    struct log *log;
    struct client_uv *lines[LINES];
    struct question *questions;
    struct proto_buffer body;
    uv_timer_t tick, drain, watchdog;
    uv_signal_t term, interrupt;
    bool ready, stopping, finished, connected, said_lost, hello_in_flight, drill;
    int exit_code;
    int64_t now_ms;      /* of the dispatcher, at `now_at` */
    uint64_t now_at;     /* of the loop */
    uint64_t refresh_at; /* of the loop */
    int64_t offset_ms;
    uint64_t first_seq;
    char district[CODE_SIZE + 1];
};

const struct setting worker_settings[] = {
    {"server", SETTING_TEXT, offsetof(struct worker_options, server), 0, 0, "URL",
     "The dispatcher (HUYING_SERVER; tcp://127.0.0.1:7311)", NULL},
    {"keys", SETTING_PATH, offsetof(struct worker_options, keys), 0, 0, "DIR",
     "Keys folder: holds server.pub (HUYING_KEYS; ~/.config/huying/keys)", NULL},
    {"key", SETTING_TEXT, offsetof(struct worker_options, key), 0, 0, "KEY",
     "Own key: its file, or its name in the keys folder (HUYING_KEY; default)", NULL},
    {"plain", SETTING_FLAG, offsetof(struct worker_options, plain), 0, 0, NULL,
     "Connect without encryption; the dispatcher must have been started with --plain", NULL},
    {"drain", SETTING_SPAN, offsetof(struct worker_options, drain_ms), 0, 3600000, "SPAN",
     "After SIGTERM, longest wait for what is under way", NULL},
    {"poll", SETTING_SPAN, offsetof(struct worker_options, poll_ms), 100, CAP_WAIT_MS, "SPAN", "Longest wait of one long poll",
     NULL},
    {0},
};

static const char *environment(const char *name, const char *otherwise)
{
    const char *value = getenv(name);

    return value != NULL && value[0] != '\0' ? value : otherwise;
}

void worker_defaults(struct worker_options *ret)
{
    *ret = (struct worker_options){
        .server = environment("HUYING_SERVER", "tcp://127.0.0.1:7311"),
        .key = environment("HUYING_KEY", "default"),
        .drain_ms = 30000,
        .poll_ms = 20000,
    };
}

uv_loop_t *worker_loop(struct worker *worker)
{
    return &worker->loop;
}

struct log *worker_log(struct worker *worker)
{
    return worker->log;
}

bool worker_stopping(const struct worker *worker)
{
    return worker->stopping;
}

bool worker_connected(const struct worker *worker)
{
    return worker->connected;
}

int64_t worker_now_ms(const struct worker *worker)
{
    return worker->drill ? worker->now_ms : worker->now_ms + (int64_t)(uv_now(&worker->loop) - worker->now_at);
}

uint64_t worker_first_seq(const struct worker *worker)
{
    return worker->first_seq;
}

int64_t worker_poll_ms(const struct worker *worker)
{
    return worker->options->poll_ms;
}

int64_t worker_offset_ms(const struct worker *worker)
{
    return worker->offset_ms;
}

const char *worker_district(const struct worker *worker)
{
    return worker->district;
}

const char *worker_instant(const struct worker *worker, int64_t at_ms, char ret[WORKER_TEXT_SIZE])
{
    return instant_print(at_ms, (int32_t)(worker->offset_ms / 1000), ret);
}

static void print_for_view(const void *worker, int64_t at_ms, char ret[VIEW_INSTANT_SIZE])
{
    instant_print(at_ms, (int32_t)(worker_offset_ms(worker) / 1000), ret);
}

struct view_time worker_time(const struct worker *worker)
{
    return (struct view_time){print_for_view, worker};
}

/* ---- questions ---- */

static _Noreturn void out_of_memory(const struct worker *worker)
{
    log_say(worker->log, LOG_LEVEL_ERROR, "no_memory", "there is no memory left");
    exit(EXIT_FAILED);
}

static void on_reply(void *arg, const struct client_reply *reply)
{
    struct worker *worker = arg;
    struct question *question = (struct question *)(uintptr_t)reply->tag;
    worker_on_reply *function = question->on_reply;
    void *function_arg = question->arg;

    if (question->previous != NULL) {
        question->previous->next = question->next;
    } else {
        worker->questions = question->next;
    }
    if (question->next != NULL) {
        question->next->previous = question->previous;
    }
    free(question);
    if (reply->error == -EACCES || reply->error == -EPROTO) {
        log_say(worker->log, LOG_LEVEL_ERROR, "key_unknown", "the dispatcher at %s does not admit the key `%s`",
                worker->options->server, worker->options->key);
        worker_finish(worker, EXIT_NOT_REACHABLE);
        return;
    }
    if (reply->error == 0 && !worker->connected) {
        worker->connected = true;
        worker->said_lost = false;
        log_say(worker->log, LOG_LEVEL_NOTICE, "connected", "the dispatcher at %s answers", worker->options->server);
        sd_notifyf(0, "STATUS=connected to %s", worker->options->server);
    } else if (reply->error != 0) {
        worker->connected = false;
        if (!worker->said_lost) {
            log_say(worker->log, LOG_LEVEL_WARNING, "unreachable", "no answer from %s; still trying", worker->options->server);
        }
        worker->said_lost = true;
    }
    function(function_arg, reply);
}

static int post(struct worker *worker, enum worker_line line, const char *name, const struct shape *shape, const void *body,
                const char *request_id, worker_on_reply *function, void *arg)
{
    struct question *question = calloc(1, sizeof(*question));
    struct client_request request = {.name = name, .request_id = request_id, .tag = (uint64_t)(uintptr_t)question};

    if (question == NULL) {
        out_of_memory(worker);
    }
    proto_buffer_clear(&worker->body);
    int rc = client_body_from_shape(shape, body, &worker->body);
    request.body = worker->body.data;
    request.body_size = worker->body.size;
    if (rc == 0) {
        rc = worker->lines[line] == NULL ? 0 : client_uv_send(worker->lines[line], &request);
    }
    if (rc == -ENOMEM) {
        out_of_memory(worker);
    }
    if (rc < 0) {
        free(question);
        return rc;
    }
    *question = (struct question){.next = worker->questions, .on_reply = function, .arg = arg};
    if (question->next != NULL) {
        question->next->previous = question;
    }
    worker->questions = question;
    return 0;
}

void worker_ask(struct worker *worker, enum worker_line line, enum query_type query, const void *body, worker_on_reply *function,
                void *arg)
{
    const struct query_info *info = query_info(query);
    int rc = post(worker, line, info->name, info->shape, body, NULL, function, arg);

    assert(rc == 0); /* questions of a worker hold numbers and codes of its own */
}

int worker_command(struct worker *worker, enum command_type command, const void *body, const char *request_id,
                   worker_on_reply *function, void *arg)
{
    const struct command_info *info = command_info(command);

    return post(worker, WORKER_TALK, info->name, info->shape, body, request_id, function, arg);
}

/* ---- the clock ---- */

static void on_hello(void *arg, const struct client_reply *reply)
{
    struct worker *worker = arg;
    struct hello_reply hello;
    struct codec_fault fault;

    worker->hello_in_flight = false;
    if (reply->error != 0) {
        if (!worker->ready) {
            worker_refresh(worker);
        }
        return;
    }
    if (!reply->reply.ok || !codec_decode_map(&reply->reply.body, &hello_reply_shape, &hello, &fault)) {
        log_say(worker->log, LOG_LEVEL_ERROR, "hello_refused", "the dispatcher's greeting cannot be used: %.*s",
                (int)reply->reply.message.size, reply->reply.message.at != NULL ? reply->reply.message.at : "");
        worker_finish(worker, EXIT_REFUSED);
        return;
    }
    worker->drill = hello.drill;
    worker->now_ms = hello.now;
    worker->now_at = uv_now(&worker->loop);
    worker->refresh_at = worker->now_at + REFRESH_MS;
    worker->offset_ms = hello.offset_minutes * 60000;
    snprintf(worker->district, sizeof(worker->district), "%.*s", CODE_SIZE, hello.district.s);
    if (!worker->ready) {
        worker->ready = true;
        worker->first_seq = hello.seq;
        if (worker->drill) {
            uv_timer_set_repeat(&worker->tick, TICK_DRILL_MS);
        }
        if (worker->drill) {
            uv_timer_again(&worker->tick);
        }
        if (!worker->stopping) {
            worker->program->on_ready(worker->arg);
        }
    } else if (worker->drill && !worker->finished) {
        worker->program->on_tick(worker->arg);
    }
}

void worker_refresh(struct worker *worker)
{
    struct hello_query hello = {.given = HELLO_HAS_MAJOR, .major = PROTOCOL_MAJOR};

    if (worker->hello_in_flight || worker->finished) {
        return;
    }
    worker->hello_in_flight = true;
    worker_ask(worker, WORKER_TALK, QUERY_HELLO, &hello, on_hello, worker);
}

static void on_tick(uv_timer_t *timer)
{
    struct worker *worker = timer->data;

    if (!worker->ready || worker->drill || uv_now(&worker->loop) >= worker->refresh_at) {
        worker_refresh(worker);
    }
    if (worker->ready && !worker->drill) {
        worker->program->on_tick(worker->arg);
    }
}

static void on_watchdog(uv_timer_t *timer)
{
    (void)timer;
    sd_notify(0, "WATCHDOG=1");
}

/* ---- the end ---- */

static void stop(struct worker *worker, bool now)
{
    if (worker->finished) {
        return;
    }
    worker->stopping = true;
    if (!worker->ready) {
        worker_finish(worker, EXIT_DONE);
    } else {
        worker->program->on_stop(worker->arg, now);
    }
}

static void on_drained_out(uv_timer_t *timer)
{
    struct worker *worker = timer->data;

    log_say(worker->log, LOG_LEVEL_WARNING, "drain_over", "what is under way takes too long and is broken off");
    stop(worker, true);
}

static void on_signal(uv_signal_t *handle, int number)
{
    struct worker *worker = handle->data;
    bool again = worker->stopping;

    log_say(worker->log, LOG_LEVEL_NOTICE, "stopping", "signal %d: %s", number,
            again ? "breaking off what is under way" : "finishing what is under way");
    sd_notify(0, "STOPPING=1");
    if (!again) {
        uv_timer_start(&worker->drain, on_drained_out, (uint64_t)worker->options->drain_ms, 0);
    }
    stop(worker, again);
}

static void close_line(struct worker *worker, enum worker_line line)
{
    if (worker->lines[line] != NULL) {
        client_uv_close(worker->lines[line], NULL);
    }
    worker->lines[line] = NULL;
}

void worker_hang_up(struct worker *worker)
{
    close_line(worker, WORKER_WAIT);
}

static void close_handle(uv_handle_t *handle)
{
    if (!uv_is_closing(handle)) {
        uv_close(handle, NULL);
    }
}

void worker_finish(struct worker *worker, int exit_code)
{
    if (worker->finished) {
        return;
    }
    worker->finished = true;
    worker->stopping = true;
    worker->exit_code = exit_code;
    close_line(worker, WORKER_TALK);
    close_line(worker, WORKER_WAIT);
    close_handle((uv_handle_t *)&worker->tick);
    close_handle((uv_handle_t *)&worker->drain);
    close_handle((uv_handle_t *)&worker->watchdog);
    close_handle((uv_handle_t *)&worker->term);
    close_handle((uv_handle_t *)&worker->interrupt);
    worker->program->on_end(worker->arg);
}

static struct worker *worker_free(struct worker *worker)
{
    worker_finish(worker, EXIT_FAILED);
    uv_run(&worker->loop, UV_RUN_DEFAULT);
    int rc = uv_loop_close(&worker->loop);
    assert(rc == 0); /* the program has closed what is its own */
    while (worker->questions != NULL) {
        struct question *question = worker->questions;

        worker->questions = question->next;
        free(question);
    }
    proto_buffer_deinit(&worker->body);
    log_free(worker->log);
    free(worker);
    return NULL;
}

int worker_run(struct worker *worker)
{
    sd_notifyf(0, "READY=1\nSTATUS=asking %s", worker->options->server);
    log_say(worker->log, LOG_LEVEL_NOTICE, "started", "%s asks %s", worker->program->name, worker->options->server);
    worker_refresh(worker);
    uv_run(&worker->loop, UV_RUN_DEFAULT);
    int exit_code = worker->exit_code;
    log_say(worker->log, LOG_LEVEL_NOTICE, "ended", "exit code %d", exit_code);
    worker_free(worker);
    return exit_code;
}

/* ---- the beginning ---- */

static int open_lines(struct worker *worker, struct client_options *options)
{
    options->url = worker->options->server;
    int rc = client_uv_open(&worker->loop, options, on_reply, worker, &worker->lines[WORKER_TALK]);
    if (rc < 0) {
        return rc;
    }
    /* A long poll is sent again only over a new connection. */
    options->timeout_ms = worker->options->poll_ms + MARGIN_MS;
    options->attempt_ms = NEVER_MS;
    return client_uv_open(&worker->loop, options, on_reply, worker, &worker->lines[WORKER_WAIT]);
}

static void start_handles(struct worker *worker)
{
    uint64_t watchdog_us = 0;

    uv_timer_init(&worker->loop, &worker->tick);
    uv_timer_init(&worker->loop, &worker->drain);
    uv_timer_init(&worker->loop, &worker->watchdog);
    uv_signal_init(&worker->loop, &worker->term);
    uv_signal_init(&worker->loop, &worker->interrupt);
    worker->tick.data = worker->drain.data = worker->watchdog.data = worker->term.data = worker->interrupt.data = worker;
    uv_timer_start(&worker->tick, on_tick, TICK_MS, TICK_MS);
    if (sd_watchdog_enabled(0, &watchdog_us) > 0) {
        uv_timer_start(&worker->watchdog, on_watchdog, 0, watchdog_us / 2000);
    }
    uv_signal_start(&worker->term, on_signal, SIGTERM);
    uv_signal_start(&worker->interrupt, on_signal, SIGINT);
    signal(SIGPIPE, SIG_IGN);
}

int worker_open(const struct worker_options *options, const struct worker_program *program, void *arg, struct worker **ret)
{
    struct client_options client = {0};
    char fault[YAML_TREE_FAULT_SIZE];
    struct worker *worker;

    if (!options->plain && pair_load(options->keys, options->key, &client, fault) < 0) {
        fprintf(stderr, "%s: %s\n", program->name, fault);
        return EXIT_NOT_REACHABLE;
    }
    worker = calloc(1, sizeof(*worker));
    if (worker == NULL) {
        return EXIT_FAILED;
    }
    worker->options = options;
    worker->program = program;
    worker->arg = arg;
    worker->log = log_new(2, LOG_LEVEL_WARNING, WORKER_LOG_LINES);
    int rc = uv_loop_init(&worker->loop);
    if (rc < 0 || worker->log == NULL) {
        fprintf(stderr, "%s: cannot begin: %s\n", program->name, strerror(rc < 0 ? -rc : ENOMEM));
        log_free(worker->log);
        free(worker);
        return EXIT_FAILED;
    }
    start_handles(worker);
    rc = open_lines(worker, &client);
    explicit_bzero(&client, sizeof(client));
    if (rc < 0) {
        fprintf(stderr, "%s: cannot open a connection to `%s`: %s\n", program->name, options->server, strerror(-rc));
        worker_free(worker);
        return rc == -EINVAL ? EXIT_USAGE : EXIT_FAILED;
    }
    *ret = worker;
    return EXIT_DONE;
}
