/*
 * admin_child.h - work on files that may be damaged, in a process of its own
 *
 * Files are looked at before they are believed; but a disk may fail while they are read, and then the system ends the process with
 * a signal. So the work is done by a child: this process outlives it, says what happened and removes what it left behind.
 */
#ifndef HUYING_ADMIN_ADMIN_CHILD_H
#define HUYING_ADMIN_ADMIN_CHILD_H

#include <stdbool.h>
#include <sys/types.h>

struct admin_work {
    const char *verb;                      /* for the sentence */
    const char *data;                      /* folder that is worked on */
    int (*run)(void *arg);                 /* in the child: its result is the exit code */
    void (*clean)(void *arg, pid_t child); /* in this process, when the child did not come to its end; may be NULL */
    void *arg;
    bool json; /* the sentence as {"error": ...} on standard output */
};

/* Returns the exit code of the child, or EXIT_FAILED after a sentence. A signal to end goes to the child too; then this process
 * cleans up and ends by it. */
int admin_in_child(const struct admin_work *work);

/* Value of --map-size: at least a MiB. Returns 0 or -EINVAL. */
int admin_map_size(const char *text, size_t *ret);

#endif
