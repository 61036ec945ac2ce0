/*
 * notify.h - events to webhooks
 *
 * Follows closures, satisfaction and red rungs (or other events) for each hook, and posts them. Or, with replay_dead, sends the
 * dead letters of a file again and ends.
 */
#ifndef HUYING_WORKERS_NOTIFY_H
#define HUYING_WORKERS_NOTIFY_H

#include "workers/hook.h"

struct notify_options {
    struct worker_options worker; /* first */
    uint32_t hook_count;
    struct hook_options hooks[HOOKS_MAX];
    const char *dead;        /* folder of dead letters */
    const char *replay_dead; /* file, or NULL */
    const char *resource;
    const char *from; /* begin or now: where a hook with a new name begins */
    const char *ca_file;
    const char *proxy;
    struct courier_policy policy;
    int64_t connect_ms, time_ms, answer_max;
};

/* Follows until it is told to stop. Returns the exit code. */
int notify_run(const struct notify_options *options);

/* Sends the letters of options->replay_dead again, in order per hook and case; those that fail again are appended to that file.
 * Returns EXIT_DONE, EXIT_REFUSED: some failed again; EXIT_USAGE, EXIT_FAILED. */
int notify_replay(const struct notify_options *options);

/* Says on standard error why a hook's secret cannot be used. Returns EXIT_USAGE. */
int notify_say_secret(const struct hook_options *hook, int error);

/* Bounds of the requests. */
struct http_options notify_http(const struct notify_options *options);

#endif
