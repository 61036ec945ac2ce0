/*
 * sheet.c - a CSV file row by row
 */
#include "config/sheet.h"

#include "config/file.h"
#include "proto/blank.h"

#include <csv.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <utf8proc.h>

#define BLOCK_SIZE (256U << 10)
#define BAD_LINES_MAX 10 /* of bytes that are no text, before the rest of the file is not looked at */

enum line_end { END_NONE, END_LF, END_CRLF, END_CR };
static const char *const end_names[] = {"", "LF", "CRLF", "CR"};

struct sheet_inner {
    struct faults *faults;
    int fd;               /* -1: all of it is in `at` */
    unsigned char *block; /* of a file */
    const unsigned char *at;
    size_t position, filled; /* in `at` */
    uint64_t base;           /* of at[0] in the file */
    struct csv_parser parser;
    bool parser_ready;
    enum line_end end; /* of every line, once one was seen */
    uint32_t line;     /* of the byte that is read next */
    uint32_t field_line;
    bool in_row, in_quotes, row_done;
    uint64_t row_offset;
    uint32_t row_line, count;
    char *bytes; /* of the row's fields */
    size_t bytes_size, bytes_capacity;
    size_t *starts;
    char **fields;
    size_t fields_capacity;
    uint32_t bad_lines, bad_line;
    int error;
};

/* ---- the parser's callbacks ---- */

static bool grow(void **at, size_t *capacity, size_t need, size_t item_size)
{
    size_t bigger = *capacity ? *capacity : 256;
    while (bigger < need) {
        bigger *= 2;
    }
    if (bigger == *capacity) {
        return true;
    }
    void *grown = realloc(*at, bigger * item_size);
    if (grown == NULL) {
        return false;
    }
    *at = grown;
    *capacity = bigger;
    return true;
}

/* Says where a field is not text; one fault a line. */
static void check_text(struct sheet *sheet, const unsigned char *at, size_t size)
{
    struct sheet_inner *inner = sheet->inner;
    uint32_t line = inner->field_line;
    for (size_t i = 0; i < size;) {
        utf8proc_int32_t point = at[i];
        utf8proc_ssize_t length = at[i] < 0x80 ? 1 : utf8proc_iterate(at + i, (utf8proc_ssize_t)(size - i), &point);
        if ((length <= 0 || point == 0) && inner->bad_line != line && inner->bad_lines < BAD_LINES_MAX) {
            inner->bad_line = line;
            inner->bad_lines++;
            faults_add(inner->faults, sheet->file, line, inner->count + 1,
                       length <= 0 ? "byte 0x%02x is not UTF-8; save the file as UTF-8" : "byte 0x%02x is not text; take it out",
                       at[i]);
        }
        if (at[i] == '\n' || (at[i] == '\r' && (i + 1 == size || at[i + 1] != '\n'))) {
            line++;
        }
        i += length <= 0 ? 1 : (size_t)length;
    }
}

static void on_field(void *data, size_t size, void *context)
{
    struct sheet *sheet = context;
    struct sheet_inner *inner = sheet->inner;
    size_t capacity = inner->fields_capacity;
    if (inner->error < 0) {
        return;
    }
    if (!grow((void **)&inner->bytes, &inner->bytes_capacity, inner->bytes_size + size + 1, 1) ||
        !grow((void **)&inner->starts, &capacity, inner->count + 1U, sizeof(*inner->starts)) ||
        !grow((void **)&inner->fields, &inner->fields_capacity, inner->count + 1U, sizeof(*inner->fields))) {
        inner->error = -ENOMEM;
        return;
    }
    check_text(sheet, data, size);
    if (size > 0) {
        memcpy(inner->bytes + inner->bytes_size, data, size);
    }
    inner->bytes[inner->bytes_size + size] = '\0';
    inner->starts[inner->count++] = inner->bytes_size;
    inner->bytes_size += size + 1;
    inner->field_line = inner->line;
}

static void on_row(int end, void *context)
{
    struct sheet *sheet = context;
    (void)end;
    sheet->inner->row_done = true;
}

/* Blanks are part of a field; who reads a column decides. (NULL would mean the parser's own idea: they are taken off.) */
static int no_blank(unsigned char c)
{
    (void)c;
    return 0;
}

/* ---- bytes ---- */

/* Is there a byte at the position? Reads on where the block ends. */
static bool have_byte(struct sheet_inner *inner)
{
    if (inner->position < inner->filled) {
        return true;
    }
    if (inner->fd < 0 || inner->error < 0) {
        return false;
    }
    ssize_t got;
    inner->base += inner->filled;
    inner->position = inner->filled = 0;
    do {
        got = pread(inner->fd, inner->block, BLOCK_SIZE, (off_t)inner->base);
    } while (got < 0 && errno == EINTR);
    if (got < 0) {
        inner->error = -errno;
    }
    inner->filled = got < 0 ? 0 : (size_t)got;
    return inner->filled > 0;
}

static int broken(struct sheet *sheet)
{
    struct sheet_inner *inner = sheet->inner;
    if (csv_error(&inner->parser) != CSV_EPARSE) {
        return -ENOMEM;
    }
    faults_add(inner->faults, sheet->file, inner->in_row ? inner->row_line : inner->line, inner->count + 1,
               "broken quotes; put a field with a quote in quotes and double the quotes inside it, as \"a \"\"b\"\" c\"");
    return -EINVAL;
}

static int feed(struct sheet *sheet, size_t size)
{
    struct sheet_inner *inner = sheet->inner;
    if (csv_parse(&inner->parser, inner->at + inner->position, size, on_field, on_row, sheet) != size) {
        return broken(sheet);
    }
    inner->position += size;
    return inner->error;
}

/* A line end: is it one of those that the file's lines have? */
static int end_line(struct sheet *sheet)
{
    struct sheet_inner *inner = sheet->inner;
    enum line_end end = inner->at[inner->position] == '\n' ? END_LF : END_CR;
    int rc = feed(sheet, 1);
    if (rc == 0 && end == END_CR && have_byte(inner) && inner->at[inner->position] == '\n') {
        end = END_CRLF;
        rc = feed(sheet, 1);
    }
    uint32_t line = inner->line++;
    if (rc < 0 || inner->in_quotes) {
        return rc;
    }
    inner->field_line = inner->line;
    if (inner->end == END_NONE) {
        inner->end = end;
    }
    if (inner->end == end) {
        return inner->error;
    }
    faults_add(
        inner->faults, sheet->file, line, inner->count > 0 ? inner->count : 1,
        "here a line ends in %s, and those before it end in %s: it may be a text that is cut in two; put quotes around a field "
        "with a line end in it, or save the file with one kind of line end",
        end_names[end], end_names[inner->end]);
    return -EINVAL;
}

/* Up to the next byte that means more than itself. */
static size_t plain_size(const struct sheet_inner *inner)
{
    size_t at = inner->position;
    while (at < inner->filled && inner->at[at] != '\n' && inner->at[at] != '\r' && inner->at[at] != '"') {
        at++;
    }
    return at - inner->position;
}

static int read_some(struct sheet *sheet)
{
    struct sheet_inner *inner = sheet->inner;
    unsigned char c = inner->at[inner->position];
    if (!inner->in_row && c != '\n' && c != '\r') {
        inner->in_row = true;
        inner->row_offset = inner->base + inner->position;
        inner->row_line = inner->field_line = inner->line;
    }
    if (inner->in_row && inner->base + inner->position - inner->row_offset > SHEET_ROW_MAX) {
        faults_add(inner->faults, sheet->file, inner->row_line, inner->count + 1,
                   "this row has more than %u bytes; look for a quote that is not closed", SHEET_ROW_MAX);
        return -EINVAL;
    }
    if (c == '\n' || c == '\r') {
        return end_line(sheet);
    }
    if (c != '"') {
        return feed(sheet, plain_size(inner));
    }
    inner->in_quotes = !inner->in_quotes;
    return feed(sheet, 1);
}

/* ---- rows ---- */

int sheet_next(struct sheet *sheet, struct sheet_row *ret)
{
    struct sheet_inner *inner = sheet->inner;
    int rc = 0;
    inner->count = 0;
    inner->bytes_size = 0;
    inner->row_done = inner->in_row = false;
    while (rc == 0 && !inner->row_done && have_byte(inner)) {
        rc = read_some(sheet);
    }
    rc = rc == 0 ? inner->error : rc;
    if (rc == 0 && !inner->row_done && csv_fini(&inner->parser, on_field, on_row, sheet) != 0) {
        rc = broken(sheet);
    }
    rc = rc == 0 ? inner->error : rc;
    if (rc == 0 && ((!inner->row_done && inner->bad_lines > 0) || inner->bad_lines >= BAD_LINES_MAX)) {
        rc = -EINVAL;
    }
    sheet->offset = inner->base + inner->position;
    if (rc < 0 || !inner->row_done) {
        return rc;
    }
    for (uint32_t i = 0; i < inner->count; i++) {
        inner->fields[i] = inner->bytes + inner->starts[i];
    }
    *ret = (struct sheet_row){.offset = inner->row_offset, .line = inner->row_line, .count = inner->count, .fields = inner->fields};
    return 1;
}

int sheet_again(struct sheet *sheet, uint64_t offset, uint32_t line, struct sheet_row *ret)
{
    struct sheet_inner *inner = sheet->inner;
    if (offset >= inner->base && offset - inner->base <= inner->filled) {
        inner->position = (size_t)(offset - inner->base);
    } else {
        inner->base = offset;
        inner->position = inner->filled = 0;
    }
    inner->line = line;
    inner->in_quotes = false;
    return sheet_next(sheet, ret);
}

int32_t sheet_column(const struct sheet *sheet, const char *name)
{
    for (uint32_t i = 0; i < sheet->column_count; i++) {
        if (strcmp(sheet->columns[i], name) == 0) {
            return (int32_t)i;
        }
    }
    return -1;
}

/* ---- opening ---- */

static int read_mark(struct sheet *sheet)
{
    struct sheet_inner *inner = sheet->inner;
    have_byte(inner);
    const unsigned char *at = inner->at;
    if (inner->filled >= 2 && ((at[0] == 0xff && at[1] == 0xfe) || (at[0] == 0xfe && at[1] == 0xff))) {
        faults_add(inner->faults, sheet->file, 1, 1, "the file is UTF-16; save it as UTF-8");
        return -EINVAL;
    }
    sheet->marked = inner->filled >= 3 && memcmp(at, "\xef\xbb\xbf", 3) == 0;
    inner->position = sheet->marked ? 3 : 0;
    return inner->error;
}

/* Names, without the blanks around them that nobody sees. */
static int take_header(struct sheet *sheet, const struct sheet_row *row)
{
    struct faults *faults = sheet->inner->faults;
    if (row->count > SHEET_COLUMNS_MAX) {
        faults_add(faults, sheet->file, row->line, 0, "the header has %u columns; at most %d are read", row->count,
                   SHEET_COLUMNS_MAX);
        return -EINVAL;
    }
    if (row->count == 1 && (strchr(row->fields[0], ';') != NULL || strchr(row->fields[0], '\t') != NULL)) {
        faults_add(faults, sheet->file, row->line, 1,
                   "the columns stand between %s; save the file with commas between them (\"CSV UTF-8\")",
                   strchr(row->fields[0], ';') != NULL ? "semicolons" : "tabs");
        return -EINVAL;
    }
    sheet->columns = calloc(row->count + 1U, sizeof(*sheet->columns));
    if (sheet->columns == NULL) {
        return -ENOMEM;
    }
    for (uint32_t i = 0; i < row->count; i++) {
        sheet->columns[i] = strdup(blank_trim_string(row->fields[i]));
        if (sheet->columns[i] == NULL) {
            return -ENOMEM;
        }
        sheet->column_count++;
        for (uint32_t k = 0; k < i; k++) {
            if (strcmp(sheet->columns[i], sheet->columns[k]) == 0) {
                faults_add(faults, sheet->file, row->line, i + 1, "column `%s` is there twice; keep one", sheet->columns[i]);
            }
        }
    }
    return 0;
}

static int begin(struct sheet *sheet)
{
    struct sheet_inner *inner = sheet->inner;
    struct sheet_row row = {0};
    if (csv_init(&inner->parser, CSV_STRICT | CSV_STRICT_FINI) != 0) {
        return -ENOMEM;
    }
    inner->parser_ready = true;
    csv_set_space_func(&inner->parser, no_blank);
    inner->line = 1;
    int rc = read_mark(sheet);
    if (rc == 0) {
        rc = sheet_next(sheet, &row);
    }
    if (rc == 0) {
        faults_add(inner->faults, sheet->file, 1, 0, "the file is empty; its first row names the columns");
        rc = -EINVAL;
    }
    return rc < 0 ? rc : take_header(sheet, &row);
}

static int make(const char *file, struct faults *faults, struct sheet **ret)
{
    struct sheet *sheet = calloc(1, sizeof(*sheet));
    if (sheet != NULL) {
        sheet->file = strdup(file);
        sheet->inner = calloc(1, sizeof(*sheet->inner));
    }
    if (sheet == NULL || sheet->file == NULL || sheet->inner == NULL) {
        sheet_free(sheet);
        return -ENOMEM;
    }
    sheet->inner->faults = faults;
    sheet->inner->fd = -1;
    *ret = sheet;
    return 0;
}

int sheet_open(const char *path, struct faults *faults, struct sheet **ret)
{
    struct sheet *sheet = NULL;
    int rc = make(path, faults, &sheet);
    if (rc < 0) {
        return rc;
    }
    sheet->inner->block = malloc(BLOCK_SIZE);
    sheet->inner->at = sheet->inner->block;
    rc = sheet->inner->block != NULL ? file_open(path, faults, &sheet->inner->fd, &sheet->size) : -ENOMEM;
    if (rc == 0) {
        rc = begin(sheet);
    }
    if (rc < 0) {
        sheet_free(sheet);
    } else {
        *ret = sheet;
    }
    return rc;
}

int sheet_of_bytes(const char *file, const void *data, size_t size, struct faults *faults, struct sheet **ret)
{
    struct sheet *sheet = NULL;
    int rc = make(file, faults, &sheet);
    if (rc < 0) {
        return rc;
    }
    sheet->inner->at = data;
    sheet->inner->filled = size;
    sheet->size = size;
    rc = begin(sheet);
    if (rc < 0) {
        sheet_free(sheet);
    } else {
        *ret = sheet;
    }
    return rc;
}

struct sheet *sheet_free(struct sheet *sheet)
{
    if (sheet == NULL) {
        return NULL;
    }
    if (sheet->inner != NULL) {
        if (sheet->inner->parser_ready) {
            csv_free(&sheet->inner->parser);
        }
        if (sheet->inner->fd >= 0) {
            close(sheet->inner->fd);
        }
        free(sheet->inner->block);
        free(sheet->inner->bytes);
        free(sheet->inner->starts);
        free(sheet->inner->fields);
        free(sheet->inner);
    }
    for (uint32_t i = 0; i < sheet->column_count; i++) {
        free(sheet->columns[i]);
    }
    free(sheet->columns);
    free(sheet->file);
    free(sheet);
    return NULL;
}
