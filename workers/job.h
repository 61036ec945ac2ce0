/*
 * job.h - the life of a worker that takes up duties: one job a duty, from the pull to its end
 *
 * A job reads what is known of its duty (dossier.h); the program then says what to do with it, perhaps after asking a command; in
 * the end it is done, held for later, given back, or left to people. What fails is tried again by this or another worker after a
 * pause, a few times. Standing facts: one thread; instants are the dispatcher's; a job belongs to its jobs, and every function that
 * ends it frees it.
 */
#ifndef HUYING_WORKERS_JOB_H
#define HUYING_WORKERS_JOB_H

#include "workers/backoff.h"
#include "workers/dossier.h"
#include "workers/puller.h"

#include <jansson.h>

/* What workers that take up duties have in common; the first member of a program's own options. */
struct job_options {
    struct worker_options worker; /* first */
    const char *name;
    const char *unit;               /* NULL: the key's own */
    const char *const *exec;        /* the command that is asked, ended by NULL */
    int64_t credit, held;           /* commands at once; duties held for later or left to people */
    int64_t lease_ms, time_ms;      /* of a lease; of one command */
    int64_t output_max;             /* bytes of a command's answer */
    int64_t tries;                  /* failures in a row before a duty is left to people */
    int64_t pause_ms, pause_max_ms; /* before a failed duty is tried again */
};

/* Their table of settings; offsets are those of job_options. */
extern const struct setting job_settings[];

/* The values that both programs begin with. */
#define JOB_DEFAULTS .credit = 4, .held = 1000, .lease_ms = 60000, .tries = 5, .pause_ms = 10000, .pause_max_ms = 1800000

struct jobs;
struct child;

/* The first member of a program's own job. */
struct job {
    struct job *next, *previous;
    struct jobs *jobs;
    struct work *work;
    struct dossier *dossier; /* set while the program is asked */
    struct child *child;
    uint32_t rounds; /* of reading since it was taken up */
};

/* What the program does; all on the loop. */
struct job_program {
    const char *name;                                             /* of the program, as its messages begin */
    size_t job_size;                                              /* of its own job, which begins zeroed */
    const char *ended;                                            /* what the log says of a duty that has ended */
    void (*taken)(const struct job *job, char *ret, size_t size); /* what it says of one that was taken up */
    void (*on_dossier)(struct job *job);                          /* the duty is open, and the worker is not stopping */
    json_t *(*question)(const struct job *job);                   /* what a command is told; NULL: no memory */
    void (*on_answer)(struct job *job, json_t *answer);           /* takes the command's answer */
    void (*unanswered)(struct job *job);                          /* the dispatcher did not answer: hold it */
    void (*deinit)(struct job *job);                              /* frees what is the program's own */
    bool (*may_pull)(void *arg);                                  /* as in puller.h */
};

/* Checks the name; says on standard error what is wrong. Returns an exit code. */
int job_check_name(const struct job_program *program, const char *name);

/* Says a usage fault, `format` with one text, on standard error. Returns EXIT_USAGE. */
int job_usage(const struct job_program *program, const char *format, const char *what);

/* Opens the connections for duties of these kinds. Borrows all but `kinds`. Returns an exit code, EXIT_DONE with *ret. */
int jobs_open(const struct job_options *options, const enum duty_kind *kinds, uint32_t kind_count,
              const struct job_program *program, void *arg, struct jobs **ret);

/* Runs until it is told to stop; frees it. Returns the exit code. */
int jobs_run(struct jobs *jobs);

void *jobs_arg(const struct jobs *jobs);
struct worker *jobs_worker(const struct jobs *jobs);

/* Is the worker in a hurry to its end, so that nothing is waited for any more? */
bool jobs_hurried(const struct jobs *jobs);

/* What log lines of a job are about. */
struct log_about job_about(const struct job *job);

/* Reads anew what is known of the duty, and asks the program. */
void job_look(struct job *job);

/* Asks the command; its answer comes to on_answer, a failure is job_failed. */
void job_ask(struct job *job);

/* The ends of a job: the duty has ended; the lease is kept and the duty taken up again at an instant (0: at once; pauses apply);
 * the lease is given back, the duty not taken here before an instant; people have it. */
void job_done(struct job *job);
void job_hold(struct job *job, int64_t until_ms);
void job_give_back(struct job *job, int64_t until_ms);
void job_leave(struct job *job, const char *why);

/* Gives the duty back after a failure, with a pause; after the last try people have it. */
void job_failed(struct job *job, const char *why);

/* A command of the dispatcher could not be sent, worker_command gave `rc`. As job_failed. `what`: `step`, `note`. */
void job_unsent(struct job *job, int rc, const char *what);

/* Pauses for a dispatcher that does not answer, which is not the fault of the duty; then the program's `unanswered`. */
void job_unanswered(struct job *job);

#endif
