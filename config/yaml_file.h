/*
 * yaml_file.h - a YAML file as a struct, and the place of each of its values
 *
 * base/yaml_tree.h reads the file and keeps the place of each value; libcyaml reads it against a schema and says the first fault of
 * the shape (a key that is not known, twice there, missing, a list where a value is due). Every scalar is read as text: numbers,
 * spans and switches are the caller's second pass, which reports all it finds, with their places.
 */
#ifndef HUYING_CONFIG_YAML_FILE_H
#define HUYING_CONFIG_YAML_FILE_H

#include "base/yaml_tree.h"
#include "config/faults.h"

#include <cyaml/cyaml.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Read-only after yaml_parse. */
struct yaml {
    struct yaml_tree tree;
    void *data; /* the struct */
    const cyaml_schema_value_t *schema;
};

/* Reads bytes. `schema` is borrowed for the life of *ret. Returns 0; -EINVAL: one fault was added; -ENOMEM.
 * An empty file is a fault. */
int yaml_parse(const char *file, const void *at, size_t size, const cyaml_schema_value_t *schema, struct faults *faults,
               struct yaml *ret);

/* Frees what yaml_parse made; not the struct yaml itself. */
void yaml_deinit(struct yaml *yaml);

/* Is this a key without a value? */
bool yaml_empty(const struct yaml_tree_node *node);

/* Adds a fault for each key without a value. */
void yaml_refuse_empty(const struct yaml *yaml, struct faults *faults);

/* Adds a fault at a path. */
void yaml_fault(const struct yaml *yaml, struct faults *faults, const char *path, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

#endif
