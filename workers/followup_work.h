/*
 * followup_work.h - asks citizens through a command, and records attempts and answers 回访
 *
 * Pulls follow-up duties in the hours in which a citizen may be asked, at most once a half-day and duty, whoever asked before.
 */
#ifndef HUYING_WORKERS_FOLLOWUP_WORK_H
#define HUYING_WORKERS_FOLLOWUP_WORK_H

#include "workers/job.h"

struct followup_work_options {
    struct job_options job; /* first */
    const char *hours;      /* as halfday_parse */
};

struct followup_work;

/* Checks the options, says on standard error what is wrong, and opens the connections. Returns an exit code, EXIT_DONE with *ret.
 */
int followup_work_open(const struct followup_work_options *options, struct followup_work **ret);

/* Runs until it is told to stop; frees it. Returns the exit code. */
int followup_work_run(struct followup_work *followup);

#endif
