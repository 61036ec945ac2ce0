/*
 * yaml_tree.h - a small YAML file in memory, with the place of each of its values
 *
 * What every file of ours is read by: settings and rules of workers, key files, the configuration of a district. One document of
 * maps, lists and texts; aliases are refused, and what a text means is the reader's to say. Standing facts: sentences are in the
 * reader's language; lines and columns are counted from 1; texts and nodes live as long as the tree. What the tree keeps is
 * wiped from memory when it is freed, for some of it is secret; the buffers of libyaml and of the C library are their own.
 */
#ifndef HUYING_BASE_YAML_TREE_H
#define HUYING_BASE_YAML_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define YAML_TREE_SIZE_MAX (1024 * 1024) /* of a file that yaml_tree_load reads */
#define YAML_TREE_DEPTH_MAX 16
#define YAML_TREE_NODES_MAX 65536
#define YAML_TREE_PATH_SIZE 96    /* keys above one another, joined by dots, and the end */
#define YAML_TREE_FAULT_SIZE 5120 /* holds a path of the file system and a sentence */

enum yaml_tree_kind { YAML_TREE_TEXT, YAML_TREE_MAP, YAML_TREE_LIST };

struct yaml_tree_node {
    enum yaml_tree_kind kind;
    const char *key;               /* in a map; NULL: an item of a list, or the top */
    const char *text;              /* of a text, else NULL */
    bool plain;                    /* a text without quotes */
    uint32_t line, column;         /* of the value */
    uint32_t key_line, key_column; /* of the key; of an item: of itself */
    uint32_t index;                /* among the children of its parent, from 0 */
    uint32_t count;                /* children */
    uint32_t path_size;
    struct yaml_tree_node *parent, *first, *last, *next;
};

struct yaml_tree {
    char *file; /* as sentences name it */
    uint32_t count;
    struct yaml_tree_node **nodes; /* in the order of the file; the first is the top */
};

struct yaml_tree_fault {
    uint32_t line, column; /* column 0: not known */
    char text[256];
};

/* Reads bytes. Returns 0; -EINVAL: *fault says what is wrong; -ENOMEM. A file without a document gives an empty tree. */
int yaml_tree_parse(const char *file, const void *at, size_t size, struct yaml_tree *ret, struct yaml_tree_fault *fault);

/* Reads a regular file of at most YAML_TREE_SIZE_MAX. Returns 0; -EINVAL: `fault` says what is wrong in it, as yaml_tree_say;
 * -EFBIG, -EISDIR, -ENOENT or another negative errno. */
int yaml_tree_load(const char *path, struct yaml_tree *ret, char fault[YAML_TREE_FAULT_SIZE]);

/* Frees what a tree holds; a zeroed one is allowed. */
void yaml_tree_deinit(struct yaml_tree *tree);

/* The top, or NULL for an empty tree. */
const struct yaml_tree_node *yaml_tree_top(const struct yaml_tree *tree);

/* The value of `key` in a map, or NULL; `node` may be NULL or no map. */
const struct yaml_tree_node *yaml_tree_get(const struct yaml_tree_node *node, const char *key);

/* The text of a node, or NULL for NULL and for what is no text. */
const char *yaml_tree_text(const struct yaml_tree_node *node);

/* What stands at a path of keys and numbers of items, such as `fields.0.values`; or NULL. */
const struct yaml_tree_node *yaml_tree_find(const struct yaml_tree *tree, const char *path);

/* The path of a node; "" for the top. Returns `ret`. */
char *yaml_tree_path(const struct yaml_tree_node *node, char ret[YAML_TREE_PATH_SIZE]);

/* Writes `FILE:LINE: sentence` into `fault`; `node` NULL: without a line. Returns -EINVAL. */
int yaml_tree_say(const struct yaml_tree *tree, const struct yaml_tree_node *node, char fault[YAML_TREE_FAULT_SIZE],
                  const char *format, ...) __attribute__((format(printf, 4, 5)));

#endif
