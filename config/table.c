#include "config/table.h"

#include "config/file.h"
#include "proto/i18n.h"

#include <assert.h>
#include <csv.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Columns are compared with each other, and no table here comes near it. */
#define COLUMNS_MAX 1000

/* What the parser's callbacks fill. */
struct reader {
    struct table *table;
    struct faults *faults;
    char *out; /* next free byte of table->bytes */
    size_t cell_capacity, cell_count;
    size_t row_capacity;
    uint32_t line;       /* of the byte that is being parsed */
    uint32_t row_line;   /* where the present row began; 0: between rows */
    uint32_t row_fields; /* of the present row, so far */
    bool header_done;
    bool ragged; /* rows of the wrong length are kept */
    int error;
};

static bool grow(void **at, size_t *capacity, size_t need, size_t item_size)
{
    if (need <= *capacity)
        return true;
    size_t bigger = *capacity ? *capacity * 2 : 256;
    void *grown = realloc(*at, bigger * item_size);
    if (!grown)
        return false;
    *at = grown;
    *capacity = bigger;
    return true;
}

static void on_field(void *data, size_t size, void *context)
{
    struct reader *reader = context;
    if (reader->error < 0)
        return;
    if (!grow((void **)&reader->table->cells, &reader->cell_capacity, reader->cell_count + 1, sizeof(char *))) {
        reader->error = -ENOMEM;
        return;
    }
    bool surplus = reader->ragged && reader->header_done && reader->row_fields >= reader->table->column_count;
    if (surplus)
        reader->out[-1] = ','; /* over the end of the field before */
    memcpy(reader->out, data, size);
    reader->out[size] = '\0';
    if (!surplus)
        reader->table->cells[reader->cell_count++] = reader->out;
    reader->out += size + 1;
    reader->row_fields++;
}

/* Fills up a short row. The empty texts that it gains are the end of its last field. */
static void fill_up(struct reader *reader)
{
    for (uint32_t i = reader->row_fields; i < reader->table->column_count && reader->error == 0; i++) {
        if (grow((void **)&reader->table->cells, &reader->cell_capacity, reader->cell_count + 1, sizeof(char *)))
            reader->table->cells[reader->cell_count++] = reader->out - 1;
        else
            reader->error = -ENOMEM;
    }
}

static void keep_row(struct reader *reader)
{
    struct table *table = reader->table;
    size_t capacity = reader->row_capacity;
    if (reader->ragged)
        fill_up(reader);
    if (!grow((void **)&table->lines, &reader->row_capacity, table->row_count + 1u, sizeof *table->lines))
        reader->error = -ENOMEM;
    if (reader->ragged && reader->error == 0 &&
        !grow((void **)&table->fields, &capacity, table->row_count + 1u, sizeof *table->fields))
        reader->error = -ENOMEM;
    if (reader->error < 0)
        return;
    if (reader->ragged)
        table->fields[table->row_count] = reader->row_fields;
    table->lines[table->row_count++] = reader->row_line;
}

static void take_header(struct reader *reader)
{
    struct table *table = reader->table;
    if (reader->row_fields > COLUMNS_MAX) {
        faults_add(reader->faults, table->file, reader->row_line, 0, "the header has %u columns; at most %d are read",
                   reader->row_fields, COLUMNS_MAX);
        reader->error = -EINVAL;
        return;
    }
    table->columns = calloc(reader->row_fields + 1, sizeof *table->columns);
    if (!table->columns) {
        reader->error = -ENOMEM;
        return;
    }
    table->column_count = reader->row_fields;
    memcpy(table->columns, table->cells, reader->row_fields * sizeof *table->columns);
    const char *only = table->column_count == 1 ? table->columns[0] : "";
    if (strchr(only, ';') || strchr(only, '\t')) {
        faults_add(reader->faults, table->file, reader->row_line, 1,
                   "the columns stand between %s; save the file with commas between them (\"CSV UTF-8\")",
                   strchr(only, ';') ? "semicolons" : "tabs");
        reader->error = -EINVAL;
        return;
    }
    for (uint32_t i = 0; i < table->column_count; i++)
        for (uint32_t k = 0; k < i; k++)
            if (strcmp(table->columns[i], table->columns[k]) == 0)
                faults_add(reader->faults, table->file, reader->row_line, i + 1, "column `%s` is there twice; keep one",
                           table->columns[i]);
    reader->cell_count = 0;
    reader->header_done = true;
}

static void on_row(int end, void *context)
{
    (void)end;
    struct reader *reader = context;
    struct table *table = reader->table;
    if (reader->error == 0 && !reader->header_done) {
        take_header(reader);
    } else if (reader->error == 0 && !reader->ragged && reader->row_fields != table->column_count) {
        faults_add(reader->faults, table->file, reader->row_line, 0,
                   "this row has %u fields, the header has %u; write one field a column, and quotes around a field with a comma",
                   reader->row_fields, table->column_count);
        reader->cell_count -= reader->row_fields;
    } else if (reader->error == 0) {
        keep_row(reader);
    }
    reader->row_fields = 0;
    reader->row_line = 0;
}

/* Blanks are part of a field; who reads a column decides. (NULL would mean the parser's own idea: they are taken off.) */
static int no_blank(unsigned char c)
{
    (void)c;
    return 0;
}

/* Feeds single bytes, so that at each callback the line is known. */
static int parse(struct reader *reader, const unsigned char *at, size_t size)
{
    struct csv_parser parser;
    if (csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI) != 0)
        return -ENOMEM;
    csv_set_space_func(&parser, no_blank);
    bool failed = false;
    for (size_t i = 0; i < size && !failed && reader->error == 0; i++) {
        if (reader->row_line == 0 && at[i] != '\n' && at[i] != '\r')
            reader->row_line = reader->line;
        failed = csv_parse(&parser, at + i, 1, on_field, on_row, reader) != 1;
        /* A carriage return alone ends a line too: old spreadsheets write that. */
        if (!failed && (at[i] == '\n' || (at[i] == '\r' && (i + 1 == size || at[i + 1] != '\n'))))
            reader->line++;
    }
    if (!failed && reader->error == 0 && csv_fini(&parser, on_field, on_row, reader) != 0)
        failed = true;
    int r = reader->error;
    if (failed && r == 0 && csv_error(&parser) != CSV_EPARSE)
        r = -ENOMEM;
    else if (failed && r == 0)
        faults_add(reader->faults, reader->table->file, reader->row_line ? reader->row_line : reader->line, reader->row_fields + 1,
                   "broken quotes; put a field with a quote in quotes and double the quotes inside it, as \"a \"\"b\"\" c\"");
    csv_free(&parser);
    return r;
}

static int read_table(const char *file, const void *data, size_t size, bool ragged, struct faults *faults, struct table **ret)
{
    const unsigned char *at = data;
    if (size >= 3 && memcmp(at, "\xef\xbb\xbf", 3) == 0) {
        at += 3;
        size -= 3;
    }
    uint32_t before = faults_total(faults);
    if (!file_check_text(file, at, size, true, faults))
        return -EINVAL;
    struct table *table = calloc(1, sizeof *table);
    if (!table)
        return -ENOMEM;
    table->file = strdup(file);
    table->bytes = malloc(size * 2 + 2); /* each field gains an end, at least one byte of input stands for each field */
    int r = -ENOMEM;
    struct reader reader = {.table = table, .faults = faults, .out = table->bytes, .line = 1, .ragged = ragged};
    if (table->file && table->bytes)
        r = parse(&reader, at, size);
    if (r == 0 && !reader.header_done && faults_total(faults) == before)
        faults_add(faults, file, 1, 0, "the file is empty; its first row names the columns");
    if (r == 0 && faults_total(faults) > before)
        r = -EINVAL;
    if (r < 0) {
        table_free(table);
        return r;
    }
    *ret = table;
    return 0;
}

int table_parse(const char *file, const void *data, size_t size, struct faults *faults, struct table **ret)
{
    return read_table(file, data, size, false, faults, ret);
}

int table_parse_ragged(const char *file, const void *data, size_t size, struct faults *faults, struct table **ret)
{
    return read_table(file, data, size, true, faults, ret);
}

int table_load(const char *folder, const char *file, struct faults *faults, struct table **ret)
{
    char *data = NULL;
    size_t size = 0;
    int r = file_read(folder, file, faults, &data, &size);
    if (r < 0)
        return r;
    r = table_parse(file, data, size, faults, ret);
    free(data);
    return r;
}

void table_trim(struct table *table)
{
    size_t count = (size_t)table->row_count * table->column_count;
    for (size_t i = 0; i < count; i++) {
        char *cell = table->cells[i];
        cell += strspn(cell, " \t\r\n");
        size_t size = strlen(cell);
        while (size > 0 && strchr(" \t\r\n", cell[size - 1]))
            size--;
        cell[size] = '\0';
        table->cells[i] = cell;
    }
}

int table_columns(const struct table *table, const char *const *names, uint32_t count, uint32_t required, struct faults *faults,
                  int32_t *ret)
{
    char known[256];
    size_t size = 0;
    for (uint32_t i = 0; i < count && size < sizeof known; i++)
        size += (size_t)snprintf(known + size, sizeof known - size, "%s%s", i ? "," : "", names[i]);
    int r = 0;
    for (uint32_t i = 0; i < count; i++) {
        ret[i] = table_column(table, names[i]);
        if (ret[i] < 0 && i < required) {
            faults_add(faults, table->file, 1, 0, "column `%s` is missing; write the header %s", names[i], known);
            r = -EINVAL;
        }
    }
    for (uint32_t k = 0; k < table->column_count; k++) {
        uint32_t i = 0;
        while (i < count && strcmp(table->columns[k], names[i]) != 0)
            i++;
        if (i == count) {
            faults_add(faults, table->file, 1, k + 1, "unknown column `%s`; write the header %s", table->columns[k], known);
            r = -EINVAL;
        }
    }
    return r;
}

void table_fault(const struct table *table, struct faults *faults, uint32_t row, int32_t column, const char *format, ...)
{
    char text[sizeof((struct fault *)NULL)->text];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, _(format), args);
    va_end(args);
    faults_add(faults, table->file, table->lines[row], (uint32_t)(column + 1), "%s", text);
}

struct table *table_free(struct table *table)
{
    if (!table)
        return NULL;
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
    for (uint32_t i = 0; i < table->column_count; i++)
        if (strcmp(table->columns[i], name) == 0)
            return (int32_t)i;
    return -1;
}

const char *table_cell(const struct table *table, uint32_t row, int32_t column)
{
    assert(row < table->row_count && column < (int32_t)table->column_count);
    return column < 0 ? "" : table->cells[(size_t)row * table->column_count + (size_t)column];
}
