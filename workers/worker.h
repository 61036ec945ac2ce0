/*
 * worker.h - the life of a worker: one loop, two connections, one clock, an orderly end
 *
 * A worker connects, asks hello, does its work by callbacks, and ends on SIGTERM or SIGINT when what is under way is finished; a
 * second signal, or `drain` running out, hurries it. One connection is for questions and commands, the other for long polls, so
 * that neither waits for the other. Both reconnect by themselves, with growing pauses. The dispatcher's clock rules: in drill time
 * it is asked for several times a second, else it is extrapolated from its answers. systemd is told of readiness, status and life.
 * Standing facts: one thread; instants in ms UTC; replies are borrowed for the callback.
 */
#ifndef HUYING_WORKERS_WORKER_H
#define HUYING_WORKERS_WORKER_H

#include "base/log.h"
#include "proto/client/client_uv.h"
#include "proto/client/view.h"
#include "workers/settings.h"

#define WORKER_TEXT_SIZE 80
#define WORKER_LOG_LINES 20 /* warnings and errors of one code in a window of the log; notices are bounded by the work */

/* First member of every program's options. */
struct worker_options {
    const char *server;
    const char *keys; /* folder; NULL: key_file_folder */
    const char *key;
    bool plain;
    int64_t drain_ms;
    int64_t poll_ms; /* longest wait of a long poll */
};

extern const struct setting worker_settings[];

/* The defaults, and HUYING_SERVER and HUYING_KEY where they are set. */
void worker_defaults(struct worker_options *ret);

struct worker;

/* What a program does. All on the loop. */
struct worker_program {
    const char *name;
    void (*on_ready)(void *arg);          /* the dispatcher has answered for the first time */
    void (*on_tick)(void *arg);           /* every second, in drill time four times: the clock may have moved */
    void (*on_stop)(void *arg, bool now); /* finish, then call worker_finish; called again with `now` when it takes too long */
    void (*on_end)(void *arg);            /* worker_finish was called, by whomever: close what is on the loop */
};

/* Opens the connections; says on standard error what is wrong with the options. Returns EXIT_DONE with *ret, EXIT_USAGE,
 * EXIT_NOT_REACHABLE (keys) or EXIT_FAILED. `program` and `options` are borrowed for the worker's life. */
int worker_open(const struct worker_options *options, const struct worker_program *program, void *arg, struct worker **ret);

/* Runs until worker_finish, then frees the worker. Returns the exit code. */
int worker_run(struct worker *worker);

/* Ends: no callback of an answer comes any more, and on_end is called. */
void worker_finish(struct worker *worker, int exit_code);

typedef void worker_on_reply(void *arg, const struct client_reply *reply);

enum worker_line { WORKER_TALK, WORKER_WAIT };

/* Asks. An answer, or its failure (reply->error), comes later. What cannot be sent is a bug or a lack of memory and ends the
 * process. */
void worker_ask(struct worker *worker, enum worker_line line, enum query_type query, const void *body, worker_on_reply *on_reply,
                void *arg);

/* Closes the line of long polls for good: what it would answer is not wanted any more, and questions on it are not sent. */
void worker_hang_up(struct worker *worker);

/* Commands, under this request id. Returns 0, or -EEXIST: this id is in flight already (no answer will come here); -EILSEQ: a text
 * is not UTF-8; -EMSGSIZE: too large. */
int worker_command(struct worker *worker, enum command_type command, const void *body, const char *request_id,
                   worker_on_reply *on_reply, void *arg);

/* Asks hello now rather than with a later tick. */
void worker_refresh(struct worker *worker);

uv_loop_t *worker_loop(struct worker *worker);
struct log *worker_log(struct worker *worker);
bool worker_stopping(const struct worker *worker);
bool worker_connected(const struct worker *worker);

/* The dispatcher's instant. Valid from on_ready on, like what follows. */
int64_t worker_now_ms(const struct worker *worker);

/* Longest wait of a long poll. */
int64_t worker_poll_ms(const struct worker *worker);

/* The dispatcher's last sequence when it answered first. */
uint64_t worker_first_seq(const struct worker *worker);

/* Offset of the district's zone from UTC now. */
int64_t worker_offset_ms(const struct worker *worker);
const char *worker_district(const struct worker *worker);

/* Writes an instant as RFC 3339 with ms and the district's offset. Returns `ret`. */
const char *worker_instant(const struct worker *worker, int64_t at_ms, char ret[WORKER_TEXT_SIZE]);

/* The same for views. Borrows the worker. */
struct view_time worker_time(const struct worker *worker);

#endif
