/* department.c - a department's own system, coupled to the dispatcher */
#include "workers/department.h"

#include "proto/client/view.h"
#include "workers/steps.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FRUITLESS_MAX 8 /* times that a command may be asked again at once */

struct department {
    const struct department_options *options;
    struct jobs *jobs;
    struct department_rules *rules; /* NULL: a command is asked */
};

/* A duty that is worked on. */
struct task {
    struct job job; /* first */
    struct plan plan;
    uint32_t step;   /* that is under way */
    bool progress;   /* a step was done that was not done before */
    json_t *refused; /* the last refusal, for the command */
};

static void next_step(struct task *task);

static struct task *task_of(struct job *job)
{
    return (struct task *)job; /* its first member */
}

static struct department *department_of(const struct task *task)
{
    return jobs_arg(task->job.jobs);
}

static struct worker *worker_of(const struct task *task)
{
    return jobs_worker(task->job.jobs);
}

static int64_t look_at_ms(const struct task *task)
{
    return worker_now_ms(worker_of(task)) + department_of(task)->options->look_ms;
}

static void deinit(struct job *job)
{
    struct task *task = task_of(job);

    plan_deinit(&task->plan);
    json_decref(task->refused);
}

static void hold_at_once(struct job *job)
{
    job_hold(job, 0);
}

/* ---- the steps ---- */

static void finish_plan(struct task *task)
{
    struct job *job = &task->job;
    struct worker *worker = worker_of(task);
    int64_t until_ms = task->plan.retry_at_ms > 0 ? task->plan.retry_at_ms : look_at_ms(task);
    struct log_about which = job_about(job);

    switch (task->plan.then) {
    case PLAN_GO_ON:
        /* Asked again at once only as long as something moves. */
        if (worker_stopping(worker)) {
            job_give_back(job, 0);
        } else if (task->progress && job->rounds < FRUITLESS_MAX) {
            job_look(job);
        } else {
            job_hold(job, until_ms);
        }
        return;
    case PLAN_WAIT:
        log_about(worker_log(worker), LOG_LEVEL_NOTICE, "duty_waits", &which, "to be looked at again in %lld ms",
                  (long long)(until_ms - worker_now_ms(worker)));
        job_hold(job, until_ms);
        return;
    case PLAN_RELEASE:
        log_about(worker_log(worker), LOG_LEVEL_NOTICE, "duty_given_back", &which, "given back, as was said");
        job_give_back(job, until_ms);
        return;
    case PLAN_LEAVE:
        job_leave(job, "as was said");
        return;
    }
}

/* Somebody has moved the duty, or a step of before a restart was said in other words: what is left has to be seen anew. */
static bool moved(enum refusal refusal)
{
    return refusal == REFUSAL_BAD_STATE || refusal == REFUSAL_NOT_FOUND || refusal == REFUSAL_ID_REUSED;
}

/* What a refusal of a step means. */
static void take_refusal(struct task *task, const struct reply *reply)
{
    const struct step *step = &task->plan.steps[task->step];
    char why[300];

    snprintf(why, sizeof(why), "%s refused: %.*s %.*s", step_name(step->kind), (int)reply->code.size, reply->code.at,
             (int)reply->message.size, reply->message.at);
    json_decref(task->refused);
    task->refused = json_pack("{s:s, s:s%, s:s%}", "do", step_name(step->kind), "code", reply->code.at, (size_t)reply->code.size,
                              "message", reply->message.at, (size_t)reply->message.size);
    if (reply->refusal == REFUSAL_ALREADY) {
        task->step++;
        next_step(task);
    } else if (reply->refusal == REFUSAL_CALL_OPEN) { /* no fault: others have to act first */
        struct log_about which = job_about(&task->job);

        log_about(worker_log(worker_of(task)), LOG_LEVEL_NOTICE, "duty_waits", &which, "%s", why);
        job_hold(&task->job, look_at_ms(task));
    } else if (moved(reply->refusal) && task->job.rounds < FRUITLESS_MAX) {
        job_look(&task->job);
    } else {
        job_failed(&task->job, why);
    }
}

static void on_step(void *arg, const struct client_reply *reply)
{
    struct task *task = arg;
    struct log_about which = job_about(&task->job);
    const struct step *step = &task->plan.steps[task->step];

    if (reply->error != 0) { /* the same step again, under the same id */
        if (!worker_stopping(worker_of(task))) {
            next_step(task);
        } else {
            job_unanswered(&task->job);
        }
        return;
    }
    if (!reply->reply.ok) {
        take_refusal(task, &reply->reply);
        return;
    }
    log_about(worker_log(worker_of(task)), LOG_LEVEL_NOTICE, "step_done", &which, "%s", step_name(step->kind));
    task->progress = true;
    task->job.work->failures = 0;
    if (step_last(step->kind)) {
        job_done(&task->job);
        return;
    }
    task->step++;
    next_step(task);
}

static void next_step(struct task *task)
{
    union command_body body;
    char id[STEPS_ID_SIZE];

    while (task->step < task->plan.count && step_done(&task->plan.steps[task->step], task->job.dossier)) {
        task->step++;
    }
    if (task->step == task->plan.count) {
        finish_plan(task);
        return;
    }
    const struct step *step = &task->plan.steps[task->step];
    step_id(step, task->job.dossier, id);
    enum command_type command = step_command(step, task->job.work->duty_id, task->job.work->case_id, &body);
    int rc = worker_command(worker_of(task), command, &body, id, on_step, task);
    if (rc < 0) {
        job_unsent(&task->job, rc, "step");
    }
}

static void take_plan(struct task *task, json_t *json)
{
    char fault[STEPS_FAULT_SIZE];

    plan_deinit(&task->plan);
    task->step = 0;
    task->progress = false;
    if (plan_read(json, task->job.work->kind, worker_now_ms(worker_of(task)), &task->plan, fault) < 0) {
        job_failed(&task->job, fault);
    } else {
        next_step(task);
    }
}

/* ---- what to do is asked ---- */

/* What a command is told. */
static json_t *question(const struct job *job)
{
    const struct task *task = (const struct task *)job;
    const struct dossier *dossier = job->dossier;
    struct worker *worker = worker_of(task);
    char now[WORKER_TEXT_SIZE];

    return json_pack("{s:i, s:s, s:s, s:O, s:O, s:{s:b, s:i, s:b, s:b, s:i}, s:i, s:O*}", "version", 1, "district",
                     worker_district(worker), "now", worker_instant(worker, worker_now_ms(worker), now), "duty", dossier->duty,
                     "case", dossier->view, "done", "signed", dossier->is_signed, "contacts", (int)dossier->contacts, "reached",
                     dossier->reached, "arrived", dossier->arrived, "sent_back", (int)dossier->sent_backs, "failures",
                     (int)job->work->failures, "refused", task->refused);
}

static void on_answer(struct job *job, json_t *answer)
{
    take_plan(task_of(job), answer);
}

static void on_dossier(struct job *job)
{
    const struct department_rules *rules = department_of(task_of(job))->rules;

    if (rules == NULL) {
        job_ask(job);
        return;
    }
    json_t *said = department_rules_find(rules, job->dossier);
    if (said != NULL) {
        take_plan(task_of(job), said);
    } else {
        job_leave(job, "no rule fits");
    }
}

static void taken(const struct job *job, char *ret, size_t size)
{
    snprintf(ret, size, "%s", enum_name(&duty_kind_enum, (int)job->work->kind));
}

static const struct job_program program = {.name = "huying-department",
                                           .job_size = sizeof(struct task),
                                           .ended = "nothing is left to do",
                                           .taken = taken,
                                           .on_dossier = on_dossier,
                                           .question = question,
                                           .on_answer = on_answer,
                                           .unanswered = hold_at_once,
                                           .deinit = deinit};

/* ---- the beginning ---- */

static int say(const char *format, const char *what)
{
    return job_usage(&program, format, what);
}

static int read_kinds(const char *const *words, enum duty_kind ret[PULLER_KINDS_MAX], uint32_t *ret_count)
{
    for (; *words != NULL; words++) {
        int kind = enum_find(&duty_kind_enum, text_of(*words));

        if (kind != DUTY_KIND_LEAD && kind != DUTY_KIND_SUPPORT && kind != DUTY_KIND_RESPOND) {
            return say("`kinds` are some of lead, support and respond, not `%s`", *words);
        }
        if (*ret_count == PULLER_KINDS_MAX) {
            return say("%s", "too many kinds");
        }
        ret[(*ret_count)++] = (enum duty_kind)kind;
    }
    return EXIT_DONE;
}

static int check(const struct department_options *options, struct department_rules **ret_rules)
{
    const struct job_options *job = &options->job;
    char fault[YAML_TREE_FAULT_SIZE];
    struct code code;

    if (job->unit == NULL || !code_make(job->unit, strlen(job->unit), &code)) {
        return say("%s", "--unit CODE is needed: the unit whose duties are pulled");
    }
    int rc = job_check_name(&program, job->name);
    if (rc != EXIT_DONE) {
        return rc;
    }
    if ((job->exec == NULL) == (options->rules == NULL)) {
        return say("%s", "either --exec PROGRAM or --rules FILE is needed");
    }
    if (options->rules != NULL) {
        rc = department_rules_load(options->rules, ret_rules, fault);
        if (rc < 0) {
            return rc == -EINVAL ? say("%s", fault) : say("the rules cannot be read: %s", strerror(-rc));
        }
    }
    return EXIT_DONE;
}

static struct department *department_free(struct department *department)
{
    department_rules_free(department->rules);
    free(department);
    return NULL;
}

int department_open(const struct department_options *options, struct department **ret)
{
    struct department *department = calloc(1, sizeof(*department));
    enum duty_kind kinds[PULLER_KINDS_MAX];
    uint32_t kind_count = 0;

    if (department == NULL) {
        return EXIT_FAILED;
    }
    department->options = options;
    int code = check(options, &department->rules);
    if (code == EXIT_DONE) {
        code = read_kinds(options->kinds, kinds, &kind_count);
    }
    if (code == EXIT_DONE) {
        code = jobs_open(&options->job, kinds, kind_count, &program, department, &department->jobs);
    }
    if (code == EXIT_DONE) {
        *ret = department;
    } else {
        department_free(department);
    }
    return code;
}

int department_run(struct department *department)
{
    int code = jobs_run(department->jobs);

    department_free(department);
    return code;
}
