/* people.c - what the people of a district do, from the table that script/drill uses too */
#include "tests/simulation/people.h"

#include "config/sheet.h"

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum column { COLUMN_OCCASION, COLUMN_STEP, COLUMN_COMMAND, COLUMN_ROLE, COLUMN_AFTER, COLUMN_SHARE, COLUMN_HOURS, COLUMN_FIELDS };
#define COLUMNS 8

static const char *const column_names[COLUMNS] = {"occasion", "step", "command", "role", "after", "share", "hours", "fields"};

static const char *const occasion_names[] = {
#define OCCASION_NAME(name, text) text,
    OCCASIONS(OCCASION_NAME)
#undef OCCASION_NAME
};

/* A file that is being read: where a sentence on it points to. */
struct reading {
    const char *path;
    uint32_t line;
    int32_t at[COLUMNS];
};

__attribute__((noreturn)) static void wrong(const struct reading *reading, const char *what, const char *value)
{
    errx(2, "%s:%u: %s: %s", reading->path, reading->line, what, value);
}

static int find(const char *value, const char *const *names, int count)
{
    for (int i = 0; i < count; i++) {
        if (strcmp(value, names[i]) == 0) {
            return i;
        }
    }
    return -1;
}

static double number(const struct reading *reading, const char *text)
{
    char *end;
    double value = strtod(text, &end);

    if (end == text || *end != '\0' || value < 0) {
        wrong(reading, "not a number", text);
    }
    return value;
}

static void read_hours(const struct reading *reading, const char *text, struct people_row *row)
{
    static const struct {
        const char *format;
        enum people_time time;
        int numbers;
    } forms[] = {
        {"%lf to %lf%n", PEOPLE_BETWEEN, 2}, {"exp %lf %lf%n", PEOPLE_ABOUT, 2}, {"due %lf %lf%n", PEOPLE_OF_LIMIT, 2},
        {"late %lf %lf%n", PEOPLE_LATE, 2},  {"every %lf%n", PEOPLE_EVERY, 1},   {"%lf%n", PEOPLE_BETWEEN, 1},
    };

    row->time = PEOPLE_AT_ONCE;
    if (text[0] == '\0') {
        return;
    }
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        int end = 0;
        double a = 0, b = 0;
        int got = forms[i].numbers == 2 ? sscanf(text, forms[i].format, &a, &b, &end) : sscanf(text, forms[i].format, &a, &end);

        if (got == forms[i].numbers && end == (int)strlen(text)) {
            row->time = forms[i].time;
            row->a = a;
            row->b = forms[i].numbers == 2 ? b : a;
            return;
        }
    }
    wrong(reading, "no such hours", text);
}

static void read_choices(const struct reading *reading, char *text, struct people_field *field)
{
    char *rest = NULL;

    for (char *each = strtok_r(text, "|", &rest); each != NULL; each = strtok_r(NULL, "|", &rest)) {
        char *share = strrchr(each, ':');
        struct people_choice choice = {.share = 1};

        if (share != NULL) {
            *share = '\0';
            choice.share = number(reading, share + 1);
        }
        choice.value = strdup(each);
        field->choices = realloc(field->choices, (field->count + 1) * sizeof(choice));
        field->choices[field->count++] = choice;
    }
    if (field->count == 0) {
        wrong(reading, "a field without a value", field->name);
    }
}

static void read_fields(const struct reading *reading, char *text, struct people_row *row)
{
    char *rest = NULL;

    for (char *each = strtok_r(text, ";", &rest); each != NULL; each = strtok_r(NULL, ";", &rest)) {
        char *value = strchr(each, '=');
        struct people_field field = {0};

        if (value == NULL) {
            wrong(reading, "a field without a value", each);
        }
        *value = '\0';
        field.name = strdup(each);
        read_choices(reading, value + 1, &field);
        row->fields = realloc(row->fields, (row->field_count + 1) * sizeof(field));
        row->fields[row->field_count++] = field;
    }
}

/* The first step of this occasion with this command. */
static int step_of(const struct people *people, enum occasion occasion, enum command_type command)
{
    for (size_t i = 0; i < people->count; i++) {
        if (people->rows[i].occasion == occasion && people->rows[i].command == command) {
            return (int)i;
        }
    }
    return -1;
}

static void read_row(struct people *people, const struct reading *reading, char *const *cells)
{
    struct people_row row = {.after = -1};
    const char *after = cells[COLUMN_AFTER];
    enum command_type command;
    int occasion = find(cells[COLUMN_OCCASION], occasion_names, OCCASION_COUNT);
    int role = find(cells[COLUMN_ROLE], role_enum.names, ROLE_COUNT);

    if (occasion < 0) {
        wrong(reading, "no such occasion", cells[COLUMN_OCCASION]);
    }
    if (role < 0) {
        wrong(reading, "no such role", cells[COLUMN_ROLE]);
    }
    if (cells[COLUMN_COMMAND][0] == '\0') {
        return;
    }
    if (!command_find(cells[COLUMN_COMMAND], strlen(cells[COLUMN_COMMAND]), &row.command)) {
        wrong(reading, "no such command", cells[COLUMN_COMMAND]);
    }
    row.occasion = (enum occasion)occasion;
    row.role = (enum role)role;
    row.share = number(reading, cells[COLUMN_SHARE]);
    if (after[0] != '\0') {
        row.after = command_find(after, strlen(after), &command) ? step_of(people, row.occasion, command) : -1;
        if (row.after < 0) {
            wrong(reading, "no such step before it", after);
        }
    }
    read_hours(reading, cells[COLUMN_HOURS], &row);
    read_fields(reading, cells[COLUMN_FIELDS], &row);
    people->rows = realloc(people->rows, (people->count + 1) * sizeof(row));
    people->rows[people->count++] = row;
}

void people_begin(struct people *people, const char *path)
{
    struct reading reading = {.path = path, .line = 1};
    struct faults faults;
    struct sheet *sheet;
    struct sheet_row row;
    char *cells[COLUMNS];
    int rc;

    *people = (struct people){0};
    faults_init(&faults);
    if (sheet_open(path, &faults, &sheet) < 0) {
        errx(2, "%s: %s", path, faults.count > 0 ? faults.at[0].text : "cannot be read");
    }
    for (int i = 0; i < COLUMNS; i++) {
        reading.at[i] = sheet_column(sheet, column_names[i]);
        if (reading.at[i] < 0) {
            wrong(&reading, "no such column", column_names[i]);
        }
    }
    while ((rc = sheet_next(sheet, &row)) == 1) {
        reading.line = row.line;
        for (int i = 0; i < COLUMNS; i++) {
            if ((uint32_t)reading.at[i] >= row.count) {
                wrong(&reading, "no such column", column_names[i]);
            }
            cells[i] = row.fields[reading.at[i]];
        }
        read_row(people, &reading, cells);
    }
    if (rc < 0) {
        errx(2, "%s: %s", path, faults.count > 0 ? faults.at[0].text : strerror(-rc));
    }
    sheet_free(sheet);
}

void people_end(struct people *people)
{
    for (size_t i = 0; i < people->count; i++) {
        struct people_row *row = &people->rows[i];

        for (size_t k = 0; k < row->field_count; k++) {
            for (size_t n = 0; n < row->fields[k].count; n++) {
                free(row->fields[k].choices[n].value);
            }
            free(row->fields[k].choices);
            free(row->fields[k].name);
        }
        free(row->fields);
    }
    free(people->rows);
    *people = (struct people){0};
}

const char *people_value(const struct people_field *field, struct chance *chance)
{
    double sum = 0, drawn;
    size_t i = 0;

    for (size_t k = 0; k < field->count; k++) {
        sum += field->choices[k].share;
    }
    drawn = chance_real(chance) * sum;
    while (i + 1 < field->count && drawn >= field->choices[i].share) {
        drawn -= field->choices[i++].share;
    }
    return field->choices[i].value;
}

const struct people_field *people_field(const struct people_row *row, const char *name)
{
    for (size_t i = 0; i < row->field_count; i++) {
        if (strcmp(row->fields[i].name, name) == 0) {
            return &row->fields[i];
        }
    }
    return NULL;
}
