/*
 * department.h - a department's own system, coupled to the dispatcher
 *
 * Pulls the duties of a unit; asks a command (or the rules) what to do with each, does it step by step, and looks again until the
 * duty has ended. What a command fails at is tried again by this or another worker after a pause, a few times, then left to people.
 */
#ifndef HUYING_WORKERS_DEPARTMENT_H
#define HUYING_WORKERS_DEPARTMENT_H

#include "workers/department_rules.h"
#include "workers/job.h"

struct department_options {
    struct job_options job;   /* first */
    const char *const *kinds; /* words of lead, support, respond */
    const char *rules;        /* file that says what to do, instead of a command */
    int64_t look_ms;          /* before a duty is looked at again of which nothing was said */
};

struct department;

/* Checks the options, says on standard error what is wrong, and opens the connections. Returns an exit code, EXIT_DONE with *ret.
 */
int department_open(const struct department_options *options, struct department **ret);

/* Runs until it is told to stop; frees it. Returns the exit code. */
int department_run(struct department *department);

#endif
