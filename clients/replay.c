/*
 * replay.c - a past season again: the verb, and what it says at the end
 */
#include "clients/replay.h"

#include "clients/instant.h"
#include "clients/render.h"
#include "clients/replay_plan.h"
#include "clients/replay_send.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#define IN_FLIGHT_DEFAULT 512
#define IN_FLIGHT_MAX 4096
#define TIMEOUT_MS 120000

static enum exit_code say_faults(const char *file, const struct faults *faults)
{
    for (uint32_t i = 0; i < faults->count; i++) {
        char text[640];
        fprintf(stderr, "%s\n", fault_text(&faults->at[i], text, sizeof text));
    }
    return say(EXIT_USAGE, "%s has %u fault%s; nothing was sent.", file, faults_total(faults),
               faults_total(faults) == 1 ? "" : "s");
}

static json_t *json_of_sum(const struct replay_plan *plan, const struct replay_sum *sum, const struct zone *zone)
{
    char until[INSTANT_SIZE];
    json_t *refused_rows = json_array();
    json_t *refused = json_array();
    for (uint32_t i = 0; i < plan->refused_count; i++)
        json_array_append_new(refused_rows, json_pack("{s:I, s:s, s:s}", "line", (json_int_t)plan->refused[i].line, "id",
                                                      plan->refused[i].id, "why", plan->refused[i].why));
    for (uint32_t i = 0; i < sum->failure_count; i++) {
        const struct replay_failure *f = &sum->failures[i];
        json_array_append_new(refused, json_pack("{s:I, s:s, s:s, s:s, s:s}", "line", (json_int_t)f->line, "id", f->id, "command",
                                                 command_info(f->command)->name, "code", f->code, "message", f->message));
    }
    return json_pack(
        "{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:s, s:i, s:o, s:o}", "rows", (json_int_t)plan->table->row_count,
        "rows_refused", (json_int_t)plan->refused_count, "opened", (json_int_t)sum->opened, "called", (json_int_t)sum->called,
        "closed", (json_int_t)sum->closed, "commands", (json_int_t)sum->commands, "commands_refused", (json_int_t)sum->refused,
        "commands_skipped", (json_int_t)sum->skipped, "opened_before", (json_int_t)sum->opened_before, "closed_before",
        (json_int_t)sum->closed_before, "too_late", (json_int_t)sum->too_late, "as_of", instant_print(sum->now_ms, zone, until),
        "ms", (int)(sum->seconds * 1000), "refused_rows", refused_rows, "refused_commands", refused);
}

static void tell_refused(const struct replay_plan *plan, const struct replay_sum *sum)
{
    for (uint32_t i = 0; i < plan->refused_count && i < REPLAY_LISTED_MAX; i++)
        printf("  line %u, %s: %s\n", plan->refused[i].line, plan->refused[i].id, plan->refused[i].why);
    if (plan->refused_count > REPLAY_LISTED_MAX)
        printf("  and %u rows more; --json lists all\n", plan->refused_count - REPLAY_LISTED_MAX);
    if (sum->refused == 0)
        return;
    printf("%" PRIu64 " commands were refused by the dispatcher, %" PRIu64 " not sent for that reason:\n", sum->refused,
           sum->skipped);
    for (uint32_t i = 0; i < sum->failure_count; i++) {
        const struct replay_failure *f = &sum->failures[i];
        printf("  line %u, %s, %s: %s, %s\n", f->line, f->id, command_info(f->command)->name, f->code, f->message);
    }
    if (sum->refused > sum->failure_count)
        printf("  and %" PRIu64 " more\n", sum->refused - sum->failure_count);
}

static void tell(const struct replay_plan *plan, const struct replay_sum *sum, const struct zone *zone)
{
    char until[INSTANT_SIZE];
    uint64_t opened = sum->opened + sum->opened_before;
    uint64_t closed = sum->closed + sum->closed_before;
    printf("%u rows: %" PRIu64 " cases opened, %" PRIu64 " calls dispatched, %" PRIu64 " cases answered, %" PRIu64
           " left open, %u rows refused\n",
           plan->table->row_count, sum->opened, sum->called, sum->closed, opened - closed, plan->refused_count);
    if (sum->opened_before + sum->too_late > 0)
        printf("The dispatcher's clock stood after the first of them: %" PRIu64 " cases and %" PRIu64
               " answers were there already, %" PRIu64 " steps are not there and came too late\n",
               sum->opened_before, sum->closed_before, sum->too_late);
    if (sum->too_late > 0)
        printf("  Drill time never goes back: a replay from the beginning needs a dispatcher with a fresh data folder.\n");
    tell_refused(plan, sum);
    printf("%" PRIu64 " commands in %.1f s (%.0f/s); the dispatcher's clock stands at %s\n", sum->commands, sum->seconds,
           sum->seconds > 0 ? (double)sum->commands / sum->seconds : 0, instant_print_local(sum->now_ms, zone, until));
}

static enum exit_code look_at_dispatcher(struct session *session, const struct replay_map *map)
{
    enum exit_code code = session_hello(session);
    if (code != EXIT_DONE)
        return code;
    if (!session->hello.drill)
        return say(EXIT_REFUSED,
                   "this dispatcher keeps real time. Start another with --clock drill and a fresh data folder for a replay.");
    if (!code_equal(&session->hello.district, &map->district))
        return say(EXIT_REFUSED, "the map is for the district %.*s, this dispatcher serves %.*s.", CODE_SIZE, map->district.s,
                   CODE_SIZE, session->hello.district.s);
    return EXIT_DONE;
}

/* With the map and the plan loaded: ask, send, tell. */
static enum exit_code replay_plan_run(struct session *session, const struct replay_map *map, struct replay_plan *plan,
                                      uint32_t in_flight)
{
    struct replay_past past;
    struct replay_sum *sum = calloc(1, sizeof *sum);
    if (sum == NULL)
        return say(EXIT_FAILED, "out of memory");
    enum exit_code code = replay_past_ask(session, plan, &past);
    if (code == EXIT_DONE)
        code = replay_ask_routes(session, plan, in_flight);
    if (code == EXIT_DONE)
        code = replay_send(session, map, plan, &past, in_flight, sum);
    replay_past_deinit(&past);
    if (code == EXIT_DONE && session->options.json) {
        json_t *view = json_of_sum(plan, sum, session->zone);
        render_json(view);
        json_decref(view);
    } else if (code == EXIT_DONE) {
        tell(plan, sum, session->zone);
    }
    if (code == EXIT_DONE && sum->refused + sum->too_late > 0)
        code = EXIT_REFUSED;
    free(sum);
    return code;
}

/* Understands file and map before anything is sent. `faults` belongs to the caller: it is large. */
static enum exit_code load_and_run(struct session *session, const struct arguments *arguments, struct faults *faults)
{
    const char *file = arguments_word(arguments, "FILE.csv");
    const char *map_file = arguments_word(arguments, "map");
    const char *until = arguments_word(arguments, "until");
    uint32_t in_flight = IN_FLIGHT_DEFAULT;
    int64_t until_ms = 0;
    struct replay_map *map = NULL;
    struct replay_plan *plan = NULL;
    enum exit_code code = arguments_count(arguments, "in-flight", 1, IN_FLIGHT_MAX, &in_flight);
    if (code != EXIT_DONE)
        return code;
    int error = replay_map_load(map_file, faults, &map);
    if (error < 0)
        return error == -EINVAL ? say_faults(map_file, faults) : say_errno(error, "cannot read %s", map_file);
    code = look_at_dispatcher(session, map);
    if (code == EXIT_DONE && until != NULL)
        code = session_instant(session, "--until", until, &until_ms);
    if (code == EXIT_DONE) {
        error = replay_plan_load(file, map, until_ms, faults, &plan);
        if (error < 0)
            code = error == -EINVAL ? say_faults(file, faults) : say_errno(error, "cannot read %s", file);
    }
    if (code == EXIT_DONE)
        code = replay_plan_run(session, map, plan, in_flight);
    replay_plan_free(plan);
    replay_map_free(map);
    return code;
}

enum exit_code replay_run(struct session *session, const struct arguments *arguments)
{
    if (arguments_word(arguments, "map") == NULL)
        return say(EXIT_USAGE, "--map is missing: the file that says what the columns mean, such as config/boston/replay.yaml.");
    if (session->options.timeout_ms == 0)
        session->options.timeout_ms = TIMEOUT_MS; /* one answer may stand behind hundreds of others */
    struct faults *faults = malloc(sizeof *faults);
    if (faults == NULL)
        return say(EXIT_FAILED, "out of memory");
    faults_init(faults);
    enum exit_code code = load_and_run(session, arguments, faults);
    free(faults);
    return code;
}
