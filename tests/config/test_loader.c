/*
 * test_loader.c - both districts as they are, and the small one with one thing wrong at a time: the sentence that a person would
 * read.
 */
#include "config/loader.h"
#include "config/matters.h"
#include "config/units.h"
#include "config/zone.h"
#include "tests/config/config_folder.h"
#include "tests/suite.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct faults faults;

static struct district *load(const char *folder)
{
    struct district *district = NULL;
    int rc = district_load(folder, &faults, &district);
    ck_assert_str_eq(config_folder_faults(&faults), "");
    ck_assert_int_eq(rc, 0);
    return district;
}

static int32_t unit(const struct district *district, const char *code)
{
    struct code wanted;
    ck_assert(code_make(code, strlen(code), &wanted));
    return district_unit_find(district, &wanted);
}

static int32_t matter(const struct district *district, const char *code)
{
    struct code wanted;
    ck_assert(code_make(code, strlen(code), &wanted));
    return district_matter_find(district, &wanted);
}

START_TEST(test_small_district)
{
    struct district *district = load(SOURCE_ROOT "/tests/small-district");
    ck_assert_uint_eq(district->unit_count, 18);
    ck_assert_uint_eq(district->matter_count, 6);
    ck_assert_uint_eq(district->row_count, 8);
    ck_assert_str_eq(district->catalogue_version, "2026-1");
    ck_assert_uint_eq(strlen(district->hash), 64);
    ck_assert_int_eq(district->district_unit, unit(district, "D1"));
    ck_assert_int_eq(district->desk_unit, unit(district, "D1-DESK"));
    ck_assert_str_eq(district->units[unit(district, "C11")].name, "湖滨社区");
    ck_assert_int_eq(district->units[unit(district, "G111")].parent, unit(district, "C11"));
    for (uint32_t i = 1; i < district->unit_count; i++) {
        ck_assert_int_lt(memcmp(&district->units[i - 1].code, &district->units[i].code, CODE_SIZE), 0);
    }
    /* A station counts for its street; the section that says so for itself; a department for itself. */
    ck_assert_int_eq(district->units[unit(district, "S1-POLICE")].accountable, unit(district, "S1"));
    ck_assert_int_eq(district->units[unit(district, "S1-SAFETY")].accountable, unit(district, "S1-SAFETY"));
    ck_assert_int_eq(district->units[unit(district, "URBAN")].accountable, unit(district, "URBAN"));
    ck_assert_int_eq(district->units[unit(district, "D1-DESK")].accountable, unit(district, "D1"));
    ck_assert_int_eq(unit(district, "NOBODY"), -1);
    ck_assert_int_eq(matter(district, "unknown"), -1);
    ck_assert_int_eq(district->matters[matter(district, "M06")].urgency, URGENCY_EMERGENCY);
    ck_assert_int_eq(district->matters[matter(district, "M01")].urgency, URGENCY_ORDINARY);
    ck_assert_str_eq(district->policy.fallback[URGENCY_EMERGENCY].s, "POWER");
    struct civil civil;
    zone_civil(district->zone, 0, &civil);
    ck_assert_int_eq(civil.hour, 8);
    ck_assert_ptr_null(district_free(district));
    ck_assert_ptr_null(district_free(NULL));
}
END_TEST

START_TEST(test_tree)
{
    struct district *district = load(SOURCE_ROOT "/tests/small-district");
    int32_t grid = unit(district, "G111"), street = unit(district, "S1"), top = unit(district, "D1");
    ck_assert(district_within(district, grid, street));
    ck_assert(district_within(district, street, street));
    ck_assert(!district_within(district, street, grid));
    ck_assert(!district_within(district, unit(district, "S2"), street));
    ck_assert(!district_within(district, unit(district, "CITY-RAIL"), top));
    ck_assert_int_eq(district_up_to(district, grid, UNIT_TIER_STREET), street);
    ck_assert_int_eq(district_up_to(district, grid, UNIT_TIER_GRID), grid);
    ck_assert_int_eq(district_up_to(district, street, UNIT_TIER_GRID), -1);
    ck_assert_int_eq(district_up_to(district, top, UNIT_TIER_CITY), -1);
    district_free(district);
}
END_TEST

static const struct {
    const char *matter, *place;
    uint32_t row; /* 0 = none */
    const char *lead;
} routes[] = {
    {"M01", "G111", 1, "S1"},      {"M01", "C22", 1, "S2"},   {"M01", "D1", 0, NULL}, /* no street above the district */
    {"M02", "D1", 2, "WATER"},     {"M03", "C11", 3, "S1"},   /* the row of the street goes before the row for any place */
    {"M03", "C21", 4, "URBAN"},    {"M05", "G111", 6, "C11"}, /* the row of the community */
    {"M05", "C12", 7, "C12"},      {"M05", "S1", 0, NULL},    /* a street has no community above it */
    {"M01", "S1-POLICE", 1, "S1"},                            /* the street itself, not the station with the street's tier */
    {"M01", "CITY-RAIL", 0, NULL},                            /* outside */
    {NULL, "C11", 0, NULL},                                   /* unknown matter, no row for any */
};

START_TEST(test_rows)
{
    struct district *district = load(SOURCE_ROOT "/tests/small-district");
    int32_t lead = -2;
    const struct catalogue_row *row = district_row(district, routes[_i].matter != NULL ? matter(district, routes[_i].matter) : -1,
                                                   unit(district, routes[_i].place), &lead);
    ck_assert_uint_eq(row ? row->row : 0, routes[_i].row);
    ck_assert_int_eq(lead, routes[_i].lead ? unit(district, routes[_i].lead) : -2);
    district_free(district);
}
END_TEST

START_TEST(test_row_content)
{
    struct district *district = load(SOURCE_ROOT "/tests/small-district");
    const struct catalogue_row *row = &district->rows[2];
    ck_assert_uint_eq(row->support_count, 2);
    ck_assert_int_eq(row->supports[1].unit, unit(district, "S1-SAFETY"));
    ck_assert_uint_eq(row->call_count, 1);
    ck_assert(row->limit[URGENCY_ORDINARY].kind == TIME_KIND_NATURAL_DAYS && row->limit[URGENCY_ORDINARY].amount == 4);
    ck_assert_int_eq(row->limit[URGENCY_URGENT].amount, 0);
    ck_assert_int_eq(row->limit[URGENCY_COMPLEX].amount, 20);
    ck_assert_str_eq(row->basis, "城乡规划法");
    row = &district->rows[1];
    ck_assert_int_eq(row->supports[1].kind, SELECT_TIER);
    ck_assert_int_eq(district_select(district, &row->supports[1], unit(district, "G211")), unit(district, "C21"));
    ck_assert_int_eq(district_select(district, &row->supports[1], unit(district, "S1")), -1);
    ck_assert_int_eq(district_select(district, &row->supports[1], -1), -1);
    district_free(district);
}
END_TEST

START_TEST(test_boston)
{
    struct district *district = load(SOURCE_ROOT "/config/boston");
    uint32_t streets = 0, communities = 0, departments = 0;
    for (uint32_t i = 0; i < district->unit_count; i++) {
        streets += district->units[i].tier == UNIT_TIER_STREET;
        communities += district->units[i].tier == UNIT_TIER_COMMUNITY;
        departments += district->units[i].class == UNIT_CLASS_DEPARTMENT;
        if (district->units[i].class == UNIT_CLASS_DEPARTMENT) {
            ck_assert_int_eq(district->units[i].parent, district->district_unit);
        }
    }
    ck_assert_uint_eq(streets, 23);
    ck_assert_uint_eq(departments, 10);
    ck_assert_uint_eq(streets + communities + departments + 1, district->unit_count);
    ck_assert_int_ge(unit(district, "No_Q"), 0);
    ck_assert_int_eq(district->desk_unit, district->district_unit);
    ck_assert_uint_eq(district->row_count, district->matter_count);
    const struct policy *policy = &district->policy;
    ck_assert(!policy->contact_required && !policy->evidence_required && !policy->rating && !policy->one_unit_guard);
    ck_assert_int_eq(policy->followup, FOLLOWUP_MODE_NEVER);
    for (uint32_t urgency = 0; urgency < URGENCY_COUNT; urgency++) {
        ck_assert(policy->sign[urgency].amount == 0 && policy->contact[urgency].amount == 0);
    }
    ck_assert(policy->call_sign.amount == 0 && policy->call_contact.amount == 0 && policy->call_arrive.amount == 0);
    for (uint32_t class = 0; class < UNIT_CLASS_COUNT; class ++) {
        for (uint32_t tier = 0; tier < UNIT_TIER_COUNT; tier++) {
            ck_assert_int_eq(policy->on_overdue[class][tier], ON_OVERDUE_SUPERVISE);
        }
    }
    district_free(district);
}
END_TEST

/* By the index of a loaded district what the search finds, for each code, for each with one byte changed, and for none. */
START_TEST(test_index_and_search)
{
    static const char *const folders[] = {SOURCE_ROOT "/config/boston", SOURCE_ROOT "/config/wuhua"};
    struct district *district = load(folders[_i]);
    uint32_t found = 0, count = district->unit_count + district->matter_count;
    ck_assert_ptr_nonnull(district->index);
    for (uint32_t i = 0; i < count; i++) {
        const struct code *at =
            i < district->unit_count ? &district->units[i].code : &district->matters[i - district->unit_count].code;
        for (size_t byte = 0; byte <= CODE_SIZE; byte++) {
            struct code code = *at;
            if (byte < CODE_SIZE) {
                code.s[byte] ^= 1;
            }
            int32_t unit_at = units_find(district->units, district->unit_count, &code);
            int32_t matter_at = matters_find(district->matters, district->matter_count, &code);
            ck_assert_int_eq(district_unit_find(district, &code), unit_at);
            ck_assert_int_eq(district_matter_find(district, &code), matter_at);
            found += unit_at >= 0 || matter_at >= 0;
        }
    }
    ck_assert_uint_gt(found, count);
    ck_assert_int_eq(district_unit_find(district, &(struct code){{0}}), -1);
    district_free(district);
}
END_TEST

START_TEST(test_hash_is_of_all_files_and_the_zone)
{
    char folder[CONFIG_FOLDER_SIZE], first[65], seen[5][65];
    config_folder_small_district(folder);
    struct district *district = load(folder);
    memcpy(first, district->hash, sizeof(first));
    district_free(district);
    district = load(folder);
    ck_assert_str_eq(district->hash, first);
    district_free(district);
    static const struct {
        const char *file, *old, *with;
    } changes[] = {{"policy.yaml", "min_n: 10", "min_n: 11"},
                   {"units.csv", "柳营", "柳林"},
                   {"matters.csv", "停水", "断水"},
                   {"catalogue.csv", "12 h", "13 h"},
                   {"policy.yaml", "Asia/Shanghai", "Asia/Tokyo"}};
    for (size_t i = 0; i < 5; i++) {
        config_folder_copy(folder, "tests/small-district", changes[i].file, changes[i].old, changes[i].with);
        district = load(folder);
        memcpy(seen[i], district->hash, sizeof(seen[i]));
        district_free(district);
        config_folder_copy(folder, "tests/small-district", changes[i].file, NULL, NULL);
        ck_assert_str_ne(seen[i], first);
        for (size_t k = 0; k < i; k++) {
            ck_assert_str_ne(seen[i], seen[k]);
        }
    }
    /* The same name over another zone file: another configuration. */
    char zones[CONFIG_FOLDER_SIZE], link_path[CONFIG_FOLDER_SIZE + 16];
    config_folder_make(zones);
    snprintf(link_path, sizeof(link_path), "%s/Asia", zones);
    ck_assert_int_eq(mkdir(link_path, 0700), 0);
    char shanghai[CONFIG_FOLDER_SIZE + 32];
    snprintf(shanghai, sizeof(shanghai), "%s/Asia/Shanghai", zones);
    ck_assert_int_eq(symlink("/usr/share/zoneinfo/Asia/Tokyo", shanghai), 0);
    setenv("TZDIR", zones, 1);
    district = load(folder);
    ck_assert_str_ne(district->hash, first);
    district_free(district);
    unsetenv("TZDIR");
    unlink(shanghai);
    rmdir(link_path);
    config_folder_remove(zones);
    config_folder_remove(folder);
}
END_TEST

START_TEST(test_catalogue_without_a_version_is_named_by_its_content)
{
    char folder[CONFIG_FOLDER_SIZE], first[13];
    config_folder_small_district(folder);
    config_folder_copy(folder, "tests/small-district", "policy.yaml", "catalogue_version: 2026-1\n", "");
    struct district *district = load(folder);
    ck_assert_uint_eq(strlen(district->catalogue_version), 12);
    memcpy(first, district->catalogue_version, 13);
    district_free(district);
    config_folder_copy(folder, "tests/small-district", "catalogue.csv", "12 h", "13 h");
    district = load(folder);
    ck_assert_str_ne(district->catalogue_version, first);
    district_free(district);
    config_folder_remove(folder);
}
END_TEST

START_TEST(test_windows_files)
{
    char folder[CONFIG_FOLDER_SIZE];
    config_folder_small_district(folder);
    static const char matters[] = "\xef\xbb\xbf"
                                  "code,name,field\r\nM01, 路灯 ,市政\r\n\r\n\"M02\",\"停水,\r\n断水\",\r\n";
    /* A name has no line end inside. */
    config_folder_write(folder, "matters.csv", matters, sizeof(matters) - 1);
    config_folder_write(folder, "catalogue.csv", "matter,place,lead\r\nM01,*,@street", 32);
    struct district *district = NULL;
    ck_assert_int_eq(district_load(folder, &faults, &district), -EINVAL);
    ck_assert_str_eq(config_folder_faults(&faults), "matters.csv:4:2: name of `M02`: write one line without control characters\n");
    static const char mended[] = "\xef\xbb\xbf"
                                 "code,name,field\r\nM01, 路灯 ,市政\r\n\r\n\"M02\",\"停水,断水\",\r\n";
    config_folder_write(folder, "matters.csv", mended, sizeof(mended) - 1);
    district = load(folder);
    ck_assert_str_eq(district->matters[0].name, "路灯");
    ck_assert_str_eq(district->matters[1].name, "停水,断水");
    ck_assert_uint_eq(district->row_count, 1);
    district_free(district);
    config_folder_remove(folder);
}
END_TEST

START_TEST(test_names_are_composed)
{
    char folder[CONFIG_FOLDER_SIZE];
    config_folder_small_district(folder);
    config_folder_copy(folder, "tests/small-district", "units.csv", "柳营社区", "Cafe\xcc\x81"); /* e and a combining accent */
    struct district *district = load(folder);
    ck_assert_str_eq(district->units[unit(district, "C12")].name, "Caf\xc3\xa9");
    district_free(district);
    config_folder_remove(folder);
}
END_TEST

#define UNIT_COLUMNS                                                                                                               \
    "code,name,tier,class,parent,accountable,calendar,seconded_by,deputy,capacity,contact,duty_phone,retired_on,successor,street_" \
    "desk"

/* One change of the small district, and all that is said of it. */
static const struct {
    const char *file, *old, *with, *said;
} wrong[] = {
    {"units.csv", "G111,湖滨第一网格,grid,government,C11", "G111,湖滨第一网格,grid,government,C19",
     "units.csv:10:5: parent `C19` is not a unit of this file; write the code of a unit, or add it\n"},
    {"units.csv", "S2,西苑街道,street,government,D1", "S2,西苑街道,street,government,C22",
     "units.csv:5:3: `S2` has tier street and its parent `C22` has tier community; a parent has a higher tier (the same only for "
     "sections, stations and other classes than government and committee)\n"
     "units.csv:9:5: unit `C22` stands below itself by way of its parent `S2`; write another parent\n"},
    {"units.csv", "C12,", "C11,", "units.csv:7:1: code `C11` is on line 6 too; a code names one unit, write another one\n"},
    {"units.csv", "C12,", "C 12,", "units.csv:7:1: code `C 12`: a code has only letters A-Z a-z, digits, `_`, `.` and `-`\n"},
    {"units.csv", "C12,", ",", "units.csv:7:1: code ``: write a code\n"},
    {"units.csv", "C12,", "C23456789012345678901234567890123,",
     "units.csv:7:1: code `C23456789012345678901234567890123`: a code has at most 32 characters\n"},
    {"units.csv", "C12,", "4.403E+11,",
     "units.csv:7:1: code `4.403E+11`: a spreadsheet has turned this code into a number; format the column as text and write the "
     "code "
     "again\n"},
    {"units.csv", "C12,", "4.4E11,",
     "units.csv:7:1: code `4.4E11`: a spreadsheet has turned this code into a number; format the column as text and write the code "
     "again\n"},
    {"units.csv", "柳营社区", "", "units.csv:7:2: name of `C12`: write a name\n"},
    {"units.csv", "柳营社区,community", "柳营社区,village",
     "units.csv:7:3: tier `village` is not known; write one of city, district, street, community, grid\n"},
    {"units.csv", "C22,石桥社区,community,committee", "C22,石桥社区,community,board",
     "units.csv:9:4: class `board` is not known; write one of government, department, section, station, utility, property, "
     "committee, "
     "external\n"},
    {"units.csv", "C12,柳营社区,community,government,S1", "C12,柳营社区,community,government,C11",
     "units.csv:7:3: `C12` has tier community and its parent `C11` has tier community; a parent has a higher tier (the same only "
     "for "
     "sections, stations and other classes than government and committee)\n"},
    {"units.csv", "WATER,区水务局,district,department,D1", "WATER,区水务局,street,department,D1",
     "units.csv:14:3: department `WATER` has tier street; write district (an office below it has class section)\n"
     "catalogue.csv:3:11: list `support`: a department leads what stands on this list; write another lead, or `basic`\n"},
    {"units.csv", "WATER,区水务局,district,department,D1", "WATER,区水务局,district,department,URBAN",
     "units.csv:14:5: department `WATER` does not stand below the district; write the district's code as parent\n"},
    {"units.csv", "WATER,区水务局,district,department,D1", "WATER,区水务局,district,department,",
     "units.csv:14:5: department `WATER` does not stand below the district; write the district's code as parent\n"},
    {"units.csv", "POWER,滨河供电公司,district,utility,D1", "POWER,滨河供电公司,district,utility,",
     "units.csv:15:5: `POWER` has no parent; only a city, the district and external units may stand alone\n"},
    {"units.csv", "section,S1,S1-SAFETY", "section,S1,S2",
     "units.csv:17:6: accountable `S2` does not stand above this unit; write the unit's own code or that of a unit above it\n"},
    {"units.csv", "code,name,tier", "code,name,level",
     "units.csv:1: column `tier` is missing; write the header " UNIT_COLUMNS "\n"
     "units.csv:1:3: unknown column `level`; write the header " UNIT_COLUMNS "\n"},
    {"units.csv", "code,name,tier,class,parent,accountable", "code,name,tier,class,parent,parent",
     "units.csv:1:6: column `parent` is there twice; keep one\n"},
    {"units.csv", "C12,柳营社区,community,government,S1,", "C12,柳营社区,community,government,S1",
     "units.csv:7: this row has 5 fields, the header has 6; write one field a column, and quotes around a field with a comma\n"},
    {"units.csv", "柳营社区", "柳\"营社区",
     "units.csv:7:2: broken quotes; put a field with a quote in quotes and double the quotes inside it, as \"a \"\"b\"\" c\"\n"},
    {"units.csv", "CITY-RAIL", "\"CITY-RAIL",
     "units.csv:19:1: broken quotes; put a field with a quote in quotes and double the quotes inside it, as \"a \"\"b\"\" c\"\n"},
    {"units.csv", "柳营", "\xc1\xf8\xd3\xaa", "units.csv:7:2: byte 0xc1 is not UTF-8; save the file as UTF-8\n"}, /* GBK */
    {"units.csv", "CITY-RAIL,市轨道公司,city,external", "CITY,某市,city,government",
     "units.csv:19: `CITY` does not stand below the district; write a parent below it, or class external\n"},
    {"matters.csv", "M02,", "M01,",
     "matters.csv:3:1: code `M01` is on line 2 too; a code names one matter, write another one\n"
     "catalogue.csv:3:1: matter `M02`: no such matter; write a code of matters.csv, or add it there\n"},
    {"matters.csv", "M05,", "unknown,",
     "matters.csv:6:1: code `unknown`: this word means that nobody knows the matter; write another code\n"
     "catalogue.csv:7:1: matter `M05`: no such matter; write a code of matters.csv, or add it there\n"
     "catalogue.csv:8:1: matter `M05`: no such matter; write a code of matters.csv, or add it there\n"},
    {"matters.csv", "市政设施,", "市政设施,complex",
     "matters.csv:2:4: urgency `complex` of a matter is not known; write ordinary, urgent or emergency, or leave it empty\n"},
    {"matters.csv", "公用事业,emergency", "公用事业,soon",
     "matters.csv:7:4: urgency `soon` of a matter is not known; write ordinary, urgent or emergency, or leave it empty\n"},
    {"policy.yaml", "emergency: POWER", "emergency: GAS",
     "policy.yaml:64:55: `fallback.emergency: GAS` is not a unit of units.csv; add it there, or name another\n"},
    {"policy.yaml", "emergency: POWER", "emergency: CITY-RAIL",
     "policy.yaml:64:55: `fallback.emergency: CITY-RAIL` is an external unit or a property company, which cannot lead a case; name "
     "another\n"},
    {"policy.yaml", "emergency: POWER", "emergency: C11-HOME",
     "policy.yaml:64:55: `fallback.emergency: C11-HOME` is an external unit or a property company, which cannot lead a case; name "
     "another\n"},
    {"catalogue.csv", "M01,*,", "M99,*,",
     "catalogue.csv:2:1: matter `M99`: no such matter; write a code of matters.csv, or add it there\n"},
    {"catalogue.csv", "M03,S1,", "M03,S9,",
     "catalogue.csv:4:2: place `S9`: no such unit; write a code of units.csv, or add it there\n"},
    {"catalogue.csv", "M06,*,POWER", "M06,*,4.403E+11",
     "catalogue.csv:9:3: lead `4.403E+11`: a spreadsheet has turned this code into a number; format the column as text and write "
     "the "
     "code again\n"},
    {"catalogue.csv", "M06,*,POWER", "M06,*,",
     "catalogue.csv:9:3: lead ``: write a unit's code, or @street, @street_desk, @community, @grid or @district\n"},
    {"catalogue.csv", "M06,*,POWER", "M06,*,@city",
     "catalogue.csv:9:3: lead `@city`: write a unit's code, or @street, @street_desk, @community, @grid or @district\n"},
    {"catalogue.csv", "M06,*,POWER", "M06,*,CITY-RAIL",
     "catalogue.csv:9:3: lead `CITY-RAIL`: an external unit has no duties here; write a unit of the district\n"},
    {"catalogue.csv", "M06,*,POWER", "M06,*,C11-HOME",
     "catalogue.csv:9:3: lead `C11-HOME`: a property company never leads; write the community or the street\n"},
    {"catalogue.csv", "POWER;URBAN", "POWER;URBANE",
     "catalogue.csv:2:5: calls `URBANE`: no such unit; write a code of units.csv, or add it there\n"},
    {"catalogue.csv", "@street;@community", "@street;",
     "catalogue.csv:3:4: supports ``: write a unit's code, or @street, @street_desk, @community, @grid or @district\n"},
    {"catalogue.csv", "POWER;URBAN", "S1-POLICE;S1-SAFETY;D1-DESK;HOUSING;WATER;POWER;URBAN;WATER;POWER",
     "catalogue.csv:2:5: calls `S1-POLICE;S1-SAFETY;D1-DESK;HOUSING;WATER;POWER;URBAN;WATER;POWER`: too many units; write at most "
     "8\n"},
    {"catalogue.csv", "条例,support", "条例,mine",
     "catalogue.csv:3:11: list `mine`: write basic, support or taken_back, or leave it empty\n"},
    {"catalogue.csv", "条例,support", "条例,none",
     "catalogue.csv:3:11: list `none`: write basic, support or taken_back, or leave it empty\n"},
    {"catalogue.csv", "M02,*,WATER", "M02,*,@street",
     "catalogue.csv:3:11: list `support`: a department leads what stands on this list; write another lead, or `basic`\n"},
    {"catalogue.csv", "M02,*,WATER", "M02,*,S1-SAFETY",
     "catalogue.csv:3:11: list `support`: a department leads what stands on this list; write another lead, or `basic`\n"},
    {"catalogue.csv", "条例,support", "条例,taken_back",
     "catalogue.csv:3:11: list `taken_back`: a street or community does not support what was taken back; take it out of supports, "
     "or "
     "write `support`\n"},
    {"catalogue.csv", "12 h", "2 wd",
     "catalogue.csv:3:7: limit_urgent `2 wd`: no calendar says when this district works; write calendars.yaml, or natural time, as "
     "`24 h` or `5 d`\n"},
    {"catalogue.csv", "12 h", "noon",
     "catalogue.csv:3:7: limit_urgent `noon`: write a number and a unit, as `5 wd` (working days), `4 wh` (working hours), "
     "`5 d` (natural days), `2 h`, `30 min`, `90 s`, or `off`\n"},
    {"catalogue.csv", "12 h", "off", "catalogue.csv:3:7: limit_urgent `off`: leave the field empty for the policy's limit\n"},
    {"policy.yaml", "district: D1", "district: D2", "policy.yaml:2:11: `district: D2` is not a unit of units.csv; add it there\n"},
    {"policy.yaml", "district: D1", "district: S1",
     "policy.yaml:2:11: `district: S1` has tier street and class government; write the unit with tier district and class "
     "government\n"},
    {"policy.yaml", "district: D1\n", "", "policy.yaml: key `district` is missing; write the code of the district's own unit\n"},
    {"policy.yaml", "district: D1", "district: 4.403E+11",
     "policy.yaml:2:11: `district: 4.403E+11`: a spreadsheet has turned this code into a number; format the column as text and "
     "write "
     "the code again\n"},
    {"policy.yaml", "desk: D1-DESK", "desk: DESK",
     "policy.yaml:3:7: `desk: DESK` is not a unit of units.csv; add it there, or leave `desk` out\n"},
    {"policy.yaml", "desk: D1-DESK", "desk: WATER",
     "policy.yaml:3:7: `desk: WATER` is neither the district nor a section of it; write one of these\n"},
    {"policy.yaml", "zone: Asia/Shanghai\n", "",
     "policy.yaml: key `zone` is missing; write an IANA time zone, as `Asia/Shanghai`\n"},
    {"policy.yaml", "Asia/Shanghai", "Asia/Peking",
     "policy.yaml:4:7: `zone: Asia/Peking` is not known; write an IANA time zone, as `Asia/Shanghai`, and install the package "
     "tzdata\n"},
    {"policy.yaml", "Asia/Shanghai", "Asia",
     "policy.yaml:4:7: `zone: Asia` is not a zone file; write an IANA time zone, as `Asia/Shanghai`\n"},
};

START_TEST(test_wrong)
{
    char folder[CONFIG_FOLDER_SIZE];
    config_folder_small_district(folder);
    config_folder_copy(folder, "tests/small-district", wrong[_i].file, wrong[_i].old, wrong[_i].with);
    struct district *district = NULL;
    ck_assert_int_eq(district_load(folder, &faults, &district), -EINVAL);
    ck_assert_ptr_null(district);
    ck_assert_str_eq(config_folder_faults(&faults), wrong[_i].said);
    config_folder_remove(folder);
}
END_TEST

START_TEST(test_all_is_said_in_one_run)
{
    char folder[CONFIG_FOLDER_SIZE];
    config_folder_small_district(folder);
    config_folder_copy(folder, "tests/small-district", "policy.yaml", "min_n: 10", "min_n: many");
    config_folder_copy(folder, "tests/small-district", "units.csv", "柳营社区,community", "柳营社区,village");
    config_folder_copy(folder, "tests/small-district", "matters.csv", "噪音扰民", "");
    config_folder_copy(folder, "tests/small-district", "catalogue.csv", "12 h", "noon");
    struct district *district = NULL;
    ck_assert_int_eq(district_load(folder, &faults, &district), -EINVAL);
    ck_assert_str_eq(config_folder_faults(&faults),
                     "policy.yaml:40:8: `min_n: many`: write a whole number in decimal digits, without a leading zero\n"
                     "units.csv:7:3: tier `village` is not known; write one of city, district, street, community, grid\n"
                     "matters.csv:5:2: name of `M04`: write a name\n"
                     "catalogue.csv:3:7: limit_urgent `noon`: write a number and a unit, as `5 wd` (working days), `4 wh` "
                     "(working hours), `5 d` (natural days), `2 h`, `30 min`, `90 s`, or `off`\n");
    config_folder_remove(folder);
}
END_TEST

START_TEST(test_missing_files)
{
    char folder[CONFIG_FOLDER_SIZE], said[512];
    config_folder_make(folder);
    struct district *district = NULL;
    ck_assert_int_eq(district_load(folder, &faults, &district), -EINVAL);
    snprintf(
        said, sizeof(said),
        "policy.yaml: there is no such file; put it into the folder `%s`\nunits.csv: there is no such file; put it into the folder "
        "`%s`\nmatters.csv: there is no such file; put it into the folder `%s`\ncatalogue.csv: there is no such file; put it into "
        "the "
        "folder `%s`\n",
        folder, folder, folder, folder);
    ck_assert_str_eq(config_folder_faults(&faults), said);
    config_folder_small_district(said);
    config_folder_write(said, "units.csv", "", 0);
    ck_assert_int_eq(district_load(said, &faults, &district), -EINVAL);
    ck_assert_str_eq(config_folder_faults(&faults), "units.csv:1: the file is empty; its first row names the columns\n");
    config_folder_remove(said);
    config_folder_remove(folder);
}
END_TEST

START_TEST(test_more_faults_than_room)
{
    char folder[CONFIG_FOLDER_SIZE];
    static char text[1 << 14];
    config_folder_small_district(folder);
    size_t size = (size_t)snprintf(text, sizeof(text), "matter,place,lead\n");
    for (int i = 0; i < 150; i++) {
        size += (size_t)snprintf(text + size, sizeof(text) - size, "X%d,*,@street\n", i);
    }
    config_folder_write(folder, "catalogue.csv", text, size);
    struct district *district = NULL;
    ck_assert_int_eq(district_load(folder, &faults, &district), -EINVAL);
    ck_assert_uint_eq(faults.count, FAULTS_MAX);
    ck_assert_uint_eq(faults_total(&faults), 150);
    config_folder_remove(folder);
}
END_TEST

/* Every truncation of every file, and single bytes changed: a district or faults, never a crash (the sanitizers watch). */
START_TEST(test_damaged_files)
{
    static const char *const files[] = {"policy.yaml", "units.csv", "matters.csv", "catalogue.csv"};
    static char text[1 << 14];
    char folder[CONFIG_FOLDER_SIZE], path[256];
    config_folder_small_district(folder);
    for (size_t f = 0; f < 4; f++) {
        snprintf(path, sizeof(path), "%s/tests/small-district/%s", SOURCE_ROOT, files[f]);
        FILE *in = fopen(path, "rb");
        ck_assert_ptr_nonnull(in);
        size_t size = fread(text, 1, sizeof(text), in);
        fclose(in);
        uint32_t refused = 0;
        for (size_t i = 0; i < size; i += 3) {
            struct district *district = NULL;
            config_folder_write(folder, files[f], text, i);
            int rc = district_load(folder, &faults, &district);
            if ((rc == 0) != (faults_total(&faults) == 0) || (rc != 0 && rc != -EINVAL)) {
                ck_abort_msg("%s cut at %zu: %d", files[f], i, rc);
            }
            refused += rc != 0;
            district_free(district);
            district = NULL;
            char kept = text[i];
            text[i] = "\",;:\x01{["[i % 7];
            config_folder_write(folder, files[f], text, size);
            text[i] = kept;
            rc = district_load(folder, &faults, &district);
            if ((rc == 0) != (faults_total(&faults) == 0) || (rc != 0 && rc != -EINVAL)) {
                ck_abort_msg("%s changed at %zu: %d", files[f], i, rc);
            }
            district_free(district);
        }
        ck_assert_uint_gt(refused, 10);
        config_folder_copy(folder, "tests/small-district", files[f], NULL, NULL);
    }
    config_folder_remove(folder);
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {{test_small_district},
                                       {test_tree},
                                       {test_rows, SUITE_COUNT(routes)},
                                       {test_row_content},
                                       {test_boston},
                                       {test_index_and_search, 2},
                                       {test_hash_is_of_all_files_and_the_zone},
                                       {test_catalogue_without_a_version_is_named_by_its_content},
                                       {test_windows_files},
                                       {test_names_are_composed},
                                       {test_wrong, SUITE_COUNT(wrong)},
                                       {test_all_is_said_in_one_run},
                                       {test_missing_files},
                                       {test_more_faults_than_room},
                                       {test_damaged_files}};
    return suite_run(&(struct suite){.name = "config/loader", .timeout_s = 60, .tests = tests, .count = SUITE_COUNT(tests)});
}
