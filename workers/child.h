/*
 * child.h - a command that answers a question: JSON in, JSON out, within a time and a size
 *
 * The command runs in a process group of its own, with a cleaned environment (PATH, LANG and HOME), its input on standard
 * input; its standard error is the worker's. When its time is over, or its output is too large, the whole group gets SIGTERM, and
 * SIGKILL CHILD_GRACE_MS later. What is left of the group when the command ends is killed, and so is what has left the group for a
 * session of its own (orphans.h): before on_end is called or, where other commands still run that might have started it, when the
 * last of these has ended. Standing facts: one thread, on a libuv loop; the process has no other children.
 */
#ifndef HUYING_WORKERS_CHILD_H
#define HUYING_WORKERS_CHILD_H

#include <stdint.h>
#include <uv.h>

#define CHILD_GRACE_MS 2000

enum child_end {
    CHILD_EXITED,      /* with `code` */
    CHILD_SIGNALLED,   /* by `code` */
    CHILD_TIMED_OUT,   /* longer than its time */
    CHILD_TOO_MUCH,    /* said more than its size */
    CHILD_NOT_STARTED, /* negative errno in `code` */
    CHILD_BROKEN_OFF,  /* by child_break_off */
};

struct child_result {
    enum child_end how;
    int code;
    const char *output; /* terminated; borrowed for the call */
    size_t output_size;
};

typedef void child_on_end(void *arg, const struct child_result *result);

struct child_options {
    const char *const *words; /* program and arguments, ended by NULL; looked up in PATH */
    int64_t timeout_ms;
    size_t output_max;
};

struct child;

/* Starts the command and hands it `input`, which is copied. on_end is called once, always later, on the loop; then the child is
 * freed. Returns 0 with *ret, or -ENOMEM. */
int child_start(uv_loop_t *loop, const struct child_options *options, const void *input, size_t input_size, child_on_end *on_end,
                void *arg, struct child **ret);

/* Kills it; on_end comes as CHILD_BROKEN_OFF. */
void child_break_off(struct child *child);

/* Words for how it ended, for a log. Returns `ret`. */
const char *child_words(const struct child_result *result, char *ret, size_t size);

#endif
