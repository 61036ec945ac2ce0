/* yaml_file.c - a YAML file as a struct, and the place of each of its values */
#include "config/yaml_file.h"

#include "base/i18n.h"
#include "config/file.h"

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#define DEPTH_MAX 8
#define MARKS_MAX 4096

/* ---- where things stand: a walk with libyaml ---- */

struct level {
    bool list;
    uint32_t next;     /* item of a list */
    bool have_key;     /* of a mapping: the next event is its value */
    size_t path_size;  /* length of the path up to this level */
    uint32_t key_mark; /* of the key that waits for its value */
};

struct walk {
    struct yaml *yaml;
    struct faults *faults;
    char path[sizeof((struct yaml_mark *)NULL)->path];
    uint32_t depth;
    struct level levels[DEPTH_MAX];
};

static int walk_fault(struct walk *walk, const yaml_mark_t *mark, const char *text)
{
    faults_add(walk->faults, walk->yaml->file, (uint32_t)mark->line + 1, (uint32_t)mark->column + 1, "%s", text);
    return -EINVAL;
}

static int add_mark(struct walk *walk, const yaml_mark_t *mark, enum yaml_kind kind)
{
    struct yaml *yaml = walk->yaml;
    if (yaml->mark_count == MARKS_MAX) {
        return walk_fault(walk, mark, "too many keys in this file");
    }
    if (yaml->mark_count % 64 == 0) {
        struct yaml_mark *grown = realloc(yaml->marks, (yaml->mark_count + 64) * sizeof(*grown));
        if (grown == NULL) {
            return -ENOMEM;
        }
        yaml->marks = grown;
    }
    struct yaml_mark *added = &yaml->marks[yaml->mark_count++];
    memcpy(added->path, walk->path, sizeof(added->path));
    added->kind = kind;
    added->line = added->key_line = (uint32_t)mark->line + 1;
    added->column = added->key_column = (uint32_t)mark->column + 1;
    return 0;
}

/* Puts a key or an item's number behind the path of the present level. */
static int extend_path(struct walk *walk, const struct level *level, const char *name, const yaml_mark_t *mark)
{
    size_t room = sizeof(walk->path) - level->path_size;
    int length = snprintf(walk->path + level->path_size, room, "%s%s", level->path_size ? "." : "", name);
    return length < 0 || (size_t)length >= room ? walk_fault(walk, mark, "this key is too long") : 0;
}

/* A value begins: its mark is there already when it has a key. */
static int on_value(struct walk *walk, const yaml_mark_t *mark, enum yaml_kind kind)
{
    if (walk->depth == 0) {
        return 0; /* the document itself */
    }
    struct level *level = &walk->levels[walk->depth - 1];
    if (level->list) {
        char number[16];
        snprintf(number, sizeof(number), "%u", level->next++);
        int rc = extend_path(walk, level, number, mark);
        return rc < 0 ? rc : add_mark(walk, mark, kind);
    }
    level->have_key = false;
    struct yaml_mark *of_key = &walk->yaml->marks[level->key_mark];
    of_key->kind = kind;
    if (kind == YAML_KIND_SCALAR) {
        of_key->line = (uint32_t)mark->line + 1;
        of_key->column = (uint32_t)mark->column + 1;
    }
    return 0;
}

static int on_scalar(struct walk *walk, const yaml_event_t *event)
{
    struct level *level = walk->depth ? &walk->levels[walk->depth - 1] : NULL;
    const char *text = (const char *)event->data.scalar.value;
    if (level == NULL || level->list || level->have_key) {
        return on_value(walk, &event->start_mark, text[0] ? YAML_KIND_SCALAR : YAML_KIND_EMPTY);
    }
    int rc = extend_path(walk, level, text, &event->start_mark);
    if (rc < 0) {
        return rc;
    }
    level->have_key = true;
    level->key_mark = walk->yaml->mark_count;
    return add_mark(walk, &event->start_mark, YAML_KIND_EMPTY);
}

static int on_open(struct walk *walk, const yaml_event_t *event, bool list)
{
    if (walk->depth == DEPTH_MAX) {
        return walk_fault(walk, &event->start_mark, "too deep; this file needs no such nesting");
    }
    if (walk->depth && !walk->levels[walk->depth - 1].list && !walk->levels[walk->depth - 1].have_key) {
        return walk_fault(walk, &event->start_mark, "a key must be one word");
    }
    int rc = on_value(walk, &event->start_mark, list ? YAML_KIND_LIST : YAML_KIND_MAPPING);
    if (rc == 0) {
        walk->levels[walk->depth++] = (struct level){.list = list, .path_size = strlen(walk->path)};
    }
    return rc;
}

static int on_event(struct walk *walk, const yaml_event_t *event, uint32_t *documents)
{
    switch (event->type) {
    case YAML_DOCUMENT_START_EVENT:
        return ++*documents > 1 ? walk_fault(walk, &event->start_mark, "a second document begins here; keep one") : 0;
    case YAML_ALIAS_EVENT:
        return walk_fault(walk, &event->start_mark, "aliases (*name) are not read here; write the value out");
    case YAML_SCALAR_EVENT:
        return on_scalar(walk, event);
    case YAML_SEQUENCE_START_EVENT:
        return on_open(walk, event, true);
    case YAML_MAPPING_START_EVENT:
        return on_open(walk, event, false);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        walk->depth--;
        walk->path[walk->levels[walk->depth].path_size] = '\0';
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
static void say_broken(const struct yaml *yaml, const yaml_parser_t *parser, const char *at, struct faults *faults)
{
    uint32_t line = (uint32_t)parser->problem_mark.line + 1, column = (uint32_t)parser->problem_mark.column + 1;
    if (parser->error == YAML_READER_ERROR) {
        line = 1;
        column = 0;
        for (size_t i = 0; i < parser->problem_offset; i++) {
            line += at[i] == '\n' ? 1 : 0;
        }
    }
    faults_add(faults, yaml->file, line, column, "not YAML: %s", parser->problem);
}

static int walk_all(struct yaml *yaml, const void *at, size_t size, struct faults *faults)
{
    yaml_parser_t parser;
    if (!yaml_parser_initialize(&parser)) {
        return -ENOMEM;
    }
    yaml_parser_set_input_string(&parser, at, size);
    struct walk walk = {.yaml = yaml, .faults = faults};
    uint32_t documents = 0;
    int rc = 0;
    bool done = false;
    while (rc == 0 && !done) {
        yaml_event_t event;
        if (!yaml_parser_parse(&parser, &event)) {
            if (parser.error == YAML_MEMORY_ERROR) {
                rc = -ENOMEM;
                break;
            }
            say_broken(yaml, &parser, at, faults);
            rc = -EINVAL;
            break;
        }
        done = event.type == YAML_STREAM_END_EVENT;
        rc = on_event(&walk, &event, &documents);
        yaml_event_delete(&event);
    }
    yaml_parser_delete(&parser);
    if (rc == 0 && yaml->mark_count == 0) {
        faults_add(faults, yaml->file, 1, 0, "the file is empty; write `key: value` lines");
        rc = -EINVAL;
    }
    return rc;
}

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

static const char *last_key(const char *path)
{
    const char *dot = strrchr(path, '.');
    return dot != NULL ? dot + 1 : path;
}

static void say_unknown(const struct yaml *yaml, struct faults *faults, const char *key)
{
    for (uint32_t i = 0; i < yaml->mark_count; i++) {
        const struct yaml_mark *mark = &yaml->marks[i];
        const cyaml_schema_value_t *mapping = NULL;
        if (strcmp(last_key(mark->path), key) != 0 || schema_at(yaml->schema, mark->path, &mapping) != NULL || mapping == NULL) {
            continue;
        }
        char known[320];
        size_t size = 0;
        for (const cyaml_schema_field_t *field = mapping->mapping.fields; field->key != NULL && size < sizeof(known); field++) {
            size += (size_t)snprintf(known + size, sizeof(known) - size, "%s%s", size ? ", " : "", field->key);
        }
        faults_add(faults, yaml->file, mark->key_line, mark->key_column, "unknown key `%s`; known here: %s", key, known);
        return;
    }
    faults_add(faults, yaml->file, 0, 0, "unknown key `%s`", key);
}

static void say_twice(const struct yaml *yaml, struct faults *faults, const char *key)
{
    for (uint32_t i = 0; i < yaml->mark_count; i++) {
        for (uint32_t k = 0; k < i; k++) {
            if (strcmp(yaml->marks[i].path, yaml->marks[k].path) == 0) {
                faults_add(faults, yaml->file, yaml->marks[i].key_line, yaml->marks[i].key_column,
                           "key `%s` is there twice (first on line %u); keep one", key, yaml->marks[k].key_line);
                return;
            }
        }
    }
    faults_add(faults, yaml->file, 0, 0, "key `%s` is there twice; keep one", key);
}

/* The first value of another kind than the schema wants. */
static bool say_kind(const struct yaml *yaml, struct faults *faults)
{
    for (uint32_t i = 0; i < yaml->mark_count; i++) {
        const struct yaml_mark *mark = &yaml->marks[i];
        const cyaml_schema_value_t *mapping = NULL;
        const cyaml_schema_value_t *schema = schema_at(yaml->schema, mark->path, &mapping);
        if (schema == NULL) {
            continue;
        }
        const char *wanted = NULL;
        if (schema->type == CYAML_STRING && (mark->kind == YAML_KIND_MAPPING || mark->kind == YAML_KIND_LIST)) {
            wanted = "one value";
        } else if (schema->type == CYAML_MAPPING && mark->kind != YAML_KIND_MAPPING) {
            wanted = _("`key: value` lines, indented below it");
        } else if (schema->type == CYAML_SEQUENCE && mark->kind != YAML_KIND_LIST) {
            wanted = _("a list, as [a, b]");
        }
        if (wanted != NULL) {
            faults_add(faults, yaml->file, mark->line, mark->column, "`%s` must have %s", mark->path, wanted);
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
        faults_add(faults, yaml->file, 0, 0, "key `%s` is missing; write it", heard->first + sizeof(missing) - 1);
    } else if (strncmp(heard->first, "Expecting MAPPING", 17) == 0 && yaml->marks[0].path[0] == '0') {
        faults_add(faults, yaml->file, yaml->marks[0].line, 0, "this is a list; write `key: value` lines");
    } else if (!say_kind(yaml, faults)) {
        faults_add(faults, yaml->file, 0, 0, "not as expected: %s", heard->first);
    }
}

int yaml_parse(const char *file, const void *at, size_t size, const cyaml_schema_value_t *schema, struct faults *faults,
               struct yaml *ret)
{
    struct yaml yaml = {.file = file, .schema = schema};
    int rc = file_check_text(file, at, size, faults) ? walk_all(&yaml, at, size, faults) : -EINVAL;
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
    free(yaml->marks);
    yaml->data = NULL;
    yaml->marks = NULL;
    yaml->mark_count = 0;
}

const struct yaml_mark *yaml_mark(const struct yaml *yaml, const char *path)
{
    assert(yaml->mark_count > 0);
    for (uint32_t i = 0; i < yaml->mark_count; i++) {
        if (strcmp(yaml->marks[i].path, path) == 0) {
            return &yaml->marks[i];
        }
    }
    return NULL;
}

void yaml_fault(const struct yaml *yaml, struct faults *faults, const char *path, const char *format, ...)
{
    char text[sizeof((struct fault *)NULL)->text];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), _(format), args);
    va_end(args);
    const struct yaml_mark *mark = yaml_mark(yaml, path);
    faults_add(faults, yaml->file, mark != NULL ? mark->line : 0, mark != NULL ? mark->column : 0, "%s", text);
}
