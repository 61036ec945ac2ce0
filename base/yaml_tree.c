/* yaml_tree.c - a small YAML file in memory, with the place of each of its values */
#include "base/yaml_tree.h"

#include "base/i18n.h"
#include "base/place.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <yaml.h>

#define GROW_BY 64

struct walk {
    struct yaml_tree *tree;
    struct yaml_tree_fault *fault;
    struct yaml_tree_node *inside; /* the map or list that is open, or NULL */
    uint32_t depth, documents;
    char *key; /* of an open map: waits for its value */
    uint32_t key_line, key_column;
};

static uint32_t line_of(const yaml_mark_t *mark)
{
    return (uint32_t)mark->line + 1;
}

static uint32_t column_of(const yaml_mark_t *mark)
{
    return (uint32_t)mark->column + 1;
}

static int fault_at(struct walk *walk, const yaml_mark_t *mark, const char *sentence)
{
    walk->fault->line = line_of(mark);
    walk->fault->column = column_of(mark);
    snprintf(walk->fault->text, sizeof(walk->fault->text), "%s", sentence);
    return -EINVAL;
}

/* ---- nodes ---- */

static void free_text(const char *text)
{
    if (text != NULL) {
        explicit_bzero((char *)text, strlen(text));
        free((char *)text);
    }
}

static struct yaml_tree_node *new_node(struct yaml_tree *tree)
{
    if (tree->count % GROW_BY == 0) {
        struct yaml_tree_node **grown = reallocarray(tree->nodes, tree->count + GROW_BY, sizeof(*grown));
        if (grown == NULL) {
            return NULL;
        }
        tree->nodes = grown;
    }
    struct yaml_tree_node *node = calloc(1, sizeof(*node));
    if (node != NULL) {
        tree->nodes[tree->count++] = node;
    }
    return node;
}

/* Name of a node in its parent: its key, or its number. */
static const char *name_of(const struct yaml_tree_node *node, char number[16])
{
    if (node->key != NULL) {
        return node->key;
    }
    snprintf(number, 16, "%u", node->index);
    return number;
}

static void hang(struct yaml_tree_node *node, struct yaml_tree_node *parent)
{
    node->parent = parent;
    node->index = parent->count++;
    if (parent->last != NULL) {
        parent->last->next = node;
    } else {
        parent->first = node;
    }
    parent->last = node;
}

/* A value begins. */
static int on_value(struct walk *walk, const yaml_mark_t *mark, enum yaml_tree_kind kind, struct yaml_tree_node **ret)
{
    char number[16];
    if (walk->tree->count == YAML_TREE_NODES_MAX) {
        return fault_at(walk, mark, _("too many keys in this file"));
    }
    struct yaml_tree_node *node = new_node(walk->tree);
    if (node == NULL) {
        return -ENOMEM;
    }
    node->kind = kind;
    node->line = node->key_line = line_of(mark);
    node->column = node->key_column = column_of(mark);
    if (walk->key != NULL) {
        node->key = walk->key;
        node->key_line = walk->key_line;
        node->key_column = walk->key_column;
        walk->key = NULL;
    }
    if (walk->inside != NULL) {
        hang(node, walk->inside);
        size_t size = walk->inside->path_size + (walk->inside->path_size > 0) + strlen(name_of(node, number));
        if (size >= YAML_TREE_PATH_SIZE) {
            walk->fault->line = node->key_line;
            walk->fault->column = node->key_column;
            snprintf(walk->fault->text, sizeof(walk->fault->text), "%s", _("this key is too long"));
            return -EINVAL;
        }
        node->path_size = (uint32_t)size;
    }
    *ret = node;
    return 0;
}

/* ---- events ---- */

static bool wants_key(const struct walk *walk)
{
    return walk->inside != NULL && walk->inside->kind == YAML_TREE_MAP && walk->key == NULL;
}

static int on_scalar(struct walk *walk, const yaml_event_t *event)
{
    char *text = strdup((const char *)event->data.scalar.value);
    struct yaml_tree_node *node = NULL;
    if (text == NULL) {
        return -ENOMEM;
    }
    if (wants_key(walk)) {
        walk->key = text;
        walk->key_line = line_of(&event->start_mark);
        walk->key_column = column_of(&event->start_mark);
        return 0;
    }
    int rc = on_value(walk, &event->start_mark, YAML_TREE_TEXT, &node);
    if (rc < 0) {
        free_text(text);
        return rc;
    }
    node->text = text;
    node->plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    return 0;
}

static int on_open(struct walk *walk, const yaml_event_t *event, enum yaml_tree_kind kind)
{
    struct yaml_tree_node *node = NULL;
    if (walk->depth == YAML_TREE_DEPTH_MAX) {
        return fault_at(walk, &event->start_mark, _("nested too deeply; this file needs no such nesting"));
    }
    if (wants_key(walk)) {
        return fault_at(walk, &event->start_mark, _("a key must be one word"));
    }
    int rc = on_value(walk, &event->start_mark, kind, &node);
    if (rc == 0) {
        walk->inside = node;
        walk->depth++;
    }
    return rc;
}

static int on_event(struct walk *walk, const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_DOCUMENT_START_EVENT:
        return ++walk->documents > 1 ? fault_at(walk, &event->start_mark, _("a second document begins here; keep one")) : 0;
    case YAML_ALIAS_EVENT:
        return fault_at(walk, &event->start_mark, _("aliases (*name) are not read here; write the value out"));
    case YAML_SCALAR_EVENT:
        return on_scalar(walk, event);
    case YAML_SEQUENCE_START_EVENT:
        return on_open(walk, event, YAML_TREE_LIST);
    case YAML_MAPPING_START_EVENT:
        return on_open(walk, event, YAML_TREE_MAP);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        assert(walk->inside != NULL); /* libyaml ends only what it began */
        walk->depth--;
        walk->inside = walk->inside->parent;
        return 0;
    case YAML_NO_EVENT:
    case YAML_STREAM_START_EVENT:
    case YAML_STREAM_END_EVENT:
    case YAML_DOCUMENT_END_EVENT:
        return 0;
    }
    return 0;
}

/* Bad bytes come without a line: it is counted up to their offset. */
static void say_broken(struct walk *walk, const yaml_parser_t *parser, const char *at, size_t size)
{
    struct yaml_tree_fault *fault = walk->fault;
    fault->line = line_of(&parser->problem_mark);
    fault->column = column_of(&parser->problem_mark);
    if (parser->error == YAML_READER_ERROR) {
        fault->line = 1;
        fault->column = 0;
        for (size_t i = 0; i < parser->problem_offset && i < size; i++) {
            fault->line += at[i] == '\n' ? 1 : 0;
        }
    }
    snprintf(fault->text, sizeof(fault->text), _("not YAML: %s"), parser->problem != NULL ? parser->problem : "?");
}

static int walk_all(struct walk *walk, yaml_parser_t *parser, const void *at, size_t size)
{
    for (;;) {
        yaml_event_t event;
        if (!yaml_parser_parse(parser, &event)) {
            if (parser->error == YAML_MEMORY_ERROR) {
                return -ENOMEM;
            }
            say_broken(walk, parser, at, size);
            return -EINVAL;
        }
        bool done = event.type == YAML_STREAM_END_EVENT;
        int rc = on_event(walk, &event);
        yaml_event_delete(&event);
        if (rc < 0 || done) {
            return rc;
        }
    }
}

int yaml_tree_parse(const char *file, const void *at, size_t size, struct yaml_tree *ret, struct yaml_tree_fault *fault)
{
    struct yaml_tree tree = {.file = strdup(file)};
    struct walk walk = {.tree = &tree, .fault = fault};
    yaml_parser_t parser;

    if (tree.file == NULL || !yaml_parser_initialize(&parser)) {
        yaml_tree_deinit(&tree);
        return -ENOMEM;
    }
    yaml_parser_set_input_string(&parser, at, size);
    int rc = walk_all(&walk, &parser, at, size);
    yaml_parser_delete(&parser);
    free_text(walk.key);
    if (rc < 0) {
        yaml_tree_deinit(&tree);
        return rc;
    }
    *ret = tree;
    return 0;
}

void yaml_tree_deinit(struct yaml_tree *tree)
{
    for (uint32_t i = 0; i < tree->count; i++) {
        free_text(tree->nodes[i]->key);
        free_text(tree->nodes[i]->text);
        free(tree->nodes[i]);
    }
    free(tree->nodes);
    free(tree->file);
    *tree = (struct yaml_tree){0};
}

/* ---- files ---- */

/* Reads a regular file of a bounded size. Gives *ret, which the caller frees. */
static int read_file(const char *path, char **ret, size_t *ret_size)
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
    if (!S_ISREG(status.st_mode) || status.st_size > YAML_TREE_SIZE_MAX) {
        fclose(file);
        return S_ISDIR(status.st_mode) ? -EISDIR : -EFBIG;
    }
    char *data = malloc((size_t)status.st_size + 1);
    size_t size = data != NULL ? fread(data, 1, (size_t)status.st_size, file) : 0;
    int rc = data == NULL ? -ENOMEM : ferror(file) ? -EIO : 0;
    fclose(file);
    if (rc < 0) {
        free(data);
        return rc;
    }
    *ret = data;
    *ret_size = size;
    return 0;
}

int yaml_tree_load(const char *path, struct yaml_tree *ret, char fault[YAML_TREE_FAULT_SIZE])
{
    struct yaml_tree_fault found = {0};
    char *data = NULL;
    size_t size = 0;
    int rc = read_file(path, &data, &size);

    *ret = (struct yaml_tree){0};
    if (rc < 0) {
        return rc;
    }
    rc = yaml_tree_parse(path, data, size, ret, &found);
    explicit_bzero(data, size);
    free(data);
    if (rc == -EINVAL) {
        place_say(path, found.line, 0, fault, YAML_TREE_FAULT_SIZE, found.text);
    }
    return rc;
}

/* ---- questions ---- */

const struct yaml_tree_node *yaml_tree_top(const struct yaml_tree *tree)
{
    return tree->count > 0 ? tree->nodes[0] : NULL;
}

const struct yaml_tree_node *yaml_tree_get(const struct yaml_tree_node *node, const char *key)
{
    if (node == NULL || node->kind != YAML_TREE_MAP) {
        return NULL;
    }
    const struct yaml_tree_node *child = node->first;
    while (child != NULL && strcmp(child->key, key) != 0) {
        child = child->next;
    }
    return child;
}

const char *yaml_tree_text(const struct yaml_tree_node *node)
{
    return node != NULL ? node->text : NULL;
}

const struct yaml_tree_node *yaml_tree_find(const struct yaml_tree *tree, const char *path)
{
    const struct yaml_tree_node *node = yaml_tree_top(tree), *child = node != NULL ? node->first : NULL;
    char number[16];
    while (child != NULL) {
        const char *name = name_of(child, number);
        size_t size = strlen(name);
        if (strncmp(path, name, size) != 0 || (path[size] != '.' && path[size] != '\0')) {
            child = child->next;
        } else if (path[size] == '\0') {
            return child;
        } else {
            path += size + 1;
            child = child->first;
        }
    }
    return NULL;
}

char *yaml_tree_path(const struct yaml_tree_node *node, char ret[YAML_TREE_PATH_SIZE])
{
    char number[16];
    ret[node->path_size] = '\0';
    for (; node->parent != NULL; node = node->parent) {
        const char *name = name_of(node, number);
        size_t size = strlen(name);
        memcpy(ret + node->path_size - size, name, size);
        if (node->parent->path_size > 0) {
            ret[node->parent->path_size] = '.';
        }
    }
    return ret;
}

int yaml_tree_say(const struct yaml_tree *tree, const struct yaml_tree_node *node, char fault[YAML_TREE_FAULT_SIZE],
                  const char *format, ...)
{
    char text[YAML_TREE_FAULT_SIZE];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    place_say(tree->file, node != NULL ? node->line : 0, 0, fault, YAML_TREE_FAULT_SIZE, text);
    return -EINVAL;
}
