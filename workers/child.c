/* child.c - a command that answers a question: JSON in, JSON out, within a time and a size */
#include "workers/child.h"

#include "workers/orphans.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define READ_SIZE 65536
#define SWEEP_MS 2 /* between looks at what a killed orphan leaves */

struct child {
    struct child *next; /* of those that run */
    uint64_t began;     /* as orphans_began */
    unsigned sweeps;    /* so far */
    uv_process_t process;
    uv_pipe_t input, output;
    uv_timer_t timer;
    uv_write_t write;
    struct child_options options;
    child_on_end *on_end;
    void *arg;
    char *sent;      /* copy of the input */
    char *collected; /* the output */
    size_t collected_size, collected_room;
    unsigned open_handles;
    bool exited, output_ended, ended, killed;
    enum child_end how;
    int code;
    char read_buffer[READ_SIZE];
};

/* Commands whose process has not been waited for: the children of this process that are no orphans. */
static struct child *running;

static void close_all(struct child *child);

static void kill_group(struct child *child, int number)
{
    if (child->process.pid > 0) {
        kill(-child->process.pid, number);
    }
}

static void forget_running(const struct child *child)
{
    struct child **at = &running;

    while (*at != NULL && *at != child) {
        at = &(*at)->next;
    }
    if (*at != NULL) {
        *at = child->next;
    }
}

static bool is_running(pid_t pid)
{
    for (const struct child *at = running; at != NULL; at = at->next) {
        if (at->process.pid == pid) {
            return true;
        }
    }
    return false;
}

/* Ends what the command has left behind, in whatever session. What began after a command that still runs may be that one's, and
 * waits for its end. True: some of it is still there. */
static bool sweep(void)
{
    uint64_t until = UINT64_MAX;

    for (const struct child *at = running; at != NULL; at = at->next) {
        until = at->began < until ? at->began : until;
    }
    return orphans_sweep(is_running, until);
}

static void on_sweep(uv_timer_t *timer)
{
    struct child *child = timer->data;

    if (!sweep() || ++child->sweeps > CHILD_GRACE_MS / SWEEP_MS) {
        close_all(child);
    }
}

static void maybe_end(struct child *child)
{
    if (!child->exited || !child->output_ended || child->ended) {
        return;
    }
    kill_group(child, SIGKILL); /* grandchildren that stayed */
    if (sweep()) {
        uv_timer_start(&child->timer, on_sweep, SWEEP_MS, SWEEP_MS);
    } else {
        close_all(child);
    }
}

static void on_grace_over(uv_timer_t *timer)
{
    struct child *child = timer->data;

    kill_group(child, SIGKILL);
    /* Somebody who left the group may still hold the pipe: do not wait for them. */
    child->output_ended = true;
    maybe_end(child);
}

/* The first reason stands. */
static void end_by_force(struct child *child, enum child_end how)
{
    if (child->killed || (child->exited && child->output_ended) || child->open_handles == 0 ||
        uv_is_closing((uv_handle_t *)&child->timer)) {
        return;
    }
    child->killed = true;
    child->how = how;
    kill_group(child, SIGTERM);
    uv_timer_start(&child->timer, on_grace_over, CHILD_GRACE_MS, 0);
}

static void on_timeout(uv_timer_t *timer)
{
    end_by_force(timer->data, CHILD_TIMED_OUT);
}

void child_break_off(struct child *child)
{
    end_by_force(child, CHILD_BROKEN_OFF);
}

static void on_ended(uv_process_t *process, int64_t status, int signal_number)
{
    struct child *child = process->data;

    child->exited = true;
    forget_running(child);
    if (!child->killed) {
        child->how = signal_number != 0 ? CHILD_SIGNALLED : CHILD_EXITED;
        child->code = signal_number != 0 ? signal_number : (int)status;
    }
    maybe_end(child);
}

static void on_alloc(uv_handle_t *handle, size_t wanted, uv_buf_t *ret)
{
    struct child *child = handle->data;

    (void)wanted;
    *ret = uv_buf_init(child->read_buffer, READ_SIZE);
}

static bool collect(struct child *child, const char *data, size_t size)
{
    if (child->collected_size + size > child->options.output_max) {
        return false;
    }
    if (child->collected_size + size + 1 > child->collected_room) {
        size_t room = (child->collected_size + size + 1) * 2;
        char *grown = realloc(child->collected, room);

        if (grown == NULL) {
            return false;
        }
        child->collected = grown;
        child->collected_room = room;
    }
    memcpy(child->collected + child->collected_size, data, size);
    child->collected_size += size;
    return true;
}

static void on_output(uv_stream_t *stream, ssize_t size, const uv_buf_t *buffer)
{
    struct child *child = stream->data;

    if (size > 0 && !collect(child, buffer->base, (size_t)size)) {
        end_by_force(child, CHILD_TOO_MUCH);
        size = UV_EOF;
    }
    if (size >= 0) {
        return;
    }
    uv_read_stop(stream);
    child->output_ended = true;
    maybe_end(child);
}

static void on_handle_closed(uv_handle_t *handle)
{
    struct child *child = handle->data;

    if (--child->open_handles > 0) {
        return;
    }
    if (child->collected != NULL) {
        child->collected[child->collected_size] = '\0';
    }
    struct child_result result = (struct child_result){.how = child->how,
                                                       .code = child->code,
                                                       .output = child->collected != NULL ? child->collected : "",
                                                       .output_size = child->collected_size};
    child->on_end(child->arg, &result);
    free(child->sent);
    free(child->collected);
    free(child);
}

static void close_one(uv_handle_t *handle)
{
    if (!uv_is_closing(handle)) {
        uv_close(handle, on_handle_closed);
    }
}

static void close_all(struct child *child)
{
    if (child->ended) {
        return;
    }
    child->ended = true;
    close_one((uv_handle_t *)&child->timer);
    close_one((uv_handle_t *)&child->output);
    close_one((uv_handle_t *)&child->input);
    close_one((uv_handle_t *)&child->process);
}

static void on_written(uv_write_t *write, int status)
{
    struct child *child = write->data;

    (void)status; /* a command need not read its input */
    if (!uv_is_closing((uv_handle_t *)&child->input)) {
        uv_close((uv_handle_t *)&child->input, on_handle_closed);
    }
}

/* ---- the beginning ---- */

static int spawn(uv_loop_t *loop, struct child *child)
{
    static char path[] = "PATH=/usr/local/bin:/usr/bin:/bin", lang[] = "LANG=C.UTF-8";
    char home[4096] = "HOME=/";
    char *environment[] = {path, lang, home, NULL};
    uv_stdio_container_t stdio[3] = {
        {.flags = UV_CREATE_PIPE | UV_READABLE_PIPE, .data.stream = (uv_stream_t *)&child->input},
        {.flags = UV_CREATE_PIPE | UV_WRITABLE_PIPE, .data.stream = (uv_stream_t *)&child->output},
        {.flags = UV_INHERIT_FD, .data.fd = 2},
    };
    uv_process_options_t options = {
        .exit_cb = on_ended,
        .file = child->options.words[0],
        .args = (char **)(uintptr_t)child->options.words,
        .env = environment,
        .flags = UV_PROCESS_DETACHED,
        .stdio_count = 3,
        .stdio = stdio,
    };
    const char *own_home = getenv("HOME");

    if (own_home != NULL) {
        snprintf(home, sizeof(home), "HOME=%s", own_home);
    }
    return uv_spawn(loop, &child->process, &options);
}

static void on_not_started(uv_timer_t *timer)
{
    close_all(timer->data);
}

int child_start(uv_loop_t *loop, const struct child_options *options, const void *input, size_t input_size, child_on_end *on_end,
                void *arg, struct child **ret)
{
    struct child *child = calloc(1, sizeof(*child));
    uv_buf_t buffer;

    if (child == NULL) {
        return -ENOMEM;
    }
    child->sent = malloc(input_size + 1);
    if (child->sent == NULL) {
        free(child);
        return -ENOMEM;
    }
    memcpy(child->sent, input, input_size);
    child->options = *options;
    child->on_end = on_end;
    child->arg = arg;
    uv_pipe_init(loop, &child->input, 0);
    uv_pipe_init(loop, &child->output, 0);
    uv_timer_init(loop, &child->timer);
    child->input.data = child->output.data = child->timer.data = child->process.data = child->write.data = child;
    child->open_handles = 4;
    orphans_adopt();
    int rc = spawn(loop, child);
    child->process.data = child; /* uv_spawn makes the handle even when it fails */
    if (rc < 0) {
        child->how = CHILD_NOT_STARTED;
        child->code = rc;
        uv_timer_start(&child->timer, on_not_started, 0, 0);
    } else {
        child->began = orphans_began(child->process.pid);
        child->next = running;
        running = child;
        buffer = uv_buf_init(child->sent, (unsigned)input_size);
        uv_timer_start(&child->timer, on_timeout, (uint64_t)options->timeout_ms, 0);
        uv_read_start((uv_stream_t *)&child->output, on_alloc, on_output);
        if (uv_write(&child->write, (uv_stream_t *)&child->input, &buffer, 1, on_written) < 0) {
            uv_close((uv_handle_t *)&child->input, on_handle_closed);
        }
    }
    *ret = child;
    return 0;
}

const char *child_words(const struct child_result *result, char *ret, size_t size)
{
    switch (result->how) {
    case CHILD_EXITED:
        snprintf(ret, size, "ended with exit code %d", result->code);
        return ret;
    case CHILD_SIGNALLED:
        snprintf(ret, size, "ended by signal %d", result->code);
        return ret;
    case CHILD_TIMED_OUT:
        snprintf(ret, size, "took longer than its time");
        return ret;
    case CHILD_TOO_MUCH:
        snprintf(ret, size, "wrote more than it may");
        return ret;
    case CHILD_NOT_STARTED:
        snprintf(ret, size, "could not be started: %s", strerror(-result->code));
        return ret;
    case CHILD_BROKEN_OFF:
        snprintf(ret, size, "was broken off");
        return ret;
    }
    return ret;
}
