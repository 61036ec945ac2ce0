/*
 * day_file.h - days by notice: holidays and make-up working days 调休 of a calendar, from CSV
 *
 * Columns date,kind and optionally name; date as 2026-10-01, kind `holiday` (a day off) or `workday` (a make-up day); or the date a
 * year as 2027, kind `complete`: all its days are here. Rows may
 * stand in any order. A make-up day on a working day and a holiday on a free day are nothing wrong.
 */
#ifndef HUYING_CONFIG_DAY_FILE_H
#define HUYING_CONFIG_DAY_FILE_H

#include "config/calendar.h"
#include "config/faults.h"

#include <stddef.h>

struct day_file {
    char *name; /* of the file */
    char *data; /* its bytes */
    size_t size;
    bool make_up;      /* it has make-up days */
    uint64_t complete; /* a bit for each year from CALENDAR_FIRST_YEAR on that is called complete */
    uint32_t count;
    struct calendar_notice *at; /* ascending by day; NULL: there were faults */
};

/* Reads bytes, of which it becomes the owner. Fills *ret in every case; the caller ends it with day_file_deinit. Returns 0, also
 * after faults; -ENOMEM. */
int day_file_parse(const char *name, char *data, size_t size, struct faults *faults, struct day_file *ret);

/* Frees what *file holds. */
void day_file_deinit(struct day_file *file);

/* Reads `2026-10-01` of the years that a calendar has. Returns NULL, or a borrowed sentence that says what to write. */
const char *day_parse(const char *text, int64_t *ret_day);

#endif
