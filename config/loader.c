#include "config/loader.h"

#include "config/catalogue.h"
#include "config/file.h"
#include "config/matters.h"
#include "config/policy.h"
#include "config/table.h"
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
    struct unit_list units;
    struct matter_list matters;
};

static int read_policy(struct build *build)
{
    struct policy policy = {0};
    char *version = NULL;
    int r = policy_parse(part_names[PART_POLICY], build->data[PART_POLICY], build->size[PART_POLICY], build->faults, &policy,
                         &version, &build->yaml);
    if (r < 0)
        return r;
    build->district->policy = policy;
    build->district->catalogue_version = version;
    if (!policy.zone_name)
        return 0;
    r = zone_load(NULL, policy.zone_name, &build->district->zone);
    if (r < 0 && r != -ENOMEM)
        yaml_fault(&build->yaml, build->faults, "zone",
                   r == -EBADMSG ? "`zone: %s` is not a zone file; write an IANA time zone, as `Asia/Shanghai`"
                                 : "`zone: %s` is not known; write an IANA time zone, as "
                                   "`Asia/Shanghai`, and install the package tzdata",
                   policy.zone_name);
    if (r < 0)
        return r == -ENOMEM ? r : 0;
    build->district->calendars = calloc(LIMIT_CALENDARS, sizeof *build->district->calendars);
    if (!build->district->calendars)
        return -ENOMEM;
    r = calendar_build_always(policy.zone_name, &build->district->calendars[0]);
    build->district->calendar_count = r == 0;
    return r;
}

/* Reads one table with `read`; faults are no failure here. */
static int read_tables(struct build *build)
{
    for (enum part part = PART_UNITS; part < PART_COUNT; part++) {
        if (!build->data[part])
            continue;
        struct table *table = NULL;
        int r = table_parse(part_names[part], build->data[part], build->size[part], build->faults, &table);
        if (r == -ENOMEM)
            return r;
        if (r < 0)
            continue;
        table_trim(table);
        if (part == PART_UNITS)
            r = units_read(table, build->faults, &build->units);
        else if (part == PART_MATTERS)
            r = matters_read(table, build->faults, &build->matters);
        /* Without units or matters each of its rows would be a fault that says nothing. */
        else if (build->units.at && build->matters.at)
            r = catalogue_read(table, &build->units, &build->matters, build->faults, &build->district->rows,
                               &build->district->row_count);
        table_free(table);
        if (r == -ENOMEM)
            return r;
    }
    return 0;
}

/* Is this unit the top of a tree beside the district? What has a wrong parent has been told so already, and what stands below is
 * not to be repeated. */
static bool outside(const struct district *district, uint32_t i)
{
    const struct unit *unit = &district->units[i];
    if (unit->class == UNIT_CLASS_EXTERNAL || district_within(district, (int32_t)i, district->district_unit) ||
        district_within(district, district->district_unit, (int32_t)i))
        return false;
    bool may_be_top = unit->class == UNIT_CLASS_GOVERNMENT && unit->tier <= UNIT_TIER_DISTRICT;
    return unit->parent < 0 ? may_be_top : district_within(district, district->district_unit, unit->parent);
}

/* What can only be said with the policy and the units together. */
static void check_together(struct build *build)
{
    struct district *district = build->district;
    const struct policy *policy = &district->policy;
    char text[CODE_SIZE + 1];
    district->district_unit = district->desk_unit = -1;
    if (!build->yaml.data || !district->units || code_empty(&policy->district))
        return;
    district->district_unit = district_unit_find(district, &policy->district);
    code_text(&policy->district, text);
    if (district->district_unit < 0) {
        yaml_fault(&build->yaml, build->faults, "district", "`district: %s` is no unit of units.csv; add it there", text);
        return;
    }
    const struct unit *unit = &district->units[district->district_unit];
    if (unit->tier != UNIT_TIER_DISTRICT || unit->class != UNIT_CLASS_GOVERNMENT) {
        yaml_fault(&build->yaml, build->faults, "district",
                   "`district: %s` has tier %s and class %s; write the unit with tier district and class government", text,
                   enum_name(&unit_tier_enum, (int)unit->tier), enum_name(&unit_class_enum, (int)unit->class));
        return;
    }
    if (!code_empty(&policy->desk)) {
        district->desk_unit = district_unit_find(district, &policy->desk);
        code_text(&policy->desk, text);
        if (district->desk_unit < 0)
            yaml_fault(&build->yaml, build->faults, "desk", "`desk: %s` is no unit of units.csv; add it there, or leave `desk` out",
                       text);
        else if (district->desk_unit != district->district_unit &&
                 (district->units[district->desk_unit].class != UNIT_CLASS_SECTION ||
                  district->units[district->desk_unit].parent != district->district_unit))
            yaml_fault(&build->yaml, build->faults, "desk",
                       "`desk: %s` is neither the district nor a section of it; write one of these", text);
    }
    for (uint32_t i = 0; i < district->unit_count; i++)
        if (outside(district, i))
            faults_add(build->faults, part_names[PART_UNITS], build->units.lines[i], 0,
                       "`%s` does not stand below the district; write a parent below it, or class external",
                       code_text(&district->units[i].code, text));
}

static void hash_part(crypto_generichash_state *state, const char *name, const void *data, size_t size)
{
    unsigned char length[8];
    for (uint32_t i = 0; i < 8; i++)
        length[i] = (unsigned char)((uint64_t)size >> (8 * i));
    crypto_generichash_update(state, (const unsigned char *)name, strlen(name) + 1);
    crypto_generichash_update(state, length, sizeof length);
    crypto_generichash_update(state, data, size);
}

/* Over names, sizes and bytes of the files in a fixed order, and over the zone's file: another tzdata is another configuration. */
static int make_hash(struct build *build)
{
    unsigned char hash[32];
    crypto_generichash_state state;
    crypto_generichash_init(&state, NULL, 0, sizeof hash);
    for (enum part part = 0; part < PART_COUNT; part++)
        hash_part(&state, part_names[part], build->data[part], build->size[part]);
    size_t size;
    const void *data = zone_data(build->district->zone, &size);
    hash_part(&state, "zone", data, size);
    crypto_generichash_final(&state, hash, sizeof hash);
    sodium_bin2hex(build->district->hash, sizeof build->district->hash, hash, sizeof hash);
    if (build->district->catalogue_version)
        return 0;
    /* A catalogue that nobody named is named by its content. */
    crypto_generichash(hash, sizeof hash, (const unsigned char *)build->data[PART_CATALOGUE], build->size[PART_CATALOGUE], NULL, 0);
    char hex[13];
    sodium_bin2hex(hex, sizeof hex, hash, 6);
    build->district->catalogue_version = strdup(hex);
    return build->district->catalogue_version ? 0 : -ENOMEM;
}

static int load(struct build *build, const char *folder)
{
    for (enum part part = 0; part < PART_COUNT; part++) {
        int r = file_read(folder, part_names[part], build->faults, &build->data[part], &build->size[part]);
        if (r == -ENOMEM)
            return r;
    }
    int r = build->data[PART_POLICY] ? read_policy(build) : 0;
    if (r == -ENOMEM)
        return r;
    r = read_tables(build);
    if (r < 0)
        return r;
    struct district *district = build->district;
    district->units = build->units.at;
    district->unit_count = build->units.count;
    district->matters = build->matters.at;
    district->matter_count = build->matters.count;
    build->units.at = NULL;
    build->matters.at = NULL;
    check_together(build);
    return faults_total(build->faults) ? -EINVAL : make_hash(build);
}

int district_load(const char *folder, struct faults *faults, struct district **ret)
{
    faults_init(faults);
    if (sodium_init() < 0)
        return -EIO;
    struct build build = {.faults = faults, .district = calloc(1, sizeof *build.district)};
    if (!build.district)
        return -ENOMEM;
    int r = load(&build, folder);
    faults_sort(faults);
    for (enum part part = 0; part < PART_COUNT; part++)
        free(build.data[part]);
    yaml_deinit(&build.yaml);
    units_free(build.units.at, build.units.count);
    free(build.units.lines);
    matters_free(build.matters.at, build.matters.count);
    if (r < 0) {
        district_free(build.district);
        return r;
    }
    *ret = build.district;
    return 0;
}

struct district *district_free(struct district *district)
{
    if (!district)
        return NULL;
    free(district->catalogue_version);
    free(district->policy.zone_name);
    units_free(district->units, district->unit_count);
    matters_free(district->matters, district->matter_count);
    catalogue_free(district->rows, district->row_count);
    zone_free(district->zone);
    for (uint32_t i = 0; i < district->calendar_count; i++)
        calendar_free(district->calendars[i]);
    free(district->calendars);
    free(district);
    return NULL;
}
