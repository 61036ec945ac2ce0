/*
 * shell.c - opens the parts in order, and closes them in the order that ZeroMQ and libuv ask for
 *
 * Handles first (the loop runs dry), then sockets (a descriptor must not vanish under its watch), then the context, which waits
 * for the last answers to leave: in a thread of its own, so that the wait can be given up.
 */
#include "dispatcher/shell/shell.h"

#include "base/exit_code.h"
#include "base/i18n.h"
#include "dispatcher/shell/binding.h"
#include "dispatcher/shell/loop.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <systemd/sd-daemon.h>
#include <time.h>
#include <zmq.h>

#define LINGER_MS 1000 /* whole seconds */
/* Files, sockets' own descriptors and what comes and goes beside connections: some thirty, and a backup. */
#define OWN_DESCRIPTORS 96

struct shell {
    uv_loop_t uv;
    void *context;
    void *router, *xpub;
    struct monitor *request_monitor, *event_monitor;
    char listen[BINDING_ENDPOINT_SIZE], events[BINDING_ENDPOINT_SIZE];
    struct keyring ring;
    struct loop loop;
};

static int open_sockets(struct shell *shell, const struct shell_options *options, char *said)
{
    struct binding binding = {
        .context = shell->context,
        .type = ZMQ_ROUTER,
        .url = options->listen_url,
        .domain = AUTH_DOMAIN_REQUESTS,
        .server_secret = options->server_secret,
        .hwm_messages = REQUESTS_HWM,
        .message_size_max = CAP_MESSAGE_SIZE,
    };
    int rc = binding_open(&binding, &shell->router, shell->listen, said);
    if (rc != 0) {
        return rc;
    }
    binding.type = ZMQ_XPUB;
    binding.url = options->events_url;
    binding.domain = AUTH_DOMAIN_EVENTS;
    binding.hwm_messages = PUBLISHER_HWM;
    binding.message_size_max = PUBLISHER_SUBSCRIPTION_SIZE;
    return binding_open(&binding, &shell->xpub, shell->events, said);
}

static int open_parts(struct shell *shell, const struct shell_options *options)
{
    struct loop *loop = &shell->loop;
    loop->peers = peers_new(shell->router, &shell->uv, &shell->ring, options->log);
    if (loop->peers == NULL) {
        return -ENOMEM;
    }
    int rc = inlet_open(shell->router, shell->xpub, options->log, &loop->inlet);
    if (rc != 0) {
        return rc;
    }
    loop->requests = requests_new(loop->inlet, loop->peers, options->log);
    if (loop->requests == NULL) {
        return -ENOMEM;
    }
    return publisher_open(shell->xpub, &shell->uv, options->log, &loop->publisher);
}

static void on_known(void *arg, int descriptor)
{
    monitor_known(arg, descriptor);
}

/* Connections may have what there is of descriptors, but for OWN_DESCRIPTORS. */
static void bound_connections(struct shell *shell)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) {
        return;
    }
    size_t all = limit.rlim_cur > 2 * OWN_DESCRIPTORS ? (size_t)limit.rlim_cur - OWN_DESCRIPTORS : (size_t)limit.rlim_cur / 2;
    monitor_limit(shell->request_monitor, all - all / 4);
    monitor_limit(shell->event_monitor, all / 4);
}

/* Opens what the loop needs. On failure the parts that were opened stay for shut. */
static int open_all(struct shell *shell, const struct shell_options *options, char *said)
{
    struct loop *loop = &shell->loop;
    said[0] = '\0';
    shell->context = zmq_ctx_new();
    if (shell->context == NULL) {
        return -errno;
    }
    keyring_init(&shell->ring, &options->keys);
    *loop = (struct loop){.uv = &shell->uv,
                          .engine = options->engine,
                          .ring = &shell->ring,
                          .log = options->log,
                          .drill = options->drill,
                          .reload = options->reload,
                          .reload_arg = options->reload_arg,
                          .stage = STAGE_CLOSED};
    /* Before any socket is bound: CURVE without a handler admits every key. */
    int rc = auth_open(shell->context, &shell->uv, &shell->ring, options->log, options->server_secret == NULL, &loop->auth);
    if (rc == 0) {
        rc = open_sockets(shell, options, said);
    }
    if (rc == 0) {
        rc = open_parts(shell, options);
    }
    if (rc != 0) {
        return rc;
    }
    rc = monitor_open(shell->context, shell->router, AUTH_DOMAIN_REQUESTS, &shell->uv, options->log, &shell->request_monitor);
    if (rc == 0) {
        rc = monitor_open(shell->context, shell->xpub, AUTH_DOMAIN_EVENTS, &shell->uv, options->log, &shell->event_monitor);
    }
    if (rc != 0) {
        return rc;
    }
    bound_connections(shell);
    peers_tell(loop->peers, on_known, shell->request_monitor);
    loop->router = shell->router;
    loop->request_monitor = shell->request_monitor;
    loop->event_monitor = shell->event_monitor;
    loop->listeners = listeners_new(shell->event_monitor, &shell->ring, options->log);
    if (loop->listeners == NULL) {
        return -ENOMEM;
    }
    publisher_tell(loop->publisher, listeners_heard, loop->listeners);
    inlet_tell(loop->inlet, listeners_heard, loop->listeners);
    rc = loop_open(loop);
    if (rc == 0) {
        rc = loop_first(loop);
    }
    return rc;
}

static void *wait_for_context(void *context)
{
    while (zmq_ctx_term(context) != 0 && errno == EINTR) {
        ;
    }
    return NULL;
}

/* Waits at most LINGER_MS. A context that still has somebody's messages then is left to the end of the process: see binding.h. */
static void end_context(void *context, struct log *log)
{
    pthread_t waiter;
    struct timespec until;
    if (pthread_create(&waiter, NULL, wait_for_context, context) != 0) {
        return;
    }
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += LINGER_MS / 1000;
    if (pthread_clockjoin_np(waiter, NULL, CLOCK_MONOTONIC, &until) != 0) {
        log_line(log, LOG_LEVEL_WARNING, "cut_off", "some peer or subscriber did not take its last messages");
    }
}

static void shut(struct shell *shell, struct log *log)
{
    struct loop *loop = &shell->loop;
    loop_close(loop);
    monitor_stop(shell->request_monitor);
    monitor_stop(shell->event_monitor);
    auth_stop(loop->auth); /* again, for a start that failed before the loop was open */
    publisher_stop(loop->publisher);
    peers_stop(loop->peers);
    uv_run(&shell->uv, UV_RUN_DEFAULT);
    int rc = uv_loop_close(&shell->uv);
    assert(rc == 0);
    listeners_free(loop->listeners);
    monitor_free(shell->request_monitor);
    monitor_free(shell->event_monitor);
    requests_free(loop->requests);
    inlet_free(loop->inlet);
    peers_free(loop->peers);
    publisher_free(loop->publisher);
    if (shell->router != NULL) {
        zmq_close(shell->router);
    }
    if (shell->xpub != NULL) {
        zmq_close(shell->xpub);
    }
    auth_free(loop->auth); /* last, so that no socket is ever open without it */
    if (shell->context != NULL) {
        end_context(shell->context, log);
    }
}

static void say_ready(const struct shell *shell, const struct shell_options *options)
{
    fprintf(stderr, "ready listen=%s events=%s district=%s seq=%llu\n", shell->listen, shell->events, options->district,
            (unsigned long long)engine_durable_seq(options->engine));
    fflush(stderr);
    sd_notifyf(0, "READY=1\nSTATUS=listening at %s, events at %s", shell->listen, shell->events);
}

/* As main does: until it listens it speaks to the person who starts it. */
static void refuse(const char *why)
{
    fprintf(stderr, "huyingd: %s\n", why);
}

int shell_run(const struct shell_options *options)
{
    struct shell *shell = calloc(1, sizeof(*shell));
    if (shell == NULL || uv_loop_init(&shell->uv) != 0) {
        free(shell);
        refuse(strerror(ENOMEM));
        return 4;
    }
    char said[BINDING_SAID_SIZE];
    int exit_code = EXIT_FAILED;
    int rc = open_all(shell, options, said);
    if (rc == 0) {
        i18n_end(); /* what is said from now on are logs */
        say_ready(shell, options);
        exit_code = loop_run(&shell->loop);
    } else {
        refuse(said[0] != '\0' ? said : strerror(-rc));
    }
    shut(shell, options->log);
    free(shell);
    log_flush(options->log, true);
    return exit_code;
}
