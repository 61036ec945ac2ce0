/*
 * table.h - a table of the district as rows of texts that know their line
 *
 * A CSV file as sheet.h reads it, the whole of it in memory (at most 64 MiB).
 */
#ifndef HUYING_CONFIG_TABLE_H
#define HUYING_CONFIG_TABLE_H

#include "config/faults.h"

#include <stddef.h>
#include <stdint.h>

struct table {
    char *file; /* name for faults */
    uint32_t column_count;
    uint32_t row_count; /* the header is not counted */
    char **columns;     /* names */
    char **cells;       /* row_count * column_count, terminated, blanks around them kept */
    uint32_t *lines;    /* by row: the line that it begins on, from 1 */
    uint32_t *fields;   /* by row, table_parse_ragged only: how many fields it really has; else NULL */
    char *bytes;
};

/* Reads bytes. `file` is the name for faults. Gives *ret (the caller frees). Ragged rows, broken quotes, NUL bytes and text that is
 * not UTF-8 are faults. Returns 0; -EINVAL: faults were added; -ENOMEM. */
int table_parse(const char *file, const void *data, size_t size, struct faults *faults, struct table **ret);

/* As table_parse, but a ragged row is not a fault: too short a row is filled up with empty texts; what a row has too many stands
 * behind commas in its last column, so that nothing of it is lost. table->fields says which rows these are. */
int table_parse_ragged(const char *file, const void *data, size_t size, struct faults *faults, struct table **ret);

/* Reads a file of a folder (NULL: `file` is a path). As table_parse; a file that cannot be read is a fault. */
int table_load(const char *folder, const char *file, struct faults *faults, struct table **ret);

/* Takes what nobody sees (proto/blank.h) off both ends of every cell. */
void table_trim(struct table *table);

/* Finds columns by name: ret[i] for names[i], -1 where there is none. Missing ones among the first `required`, and columns of the
 * file that are not in `names`, are faults. Returns 0 or -EINVAL. */
int table_columns(const struct table *table, const char *const *names, uint32_t count, uint32_t required, struct faults *faults,
                  int32_t *ret);

/* Adds a fault at a cell; column -1: at the row. */
void table_fault(const struct table *table, struct faults *faults, uint32_t row, int32_t column, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

struct table *table_free(struct table *table);

/* Index of a column, or -1. */
int32_t table_column(const struct table *table, const char *name);

/* Text of a cell; the empty text where column is -1. Borrowed from the table. */
const char *table_cell(const struct table *table, uint32_t row, int32_t column);

#endif
