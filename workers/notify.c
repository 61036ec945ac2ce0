/* notify.c - events to webhooks */
#include "workers/notify.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct notify {
    const struct notify_options *options;
    struct worker *worker;
    struct http *http;
    struct hook_shared shared;
    struct hook *hooks[HOOKS_MAX];
    uint32_t hook_count;
    uint32_t drained;
};

int notify_say_secret(const struct hook_options *hook, int error)
{
    fprintf(stderr, "huying-notify: hook %s: the secret %s %s\n", hook->name, hook->secret,
            error == -EACCES    ? "may not be read, or others may read it too. Make it yours alone: chmod 600."
            : error == -EBADMSG ? "has less than 16 or more than 1024 bytes."
                                : strerror(-error));
    return EXIT_USAGE;
}

struct http_options notify_http(const struct notify_options *options)
{
    return (struct http_options){.connect_ms = options->connect_ms,
                                 .total_ms = options->time_ms,
                                 .answer_max = (size_t)options->answer_max,
                                 .ca_file = options->ca_file,
                                 .proxy = options->proxy,
                                 .user_agent = "huying-notify/" HUYING_VERSION};
}

static void on_end(void *arg)
{
    struct notify *notify = arg;

    for (uint32_t i = 0; i < notify->hook_count; i++) {
        hook_close(notify->hooks[i]);
    }
    http_close(notify->http);
    notify->http = NULL;
}

static void on_drained(void *arg)
{
    struct notify *notify = arg;

    if (++notify->drained == notify->hook_count) {
        worker_finish(notify->worker, EXIT_DONE);
    }
}

static void on_refused(void *arg)
{
    struct notify *notify = arg;

    worker_finish(notify->worker, EXIT_REFUSED);
}

static void on_tick(void *arg)
{
    struct notify *notify = arg;

    for (uint32_t i = 0; i < notify->hook_count && notify->http != NULL; i++) {
        hook_tick(notify->hooks[i]);
    }
}

static void on_stop(void *arg, bool now)
{
    struct notify *notify = arg;

    worker_hang_up(
        notify->worker); /* else the last confirmations and the long polls would take the followers' names from each other */
    for (uint32_t i = 0; i < notify->hook_count && notify->http != NULL; i++) {
        hook_stop(notify->hooks[i], now);
    }
}

static const struct worker_program worker_program = {
    .name = "huying-notify", .on_ready = on_tick, .on_tick = on_tick, .on_stop = on_stop, .on_end = on_end};

static int open_hooks(struct notify *notify)
{
    const struct notify_options *options = notify->options;
    const struct http_options http = notify_http(options);

    if (http_open(worker_loop(notify->worker), &http, &notify->http) < 0) {
        return EXIT_FAILED;
    }
    notify->shared = (struct hook_shared){.worker = notify->worker,
                                          .http = notify->http,
                                          .policy = &options->policy,
                                          .dead_folder = options->dead,
                                          .resource = options->resource,
                                          .from_now = strcmp(options->from, "now") == 0,
                                          .on_drained = on_drained,
                                          .on_refused = on_refused,
                                          .arg = notify};
    for (uint32_t i = 0; i < options->hook_count; i++) {
        int rc = hook_open(&notify->shared, &options->hooks[i], &notify->hooks[i]);

        if (rc < 0) {
            return notify_say_secret(&options->hooks[i], rc);
        }
        notify->hook_count++;
    }
    return EXIT_DONE;
}

static int check(const struct notify_options *options)
{
    if (options->hook_count == 0) {
        fprintf(stderr, "huying-notify: no hook is given; name one with --hook or in the file of --config\n");
        return EXIT_USAGE;
    }
    for (uint32_t i = 0; i < options->hook_count; i++) {
        for (uint32_t k = 0; k < i; k++) {
            if (strcmp(options->hooks[i].name, options->hooks[k].name) == 0) {
                fprintf(stderr, "huying-notify: two hooks have the name `%s`; a hook is a follower of that name\n",
                        options->hooks[i].name);
                return EXIT_USAGE;
            }
        }
    }
    if (strcmp(options->from, "begin") != 0 && strcmp(options->from, "now") != 0) {
        fprintf(stderr, "huying-notify: --from is begin or now, not `%s`\n", options->from);
        return EXIT_USAGE;
    }
    if (access(options->dead, W_OK | X_OK) < 0) {
        fprintf(stderr, "huying-notify: the folder of dead letters %s: %s; name one that may be written with --dead\n",
                options->dead, strerror(errno));
        return EXIT_USAGE;
    }
    return EXIT_DONE;
}

int notify_run(const struct notify_options *options)
{
    struct notify notify = {.options = options};
    int code = sodium_init() < 0 ? EXIT_FAILED : check(options);

    if (code == EXIT_DONE) {
        code = worker_open(&options->worker, &worker_program, &notify, &notify.worker);
    }
    if (code != EXIT_DONE) {
        return code;
    }
    int opened = open_hooks(&notify);
    if (opened != EXIT_DONE) {
        worker_finish(notify.worker, opened);
    }
    code = worker_run(notify.worker);
    for (uint32_t i = 0; i < notify.hook_count; i++) {
        hook_free(notify.hooks[i]);
    }
    return code;
}
