/* table.c - a table of the district as rows of texts that know their line */
#include "config/table.h"

#include "base/i18n.h"
#include "config/file.h"
#include "config/sheet.h"
#include "proto/blank.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool grow(void **at, size_t *capacity, size_t need, size_t item_size)
{
    if (need <= *capacity) {
        return true;
    }
    size_t bigger = *capacity ? *capacity * 2 : 256;
    while (bigger < need) {
        bigger *= 2;
    }
    void *grown = realloc(*at, bigger * item_size);
    if (grown == NULL) {
        return false;
    }
    *at = grown;
    *capacity = bigger;
    return true;
}

/* Room that rows are kept in. */
struct room {
    size_t cells, lines, fields;
    char *out; /* next free byte of table->bytes */
    bool ragged;
};

static char *keep_text(struct room *room, const char *text)
{
    char *at = room->out;
    size_t size = strlen(text) + 1;
    memcpy(at, text, size);
    room->out += size;
    return at;
}

/* What a row has too many, behind commas in its last column. */
static void keep_surplus(const struct table *table, struct room *room, const struct sheet_row *row)
{
    for (uint32_t i = table->column_count; i < row->count; i++) {
        room->out[-1] = ','; /* over the end of the field before */
        keep_text(room, row->fields[i]);
    }
}

static int keep_row(struct table *table, struct room *room, const struct sheet_row *row)
{
    size_t count = (size_t)table->row_count * table->column_count;
    if (!grow((void **)&table->cells, &room->cells, count + table->column_count, sizeof(*table->cells)) ||
        !grow((void **)&table->lines, &room->lines, table->row_count + 1u, sizeof(*table->lines))) {
        return -ENOMEM;
    }
    if (room->ragged && !grow((void **)&table->fields, &room->fields, table->row_count + 1u, sizeof(*table->fields))) {
        return -ENOMEM;
    }
    for (uint32_t i = 0; i < table->column_count; i++) { /* the empty texts of a short row are the end of its last field */
        table->cells[count + i] = i < row->count ? keep_text(room, row->fields[i]) : room->out - 1;
    }
    keep_surplus(table, room, row);
    if (room->ragged) {
        table->fields[table->row_count] = row->count;
    }
    table->lines[table->row_count++] = row->line;
    return 0;
}

static int keep_header(struct table *table, struct room *room, const struct sheet *sheet)
{
    table->columns = calloc(sheet->column_count + 1u, sizeof(*table->columns));
    if (table->columns == NULL) {
        return -ENOMEM;
    }
    table->column_count = sheet->column_count;
    for (uint32_t i = 0; i < table->column_count; i++) {
        table->columns[i] = keep_text(room, sheet->columns[i]);
    }
    return 0;
}

static int read_rows(struct table *table, struct sheet *sheet, bool ragged, struct faults *faults)
{
    struct room room = {.out = table->bytes, .ragged = ragged};
    struct sheet_row row;
    int rc = keep_header(table, &room, sheet);
    while (rc == 0 && (rc = sheet_next(sheet, &row)) == 1) {
        rc = 0;
        if (ragged || row.count == table->column_count) {
            rc = keep_row(table, &room, &row);
        } else {
            faults_add(
                faults, table->file, row.line, 0,
                "this row has %u fields, the header has %u; write one field a column, and quotes around a field with a comma",
                row.count, table->column_count);
        }
    }
    return rc;
}

static int parse(const char *file, const void *data, size_t size, bool ragged, struct faults *faults, struct table **ret)
{
    uint32_t before = faults_total(faults);
    struct sheet *sheet = NULL;
    int rc = sheet_of_bytes(file, data, size, faults, &sheet);
    if (rc < 0) {
        return rc;
    }
    struct table *table = calloc(1, sizeof(*table));
    if (table != NULL) {
        table->file = strdup(file);
        table->bytes = malloc(size * 2 + 2); /* each field gains an end, at least one byte of input stands for each field */
    }
    rc = table != NULL && table->file != NULL && table->bytes != NULL ? read_rows(table, sheet, ragged, faults) : -ENOMEM;
    sheet_free(sheet);
    if (rc == 0 && faults_total(faults) > before) {
        rc = -EINVAL;
    }
    if (rc < 0) {
        table_free(table);
    } else {
        *ret = table;
    }
    return rc;
}

int table_parse(const char *file, const void *data, size_t size, struct faults *faults, struct table **ret)
{
    return parse(file, data, size, false, faults, ret);
}

int table_parse_ragged(const char *file, const void *data, size_t size, struct faults *faults, struct table **ret)
{
    return parse(file, data, size, true, faults, ret);
}

int table_load(const char *folder, const char *file, struct faults *faults, struct table **ret)
{
    char *data = NULL;
    size_t size = 0;
    int rc = file_read(folder, file, faults, &data, &size);
    if (rc < 0) {
        return rc;
    }
    rc = table_parse(file, data, size, faults, ret);
    free(data);
    return rc;
}

void table_trim(struct table *table)
{
    size_t count = (size_t)table->row_count * table->column_count;
    for (size_t i = 0; i < count; i++) {
        table->cells[i] = blank_trim_string(table->cells[i]);
    }
}

int table_columns(const struct table *table, const char *const *names, uint32_t count, uint32_t required, struct faults *faults,
                  int32_t *ret)
{
    char known[256];
    size_t size = 0;
    for (uint32_t i = 0; i < count && size < sizeof(known); i++) {
        size += (size_t)snprintf(known + size, sizeof(known) - size, "%s%s", i ? "," : "", names[i]);
    }
    int rc = 0;
    for (uint32_t i = 0; i < count; i++) {
        ret[i] = table_column(table, names[i]);
        if (ret[i] < 0 && i < required) {
            faults_add(faults, table->file, 1, 0, "column `%s` is missing; write the header %s", names[i], known);
            rc = -EINVAL;
        }
    }
    for (uint32_t k = 0; k < table->column_count; k++) {
        uint32_t i = 0;
        while (i < count && strcmp(table->columns[k], names[i]) != 0) {
            i++;
        }
        if (i == count) {
            faults_add(faults, table->file, 1, k + 1, "unknown column `%s`; write the header %s", table->columns[k], known);
            rc = -EINVAL;
        }
    }
    return rc;
}

void table_fault(const struct table *table, struct faults *faults, uint32_t row, int32_t column, const char *format, ...)
{
    char text[sizeof((struct fault *)NULL)->text];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), _(format), args);
    va_end(args);
    faults_add(faults, table->file, table->lines[row], (uint32_t)(column + 1), "%s", text);
}

struct table *table_free(struct table *table)
{
    if (table == NULL) {
        return NULL;
    }
    free(table->file);
    free(table->columns);
    free(table->cells);
    free(table->lines);
    free(table->fields);
    free(table->bytes);
    free(table);
    return NULL;
}

int32_t table_column(const struct table *table, const char *name)
{
    for (uint32_t i = 0; i < table->column_count; i++) {
        if (strcmp(table->columns[i], name) == 0) {
            return (int32_t)i;
        }
    }
    return -1;
}

const char *table_cell(const struct table *table, uint32_t row, int32_t column)
{
    assert(row < table->row_count && column < (int32_t)table->column_count);
    return column < 0 ? "" : table->cells[(size_t)row * table->column_count + (size_t)column];
}
