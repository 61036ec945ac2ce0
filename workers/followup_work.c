/* followup_work.c - asks citizens through a command, and records attempts and answers 回访 */
#include "workers/followup_work.h"

#include "proto/client/view.h"
#include "workers/halfday.h"
#include "workers/said.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ANY_HALF_DAY (-1)
#define ROUNDS_MAX 4 /* times that a duty is read anew because it has moved */

struct followup_work {
    const struct followup_work_options *options;
    struct jobs *jobs;
    struct halfday_hours hours;
};

/* A citizen who is asked. */
struct task {
    struct job job; /* first */
    struct said said;
    int64_t half_day; /* in which the command was asked */
};

static struct task *task_of(struct job *job)
{
    return (struct task *)job; /* its first member */
}

static const struct followup_work *followup_of(const struct task *task)
{
    return jobs_arg(task->job.jobs);
}

static struct worker *worker_of(const struct task *task)
{
    return jobs_worker(task->job.jobs);
}

static int64_t local_ms(const struct followup_work *followup)
{
    struct worker *worker = jobs_worker(followup->jobs);

    return worker_now_ms(worker) + worker_offset_ms(worker);
}

/* First instant from now on at which a citizen may be asked, in a half-day after `after`. */
static int64_t next_hours_ms(const struct followup_work *followup, int64_t after)
{
    return halfday_next(&followup->hours, local_ms(followup), after) - worker_offset_ms(jobs_worker(followup->jobs));
}

static bool in_hours(const struct followup_work *followup)
{
    return halfday_next(&followup->hours, local_ms(followup), ANY_HALF_DAY) == local_ms(followup);
}

static void deinit(struct job *job)
{
    said_deinit(&task_of(job)->said);
}

/* Holds it until the hours after `after`, and not before `least_ms`. */
static void hold(struct task *task, int64_t after, int64_t least_ms)
{
    struct log_about which = job_about(&task->job);
    int64_t until_ms = next_hours_ms(followup_of(task), after);
    char text[WORKER_TEXT_SIZE];

    if (least_ms > until_ms) {
        until_ms = least_ms;
    }
    log_about(worker_log(worker_of(task)), LOG_LEVEL_NOTICE, "duty_waits", &which, "to be asked from %s on",
              worker_instant(worker_of(task), until_ms, text));
    job_hold(&task->job, until_ms);
}

static void hold_to_hours(struct job *job)
{
    hold(task_of(job), ANY_HALF_DAY, 0);
}

/* ---- what was said is recorded ---- */

static void take_refusal(struct task *task, const struct reply *reply)
{
    char why[300];

    snprintf(why, sizeof(why), "refused: %.*s %.*s", (int)reply->code.size, reply->code.at, (int)reply->message.size,
             reply->message.at);
    if (reply->refusal == REFUSAL_TOO_SOON) { /* somebody else was quicker in this half-day */
        hold(task, task->half_day, 0);
    } else if (reply->refusal == REFUSAL_SELF_DECISION) {
        job_leave(&task->job, "this key has handled the case: another has to ask");
    } else if ((reply->refusal == REFUSAL_BAD_STATE || reply->refusal == REFUSAL_NOT_FOUND ||
                reply->refusal == REFUSAL_ID_REUSED) &&
               task->job.rounds < ROUNDS_MAX) {
        job_look(&task->job);
    } else {
        job_failed(&task->job, why);
    }
}

static void note(struct task *task);

static void on_noted(void *arg, const struct client_reply *reply)
{
    struct task *task = arg;
    struct log_about which = job_about(&task->job);

    if (reply->error != 0) { /* what the citizen said is not thrown away: the same note again, under the same id */
        if (!jobs_hurried(task->job.jobs)) {
            note(task);
        } else {
            job_unanswered(&task->job);
        }
        return;
    }
    if (!reply->reply.ok) {
        take_refusal(task, &reply->reply);
        return;
    }
    task->job.work->failures = 0;
    if (task->said.how == SAID_REACHED) {
        log_about(worker_log(worker_of(task)), LOG_LEVEL_NOTICE, "answer_noted", &which, "the citizen was reached");
        job_done(&task->job);
        return;
    }
    log_about(worker_log(worker_of(task)), LOG_LEVEL_NOTICE, "attempt_noted", &which, "%s",
              enum_name(&attempt_outcome_enum, (int)task->said.outcome));
    if (task->said.outcome != ATTEMPT_OUTCOME_NO_ANSWER) { /* the others end the follow-up */
        job_done(&task->job);
    } else {
        hold(task, task->half_day, 0);
    }
}

static void note(struct task *task)
{
    char id[CAP_REQUEST_SIZE + 1];
    union command_body body;
    enum command_type command = said_command(&task->said, task->job.work->case_id, task->job.dossier->reporter, &body);

    said_id(&task->said, task->job.work->duty_id, task->half_day, id);
    int rc = worker_command(worker_of(task), command, &body, id, on_noted, task);
    if (rc < 0) {
        job_unsent(&task->job, rc, "note");
    }
}

/* ---- the citizen is asked ---- */

/* What the command is told: no more than asking needs. */
static json_t *question(const struct job *job)
{
    const struct dossier *dossier = job->dossier;
    const json_t *view = dossier->view;
    struct worker *worker = jobs_worker(job->jobs);
    char now[WORKER_TEXT_SIZE];

    return json_pack("{s:i, s:s, s:s, s:I, s:s, s:i, s:s, s:s, s:s, s:i, s:i, s:O*}", "version", 1, "district",
                     worker_district(worker), "now", worker_instant(worker, worker_now_ms(worker), now), "duty",
                     (json_int_t)dossier->duty_id, "number", view_text(view, "number"), "round", (int)view_number(view, "round"),
                     "matter_name", view_text(view, "matter_name"), "title", view_text(view, "title"), "phone",
                     view_text(view, "reporter_phone"), "reporter", (int)dossier->reporter, "attempts", (int)dossier->attempts,
                     "answer", dossier->answer);
}

static void on_answer(struct job *job, json_t *answer)
{
    struct task *task = task_of(job);
    char fault[SAID_FAULT_SIZE];

    said_deinit(&task->said);
    if (said_read(answer, worker_now_ms(worker_of(task)), &task->said, fault) < 0) {
        job_failed(job, fault);
    } else if (task->said.how == SAID_LATER) {
        hold(task, task->said.retry_at_ms > 0 ? ANY_HALF_DAY : task->half_day, task->said.retry_at_ms);
    } else {
        note(task);
    }
}

static void on_dossier(struct job *job)
{
    struct task *task = task_of(job);
    const struct followup_work *followup = followup_of(task);

    task->half_day = halfday_of(local_ms(followup));
    if (job->dossier->last_half_day >= task->half_day) { /* asked in this half-day already, by whomever */
        hold(task, task->half_day, 0);
    } else if (!in_hours(followup)) {
        hold(task, ANY_HALF_DAY, 0);
    } else {
        job_ask(job);
    }
}

static void taken(const struct job *job, char *ret, size_t size)
{
    (void)job;
    snprintf(ret, size, "follow-up");
}

static bool may_pull(void *arg)
{
    return in_hours(arg);
}

static const struct job_program program = {.name = "huying-followup",
                                           .job_size = sizeof(struct task),
                                           .ended = "nothing is left to ask",
                                           .taken = taken,
                                           .on_dossier = on_dossier,
                                           .question = question,
                                           .on_answer = on_answer,
                                           .unanswered = hold_to_hours,
                                           .deinit = deinit,
                                           .may_pull = may_pull};

/* ---- the beginning ---- */

static int check(const struct followup_work_options *options, struct halfday_hours *ret_hours)
{
    const struct job_options *job = &options->job;
    struct code code;

    if (job->unit != NULL && !code_make(job->unit, strlen(job->unit), &code)) {
        return job_usage(&program, "`%s` is not a unit's code", job->unit);
    }
    int rc = job_check_name(&program, job->name);
    if (rc != EXIT_DONE) {
        return rc;
    }
    if (job->exec == NULL) {
        return job_usage(&program, "%s", "--exec PROGRAM is needed: the command that asks the citizen");
    }
    if (!halfday_parse(options->hours, ret_hours)) {
        return job_usage(&program, "`%s` are not hours; write them like `9-12 14-20` or `09:00-12:00 14:00-20:00`", options->hours);
    }
    return EXIT_DONE;
}

int followup_work_open(const struct followup_work_options *options, struct followup_work **ret)
{
    static const enum duty_kind kinds[] = {DUTY_KIND_FOLLOWUP};
    struct followup_work *followup = calloc(1, sizeof(*followup));

    if (followup == NULL) {
        return EXIT_FAILED;
    }
    followup->options = options;
    int code = check(options, &followup->hours);
    if (code == EXIT_DONE) {
        code = jobs_open(&options->job, kinds, 1, &program, followup, &followup->jobs);
    }
    if (code != EXIT_DONE) {
        free(followup);
        return code;
    }
    *ret = followup;
    return EXIT_DONE;
}

int followup_work_run(struct followup_work *followup)
{
    int code = jobs_run(followup->jobs);

    free(followup);
    return code;
}
