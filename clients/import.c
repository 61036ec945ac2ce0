/*
 * import.c - many complaints from a file: the verb, and what it says at the end
 */
#include "clients/import.h"

#include "base/i18n.h"
#include "base/progress.h"
#include "clients/import_past.h"
#include "clients/import_send.h"
#include "clients/names.h"
#include "clients/rejects.h"
#include "clients/render.h"
#include "proto/enum_set.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WINDOW_DEFAULT 256
#define WINDOW_MAX 4096
#define TIMEOUT_MS 30000 /* one answer may stand behind hundreds of others */

struct import {
    struct session *session;
    const char *file;
    const char *map_file;     /* or NULL */
    const char *rejects_file; /* or NULL */
    struct import_send_options send;
    struct import_map *map, *own_map; /* one of them */
    struct import_plan *plan;
    struct import_past past;
    struct names units, matters;
    struct progress reading;
    struct import_sum sum;
};

static json_t *json_of_sum(const struct import *import)
{
    const struct import_plan *plan = import->plan;
    json_t *view = json_pack(
        "{s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "rows", (json_int_t)plan->row_count, "imported",
        (json_int_t)import_plan_count(plan, IMPORT_DONE), "repeated", (json_int_t)import_plan_count(plan, IMPORT_REPEATED), "same",
        (json_int_t)import_plan_count(plan, IMPORT_SAME), "rejected", (json_int_t)import_plan_count(plan, IMPORT_REJECTED),
        "unknown", (json_int_t)import_plan_count(plan, IMPORT_SENT), "not_sent",
        (json_int_t)import_plan_count(plan, IMPORT_WAITING));
    if (import->send.dry) {
        json_object_set_new(view, "would_be_routed", json_integer(import->sum.routed));
        json_object_set_new(view, "would_wait_for_desk", json_integer(import->sum.pooled));
    }
    json_object_set_new(view, "by_other_keys", json_integer(import->past.by_others));
    json_object_set_new(view, "unlisted", tally_json(&plan->unlisted));
    json_object_set_new(view, "ms", json_integer((json_int_t)(import->sum.seconds * 1000)));
    return view;
}

/* The rejects last and one by one: there may be more of them than memory. */
static void tell_json(const struct import *import)
{
    const struct import_plan *plan = import->plan;
    json_t *view = json_of_sum(import);
    bool begun = render_json_begin(view);
    json_decref(view);
    if (!begun) {
        return;
    }
    rejects_print_json(&plan->rejects, import_plan_next_reject, plan);
    puts("}");
}

static void tell(const struct import *import)
{
    const struct import_plan *plan = import->plan;
    uint32_t done = import_plan_count(plan, IMPORT_DONE), repeated = import_plan_count(plan, IMPORT_REPEATED);
    uint32_t same = import_plan_count(plan, IMPORT_SAME);
    if (import->send.dry) {
        printf(
            _("%u rows: %u would go to a unit, %u would wait for the desk, %u are there already, %u rejected; nothing was sent\n"),
            plan->row_count, import->sum.routed, import->sum.pooled, repeated, plan->rejects.count);
    } else {
        printf(_("%u rows: %u imported, %u repeated, %u rejected in %.1f s (%.0f/s)\n"), plan->row_count, done, repeated,
               plan->rejects.count, import->sum.seconds, import->sum.seconds > 0 ? (done + repeated) / import->sum.seconds : 0);
    }
    if (import->past.by_others > 0) {
        printf(_("%u of these rows were imported with another key (`%s`%s) and were not sent again.\n"), import->past.by_others,
               import->past.other, import->past.several ? " and others" : "");
    }
    if (same > 0) {
        printf(_("%u rows say the same as a row before them; each of these complaints counts once.\n"), same);
    }
    if (plan->unlisted.total > 0) {
        printf(_("%llu values are not listed and became what the map's `unlisted` says:\n"),
               (unsigned long long)plan->unlisted.total);
        tally_tell(&plan->unlisted);
    }
    rejects_tell(&plan->rejects, import_plan_next_reject, plan, import->rejects_file, "import");
    if (plan->rejects.count > 0 && import_plan_has_instants(plan)) {
        printf(_(
            "Drill time: the clock passes the instants of rejected rows while the others come in; empty `at` in the rows that you "
            "correct.\n"));
    }
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
    case IMPORT_END_STALE:
        return import_past_stale(import->plan);
    case IMPORT_END_OLD:
        return say(EXIT_REFUSED,
                   "this dispatcher is older than the command line and cannot try a row; import without --dry-run, or "
                   "after its upgrade.");
    case IMPORT_END_FAILED:
        return say_errno(import->sum.error, "sending failed");
    }
    return EXIT_FAILED;
}

static enum exit_code tell_end(const struct import *import)
{
    const struct import_plan *plan = import->plan;
    uint32_t unknown = import_plan_count(plan, IMPORT_SENT), unsent = import_plan_count(plan, IMPORT_WAITING);
    if (!import->send.dry && unknown + unsent > 0) {
        enum exit_code code = say_end(import);
        say(code,
            "%u rows are in, %u were sent without an answer, %u were not sent. Run the same command again: it is safe, what is in "
            "is "
            "not added twice.",
            import_plan_count(plan, IMPORT_DONE) + import_plan_count(plan, IMPORT_REPEATED), unknown, unsent);
        return code;
    }
    return plan->rejects.count > 0 ? EXIT_REFUSED : EXIT_DONE;
}

/* Has the key one of the roles? One that an older dispatcher does not tell counts as there: it refuses what it must. */
static bool has_role(const struct session *session, uint32_t wanted)
{
    return session->roles[0] == '\0' || (wanted & enum_set_read(&role_enum, session->roles)) != 0;
}

/* With the plan loaded: ask or send, write the rejects, tell. */
static enum exit_code run_plan(struct import *import)
{
    struct session *session = import->session;
    if (import_plan_has_instants(import->plan) && !session->hello.drill) {
        return say(EXIT_REFUSED,
                   "the rows have instants of their own (`at`), and this dispatcher keeps real time. Leave that column out, "
                   "or import into a dispatcher with --clock drill.");
    }
    import->send.importer = has_role(session, UINT32_C(1) << ROLE_IMPORTER);
    enum exit_code code = import_past_ask(session, import->plan, !import->send.dry, &import->past);
    if (code == EXIT_DONE) {
        code = import_send(session, import->plan, &import->send, &import->sum);
    }
    if (code != EXIT_DONE) {
        return code;
    }
    if (import->send.dry && import->sum.end != IMPORT_END_DONE) {
        return say_end(import);
    }
    int rc = import->rejects_file == NULL ? 0
                                          : rejects_write(import->rejects_file, import->plan->sheet, &import->plan->rejects,
                                                          import_plan_next_reject, import->plan);
    if (session->options.json) {
        tell_json(import);
    } else {
        tell(import);
    }
    code = tell_end(import);
    return rc < 0 ? say_errno(rc, "the rejects cannot be written to %s", import->rejects_file) : code;
}

static void on_bytes(void *arg, uint64_t read, uint64_t size)
{
    struct import *import = arg;
    import->reading.total = size;
    if (import->reading.terminal || import->send.progress) {
        progress_show(&import->reading, read, NULL);
    }
}

/* Understands map and file before anything is sent. */
static enum exit_code load_and_run(struct import *import, struct faults *faults)
{
    int rc = import->map_file == NULL ? 0 : import_map_load(import->map_file, faults, &import->map);
    if (rc < 0) {
        return rc == -EINVAL ? say_faults(import->map_file, faults) : say_errno(rc, "cannot read %s", import->map_file);
    }
    enum exit_code code = session_hello(import->session);
    if (code != EXIT_DONE) {
        return code;
    }
    code = names_ask(import->session, NAMES_UNIT, NULL, &import->units);
    if (code == EXIT_DONE) {
        code = names_ask(import->session, NAMES_MATTER, NULL, &import->matters);
    }
    if (code != EXIT_DONE) {
        return code;
    }
    progress_init(&import->reading, "reading, bytes", 0);
    const struct import_source source = {.file = import->file,
                                         .map = import->map,
                                         .zone = import->session->zone,
                                         .units = import->units.count > 0 ? &import->units : NULL,
                                         .matters = import->matters.count > 0 ? &import->matters : NULL,
                                         .district = import->session->hello.district,
                                         .now_ms = import->session->hello.now,
                                         .on_bytes = on_bytes,
                                         .arg = import};
    rc = import_plan_load(&source, faults, &import->own_map, &import->plan);
    progress_clear(&import->reading);
    if (rc == -ENOSPC) {
        return say(EXIT_FAILED, "there is no room to remember the rows of %s. Set TMPDIR to a folder on a disk with more.",
                   import->file);
    }
    if (rc < 0) {
        return rc == -EINVAL ? say_faults(import->file, faults) : say_errno(rc, "cannot read %s", import->file);
    }
    return run_plan(import);
}

enum exit_code import_run(struct session *session, const struct arguments *arguments)
{
    struct import import = {.session = session,
                            .file = arguments_word(arguments, "FILE.csv"),
                            .map_file = arguments_word(arguments, "map"),
                            .rejects_file = arguments_word(arguments, "rejects"),
                            .send = {.window = WINDOW_DEFAULT,
                                     .progress = arguments_word(arguments, "progress") != NULL,
                                     .dry = arguments_word(arguments, "dry-run") != NULL}};
    enum exit_code code = arguments_count(arguments, "window", 1, WINDOW_MAX, &import.send.window);
    if (code != EXIT_DONE) {
        return code;
    }
    if (session->options.at != NULL || session->options.request != NULL) {
        return say(EXIT_USAGE, "--at and --request are for one command. Rows have a column `at`, and request ids of their own.");
    }
    if (import.rejects_file != NULL && rejects_is_source(import.rejects_file, import.file)) {
        return say(EXIT_USAGE, "--rejects %s is the imported file itself; name another.", import.rejects_file);
    }
    if (session->options.timeout_ms == 0) {
        session->options.timeout_ms = TIMEOUT_MS;
    }
    struct faults *faults = malloc(sizeof(*faults));
    if (faults == NULL) {
        return say(EXIT_FAILED, "out of memory");
    }
    faults_init(faults);
    code = load_and_run(&import, faults);
    import_plan_free(import.plan);
    free(faults);
    names_deinit(&import.units);
    names_deinit(&import.matters);
    import_map_free(import.own_map);
    import_map_free(import.map);
    return code;
}
