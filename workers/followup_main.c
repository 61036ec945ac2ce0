/*
 * followup_main.c - huying-followup: asks citizens through a command
 */
#include "workers/followup.h"

#include <argp.h>
#include <locale.h>

#define AT(member) offsetof(struct followup_options, member)

const char *argp_program_version = "huying-followup " HUYING_VERSION;

static const struct setting own_settings[] = {
    {"unit", SETTING_TEXT, AT(unit), 0, 0, "CODE", "Only follow-ups of this unit's subtree (the key's own)", NULL},
    {"name", SETTING_TEXT, AT(name), 0, 0, "NAME", "Name of this worker; two of one key need two names (followup)", NULL},
    {"exec", SETTING_WORDS, AT(exec), 0, 0, "PROGRAM", "Command, and its arguments, that asks the citizen (needed)", NULL},
    {"hours", SETTING_TEXT, AT(hours), 0, 0, "HOURS", "When citizens may be asked, by the district's clock (9-12 14-20)", NULL},
    {"credit", SETTING_COUNT, AT(credit), 1, PULLER_CREDIT_MAX, "N", "Maximum number of commands at once (4)", NULL},
    {"held", SETTING_COUNT, AT(held), 1, 10000, "N", "Maximum number of duties held for later or left to people (1000)", NULL},
    {"lease", SETTING_SPAN, AT(lease_ms), 1000, LIMIT_LEASE_MS, "SPAN", "Length of a lease, prolonged while work goes on (60 s)",
     NULL},
    {"time", SETTING_SPAN, AT(time_ms), 10, 86400000, "SPAN", "Longest time of one command (15 min)", NULL},
    {"output", SETTING_COUNT, AT(output_max), 1, 16777216, "BYTES", "Longest answer of one command (262144)", NULL},
    {"tries", SETTING_COUNT, AT(tries), 1, 1000, "N", "Failures in a row before a duty is left to people (5)", NULL},
    {"pause", SETTING_SPAN, AT(pause_ms), 1, 86400000, "SPAN", "Pause after the first failure; doubles, with jitter (10 s)", NULL},
    {"pause-max", SETTING_SPAN, AT(pause_max_ms), 1, 86400000, "SPAN", "Longest pause after a failure (30 min)", NULL},
    {0},
};

static const struct settings_program program = {
    .name = "huying-followup",
    .doc = "Pulls follow-up duties, asks the citizens through a command in the hours in which they may be asked, and records what "
           "came of it. "
           "docs/workers.md has the JSON that the command reads and writes.",
    .tables = {worker_settings, own_settings},
};

int main(int argc, char **argv)
{
    struct followup_options options = {.name = "followup",
                                       .hours = "9-12 14-20",
                                       .credit = 4,
                                       .held = 1000,
                                       .lease_ms = 60000,
                                       .time_ms = 900000,
                                       .output_max = 262144,
                                       .tries = 5,
                                       .pause_ms = 10000,
                                       .pause_max_ms = 1800000};
    struct followup *followup;
    struct settings settings;

    setlocale(LC_CTYPE, "C.UTF-8");
    worker_defaults(&options.worker);
    int code = settings_read(&program, argc, argv, &options, &settings);
    if (code == EXIT_DONE) {
        code = followup_open(&options, &followup);
    }
    if (code == EXIT_DONE) {
        code = followup_run(followup);
    }
    settings_deinit(&settings);
    return code;
}
