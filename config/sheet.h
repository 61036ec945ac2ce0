/*
 * sheet.h - a CSV file row by row, of any size
 *
 * RFC 4180 read by libcsv, strict: quotes doubled inside quotes, commas and line ends inside quoted fields; a byte-order mark is
 * taken off. The first row names the columns. Blank lines are skipped. All lines end alike, in LF, CRLF or CR: a line end of
 * another kind outside quotes is part of somebody's text, which would be cut there. Memory: a block of the file and one row, at
 * most SHEET_ROW_MAX. One thread.
 */
#ifndef HUYING_CONFIG_SHEET_H
#define HUYING_CONFIG_SHEET_H

#include "config/faults.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SHEET_ROW_MAX (1U << 20) /* bytes of one row: more is a quote that nobody closed */
#define SHEET_COLUMNS_MAX 1000

struct sheet_row {
    uint64_t offset; /* of its first byte, for sheet_again */
    uint32_t line;   /* that it begins on, from 1 */
    uint32_t count;  /* fields */
    char **fields;   /* terminated, blanks around them kept; theirs until the next row is read */
};

struct sheet {
    char *file; /* name for faults */
    uint32_t column_count;
    char **columns;
    bool marked;     /* it begins with a byte-order mark */
    uint64_t size;   /* bytes of the file */
    uint64_t offset; /* bytes that have been read as rows */
    struct sheet_inner *inner;
};

/* Opens a file and reads its header. Gives *ret (the caller frees), which borrows `faults`. Returns 0; -EINVAL: `faults` says what
 * is wrong; -ENOMEM. */
int sheet_open(const char *path, struct faults *faults, struct sheet **ret);

/* The same for bytes in memory, which are borrowed. `file` is the name for faults. */
int sheet_of_bytes(const char *file, const void *data, size_t size, struct faults *faults, struct sheet **ret);

/* Reads the next row. Returns 1; 0: no row is left; -EINVAL: `faults` says what is wrong with the file (bytes that are not UTF-8
 * are told at its end, or when they are many); -ENOMEM or another negative errno. */
int sheet_next(struct sheet *sheet, struct sheet_row *ret);

/* Reads a row again by its offset and line. As sheet_next; the next row is then the one behind it. Cheap where it is near. */
int sheet_again(struct sheet *sheet, uint64_t offset, uint32_t line, struct sheet_row *ret);

/* Index of a column, or -1. */
int32_t sheet_column(const struct sheet *sheet, const char *name);

struct sheet *sheet_free(struct sheet *sheet);

#endif
