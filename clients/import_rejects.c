/*
 * import_rejects.c - the rows that were not taken, as a file that can be corrected and imported again
 */
#include "clients/import_rejects.h"

#include <csv.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool import_rejects_is_source(const char *path, const char *source)
{
    struct stat a, b;
    return stat(path, &a) == 0 && stat(source, &b) == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

const char *import_rejects_clock(bool importer)
{
    if (importer)
        return "The dispatcher's clock stands after this instant. With `at` empty the case comes in at the dispatcher's own "
               "instant.";
    return "Your key has no role importer, which rows with `at` need. Import with a key that has it; with `at` empty the case "
           "comes "
           "in at the dispatcher's own instant.";
}

static void write_field(FILE *out, const char *text, bool first)
{
    if (!first)
        fputc(',', out);
    csv_fwrite(out, text, strlen(text));
}

static void write_header(FILE *out, const struct import_plan *plan)
{
    char added[IMPORT_ADDED_COUNT][24];
    if (plan->marked)
        fputs("\xef\xbb\xbf", out);
    for (uint32_t i = 0; i < plan->own_count; i++)
        write_field(out, plan->table->columns[i], i == 0);
    import_plan_added(plan, added);
    for (int i = 0; i < IMPORT_ADDED_COUNT; i++)
        write_field(out, added[i], false);
    fputc('\n', out);
}

/* The last column of a row that was too long keeps all that stood behind it, also over the columns that a rejects file had added.
 */
static void write_last(FILE *out, const struct import_plan *plan, uint32_t row)
{
    uint32_t last = plan->own_count - 1;
    if (plan->table->fields[row] <= plan->table->column_count) {
        write_field(out, table_cell(plan->table, row, (int32_t)last), last == 0);
        return;
    }
    if (last > 0)
        fputc(',', out);
    fputc('"', out);
    for (uint32_t i = last; i < plan->table->column_count; i++) {
        if (i > last)
            fputc(',', out);
        for (const char *at = table_cell(plan->table, row, (int32_t)i); *at != '\0'; at++) {
            if (*at == '"')
                fputc('"', out);
            fputc(*at, out);
        }
    }
    fputc('"', out);
}

static void write_row(FILE *out, const struct import_plan *plan, uint32_t row)
{
    char line[16];
    const struct import_reject *reject = &plan->rejects[plan->rows[row].reject];
    for (uint32_t i = 0; i + 1 < plan->own_count; i++)
        write_field(out, table_cell(plan->table, row, (int32_t)i), i == 0);
    write_last(out, plan, row);
    snprintf(line, sizeof line, "%u", plan->table->lines[row]);
    write_field(out, line, false);
    write_field(out, reject->code, false);
    write_field(out, reject->field, false);
    write_field(out, reject->what_to_do, false);
    fputc('\n', out);
}

int import_rejects_write(const char *path, const struct import_plan *plan)
{
    char beside[PATH_MAX];
    int length = snprintf(beside, sizeof beside, "%s.new", path);
    if (length < 0 || (size_t)length >= sizeof beside)
        return -ENAMETOOLONG;
    FILE *out = fopen(beside, "we");
    if (out == NULL)
        return -errno;
    write_header(out, plan);
    for (uint32_t i = 0; i < plan->row_count; i++)
        if (plan->rows[i].state == IMPORT_REJECTED)
            write_row(out, plan, i);
    int error = fflush(out) != 0 || ferror(out) || fsync(fileno(out)) != 0 ? -errno : 0;
    if (fclose(out) != 0 && error == 0)
        error = -errno;
    if (error == 0 && rename(beside, path) != 0)
        error = -errno;
    if (error < 0)
        unlink(beside);
    return error;
}
