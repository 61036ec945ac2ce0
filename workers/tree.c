/* tree.c - a small YAML file in memory: what a worker's options and rules are read from */
#include "workers/tree.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Opens a regular file of a bounded size. */
static int open_file(const char *path, FILE **ret)
{
    struct stat status;
    FILE *file = fopen(path, "re");

    if (file == NULL) {
        return -errno;
    }
    if (fstat(fileno(file), &status) < 0) {
        fclose(file);
        return -EIO;
    }
    if (!S_ISREG(status.st_mode) || status.st_size > TREE_SIZE_MAX) {
        fclose(file);
        return S_ISDIR(status.st_mode) ? -EISDIR : -EFBIG;
    }
    *ret = file;
    return 0;
}

int tree_load(const char *path, struct tree *ret, char fault[TREE_FAULT_SIZE])
{
    yaml_parser_t parser;
    FILE *file = NULL;
    int rc = open_file(path, &file);

    *ret = (struct tree){0};
    if (rc < 0) {
        return rc;
    }
    ret->path = strdup(path);
    if (ret->path == NULL || !yaml_parser_initialize(&parser)) {
        fclose(file);
        tree_deinit(ret);
        return -ENOMEM;
    }
    yaml_parser_set_input_file(&parser, file);
    if (yaml_parser_load(&parser, &ret->document)) {
        ret->loaded = true;
    } else {
        snprintf(fault, TREE_FAULT_SIZE, "%s:%zu: %s", path, parser.problem_mark.line + 1,
                 parser.problem != NULL ? parser.problem : "cannot be read");
        rc = parser.error == YAML_MEMORY_ERROR ? -ENOMEM : -EINVAL;
    }
    yaml_parser_delete(&parser);
    fclose(file);
    if (rc < 0) {
        tree_deinit(ret);
    }
    return rc;
}

void tree_deinit(struct tree *tree)
{
    if (tree->loaded) {
        yaml_document_delete(&tree->document);
    }
    free(tree->path);
    *tree = (struct tree){0};
}

yaml_node_t *tree_root(struct tree *tree)
{
    return yaml_document_get_root_node(&tree->document);
}

size_t tree_count(const yaml_node_t *node)
{
    if (node->type == YAML_MAPPING_NODE) {
        return (size_t)(node->data.mapping.pairs.top - node->data.mapping.pairs.start);
    }
    if (node->type == YAML_SEQUENCE_NODE) {
        return (size_t)(node->data.sequence.items.top - node->data.sequence.items.start);
    }
    return 0;
}

const char *tree_pair(struct tree *tree, const yaml_node_t *node, size_t index, yaml_node_t **ret_value)
{
    assert(node->type == YAML_MAPPING_NODE && index < tree_count(node));
    const yaml_node_pair_t *pair = &node->data.mapping.pairs.start[index];
    *ret_value = yaml_document_get_node(&tree->document, pair->value);
    return tree_text(yaml_document_get_node(&tree->document, pair->key));
}

yaml_node_t *tree_item(struct tree *tree, const yaml_node_t *node, size_t index)
{
    assert(node->type == YAML_SEQUENCE_NODE && index < tree_count(node));
    return yaml_document_get_node(&tree->document, node->data.sequence.items.start[index]);
}

yaml_node_t *tree_get(struct tree *tree, const yaml_node_t *node, const char *key)
{
    if (node == NULL || node->type != YAML_MAPPING_NODE) {
        return NULL;
    }
    for (size_t i = 0; i < tree_count(node); i++) {
        yaml_node_t *value;
        const char *name = tree_pair(tree, node, i, &value);

        if (name != NULL && strcmp(name, key) == 0) {
            return value;
        }
    }
    return NULL;
}

const char *tree_text(const yaml_node_t *node)
{
    return node != NULL && node->type == YAML_SCALAR_NODE ? (const char *)node->data.scalar.value : NULL;
}

int tree_fault(const struct tree *tree, const yaml_node_t *node, char fault[TREE_FAULT_SIZE], const char *format, ...)
{
    va_list arguments;
    int used = node != NULL ? snprintf(fault, TREE_FAULT_SIZE, "%s:%zu: ", tree->path, node->start_mark.line + 1)
                            : snprintf(fault, TREE_FAULT_SIZE, "%s: ", tree->path);

    if (used < 0 || used >= TREE_FAULT_SIZE) {
        return -EINVAL;
    }
    va_start(arguments, format);
    vsnprintf(fault + used, TREE_FAULT_SIZE - (size_t)used, format, arguments);
    va_end(arguments);
    return -EINVAL;
}
