/* loader.c - reads and checks the folder that says what a district is */
#include "config/loader.h"

#include "config/calendars.h"
#include "config/catalogue.h"
#include "config/district_index.h"
#include "config/file.h"
#include "config/matters.h"
#include "config/policy.h"
#include "config/table.h"
#include "config/tree.h"
#include "config/units.h"
#include "config/words.h"
#include "config/zone.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum part { PART_POLICY, PART_UNITS, PART_MATTERS, PART_CATALOGUE, PART_COUNT };

static const char *const part_names[PART_COUNT] = {"policy.yaml", "units.csv", "matters.csv", "catalogue.csv"};

/* What is being put together. */
struct build {
    struct faults *faults;
    struct district *district;
    char *data[PART_COUNT]; /* bytes of the files; NULL: could not be read */
    size_t size[PART_COUNT];
    struct yaml yaml; /* of the policy; data NULL when it could not be read */
    struct calendars calendars;
    struct unit_list units;
    struct matter_list matters;
    struct catalogue_rows rows;
};

static int read_policy(struct build *build)
{
    struct policy policy = {0};
    char *version = NULL;
    int rc = policy_parse(part_names[PART_POLICY], build->data[PART_POLICY], build->size[PART_POLICY], build->faults, &policy,
                          &version, &build->yaml);
    if (rc < 0) {
        return rc;
    }
    build->district->policy = policy;
    build->district->catalogue_version = version;
    if (policy.zone_name == NULL) {
        return 0;
    }
    rc = zone_load(NULL, policy.zone_name, &build->district->zone);
    if (rc < 0 && rc != -ENOMEM) {
        yaml_fault(&build->yaml, build->faults, "zone", "`zone: %s` %s", policy.zone_name, zone_why(rc));
    }
    return rc == -ENOMEM ? rc : 0;
}

/* Is there a calendar by which working time can be counted? A file that could not be read is no reason to say that there is none.
 */
static bool has_calendar(const struct build *build)
{
    return build->calendars.count > 1 || !build->calendars.listed;
}

/* The calendars come into the district. */
static int take_calendars(struct build *build)
{
    struct calendars *calendars = &build->calendars;
    struct district *district = build->district;
    district->calendars = calloc(calendars->count, sizeof(*district->calendars));
    if (district->calendars == NULL) {
        return -ENOMEM;
    }
    for (uint32_t i = 0; i < calendars->count; i++) {
        district->calendars[i] = calendars->at[i];
        calendars->at[i] = NULL;
    }
    district->calendar_count = calendars->count;
    return 0;
}

/* Reads one table with `read`; faults are no failure here. */
static int read_tables(struct build *build)
{
    for (enum part part = PART_UNITS; part < PART_COUNT; part++) {
        if (build->data[part] == NULL) {
            continue;
        }
        struct table *table = NULL;
        int rc = table_parse(part_names[part], build->data[part], build->size[part], build->faults, &table);
        if (rc == -ENOMEM) {
            return rc;
        }
        if (rc < 0) {
            continue;
        }
        table_trim(table);
        if (part == PART_UNITS) {
            rc = units_read(table, &build->calendars, build->faults, &build->units);
        } else if (part == PART_MATTERS) {
            rc = matters_read(table, build->faults, &build->matters);
        }
        /* Without units or matters each of its rows would be a fault that says nothing. */
        else if (build->units.at != NULL && build->matters.at != NULL) {
            rc = catalogue_read(table, &build->units, &build->matters, has_calendar(build), build->faults, &build->rows);
        }
        table_free(table);
        if (rc == -ENOMEM) {
            return rc;
        }
    }
    return 0;
}

/* Is this unit the top of a tree beside the district? What has a wrong parent has been told so already, and what stands below is
 * not to be repeated. */
static bool outside(const struct district *district, const struct tree *tree, int32_t i)
{
    const struct unit *unit = &district->units[i];
    int32_t top = district->district_unit;
    if (unit->class == UNIT_CLASS_EXTERNAL || tree_within(tree, i, top) || tree_within(tree, top, i)) {
        return false;
    }
    bool may_be_top = unit->class == UNIT_CLASS_GOVERNMENT && unit->tier <= UNIT_TIER_DISTRICT;
    return unit->parent < 0 ? may_be_top : tree_within(tree, top, unit->parent);
}

static int check_outside(struct build *build)
{
    const struct district *district = build->district;
    struct tree tree;
    char text[CODE_SIZE + 1];
    int rc = tree_make(district->units, district->unit_count, &tree);
    if (rc < 0) {
        return rc;
    }
    for (uint32_t i = 0; i < district->unit_count; i++) {
        if (outside(district, &tree, (int32_t)i)) {
            faults_add(build->faults, part_names[PART_UNITS], build->units.lines[i], 0,
                       "`%s` does not stand below the district; write a parent below it, or class external",
                       code_text(&district->units[i].code, text));
        }
    }
    tree_deinit(&tree);
    return 0;
}

static void check_in_service(struct build *build, const char *key, int32_t unit)
{
    char code[CODE_SIZE + 1], next[CODE_SIZE + 1];
    int32_t successor = district_in_service(build->district, unit);
    if (successor != unit) {
        yaml_fault(&build->yaml, build->faults, key, "`%s: %s` is retired; write its successor `%s`", key,
                   code_text(&build->district->units[unit].code, code), code_text(&build->district->units[successor].code, next));
    }
}

/* Who leads what the desk has not routed in time is a unit that can lead: in service, of the district, no property company. */
static void check_fallback(struct build *build)
{
    const struct district *district = build->district;
    for (int urgency = 0; urgency < URGENCY_COUNT; urgency++) {
        const struct code *code = &district->policy.fallback[urgency];
        char key[32], text[CODE_SIZE + 1];
        if (code_empty(code)) {
            continue;
        }
        int32_t unit = district_unit_find(district, code);
        snprintf(key, sizeof(key), "fallback.%s", enum_name(&urgency_enum, urgency));
        code_text(code, text);
        if (unit < 0) {
            yaml_fault(&build->yaml, build->faults, key, "`%s: %s` is not a unit of units.csv; add it there, or name another", key,
                       text);
        } else if (!district_may_lead(district, unit)) {
            yaml_fault(&build->yaml, build->faults, key,
                       "`%s: %s` is an external unit or a property company, which cannot lead a case; name another", key, text);
        } else {
            check_in_service(build, key, unit);
        }
    }
}

/* What can only be said with the policy and the units together. */
static int check_together(struct build *build)
{
    struct district *district = build->district;
    const struct policy *policy = &district->policy;
    char text[CODE_SIZE + 1];
    district->district_unit = district->desk_unit = -1;
    if (build->yaml.data == NULL || district->units == NULL || code_empty(&policy->district)) {
        return 0;
    }
    district->district_unit = district_unit_find(district, &policy->district);
    code_text(&policy->district, text);
    if (district->district_unit < 0) {
        yaml_fault(&build->yaml, build->faults, "district", "`district: %s` is not a unit of units.csv; add it there", text);
        return 0;
    }
    check_in_service(build, "district", district->district_unit);
    const struct unit *unit = &district->units[district->district_unit];
    if (unit->tier != UNIT_TIER_DISTRICT || unit->class != UNIT_CLASS_GOVERNMENT) {
        yaml_fault(&build->yaml, build->faults, "district",
                   "`district: %s` has tier %s and class %s; write the unit with tier district and class government", text,
                   enum_name(&unit_tier_enum, (int)unit->tier), enum_name(&unit_class_enum, (int)unit->class));
        return 0;
    }
    if (!code_empty(&policy->desk)) {
        district->desk_unit = district_unit_find(district, &policy->desk);
        code_text(&policy->desk, text);
        if (district->desk_unit < 0) {
            yaml_fault(&build->yaml, build->faults, "desk",
                       "`desk: %s` is not a unit of units.csv; add it there, or leave `desk` out", text);
        } else if (district->desk_unit != district->district_unit &&
                   (district->units[district->desk_unit].class != UNIT_CLASS_SECTION ||
                    district->units[district->desk_unit].parent != district->district_unit)) {
            yaml_fault(&build->yaml, build->faults, "desk",
                       "`desk: %s` is neither the district nor a section of it; write one of these", text);
        } else {
            check_in_service(build, "desk", district->desk_unit);
        }
    }
    check_fallback(build);
    return check_outside(build);
}

static void hash_part(crypto_generichash_state *state, const char *name, const void *data, size_t size)
{
    unsigned char length[8];
    for (uint32_t i = 0; i < 8; i++) {
        length[i] = (unsigned char)((uint64_t)size >> (8 * i));
    }
    crypto_generichash_update(state, (const unsigned char *)name, strlen(name) + 1);
    crypto_generichash_update(state, length, sizeof(length));
    crypto_generichash_update(state, data, size);
}

/* Calendars, only where a file names some: so a district without them keeps its hash. A calendar's own hash covers its zone. */
static void hash_calendars(crypto_generichash_state *state, const struct build *build)
{
    const struct calendars *calendars = &build->calendars;
    if (calendars->data == NULL) {
        return;
    }
    hash_part(state, CALENDARS_FILE, calendars->data, calendars->size);
    for (uint32_t i = 0; i < calendars->file_count; i++) {
        hash_part(state, calendars->files[i].name, calendars->files[i].data, calendars->files[i].size);
    }
    for (uint32_t i = 0; i < build->district->calendar_count; i++) {
        const char *hash = build->district->calendars[i]->hash;
        hash_part(state, "calendar", hash, strlen(hash));
    }
}

/* Over names, sizes and bytes of the files in a fixed order, and over the zone's file: another tzdata is another configuration. */
static int make_hash(struct build *build)
{
    unsigned char hash[32];
    crypto_generichash_state state;
    crypto_generichash_init(&state, NULL, 0, sizeof(hash));
    for (enum part part = 0; part < PART_COUNT; part++) {
        hash_part(&state, part_names[part], build->data[part], build->size[part]);
    }
    size_t size;
    const void *data = zone_data(build->district->zone, &size);
    hash_part(&state, "zone", data, size);
    hash_calendars(&state, build);
    crypto_generichash_final(&state, hash, sizeof(hash));
    sodium_bin2hex(build->district->hash, sizeof(build->district->hash), hash, sizeof(hash));
    if (build->district->catalogue_version != NULL) {
        return 0;
    }
    /* A catalogue that nobody named is named by its content. */
    crypto_generichash(hash, sizeof(hash), (const unsigned char *)build->data[PART_CATALOGUE], build->size[PART_CATALOGUE], NULL,
                       0);
    char hex[13];
    sodium_bin2hex(hex, sizeof(hex), hash, 6);
    build->district->catalogue_version = strdup(hex);
    return build->district->catalogue_version != NULL ? 0 : -ENOMEM;
}

static int load(struct build *build, const char *folder)
{
    for (enum part part = 0; part < PART_COUNT; part++) {
        int rc = file_read(folder, part_names[part], build->faults, &build->data[part], &build->size[part]);
        if (rc == -ENOMEM) {
            return rc;
        }
    }
    int rc = build->data[PART_POLICY] != NULL ? read_policy(build) : 0;
    if (rc == -ENOMEM) {
        return rc;
    }
    struct district *district = build->district;
    rc = calendars_read(folder, district->zone != NULL ? district->policy.zone_name : NULL, build->faults, &build->calendars);
    if (rc == 0 && build->yaml.data != NULL && !has_calendar(build)) {
        policy_refuse_working_time(&build->yaml, build->faults);
    }
    if (rc == 0) {
        rc = read_tables(build);
    }
    if (rc < 0) {
        return rc;
    }
    district->units = build->units.at;
    district->unit_count = build->units.count;
    district->matters = build->matters.at;
    district->matter_count = build->matters.count;
    district->rows = build->rows.at;
    district->row_count = build->rows.count;
    district->row_keys = build->rows.keys;
    build->units.at = NULL;
    build->matters.at = NULL;
    build->rows = (struct catalogue_rows){0};
    if (district->units != NULL && district->matters != NULL && district->row_keys != NULL) {
        district->index = district_index_new(district);
        if (district->index == NULL) {
            return -ENOMEM;
        }
    }
    rc = check_together(build);
    if (rc < 0) {
        return rc;
    }
    if (faults_total(build->faults)) {
        return -EINVAL;
    }
    rc = take_calendars(build);
    return rc < 0 ? rc : make_hash(build);
}

int district_load(const char *folder, struct faults *faults, struct district **ret)
{
    faults_init(faults);
    if (sodium_init() < 0) {
        return -EIO;
    }
    struct build build = {.faults = faults, .district = calloc(1, sizeof(*build.district))};
    if (build.district == NULL) {
        return -ENOMEM;
    }
    int rc = load(&build, folder);
    faults_sort(faults);
    for (enum part part = 0; part < PART_COUNT; part++) {
        free(build.data[part]);
    }
    yaml_deinit(&build.yaml);
    calendars_deinit(&build.calendars);
    units_free(build.units.at, build.units.count);
    free(build.units.lines);
    matters_free(build.matters.at, build.matters.count);
    catalogue_free(&build.rows);
    if (rc < 0) {
        district_free(build.district);
        return rc;
    }
    *ret = build.district;
    return 0;
}

struct district *district_free(struct district *district)
{
    if (district == NULL) {
        return NULL;
    }
    free(district->catalogue_version);
    free(district->policy.zone_name);
    units_free(district->units, district->unit_count);
    matters_free(district->matters, district->matter_count);
    catalogue_free(&(struct catalogue_rows){district->row_count, district->rows, district->row_keys});
    district_index_free(district->index);
    zone_free(district->zone);
    for (uint32_t i = 0; i < district->calendar_count; i++) {
        calendar_free(district->calendars[i]);
    }
    free(district->calendars);
    free(district);
    return NULL;
}
