/*
 * rejects.h - rows of a file that were not taken: kept, told, and written as a file that can be corrected and sent again
 *
 * The file has every rejected row as it stood, and behind it the columns line (of the file that was read), code, field and
 * what_to_do, which are passed over when the corrected file is read. One thread.
 */
#ifndef HUYING_CLIENTS_REJECTS_H
#define HUYING_CLIENTS_REJECTS_H

#include "clients/spill.h"
#include "config/sheet.h"
#include "proto/shape.h"

#include <stdbool.h>

/* Why a row was not taken. Texts are borrowed until the next one is kept. */
struct reject {
    const char *code;  /* a refusal's */
    const char *field; /* may be empty */
    const char *what_to_do;
};

/* Their texts, one behind the other. An empty struct is one without rejects. */
struct rejects {
    struct spill room;
    uint64_t size;
    uint32_t count;
};

/* A row that was not taken. */
struct rejected_row {
    uint64_t offset;
    uint32_t line;
    uint64_t place; /* among the rejects */
};

/* Gives the next row that was not taken, in the order of the file, from *cursor on (which begins at 0). False: no row is left. */
typedef bool rejects_next(const void *arg, uint32_t *cursor, struct rejected_row *ret);

/* Keeps the texts of one; *ret_place finds them again. Returns 0 or a negative errno. */
int rejects_keep(struct rejects *rejects, struct text code, struct text field, const char *what_to_do, uint64_t *ret_place);

struct reject rejects_at(const struct rejects *rejects, uint64_t place);

void rejects_deinit(struct rejects *rejects);

/* Columns of a file without those that a rejects file added. */
uint32_t rejects_own_count(const struct sheet *sheet);

/* Names of the columns that a rejects file adds: `line`, `code`, `field`, `what_to_do`, with `reject_` before each where the file
 * has a column of such a name itself. */
#define REJECTS_ADDED_COUNT 4
void rejects_added(const struct sheet *sheet, uint32_t own_count, char ret[REJECTS_ADDED_COUNT][24]);

/* Is this the file that is read? Then it must not be written. */
bool rejects_is_source(const char *path, const char *source);

/* Writes the file anew, whole or not at all; only its header when nothing was rejected. Returns 0; -ESTALE: the file that was read
 * has changed; another negative errno. */
int rejects_write(const char *path, struct sheet *sheet, const struct rejects *rejects, rejects_next *next, const void *arg);

/* Lists them on standard output: equal causes once with their number, 20 at most, and where they are or could be. `sent_by` is the
 * verb. */
void rejects_tell(const struct rejects *rejects, rejects_next *next, const void *arg, const char *file, const char *sent_by);

/* Prints `"rejects":[{line, code, field, what_to_do}, ...]`, one by one. */
void rejects_print_json(const struct rejects *rejects, rejects_next *next, const void *arg);

#endif
