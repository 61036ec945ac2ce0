/*
 * department_main.c - huying-department: couples a department's own system
 */
#include "workers/department.h"

#include <argp.h>
#include <locale.h>

#define AT(member) offsetof(struct department_options, member)

const char *argp_program_version = "huying-department " HUYING_VERSION;

static const struct setting own_settings[] = {
    {"unit", SETTING_TEXT, AT(unit), 0, 0, "CODE", "Unit whose duties, and its subtree's, are pulled (needed)", NULL},
    {"name", SETTING_TEXT, AT(name), 0, 0, "NAME", "Name of this worker; two of one key need two names (department)", NULL},
    {"kinds", SETTING_WORDS, AT(kinds), 0, 0, "KINDS", "Some of `lead support respond` (all)", NULL},
    {"exec", SETTING_WORDS, AT(exec), 0, 0, "PROGRAM", "Command, and its arguments, that says what to do with a duty", NULL},
    {"rules", SETTING_PATH, AT(rules), 0, 0, "FILE", "Or: rules that say it", NULL},
    {"credit", SETTING_COUNT, AT(credit), 1, PULLER_CREDIT_MAX, "N", "Maximum number of commands at once (4)", NULL},
    {"held", SETTING_COUNT, AT(held), 1, 10000, "N", "Maximum number of duties held for later or left to people (1000)", NULL},
    {"lease", SETTING_SPAN, AT(lease_ms), 1000, LIMIT_LEASE_MS, "SPAN", "Length of a lease, prolonged while work goes on (60 s)",
     NULL},
    {"time", SETTING_SPAN, AT(time_ms), 10, 86400000, "SPAN", "Longest time of one command (60 s)", NULL},
    {"output", SETTING_COUNT, AT(output_max), 1, 16777216, "BYTES", "Longest answer of one command (1048576)", NULL},
    {"tries", SETTING_COUNT, AT(tries), 1, 1000, "N", "Failures in a row before a duty is left to people (5)", NULL},
    {"pause", SETTING_SPAN, AT(pause_ms), 1, 86400000, "SPAN", "Pause after the first failure; doubles, with jitter (10 s)", NULL},
    {"pause-max", SETTING_SPAN, AT(pause_max_ms), 1, 86400000, "SPAN", "Longest pause after a failure (30 min)", NULL},
    {"look", SETTING_SPAN, AT(look_ms), 1, 86400000, "SPAN", "When a duty is looked at again of which nothing was said (5 min)",
     NULL},
    {0},
};

static const struct settings_program program = {
    .name = "huying-department",
    .doc = "Pulls a unit's duties and does with each what a command or a rules file says. docs/workers.md has the JSON that the "
           "command reads and "
           "writes.",
    .tables = {worker_settings, own_settings},
};

int main(int argc, char **argv)
{
    static const char *const kinds[] = {"lead", "support", "respond", NULL};
    struct department_options options = {.name = "department",
                                         .kinds = kinds,
                                         .credit = 4,
                                         .held = 1000,
                                         .lease_ms = 60000,
                                         .time_ms = 60000,
                                         .output_max = 1048576,
                                         .tries = 5,
                                         .pause_ms = 10000,
                                         .pause_max_ms = 1800000,
                                         .look_ms = 300000};
    struct department *department;
    struct settings settings;

    setlocale(LC_CTYPE, "C.UTF-8");
    worker_defaults(&options.worker);
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
