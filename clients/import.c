/*
 * import.c - many complaints from a file: the verb, and what it says at the end
 */
#include "clients/import.h"

#include "clients/import_past.h"
#include "clients/import_rejects.h"
#include "clients/import_send.h"
#include "clients/import_trial.h"
#include "clients/render.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WINDOW_DEFAULT 256
#define WINDOW_MAX 4096
#define TIMEOUT_MS 30000 /* one answer may stand behind hundreds of others */
#define LISTED_MAX 20

struct import {
    struct session *session;
    const char *file;
    const char *map_file;     /* or NULL */
    const char *rejects_file; /* or NULL */
    bool dry_run;
    struct import_send_options send;
    struct import_map *map, *own_map; /* one of them */
    struct import_plan *plan;
    struct import_past past;
    struct import_trial trial;
    struct import_sum sum;
};

static enum exit_code say_faults(const char *file, const struct faults *faults)
{
    for (uint32_t i = 0; i < faults->count; i++) {
        char text[640];
        fprintf(stderr, "%s\n", fault_text(&faults->at[i], text, sizeof text));
    }
    return say(EXIT_USAGE, "%s has %u fault%s; nothing was sent.", file, faults_total(faults),
               faults_total(faults) == 1 ? "" : "s");
}

static json_t *json_of_rejects(const struct import_plan *plan)
{
    json_t *rows = json_array();
    for (uint32_t i = 0; i < plan->row_count; i++) {
        if (plan->rows[i].state != IMPORT_REJECTED)
            continue;
        const struct import_reject *reject = &plan->rejects[plan->rows[i].reject];
        json_array_append_new(rows, json_pack("{s:I, s:s, s:s, s:s}", "line", (json_int_t)plan->table->lines[i], "code",
                                              reject->code, "field", reject->field, "what_to_do", reject->what_to_do));
    }
    return rows;
}

static void tell_json(const struct import *import)
{
    const struct import_plan *plan = import->plan;
    json_t *view = json_pack(
        "{s:I, s:I, s:I, s:I, s:I, s:I}", "rows", (json_int_t)plan->row_count, "imported",
        (json_int_t)import_plan_count(plan, IMPORT_DONE), "repeated", (json_int_t)import_plan_count(plan, IMPORT_REPEATED),
        "rejected", (json_int_t)import_plan_count(plan, IMPORT_REJECTED), "unknown",
        (json_int_t)import_plan_count(plan, IMPORT_SENT), "not_sent", (json_int_t)import_plan_count(plan, IMPORT_WAITING));
    if (import->dry_run) {
        json_object_set_new(view, "would_be_routed", json_integer(import->trial.routed));
        json_object_set_new(view, "would_wait_for_desk", json_integer(import->trial.pooled));
    }
    json_object_set_new(view, "by_other_keys", json_integer(import->past.by_others));
    json_object_set_new(view, "ms", json_integer((json_int_t)(import->sum.seconds * 1000)));
    json_object_set_new(view, "rejects", json_of_rejects(plan));
    render_json(view);
    json_decref(view);
}

/* Rows that were rejected for the same cause. */
struct cause {
    const struct import_reject *reject;
    uint32_t line; /* of the first */
    uint32_t count;
};

static bool same_cause(const struct import_reject *a, const struct import_reject *b)
{
    return strcmp(a->code, b->code) == 0 && strcmp(a->field, b->field) == 0 && strcmp(a->what_to_do, b->what_to_do) == 0;
}

/* Each cause once: a forgotten role is one fault, however long the file. */
static void list_rejects(const struct import_plan *plan)
{
    struct cause causes[LISTED_MAX];
    uint32_t count = 0, more = 0;
    for (uint32_t i = 0; i < plan->row_count; i++) {
        if (plan->rows[i].state != IMPORT_REJECTED)
            continue;
        const struct import_reject *reject = &plan->rejects[plan->rows[i].reject];
        uint32_t at = 0;
        while (at < count && !same_cause(causes[at].reject, reject))
            at++;
        if (at < count)
            causes[at].count++;
        else if (count < LISTED_MAX)
            causes[count++] = (struct cause){.reject = reject, .line = plan->table->lines[i], .count = 1};
        else
            more++;
    }
    for (uint32_t i = 0; i < count; i++) {
        const struct import_reject *reject = causes[i].reject;
        printf("  line %u", causes[i].line);
        if (causes[i].count > 1)
            printf(" and %u more", causes[i].count - 1);
        printf(", %s%s%s: %s\n", reject->code, reject->field[0] == '\0' ? "" : ", ", reject->field, reject->what_to_do);
    }
    if (more > 0)
        printf("  and %u more\n", more);
}

static void tell(const struct import *import)
{
    const struct import_plan *plan = import->plan;
    uint32_t done = import_plan_count(plan, IMPORT_DONE), repeated = import_plan_count(plan, IMPORT_REPEATED);
    if (import->dry_run)
        printf("%u rows: %u would go to a unit, %u would wait for the desk, %u are there already, %u rejected; nothing was sent\n",
               plan->row_count, import->trial.routed, import->trial.pooled, repeated, plan->reject_count);
    else
        printf("%u rows: %u imported, %u repeated, %u rejected in %.1f s (%.0f/s)\n", plan->row_count, done, repeated,
               plan->reject_count, import->sum.seconds, import->sum.seconds > 0 ? (done + repeated) / import->sum.seconds : 0);
    if (import->past.by_others > 0)
        printf("%u of these rows were imported with another key (`%s`%s) and were not sent again.\n", import->past.by_others,
               import->past.other, import->past.several ? " and others" : "");
    list_rejects(plan);
    if (plan->reject_count > 0 && import->rejects_file != NULL)
        printf("The rejected rows are in %s: correct them there and import that file.\n", import->rejects_file);
    else if (plan->reject_count > 0)
        printf("With --rejects FILE they are written out, to be corrected and imported again.\n");
    if (plan->reject_count > 0 && import_plan_has_instants(plan))
        printf(
            "Drill time: the clock passes the instants of rejected rows while the others come in; empty `at` in the rows that you "
            "correct.\n");
}

static enum exit_code say_no_role(const struct session *session)
{
    return say(EXIT_REFUSED, "your key `%s` may submit nothing: it needs the role operator or importer. Ask the administrator.",
               session->options.key);
}

/* Why sending ended before its time. */
static enum exit_code say_end(const struct import *import)
{
    switch (import->sum.end) {
    case IMPORT_END_DONE:
        return EXIT_DONE;
    case IMPORT_END_INTERRUPTED:
        return say(EXIT_FAILED, "interrupted.");
    case IMPORT_END_NOT_REACHABLE:
        return say(EXIT_NOT_REACHABLE, "%s no longer answers.", import->session->options.server);
    case IMPORT_END_KEY_UNKNOWN:
        return session_key_unknown(import->session);
    case IMPORT_END_NO_ROLE:
        return say_no_role(import->session);
    case IMPORT_END_BUSY:
        return say(EXIT_BUSY, "the dispatcher is busy and stays so; it takes nothing more for now.");
    case IMPORT_END_STORAGE:
        return say(EXIT_FAILED, "the dispatcher cannot store anything. Look at its log and its disk.");
    case IMPORT_END_FAILED:
        return say_errno(import->sum.error, "sending failed");
    }
    return EXIT_FAILED;
}

static enum exit_code tell_end(const struct import *import)
{
    const struct import_plan *plan = import->plan;
    uint32_t unknown = import_plan_count(plan, IMPORT_SENT), unsent = import_plan_count(plan, IMPORT_WAITING);
    if (!import->dry_run && unknown + unsent > 0) {
        enum exit_code code = say_end(import);
        say(code,
            "%u rows are in, %u were sent without an answer, %u were not sent. Run the same command again: it is safe, what is in "
            "is "
            "not added twice.",
            import_plan_count(plan, IMPORT_DONE) + import_plan_count(plan, IMPORT_REPEATED), unknown, unsent);
        return code;
    }
    return plan->reject_count > 0 ? EXIT_REFUSED : EXIT_DONE;
}

/* Has the key one of the roles? One that an older dispatcher does not tell counts as there: it refuses what it must. */
static bool has_role(const struct session *session, uint32_t wanted)
{
    const char *at = session->roles;
    if (*at == '\0')
        return true;
    while (*at != '\0') {
        uint32_t size = (uint32_t)strcspn(at, " ");
        int role = enum_find(&role_enum, (struct text){.at = at, .size = size});
        if (role >= 0 && (wanted & UINT32_C(1) << role) != 0)
            return true;
        at += size;
        at += *at == ' ';
    }
    return false;
}

/* With the plan loaded: ask or send, write the rejects, tell. */
static enum exit_code run_plan(struct import *import)
{
    struct session *session = import->session;
    if (import_plan_has_instants(import->plan) && !session->hello.drill)
        return say(EXIT_REFUSED,
                   "the rows have instants of their own (`at`), and this dispatcher keeps real time. Leave that column out, "
                   "or import into a dispatcher with --clock drill.");
    if (import->dry_run && !has_role(session, command_info(COMMAND_SUBMIT)->roles))
        return say_no_role(session);
    import->send.importer = has_role(session, UINT32_C(1) << ROLE_IMPORTER);
    enum exit_code code = import_past_ask(session, import->plan, !import->dry_run, &import->past);
    if (code == EXIT_DONE && import->dry_run)
        code = import_trial_ask(session, import->plan, import->send.importer, &import->trial);
    else if (code == EXIT_DONE)
        code = import_send(session, import->plan, &import->send, &import->sum);
    if (code != EXIT_DONE)
        return code;
    int error = import->rejects_file == NULL ? 0 : import_rejects_write(import->rejects_file, import->plan);
    if (session->options.json)
        tell_json(import);
    else
        tell(import);
    code = tell_end(import);
    return error < 0 ? say_errno(error, "the rejects cannot be written to %s", import->rejects_file) : code;
}

/* Understands map and file before anything is sent. */
static enum exit_code load_and_run(struct import *import, struct faults *faults)
{
    int error = import->map_file == NULL ? 0 : import_map_load(import->map_file, faults, &import->map);
    if (error < 0)
        return error == -EINVAL ? say_faults(import->map_file, faults) : say_errno(error, "cannot read %s", import->map_file);
    enum exit_code code = session_hello(import->session);
    if (code != EXIT_DONE)
        return code;
    error = import_plan_load(import->file, import->map, import->session->zone, faults, &import->own_map, &import->plan);
    if (error < 0)
        return error == -EINVAL ? say_faults(import->file, faults) : say_errno(error, "cannot read %s", import->file);
    return run_plan(import);
}

enum exit_code import_run(struct session *session, const struct arguments *arguments)
{
    struct import import = {.session = session,
                            .file = arguments_word(arguments, "FILE.csv"),
                            .map_file = arguments_word(arguments, "map"),
                            .rejects_file = arguments_word(arguments, "rejects"),
                            .dry_run = arguments_word(arguments, "dry-run") != NULL,
                            .send = {.window = WINDOW_DEFAULT, .progress = arguments_word(arguments, "progress") != NULL}};
    enum exit_code code = arguments_count(arguments, "window", 1, WINDOW_MAX, &import.send.window);
    if (code != EXIT_DONE)
        return code;
    if (session->options.at != NULL || session->options.request != NULL)
        return say(EXIT_USAGE, "--at and --request are for one command. Rows have a column `at`, and request ids of their own.");
    if (import.rejects_file != NULL && import_rejects_is_source(import.rejects_file, import.file))
        return say(EXIT_USAGE, "--rejects %s is the imported file itself; name another.", import.rejects_file);
    if (session->options.timeout_ms == 0)
        session->options.timeout_ms = TIMEOUT_MS;
    struct faults *faults = malloc(sizeof *faults);
    if (faults == NULL)
        return say(EXIT_FAILED, "out of memory");
    faults_init(faults);
    code = load_and_run(&import, faults);
    free(faults);
    import_plan_free(import.plan);
    import_map_free(import.own_map);
    import_map_free(import.map);
    return code;
}
