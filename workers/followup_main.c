/*
 * followup_main.c - huying-followup: asks citizens through a command
 */
#include "workers/followup_work.h"

#include <argp.h>
#include <locale.h>

#define AT(member) offsetof(struct followup_work_options, member)

const char *argp_program_version = "huying-followup " HUYING_VERSION;

static const struct setting own_settings[] = {
    {"unit", SETTING_TEXT, AT(job.unit), 0, 0, "CODE", "Only follow-ups of this unit's subtree (the key's own)", NULL},
    {"name", SETTING_TEXT, AT(job.name), 0, 0, "NAME", "Name of this worker; two of one key need two names", NULL},
    {"exec", SETTING_WORDS, AT(job.exec), 0, 0, "PROGRAM", "Command, and its arguments, that asks the citizen (needed)", NULL},
    {"hours", SETTING_TEXT, AT(hours), 0, 0, "HOURS", "When citizens may be asked, by the district's clock", NULL},
    {"time", SETTING_SPAN, AT(job.time_ms), 10, 86400000, "SPAN", "Longest time of one command", NULL},
    {"output", SETTING_COUNT, AT(job.output_max), 1, 16777216, "BYTES", "Longest answer of one command", NULL},
    {0},
};

static const struct settings_program program = {
    .name = "huying-followup",
    .doc = "Pulls follow-up duties, asks the citizens through a command in the hours in which they may be asked, and records what "
           "came of it. "
           "docs/workers.md has the JSON that the command reads and writes.",
    .tables = {worker_settings, job_settings, own_settings},
};

int main(int argc, char **argv)
{
    struct followup_work_options options = {.job = {JOB_DEFAULTS, .name = "followup", .time_ms = 900000, .output_max = 262144},
                                            .hours = "9-12 14-20"};
    struct followup_work *followup;
    struct settings settings;

    setlocale(LC_CTYPE, "C.UTF-8");
    worker_defaults(&options.job.worker);
    int code = settings_read(&program, argc, argv, &options, &settings);
    if (code == EXIT_DONE) {
        code = followup_work_open(&options, &followup);
    }
    if (code == EXIT_DONE) {
        code = followup_work_run(followup);
    }
    settings_deinit(&settings);
    return code;
}
