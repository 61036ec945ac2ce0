/*
 * import_map.c - which column of somebody's file is which field of a submit
 */
#include "clients/import_map.h"

#include "config/file.h"
#include "config/local_time.h"
#include "config/yaml_file.h"
#include "proto/blank.h"

#include <assert.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VALUES_MAX 1000

/* ---- the shape of the file ---- */

struct raw_field {
    char *field, *column, *constant, *join, *empty, *otherwise, *unlisted;
    char **columns;
    unsigned columns_count;
    struct import_value *values;
    unsigned values_count;
};
struct raw_time {
    char *format, *zone;
};
struct raw {
    char *system, *unlisted;
    struct raw_time time;
    struct raw_field *fields;
    unsigned fields_count;
};

#define TEXT(type, member)                                                                                                         \
    CYAML_FIELD_STRING_PTR(#member, CYAML_FLAG_OPTIONAL | CYAML_FLAG_POINTER_NULL, struct type, member, 0, CYAML_UNLIMITED)

static const cyaml_schema_field_t value_fields[] = {TEXT(import_value, from), TEXT(import_value, to), CYAML_FIELD_END};
static const cyaml_schema_value_t value_schema = {CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct import_value, value_fields)};
static const cyaml_schema_value_t column_schema = {CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 0, CYAML_UNLIMITED)};
static const cyaml_schema_field_t field_fields[] = {TEXT(raw_field, field),
                                                    TEXT(raw_field, column),
                                                    TEXT(raw_field, constant),
                                                    TEXT(raw_field, empty),
                                                    TEXT(raw_field, otherwise),
                                                    TEXT(raw_field, unlisted),
                                                    TEXT(raw_field, join),
                                                    CYAML_FIELD_SEQUENCE("columns", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
                                                                         struct raw_field, columns, &column_schema, 0,
                                                                         IMPORT_COLUMNS_MAX),
                                                    CYAML_FIELD_SEQUENCE("values", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
                                                                         struct raw_field, values, &value_schema, 0, VALUES_MAX),
                                                    CYAML_FIELD_END};
static const cyaml_schema_value_t field_schema = {CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct raw_field, field_fields)};
static const cyaml_schema_field_t time_fields[] = {TEXT(raw_time, format), TEXT(raw_time, zone), CYAML_FIELD_END};
static const cyaml_schema_field_t top_fields[] = {
    TEXT(raw, system), TEXT(raw, unlisted), CYAML_FIELD_MAPPING("time", CYAML_FLAG_OPTIONAL, struct raw, time, time_fields),
    CYAML_FIELD_SEQUENCE("fields", CYAML_FLAG_POINTER, struct raw, fields, &field_schema, 1, IMPORT_FIELDS_MAX), CYAML_FIELD_END};
static const cyaml_schema_value_t schema = {CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct raw, top_fields)};

/* ---- from texts to a map ---- */

struct reader {
    struct yaml yaml;
    struct faults *faults;
    struct import_map *map;
};

uint32_t import_map_at(void)
{
    assert(submit_command_shape.field_count < IMPORT_FIELDS_MAX);
    return submit_command_shape.field_count;
}

const char *import_map_name(uint32_t field)
{
    return field == import_map_at() ? "at" : submit_command_shape.fields[field].name;
}

static int32_t find_field(const char *name)
{
    for (uint32_t i = 0; i <= import_map_at(); i++) {
        if (strcmp(import_map_name(i), name) == 0) {
            return (int32_t)i;
        }
    }
    return -1;
}

static const char *list_fields(char ret[512])
{
    int size = 0;
    for (uint32_t i = 0; i <= import_map_at() && size < 512; i++) {
        size += snprintf(ret + size, 512 - (size_t)size, "%s%s", i == 0 ? "" : ", ", import_map_name(i));
    }
    return ret;
}

/* Copies a text where there is one; false: no memory. */
static bool copy(const char *text, char **ret)
{
    *ret = text == NULL ? NULL : strdup(text);
    return text == NULL || *ret != NULL;
}

/* libcyaml gives NULL for '' as for a key that is not there; the mark of the key tells them apart. */
static const char *text_at(const struct reader *reader, const char *path, const char *key, const char *text)
{
    char whole[96];
    snprintf(whole, sizeof(whole), "%s.%s", path, key);
    return text == NULL && yaml_tree_find(&reader->yaml.tree, whole) != NULL ? "" : text;
}

static int read_values(struct reader *reader, const struct raw_field *raw, unsigned index, struct import_field *ret)
{
    ret->values = calloc(raw->values_count + 1U, sizeof(*ret->values));
    if (ret->values == NULL) {
        return -ENOMEM;
    }
    for (unsigned i = 0; i < raw->values_count; i++) {
        char path[64];
        snprintf(path, sizeof(path), "fields.%u.values.%u", index, i);
        struct import_value *value = &ret->values[ret->value_count];
        const char *from = text_at(reader, path, "from", raw->values[i].from), *to = text_at(reader, path, "to", raw->values[i].to);
        if (from == NULL || to == NULL) {
            yaml_fault(&reader->yaml, reader->faults, path,
                       "a value needs both halves; write {from: what the file says, to: what it means}");
            continue;
        }
        ret->value_count++;
        if (!copy(from, &value->from) || !copy(to, &value->to)) {
            return -ENOMEM;
        }
    }
    return 0;
}

/* The columns that a field is made of: one, or several that are joined. */
static int read_columns(const struct raw_field *raw, struct import_field *field)
{
    const char *one[] = {raw->column};
    const char *const *names = raw->column != NULL ? one : (const char *const *)raw->columns;
    uint32_t count = raw->column != NULL ? 1 : raw->columns_count;
    field->columns = calloc(count + 1U, sizeof(*field->columns));
    if (field->columns == NULL) {
        return -ENOMEM;
    }
    for (uint32_t i = 0; i < count; i++) {
        if (!copy(names[i], &field->columns[i])) {
            return -ENOMEM;
        }
        if (field->columns[i] != NULL) {
            field->column_count++;
        }
    }
    return 0;
}

static int read_field(struct reader *reader, const struct raw_field *raw, unsigned index)
{
    char path[64], list[512];
    snprintf(path, sizeof(path), "fields.%u", index);
    int32_t found = raw->field == NULL ? -1 : find_field(raw->field);
    if (found < 0) {
        yaml_fault(&reader->yaml, reader->faults, path, "`field: %s` is not a field of a submit; write one of %s",
                   raw->field == NULL ? "" : raw->field, list_fields(list));
        return 0;
    }
    struct import_field *field = &reader->map->fields[found];
    int sources = (raw->column != NULL) + (raw->columns_count > 0) + (raw->constant != NULL);
    if (field->column_count > 0 || field->constant != NULL) {
        yaml_fault(&reader->yaml, reader->faults, path, "field `%s` is there twice; keep one (`columns: [a, b]` joins two columns)",
                   raw->field);
    } else if (sources != 1) {
        yaml_fault(&reader->yaml, reader->faults, path, "field `%s` needs one of `column`, `columns` and `constant`", raw->field);
    } else if (!copy(raw->constant, &field->constant) || !copy(text_at(reader, path, "join", raw->join), &field->join) ||
               !copy(text_at(reader, path, "empty", raw->empty), &field->empty) ||
               !copy(text_at(reader, path, "otherwise", raw->otherwise), &field->otherwise) ||
               !copy(text_at(reader, path, "unlisted", raw->unlisted), &field->unlisted) || read_columns(raw, field) < 0) {
        return -ENOMEM;
    } else if (raw->otherwise != NULL && raw->unlisted != NULL) {
        yaml_fault(&reader->yaml, reader->faults, path,
                   "field `%s` has both `otherwise` (said of nothing) and `unlisted` (counted); keep one", raw->field);
    } else {
        return read_values(reader, raw, index, field);
    }
    return 0;
}

/* `unlisted` of the whole map is that of the matter: a place that is not known needs a unit of its own to stand for it. */
static int spread_unlisted(struct reader *reader, const char *unlisted)
{
    for (uint32_t i = 0; unlisted != NULL && i < import_map_at(); i++) {
        struct import_field *field = &reader->map->fields[i];
        if (submit_command_shape.fields[i].offset == offsetof(struct submit_command, matter) && field->unlisted == NULL &&
            field->otherwise == NULL && !copy(unlisted, &field->unlisted)) {
            return -ENOMEM;
        }
    }
    return 0;
}

static int read_all(struct reader *reader)
{
    const struct raw *raw = reader->yaml.data;
    struct import_map *map = reader->map;
    if (!copy(raw->system, &map->system) || !copy(raw->time.format, &map->time_format) || !copy(raw->time.zone, &map->zone_name)) {
        return -ENOMEM;
    }
    int rc = map->zone_name == NULL ? 0 : zone_load(NULL, map->zone_name, &map->zone);
    if (rc == -ENOMEM) {
        return rc;
    }
    if (rc < 0) {
        yaml_fault(&reader->yaml, reader->faults, "time.zone",
                   "`zone: %s` is not known; write an IANA time zone, as `Asia/Shanghai`, and install the package tzdata",
                   map->zone_name);
    }
    for (unsigned i = 0; i < raw->fields_count; i++) {
        rc = read_field(reader, &raw->fields[i], i);
        if (rc < 0) {
            return rc;
        }
    }
    return spread_unlisted(reader, raw->unlisted);
}

int import_map_load(const char *file, struct faults *faults, struct import_map **ret)
{
    char *data = NULL;
    size_t size = 0;
    faults_init(faults);
    struct reader reader = {.faults = faults, .map = calloc(1, sizeof(*reader.map))};
    int rc = reader.map == NULL ? -ENOMEM : file_read(NULL, file, faults, &data, &size);
    if (rc == 0) {
        rc = yaml_parse(file, data, size, &schema, faults, &reader.yaml);
    }
    free(data);
    if (rc == 0) {
        rc = read_all(&reader);
        yaml_deinit(&reader.yaml);
    }
    faults_sort(faults);
    if (rc == 0 && faults_total(faults) > 0) {
        rc = -EINVAL;
    }
    if (rc < 0) {
        import_map_free(reader.map);
        return rc;
    }
    *ret = reader.map;
    return 0;
}

int import_map_of_header(const struct sheet *sheet, uint32_t column_count, struct faults *faults, struct import_map **ret)
{
    char list[512], shown[160];
    struct import_map *map = calloc(1, sizeof(*map));
    int rc = map == NULL ? -ENOMEM : 0;
    for (uint32_t i = 0; i < column_count && rc == 0; i++) {
        int32_t found = find_field(sheet->columns[i]);
        if (found < 0) {
            faults_add(faults, sheet->file, 1, i + 1,
                       "column `%s` is not a field of a submit; name it like one of %s, or say with --map which field it is",
                       blank_print(text_of(sheet->columns[i]), shown, sizeof(shown)), list_fields(list));
        } else {
            rc = read_columns(&(struct raw_field){.column = sheet->columns[i]}, &map->fields[found]);
        }
    }
    if (rc == 0 && faults_total(faults) > 0) {
        rc = -EINVAL;
    }
    if (rc < 0) {
        import_map_free(map);
        return rc;
    }
    *ret = map;
    return 0;
}

struct import_map *import_map_free(struct import_map *map)
{
    if (map == NULL) {
        return NULL;
    }
    for (uint32_t i = 0; i < IMPORT_FIELDS_MAX; i++) {
        struct import_field *field = &map->fields[i];
        for (uint32_t k = 0; k < field->value_count; k++) {
            free(field->values[k].from);
            free(field->values[k].to);
        }
        free(field->values);
        for (uint32_t k = 0; k < field->column_count; k++) {
            free(field->columns[k]);
        }
        free(field->columns);
        free(field->join);
        free(field->unlisted);
        free(field->constant);
        free(field->empty);
        free(field->otherwise);
    }
    zone_free(map->zone);
    free(map->zone_name);
    free(map->time_format);
    free(map->system);
    free(map);
    return NULL;
}

/* ---- cells ---- */

const char *import_map_cell(const struct import_field *field, const char *cell)
{
    if (field->constant != NULL) {
        return field->constant;
    }
    struct text wanted = blank_trim(text_of(cell));
    for (uint32_t i = 0; i < field->value_count; i++) {
        if (text_equal(blank_trim(text_of(field->values[i].from)), wanted)) {
            return field->values[i].to;
        }
    }
    if (wanted.size == 0) {
        return field->empty == NULL ? "" : field->empty;
    }
    return field->otherwise == NULL ? cell : field->otherwise;
}

int import_map_instant(const struct import_map *map, const struct zone *district, const char *text, int64_t *ret_at_ms)
{
    const struct zone *zone = map->zone == NULL ? district : map->zone;
    return map->time_format == NULL ? local_time_read(text, zone, ret_at_ms)
                                    : local_time_parse(map->time_format, zone, text, ret_at_ms);
}
