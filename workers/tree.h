/*
 * tree.h - a small YAML file in memory: what a worker's options and rules are read from
 *
 * libyaml's document with the few questions that are asked of it. Standing facts: files of at most TREE_SIZE_MAX bytes; texts and
 * nodes borrow the tree; sentences about faults begin with file and line.
 */
#ifndef HUYING_WORKERS_TREE_H
#define HUYING_WORKERS_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <yaml.h>

#define TREE_SIZE_MAX (1024 * 1024)
#define TREE_FAULT_SIZE 5120 /* holds a path and a sentence */

struct tree {
    char *path;
    bool loaded;
    yaml_document_t document;
};

/* Reads the first document of a file. Returns 0; -EINVAL: `fault` says what is wrong in it; -EFBIG; another negative errno. */
int tree_load(const char *path, struct tree *ret, char fault[TREE_FAULT_SIZE]);

/* Frees what tree_load gave; a zeroed tree is allowed. */
void tree_deinit(struct tree *tree);

/* The top, or NULL for an empty file. */
yaml_node_t *tree_root(struct tree *tree);

/* Number of pairs of a mapping or items of a sequence; 0 for a scalar. */
size_t tree_count(const yaml_node_t *node);

/* Pair `index` of a mapping: its key's text (NULL: the key is no text), *ret_value. Requires index < tree_count. */
const char *tree_pair(struct tree *tree, const yaml_node_t *node, size_t index, yaml_node_t **ret_value);

/* Item `index` of a sequence. Requires index < tree_count. */
yaml_node_t *tree_item(struct tree *tree, const yaml_node_t *node, size_t index);

/* Value of `key` in a mapping, or NULL. */
yaml_node_t *tree_get(struct tree *tree, const yaml_node_t *node, const char *key);

/* Text of a scalar, or NULL for another node. */
const char *tree_text(const yaml_node_t *node);

/* Writes `FILE:LINE: sentence` into `fault`. Returns -EINVAL. `node` may be NULL. */
int tree_fault(const struct tree *tree, const yaml_node_t *node, char fault[TREE_FAULT_SIZE], const char *format, ...)
    __attribute__((format(printf, 4, 5)));

#endif
