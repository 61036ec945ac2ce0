/* followup.c - asks citizens through a command, and records attempts and answers 回访 */
#include "workers/followup.h"

#include "proto/client/view.h"
#include "workers/backoff.h"
#include "workers/child.h"
#include "workers/dossier.h"
#include "workers/halfday.h"
#include "workers/said.h"

#include <assert.h>
#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ANY_HALF_DAY (-1)
#define ROUNDS_MAX 4 /* times that a duty is read anew because it has moved */

struct followup {
    const struct followup_options *options;
    struct worker *worker;
    struct puller *puller;
    struct puller_options pulls;
    struct halfday_hours hours;
    struct backoff backoff;
    struct job *jobs;
    bool hurried; /* to its end: nothing is waited for any more */
};

/* A citizen who is asked. */
struct job {
    struct job *next, *previous;
    struct followup *followup;
    struct work *work;
    struct dossier *dossier;
    struct child *child;
    struct said said;
    int64_t half_day; /* in which the command was asked */
    uint32_t rounds;
};

static void look(struct job *job);

static struct log_about about(const struct job *job)
{
    return (struct log_about){.number = job->work->number, .duty = job->work->duty_id};
}

static int64_t local_ms(const struct followup *followup)
{
    return worker_now_ms(followup->worker) + worker_offset_ms(followup->worker);
}

/* First instant from now on at which a citizen may be asked, in a half-day after `after`. */
static int64_t next_hours_ms(const struct followup *followup, int64_t after)
{
    return halfday_next(&followup->hours, local_ms(followup), after) - worker_offset_ms(followup->worker);
}

static bool in_hours(const struct followup *followup)
{
    return halfday_next(&followup->hours, local_ms(followup), ANY_HALF_DAY) == local_ms(followup);
}

/* ---- the end of a job ---- */

static struct work *job_end(struct job *job)
{
    struct work *work = job->work;

    if (job->previous != NULL) {
        job->previous->next = job->next;
    } else {
        job->followup->jobs = job->next;
    }
    if (job->next != NULL) {
        job->next->previous = job->previous;
    }
    dossier_free(job->dossier);
    said_deinit(&job->said);
    free(job);
    return work;
}

static void job_done(struct job *job)
{
    struct followup *followup = job->followup;
    struct log_about which = about(job);

    log_about(worker_log(followup->worker), LOG_LEVEL_NOTICE, "duty_ended", &which, "nothing is left to ask");
    puller_drop(followup->puller, job_end(job));
}

/* Holds it until the hours after `after`, and not before `least_ms`. */
static void job_hold(struct job *job, int64_t after, int64_t least_ms)
{
    struct followup *followup = job->followup;
    struct log_about which = about(job);
    int64_t until_ms = next_hours_ms(followup, after);
    char text[WORKER_TEXT_SIZE];

    if (least_ms > until_ms) {
        until_ms = least_ms;
    }
    log_about(worker_log(followup->worker), LOG_LEVEL_NOTICE, "duty_waits", &which, "to be asked from %s on",
              worker_instant(followup->worker, until_ms, text));
    puller_hold(followup->puller, job_end(job), until_ms);
}

/* The dispatcher does not answer: that is no fault of the duty. */
static void job_unanswered(struct job *job)
{
    puller_pause(job->followup->puller, job->work, job->followup->options->pause_ms);
    job_hold(job, ANY_HALF_DAY, 0);
}

static void job_leave(struct job *job, const char *why)
{
    struct puller *puller = job->followup->puller;
    struct log_about which = about(job);

    log_about(worker_log(job->followup->worker), LOG_LEVEL_WARNING, "left_to_people", &which, "%s", why);
    puller_hold(puller, job_end(job), PULLER_NEVER);
}

static void job_failed(struct job *job, const char *why)
{
    struct followup *followup = job->followup;
    struct work *work = job->work;
    struct log_about which = about(job);

    work->failures++;
    log_about(worker_log(followup->worker), LOG_LEVEL_WARNING, "duty_failed", &which, "try %u of %lld: %s", work->failures,
              (long long)followup->options->tries, why);
    if ((int64_t)work->failures >= followup->options->tries) {
        job_leave(job, "it failed too often");
        return;
    }
    puller_pause(followup->puller, work, backoff_pause_ms(&followup->backoff, work->failures));
    puller_give_back(followup->puller, job_end(job), 0);
}

/* ---- what was said is recorded ---- */

static void take_refusal(struct job *job, const struct reply *reply)
{
    char why[300];

    snprintf(why, sizeof(why), "refused: %.*s %.*s", (int)reply->code.size, reply->code.at, (int)reply->message.size,
             reply->message.at);
    if (reply->refusal == REFUSAL_TOO_SOON) { /* somebody else was quicker in this half-day */
        job_hold(job, job->half_day, 0);
    } else if (reply->refusal == REFUSAL_SELF_DECISION) {
        job_leave(job, "this key has handled the case: another has to ask");
    } else if ((reply->refusal == REFUSAL_BAD_STATE || reply->refusal == REFUSAL_NOT_FOUND ||
                reply->refusal == REFUSAL_ID_REUSED) &&
               job->rounds < ROUNDS_MAX) {
        look(job);
    } else {
        job_failed(job, why);
    }
}

static void note(struct job *job);

static void on_noted(void *arg, const struct client_reply *reply)
{
    struct job *job = arg;
    struct log_about which = about(job);

    if (reply->error != 0) { /* what the citizen said is not thrown away: the same note again, under the same id */
        if (!job->followup->hurried) {
            note(job);
        } else {
            job_unanswered(job);
        }
        return;
    }
    if (!reply->reply.ok) {
        take_refusal(job, &reply->reply);
        return;
    }
    job->work->failures = 0;
    if (job->said.how == SAID_REACHED) {
        log_about(worker_log(job->followup->worker), LOG_LEVEL_NOTICE, "answer_noted", &which, "the citizen was reached");
        job_done(job);
        return;
    }
    log_about(worker_log(job->followup->worker), LOG_LEVEL_NOTICE, "attempt_noted", &which, "%s",
              enum_name(&attempt_outcome_enum, (int)job->said.outcome));
    if (job->said.outcome != ATTEMPT_OUTCOME_NO_ANSWER) { /* the others end the follow-up */
        job_done(job);
    } else {
        job_hold(job, job->half_day, 0);
    }
}

static void note(struct job *job)
{
    char id[LIMIT_REQUEST_SIZE + 1];
    union command_body body;
    enum command_type command = said_command(&job->said, job->work->case_id, job->dossier->reporter, &body);

    said_id(&job->said, job->work->duty_id, job->half_day, id);
    int rc = worker_command(job->followup->worker, command, &body, id, on_noted, job);
    if (rc < 0) {
        job_failed(job, rc == -EEXIST   ? "the same note is under way"
                        : rc == -EILSEQ ? "the text is not UTF-8"
                                        : "the text is too large");
    }
}

/* ---- the citizen is asked ---- */

static void on_child_ended(void *arg, const struct child_result *result)
{
    struct job *job = arg;
    struct followup *followup = job->followup;
    char words[SAID_FAULT_SIZE], why[SAID_FAULT_SIZE + 40];
    json_t *json = NULL;

    job->child = NULL;
    if (result->how == CHILD_BROKEN_OFF) {
        puller_give_back(followup->puller, job_end(job), 0);
        return;
    }
    if (result->how != CHILD_EXITED || result->code != 0) {
        snprintf(why, sizeof(why), "the command %s", child_words(result, words, sizeof(words)));
        job_failed(job, why);
        return;
    }
    json = json_loadb(result->output, result->output_size, JSON_REJECT_DUPLICATES, NULL);
    if (json == NULL) {
        job_failed(job, "the command's answer is not JSON");
        return;
    }
    said_deinit(&job->said);
    if (said_read(json, worker_now_ms(followup->worker), &job->said, words) < 0) {
        job_failed(job, words);
    } else if (job->said.how == SAID_LATER) {
        job_hold(job, job->said.retry_at_ms > 0 ? ANY_HALF_DAY : job->half_day, job->said.retry_at_ms);
    } else {
        note(job);
    }
}

/* What the command is told: no more than asking needs. */
static json_t *question(const struct job *job)
{
    const struct dossier *dossier = job->dossier;
    const json_t *view = dossier->view;
    struct worker *worker = job->followup->worker;
    char now[WORKER_TEXT_SIZE];

    return json_pack("{s:i, s:s, s:s, s:I, s:s, s:i, s:s, s:s, s:s, s:i, s:i, s:O*}", "version", 1, "district",
                     worker_district(worker), "now", worker_instant(worker, worker_now_ms(worker), now), "duty",
                     (json_int_t)dossier->duty_id, "number", view_text(view, "number"), "round", (int)view_number(view, "round"),
                     "matter_name", view_text(view, "matter_name"), "title", view_text(view, "title"), "phone",
                     view_text(view, "reporter_phone"), "reporter", (int)dossier->reporter, "attempts", (int)dossier->attempts,
                     "answer", dossier->answer);
}

static void ask_command(struct job *job)
{
    struct followup *followup = job->followup;
    const struct child_options options = {.words = followup->options->exec,
                                          .timeout_ms = followup->options->time_ms,
                                          .output_max = (size_t)followup->options->output_max};
    json_t *asked = question(job);
    char *text = asked != NULL ? json_dumps(asked, JSON_COMPACT) : NULL;
    int rc = text != NULL
                 ? child_start(worker_loop(followup->worker), &options, text, strlen(text), on_child_ended, job, &job->child)
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
    struct followup *followup = job->followup;

    job->dossier = dossier;
    job->half_day = halfday_of(local_ms(followup));
    if (dossier->how == DOSSIER_ENDED) {
        job_done(job);
    } else if (dossier->how == DOSSIER_FAILED) {
        job_unanswered(job);
    } else if (worker_stopping(followup->worker)) {
        puller_give_back(followup->puller, job_end(job), 0);
    } else if (dossier->last_half_day >= job->half_day) { /* asked in this half-day already, by whomever */
        job_hold(job, job->half_day, 0);
    } else if (!in_hours(followup)) {
        job_hold(job, ANY_HALF_DAY, 0);
    } else {
        ask_command(job);
    }
}

static void look(struct job *job)
{
    job->dossier = dossier_free(job->dossier);
    job->rounds++;
    dossier_fetch(job->followup->worker, job->work->case_id, job->work->duty_id, on_dossier, job);
}

static void on_work(void *arg, struct work *work)
{
    struct followup *followup = arg;
    struct job *job = calloc(1, sizeof(*job));
    struct log_about which = {.number = work->number, .duty = work->duty_id};

    if (job == NULL) {
        abort(); /* as in dossier_fetch */
    }
    job->followup = followup;
    job->work = work;
    job->next = followup->jobs;
    if (job->next != NULL) {
        job->next->previous = job;
    }
    followup->jobs = job;
    log_about(worker_log(followup->worker), LOG_LEVEL_NOTICE, "duty_taken", &which, "follow-up");
    look(job);
}

/* ---- the life of the program ---- */

static bool may_pull(void *arg)
{
    return in_hours(arg);
}

static void on_stopped(void *arg)
{
    struct followup *followup = arg;

    worker_finish(followup->worker, EXIT_DONE);
}

static void on_tick(void *arg)
{
    struct followup *followup = arg;

    puller_tick(followup->puller);
}

static void break_off(struct followup *followup)
{
    for (struct job *job = followup->jobs; job != NULL; job = job->next) {
        if (job->child != NULL) {
            child_break_off(job->child);
        }
    }
}

static void on_stop(void *arg, bool now)
{
    struct followup *followup = arg;

    followup->hurried = now;
    if (now) {
        break_off(followup);
    }
    puller_stop(followup->puller);
}

static void on_end(void *arg)
{
    break_off(arg);
}

static const struct worker_program worker_program = {
    .name = "huying-followup", .on_ready = on_tick, .on_tick = on_tick, .on_stop = on_stop, .on_end = on_end};
static const struct puller_program puller_program = {.on_work = on_work, .may_pull = may_pull, .on_stopped = on_stopped};

/* ---- the beginning ---- */

static int say(const char *format, const char *what)
{
    fprintf(stderr, "huying-followup: ");
    fprintf(stderr, format, what);
    fprintf(stderr, "\n");
    return EXIT_USAGE;
}

static int check(const struct followup_options *options, struct followup *followup)
{
    struct code code;

    if (options->unit != NULL && !code_make(options->unit, strlen(options->unit), &code)) {
        return say("`%s` is not a unit's code", options->unit);
    }
    if (!code_make(options->name, strlen(options->name), &code)) {
        return say("`%s` is not a valid name: use 1 to 32 of A-Z, a-z, 0-9, _, . and -", options->name);
    }
    if (options->exec == NULL) {
        return say("%s", "--exec PROGRAM is needed: the command that asks the citizen");
    }
    if (!halfday_parse(options->hours, &followup->hours)) {
        return say("`%s` are not hours; write them like `9-12 14-20` or `09:00-12:00 14:00-20:00`", options->hours);
    }
    followup->pulls = (struct puller_options){.worker = options->name,
                                              .unit = options->unit,
                                              .kinds = {DUTY_KIND_FOLLOWUP},
                                              .kind_count = 1,
                                              .credit = options->credit,
                                              .held_max = options->held,
                                              .lease_ms = options->lease_ms};
    return EXIT_DONE;
}

int followup_open(const struct followup_options *options, struct followup **ret)
{
    struct followup *followup = calloc(1, sizeof(*followup));

    if (followup == NULL || sodium_init() < 0) {
        free(followup);
        return EXIT_FAILED;
    }
    followup->options = options;
    followup->backoff = (struct backoff){.base_ms = options->pause_ms, .max_ms = options->pause_max_ms};
    randombytes_buf(&followup->backoff.state, sizeof(followup->backoff.state));
    int code = check(options, followup);
    if (code == EXIT_DONE) {
        code = worker_open(&options->worker, &worker_program, followup, &followup->worker);
    }
    if (code != EXIT_DONE) {
        free(followup);
        return code;
    }
    followup->puller = puller_new(followup->worker, &followup->pulls, &puller_program, followup);
    assert(followup->puller != NULL);
    *ret = followup;
    return EXIT_DONE;
}

int followup_run(struct followup *followup)
{
    int code = worker_run(followup->worker);
    struct job *next;

    for (struct job *job = followup->jobs; job != NULL; job = next) {
        next = job->next;
        job_end(job);
    }
    puller_free(followup->puller);
    free(followup);
    return code;
}
