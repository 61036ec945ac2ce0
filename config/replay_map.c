/* replay_map.c - how the columns of somebody's request file become cases of a district */
#include "config/replay_map.h"

#include "base/i18n.h"
#include "config/clock_span.h"
#include "config/file.h"
#include "config/local_time.h"
#include "config/matters.h"
#include "config/table.h"
#include "config/units.h"
#include "config/words.h"
#include "config/yaml_file.h"
#include "proto/blank.h"
#include "proto/enum_set.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the shape of the file ---- */

struct raw_channel {
    char *from, *to;
};
struct raw_time {
    char *format, *zone;
};
struct raw {
    struct raw_time time;
    char *unlisted, *unlisted_place;
    char *zone, *district, *desk, *units, *matters, *community_name, *ward_prefix, *kind, *anonymous, *answer_code, *answer_default,
        *channel_default, *until;
    struct replay_columns columns;
    struct raw_channel *channels;
    unsigned channels_count;
};

#define TEXT(type, member)                                                                                                         \
    CYAML_FIELD_STRING_PTR(#member, CYAML_FLAG_OPTIONAL | CYAML_FLAG_POINTER_NULL, struct type, member, 0, CYAML_UNLIMITED)

static const cyaml_schema_field_t column_fields[] = {
    TEXT(replay_columns, id),     TEXT(replay_columns, opened),  TEXT(replay_columns, target),     TEXT(replay_columns, closed),
    TEXT(replay_columns, street), TEXT(replay_columns, ward),    TEXT(replay_columns, department), TEXT(replay_columns, field),
    TEXT(replay_columns, type),   TEXT(replay_columns, channel), TEXT(replay_columns, answer),     CYAML_FIELD_END};
static const cyaml_schema_field_t channel_fields[] = {TEXT(raw_channel, from), TEXT(raw_channel, to), CYAML_FIELD_END};
static const cyaml_schema_value_t channel_schema = {CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct raw_channel, channel_fields)};
static const cyaml_schema_field_t time_fields[] = {TEXT(raw_time, format), TEXT(raw_time, zone), CYAML_FIELD_END};
static const cyaml_schema_field_t fields[] = {
    CYAML_FIELD_MAPPING("time", CYAML_FLAG_OPTIONAL, struct raw, time, time_fields),
    TEXT(raw, unlisted),
    TEXT(raw, unlisted_place),
    TEXT(raw, zone),
    TEXT(raw, district),
    TEXT(raw, desk),
    TEXT(raw, units),
    TEXT(raw, matters),
    TEXT(raw, community_name),
    TEXT(raw, ward_prefix),
    TEXT(raw, kind),
    TEXT(raw, anonymous),
    TEXT(raw, answer_code),
    TEXT(raw, answer_default),
    TEXT(raw, channel_default),
    TEXT(raw, until),
    CYAML_FIELD_MAPPING("columns", CYAML_FLAG_OPTIONAL, struct raw, columns, column_fields),
    CYAML_FIELD_SEQUENCE("channels", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct raw, channels, &channel_schema, 0, 100),
    CYAML_FIELD_END};
static const cyaml_schema_value_t schema = {CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct raw, fields)};

/* ---- from texts to values ---- */

struct reader {
    const char *folder; /* of the map */
    struct yaml yaml;
    const struct raw *raw;
    struct faults *faults;
    struct replay_map *map;
};

static void missing(const struct reader *reader, const char *key, const char *wanted)
{
    faults_add(reader->faults, reader->yaml.tree.file, 0, 0, "key `%s` is missing; write %s", key, wanted);
}

static void read_code(const struct reader *reader, const char *key, const char *text, struct code *ret)
{
    const char *why = code_parse(text, ret);
    if (why == NULL && units_find(reader->map->units, reader->map->unit_count, ret) < 0 && reader->map->units != NULL) {
        why = _("no such unit; write a code of the units' file");
    }
    if (why != NULL) {
        yaml_fault(&reader->yaml, reader->faults, key, "`%s: %s`: %s", key, text, why);
    }
}

/* Value of an enum; `fallback` where the text is NULL. */
static int read_enum(const struct reader *reader, const char *path, const char *text, const struct enum_shape *shape, int fallback)
{
    if (text == NULL) {
        return fallback;
    }
    int found = enum_find(shape, text_of(text));
    if (found >= 0) {
        return found;
    }
    char known[200];
    enum_set_print(shape, ENUM_SET_ALL, ", ", known, sizeof(known));
    yaml_fault(&reader->yaml, reader->faults, path, "`%s: %s`: write one of %s", path, text, known);
    return fallback;
}

/* Copies a text where there is one; false: no memory. */
static bool copy(const char *text, char **ret)
{
    *ret = text != NULL ? strdup(text) : NULL;
    return text == NULL || *ret != NULL;
}

static int read_columns(const struct reader *reader)
{
    const struct replay_columns *from = &reader->raw->columns;
    struct replay_columns *to = &reader->map->columns;
    if (!copy(from->id, &to->id) || !copy(from->opened, &to->opened) || !copy(from->target, &to->target) ||
        !copy(from->closed, &to->closed) || !copy(from->street, &to->street) || !copy(from->ward, &to->ward) ||
        !copy(from->department, &to->department) || !copy(from->field, &to->field) || !copy(from->type, &to->type) ||
        !copy(from->channel, &to->channel) || !copy(from->answer, &to->answer)) {
        return -ENOMEM;
    }
    if (to->id == NULL) {
        missing(reader, "columns.id", "the name of the column with the request's number");
    }
    if (to->opened == NULL) {
        missing(reader, "columns.opened", "the name of the column with the local time of the request");
    }
    if (to->ward != NULL && to->street == NULL) {
        missing(reader, "columns.street", "the name of the column with the street, since `columns.ward` is there");
    }
    return 0;
}

static int read_channels(const struct reader *reader)
{
    struct replay_map *map = reader->map;
    map->channel_default = (enum channel)read_enum(reader, "channel_default", reader->raw->channel_default, &channel_enum, 0);
    map->channels = calloc(reader->raw->channels_count + 1u, sizeof(*map->channels));
    if (map->channels == NULL) {
        return -ENOMEM;
    }
    for (unsigned i = 0; i < reader->raw->channels_count; i++) {
        const struct raw_channel *raw = &reader->raw->channels[i];
        char path[32];
        snprintf(path, sizeof(path), "channels.%u", i);
        if (raw->from == NULL || raw->to == NULL) {
            yaml_fault(&reader->yaml, reader->faults, path, "a channel needs both halves; write {from: a spelling, to: a channel}");
            continue;
        }
        snprintf(path, sizeof(path), "channels.%u.to", i);
        struct replay_channel *channel = &map->channels[map->channel_count];
        channel->channel = (enum channel)read_enum(reader, path, raw->to, &channel_enum, 0);
        if (!copy(raw->from, &channel->spelling)) {
            return -ENOMEM;
        }
        map->channel_count++;
    }
    return 0;
}

static int read_zone(const struct reader *reader)
{
    const struct raw *raw = reader->raw;
    const char *name = raw->time.zone != NULL ? raw->time.zone : raw->zone, *path = raw->time.zone != NULL ? "time.zone" : "zone";
    if (!copy(raw->time.format, &reader->map->time_format)) {
        return -ENOMEM;
    }
    if (name == NULL) {
        missing(reader, "zone", "the IANA time zone of the local times, as `America/New_York`");
        return 0;
    }
    if (!copy(name, &reader->map->zone_name)) {
        return -ENOMEM;
    }
    int rc = zone_load(NULL, name, &reader->map->zone);
    if (rc < 0 && rc != -ENOMEM) {
        yaml_fault(&reader->yaml, reader->faults, path,
                   "`zone: %s` is not known; write an IANA time zone, as `America/New_York`, and install the package tzdata", name);
    }
    return rc == -ENOMEM ? rc : 0;
}

static int read_tables(const struct reader *reader)
{
    struct table *table = NULL;
    int rc = table_load(reader->folder, reader->raw->units != NULL ? reader->raw->units : "units.csv", reader->faults, &table);
    if (rc == 0) {
        struct unit_list units;
        table_trim(table);
        rc = units_read(table, NULL, reader->faults, &units);
        reader->map->units = units.at;
        reader->map->unit_count = units.count;
        free(units.lines);
        table_free(table);
    }
    if (rc == -ENOMEM) {
        return rc;
    }
    rc = table_load(reader->folder, reader->raw->matters != NULL ? reader->raw->matters : "matters.csv", reader->faults, &table);
    if (rc == 0) {
        struct matter_list matters;
        table_trim(table);
        rc = matters_read(table, reader->faults, &matters);
        reader->map->matters = matters.at;
        reader->map->matter_count = matters.count;
        table_free(table);
    }
    return rc == -ENOMEM ? rc : 0;
}

static int read_words(const struct reader *reader)
{
    const struct raw *raw = reader->raw;
    struct replay_map *map = reader->map;
    if (raw->district != NULL) {
        read_code(reader, "district", raw->district, &map->district);
    } else {
        missing(reader, "district", "the code of the district's own unit");
    }
    map->desk = map->district;
    if (raw->desk != NULL) {
        read_code(reader, "desk", raw->desk, &map->desk);
    }
    map->kind = (enum case_kind)read_enum(reader, "kind", raw->kind, &case_kind_enum, CASE_KIND_REQUEST);
    map->answer_code = (enum answer_code)read_enum(reader, "answer_code", raw->answer_code, &answer_code_enum, ANSWER_CODE_SOLVED);
    if (raw->unlisted != NULL && strcmp(raw->unlisted, "unknown") != 0) {
        yaml_fault(
            &reader->yaml, reader->faults, "unlisted",
            "`unlisted: %s`: write `unknown`, or leave the key out: rows with a matter that the district does not have are refused "
            "then",
            raw->unlisted);
    }
    map->unlisted_matter = raw->unlisted != NULL;
    if (raw->unlisted_place != NULL) {
        read_code(reader, "unlisted_place", raw->unlisted_place, &map->unlisted_place);
    }
    const char *why = raw->anonymous != NULL ? switch_parse(raw->anonymous, &map->anonymous) : NULL;
    if (why != NULL) {
        yaml_fault(&reader->yaml, reader->faults, "anonymous", "`anonymous: %s`: %s", raw->anonymous, why);
    }
    const char *name = raw->community_name != NULL ? raw->community_name : "{street}, {ward}";
    if (strstr(name, "{street}") == NULL || strstr(name, "{ward}") == NULL) {
        yaml_fault(&reader->yaml, reader->faults, "community_name", "`community_name: %s`: write a text with {street} and {ward}",
                   name);
    }
    bool copied = copy(name, &map->community_name) && copy(raw->ward_prefix != NULL ? raw->ward_prefix : "", &map->ward_prefix) &&
                  copy(raw->answer_default != NULL ? raw->answer_default : "-", &map->answer_default);
    return copied ? 0 : -ENOMEM;
}

static int read_all(const struct reader *reader)
{
    int rc = read_tables(reader);
    if (rc == 0) {
        rc = read_words(reader);
    }
    if (rc == 0) {
        rc = read_columns(reader);
    }
    if (rc == 0) {
        rc = read_channels(reader);
    }
    if (rc == 0) {
        rc = read_zone(reader);
    }
    const char *until = reader->raw->until;
    if (rc < 0 || until == NULL || !until[0] || reader->map->zone == NULL) {
        return rc;
    }
    reader->map->until_given = true;
    if (replay_map_instant(reader->map, until, &reader->map->until_at_ms) < 0) {
        yaml_fault(&reader->yaml, reader->faults, "until", "`until: %s` is not a local time; write it as 2011-10-01 00:00:00",
                   until);
    }
    return 0;
}

int replay_map_load(const char *file, struct faults *faults, struct replay_map **ret)
{
    faults_init(faults);
    char *data = NULL;
    size_t size = 0;
    const char *slash = strrchr(file, '/');
    const char *base = slash != NULL ? slash + 1 : file;
    char *folder = slash != NULL ? strndup(file, slash == file ? 1 : (size_t)(slash - file)) : strdup(".");
    struct reader reader = {.folder = folder, .faults = faults, .map = calloc(1, sizeof(*reader.map))};
    int rc = folder != NULL && reader.map != NULL ? file_read(folder, base, faults, &data, &size) : -ENOMEM;
    if (rc == 0) {
        rc = yaml_parse(base, data, size, &schema, faults, &reader.yaml);
    }
    free(data);
    if (rc == 0) {
        reader.raw = reader.yaml.data;
        rc = read_all(&reader);
        yaml_deinit(&reader.yaml);
    }
    free(folder);
    faults_sort(faults);
    if (rc == 0 && faults_total(faults) > 0) {
        rc = -EINVAL;
    }
    if (rc < 0) {
        replay_map_free(reader.map);
        return rc;
    }
    *ret = reader.map;
    return 0;
}

struct replay_map *replay_map_free(struct replay_map *map)
{
    if (map == NULL) {
        return NULL;
    }
    char *const texts[] = {map->columns.id,     map->columns.opened,  map->columns.target,     map->columns.closed,
                           map->columns.street, map->columns.ward,    map->columns.department, map->columns.field,
                           map->columns.type,   map->columns.channel, map->columns.answer,     map->zone_name,
                           map->time_format,    map->answer_default,  map->community_name,     map->ward_prefix};
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        free(texts[i]);
    }
    for (uint32_t i = 0; i < map->channel_count; i++) {
        free(map->channels[i].spelling);
    }
    free(map->channels);
    units_free(map->units, map->unit_count);
    matters_free(map->matters, map->matter_count);
    zone_free(map->zone);
    free(map);
    return NULL;
}

/* ---- looking up ---- */

/* What one sees of the text. */
static struct text trim(const char *text)
{
    return blank_trim(text_of(text));
}

static bool same(const char *name, struct text text)
{
    return strlen(name) == text.size && memcmp(name, text.at, text.size) == 0;
}

int32_t replay_map_street(const struct replay_map *map, const char *name)
{
    struct text wanted = trim(name);
    for (uint32_t i = 0; wanted.size > 0 && i < map->unit_count; i++) {
        if (map->units[i].tier == UNIT_TIER_STREET && map->units[i].class == UNIT_CLASS_GOVERNMENT &&
            same(map->units[i].name, wanted)) {
            return (int32_t)i;
        }
    }
    return -1;
}

/* Puts `with` where `place` stands in `text`. */
static void fill(char *text, size_t size, const char *place, struct text with)
{
    char *at = strstr(text, place);
    if (at == NULL) {
        return;
    }
    char *rest = strdup(at + strlen(place));
    if (rest != NULL) {
        snprintf(at, size - (size_t)(at - text), "%.*s%s", (int)with.size, with.at, rest);
    }
    free(rest);
}

int32_t replay_map_community(const struct replay_map *map, int32_t street, const char *ward)
{
    struct text wanted = trim(ward);
    size_t prefix = strlen(map->ward_prefix);
    if (prefix > 0 && wanted.size >= prefix && memcmp(wanted.at, map->ward_prefix, prefix) == 0) {
        wanted = (struct text){wanted.at + prefix, wanted.size - (uint32_t)prefix};
    }
    while (wanted.size > 1 && wanted.at[0] == '0') {
        wanted = (struct text){wanted.at + 1, wanted.size - 1};
    }
    if (street < 0 || wanted.size == 0) {
        return -1;
    }
    char name[2048];
    snprintf(name, sizeof(name), "%s", map->community_name);
    fill(name, sizeof(name), "{ward}", wanted);
    fill(name, sizeof(name), "{street}", text_of(map->units[street].name));
    for (uint32_t i = 0; i < map->unit_count; i++) {
        if (map->units[i].parent == street && map->units[i].tier == UNIT_TIER_COMMUNITY && strcmp(map->units[i].name, name) == 0) {
            return (int32_t)i;
        }
    }
    return -1;
}

int32_t replay_map_department(const struct replay_map *map, const char *name)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-";
    struct text text = trim(name);
    char clean[CODE_SIZE];
    struct code code;
    if (text.size == 0 || text.size > sizeof(clean)) {
        return -1;
    }
    for (uint32_t i = 0; i < text.size; i++) {
        clean[i] = memchr(allowed, text.at[i], sizeof(allowed) - 1) != NULL ? text.at[i] : '_';
    }
    int32_t found = code_make(clean, text.size, &code) ? units_find(map->units, map->unit_count, &code) : -1;
    return found >= 0 && map->units[found].class == UNIT_CLASS_DEPARTMENT ? found : -1;
}

bool replay_map_matter(const struct replay_map *map, const char *field, const char *type, struct code *ret)
{
    struct text wanted_field = trim(field), wanted_type = trim(type);
    for (uint32_t i = 0; i < map->matter_count; i++) {
        if (same(map->matters[i].name, wanted_type) && same(map->matters[i].field, wanted_field)) {
            return *ret = map->matters[i].code, true;
        }
    }
    *ret = (struct code){"unknown"};
    return false;
}

bool replay_map_channel(const struct replay_map *map, const char *spelling, enum channel *ret)
{
    struct text wanted = trim(spelling);
    for (uint32_t i = 0; i < map->channel_count; i++) {
        if (same(map->channels[i].spelling, wanted)) {
            return *ret = map->channels[i].channel, true;
        }
    }
    *ret = map->channel_default;
    return wanted.size == 0;
}

int replay_map_instant(const struct replay_map *map, const char *text, int64_t *ret_at_ms)
{
    struct text in = trim(text);
    if (in.size == 0) {
        return -ENODATA;
    }
    char text_only[128];
    if (in.size >= sizeof(text_only)) {
        return -EINVAL;
    }
    memcpy(text_only, in.at, in.size);
    text_only[in.size] = '\0';
    if (map->time_format != NULL) {
        return local_time_parse(map->time_format, map->zone, text_only, ret_at_ms);
    }
    struct civil civil;
    int32_t offset_s;
    bool form = in.size == 16 || in.size == 19; /* no parts of a second */
    if (!form || instant_read(text_only, &civil, &offset_s) != INSTANT_LOCAL) {
        return -EINVAL;
    }
    int64_t at_ms;
    if (zone_instant(map->zone, &civil, &at_ms) == CIVIL_GAP) {
        return -ERANGE;
    }
    *ret_at_ms = at_ms;
    return 0;
}
