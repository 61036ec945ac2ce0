/* engine_district.c - the district of the engine's tests, built in memory: the loader has tests of its own. */
#include "tests/engine/engine_district.h"

#include "config/zone.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#define NATURAL(ms) ((struct span){TIME_KIND_NATURAL, (ms)})

#define HOUR INT64_C(3600000)
#define DAY (24 * HOUR)

struct unit_line {
    const char *code;
    enum unit_tier tier;
    enum unit_class class;
    int parent;
};

/* Sorted by code, as the loader does. */
static const struct unit_line lines[] = {
    {"D", UNIT_TIER_DISTRICT, UNIT_CLASS_GOVERNMENT, -1},    {"DESK", UNIT_TIER_DISTRICT, UNIT_CLASS_SECTION, 0},
    {"LAMPS", UNIT_TIER_DISTRICT, UNIT_CLASS_DEPARTMENT, 0}, {"ROADS", UNIT_TIER_DISTRICT, UNIT_CLASS_DEPARTMENT, 0},
    {"S1", UNIT_TIER_STREET, UNIT_CLASS_GOVERNMENT, 0},      {"S1-C1", UNIT_TIER_COMMUNITY, UNIT_CLASS_COMMITTEE, 4},
    {"S1-C1-G1", UNIT_TIER_GRID, UNIT_CLASS_COMMITTEE, 5},   {"S2", UNIT_TIER_STREET, UNIT_CLASS_GOVERNMENT, 0},
    {"S2-C1", UNIT_TIER_COMMUNITY, UNIT_CLASS_COMMITTEE, 7},
};
#define UNITS (sizeof(lines) / sizeof(lines[0]))

static void make_units(struct district *district)
{
    district->units = calloc(UNITS, sizeof(*district->units));
    district->unit_count = UNITS;
    for (size_t i = 0; i < UNITS; i++) {
        struct unit *unit = &district->units[i];

        ck_assert(code_make(lines[i].code, strlen(lines[i].code), &unit->code));
        unit->name = strdup(lines[i].code);
        unit->tier = lines[i].tier;
        unit->class = lines[i].class;
        unit->parent = lines[i].parent;
        unit->accountable = (int32_t)i;
        unit->seconded_by = unit->deputy = unit->successor = unit->street_desk = unit->desk_of = -1;
    }
    district->district_unit = 0;
    district->desk_unit = 1;
}

/* M1 is led by the street of the place, M2 by the community; all others go to the desk. */
static void make_list(struct district *district)
{
    static const char *const codes[] = {"M1", "M2", "M3"};

    district->matters = calloc(3, sizeof(*district->matters));
    district->matter_count = 3;
    for (int i = 0; i < 3; i++) {
        ck_assert(code_make(codes[i], 2, &district->matters[i].code));
        district->matters[i].name = strdup(codes[i]);
        district->matters[i].field = strdup("field");
    }
    district->rows = calloc(2, sizeof(*district->rows));
    district->row_count = 2;
    for (int i = 0; i < 2; i++) {
        district->rows[i] = (struct catalogue_row){.row = (uint32_t)i + 1, .matter = i, .place = -1};
        district->rows[i].lead = (struct selector){.kind = SELECT_TIER, .tier = i == 0 ? UNIT_TIER_STREET : UNIT_TIER_COMMUNITY};
        district->rows[i].basis = strdup("");
    }
}

static void make_policy(struct policy *policy)
{
    code_make("D", 1, &policy->district);
    code_make("DESK", 4, &policy->desk);
    policy->zone_name = strdup("Asia/Shanghai");
    policy->month_start = 1;
    for (int i = 0; i < URGENCY_COUNT; i++) {
        policy->handle[i] = NATURAL(5 * DAY);
    }
    policy->second_round = NATURAL(2 * DAY);
    policy->last_round = NATURAL(2 * DAY);
    policy->take_over_floor = NATURAL(DAY);
    policy->send_back_floor = NATURAL(DAY);
    policy->call_finish = NATURAL(3 * DAY);
    policy->claim_ms = HOUR / 2;
    policy->late_ms = HOUR;
    policy->rungs[RUNG_YELLOW] = (struct rung_policy){.on = true, .percent = 80};
    policy->rungs[RUNG_RED] = (struct rung_policy){.on = true, .span = NATURAL(1)};
    policy->rounds = 3;
    policy->reopen_window_ms = 30 * DAY;
    policy->followup = FOLLOWUP_MODE_NEVER;
    policy->credit_basically_ppm = 900000;
    policy->credit_partly_ppm = 500000;
    policy->min_n = 10;
}

/* A table of sixty years: made once, and borrowed by every district. */
static struct calendar *always;

struct district *engine_district_make(char fill)
{
    struct district *district = calloc(1, sizeof(*district));

    ck_assert_ptr_nonnull(district);
    memset(district->hash, fill, 64);
    district->catalogue_version = strdup("1");
    make_units(district);
    make_list(district);
    make_policy(&district->policy);
    ck_assert_int_eq(zone_load(NULL, "Asia/Shanghai", &district->zone), 0);
    if (always == NULL) {
        ck_assert_int_eq(calendar_build_always("Asia/Shanghai", &always), 0);
    }
    district->calendars = calloc(CAP_CALENDARS, sizeof(struct calendar *));
    district->calendars[0] = always;
    district->calendar_count = 1;
    return district;
}

void engine_district_unmake(struct district *district)
{
    if (district == NULL) {
        return;
    }
    for (uint32_t i = 0; i < district->unit_count; i++) {
        free(district->units[i].name);
    }
    for (uint32_t i = 0; i < district->matter_count; i++) {
        free(district->matters[i].name);
        free(district->matters[i].field);
    }
    for (uint32_t i = 0; i < district->row_count; i++) {
        free(district->rows[i].basis);
    }
    free(district->units);
    free(district->matters);
    free(district->rows);
    free(district->catalogue_version);
    free(district->policy.zone_name);
    zone_free(district->zone);
    free(district->calendars);
    free(district);
}
