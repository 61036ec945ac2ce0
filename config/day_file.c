/* day_file.c - days by notice: holidays and make-up working days 调休 of a calendar, from CSV */
#include "config/day_file.h"

#include "base/i18n.h"
#include "config/table.h"
#include "config/words.h"
#include "config/zone.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum column { COLUMN_DATE, COLUMN_KIND, COLUMN_NAME, COLUMN_COUNT };

static const char *const column_names[COLUMN_COUNT] = {"date", "kind", "name"};

/* A day and the row that it came from, while they are sorted. */
struct entry {
    struct calendar_notice notice;
    uint32_t row;
};

static int compare_entry(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    if (x->notice.day != y->notice.day) {
        return x->notice.day < y->notice.day ? -1 : 1;
    }
    return x->row < y->row ? -1 : 1;
}

static int32_t two_digits(const char *at)
{
    return (at[0] - '0') * 10 + (at[1] - '0');
}

const char *day_parse(const char *text, int64_t *ret_day)
{
    static const char shape[] = "0000-00-00";
    const char *const wanted = _("write a date as `2026-10-01`");
    size_t size = strlen(text);
    bool fits = size == sizeof(shape) - 1;
    for (size_t i = 0; fits && i < size; i++) {
        fits = shape[i] == '0' ? text[i] >= '0' && text[i] <= '9' : text[i] == shape[i];
    }
    if (!fits) {
        return wanted;
    }
    int32_t year = two_digits(text) * 100 + two_digits(text + 2), month = two_digits(text + 5), day = two_digits(text + 8);
    if (year < CALENDAR_FIRST_YEAR || year > CALENDAR_LAST_YEAR) {
        _Static_assert(CALENDAR_FIRST_YEAR == 2000 && CALENDAR_LAST_YEAR == 2060, "the sentence says the years");
        return _("write a date from 2000-01-01 to 2060-12-31");
    }
    if (month < 1 || month > 12 || day < 1 || day > 31) {
        return _("there is no such day; write a date as `2026-10-01`");
    }
    int64_t days = civil_to_days(year, month, day);
    struct civil civil;
    civil_from_days(days, &civil);
    if (civil.month != month) {
        return _("there is no such day; write a date as `2026-10-01`");
    }
    *ret_day = days;
    return NULL;
}

/* A row that says that all days of a year are in the file. Gives 0: it is not a day. */
static int read_complete(const struct table *table, const int32_t *columns, uint32_t row, struct faults *faults, const char *date,
                         uint64_t *complete)
{
    bool fits = strlen(date) == 4 && strspn(date, "0123456789") == 4;
    int32_t year = fits ? two_digits(date) * 100 + two_digits(date + 2) : 0;
    if (year < CALENDAR_FIRST_YEAR || year > CALENDAR_LAST_YEAR) {
        table_fault(table, faults, row, columns[COLUMN_DATE], "date `%s`: before `complete` write a year from %d to %d, as `2027`",
                    date, CALENDAR_FIRST_YEAR, CALENDAR_LAST_YEAR);
        return 0;
    }
    uint64_t bit = UINT64_C(1) << (year - CALENDAR_FIRST_YEAR);
    if ((*complete & bit) != 0) {
        table_fault(table, faults, row, columns[COLUMN_DATE], "year `%s` is called complete twice; keep one line", date);
    }
    *complete |= bit;
    return 0;
}

/* 1: the row is a day; 0: it is not, or it has faults; -ENOMEM. */
static int read_row(const struct table *table, const int32_t *columns, uint32_t row, struct faults *faults, uint64_t *complete,
                    struct entry *ret)
{
    *ret = (struct entry){.row = row};
    const char *date = table_cell(table, row, columns[COLUMN_DATE]), *kind = table_cell(table, row, columns[COLUMN_KIND]);
    const char *name = table_cell(table, row, columns[COLUMN_NAME]);
    bool complete_year = strcmp(kind, "complete") == 0;
    if (table->fields[row] > table->column_count || (table->fields[row] < table->column_count && !complete_year)) {
        faults_add(faults, table->file, table->lines[row], 0,
                   "this row has %u fields, the header has %u; write one field a column, and quotes around a field with a comma",
                   table->fields[row], table->column_count);
        return 0;
    }
    if (complete_year) {
        return read_complete(table, columns, row, faults, date, complete);
    }
    const char *why_date = day_parse(date, &ret->notice.day);
    if (why_date != NULL) {
        table_fault(table, faults, row, columns[COLUMN_DATE], "date `%s`: %s", date, why_date);
    }
    bool holiday = strcmp(kind, "holiday") == 0, known = holiday || strcmp(kind, "workday") == 0;
    if (!known) {
        table_fault(table, faults, row, columns[COLUMN_KIND],
                    "kind `%s` is not known; write holiday (a day off), workday (a make-up day) or complete (a year)", kind);
    }
    ret->notice.kind = holiday ? DAY_HOLIDAY : DAY_MAKE_UP;
    if (name[0] != '\0') {
        const char *why = name_parse(name, true, &ret->notice.name);
        if (why != NULL) {
            table_fault(table, faults, row, columns[COLUMN_NAME], "name of `%s`: %s", date, why);
        } else if (ret->notice.name == NULL) {
            return -ENOMEM;
        }
    }
    return why_date == NULL && known;
}

static void check_twice(const struct table *table, const int32_t *columns, const struct entry *entries, uint32_t count,
                        struct faults *faults)
{
    for (uint32_t i = 1; i < count; i++) {
        if (entries[i].notice.day == entries[i - 1].notice.day) {
            table_fault(table, faults, entries[i].row, columns[COLUMN_DATE], "date `%s` is on line %u too; keep one",
                        table_cell(table, entries[i].row, columns[COLUMN_DATE]), table->lines[entries[i - 1].row]);
        }
    }
}

static int read_rows(const struct table *table, const int32_t *columns, struct faults *faults, struct entry *entries,
                     struct day_file *ret)
{
    uint32_t count = 0;
    int rc = 0;
    for (uint32_t row = 0; row < table->row_count && rc >= 0; row++) {
        rc = read_row(table, columns, row, faults, &ret->complete, &entries[count]);
        if (rc <= 0) {
            free(entries[count].notice.name);
        }
        count += rc > 0 ? 1 : 0;
    }
    qsort(entries, count, sizeof(*entries), compare_entry);
    check_twice(table, columns, entries, count, faults);
    ret->at = rc < 0 ? NULL : calloc(count + 1u, sizeof(*ret->at));
    for (uint32_t i = 0; i < count; i++) {
        if (ret->at != NULL) {
            ret->at[ret->count++] = entries[i].notice;
        } else {
            free(entries[i].notice.name);
        }
        ret->make_up = ret->make_up || entries[i].notice.kind == DAY_MAKE_UP;
    }
    return ret->at != NULL ? 0 : -ENOMEM;
}

static int read_table(const struct table *table, struct faults *faults, struct day_file *ret)
{
    int32_t columns[COLUMN_COUNT];
    if (table_columns(table, column_names, COLUMN_COUNT, COLUMN_NAME, faults, columns) < 0) {
        return 0;
    }
    if (table->row_count == 0) {
        faults_add(faults, table->file, 1, 0, "the file has no days; write them, or take `days` out of calendars.yaml");
        return 0;
    }
    struct entry *entries = calloc(table->row_count, sizeof(*entries));
    int rc = entries != NULL ? read_rows(table, columns, faults, entries, ret) : -ENOMEM;
    free(entries);
    return rc;
}

static void free_days(struct day_file *file)
{
    for (uint32_t i = 0; i < file->count; i++) {
        free(file->at[i].name);
    }
    free(file->at);
    file->at = NULL;
    file->count = 0;
}

int day_file_parse(const char *name, char *data, size_t size, struct faults *faults, struct day_file *ret)
{
    *ret = (struct day_file){.name = strdup(name), .data = data, .size = size};
    if (ret->name == NULL) {
        return -ENOMEM;
    }
    uint32_t before = faults_total(faults);
    struct table *table = NULL;
    int rc = table_parse_ragged(name, data, size, faults, &table); /* `2027,complete` needs no name */
    if (rc == 0) {
        table_trim(table);
        rc = read_table(table, faults, ret);
        table_free(table);
    }
    if (faults_total(faults) > before) {
        free_days(ret);
    }
    return rc == -ENOMEM ? rc : 0;
}

void day_file_deinit(struct day_file *file)
{
    free_days(file);
    free(file->name);
    free(file->data);
    *file = (struct day_file){0};
}
