/*
 * department_main.c - huying-department: couples a department's own system
 */
#include "workers/department.h"

#include <argp.h>
#include <locale.h>

#define AT(member) offsetof(struct department_options, member)

const char *argp_program_version = "huying-department " HUYING_VERSION;

static const struct setting own_settings[] = {
    {"unit", SETTING_TEXT, AT(job.unit), 0, 0, "CODE", "Unit whose duties, and its subtree's, are pulled (needed)", NULL},
    {"name", SETTING_TEXT, AT(job.name), 0, 0, "NAME", "Name of this worker; two of one key need two names", NULL},
    {"kinds", SETTING_WORDS, AT(kinds), 0, 0, "KINDS", "Some of `lead support respond` (all)", NULL},
    {"exec", SETTING_WORDS, AT(job.exec), 0, 0, "PROGRAM", "Command, and its arguments, that says what to do with a duty", NULL},
    {"rules", SETTING_PATH, AT(rules), 0, 0, "FILE", "Or: rules that say it", NULL},
    {"time", SETTING_SPAN, AT(job.time_ms), 10, 86400000, "SPAN", "Longest time of one command", NULL},
    {"output", SETTING_COUNT, AT(job.output_max), 1, 16777216, "BYTES", "Longest answer of one command", NULL},
    {"look", SETTING_SPAN, AT(look_ms), 1, 86400000, "SPAN", "When a duty is looked at again of which nothing was said", NULL},
    {0},
};

static const struct settings_program program = {
    .name = "huying-department",
    .doc = "Pulls a unit's duties and does with each what a command or a rules file says. docs/workers.md has the JSON that the "
           "command reads and "
           "writes.",
    .tables = {worker_settings, job_settings, own_settings},
};

int main(int argc, char **argv)
{
    static const char *const kinds[] = {"lead", "support", "respond", NULL};
    struct department_options options = {
        .job = {JOB_DEFAULTS, .name = "department", .time_ms = 60000, .output_max = 1048576}, .kinds = kinds, .look_ms = 300000};
    struct department *department;
    struct settings settings;

    setlocale(LC_CTYPE, "C.UTF-8");
    worker_defaults(&options.job.worker);
    int code = settings_read(&program, argc, argv, &options, &settings);
    if (code == EXIT_DONE) {
        code = department_open(&options, &department);
    }
    if (code == EXIT_DONE) {
        code = department_run(department);
    }
    settings_deinit(&settings);
    return code;
}
