/*
 * test_calendars.c - calendars.yaml and day files: what they give, and one thing wrong at a time, with the sentence that a
 * person would read.
 */
#include "config/calendars.h"
#include "config/loader.h"
#include "config/zone.h"
#include "tests/config/config_folder.h"
#include "tests/suite.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define H 3600000

static struct faults faults;

/* The file that most tests change in one place. */
static const char calendars_yaml[] = "default: office\n"
                                     "calendars:\n"
                                     "  - name: office\n"
                                     "    days: days.csv\n"
                                     "    hours: {mon: 09:00-12:00 13:00-17:00, tue: 09:00-12:00 13:00-17:00}\n"
                                     "    make_up: 10:00-16:00\n"
                                     "  - name: hall\n"
                                     "    zone: Europe/Berlin\n"
                                     "    hours:\n"
                                     "      sat: 08:00-24:00\n";
static const char days_csv[] = "date,kind,name\n"
                               "2026-10-01,holiday,国庆节\n"
                               "2026-09-26,workday,国庆节\n"
                               "2026-01-01,holiday,\n"
                               "2026,complete\n";

static void write_changed(const char *folder, const char *file, const char *text, const char *old, const char *with)
{
    static char changed[1 << 15];
    const char *at = old != NULL ? strstr(text, old) : NULL;
    ck_assert_msg(!old || at, "%s has no `%s`", file, old);
    int size = old != NULL ? snprintf(changed, sizeof(changed), "%.*s%s%s", (int)(at - text), text, with, at + strlen(old))
                           : snprintf(changed, sizeof(changed), "%s", text);
    config_folder_write(folder, file, changed, (size_t)size);
}

static void make_folder(char ret[CONFIG_FOLDER_SIZE])
{
    config_folder_small_district(ret);
    write_changed(ret, "calendars.yaml", calendars_yaml, NULL, NULL);
    write_changed(ret, "days.csv", days_csv, NULL, NULL);
}

static struct district *load(const char *folder)
{
    struct district *district = NULL;
    int rc = district_load(folder, &faults, &district);
    ck_assert_str_eq(config_folder_faults(&faults), "");
    ck_assert_int_eq(rc, 0);
    return district;
}

static int64_t in_shanghai(const struct calendar *calendar, int32_t year, int32_t month, int32_t day, int32_t hour)
{
    struct civil civil = {.year = year, .month = month, .day = day, .hour = hour};
    int64_t at;
    zone_instant(calendar->zone, &civil, &at);
    return at;
}

START_TEST(test_what_a_file_gives)
{
    char folder[CONFIG_FOLDER_SIZE], text[CODE_SIZE + 1] = "";
    make_folder(folder);
    static const char units[] =
        "code,name,tier,class,parent,calendar\nD1,区,district,government,,\nX,甲,district,department,D1,hall\n"
        "Y,乙,district,department,D1,24x7\n";
    config_folder_write(folder, "units.csv", units, sizeof(units) - 1);
    static const char policy[] = "district: D1\nzone: Asia/Shanghai\n";
    config_folder_write(folder, "policy.yaml", policy, sizeof(policy) - 1);
    config_folder_write(folder, "catalogue.csv", "matter,place,lead\n", strlen("matter,place,lead\n"));
    struct district *district = load(folder);
    ck_assert_uint_eq(district->calendar_count, 3);
    memcpy(text, district->calendars[0]->name.s, CODE_SIZE);
    ck_assert_str_eq(text, CALENDAR_BUILT_IN);
    const struct calendar *office = district->calendars[1], *hall = district->calendars[2];
    ck_assert_ptr_eq(district_calendar(district, 0), office); /* D1 names none */
    ck_assert_ptr_eq(district_calendar(district, 1), hall);
    ck_assert_ptr_eq(district_calendar(district, 2), district->calendars[0]);
    ck_assert_str_eq(office->zone_name, "Asia/Shanghai");
    ck_assert_str_eq(hall->zone_name, "Europe/Berlin");
    ck_assert_uint_eq(office->week[0].count, 2);
    ck_assert_int_eq(office->week[0].at[1].from_ms, 13 * H);
    ck_assert_uint_eq(office->week[2].count, 0);
    ck_assert_int_eq(hall->week[5].at[0].until_ms, 24 * H);
    /* Saturday 2026-09-26 is a make-up day, with its own hours. 2026 is the one known year. */
    ck_assert_int_eq(
        calendar_counted(office, TIME_KIND_WORKING_HOURS, in_shanghai(office, 2026, 9, 26, 0), in_shanghai(office, 2026, 9, 27, 0)),
        6 * H);
    ck_assert_int_eq(office->known_from_at, in_shanghai(office, 2026, 1, 1, 0));
    ck_assert_int_eq(office->known_until_at, in_shanghai(office, 2027, 1, 1, 0));
    ck_assert_int_eq(hall->known_until_at, 0);
    ck_assert_uint_eq(office->notice_count, 3);
    ck_assert_str_eq(office->notices[2].name, "国庆节");
    ck_assert_ptr_null(office->notices[0].name);
    district_free(district);
    config_folder_remove(folder);
}
END_TEST

/* Hours that hold from a date on, and the past as it was. */
START_TEST(test_hours_from_a_date)
{
    char folder[CONFIG_FOLDER_SIZE];
    make_folder(folder);
    write_changed(
        folder, "calendars.yaml", calendars_yaml, "    make_up: 10:00-16:00\n",
        "    make_up: 10:00-16:00\n    changes:\n      - from: 2026-06-01\n        hours: {mon: 09:00-12:00 14:30-18:00}\n"
        "      - from: 2026-10-01\n        hours: {mon: 09:00-12:00 13:00-17:00}\n        make_up: 08:00-09:00\n");
    struct district *district = load(folder);
    const struct calendar *office = district->calendars[1];
    ck_assert_uint_eq(office->change_count, 2);
    static const struct {
        int32_t month, day, hour, counts; /* from that hour to the next */
    } hours[] = {{5, 25, 13, 1}, {5, 25, 17, 0}, {6, 1, 13, 0},  {6, 1, 17, 1}, {6, 2, 10, 0},  {9, 26, 9, 1},
                 {9, 28, 17, 1}, {10, 5, 13, 1}, {10, 5, 17, 0}, {1, 5, 13, 1}, {5, 26, 10, 1}, {9, 26, 15, 1}};
    for (size_t i = 0; i < sizeof(hours) / sizeof(*hours); i++) {
        int64_t at = in_shanghai(office, 2026, hours[i].month, hours[i].day, hours[i].hour);
        ck_assert_msg(calendar_counted(office, TIME_KIND_WORKING_HOURS, at, at + H) == hours[i].counts * H, "%zu", i);
    }
    district_free(district);
    config_folder_remove(folder);
}
END_TEST

/* Which calendar is meant by units that name none. */
static const struct {
    const char *old, *with;
    uint32_t chosen;
} defaults[] = {{NULL, NULL, 1},
                {"default: office\n", "", 1},
                {"default: office", "default: hall", 2},
                {"default: office", "default: 24x7", 0}};

START_TEST(test_default)
{
    char folder[CONFIG_FOLDER_SIZE];
    make_folder(folder);
    write_changed(folder, "calendars.yaml", calendars_yaml, defaults[_i].old, defaults[_i].with);
    struct district *district = load(folder);
    for (uint32_t i = 0; i < district->unit_count; i++) {
        ck_assert_uint_eq(district->units[i].calendar, defaults[_i].chosen);
    }
    district_free(district);
    config_folder_remove(folder);
}
END_TEST

START_TEST(test_hash_is_of_calendars_too)
{
    char folder[CONFIG_FOLDER_SIZE], seen[5][65];
    make_folder(folder);
    for (uint32_t i = 0; i < 5; i++) {
        write_changed(folder, "calendars.yaml", calendars_yaml,
                      i == 1   ? "sat"
                      : i == 3 ? "Berlin"
                               : NULL,
                      i == 1 ? "sun" : "Paris");
        write_changed(folder, "days.csv", days_csv, i == 2 ? "10-01" : NULL, "10-02");
        if (i == 4) { /* a comment says nothing, and is another file all the same */
            write_changed(folder, "calendars.yaml", calendars_yaml, "default", "# \ndefault");
        }
        struct district *district = load(folder);
        memcpy(seen[i], district->hash, sizeof(seen[i]));
        district_free(district);
        for (uint32_t k = 0; k < i; k++) {
            ck_assert_str_ne(seen[i], seen[k]);
        }
    }
    config_folder_remove(folder);
}
END_TEST

#define SHIFTS "write shifts as `09:00-12:00 13:00-17:00`, from 00:00 to 24:00, with a blank between them\n"

static const struct {
    const char *old, *with, *said;
} wrong[] = {
    {"Europe/Berlin", "Europe/Bonn",
     "calendars.yaml:8:11: `zone: Europe/Bonn` is not known; write an IANA time zone, as `Asia/Shanghai`, and install the package "
     "tzdata\n"},
    {"Europe/Berlin", "Europe",
     "calendars.yaml:8:11: `zone: Europe` is not a zone file; write an IANA time zone, as `Asia/Shanghai`\n"},
    {"Europe/Berlin", "../zoneinfo/Europe/Berlin",
     "calendars.yaml:8:11: `zone: ../zoneinfo/Europe/Berlin` is not known; write an IANA time zone, as `Asia/Shanghai`, and "
     "install "
     "the package tzdata\n"},
    {"name: hall", "name: office", "calendars.yaml:7:11: `name: office`: another calendar has this name; write another one\n"},
    {"name: hall", "name: 24x7", "calendars.yaml:7:11: `name: 24x7`: this calendar is built in; write another name\n"},
    {"name: hall", "name: 办公", "calendars.yaml:7:11: `name: 办公`: a code has only letters A-Z a-z, digits, `_`, `.` and `-`\n"},
    {"name: hall", "name:", "calendars.yaml:7:5: `calendars.1.name` has no value; write one, or take the key out\n"},
    {"- name: hall\n    zone", "- zone", "calendars.yaml:7:5: this calendar has no name; write `name: office`\n"},
    {"default: office", "default: duty",
     "calendars.yaml:1:10: `default: duty`: no such calendar; write the name of one of this file, or `24x7`\n"},
    {"08:00-24:00", "08:00-24:01", "calendars.yaml:10:12: `hours.sat: 08:00-24:01`: " SHIFTS},
    {"08:00-24:00", "8:00-24:00", "calendars.yaml:10:12: `hours.sat: 8:00-24:00`: " SHIFTS},
    {"08:00-24:00", "08:00-23:60", "calendars.yaml:10:12: `hours.sat: 08:00-23:60`: " SHIFTS},
    {"08:00-24:00", "08:00", "calendars.yaml:10:12: `hours.sat: 08:00`: " SHIFTS},
    {"08:00-24:00", "08:00-12:00,13:00-17:00", "calendars.yaml:10:12: `hours.sat: 08:00-12:00,13:00-17:00`: " SHIFTS},
    {"08:00-24:00", "free", "calendars.yaml:10:12: `hours.sat: free`: " SHIFTS},
    {"08:00-24:00", "22:00-06:00",
     "calendars.yaml:10:12: `hours.sat: 22:00-06:00`: a shift ends after it begins; write one over midnight as `22:00-24:00`, and "
     "its rest on the next day\n"},
    {"08:00-24:00", "13:00-17:00 09:00-12:00",
     "calendars.yaml:10:12: `hours.sat: 13:00-17:00 09:00-12:00`: a shift begins before the one on its left ends; write them in "
     "order "
     "and without overlap\n"},
    {"08:00-24:00", "09:00-13:00 12:59-17:00",
     "calendars.yaml:10:12: `hours.sat: 09:00-13:00 12:59-17:00`: a shift begins before the one on its left ends; write them in "
     "order "
     "and without overlap\n"},
    {"08:00-24:00", "00:00-01:00 01:00-02:00 02:00-03:00 03:00-04:00 04:00-05:00 05:00-06:00 06:00-07:00 07:00-08:00 08:00-09:00",
     "calendars.yaml:10:12: `hours.sat: 00:00-01:00 01:00-02:00 02:00-03:00 03:00-04:00 04:00-05:00 05:00-06:00 06:00-07:00 "
     "07:00-08:00 08:00-09:00`: too many shifts; write at most 8\n"},
    {"sat: 08", "sa: 08", "calendars.yaml:10:7: unknown key `sa`; known here: mon, tue, wed, thu, fri, sat, sun\n"},
    {"    zone: Europe/Berlin\n", "    closed: 2026-01-01\n",
     "calendars.yaml:8:5: unknown key `closed`; known here: name, zone, days, hours, make_up, changes\n"},
    {"      sat: 08:00-24:00\n", "      sat:\n",
     "calendars.yaml:10:7: `calendars.1.hours.sat` has no value; write one, or take the key out\n"},
    {"    hours:\n      sat: 08:00-24:00\n", "",
     "calendars.yaml:7:5: this calendar has no hours; write `hours: {mon: 09:00-12:00 13:00-17:00, ...}`\n"},
    {"10:00-16:00", "10-16", "calendars.yaml:6:14: `make_up: 10-16`: " SHIFTS},
    {"{mon: 09:00-12:00 13:00-17:00, tue: 09:00-12:00 13:00-17:00}\n    make_up: 10:00-16:00", "{tue: 09:00-17:00}",
     "calendars.yaml:4:11: `days: days.csv`: it has make-up days, and Monday is free here; write `make_up: 09:00-12:00 "
     "13:00-17:00`\n"},
    {"days: days.csv", "days: other.csv",
     "calendars.yaml:4:11: `days: other.csv`: there is no such file; put it into the folder, or take `days` out\n"},
    {"days: days.csv", "days: ../days.csv",
     "calendars.yaml:4:11: `days: ../days.csv`: write the name of a file in this folder, as `workdays-cn.csv`\n"},
    {"days: days.csv", "days: /etc/passwd",
     "calendars.yaml:4:11: `days: /etc/passwd`: write the name of a file in this folder, as `workdays-cn.csv`\n"},
    {"days: days.csv", "days: ..",
     "calendars.yaml:4:11: `days: ..`: write the name of a file in this folder, as `workdays-cn.csv`\n"},
    {"calendars:\n  - name: office", "calendars:\n  - office\n  - name: office",
     "calendars.yaml:3:5: `calendars.0` must have `key: value` lines, indented below it\n"},
    {"    make_up: 10:00-16:00\n", "    changes:\n      - from: 2026-6-1\n        hours: {mon: 09:00-17:00}\n",
     "calendars.yaml:7:15: `changes.0.from: 2026-6-1`: write a date as `2026-10-01`\n"},
    {"    make_up: 10:00-16:00\n",
     "    changes:\n      - from: 2026-06-01\n        hours: {mon: 17:00-09:00}\n        make_up: 9-17\n",
     "calendars.yaml:8:22: `changes.0.hours.mon: 17:00-09:00`: a shift ends after it begins; write one over midnight as "
     "`22:00-24:00`, and "
     "its rest on the next day\ncalendars.yaml:9:18: `changes.0.make_up: 9-17`: " SHIFTS},
    {"    make_up: 10:00-16:00\n", "    changes:\n      - hours: {mon: 09:00-17:00}\n      - from: 2026-06-01\n",
     "calendars.yaml:7:9: this change has no date; write `from: 2026-06-01`\n"
     "calendars.yaml:8:9: this change has no hours; write `hours: {mon: 09:00-12:00 14:30-18:00, ...}`\n"},
    {"    make_up: 10:00-16:00\n",
     "    changes:\n      - {from: 2026-06-01, hours: {mon: 09:00-17:00}}\n      - {from: 2026-06-01, hours: {mon: 09:00-17:00}}\n",
     "calendars.yaml:8:16: `changes.1.from: 2026-06-01`: it is not after the change above it; write them in order\n"},
    {"calendars:\n", "calendar:\n", "calendars.yaml:2:1: unknown key `calendar`; known here: default, calendars\n"},
};

START_TEST(test_wrong)
{
    char folder[CONFIG_FOLDER_SIZE];
    make_folder(folder);
    write_changed(folder, "calendars.yaml", calendars_yaml, wrong[_i].old, wrong[_i].with);
    struct district *district = NULL;
    ck_assert_int_eq(district_load(folder, &faults, &district), -EINVAL);
    ck_assert_ptr_null(district);
    ck_assert_str_eq(config_folder_faults(&faults), wrong[_i].said);
    config_folder_remove(folder);
}
END_TEST

static const struct {
    const char *old, *with, *said;
} wrong_days[] = {
    {"2026,complete", "2026-01-01,complete",
     "days.csv:5:1: date `2026-01-01`: before `complete` write a year from 2000 to 2060, as `2027`\n"},
    {"2026,complete", "1999,complete", "days.csv:5:1: date `1999`: before `complete` write a year from 2000 to 2060, as `2027`\n"},
    {"2026,complete", "2026,complete\n2026,complete", "days.csv:6:1: year `2026` is called complete twice; keep one line\n"},
    {"2026-10-01", "2026-02-30", "days.csv:2:1: date `2026-02-30`: there is no such day; write a date as `2026-10-01`\n"},
    {"2026-10-01", "2026-13-01", "days.csv:2:1: date `2026-13-01`: there is no such day; write a date as `2026-10-01`\n"},
    {"2026-10-01", "2026/10/1", "days.csv:2:1: date `2026/10/1`: write a date as `2026-10-01`\n"},
    {"2026-10-01", "46296", "days.csv:2:1: date `46296`: write a date as `2026-10-01`\n"},
    {"2026-10-01", "", "days.csv:2:1: date ``: write a date as `2026-10-01`\n"},
    {"2026-10-01", "1999-10-01", "days.csv:2:1: date `1999-10-01`: write a date from 2000-01-01 to 2060-12-31\n"},
    {"2026-09-26", "2026-10-01", "days.csv:3:1: date `2026-10-01` is on line 2 too; keep one\n"},
    {"holiday", "off",
     "days.csv:2:2: kind `off` is not known; write holiday (a day off), workday (a make-up day) or complete (a year)\n"},
    {"date,kind", "date,type",
     "days.csv:1: column `kind` is missing; write the header date,kind,name\ndays.csv:1:2: unknown column `type`; write the header "
     "date,kind,name\n"},
    {"2026-10-01,holiday,国庆节", "2026-10-01,holiday",
     "days.csv:2: this row has 2 fields, the header has 3; write one field a column, and quotes around a field with a comma\n"},
    {"国庆节", "\xb9\xfa\xc7\xec", "days.csv:2:3: byte 0xb9 is not UTF-8; save the file as UTF-8\n"}, /* GB18030 */
    {"2026-10-01,holiday,国庆节\n2026-09-26,workday,国庆节\n2026-01-01,holiday,\n2026,complete\n", "",
     "days.csv:1: the file has no days; write them, or take `days` out of calendars.yaml\n"},
};

START_TEST(test_wrong_days)
{
    char folder[CONFIG_FOLDER_SIZE];
    make_folder(folder);
    write_changed(folder, "days.csv", days_csv, wrong_days[_i].old, wrong_days[_i].with);
    struct district *district = NULL;
    ck_assert_int_eq(district_load(folder, &faults, &district), -EINVAL);
    ck_assert_str_eq(config_folder_faults(&faults), wrong_days[_i].said);
    config_folder_remove(folder);
}
END_TEST

/* Nothing of this is wrong: a make-up day on a working day, a holiday on a free day, a year left out, another order of rows, a file
 * that two calendars name, Windows line ends and a byte-order mark, a file without names. */
START_TEST(test_nothing_wrong)
{
    char folder[CONFIG_FOLDER_SIZE];
    static const char days[] = "\xef\xbb\xbf"
                               "kind,date\r\nworkday,2026-09-28\r\nholiday,2026-10-03\r\nholiday,2028-01-01\r\nholiday,2025-01-"
                               "01\r\ncomplete,2026\r\ncomplete,2028\r\ncomplete,2025\r\n";
    make_folder(folder);
    config_folder_write(folder, "days.csv", days, sizeof(days) - 1);
    write_changed(folder, "calendars.yaml", calendars_yaml, "    zone: Europe/Berlin\n",
                  "    days: days.csv\n    make_up: 09:00-10:00\n");
    struct district *district = load(folder);
    const struct calendar *office = district->calendars[1];
    ck_assert_int_eq(office->known_from_at, in_shanghai(office, 2025, 1, 1, 0));
    ck_assert_int_eq(office->known_until_at, in_shanghai(office, 2027, 1, 1, 0)); /* 2027 is missing */
    ck_assert_uint_eq(district->calendars[2]->notice_count, 4);
    district_free(district);
    config_folder_remove(folder);
}
END_TEST

/* Working time that the files themselves ask for needs a calendar; the policy's defaults do not. */
START_TEST(test_limit_without_calendar)
{
    static const char said[] = "policy.yaml:15:22: `limits.handle.ordinary: 5 wd`: no calendar says when this district works; "
                               "write calendars.yaml, or natural "
                               "time, as `24 h` or `5 d`\n"
                               "policy.yaml:45:11: `rungs.notice: 1 wd`: no calendar says when this district works; write "
                               "calendars.yaml, or natural time, as "
                               "`24 h` or `5 d`\n"
                               "catalogue.csv:3:7: limit_urgent `4 wh`: no calendar says when this district works; write "
                               "calendars.yaml, or natural time, as "
                               "`24 h` or `5 d`\n";
    char folder[CONFIG_FOLDER_SIZE];
    struct district *district = NULL;
    config_folder_small_district(folder);
    config_folder_copy(folder, "tests/small-district", "catalogue.csv", "12 h", "4 wh");
    static char policy[1 << 14];
    snprintf(policy, sizeof(policy), "%s/policy.yaml", folder);
    FILE *in = fopen(policy, "rb");
    ck_assert_ptr_nonnull(in);
    size_t size = fread(policy, 1, sizeof(policy) - 1, in);
    fclose(in);
    policy[size] = '\0';
    char *limit = strstr(policy, "ordinary: 5 d"), *rung = strstr(policy, "notice: 1 d");
    ck_assert(limit && rung);
    static char changed[1 << 14];
    snprintf(changed, sizeof(changed), "%.*sordinary: 5 wd%.*snotice: 1 wd%s", (int)(limit - policy), policy,
             (int)(rung - limit - strlen("ordinary: 5 d")), limit + strlen("ordinary: 5 d"), rung + strlen("notice: 1 d"));
    config_folder_write(folder, "policy.yaml", changed, strlen(changed));
    ck_assert_int_eq(district_load(folder, &faults, &district), -EINVAL);
    ck_assert_str_eq(config_folder_faults(&faults), said);
    /* A file of calendars without one, and a calendar. */
    config_folder_write(folder, "calendars.yaml", "default: 24x7\n", strlen("default: 24x7\n"));
    ck_assert_int_eq(district_load(folder, &faults, &district), -EINVAL);
    ck_assert_str_eq(config_folder_faults(&faults), said);
    static const char calendar[] = "calendars: [{name: a, hours: {mon: 09:00-17:00}}]\n";
    config_folder_write(folder, "calendars.yaml", calendar, sizeof(calendar) - 1);
    district_free(load(folder));
    /* A calendar with a fault is one all the same: nothing more is said. */
    static const char broken[] = "calendars: [{name: a, hours: {mon: 09:00}}]\n";
    config_folder_write(folder, "calendars.yaml", broken, sizeof(broken) - 1);
    ck_assert_int_eq(district_load(folder, &faults, &district), -EINVAL);
    ck_assert_str_eq(config_folder_faults(&faults), "calendars.yaml:1:36: `hours.mon: 09:00`: " SHIFTS);
    config_folder_remove(folder);
}
END_TEST

START_TEST(test_too_many)
{
    char folder[CONFIG_FOLDER_SIZE];
    static char text[1 << 14];
    config_folder_small_district(folder);
    for (int count = 63; count <= 64; count++) {
        size_t size = (size_t)snprintf(text, sizeof(text), "calendars:\n");
        for (int i = 0; i < count; i++) {
            size += (size_t)snprintf(text + size, sizeof(text) - size, "  - {name: c%d, hours: {mon: 09:00-17:00}}\n", i);
        }
        config_folder_write(folder, "calendars.yaml", text, size);
        struct district *district = NULL;
        ck_assert_int_eq(district_load(folder, &faults, &district), count == 63 ? 0 : -EINVAL);
        ck_assert_str_eq(config_folder_faults(&faults),
                         count == 63 ? "" : "calendars.yaml:65:5: too many calendars; write at most 63\n");
        if (count == 63) {
            ck_assert_uint_eq(district->calendar_count, 64);
        }
        district_free(district);
    }
    config_folder_remove(folder);
}
END_TEST

/* Every truncation and single bytes changed: a district or faults, never a crash (the sanitizers watch). */
START_TEST(test_damaged_files)
{
    static char text[1024];
    char folder[CONFIG_FOLDER_SIZE];
    make_folder(folder);
    for (int f = 0; f < 2; f++) {
        const char *file = f == 0 ? "calendars.yaml" : "days.csv", *whole = f == 0 ? calendars_yaml : days_csv;
        size_t size = strlen(whole);
        memcpy(text, whole, size);
        for (size_t i = 0; i < size; i += 2) {
            struct district *district = NULL;
            config_folder_write(folder, file, text, i);
            int rc = district_load(folder, &faults, &district);
            ck_assert_msg((rc == 0) == (faults_total(&faults) == 0) && (rc == 0 || rc == -EINVAL), "%s cut at %zu: %d", file, i,
                          rc);
            district_free(district);
            district = NULL;
            char kept = text[i];
            text[i] = "\",;:\x01{[-"[i % 8];
            config_folder_write(folder, file, text, size);
            text[i] = kept;
            rc = district_load(folder, &faults, &district);
            ck_assert_msg((rc == 0) == (faults_total(&faults) == 0) && (rc == 0 || rc == -EINVAL), "%s changed at %zu: %d", file, i,
                          rc);
            district_free(district);
        }
        config_folder_write(folder, file, text, size);
    }
    config_folder_remove(folder);
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {{test_what_a_file_gives},
                                       {test_hours_from_a_date},
                                       {test_default, SUITE_COUNT(defaults)},
                                       {test_hash_is_of_calendars_too},
                                       {test_wrong, SUITE_COUNT(wrong)},
                                       {test_wrong_days, SUITE_COUNT(wrong_days)},
                                       {test_nothing_wrong},
                                       {test_limit_without_calendar},
                                       {test_too_many},
                                       {test_damaged_files}};
    return suite_run(&(struct suite){.name = "config/calendars", .timeout_s = 100, .tests = tests, .count = SUITE_COUNT(tests)});
}
