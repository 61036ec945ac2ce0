/*
 * replay.c - a past season again: the verb, and what it says at the end
 */
#include "clients/replay.h"

#include "base/i18n.h"
#include "clients/render.h"
#include "clients/replay_plan.h"
#include "clients/replay_send.h"
#include "config/local_time.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define IN_FLIGHT_DEFAULT 512
#define IN_FLIGHT_MAX 4096
#define TIMEOUT_MS 120000

static json_t *json_of_sum(const struct replay_plan *plan, const struct replay_sum *sum, const struct zone *zone)
{
    char until[INSTANT_SIZE];
    json_t *refused = json_array();
    for (uint32_t i = 0; i < sum->failure_count; i++) {
        const struct replay_failure *f = &sum->failures[i];
        json_array_append_new(refused, json_pack("{s:I, s:s, s:s, s:s, s:s}", "line", (json_int_t)f->line, "id", f->id, "command",
                                                 command_info(f->command)->name, "code", f->code, "message", f->message));
    }
    return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:s, s:I, s:o, s:o}", "rows",
                     (json_int_t)plan->row_count, "same", (json_int_t)plan->same_count, "rows_refused",
                     (json_int_t)plan->rejects.count, "opened", (json_int_t)sum->opened, "called", (json_int_t)sum->called,
                     "closed", (json_int_t)sum->closed, "commands", (json_int_t)sum->commands, "commands_refused",
                     (json_int_t)sum->refused, "commands_skipped", (json_int_t)sum->skipped, "opened_before",
                     (json_int_t)sum->opened_before, "closed_before", (json_int_t)sum->closed_before, "too_late",
                     (json_int_t)sum->too_late, "as_of", local_time_print(sum->now_ms, zone, until), "ms",
                     (json_int_t)(sum->seconds * 1000), "unlisted", tally_json(&plan->unlisted), "refused_commands", refused);
}

/* The id of a row, for who reads the list of those that were refused. */
static void print_refused_rows(const struct replay_plan *plan)
{
    bool first = true;
    fputs("\"refused_rows\":[", stdout);
    for (uint32_t i = 0; i < plan->row_count; i++) {
        const struct replay_row *row = &plan->rows[i];
        if (row->state != REPLAY_REJECTED) {
            continue;
        }
        json_t *view = json_pack("{s:I, s:s, s:s}", "line", (json_int_t)row->line, "id", row->id, "why",
                                 rejects_at(&plan->rejects, row->reject).what_to_do);
        fputs(first ? "" : ",", stdout);
        json_dumpf(view, stdout, JSON_COMPACT);
        json_decref(view);
        first = false;
    }
    fputs("],", stdout);
}

static void tell_json(const struct replay_plan *plan, const struct replay_sum *sum, const struct zone *zone)
{
    json_t *view = json_of_sum(plan, sum, zone);
    bool begun = render_json_begin(view);
    json_decref(view);
    if (!begun) {
        return;
    }
    print_refused_rows(plan);
    rejects_print_json(&plan->rejects, replay_plan_next_reject, plan);
    puts("}");
}

static void tell_refused(const struct replay_plan *plan, const struct replay_sum *sum, const char *rejects_file)
{
    rejects_tell(&plan->rejects, replay_plan_next_reject, plan, rejects_file, "replay");
    if (sum->refused == 0) {
        return;
    }
    printf(_("%llu commands were refused by the dispatcher, %llu not sent for that reason:\n"), (unsigned long long)sum->refused,
           (unsigned long long)sum->skipped);
    for (uint32_t i = 0; i < sum->failure_count; i++) {
        const struct replay_failure *f = &sum->failures[i];
        printf(_("  line %u, %s, %s: %s, %s\n"), f->line, f->id, command_info(f->command)->name, f->code, f->message);
    }
    if (sum->refused > sum->failure_count) {
        printf(_("  and %llu more\n"), (unsigned long long)(sum->refused - sum->failure_count));
    }
}

static void tell(const struct replay_plan *plan, const struct replay_sum *sum, const struct zone *zone, const char *rejects_file)
{
    char until[INSTANT_SIZE];
    unsigned long long opened = sum->opened, called = sum->called, closed = sum->closed, late = sum->too_late;
    unsigned long long opened_before = sum->opened_before, closed_before = sum->closed_before;
    printf(_("%u rows: %llu cases opened, %llu calls dispatched, %llu cases answered, %llu left open, %u rows refused\n"),
           plan->row_count, opened, called, closed, opened + opened_before - closed - closed_before, plan->rejects.count);
    if (plan->same_count > 0) {
        printf(_("%u rows say the same as a row before them with their id; each counts once.\n"), plan->same_count);
    }
    if (plan->unlisted.total > 0) {
        printf(_("%llu values are not listed in the map or the district:\n"), (unsigned long long)plan->unlisted.total);
        tally_tell(&plan->unlisted);
    }
    if (opened_before + late > 0) {
        printf(_("The dispatcher's clock stood after the first of them: %llu cases and %llu answers were there already, %llu steps "
                 "are "
                 "not there and came too late\n"),
               opened_before, closed_before, late);
    }
    if (late > 0) {
        puts(_("  Drill time never goes back: a replay from the beginning needs a dispatcher with a fresh data folder."));
    }
    tell_refused(plan, sum, rejects_file);
    printf(_("%llu commands in %.1f s (%.0f/s); the dispatcher's clock stands at %s\n"), (unsigned long long)sum->commands,
           sum->seconds, sum->seconds > 0 ? (double)sum->commands / sum->seconds : 0,
           local_time_print_plain(sum->now_ms, zone, until));
}

static enum exit_code look_at_dispatcher(struct session *session, const struct replay_map *map)
{
    enum exit_code code = session_hello(session);
    if (code != EXIT_DONE) {
        return code;
    }
    if (!session->hello.drill) {
        return say(EXIT_REFUSED,
                   "this dispatcher keeps real time. Start another with --clock drill and a fresh data folder for a replay.");
    }
    if (!code_equal(&session->hello.district, &map->district)) {
        return say(EXIT_REFUSED, "the map is for the district %.*s, this dispatcher serves %.*s.", CODE_SIZE, map->district.s,
                   CODE_SIZE, session->hello.district.s);
    }
    return EXIT_DONE;
}

/* What the words say. */
struct run {
    struct session *session;
    const char *file, *map_file, *rejects_file;
    struct replay_options options;
    int64_t until_ms;
    struct replay_map *map;
    struct replay_plan *plan;
    struct progress reading;
};

/* With the map and the plan loaded: ask, send, write the rejects, tell. */
static enum exit_code run_plan(struct run *run)
{
    struct session *session = run->session;
    struct replay_plan *plan = run->plan;
    int64_t now_ms = 0;
    struct replay_sum *sum = calloc(1, sizeof(*sum));
    if (sum == NULL) {
        return say(EXIT_FAILED, "out of memory");
    }
    enum exit_code code = replay_past_ask(session, plan, &now_ms);
    if (code == EXIT_DONE) {
        code = replay_ask_routes(session, plan, run->options.in_flight);
    }
    if (code == EXIT_DONE) {
        code = replay_send(session, run->map, plan, now_ms, &run->options, sum);
    }
    int rc = code != EXIT_DONE || run->rejects_file == NULL
                 ? 0
                 : rejects_write(run->rejects_file, plan->sheet, &plan->rejects, replay_plan_next_reject, plan);
    if (code == EXIT_DONE && session->options.json) {
        tell_json(plan, sum, session->zone);
    } else if (code == EXIT_DONE) {
        tell(plan, sum, session->zone, run->rejects_file);
    }
    if (code == EXIT_DONE && (sum->refused + sum->too_late > 0 || plan->rejects.count > 0)) {
        code = EXIT_REFUSED;
    }
    free(sum);
    return rc < 0 ? say_errno(rc, "the rejects cannot be written to %s", run->rejects_file) : code;
}

static void on_bytes(void *arg, uint64_t read, uint64_t size)
{
    struct run *run = arg;
    run->reading.total = size;
    if (run->reading.terminal || run->options.progress) {
        progress_show(&run->reading, read, NULL);
    }
}

/* Understands file and map before anything is sent. `faults` belongs to the caller: it is large. */
static enum exit_code load_and_run(struct run *run, const char *until, struct faults *faults)
{
    int rc = replay_map_load(run->map_file, faults, &run->map);
    if (rc < 0) {
        return rc == -EINVAL ? say_faults(run->map_file, faults) : say_errno(rc, "cannot read %s", run->map_file);
    }
    enum exit_code code = look_at_dispatcher(run->session, run->map);
    if (code == EXIT_DONE && until != NULL) {
        code = session_instant(run->session, "--until", until, &run->until_ms);
    }
    if (code != EXIT_DONE) {
        return code;
    }
    progress_init(&run->reading, "reading, bytes", 0);
    rc = replay_plan_load(run->file, run->map, run->until_ms, faults, on_bytes, run, &run->plan);
    progress_clear(&run->reading);
    if (rc == -ENOSPC) {
        return say(EXIT_FAILED, "there is no room to remember the rows of %s. Set TMPDIR to a folder on a disk with more.",
                   run->file);
    }
    if (rc < 0) {
        return rc == -EINVAL ? say_faults(run->file, faults) : say_errno(rc, "cannot read %s", run->file);
    }
    return run_plan(run);
}

enum exit_code replay_run(struct session *session, const struct arguments *arguments)
{
    struct run run = {.session = session,
                      .file = arguments_word(arguments, "FILE.csv"),
                      .map_file = arguments_word(arguments, "map"),
                      .rejects_file = arguments_word(arguments, "rejects"),
                      .options = {.in_flight = IN_FLIGHT_DEFAULT, .progress = arguments_word(arguments, "progress") != NULL}};
    enum exit_code code = arguments_count(arguments, "in-flight", 1, IN_FLIGHT_MAX, &run.options.in_flight);
    if (code != EXIT_DONE) {
        return code;
    }
    if (run.map_file == NULL) {
        return say(EXIT_USAGE, "--map is missing: the file that says what the columns mean, such as config/boston/replay.yaml.");
    }
    if (run.rejects_file != NULL && rejects_is_source(run.rejects_file, run.file)) {
        return say(EXIT_USAGE, "--rejects %s is the replayed file itself; name another.", run.rejects_file);
    }
    if (session->options.timeout_ms == 0) {
        session->options.timeout_ms = TIMEOUT_MS; /* one answer may stand behind hundreds of others */
    }
    struct faults *faults = malloc(sizeof(*faults));
    if (faults == NULL) {
        return say(EXIT_FAILED, "out of memory");
    }
    faults_init(faults);
    code = load_and_run(&run, arguments_word(arguments, "until"), faults);
    replay_plan_free(run.plan);
    replay_map_free(run.map);
    free(faults);
    return code;
}
