/*
 * policies.c - two sets of one district: its own, and one in which much of what may be switched is the other way round, the office
 * works other hours, and some units are dissolved
 */
#include "tests/simulation/simulation.h"

#include "config/loader.h"
#include "dispatcher/engine/datadir.h"

#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define FILE_SIZE_MAX (1 << 20)

/* What a file of the other set says in place of the district's own, wherever it stands. */
static const struct {
    const char *file, *here, *there;
} others[] = {
    {"policy.yaml", "rating: on", "rating: off"},
    {"policy.yaml", "contact_required: on", "contact_required: off"},
    {"policy.yaml", "evidence_required: on", "evidence_required: off"},
    {"policy.yaml", "one_unit_guard: on", "one_unit_guard: off"},
    {"policy.yaml", "community_calls: off", "community_calls: on"},
    {"policy.yaml", "mode: at_answer", "mode: never"},
    {"policy.yaml", "on_overdue: supervise", "on_overdue: take_over"},
    {"calendars.yaml", "13:00-17:00", "14:00-18:30"},
    {"catalogue.csv", "RENEWAL", "HOUSING"},
    {"catalogue.csv", ",MEDICAL", ",HEALTH"},
    {"catalogue.csv", ",TAX", ",FINANCE"},
    {"catalogue.csv", ",VETERANS", ",CIVIL"},
};

/* Units that the other set has dissolved 撤并, and who follows them. */
static const struct {
    const char *unit, *successor;
} dissolved[] = {
    {"RENEWAL", "HOUSING"},   {"MEDICAL", "HEALTH"},   {"TAX", "FINANCE"},     {"VETERANS", "CIVIL"},
    {"INDUSTRY", "COMMERCE"}, {"DEVELOP", "COMMERCE"}, {"HS-01-1", "HS-01-2"},
};

static FILE *open_in(const char *folder, const char *name, const char *mode)
{
    char path[512];

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *file = fopen(path, mode);
    if (file == NULL) {
        err(2, "%s", path);
    }
    return file;
}

/* The bytes of a file, ended by a zero (caller frees). */
static char *read_in(const char *folder, const char *name)
{
    FILE *file = open_in(folder, name, "re");
    char *text = calloc(1, FILE_SIZE_MAX);

    if (text == NULL || fread(text, 1, FILE_SIZE_MAX - 1, file) == FILE_SIZE_MAX - 1) {
        errx(2, "%s is too long", name);
    }
    fclose(file);
    return text;
}

static void replace(const char *folder, const char *name, const char *here, const char *there)
{
    char *text = read_in(folder, name);
    FILE *file = open_in(folder, name, "we");
    const char *from = text, *at;

    while ((at = strstr(from, here)) != NULL) {
        fprintf(file, "%.*s%s", (int)(at - from), from, there);
        from = at + strlen(here);
    }
    fputs(from, file);
    fclose(file);
    free(text);
}

/* What the two columns at the end of a row of units.csv say. */
static void put_successor(FILE *file, const char *row)
{
    for (size_t i = 0; i < sizeof(dissolved) / sizeof(dissolved[0]); i++) {
        size_t size = strlen(dissolved[i].unit);

        if (strncmp(row, dissolved[i].unit, size) == 0 && row[size] == ',') {
            fprintf(file, ",2025-01-01,%s\n", dissolved[i].successor);
            return;
        }
    }
    fputs(strncmp(row, "code,", 5) == 0 ? ",retired_on,successor\n" : ",,\n", file);
}

static void dissolve(const char *folder)
{
    char *text = read_in(folder, "units.csv"), *rest = NULL;
    FILE *file = open_in(folder, "units.csv", "we");

    for (char *row = strtok_r(text, "\n", &rest); row != NULL; row = strtok_r(NULL, "\n", &rest)) {
        fputs(row, file);
        put_successor(file, row);
    }
    fclose(file);
    free(text);
}

/* Copies the district's folder, and changes it there. Gives the folder, which the caller frees. */
static char *write_other(const struct simulation *sim)
{
    char *folder = NULL;

    if (asprintf(&folder, "%s/other", sim->folder) < 0 || mkdir(folder, 0700) < 0 || datadir_copy_files(sim->config, folder) < 0) {
        err(2, "the other set");
    }
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        replace(folder, others[i].file, others[i].here, others[i].there);
    }
    dissolve(folder);
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

const struct district *policies_of(const struct simulation *sim, struct text hash)
{
    for (int i = 0; i < 2; i++) {
        if (hash.size == strlen(sim->policies[i]->hash) && memcmp(hash.at, sim->policies[i]->hash, hash.size) == 0) {
            return sim->policies[i];
        }
    }
    return sim->district;
}

void policies_end(struct simulation *sim)
{
    district_free(sim->policies[0]);
    district_free(sim->policies[1]);
    free((void *)sim->folders[1]);
}
