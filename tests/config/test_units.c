/*
 * test_units.c - the columns of units.csv and the rows of the dispatch catalogue that name units: what they give, and one thing
 * wrong at a time, with the sentence that a person would read.
 */
#include "config/loader.h"
#include "tests/config/config_folder.h"
#include "tests/suite.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

static struct faults faults;

static const char policy_yaml[] = "district: D1\nzone: Asia/Shanghai\n";
static const char matters_csv[] = "code,name,field\nM1,路灯,市政\nM2,噪音,治安\n";
static const char calendars_yaml[] = "calendars: [{name: office, hours: {mon: 09:00-17:00}}]\n";
static const char catalogue_csv[] = "matter,place,lead,supports,calls\n"
                                    "M1,*,URBAN,@street,WATER\n"
                                    "M2,C11,C11,,S1-POLICE\n"
                                    "M2,*,@community,,\n";
/* C19 was united with C12, which was united with C11. */
static const char units_csv[] = "code,name,tier,class,parent,accountable,calendar,seconded_by,deputy,capacity,contact,duty_phone,"
                                "retired_on,successor,street_desk\n"
                                "D1,滨河区,district,government,,,,,,,,,,,\n"                              /* 2 */
                                "S1,东湖街道,street,government,D1,,,,,40,值班室,0871-110,,,\n"            /* 3 */
                                "C11,湖滨社区,community,government,S1,,24x7,,,,,,,,\n"                    /* 4 */
                                "C12,柳营社区,community,government,S1,,,,,,,,2025-12-31,C11,\n"           /* 5 */
                                "C19,老街社区,community,government,S1,,,,,,,,2024-12-31,C12,\n"           /* 6 */
                                "G111,第一网格,grid,government,C11,,,,,,,,,,\n"                           /* 7 */
                                "URBAN,区城管局,district,department,D1,,,,WATER,,,,,,\n"                  /* 8 */
                                "WATER,区水务局,district,department,D1,,office,,URBAN,,,,,,\n"            /* 9 */
                                "POLICE,区公安分局,district,department,D1,,,,,,,,,,\n"                    /* 10 */
                                "S1-POLICE,东湖派出所,street,station,S1,POLICE,,POLICE,S1-SAFETY,,,,,,\n" /* 11 */
                                "S1-SAFETY,平安办,street,section,S1,,,,,,,,,,yes\n"                       /* 12 */
                                "C11-HOME,湖滨物业,community,property,C11,,,,,,,,,,\n"                    /* 13 */
                                "RAIL,市轨道公司,city,external,,,,,,,,,,,\n";                             /* 14 */

static const struct {
    const char *file, *text;
} files[] = {{"policy.yaml", policy_yaml},
             {"matters.csv", matters_csv},
             {"calendars.yaml", calendars_yaml},
             {"catalogue.csv", catalogue_csv},
             {"units.csv", units_csv}};

/* Writes the folder, with `old` replaced in one file. */
static void write_folder(const char *folder, const char *file, const char *old, const char *with)
{
    static char changed[1 << 15];
    for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
        const char *text = files[i].text, *at = file != NULL && strcmp(file, files[i].file) == 0 ? strstr(text, old) : NULL;
        ck_assert_msg(at || !file || strcmp(file, files[i].file) != 0, "%s has no `%s`", file, old);
        int size = at != NULL ? snprintf(changed, sizeof(changed), "%.*s%s%s", (int)(at - text), text, with, at + strlen(old))
                              : snprintf(changed, sizeof(changed), "%s", text);
        config_folder_write(folder, files[i].file, changed, (size_t)size);
    }
}

static int32_t find(const struct district *district, const char *text)
{
    struct code code;
    ck_assert(code_make(text, strlen(text), &code));
    return district_unit_find(district, &code);
}

static const struct unit *get(const struct district *district, const char *text)
{
    int32_t unit = find(district, text);
    ck_assert_int_ge(unit, 0);
    return &district->units[unit];
}

START_TEST(test_columns)
{
    char folder[CONFIG_FOLDER_SIZE];
    struct district *district = NULL;
    config_folder_make(folder);
    write_folder(folder, NULL, NULL, NULL);
    int rc = district_load(folder, &faults, &district);
    ck_assert_str_eq(config_folder_faults(&faults), "");
    ck_assert_int_eq(rc, 0);
    const struct unit *street = get(district, "S1"), *station = get(district, "S1-POLICE");
    ck_assert_uint_eq(street->capacity, 40);
    ck_assert_str_eq(street->contact, "值班室");
    ck_assert_str_eq(street->duty_phone, "0871-110");
    ck_assert_uint_eq(station->capacity, 0);
    ck_assert_ptr_null(station->contact);
    ck_assert_ptr_null(station->duty_phone);
    ck_assert_int_eq(station->seconded_by, find(district, "POLICE"));
    ck_assert_int_eq(station->accountable, find(district, "POLICE"));
    ck_assert_int_eq(station->deputy, find(district, "S1-SAFETY"));
    ck_assert_int_eq(get(district, "S1-SAFETY")->accountable, find(district, "S1"));
    ck_assert_int_eq(get(district, "C12")->successor, find(district, "C11"));
    ck_assert_int_eq(district_in_service(district, find(district, "C19")), find(district, "C11"));
    ck_assert_int_eq(district_in_service(district, find(district, "C11")), find(district, "C11"));
    /* The department acts for the station that it sent, each department for the other, the station's street as ever. */
    ck_assert(district_acts_for(district, find(district, "S1-POLICE"), find(district, "POLICE")));
    ck_assert(district_acts_for(district, find(district, "S1-POLICE"), find(district, "S1")));
    ck_assert(district_acts_for(district, find(district, "S1-POLICE"), find(district, "S1-SAFETY")));
    ck_assert(district_acts_for(district, find(district, "URBAN"), find(district, "WATER")));
    ck_assert(district_acts_for(district, find(district, "WATER"), find(district, "URBAN")));
    ck_assert(!district_acts_for(district, find(district, "S1"), find(district, "POLICE")));
    ck_assert_int_eq(street->street_desk, find(district, "S1-SAFETY"));
    ck_assert_int_eq(get(district, "S1-SAFETY")->desk_of, find(district, "S1"));
    ck_assert_int_eq(get(district, "D1")->street_desk, -1);
    ck_assert_int_eq(get(district, "S1-POLICE")->desk_of, -1);
    ck_assert_uint_eq(get(district, "C11")->calendar, 0);
    ck_assert_uint_eq(get(district, "WATER")->calendar, 1);
    ck_assert_uint_eq(get(district, "URBAN")->calendar, 1); /* the only one is the default */
    district_free(district);
    config_folder_remove(folder);
}
END_TEST

#define SPREADSHEET "a spreadsheet has turned this code into a number; format the column as text and write the code again\n"
#define APOSTROPHE "a spreadsheet has put something before this code; format the column as text and write the code alone\n"
#define HEADER                                                                                                                     \
    "code,name,tier,class,parent,accountable,calendar,seconded_by,deputy,capacity,contact,duty_phone,retired_on,successor,street_" \
    "desk"

#define NOT_A_DESK(line, code)                                                                                                     \
    "units.csv:" line ":15: `" code                                                                                                \
    "` cannot be a street's desk; write yes for one section of tier street that has the street as parent\n"

static const struct {
    const char *file, *old, *with, *said;
} wrong[] = {
    /* a street's desk */
    {"units.csv", "section,S1,,,,,,,,,,yes", "section,S1,,,,,,,,,,ja",
     "units.csv:12:15: street_desk `ja` is not known; write yes or no, or leave the field empty\n"},
    {"units.csv", "C11-HOME,湖滨物业,community,property,C11,,,,,,,,,,", "S1-CIVIL,社会事务办,street,section,S1,,,,,,,,,,yes",
     "units.csv:12:15: street `S1` has the desk `S1-CIVIL` already, on line 13; a street has one desk\n"},
    {"units.csv", "S1-POLICE,东湖派出所,street,station,S1,POLICE,,POLICE,S1-SAFETY,,,,,,",
     "S1-POLICE,东湖派出所,street,station,S1,POLICE,,POLICE,S1-SAFETY,,,,,,yes", NOT_A_DESK("11", "S1-POLICE")},
    {"units.csv", "S1-SAFETY,平安办,street,section,S1", "S1-SAFETY,平安办,street,section,D1", NOT_A_DESK("12", "S1-SAFETY")},
    {"units.csv", "S1-SAFETY,平安办,street,section,S1", "S1-SAFETY,平安办,street,section,S1-POLICE", NOT_A_DESK("12", "S1-SAFETY")},
    {"units.csv", "S1-SAFETY,平安办,street,section,S1", "S1-SAFETY,平安办,community,section,C11", NOT_A_DESK("12", "S1-SAFETY")},
    {"units.csv", "D1,滨河区,district,government,,,,,,,,,,,", "D1,滨河区,district,government,,,,,,,,,,,yes", NOT_A_DESK("2", "D1")},
    {"units.csv", "S1-SAFETY,平安办,street,section,S1,,,,,,,,,,yes", "S1-SAFETY,平安办,street,section,S1,,,,,,,,2025-12-31,S1,yes",
     "units.csv:11:9: deputy `S1-SAFETY` is retired; write its successor `S1`\n"
     "units.csv:12:15: `S1-SAFETY` is retired; write yes for a section in service\n"},
    {"catalogue.csv", "URBAN,@street,WATER", "URBAN,@street,@street_desk",
     "catalogue.csv:2:5: calls `@street_desk`: a tier's own office is not called; write a department, section, station or "
     "utility\n"},
    {"catalogue.csv", "M2,*,@community,,", "M2,*,@street_desk,,\nM2,*,@street,,",
     "catalogue.csv:5:1: this row never wins: the row on line 4 has this matter and this place, and stands before it; take one of "
     "them out\n"},
    /* the tree */
    {"units.csv", "grid,government,C11", "grid,government,S1",
     "units.csv:7:5: `G111` has tier grid and its parent `S1` has tier street: a tier is skipped; write a community as parent\n"},
    {"units.csv", "C11,湖滨社区,community,government,S1", "C11,湖滨社区,community,government,D1",
     "units.csv:4:5: `C11` has tier community and its parent `D1` has tier district: a tier is skipped; write a street as "
     "parent\n"},
    {"units.csv", "C11,湖滨社区,community", "C11,湖滨社区,town",
     "units.csv:4:3: tier `town` is not known; write one of city, district, street, community, grid\n"}, /* and nothing of what is
                                                                                                              below it */
    {"units.csv", "grid,government,C11", "grid,government,C12",
     "units.csv:7:5: parent `C12` is retired; write its successor `C11`\n"},
    {"units.csv", "RAIL,", "G111,", "units.csv:14:1: code `G111` is on line 7 too; a code names one unit, write another one\n"},
    /* what a spreadsheet leaves */
    {"units.csv", "RAIL,", "4.403E+11,", "units.csv:14:1: code `4.403E+11`: " SPREADSHEET},
    {"units.csv", "RAIL,", "\"1,23E+05\",", "units.csv:14:1: code `1,23E+05`: " SPREADSHEET},
    {"units.csv", "RAIL,", "'440304,", "units.csv:14:1: code `'440304`: " APOSTROPHE},
    {"units.csv", "RAIL,", "\"=\"\"440304\"\"\",", "units.csv:14:1: code `=\"440304\"`: " APOSTROPHE},
    {"units.csv", "grid,government,C11", "grid,government,4.4E+10", "units.csv:7:5: parent `4.4E+10`: " SPREADSHEET},
    {"matters.csv", "M2,", "2E+03,",
     "matters.csv:3:1: code `2E+03`: " SPREADSHEET
     "catalogue.csv:3:1: matter `M2`: no such matter; write a code of matters.csv, or add it there\n"
     "catalogue.csv:4:1: matter `M2`: no such matter; write a code of matters.csv, or add it there\n"},
    {"matters.csv", matters_csv, "code;name;field\nM1;路灯;市政\n",
     "matters.csv:1:1: the columns stand between semicolons; save the file with commas between them (\"CSV UTF-8\")\n"},
    {"matters.csv", matters_csv, "code\tname\tfield\nM1\t路灯\t市政\n",
     "matters.csv:1:1: the columns stand between tabs; save the file with commas between them (\"CSV UTF-8\")\n"},
    {"matters.csv", "噪音", "\xd4\xeb\xd2\xf4", "matters.csv:3:2: byte 0xd4 is not UTF-8; save the file as UTF-8\n"}, /* GB18030 */
    {"matters.csv", matters_csv,
     "\xff\xfe"
     "c",
     "matters.csv:1:1: the file is UTF-16; save it as UTF-8\n"},
    {"matters.csv", "M2,", "M1,",
     "matters.csv:3:1: code `M1` is on line 2 too; a code names one matter, write another one\n"
     "catalogue.csv:3:1: matter `M2`: no such matter; write a code of matters.csv, or add it there\n"
     "catalogue.csv:4:1: matter `M2`: no such matter; write a code of matters.csv, or add it there\n"},
    {"matters.csv", "code,name,field\nM1,路灯,市政\nM2", "code,name,field\rM1,路灯,市政\rM1",
     "matters.csv:3:3: here a line ends in LF, and those before it end in CR: it may be a text that is cut in two; put quotes "
     "around a "
     "field with a line end in it, or save the file with one kind of line end\n"},
    {"matters.csv", "code,name,field\nM1,路灯,市政\nM2,噪音,治安\n", "code,name,field\rM1,路灯,市政\rM1,噪音,治安\r",
     "matters.csv:3:1: code `M1` is on line 2 too; a code names one matter, write another one\n" /* lines are counted */
     "catalogue.csv:3:1: matter `M2`: no such matter; write a code of matters.csv, or add it there\n"
     "catalogue.csv:4:1: matter `M2`: no such matter; write a code of matters.csv, or add it there\n"},
    {"units.csv", "duty_phone", "phone", "units.csv:1:12: unknown column `phone`; write the header " HEADER "\n"},
    {"units.csv", "duty_phone", "contact", "units.csv:1:12: column `contact` is there twice; keep one\n"},
    {"units.csv", "RAIL,市轨道公司,city,external,,,,,,,,,,,", "RAIL,市轨道公司,city,external",
     "units.csv:14: this row has 4 fields, the header has 15; write one field a column, and quotes around a field with a comma\n"},
    /* calendars */
    {"units.csv", ",24x7,", ",hall,",
     "units.csv:4:7: calendar `hall` is not known; write one of office, 24x7 (calendars.yaml names them), or leave the field "
     "empty\n"},
    {"units.csv", ",24x7,", ",9 to 5,",
     "units.csv:4:7: calendar `9 to 5`: a code has only letters A-Z a-z, digits, `_`, `.` and `-`\n"},
    {"calendars.yaml", "09:00-17:00", "09:00", /* its name is known all the same */
     "calendars.yaml:1:41: `hours.mon: 09:00`: write shifts as `09:00-12:00 13:00-17:00`, from 00:00 to 24:00, with a blank "
     "between them\n"},
    /* secondment and accountability */
    {"units.csv", "section,S1,,,,", "section,S1,,,POLICE,",
     "units.csv:12:8: seconded_by `POLICE`: only a station is seconded; write class station, or leave the field empty\n"},
    {"units.csv", "station,S1,POLICE,,POLICE", "station,S1,,,S1",
     "units.csv:11:8: seconded_by `S1` has class government; write the code of a department\n"},
    {"units.csv", "station,S1,POLICE,,POLICE", "station,S1,,,FIRE",
     "units.csv:11:8: seconded_by `FIRE` is not a unit of this file; write the code of a unit, or add it\n"},
    {"units.csv", "station,S1,POLICE,,POLICE", "station,S1,WATER,,POLICE",
     "units.csv:11:6: accountable `WATER` does not stand above this unit; write the unit's own code or that of a unit above it, or "
     "who "
     "seconded it\n"},
    {"units.csv", "department,D1,,,,,,,,,,\nS1-POLICE", "department,D1,,,,,,,,2025-01-01,URBAN,\nS1-POLICE",
     "units.csv:11:6: accountable `POLICE` is retired; write its successor `URBAN`\n"
     "units.csv:11:8: seconded_by `POLICE` is retired; write its successor `URBAN`\n"},
    /* deputies */
    {"units.csv", ",URBAN,,,,,,\nPOLICE", ",WATER,,,,,,\nPOLICE",
     "units.csv:9:9: deputy `WATER` is the unit itself; write another unit, or leave the field empty\n"},
    {"units.csv", ",URBAN,,,,,,\nPOLICE", ",RAIL,,,,,,\nPOLICE",
     "units.csv:9:9: deputy `RAIL` is an external unit, which has no workers here; write a unit of the district\n"},
    {"units.csv", ",URBAN,,,,,,\nPOLICE", ",C19,,,,,,\nPOLICE",
     "units.csv:9:9: deputy `C19` is retired; write its successor `C11`\n"},
    {"units.csv", ",URBAN,,,,,,\nPOLICE", ",NOBODY,,,,,,\nPOLICE",
     "units.csv:9:9: deputy `NOBODY` is not a unit of this file; write the code of a unit, or add it\n"},
    /* numbers and texts */
    {"units.csv", ",40,", ",many,",
     "units.csv:3:10: capacity `many`: write how many open duties the unit can carry, from 1 to 1000000, or leave the field "
     "empty\n"},
    {"units.csv", ",40,", ",0,",
     "units.csv:3:10: capacity `0`: write how many open duties the unit can carry, from 1 to 1000000, or leave the field empty\n"},
    {"units.csv", "值班室", "\"值班室\n二楼\"", "units.csv:3:11: contact of `S1`: write one line without control characters\n"},
    {"units.csv", "0871-110", "0871-110 0871-111 0871-112 0871-113 0871-114 0871-115 0871-116 0871-117",
     "units.csv:3:12: duty_phone `0871-110 0871-111 0871-112 0871-113 0871-114 0871-115 0871-116 0871-117` has more than 64 bytes; "
     "write less\n"},
    /* retired units */
    {"units.csv", "2025-12-31", "2025-02-29",
     "units.csv:5:13: retired_on `2025-02-29`: there is no such day; write a date as `2026-10-01`\n"},
    {"units.csv", "2025-12-31,C11", "2025-12-31,",
     "units.csv:5:14: a retired unit has no successor; write the code of the unit that its duties go to\n"},
    {"units.csv", "2025-12-31,C11", ",C11",
     "units.csv:5:13: successor `C11` of a unit in service; write the date in retired_on, or leave successor empty\n"},
    {"units.csv", "2025-12-31,C11", "2025-12-31,C13",
     "units.csv:5:14: successor `C13` is not a unit of this file; write the code of a unit, or add it\n"},
    {"units.csv", "2025-12-31,C11", "2025-12-31,RAIL",
     "units.csv:5:14: successor `RAIL` is an external unit, which has no duties here; write a unit of the district\n"},
    {"units.csv", "2025-12-31,C11", "2025-12-31,C19",
     "units.csv:6:14: unit `C19` follows itself by way of its successor `C12`; write another successor\n"},
    {"units.csv", "2025-12-31,C11", "2025-12-31,C12",
     "units.csv:5:14: unit `C12` follows itself by way of its successor `C12`; write another successor\n"},
    {"units.csv", "C11,湖滨社区,community,government,S1,,24x7,,,,,,,",
     "C11,湖滨社区,community,government,S1,,24x7,,,,,,2026-01-01,S1",
     "units.csv:7:5: parent `C11` is retired; write its successor `S1`\n"
     "units.csv:13:5: parent `C11` is retired; write its successor `S1`\n"
     "catalogue.csv:3:2: place `C11` is retired; write its successor `S1`\n"
     "catalogue.csv:3:3: lead `C11` is retired; write its successor `S1`\n"},
    {"units.csv", "department,D1,,office,,URBAN,,,,,", "department,D1,,office,,URBAN,,,,2026-01-01,URBAN",
     "units.csv:8:9: deputy `WATER` is retired; write its successor `URBAN`\n"
     "catalogue.csv:2:5: calls `WATER` is retired; write its successor `URBAN`\n"},
    {"policy.yaml", "district: D1", "district: D0", "policy.yaml:1:11: `district: D0` is not a unit of units.csv; add it there\n"},
    /* the dispatch catalogue */
    {"catalogue.csv", "M2,C11,C11", "M2,S1,C11",
     "catalogue.csv:3:3: lead `C11` has tier community and leads only what happens in it; write it as place too, or `@community` "
     "as "
     "lead\n"},
    {"catalogue.csv", "M2,C11,C11", "M2,,G111",
     "catalogue.csv:3:3: lead `G111` has tier grid and leads only what happens in it; write it as place too, or `@grid` as lead\n"},
    {"catalogue.csv", "M2,C11,C11", "M2,C11,RAIL",
     "catalogue.csv:3:3: lead `RAIL`: an external unit has no duties here; write a unit of the district\n"},
    {"catalogue.csv", "M2,C11,C11", "M2,C11,C11-HOME",
     "catalogue.csv:3:3: lead `C11-HOME`: a property company never leads; write the community or the street\n"},
    {"catalogue.csv", "S1-POLICE", "C11-HOME",
     "catalogue.csv:3:5: calls `C11-HOME`: a property company is not called; write a department, section, station or utility\n"},
    {"catalogue.csv", "S1-POLICE", "S1",
     "catalogue.csv:3:5: calls `S1`: a tier's own office is not called; write a department, section, station or utility\n"},
    {"catalogue.csv", "S1-POLICE", "@street",
     "catalogue.csv:3:5: calls `@street`: a tier's own office is not called; write a department, section, station or utility\n"},
    {"catalogue.csv", "S1-POLICE", "C19",
     "catalogue.csv:3:5: calls `C19`: a tier's own office is not called; write a department, section, station or utility\n"},
    {"catalogue.csv", "M1,*,URBAN,@street", "M1,*,URBAN,C12",
     "catalogue.csv:2:4: supports `C12` is retired; write its successor `C11`\n"},
    {"catalogue.csv", "M2,*,@community,,", "M1,*,WATER,,",
     "catalogue.csv:4:1: this row never wins: the row on line 2 has this matter and this place, and stands before it; take one of "
     "them "
     "out\n"},
    {"catalogue.csv", "M1,*,URBAN,@street,WATER\nM2,C11,C11,,S1-POLICE\nM2,*,@community",
     ",*,URBAN,@street,WATER\nM2,C11,C11,,S1-POLICE\nM2,*,@community",
     "catalogue.csv:4:1: this row never wins: the row on line 2 has any matter and this place, and stands before it; take one of "
     "them "
     "out\n"},
    {"catalogue.csv", "M2,C11,C11,,S1-POLICE\nM2,*,@community", "M2,G111,@community,,\nM2,G111,URBAN",
     "catalogue.csv:4:1: this row never wins: the row on line 3 has this matter and this place, and stands before it; take one of "
     "them "
     "out\n"},
};

START_TEST(test_wrong)
{
    char folder[CONFIG_FOLDER_SIZE];
    struct district *district = NULL;
    config_folder_make(folder);
    write_folder(folder, wrong[_i].file, wrong[_i].old, wrong[_i].with);
    ck_assert_int_eq(district_load(folder, &faults, &district), -EINVAL);
    ck_assert_ptr_null(district);
    ck_assert_str_eq(config_folder_faults(&faults), wrong[_i].said);
    config_folder_remove(folder);
}
END_TEST

/* None of this is wrong, though it looks like something that is. */
static const struct {
    const char *file, *old, *with;
} right[] = {
    {"catalogue.csv", "M2,*,@community,,", "M2,*,@community,@street_desk,\nM2,*,@street_desk,,"},
    /* the second row wins where there is no community above the place */
    {"catalogue.csv", "M2,*,@community,,", "M2,*,@community,,\nM2,*,@street,,"},
    /* for any matter, after those for one */
    {"catalogue.csv", "M2,*,@community,,", "M2,*,@community,,\n*,*,@street,,"},
    {"catalogue.csv", "M2,C11,C11", "M2,G111,C11"}, /* below its lead */
    {"catalogue.csv", "S1-POLICE", "S1-SAFETY"},
    {"units.csv", "2025-12-31", "2031-12-31"}, /* a day to come: retired as soon as this set is in force */
    {"units.csv", "RAIL,", "\"RAIL\","},
    {"units.csv", "RAIL,", "1E5,"}, /* nobody can know */
    {"units.csv", "RAIL,", "0440304,"},
    {"matters.csv", "code,name,field\nM1,路灯,市政\nM2,噪音,治安\n",
     "\xef\xbb\xbf"
     "code,name,field\rM1,路灯,市政\rM2,噪音,治安\r"},
};

START_TEST(test_right)
{
    char folder[CONFIG_FOLDER_SIZE];
    struct district *district = NULL;
    config_folder_make(folder);
    write_folder(folder, right[_i].file, right[_i].old, right[_i].with);
    int rc = district_load(folder, &faults, &district);
    ck_assert_str_eq(config_folder_faults(&faults), "");
    ck_assert_int_eq(rc, 0);
    ck_assert_uint_eq(district->matter_count, 2);
    district_free(district);
    config_folder_remove(folder);
}
END_TEST

/* @street_desk: the section, wherever in the street the place is; a street without one takes it itself; outside of streets nobody
 * does. */
START_TEST(test_street_desk)
{
    static const struct {
        const char *old, *with, *place, *unit;
    } rows[] = {
        {",yes", ",yes", "G111", "S1-SAFETY"}, {",yes", ",yes", "S1", "S1-SAFETY"}, {",yes", ",yes", "S1-POLICE", "S1-SAFETY"},
        {",yes", ",no", "G111", "S1"},         {",yes", ",", "C11", "S1"},          {",yes", ",yes", "D1", NULL},
    };
    const struct selector selector = {.kind = SELECT_STREET_DESK, .unit = -1, .tier = UNIT_TIER_STREET};
    char folder[CONFIG_FOLDER_SIZE];
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct district *district = NULL;
        config_folder_make(folder);
        write_folder(folder, "units.csv", rows[i].old, rows[i].with);
        ck_assert_int_eq(district_load(folder, &faults, &district), 0);
        int32_t found = district_select(district, &selector, find(district, rows[i].place));
        ck_assert_int_eq(found, rows[i].unit == NULL ? -1 : find(district, rows[i].unit));
        district_free(district);
        config_folder_remove(folder);
    }
}
END_TEST

START_TEST(test_retired_district_and_desk)
{
    char folder[CONFIG_FOLDER_SIZE];
    struct district *district = NULL;
    config_folder_make(folder);
    write_folder(folder, "policy.yaml", "zone", "desk: DESK\nzone");
    static char units[sizeof(units_csv) + 256];
    int size = snprintf(units, sizeof(units),
                        "%sDESK,指挥中心,district,section,D1,,,,,,,,2026-01-01,DESK-2,\nDESK-2,新指挥中心,district,"
                        "section,D1,,,,,,,,,,\n",
                        units_csv);
    config_folder_write(folder, "units.csv", units, (size_t)size);
    ck_assert_int_eq(district_load(folder, &faults, &district), -EINVAL);
    ck_assert_str_eq(config_folder_faults(&faults), "policy.yaml:2:7: `desk: DESK` is retired; write its successor `DESK-2`\n");
    config_folder_remove(folder);
}
END_TEST

START_TEST(test_city_leads_nothing)
{
    static const char top[] = "D1,滨河区,district,government,,";
    char folder[CONFIG_FOLDER_SIZE];
    struct district *district = NULL;
    config_folder_make(folder);
    write_folder(folder, "catalogue.csv", "M1,*,URBAN,@street", "M1,*,CITY,CITY");
    static char units[sizeof(units_csv) + 256];
    const char *at = strstr(units_csv, top);
    ck_assert_ptr_nonnull(at);
    int size = snprintf(units, sizeof(units), "%.*sCITY,某市,city,government,,,,,,,,,,,\nD1,滨河区,district,government,CITY,%s",
                        (int)(at - units_csv), units_csv, at + strlen(top));
    config_folder_write(folder, "units.csv", units, (size_t)size);
    ck_assert_int_eq(district_load(folder, &faults, &district), -EINVAL);
    ck_assert_str_eq(
        config_folder_faults(&faults),
        "catalogue.csv:2:3: lead `CITY`: a unit above the district has no duties here; write a unit of the district\n"
        "catalogue.csv:2:4: supports `CITY`: a unit above the district has no duties here; write a unit of the district\n");
    config_folder_remove(folder);
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {{test_columns},     {test_wrong, SUITE_COUNT(wrong)}, {test_right, SUITE_COUNT(right)},
                                       {test_street_desk}, {test_retired_district_and_desk}, {test_city_leads_nothing}};
    return suite_run(&(struct suite){.name = "config/units", .timeout_s = 60, .tests = tests, .count = SUITE_COUNT(tests)});
}
