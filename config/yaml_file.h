/*
 * yaml_file.h - a YAML file as a struct, and the place of each of its values
 *
 * libcyaml reads the file against a schema; it says the first fault of the shape (a key that is not known, twice there, missing, a
 * list where a value is due). Every scalar is read as text: numbers, spans and switches are the caller's second pass, which reports
 * all it finds. A walk with libyaml beside it keeps line and column of every key, so that the second pass can say them.
 */
#ifndef HUYING_CONFIG_YAML_FILE_H
#define HUYING_CONFIG_YAML_FILE_H

#include "config/faults.h"

#include <cyaml/cyaml.h>
#include <stddef.h>
#include <stdint.h>

/* Kinds of values; not libyaml's names for its nodes. */
enum yaml_kind { YAML_KIND_EMPTY, YAML_KIND_SCALAR, YAML_KIND_MAPPING, YAML_KIND_LIST };

struct yaml_mark {
    char path[96]; /* keys joined by dots; items of a list as numbers from 0 */
    enum yaml_kind kind;
    uint32_t line, column;         /* of a scalar; else of its key */
    uint32_t key_line, key_column; /* of the key; of a list's item: of itself */
};

/* Read-only after yaml_parse. */
struct yaml {
    const char *file;
    uint32_t mark_count;
    struct yaml_mark *marks;
    void *data; /* the struct */
    const cyaml_schema_value_t *schema;
};

/* Reads bytes. `file` and `schema` are borrowed for the life of *ret. Returns 0; -EINVAL: one fault was added; -ENOMEM.
 * An empty file is a fault. */
int yaml_parse(const char *file, const void *at, size_t size, const cyaml_schema_value_t *schema, struct faults *faults,
               struct yaml *ret);

/* Frees what yaml_parse made; not the struct yaml itself. */
void yaml_deinit(struct yaml *yaml);

/* Where a path stands, or NULL. */
const struct yaml_mark *yaml_mark(const struct yaml *yaml, const char *path);

/* Adds a fault at a path. */
void yaml_fault(const struct yaml *yaml, struct faults *faults, const char *path, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

#endif
