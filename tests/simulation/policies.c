/* policies.c - the district with two policies: its own, and one in which much of what may be switched is the other way round */
#include "tests/simulation/simulation.h"

#include "config/loader.h"
#include "dispatcher/engine/datadir.h"

#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define POLICY_SIZE_MAX 65536

/* What the other policy says in place of the district's own. */
static const struct {
    const char *here, *there;
} others[] = {
    {"rating: on", "rating: off"},
    {"contact_required: on", "contact_required: off"},
    {"evidence_required: on", "evidence_required: off"},
    {"one_unit_guard: on", "one_unit_guard: off"},
    {"community_calls: off", "community_calls: on"},
    {"mode: at_answer", "mode: never"},
    {"on_overdue: supervise", "on_overdue: take_over"},
};

static void write_line(FILE *file, const char *line)
{
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        const char *at = strstr(line, others[i].here);

        if (at != NULL) {
            fprintf(file, "%.*s%s\n", (int)(at - line), line, others[i].there);
            return;
        }
    }
    fprintf(file, "%s\n", line);
}

static FILE *open_policy(const char *folder, const char *mode)
{
    char path[512];

    snprintf(path, sizeof(path), "%s/policy.yaml", folder);
    FILE *file = fopen(path, mode);
    if (file == NULL) {
        err(2, "%s", path);
    }
    return file;
}

/* Copies the district's folder, and changes its policy there. Gives the folder, which the caller frees. */
static char *write_other(const struct simulation *sim)
{
    char *folder = NULL, *rest = NULL, *text = calloc(1, POLICY_SIZE_MAX);

    if (asprintf(&folder, "%s/other", sim->folder) < 0 || mkdir(folder, 0700) < 0 || datadir_copy_files(sim->config, folder) < 0) {
        err(2, "the other policy");
    }
    FILE *file = open_policy(folder, "re");
    if (fread(text, 1, POLICY_SIZE_MAX - 1, file) == POLICY_SIZE_MAX - 1) {
        errx(2, "the policy is too long");
    }
    fclose(file);
    file = open_policy(folder, "we");
    for (char *line = strtok_r(text, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest)) {
        write_line(file, line);
    }
    fclose(file);
    free(text);
    return folder;
}

static struct district *load(const char *folder)
{
    static struct faults faults;
    struct district *district;

    if (district_load(folder, &faults, &district) < 0) {
        errx(2, "%s: %s", folder, faults.count > 0 ? faults.at[0].text : "cannot be read");
    }
    return district;
}

void policies_begin(struct simulation *sim)
{
    sim->folders[0] = sim->config;
    sim->folders[1] = write_other(sim);
    sim->policies[0] = sim->district = load(sim->folders[0]);
    sim->policies[1] = load(sim->folders[1]);
}

void policies_end(struct simulation *sim)
{
    district_free(sim->policies[0]);
    district_free(sim->policies[1]);
    free((void *)sim->folders[1]);
}
