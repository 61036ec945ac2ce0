/* admin_check.c - check: is the data what its journal says? */
#include "base/i18n.h"
#include "base/progress.h"
#include "dispatcher/admin/admin.h"
#include "dispatcher/admin/admin_child.h"
#include "dispatcher/engine/engine.h"

#include <argp.h>
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>

struct run {
    const char *data;
    size_t map_size;
    bool json;
    struct progress progress;
    json_t *lines;
};

static error_t parse(int key, char *value, struct argp_state *state)
{
    struct run *run = state->input;

    switch (key) {
    case 'd':
        if (run->data != NULL) {
            argp_error(state, _("--data is given twice: `%s` and `%s`. Give it once."), run->data, value);
        }
        run->data = value;
        return 0;
    case 'j':
        run->json = true;
        i18n_end(); /* JSON is for programs */
        return 0;
    case 'm':
        if (admin_map_size(value, &run->map_size) < 0) {
            argp_error(state, _("--map-size wants a number of bytes of at least 1048576, not `%s`."), value);
        }
        return 0;
    case ARGP_KEY_ARG:
        argp_error(state, _("`%s` is one argument too many: the folder is given with --data."), value);
        return 0;
    case ARGP_KEY_END:
        if (run->data == NULL) {
            argp_error(state, _("--data is missing: the data folder of a stopped dispatcher, or a copy of it."));
        }
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static void progress(void *arg, uint64_t seq, uint64_t last)
{
    struct run *run = arg;
    char note[64];

    if (!run->progress.terminal) {
        return;
    }
    run->progress.total = last;
    snprintf(note, sizeof(note), _("%" PRIu64 " of %" PRIu64 " records"), seq, last);
    progress_show(&run->progress, seq, note);
}

static void say(void *arg, const char *line)
{
    struct run *run = arg;

    if (run->json) {
        json_array_append_new(run->lines, json_string(line));
        return;
    }
    progress_clear(&run->progress);
    printf("%s\n", line);
}

static void print_json(struct run *run, int64_t differences, const struct engine_check_report *report, const char *said)
{
    json_t *object = json_object();

    json_object_set_new(object, "clean", json_boolean(differences == 0));
    if (differences >= 0) {
        json_object_set_new(object, "records", json_integer((json_int_t)report->records));
        json_object_set_new(object, "rows", json_integer((json_int_t)report->rows));
        json_object_set_new(object, "differences", json_integer(differences));
        json_object_set(object, "shown", run->lines);
    } else {
        json_object_set_new(object, "error", json_string(said));
    }
    json_dumpf(object, stdout, JSON_PRESERVE_ORDER);
    putchar('\n');
    json_decref(object);
}

static int check(void *arg)
{
    struct run *run = arg;
    struct engine_check_report report = {0};
    char said[512];
    int64_t differences = engine_check(run->data, run->map_size, say, progress, run, &report, said);

    progress_clear(&run->progress);
    if (run->json) {
        print_json(run, differences, &report, said);
    } else if (differences < 0) {
        fprintf(stderr, _("check: %s\n"), said);
    } else if (differences > 0) {
        printf(_("check: %" PRId64 " differences, %" PRIu64 " records, %" PRIu64 " rows compared\n"), differences, report.records,
               report.rows);
    } else {
        printf(_("check: clean, %" PRIu64 " records, %" PRIu64 " rows compared\n"), report.records, report.rows);
    }
    if (differences < 0) {
        return differences == -EBUSY ? EXIT_BUSY : EXIT_FAILED;
    }
    return differences == 0 ? EXIT_DONE : EXIT_REFUSED;
}

static void clean(void *arg, pid_t child)
{
    const struct run *run = arg;

    engine_check_clean(run->data, child);
}

int admin_check(int argc, char **argv)
{
    static const struct argp_option options[] = {
        {"data", 'd', "DIR", 0, N_("Data folder of a dispatcher that does not run, or a copy of it"), 0},
        {"json", 'j', NULL, 0, N_("One JSON object on standard output"), 0},
        {"map-size", 'm', "BYTES", 0, N_("Address space for each of two sets of rows; default 68719476736"), 0},
        {0}};
    static const struct argp argp = {
        .options = options,
        .parser = parse,
        .help_filter = i18n_help,
        .doc = N_(
            "Replays the journal into an empty store beside the data and compares every row, clock and counter. Changes nothing.")};
    struct run run = {.lines = json_array()};

    argp_err_exit_status = EXIT_USAGE;
    argp_parse(&argp, argc, argv, 0, NULL, &run);
    progress_init(&run.progress, i18n_in("progress", NC_("progress", "check")), 0);
    int code = admin_in_child(
        &(struct admin_work){.verb = "check", .data = run.data, .run = check, .clean = clean, .arg = &run, .json = run.json});
    json_decref(run.lines);
    return code;
}
