/* yaml_file.c - a YAML file as a struct, and the place of each of its values */
#include "config/yaml_file.h"

#include "base/i18n.h"
#include "config/file.h"

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* ---- what libcyaml said, in a person's words ---- */

struct heard {
    char first[160]; /* the error itself */
};

static void listen(cyaml_log_t level, void *context, const char *format, va_list args)
{
    struct heard *heard = context;
    if (level != CYAML_LOG_ERROR || heard->first[0]) {
        return;
    }
    char text[sizeof(heard->first)];
    vsnprintf(text, sizeof(text), format, args);
    text[strcspn(text, "\n")] = '\0';
    const char *begin = strncmp(text, "Load: ", 6) == 0 ? text + 6 : text;
    snprintf(heard->first, sizeof(heard->first), "%.*s", (int)sizeof(heard->first) - 1, begin);
}

/* The schema of a path, or NULL; NULL with *ret_known set to the mapping that lacks the key. */
static const cyaml_schema_value_t *schema_at(const cyaml_schema_value_t *schema, const char *path,
                                             const cyaml_schema_value_t **ret_mapping)
{
    while (*path) {
        assert(schema);
        size_t size = strcspn(path, ".");
        if (schema->type == CYAML_SEQUENCE) {
            schema = schema->sequence.entry;
        } else if (schema->type == CYAML_MAPPING) {
            const cyaml_schema_field_t *field = schema->mapping.fields;
            while (field->key != NULL && (strlen(field->key) != size || memcmp(field->key, path, size) != 0)) {
                field++;
            }
            *ret_mapping = schema;
            if (field->key == NULL) {
                return NULL;
            }
            schema = &field->value;
        } else {
            return NULL;
        }
        path += size + (path[size] == '.' ? 1 : 0);
    }
    return schema;
}

static void say_unknown(const struct yaml *yaml, struct faults *faults, const char *key)
{
    char path[YAML_TREE_PATH_SIZE];
    for (uint32_t i = 1; i < yaml->tree.count; i++) {
        const struct yaml_tree_node *node = yaml->tree.nodes[i];
        const cyaml_schema_value_t *mapping = NULL;
        if (node->key == NULL || strcmp(node->key, key) != 0 ||
            schema_at(yaml->schema, yaml_tree_path(node, path), &mapping) != NULL || mapping == NULL) {
            continue;
        }
        char known[320];
        size_t size = 0;
        for (const cyaml_schema_field_t *field = mapping->mapping.fields; field->key != NULL && size < sizeof(known); field++) {
            size += (size_t)snprintf(known + size, sizeof(known) - size, "%s%s", size ? ", " : "", field->key);
        }
        faults_add(faults, yaml->tree.file, node->key_line, node->key_column, "unknown key `%s`; known here: %s", key, known);
        return;
    }
    faults_add(faults, yaml->tree.file, 0, 0, "unknown key `%s`", key);
}

static void say_twice(const struct yaml *yaml, struct faults *faults, const char *key)
{
    for (uint32_t i = 1; i < yaml->tree.count; i++) {
        const struct yaml_tree_node *node = yaml->tree.nodes[i];
        const struct yaml_tree_node *first = node->key != NULL ? yaml_tree_get(node->parent, node->key) : node;
        if (first != node) {
            faults_add(faults, yaml->tree.file, node->key_line, node->key_column,
                       "key `%s` is there twice (first on line %u); keep one", key, first->key_line);
            return;
        }
    }
    faults_add(faults, yaml->tree.file, 0, 0, "key `%s` is there twice; keep one", key);
}

/* Where a fault of a value is shown: at the value where it is one line, else at its key. */
static void fault_at(const struct yaml *yaml, struct faults *faults, const struct yaml_tree_node *node, const char *text)
{
    bool line = node != NULL && node->text != NULL && node->text[0] != '\0';
    faults_add(faults, yaml->tree.file,
               node == NULL ? 0
               : line       ? node->line
                            : node->key_line,
               node == NULL ? 0
               : line       ? node->column
                            : node->key_column,
               "%s", text);
}

/* The first value of another kind than the schema wants. */
static bool say_kind(const struct yaml *yaml, struct faults *faults)
{
    char path[YAML_TREE_PATH_SIZE], text[sizeof((struct fault *)NULL)->text];
    for (uint32_t i = 1; i < yaml->tree.count; i++) {
        const struct yaml_tree_node *node = yaml->tree.nodes[i];
        const cyaml_schema_value_t *mapping = NULL;
        const cyaml_schema_value_t *schema = schema_at(yaml->schema, yaml_tree_path(node, path), &mapping);
        if (schema == NULL) {
            continue;
        }
        const char *wanted = NULL;
        if (schema->type == CYAML_STRING && node->kind != YAML_TREE_TEXT) {
            wanted = "one value";
        } else if (schema->type == CYAML_MAPPING && node->kind != YAML_TREE_MAP) {
            wanted = _("`key: value` lines, indented below it");
        } else if (schema->type == CYAML_SEQUENCE && node->kind != YAML_TREE_LIST) {
            wanted = _("a list, as [a, b]");
        }
        if (wanted != NULL) {
            snprintf(text, sizeof(text), _("`%s` must have %s"), path, wanted);
            fault_at(yaml, faults, node, text);
            return true;
        }
    }
    return false;
}

static void say_shape(const struct yaml *yaml, struct faults *faults, const struct heard *heard)
{
    static const char unknown[] = "Unexpected key: ", twice[] = "Mapping field already seen: ",
                      missing[] = "Missing required mapping field: ";
    if (strncmp(heard->first, unknown, sizeof(unknown) - 1) == 0) {
        say_unknown(yaml, faults, heard->first + sizeof(unknown) - 1);
    } else if (strncmp(heard->first, twice, sizeof(twice) - 1) == 0) {
        say_twice(yaml, faults, heard->first + sizeof(twice) - 1);
    } else if (strncmp(heard->first, missing, sizeof(missing) - 1) == 0) {
        faults_add(faults, yaml->tree.file, 0, 0, "key `%s` is missing; write it", heard->first + sizeof(missing) - 1);
    } else if (strncmp(heard->first, "Expecting MAPPING", 17) == 0 && yaml_tree_top(&yaml->tree)->kind == YAML_TREE_LIST) {
        faults_add(faults, yaml->tree.file, yaml_tree_top(&yaml->tree)->first->line, 0, "this is a list; write `key: value` lines");
    } else if (!say_kind(yaml, faults)) {
        faults_add(faults, yaml->tree.file, 0, 0, "not as expected: %s", heard->first);
    }
}

/* Reads the places of all values. A file in which nothing is written is a fault. */
static int read_tree(const char *file, const void *at, size_t size, struct faults *faults, struct yaml_tree *ret)
{
    struct yaml_tree_fault fault = {0};
    int rc = file_check_text(file, at, size, faults) ? 0 : -EINVAL;
    if (rc == 0) {
        rc = yaml_tree_parse(file, at, size, ret, &fault);
        if (rc == -EINVAL) {
            faults_add(faults, file, fault.line, fault.column, "%s", fault.text);
        }
    }
    if (rc == 0 && ret->count < 2) {
        faults_add(faults, file, 1, 0, "the file is empty; write `key: value` lines");
        yaml_tree_deinit(ret);
        rc = -EINVAL;
    }
    return rc;
}

int yaml_parse(const char *file, const void *at, size_t size, const cyaml_schema_value_t *schema, struct faults *faults,
               struct yaml *ret)
{
    struct yaml yaml = {.schema = schema};
    int rc = read_tree(file, at, size, faults, &yaml.tree);
    if (rc == 0) {
        struct heard heard = {0};
        cyaml_config_t config = {
            .log_fn = listen, .log_ctx = &heard, .mem_fn = cyaml_mem, .log_level = CYAML_LOG_ERROR, .flags = CYAML_CFG_NO_ALIAS};
        cyaml_err_t error = cyaml_load_data(at, size, &config, schema, &yaml.data, NULL);
        if (error == CYAML_ERR_OOM) {
            rc = -ENOMEM;
        } else if (error != CYAML_OK) {
            say_shape(&yaml, faults, &heard);
            rc = -EINVAL;
        } else if (yaml.data == NULL) {
            faults_add(faults, file, 1, 0, "the file is empty; write `key: value` lines");
            rc = -EINVAL;
        }
    }
    if (rc < 0) {
        yaml_deinit(&yaml);
        return rc;
    }
    *ret = yaml;
    return 0;
}

void yaml_deinit(struct yaml *yaml)
{
    cyaml_config_t config = {.mem_fn = cyaml_mem};
    if (yaml->data != NULL) {
        cyaml_free(&config, yaml->schema, yaml->data, 0);
    }
    yaml_tree_deinit(&yaml->tree);
    yaml->data = NULL;
}

bool yaml_empty(const struct yaml_tree_node *node)
{
    return node->text != NULL && node->text[0] == '\0';
}

void yaml_refuse_empty(const struct yaml *yaml, struct faults *faults)
{
    char path[YAML_TREE_PATH_SIZE];
    for (uint32_t i = 1; i < yaml->tree.count; i++) {
        const struct yaml_tree_node *node = yaml->tree.nodes[i];
        if (yaml_empty(node)) {
            yaml_tree_path(node, path);
            yaml_fault(yaml, faults, path, "`%s` has no value; write one, or take the key out", path);
        }
    }
}

void yaml_fault(const struct yaml *yaml, struct faults *faults, const char *path, const char *format, ...)
{
    char text[sizeof((struct fault *)NULL)->text];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), _(format), args);
    va_end(args);
    fault_at(yaml, faults, yaml_tree_find(&yaml->tree, path), text);
}
