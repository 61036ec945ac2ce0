/* department.c - a department's own system, coupled to the dispatcher */
#include "workers/department.h"

#include "proto/client/view.h"
#include "workers/backoff.h"
#include "workers/child.h"
#include "workers/steps.h"

#include <assert.h>
#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FRUITLESS_MAX 8 /* times that a command may be asked again at once */

struct department {
    const struct department_options *options;
    struct worker *worker;
    struct puller *puller;
    struct puller_options pulls;
    struct rules *rules; /* NULL: a command is asked */
    struct backoff backoff;
    struct job *jobs;
};

/* A duty that is worked on. */
struct job {
    struct job *next, *previous;
    struct department *department;
    struct work *work;
    struct dossier *dossier;
    struct child *child;
    struct plan plan;
    uint32_t step;   /* that is under way */
    uint32_t rounds; /* of asking since it was taken up */
    bool progress;   /* a step was done that was not done before */
    json_t *refused; /* the last refusal, for the command */
    enum refusal refusal;
};

static void look(struct job *job);
static void next_step(struct job *job);

static struct log_about about(const struct job *job)
{
    return (struct log_about){.number = job->work->number, .duty = job->work->duty_id};
}

/* ---- the end of a job ---- */

static struct work *job_end(struct job *job)
{
    struct work *work = job->work;

    if (job->previous != NULL) {
        job->previous->next = job->next;
    } else {
        job->department->jobs = job->next;
    }
    if (job->next != NULL) {
        job->next->previous = job->previous;
    }
    dossier_free(job->dossier);
    plan_deinit(&job->plan);
    json_decref(job->refused);
    free(job);
    return work;
}

static void job_done(struct job *job)
{
    struct department *department = job->department;
    struct log_about which = about(job);

    log_about(worker_log(department->worker), LOG_LEVEL_NOTICE, "duty_ended", &which, "nothing is left to do");
    puller_drop(department->puller, job_end(job));
}

static void job_hold(struct job *job, int64_t until_ms)
{
    struct puller *puller = job->department->puller;

    puller_hold(puller, job_end(job), until_ms);
}

/* The dispatcher does not answer: that is no fault of the duty. */
static void job_unanswered(struct job *job)
{
    puller_pause(job->department->puller, job->work, job->department->options->pause_ms);
    job_hold(job, 0);
}

static void job_leave(struct job *job, const char *why)
{
    struct log_about which = about(job);

    log_about(worker_log(job->department->worker), LOG_LEVEL_WARNING, "left_to_people", &which, "%s", why);
    job_hold(job, PULLER_NEVER);
}

/* Gives the duty back after a failure; after the last one people have it. */
static void job_failed(struct job *job, const char *why)
{
    struct department *department = job->department;
    struct work *work = job->work;
    struct log_about which = about(job);

    work->failures++;
    log_about(worker_log(department->worker), LOG_LEVEL_WARNING, "duty_failed", &which, "try %u of %lld: %s", work->failures,
              (long long)department->options->tries, why);
    if ((int64_t)work->failures >= department->options->tries) {
        job_leave(job, "it failed too often");
        return;
    }
    puller_pause(department->puller, work, backoff_pause_ms(&department->backoff, work->failures));
    puller_give_back(department->puller, job_end(job), 0);
}

/* ---- the steps ---- */

static void finish_plan(struct job *job)
{
    struct department *department = job->department;
    int64_t now_ms = worker_now_ms(department->worker);
    int64_t until_ms = job->plan.retry_at_ms > 0 ? job->plan.retry_at_ms : now_ms + department->options->look_ms;
    struct log_about which = about(job);

    switch (job->plan.then) {
    case PLAN_GO_ON:
        /* Asked again at once only as long as something moves. */
        if (worker_stopping(department->worker)) {
            puller_give_back(department->puller, job_end(job), 0);
        } else if (job->progress && job->rounds < FRUITLESS_MAX) {
            look(job);
        } else {
            job_hold(job, until_ms);
        }
        return;
    case PLAN_WAIT:
        log_about(worker_log(department->worker), LOG_LEVEL_NOTICE, "duty_waits", &which, "to be looked at again in %lld ms",
                  (long long)(until_ms - now_ms));
        job_hold(job, until_ms);
        return;
    case PLAN_RELEASE:
        log_about(worker_log(department->worker), LOG_LEVEL_NOTICE, "duty_given_back", &which, "given back, as was said");
        puller_give_back(department->puller, job_end(job), until_ms);
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
static void take_refusal(struct job *job, const struct reply *reply)
{
    const struct step *step = &job->plan.steps[job->step];
    char why[300];

    snprintf(why, sizeof(why), "%s refused: %.*s %.*s", step_name(step->kind), (int)reply->code.size, reply->code.at,
             (int)reply->message.size, reply->message.at);
    json_decref(job->refused);
    job->refused = json_pack("{s:s, s:s%, s:s%}", "do", step_name(step->kind), "code", reply->code.at, (size_t)reply->code.size,
                             "message", reply->message.at, (size_t)reply->message.size);
    if (reply->refusal == REFUSAL_ALREADY) {
        job->step++;
        next_step(job);
    } else if (reply->refusal == REFUSAL_CALL_OPEN) { /* no fault: others have to act first */
        struct log_about which = about(job);

        log_about(worker_log(job->department->worker), LOG_LEVEL_NOTICE, "duty_waits", &which, "%s", why);
        job_hold(job, worker_now_ms(job->department->worker) + job->department->options->look_ms);
    } else if (moved(reply->refusal) && job->rounds < FRUITLESS_MAX) {
        look(job);
    } else {
        job_failed(job, why);
    }
}

static void on_step(void *arg, const struct client_reply *reply)
{
    struct job *job = arg;
    struct log_about which = about(job);
    const struct step *step = &job->plan.steps[job->step];

    if (reply->error != 0) { /* the same step again, under the same id */
        if (!worker_stopping(job->department->worker)) {
            next_step(job);
        } else {
            job_unanswered(job);
        }
        return;
    }
    if (!reply->reply.ok) {
        take_refusal(job, &reply->reply);
        return;
    }
    log_about(worker_log(job->department->worker), LOG_LEVEL_NOTICE, "step_done", &which, "%s", step_name(step->kind));
    job->progress = true;
    job->work->failures = 0;
    if (step_last(step->kind)) {
        job_done(job);
        return;
    }
    job->step++;
    next_step(job);
}

static void next_step(struct job *job)
{
    union command_body body;
    char id[STEPS_ID_SIZE];

    while (job->step < job->plan.count && step_done(&job->plan.steps[job->step], job->dossier)) {
        job->step++;
    }
    if (job->step == job->plan.count) {
        finish_plan(job);
        return;
    }
    const struct step *step = &job->plan.steps[job->step];
    step_id(step, job->dossier, id);
    enum command_type command = step_command(step, job->work->duty_id, job->work->case_id, &body);
    int rc = worker_command(job->department->worker, command, &body, id, on_step, job);
    if (rc < 0) {
        job_failed(job, rc == -EEXIST   ? "the same step is under way"
                        : rc == -EILSEQ ? "a text is not UTF-8"
                                        : "a text is too large");
    }
}

static void take_plan(struct job *job, json_t *json)
{
    char fault[STEPS_FAULT_SIZE];

    plan_deinit(&job->plan);
    job->step = 0;
    job->progress = false;
    if (plan_read(json, job->work->kind, worker_now_ms(job->department->worker), &job->plan, fault) < 0) {
        job_failed(job, fault);
    } else {
        next_step(job);
    }
}

/* ---- what to do is asked ---- */

static void on_child_ended(void *arg, const struct child_result *result)
{
    struct job *job = arg;
    struct department *department = job->department;
    json_error_t error;
    char words[200];

    job->child = NULL;
    if (result->how == CHILD_BROKEN_OFF) {
        puller_give_back(department->puller, job_end(job), 0);
        return;
    }
    if (result->how != CHILD_EXITED || result->code != 0) {
        char why[240];

        snprintf(why, sizeof(why), "the command %s", child_words(result, words, sizeof(words)));
        job_failed(job, why);
        return;
    }
    json_t *json = json_loadb(result->output, result->output_size, JSON_REJECT_DUPLICATES, &error);
    if (json == NULL) {
        snprintf(words, sizeof(words), "the command's answer is not JSON, line %d", error.line);
        job_failed(job, words);
        return;
    }
    take_plan(job, json);
}

/* What a command is told. */
static json_t *question(const struct job *job)
{
    const struct dossier *dossier = job->dossier;
    struct worker *worker = job->department->worker;
    char now[WORKER_TEXT_SIZE];

    return json_pack("{s:i, s:s, s:s, s:O, s:O, s:{s:b, s:i, s:b, s:b, s:i}, s:i, s:O*}", "version", 1, "district",
                     worker_district(worker), "now", worker_instant(worker, worker_now_ms(worker), now), "duty", dossier->duty,
                     "case", dossier->view, "done", "signed", dossier->is_signed, "contacts", (int)dossier->contacts, "reached",
                     dossier->reached, "arrived", dossier->arrived, "sent_back", (int)dossier->sent_backs, "failures",
                     (int)job->work->failures, "refused", job->refused);
}

static void ask_command(struct job *job)
{
    struct department *department = job->department;
    const struct child_options options = {.words = department->options->exec,
                                          .timeout_ms = department->options->time_ms,
                                          .output_max = (size_t)department->options->output_max};
    json_t *asked = question(job);
    char *text = asked != NULL ? json_dumps(asked, JSON_COMPACT) : NULL;
    int rc = text != NULL
                 ? child_start(worker_loop(department->worker), &options, text, strlen(text), on_child_ended, job, &job->child)
                 : -ENOMEM;

    free(text);
    json_decref(asked);
    if (rc < 0) {
        job_failed(job, strerror(-rc));
    }
}

static void ask_rules(struct job *job)
{
    json_t *said = rules_find(job->department->rules, job->dossier);

    if (said != NULL) {
        take_plan(job, said);
    } else {
        job_leave(job, "no rule fits");
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
    } else if (worker_stopping(job->department->worker)) {
        puller_give_back(job->department->puller, job_end(job), 0);
    } else if (job->department->rules != NULL) {
        ask_rules(job);
    } else {
        ask_command(job);
    }
}

/* Reads anew what is known of the duty, and asks what to do. */
static void look(struct job *job)
{
    job->dossier = dossier_free(job->dossier);
    job->rounds++;
    dossier_fetch(job->department->worker, job->work->case_id, job->work->duty_id, on_dossier, job);
}

static void on_work(void *arg, struct work *work)
{
    struct department *department = arg;
    struct job *job = calloc(1, sizeof(*job));
    struct log_about which = {.number = work->number, .duty = work->duty_id};

    if (job == NULL) {
        abort(); /* as in dossier_fetch */
    }
    job->department = department;
    job->work = work;
    job->next = department->jobs;
    if (job->next != NULL) {
        job->next->previous = job;
    }
    department->jobs = job;
    log_about(worker_log(department->worker), LOG_LEVEL_NOTICE, "duty_taken", &which, "%s",
              enum_name(&duty_kind_enum, (int)work->kind));
    look(job);
}

/* ---- the life of the program ---- */

static void on_stopped(void *arg)
{
    struct department *department = arg;

    worker_finish(department->worker, EXIT_DONE);
}

static void on_tick(void *arg)
{
    struct department *department = arg;

    puller_tick(department->puller);
}

static void break_off(struct department *department)
{
    for (struct job *job = department->jobs; job != NULL; job = job->next) {
        if (job->child != NULL) {
            child_break_off(job->child);
        }
    }
}

static void on_stop(void *arg, bool now)
{
    struct department *department = arg;

    if (now) {
        break_off(department);
    }
    puller_stop(department->puller);
}

static void on_end(void *arg)
{
    break_off(arg);
}

static const struct worker_program worker_program = {
    .name = "huying-department", .on_ready = on_tick, .on_tick = on_tick, .on_stop = on_stop, .on_end = on_end};
static const struct puller_program puller_program = {.on_work = on_work, .on_stopped = on_stopped};

/* ---- the beginning ---- */

static int say(const char *format, const char *what)
{
    fprintf(stderr, "huying-department: ");
    fprintf(stderr, format, what);
    fprintf(stderr, "\n");
    return EXIT_USAGE;
}

static int read_kinds(const char *const *words, struct puller_options *ret)
{
    for (; *words != NULL; words++) {
        int kind = enum_find(&duty_kind_enum, text_of(*words));

        if (kind != DUTY_KIND_LEAD && kind != DUTY_KIND_SUPPORT && kind != DUTY_KIND_RESPOND) {
            return say("`kinds` are some of lead, support and respond, not `%s`", *words);
        }
        if (ret->kind_count == PULLER_KINDS_MAX) {
            return say("%s", "too many kinds");
        }
        ret->kinds[ret->kind_count++] = (enum duty_kind)kind;
    }
    return EXIT_DONE;
}

static int check(const struct department_options *options, struct department *department)
{
    char fault[TREE_FAULT_SIZE];
    struct code code;
    int rc;

    if (options->unit == NULL || !code_make(options->unit, strlen(options->unit), &code)) {
        return say("%s", "--unit CODE is needed: the unit whose duties are pulled");
    }
    if (!code_make(options->name, strlen(options->name), &code)) {
        return say("`%s` is not a valid name: use 1 to 32 of A-Z, a-z, 0-9, _, . and -", options->name);
    }
    if ((options->exec == NULL) == (options->rules == NULL)) {
        return say("%s", "either --exec PROGRAM or --rules FILE is needed");
    }
    if (options->rules != NULL) {
        rc = rules_load(options->rules, &department->rules, fault);
        if (rc < 0) {
            return rc == -EINVAL ? say("%s", fault) : say("the rules cannot be read: %s", strerror(-rc));
        }
    }
    department->pulls = (struct puller_options){.worker = options->name,
                                                .unit = options->unit,
                                                .credit = options->credit,
                                                .held_max = options->held,
                                                .lease_ms = options->lease_ms};
    return read_kinds(options->kinds, &department->pulls);
}

static struct department *department_free(struct department *department)
{
    puller_free(department->puller);
    rules_free(department->rules);
    free(department);
    return NULL;
}

int department_open(const struct department_options *options, struct department **ret)
{
    struct department *department = calloc(1, sizeof(*department));

    if (department == NULL || sodium_init() < 0) {
        free(department);
        return EXIT_FAILED;
    }
    department->options = options;
    department->backoff = (struct backoff){.base_ms = options->pause_ms, .max_ms = options->pause_max_ms};
    randombytes_buf(&department->backoff.state, sizeof(department->backoff.state));
    int code = check(options, department);
    if (code == EXIT_DONE) {
        code = worker_open(&options->worker, &worker_program, department, &department->worker);
    }
    if (code == EXIT_DONE) {
        department->puller = puller_new(department->worker, &department->pulls, &puller_program, department);
        assert(department->puller != NULL);
        *ret = department;
    } else {
        department_free(department);
    }
    return code;
}

int department_run(struct department *department)
{
    int code = worker_run(department->worker);
    struct job *next;

    for (struct job *job = department->jobs; job != NULL; job = next) {
        next = job->next;
        job_end(job);
    }
    department_free(department);
    return code;
}
