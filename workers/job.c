/* job.c - the life of a worker that takes up duties: one job a duty, from the pull to its end */
#include "workers/job.h"

#include "workers/child.h"

#include <assert.h>
#include <errno.h>
#include <sodium.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct jobs {
    const struct job_options *options;
    const struct job_program *program;
    void *arg;
    struct worker *worker;
    struct puller *puller;
    struct puller_options pulls;
    struct puller_program puller_program;
    struct worker_program worker_program;
    struct backoff backoff;
    struct job *first;
    bool hurried;
};

#define AT(member) offsetof(struct job_options, member)

const struct setting job_settings[] = {
    {"credit", SETTING_COUNT, AT(credit), 1, PULLER_CREDIT_MAX, "N", "Maximum number of commands at once", NULL},
    {"held", SETTING_COUNT, AT(held), 1, 10000, "N", "Maximum number of duties held for later or left to people", NULL},
    {"lease", SETTING_SPAN, AT(lease_ms), 1000, CAP_LEASE_MS, "SPAN", "Length of a lease, prolonged while work goes on", NULL},
    {"tries", SETTING_COUNT, AT(tries), 1, 1000, "N", "Failures in a row before a duty is left to people", NULL},
    {"pause", SETTING_SPAN, AT(pause_ms), 1, 86400000, "SPAN", "Pause after the first failure; doubles, with jitter", NULL},
    {"pause-max", SETTING_SPAN, AT(pause_max_ms), 1, 86400000, "SPAN", "Longest pause after a failure", NULL},
    {0},
};

void *jobs_arg(const struct jobs *jobs)
{
    return jobs->arg;
}

struct worker *jobs_worker(const struct jobs *jobs)
{
    return jobs->worker;
}

bool jobs_hurried(const struct jobs *jobs)
{
    return jobs->hurried;
}

struct log_about job_about(const struct job *job)
{
    return (struct log_about){.number = job->work->number, .duty = job->work->duty_id};
}

static struct log *log_of(const struct job *job)
{
    return worker_log(job->jobs->worker);
}

/* ---- the end of a job ---- */

static struct work *end(struct job *job)
{
    struct work *work = job->work;

    if (job->previous != NULL) {
        job->previous->next = job->next;
    } else {
        job->jobs->first = job->next;
    }
    if (job->next != NULL) {
        job->next->previous = job->previous;
    }
    job->jobs->program->deinit(job);
    dossier_free(job->dossier);
    free(job);
    return work;
}

void job_done(struct job *job)
{
    struct puller *puller = job->jobs->puller;
    struct log_about which = job_about(job);

    log_about(log_of(job), LOG_LEVEL_NOTICE, "duty_ended", &which, "%s", job->jobs->program->ended);
    puller_drop(puller, end(job));
}

void job_hold(struct job *job, int64_t until_ms)
{
    struct puller *puller = job->jobs->puller;

    puller_hold(puller, end(job), until_ms);
}

void job_give_back(struct job *job, int64_t until_ms)
{
    struct puller *puller = job->jobs->puller;

    puller_give_back(puller, end(job), until_ms);
}

void job_leave(struct job *job, const char *why)
{
    struct log_about which = job_about(job);

    log_about(log_of(job), LOG_LEVEL_WARNING, "left_to_people", &which, "%s", why);
    job_hold(job, PULLER_NEVER);
}

void job_failed(struct job *job, const char *why)
{
    struct jobs *jobs = job->jobs;
    struct work *work = job->work;
    struct log_about which = job_about(job);

    work->failures++;
    log_about(log_of(job), LOG_LEVEL_WARNING, "duty_failed", &which, "try %u of %lld: %s", work->failures,
              (long long)jobs->options->tries, why);
    if ((int64_t)work->failures >= jobs->options->tries) {
        job_leave(job, "it failed too often");
        return;
    }
    puller_pause(jobs->puller, work, backoff_pause_ms(&jobs->backoff, work->failures));
    job_give_back(job, 0);
}

void job_unsent(struct job *job, int rc, const char *what)
{
    char why[80];

    snprintf(why, sizeof(why),
             rc == -EEXIST   ? "the same %s is under way"
             : rc == -EILSEQ ? "a text is not UTF-8"
                             : "a text is too large",
             what);
    job_failed(job, why);
}

void job_unanswered(struct job *job)
{
    puller_pause(job->jobs->puller, job->work, job->jobs->options->pause_ms);
    job->jobs->program->unanswered(job);
}

/* ---- what to do is asked ---- */

static void on_child_ended(void *arg, const struct child_result *result)
{
    struct job *job = arg;
    json_error_t error;
    char words[200], why[240];

    job->child = NULL;
    if (result->how == CHILD_BROKEN_OFF) {
        job_give_back(job, 0);
        return;
    }
    if (result->how != CHILD_EXITED || result->code != 0) {
        snprintf(why, sizeof(why), "the command %s", child_words(result, words, sizeof(words)));
        job_failed(job, why);
        return;
    }
    json_t *answer = json_loadb(result->output, result->output_size, JSON_REJECT_DUPLICATES, &error);
    if (answer == NULL) {
        snprintf(why, sizeof(why), "the command's answer is not JSON, line %d", error.line);
        job_failed(job, why);
        return;
    }
    job->jobs->program->on_answer(job, answer);
}

void job_ask(struct job *job)
{
    struct jobs *jobs = job->jobs;
    const struct child_options options = {
        .words = jobs->options->exec, .timeout_ms = jobs->options->time_ms, .output_max = (size_t)jobs->options->output_max};
    json_t *asked = jobs->program->question(job);
    char *text = asked != NULL ? json_dumps(asked, JSON_COMPACT) : NULL;
    int rc = text != NULL ? child_start(worker_loop(jobs->worker), &options, text, strlen(text), on_child_ended, job, &job->child)
                          : -ENOMEM;

    free(text);
    json_decref(asked);
    if (rc < 0) {
        job_failed(job, strerror(-rc));
    }
}

static void on_dossier(void *arg, struct dossier *dossier)
{
    struct job *job = arg;

    job->dossier = dossier;
    if (dossier->how == DOSSIER_ENDED) {
        job_done(job);
    } else if (dossier->how == DOSSIER_FAILED) {
        job_unanswered(job);
    } else if (worker_stopping(job->jobs->worker)) {
        job_give_back(job, 0);
    } else {
        job->jobs->program->on_dossier(job);
    }
}

void job_look(struct job *job)
{
    job->dossier = dossier_free(job->dossier);
    job->rounds++;
    dossier_fetch(job->jobs->worker, job->work->case_id, job->work->duty_id, on_dossier, job);
}

static void on_work(void *arg, struct work *work)
{
    struct jobs *jobs = arg;
    struct job *job = calloc(1, jobs->program->job_size);
    char words[80];

    if (job == NULL) {
        abort(); /* as in dossier_fetch */
    }
    job->jobs = jobs;
    job->work = work;
    job->next = jobs->first;
    if (job->next != NULL) {
        job->next->previous = job;
    }
    jobs->first = job;
    struct log_about which = job_about(job);
    jobs->program->taken(job, words, sizeof(words));
    log_about(log_of(job), LOG_LEVEL_NOTICE, "duty_taken", &which, "%s", words);
    job_look(job);
}

/* ---- the life of the program ---- */

static bool may_pull(void *arg)
{
    struct jobs *jobs = arg;

    return jobs->program->may_pull(jobs->arg);
}

static void on_stopped(void *arg)
{
    struct jobs *jobs = arg;

    worker_finish(jobs->worker, EXIT_DONE);
}

static void on_tick(void *arg)
{
    struct jobs *jobs = arg;

    puller_tick(jobs->puller);
}

static void break_off(const struct jobs *jobs)
{
    for (struct job *job = jobs->first; job != NULL; job = job->next) {
        if (job->child != NULL) {
            child_break_off(job->child);
        }
    }
}

static void on_stop(void *arg, bool now)
{
    struct jobs *jobs = arg;

    jobs->hurried = now;
    if (now) {
        break_off(jobs);
    }
    puller_stop(jobs->puller);
}

static void on_end(void *arg)
{
    break_off(arg);
}

/* ---- the beginning ---- */

int job_usage(const struct job_program *program, const char *format, const char *what)
{
    fprintf(stderr, "%s: ", program->name);
    fprintf(stderr, format, what);
    fprintf(stderr, "\n");
    return EXIT_USAGE;
}

int job_check_name(const struct job_program *program, const char *name)
{
    struct code code;

    if (!code_make(name, strlen(name), &code)) {
        return job_usage(program, "`%s` is not a valid name: use 1 to 32 of A-Z, a-z, 0-9, _, . and -", name);
    }
    return EXIT_DONE;
}

int jobs_open(const struct job_options *options, const enum duty_kind *kinds, uint32_t kind_count,
              const struct job_program *program, void *arg, struct jobs **ret)
{
    struct jobs *jobs = calloc(1, sizeof(*jobs));

    assert(kind_count <= PULLER_KINDS_MAX && program->job_size >= sizeof(struct job));
    if (jobs == NULL || sodium_init() < 0) {
        free(jobs);
        return EXIT_FAILED;
    }
    jobs->options = options;
    jobs->program = program;
    jobs->arg = arg;
    jobs->backoff = (struct backoff){.base_ms = options->pause_ms, .max_ms = options->pause_max_ms};
    randombytes_buf(&jobs->backoff.state, sizeof(jobs->backoff.state));
    jobs->worker_program = (struct worker_program){
        .name = program->name, .on_ready = on_tick, .on_tick = on_tick, .on_stop = on_stop, .on_end = on_end};
    jobs->puller_program = (struct puller_program){
        .on_work = on_work, .may_pull = program->may_pull != NULL ? may_pull : NULL, .on_stopped = on_stopped};
    jobs->pulls = (struct puller_options){.worker = options->name,
                                          .unit = options->unit,
                                          .kind_count = kind_count,
                                          .credit = options->credit,
                                          .held_max = options->held,
                                          .lease_ms = options->lease_ms};
    memcpy(jobs->pulls.kinds, kinds, kind_count * sizeof(*kinds));
    int code = worker_open(&options->worker, &jobs->worker_program, jobs, &jobs->worker);
    if (code != EXIT_DONE) {
        free(jobs);
        return code;
    }
    jobs->puller = puller_new(jobs->worker, &jobs->pulls, &jobs->puller_program, jobs);
    assert(jobs->puller != NULL);
    *ret = jobs;
    return EXIT_DONE;
}

int jobs_run(struct jobs *jobs)
{
    int code = worker_run(jobs->worker);
    struct job *next;

    for (struct job *job = jobs->first; job != NULL; job = next) {
        next = job->next;
        end(job);
    }
    puller_free(jobs->puller);
    free(jobs);
    return code;
}
