/*
 * admin_config.c - config check: every fault of a configuration folder, with file and line. config preview: what it would do to
 * the open cases.
 */
#include "base/i18n.h"
#include "config/loader.h"
#include "dispatcher/admin/admin.h"
#include "dispatcher/admin/admin_child.h"
#include "dispatcher/admin/admin_preview.h"
#include "dispatcher/admin/admin_summary.h"

#include <argp.h>
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct run {
    const char *verb;
    const char *folder;
    const char *data; /* preview only */
    size_t map_size;
    const struct district *district;
    bool preview;
    bool json;
};

static error_t parse(int key, char *value, struct argp_state *state)
{
    struct run *run = state->input;

    switch (key) {
    case 'j':
        run->json = true;
        i18n_end(); /* JSON is for programs */
        return 0;
    case 'd':
        if (run->data != NULL) {
            argp_error(state, _("--data is given twice: `%s` and `%s`. Give it once."), run->data, value);
        }
        run->data = value;
        return 0;
    case 'm':
        if (admin_map_size(value, &run->map_size) < 0) {
            argp_error(state, _("--map-size wants a number of bytes of at least 1048576, not `%s`."), value);
        }
        return 0;
    case ARGP_KEY_ARG:
        if (state->arg_num == 0 && (strcmp(value, "check") == 0 || strcmp(value, "preview") == 0)) {
            run->verb = value;
        } else if (state->arg_num == 0) {
            argp_error(state,
                       _("there is no `huying config %s`; there are `huying config check DIR` and `huying config preview DIR`."),
                       value);
        } else if (state->arg_num == 1) {
            run->folder = value;
        } else {
            argp_error(state, _("`%s` is one argument too many: one folder is checked."), value);
        }
        return 0;
    case ARGP_KEY_END:
        run->preview = run->verb != NULL && strcmp(run->verb, "preview") == 0;
        if (run->verb == NULL || run->folder == NULL) {
            argp_error(state, _("DIR is missing: `huying config check DIR`."));
        } else if (run->preview && run->data == NULL) {
            argp_error(state, _("--data is missing: the data folder that the set is to come into force over."));
        } else if (!run->preview && run->data != NULL) {
            argp_error(state, _("--data is for `huying config preview`."));
        }
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static void print_json(const struct faults *faults, const struct district *district)
{
    json_t *object = json_object(), *list = json_array();

    json_object_set_new(object, "ok", json_boolean(district != NULL));
    if (district != NULL) {
        admin_summary_json(district, object);
    }
    for (uint32_t i = 0; i < faults->count; i++) {
        json_array_append_new(list, json_pack("{s:s, s:i, s:i, s:s}", "file", faults->at[i].file, "line", (int)faults->at[i].line,
                                              "column", (int)faults->at[i].column, "text", faults->at[i].text));
    }
    json_object_set_new(object, "faults", list);
    json_object_set_new(object, "more", json_integer(faults->more));
    json_dumpf(object, stdout, JSON_PRESERVE_ORDER);
    putchar('\n');
    json_decref(object);
}

static void print_text(const char *folder, const struct faults *faults, const struct district *district)
{
    char line[640];

    if (district != NULL) {
        printf(_("config check: %s is good\n"), folder);
        admin_summary_print(district);
        return;
    }
    for (uint32_t i = 0; i < faults->count; i++) {
        printf("%s\n", fault_text(&faults->at[i], line, sizeof(line)));
    }
    if (faults->more > 0) {
        printf(_("... and %u more\n"), faults->more);
    }
    printf(_("config check: %u fault%s in %s\n"), faults_total(faults), faults_total(faults) == 1 ? "" : "s", folder);
}

static int preview(void *arg)
{
    const struct run *run = arg;

    return admin_preview(run->folder, run->district, run->data, run->map_size, run->json);
}

int admin_config(int argc, char **argv)
{
    static const struct argp_option options[] = {
        {"json", 'j', NULL, 0, N_("One JSON object on standard output"), 0},
        {"data", 'd', "DIR", 0, N_("preview: data folder of the dispatcher, which may run meanwhile"), 0},
        {"map-size", 'm', "BYTES", 0, N_("preview: address space for the rows; default 68719476736"), 0},
        {0}};
    static const struct argp argp = {
        .options = options,
        .parser = parse,
        .help_filter = i18n_help,
        .args_doc = "check DIR\npreview DIR --data DATA",
        .doc = N_("Reads a configuration folder and shows every fault, or what it holds. `preview` then tells "
                  "what it would do to the open cases of a dispatcher, and changes nothing.")};
    struct run run = {0};
    struct faults *faults = calloc(1, sizeof(*faults));
    struct district *district = NULL;

    if (faults == NULL) {
        return EXIT_FAILED;
    }
    argp_err_exit_status = EXIT_USAGE;
    argp_parse(&argp, argc, argv, 0, NULL, &run);
    int rc = district_load(run.folder, faults, &district);
    run.district = district;
    int code = rc == 0 ? EXIT_DONE : rc == -EINVAL ? EXIT_REFUSED : EXIT_FAILED;
    if (rc < 0 && rc != -EINVAL) {
        fprintf(stderr, _("config %s: %s\n"), run.verb, strerror(-rc));
    } else if (run.preview && rc == 0) {
        code = admin_in_child(
            &(struct admin_work){.verb = "config preview", .data = run.data, .run = preview, .arg = &run, .json = run.json});
    } else if (run.json) {
        print_json(faults, district);
    } else {
        print_text(run.folder, faults, district);
    }
    district_free(district);
    free(faults);
    return code;
}
