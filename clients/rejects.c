/*
 * rejects.c - rows of a file that were not taken
 */
#include "clients/rejects.h"
#include "base/i18n.h"

#include <csv.h>
#include <errno.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LISTED_MAX 20

static const char *const added_names[REJECTS_ADDED_COUNT] = {"line", "code", "field", "what_to_do"};

/* ---- texts ---- */

static int keep_text(struct rejects *rejects, struct text text)
{
    int rc = spill_grow(&rejects->room, rejects->size + text.size + 1U);
    if (rc < 0) {
        return rc;
    }
    char *at = (char *)rejects->room.at + rejects->size;
    if (text.size > 0) {
        memcpy(at, text.at, text.size);
    }
    at[text.size] = '\0';
    rejects->size += text.size + 1U;
    return 0;
}

int rejects_keep(struct rejects *rejects, struct text code, struct text field, const char *what_to_do, uint64_t *ret_place)
{
    uint64_t place = rejects->size;
    int rc = keep_text(rejects, code);
    if (rc == 0) {
        rc = keep_text(rejects, field);
    }
    if (rc == 0) {
        rc = keep_text(rejects, text_of(what_to_do));
    }
    if (rc < 0) {
        return rc;
    }
    rejects->count++;
    *ret_place = place;
    return 0;
}

struct reject rejects_at(const struct rejects *rejects, uint64_t place)
{
    struct reject reject = {.code = (const char *)rejects->room.at + place};
    reject.field = reject.code + strlen(reject.code) + 1;
    reject.what_to_do = reject.field + strlen(reject.field) + 1;
    return reject;
}

void rejects_deinit(struct rejects *rejects)
{
    spill_deinit(&rejects->room);
    *rejects = (struct rejects){0};
}

/* ---- columns ---- */

uint32_t rejects_own_count(const struct sheet *sheet)
{
    if (sheet->column_count <= REJECTS_ADDED_COUNT) {
        return sheet->column_count;
    }
    uint32_t own = sheet->column_count - REJECTS_ADDED_COUNT;
    for (uint32_t i = 0; i < REJECTS_ADDED_COUNT; i++) {
        const char *name = sheet->columns[own + i];
        if (strncmp(name, "reject_", 7) == 0) {
            name += 7;
        }
        if (strcmp(name, added_names[i]) != 0) {
            return sheet->column_count;
        }
    }
    return own;
}

void rejects_added(const struct sheet *sheet, uint32_t own_count, char ret[REJECTS_ADDED_COUNT][24])
{
    bool taken = false;
    for (uint32_t i = 0; i < own_count; i++) {
        for (int k = 0; k < REJECTS_ADDED_COUNT; k++) {
            taken = taken || strcmp(sheet->columns[i], added_names[k]) == 0;
        }
    }
    for (int k = 0; k < REJECTS_ADDED_COUNT; k++) {
        snprintf(ret[k], 24, "%s%s", taken ? "reject_" : "", added_names[k]);
    }
}

/* ---- the file ---- */

bool rejects_is_source(const char *path, const char *source)
{
    struct stat a, b;
    return stat(path, &a) == 0 && stat(source, &b) == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

static void write_field(FILE *out, const char *text, bool first)
{
    if (!first) {
        fputc(',', out);
    }
    csv_fwrite(out, text, strlen(text));
}

static void write_header(FILE *out, const struct sheet *sheet, uint32_t own_count)
{
    char added[REJECTS_ADDED_COUNT][24];
    if (sheet->marked) {
        fputs("\xef\xbb\xbf", out);
    }
    for (uint32_t i = 0; i < own_count; i++) {
        write_field(out, sheet->columns[i], i == 0);
    }
    rejects_added(sheet, own_count, added);
    for (int i = 0; i < REJECTS_ADDED_COUNT; i++) {
        write_field(out, added[i], false);
    }
    fputc('\n', out);
}

/* What a row has too many stands in its last column, so that nothing of it is lost; the columns that a rejects file had added are
 * written anew. */
static void write_cells(FILE *out, const struct sheet *sheet, uint32_t own_count, const struct sheet_row *row)
{
    uint32_t last = own_count - 1;
    for (uint32_t i = 0; i < last; i++) {
        write_field(out, i < row->count ? row->fields[i] : "", i == 0);
    }
    if (row->count <= sheet->column_count) {
        write_field(out, last < row->count ? row->fields[last] : "", last == 0);
        return;
    }
    if (last > 0) {
        fputc(',', out);
    }
    fputc('"', out);
    for (uint32_t i = last; i < row->count; i++) {
        if (i > last) {
            fputc(',', out);
        }
        for (const char *at = row->fields[i]; *at != '\0'; at++) {
            if (*at == '"') {
                fputc('"', out);
            }
            fputc(*at, out);
        }
    }
    fputc('"', out);
}

static int write_row(FILE *out, struct sheet *sheet, uint32_t own_count, const struct rejected_row *row,
                     const struct reject *reject)
{
    char line[16];
    struct sheet_row cells;
    int result = sheet_again(sheet, row->offset, row->line, &cells);
    if (result != 1) {
        return result == 0 || result == -EINVAL ? -ESTALE : result;
    }
    write_cells(out, sheet, own_count, &cells);
    snprintf(line, sizeof(line), "%u", row->line);
    write_field(out, line, false);
    write_field(out, reject->code, false);
    write_field(out, reject->field, false);
    write_field(out, reject->what_to_do, false);
    fputc('\n', out);
    return 0;
}

int rejects_write(const char *path, struct sheet *sheet, const struct rejects *rejects, rejects_next *next, const void *arg)
{
    char beside[PATH_MAX];
    struct rejected_row row;
    uint32_t own_count = rejects_own_count(sheet), cursor = 0;
    int length = snprintf(beside, sizeof(beside), "%s.new", path), rc = 0;
    if (length < 0 || (size_t)length >= sizeof(beside)) {
        return -ENAMETOOLONG;
    }
    FILE *out = fopen(beside, "we");
    if (out == NULL) {
        return -errno;
    }
    write_header(out, sheet, own_count);
    while (rc == 0 && next(arg, &cursor, &row)) {
        const struct reject reject = rejects_at(rejects, row.place);
        rc = write_row(out, sheet, own_count, &row, &reject);
    }
    if (rc == 0 && (fflush(out) != 0 || ferror(out) || fsync(fileno(out)) != 0)) {
        rc = -errno;
    }
    if (fclose(out) != 0 && rc == 0) {
        rc = -errno;
    }
    if (rc == 0 && rename(beside, path) != 0) {
        rc = -errno;
    }
    if (rc < 0) {
        unlink(beside);
    }
    return rc;
}

/* ---- told ---- */

/* Rows that were rejected for the same cause. */
struct cause {
    struct reject reject;
    uint32_t line; /* of the first */
    uint32_t count;
};

static bool same_cause(const struct reject *a, const struct reject *b)
{
    return strcmp(a->code, b->code) == 0 && strcmp(a->field, b->field) == 0 && strcmp(a->what_to_do, b->what_to_do) == 0;
}

/* Each cause once: a forgotten role is one fault, however long the file. */
static void list_causes(const struct rejects *rejects, rejects_next *next, const void *arg)
{
    struct cause causes[LISTED_MAX];
    struct rejected_row row;
    uint32_t count = 0, more = 0, cursor = 0;
    while (next(arg, &cursor, &row)) {
        const struct reject reject = rejects_at(rejects, row.place);
        uint32_t at = 0;
        while (at < count && !same_cause(&causes[at].reject, &reject)) {
            at++;
        }
        if (at < count) {
            causes[at].count++;
        } else if (count < LISTED_MAX) {
            causes[count++] = (struct cause){.reject = reject, .line = row.line, .count = 1};
        } else {
            more++;
        }
    }
    for (uint32_t i = 0; i < count; i++) {
        const struct reject *reject = &causes[i].reject;
        printf(_("  line %u"), causes[i].line);
        if (causes[i].count > 1) {
            printf(_(" and %u more"), causes[i].count - 1);
        }
        printf(", %s%s%s: %s\n", reject->code, reject->field[0] == '\0' ? "" : ", ", reject->field, reject->what_to_do);
    }
    if (more > 0) {
        printf(_("  and %u more\n"), more);
    }
}

void rejects_tell(const struct rejects *rejects, rejects_next *next, const void *arg, const char *file, const char *sent_by)
{
    if (rejects->count == 0) {
        return;
    }
    list_causes(rejects, next, arg);
    if (file != NULL) {
        printf(_("The rejected rows are in %s: correct them there and %s that file.\n"), file, sent_by);
    } else {
        printf(_("With --rejects FILE they are written out, to be corrected and sent again.\n"));
    }
}

void rejects_print_json(const struct rejects *rejects, rejects_next *next, const void *arg)
{
    struct rejected_row row;
    uint32_t cursor = 0;
    bool first = true;
    fputs("\"rejects\":[", stdout);
    while (next(arg, &cursor, &row)) {
        const struct reject reject = rejects_at(rejects, row.place);
        json_t *view = json_pack("{s:I, s:s, s:s, s:s}", "line", (json_int_t)row.line, "code", reject.code, "field", reject.field,
                                 "what_to_do", reject.what_to_do);
        fputs(first ? "" : ",", stdout);
        json_dumpf(view, stdout, JSON_COMPACT);
        json_decref(view);
        first = false;
    }
    fputs("]", stdout);
}
