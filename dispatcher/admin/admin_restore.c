/* admin_restore.c - restore: from a backup to a data folder that a dispatcher can be started on */
#include "base/i18n.h"
#include "base/progress.h"
#include "config/loader.h"
#include "config/local_time.h"
#include "dispatcher/admin/admin.h"
#include "dispatcher/admin/admin_child.h"
#include "dispatcher/engine/engine_restore.h"

#include <argp.h>
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

struct run {
    const char *from, *data;
    size_t map_size;
    struct engine_restore_report *report; /* shared with the child */
    bool json;
    struct progress progress;
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
        if (run->from != NULL) {
            argp_error(state, _("`%s` is one argument too many: one folder is restored."), value);
        }
        run->from = value;
        return 0;
    case ARGP_KEY_END:
        if (run->from == NULL) {
            argp_error(state, _("FOLDER is missing: a backup, as `huying backup` makes it."));
        }
        if (run->data == NULL) {
            argp_error(state, _("--data is missing: the folder that is to be made, new or empty."));
        }
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* `what` is one piece of work after the other. */
static void progress(void *arg, const char *what, uint64_t done, uint64_t total)
{
    struct run *run = arg;
    char note[64];

    if (run->progress.title == NULL || strcmp(run->progress.title, what) != 0) {
        progress_clear(&run->progress);
        progress_init(&run->progress, what, total);
    }
    if (!run->progress.terminal) {
        return;
    }
    run->progress.total = total;
    snprintf(note, sizeof(note), _("%" PRIu64 " of %" PRIu64), done, total);
    progress_show(&run->progress, done, note);
}

static void say(void *arg, const char *line)
{
    struct run *run = arg;

    progress_clear(&run->progress);
    fprintf(stderr, "%s\n", line);
}

/* In the time of the district whose data they are; in UTC where the set that says so cannot be read. */
static void print_instant(const struct run *run, const struct engine_restore_report *report, char ret[INSTANT_SIZE])
{
    char folder[PATH_MAX];
    struct faults *faults = calloc(1, sizeof(*faults));
    struct district *district = NULL;
    int length = snprintf(folder, sizeof(folder), "%s/config/%s", run->data, report->config_hash);

    if (faults != NULL && report->config_hash[0] != '\0' && length > 0 && (size_t)length < sizeof(folder)) {
        district_load(folder, faults, &district);
    }
    local_time_print(report->at_ms, district == NULL ? NULL : district->zone, ret);
    district_free(district);
    free(faults);
}

static void print(const struct run *run, const struct engine_restore_report *report)
{
    char at[INSTANT_SIZE] = "none";

    if (report->at_ms != 0) {
        print_instant(run, report, at);
    }
    if (run->json) {
        json_t *object = json_pack("{s:s, s:I, s:s, s:I, s:I}", "data", run->data, "seq", (json_int_t)report->seq, "at", at,
                                   "records", (json_int_t)report->check.records, "rows", (json_int_t)report->check.rows);
        json_dumpf(object, stdout, JSON_PRESERVE_ORDER);
        putchar('\n');
        json_decref(object);
        return;
    }
    printf(_("restore: %s has everything up to sequence %" PRIu64 ", %s; check: clean, %" PRIu64 " records, %" PRIu64
             " rows compared\n"),
           run->data, report->seq, at, report->check.records, report->check.rows);
}

static int restore(void *arg)
{
    struct run *run = arg;
    char said[512];
    int64_t differences = engine_restore(run->from, run->data, run->map_size, say, progress, run, run->report, said);

    progress_clear(&run->progress);
    if (differences == 0) {
        print(run, run->report);
        return EXIT_DONE;
    }
    if (differences > 0) {
        fprintf(stderr,
                _("restore: %" PRId64 " differences between the journal and the rows of the backup; nothing was restored. Copy the "
                  "backup, remove rows/ from the copy, restore that, and report this: it is a bug.\n"),
                differences);
    } else {
        fprintf(stderr, _("restore: %s\n"), said);
    }
    if (differences == -ENOTEMPTY || differences > 0) {
        return EXIT_REFUSED;
    }
    return differences == -EBUSY ? EXIT_BUSY : EXIT_FAILED;
}

static void clean(void *arg, pid_t child)
{
    const struct run *run = arg;

    if (!run->report->begun) {
        return;
    }
    engine_check_clean(run->data, child);
    engine_restore_clean(run->data);
}

int admin_restore(int argc, char **argv)
{
    static const struct argp_option options[] = {
        {"data", 'd', "DIR", 0, N_("Data folder to make; it is missing, or empty"), 0},
        {"json", 'j', NULL, 0, N_("One JSON object on standard output"), 0},
        {"map-size", 'm', "BYTES", 0, N_("Address space for each of two sets of rows; default 68719476736"), 0},
        {0}};
    static const struct argp argp = {
        .options = options,
        .parser = parse,
        .help_filter = i18n_help,
        .args_doc = "FOLDER",
        .doc = N_(
            "Copies a backup, or the data folder of a stopped dispatcher, into a new data folder, replays what the rows lack and "
            "checks all of it, as `huying check` does. The folder that is read is not changed. Keys are not part of a backup.")};
    struct run run = {0};

    argp_err_exit_status = EXIT_USAGE;
    argp_parse(&argp, argc, argv, 0, NULL, &run);
    umask(077); /* as the dispatcher itself makes its files */
    run.report = mmap(NULL, sizeof(*run.report), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (run.report == MAP_FAILED) {
        fprintf(stderr, _("restore: %s\n"), strerror(errno));
        return EXIT_FAILED;
    }
    int code =
        admin_in_child(&(struct admin_work){.verb = "restore", .data = run.from, .run = restore, .clean = clean, .arg = &run});
    munmap(run.report, sizeof(*run.report));
    return code;
}
