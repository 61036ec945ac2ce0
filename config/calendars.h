/*
 * calendars.h - calendars.yaml: the working calendars 工作日历 of a district, and the day files that it names
 *
 * Each calendar has a name, a zone, the hours of a week, and perhaps a file of days by notice and the hours of a make-up day.
 * The file may be missing: then there is only the built-in calendar, in which every hour of every day counts.
 */
#ifndef HUYING_CONFIG_CALENDARS_H
#define HUYING_CONFIG_CALENDARS_H

#include "config/calendar.h"
#include "config/day_file.h"
#include "config/faults.h"
#include "proto/gen/caps.h"

#define CALENDARS_FILE "calendars.yaml"

struct calendars {
    uint32_t count; /* the built-in one is [0] */
    struct code names[CAP_CALENDARS];
    struct calendar *at[CAP_CALENDARS]; /* NULL: it has faults */
    uint32_t chosen;                    /* index for units that name none */
    bool listed;                        /* the names are all known, so that another one is a fault */
    char *data;                         /* bytes of calendars.yaml; NULL: no such file */
    size_t size;
    uint32_t file_count;
    struct day_file files[CAP_CALENDARS]; /* in the order in which they are named */
};

/* Reads the file of a folder. `zone_name` is the district's, and loads; NULL (it is not known): nothing is built, but all else is
 * checked. Gives *ret in every case; the caller ends it with calendars_deinit, and may take calendars out of `at`. Returns 0, also
 * after faults; -ENOMEM. */
int calendars_read(const char *folder, const char *zone_name, struct faults *faults, struct calendars *ret);

/* Index of a name, or -1. */
int32_t calendars_find(const struct calendars *calendars, const struct code *name);

/* Frees what *calendars holds. */
void calendars_deinit(struct calendars *calendars);

/* Reads `09:00-12:00 13:00-17:00`. Returns NULL, or a borrowed sentence that says what to write. */
const char *shifts_parse(const char *text, struct shifts *ret);

#endif
