/*
 * test_calendar.c - the edges of working time, each with its dates; 100,000 random clocks are recounted in
 * test_calendar_recount.py.
 */
#include "config/calendar.h"
#include "config/zone.h"
#include "tests/suite.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define MINUTE 60000
#define HOUR (60 * MINUTE)

enum which { OFFICE, SUNDAY, ALWAYS, NIGHT, GAP, INTO, SEASONS, WHICH_COUNT };

static struct calendar *calendars[WHICH_COUNT];
static char national_day[] = "国庆节";

static int64_t day_number(int32_t year, int32_t month, int32_t day)
{
    return civil_to_days(year, month, day);
}

static struct calendar *build(const struct calendar_plan *plan, const char *zone)
{
    struct calendar *calendar = NULL;
    ck_assert_int_eq(calendar_build(plan, zone, &calendar), 0);
    return calendar;
}

#define YEAR(year) (UINT64_C(1) << ((year)-CALENDAR_FIRST_YEAR))

static const struct shifts office_hours = {2, {{9 * HOUR, 12 * HOUR}, {13 * HOUR, 17 * HOUR}}};
static const struct shifts make_up_hours = {1, {{10 * HOUR, 14 * HOUR}}};

/* Monday to Friday with a lunch break; a week of holidays in October 2026 and Saturday the 10th instead; 2025 and 2026 are known.
 */
static void make_office(void)
{
    struct calendar_notice notices[9] = {{day_number(2025, 1, 1), DAY_HOLIDAY, NULL}};
    struct calendar_plan plan = {
        .make_up = make_up_hours, .notice_count = 9, .notices = notices, .by_notice = true, .complete = YEAR(2025) | YEAR(2026)};
    for (int32_t i = 0; i < 7; i++) {
        notices[1 + i] = (struct calendar_notice){day_number(2026, 10, 1 + i), DAY_HOLIDAY, national_day};
    }
    notices[8] = (struct calendar_notice){day_number(2026, 10, 10), DAY_MAKE_UP, national_day};
    for (int i = 0; i < 5; i++) {
        plan.week[i] = office_hours;
    }
    calendars[OFFICE] = build(&plan, "Asia/Shanghai");
}

/* From June to September the afternoon is from 14:30 to 18:00; a make-up day then has that afternoon alone. */
static void make_seasons(void)
{
    static const struct shifts summer = {2, {{9 * HOUR, 12 * HOUR}, {870 * MINUTE, 18 * HOUR}}};
    struct calendar_notice sunday = {day_number(2026, 6, 7), DAY_MAKE_UP, NULL};
    struct calendar_week changes[2] = {{.from_day = day_number(2026, 6, 1), .make_up = {1, {{870 * MINUTE, 18 * HOUR}}}},
                                       {.from_day = day_number(2026, 10, 1)}};
    struct calendar_plan plan = {
        .change_count = 2, .changes = changes, .notice_count = 1, .notices = &sunday, .by_notice = true, .complete = YEAR(2026)};
    for (int i = 0; i < 5; i++) {
        plan.week[i] = changes[1].days[i] = office_hours;
        changes[0].days[i] = summer;
    }
    calendars[SEASONS] = build(&plan, "Asia/Shanghai");
}

static void setup(void)
{
    make_office();
    struct calendar_plan sunday = {.week[6] = {1, {{90 * MINUTE, 210 * MINUTE}}}};
    calendars[SUNDAY] = build(&sunday, "America/New_York");
    ck_assert_int_eq(calendar_build_always("America/New_York", &calendars[ALWAYS]), 0);
    struct calendar_notice known = {day_number(2026, 6, 1), DAY_HOLIDAY, NULL};
    struct calendar_plan night = {.notice_count = 1, .notices = &known, .by_notice = true, .complete = YEAR(2026)};
    struct calendar_plan gap = {.week[6] = {2, {{150 * MINUTE, 165 * MINUTE}, {180 * MINUTE, 200 * MINUTE}}}};
    calendars[GAP] = build(&gap, "America/New_York");
    struct calendar_plan into = {.week[6] = {2, {{90 * MINUTE, 135 * MINUTE}, {135 * MINUTE, 210 * MINUTE}}}};
    calendars[INTO] = build(&into, "America/New_York");
    make_seasons();
    for (int i = 0; i < 7; i++) {
        night.week[i] = (struct shifts){1, {{20 * HOUR, 24 * HOUR}}};
    }
    calendars[NIGHT] = build(&night, "Asia/Shanghai");
}

static void teardown(void)
{
    for (int i = 0; i < WHICH_COUNT; i++) {
        calendars[i] = calendar_free(calendars[i]);
    }
}

/* `2026-10-01 09:00:00.000` by the wall clock of a calendar. */
static int64_t instant(const struct calendar *calendar, const char *text)
{
    struct civil civil = {0};
    int64_t at;
    int n = sscanf(text, "%d-%d-%d %d:%d:%d.%d", &civil.year, &civil.month, &civil.day, &civil.hour, &civil.minute, &civil.second,
                   &civil.ms);
    ck_assert_msg(n >= 5, "%s", text);
    zone_instant(calendar->zone, &civil, &at);
    return at;
}

static const char *wall(const struct calendar *calendar, int64_t at)
{
    static char text[64];
    struct civil c;
    zone_civil(calendar->zone, at, &c);
    snprintf(text, sizeof(text), "%d-%02d-%02d %02d:%02d:%02d.%03d %+d", c.year, c.month, c.day, c.hour, c.minute, c.second, c.ms,
             zone_offset_s(calendar->zone, at) / 3600);
    return text;
}

#define WD(days) TIME_KIND_WORKING_DAYS, (days)
#define WH(hours) TIME_KIND_WORKING_HOURS, (int64_t)((hours)*HOUR)
#define ND(days) TIME_KIND_NATURAL_DAYS, (days)
#define NATURAL(ms) TIME_KIND_NATURAL, (ms)

static const struct {
    const char *what;
    enum which which;
    const char *from;
    enum time_kind kind;
    int64_t amount;
    const char *due; /* with the hours that the clock is ahead of UTC */
    bool provisional;
} dues[] = {
    {"at the beginning of work: a whole day", OFFICE, "2026-09-28 09:00", WD(1), "2026-09-28 17:00:00.000 +8", false},
    {"before work: a whole day", OFFICE, "2026-09-28 07:15", WD(1), "2026-09-28 17:00:00.000 +8", false},
    {"a millisecond of the day is worked", OFFICE, "2026-09-28 09:00:00.001", WD(1), "2026-09-29 09:00:00.001 +8", false},
    {"in the lunch break: the morning is worked", OFFICE, "2026-09-28 12:30", WD(1), "2026-09-29 12:00:00.000 +8", false},
    {"at the end of the morning", OFFICE, "2026-09-28 12:00", WD(1), "2026-09-29 12:00:00.000 +8", false},
    {"in the afternoon", OFFICE, "2026-09-28 15:30", WD(2), "2026-09-30 15:30:00.000 +8", false},
    {"a millisecond before the end", OFFICE, "2026-09-28 16:59:59.999", WD(1), "2026-09-29 16:59:59.999 +8", false},
    {"at the end of work: tomorrow, whole", OFFICE, "2026-09-28 17:00", WD(1), "2026-09-29 17:00:00.000 +8", false},
    {"at night", OFFICE, "2026-09-28 23:00", WD(2), "2026-09-30 17:00:00.000 +8", false},
    {"on a holiday", OFFICE, "2026-10-02 10:00", WD(1), "2026-10-08 17:00:00.000 +8", false},
    {"over the holidays", OFFICE, "2026-09-30 10:00", WD(1), "2026-10-08 10:00:00.000 +8", false},
    {"over a free week-end", OFFICE, "2026-09-25 11:00", WD(1), "2026-09-28 11:00:00.000 +8", false},
    {"a make-up Saturday is a working day, and shorter: its end", OFFICE, "2026-10-09 15:30", WD(1), "2026-10-10 14:00:00.000 +8",
     false},
    {"started on it", OFFICE, "2026-10-10 11:00", WD(1), "2026-10-12 10:00:00.000 +8", false},
    {"after it", OFFICE, "2026-10-10 14:00", WD(1), "2026-10-12 17:00:00.000 +8", false},
    {"on a Sunday", OFFICE, "2026-10-11 12:00", WD(5), "2026-10-16 17:00:00.000 +8", false},
    {"hours of a morning end with it", OFFICE, "2026-09-28 09:00", WH(3), "2026-09-28 12:00:00.000 +8", false},
    {"a millisecond more is after lunch", OFFICE, "2026-09-28 09:00:00.001", WH(3), "2026-09-28 13:00:00.001 +8", false},
    {"hours over the holidays", OFFICE, "2026-09-30 15:00", WH(4), "2026-10-08 11:00:00.000 +8", false},
    {"hours from a holiday on", OFFICE, "2026-10-03 00:00", WH(0.5), "2026-10-08 09:30:00.000 +8", false},
    {"natural days stand on holidays", OFFICE, "2026-09-30 12:30", ND(2), "2026-10-02 12:30:00.000 +8", false},
    {"natural hours", OFFICE, "2026-09-30 12:30", NATURAL(24 * HOUR), "2026-10-01 12:30:00.000 +8", false},
    {"off", OFFICE, "2026-10-03 12:30", WD(0), "2026-10-03 12:30:00.000 +8", false},

    {"into a year that nobody has announced", OFFICE, "2026-12-31 10:00", WD(1), "2027-01-01 10:00:00.000 +8", true},
    {"up to the end of the known years", OFFICE, "2026-12-31 09:00", WD(1), "2026-12-31 17:00:00.000 +8", false},
    {"from before them", OFFICE, "2024-12-31 16:30", WH(1), "2025-01-02 09:30:00.000 +8", true},
    {"natural time is never provisional", OFFICE, "2026-12-31 10:00", ND(1), "2027-01-01 10:00:00.000 +8", false},
    {"to the last moment of the known years", NIGHT, "2026-12-31 20:00", WH(4), "2027-01-01 00:00:00.000 +8", false},
    {"a millisecond further", NIGHT, "2026-12-31 20:00:00.001", WH(4), "2027-01-01 20:00:00.001 +8", true},
    {"a day to the last moment", NIGHT, "2026-12-31 09:00", WD(1), "2027-01-01 00:00:00.000 +8", false},

    {"summer time takes an hour of the shift", SUNDAY, "2026-03-08 00:00", WH(1), "2026-03-08 03:30:00.000 -4", false},
    {"what is left of it waits a week", SUNDAY, "2026-03-08 00:00", WH(1.5), "2026-03-15 02:00:00.000 -4", false},
    {"that day is shorter: its end", SUNDAY, "2026-03-01 03:15", WD(1), "2026-03-08 03:30:00.000 -4", false},
    {"winter time gives one", SUNDAY, "2026-11-01 00:00", WH(3), "2026-11-01 03:30:00.000 -5", false},
    {"a shift in the hour that is left out is empty, the one after it whole: 20 minutes", GAP, "2026-03-08 00:00", WH(1. / 3),
     "2026-03-08 03:20:00.000 -4", false},
    {"a millisecond more waits a week", GAP, "2026-03-08 00:00", TIME_KIND_WORKING_HOURS, 20 * MINUTE + 1,
     "2026-03-15 02:30:00.001 -4", false},
    {"that day's work is over at its end", GAP, "2026-03-08 00:00", WD(1), "2026-03-08 03:20:00.000 -4", false},
    {"on another Sunday both count: 35 minutes", GAP, "2026-03-15 00:00", TIME_KIND_WORKING_HOURS, 35 * MINUTE,
     "2026-03-15 03:20:00.000 -4", false},
    {"a shift into the hour that is left out ends where it begins", INTO, "2026-03-08 00:00", WH(0.5), "2026-03-08 03:00:00.000 -4",
     false},
    {"and the next begins with it: an hour of that day, the rest a week later", INTO, "2026-03-08 00:00", WH(2),
     "2026-03-15 02:30:00.000 -4", false},
    {"an hour that comes twice: its labels are the first", INTO, "2026-11-01 00:00", WH(2), "2026-11-01 02:30:00.000 -5", false},

    {"before the hours change", SEASONS, "2026-05-27 16:00", WH(1), "2026-05-27 17:00:00.000 +8", false},
    {"over the change: old hours on the last day, new ones on the first", SEASONS, "2026-05-29 16:00", WH(5),
     "2026-06-01 15:30:00.000 +8", false},
    {"after it", SEASONS, "2026-06-01 12:00", WH(1), "2026-06-01 15:30:00.000 +8", false},
    {"working days over it: an hour before the end of the day is five hours and a half on", SEASONS, "2026-05-29 16:00", WD(1),
     "2026-06-01 17:30:00.000 +8", false},
    {"and back in October", SEASONS, "2026-09-30 17:00", WH(2), "2026-10-01 10:00:00.000 +8", false},
    {"a make-up Sunday has the hours of its season", SEASONS, "2026-06-07 00:00", WH(1), "2026-06-07 15:30:00.000 +8", false},

    {"a day of 23 hours: twelve hours of it are worked at 13:00", ALWAYS, "2026-03-07 12:00", WD(1), "2026-03-08 13:00:00.000 -4",
     false},
    {"a natural day is the same time by the clock", ALWAYS, "2026-03-07 12:00", ND(1), "2026-03-08 12:00:00.000 -4", false},
    {"a time that the clock leaves out", ALWAYS, "2026-03-07 02:30", ND(1), "2026-03-08 03:30:00.000 -4", false},
    {"a time that the clock shows twice: the first", ALWAYS, "2026-10-31 01:30", ND(1), "2026-11-01 01:30:00.000 -4", false},
    {"24x7: a day from midnight", ALWAYS, "2026-05-01 00:00", WD(1), "2026-05-02 00:00:00.000 -4", false},
    {"24x7: working hours are hours", ALWAYS, "2026-05-01 13:20", WH(30), "2026-05-02 19:20:00.000 -4", false},

    {"before the table: natural days of 24 h", OFFICE, "1999-06-01 08:00", WD(2), "1999-06-03 08:00:00.000 +8", true},
    {"into the table", OFFICE, "1999-12-31 23:00", WH(2), "2000-01-03 10:00:00.000 +8", true},
    {"after it", OFFICE, "2061-02-01 08:00", WD(3), "2061-02-04 08:00:00.000 +8", true},
    {"out of it", OFFICE, "2060-12-31 16:00", WH(2), "2061-01-01 01:00:00.000 +8", true},
    {"out of it by days", OFFICE, "2060-12-31 16:00", WD(2), "2061-01-02 16:00:00.000 +8", true},
};

START_TEST(test_due)
{
    const struct calendar *calendar = calendars[dues[_i].which];
    struct due due = calendar_due(calendar, instant(calendar, dues[_i].from), (struct span){dues[_i].kind, dues[_i].amount});
    ck_assert_msg(strcmp(wall(calendar, due.at), dues[_i].due) == 0, "%s: %s, not %s", dues[_i].what, wall(calendar, due.at),
                  dues[_i].due);
    ck_assert_msg(due.provisional == dues[_i].provisional, "%s: provisional %d", dues[_i].what, due.provisional);
}
END_TEST

/* What counts and when so much has counted are each other's inverse, beyond the ends of the table too. */
START_TEST(test_counted_and_after)
{
    const struct calendar *calendar = calendars[OFFICE];
    static const char *const froms[] = {"1998-05-05 05:05", "1999-12-31 23:59", "2026-10-03 12:00",
                                        "2026-10-09 12:30", "2060-12-31 16:59", "2063-01-01 00:00"};
    for (size_t i = 0; i < sizeof(froms) / sizeof(*froms); i++) {
        for (int64_t ms = 1; ms < INT64_C(400) * 24 * HOUR; ms = ms * 7 + 1) {
            int64_t from_at = instant(calendar, froms[i]);
            struct due after = calendar_after(calendar, TIME_KIND_WORKING_HOURS, from_at, ms);
            ck_assert_int_eq(calendar_counted(calendar, TIME_KIND_WORKING_HOURS, from_at, after.at), ms);
            ck_assert_int_eq(calendar_counted(calendar, TIME_KIND_WORKING_HOURS, from_at, after.at - 1), ms - 1);
        }
    }
    int64_t at = instant(calendar, "2026-09-28 10:00");
    ck_assert_int_eq(calendar_counted(calendar, TIME_KIND_WORKING_DAYS, at, at - HOUR), 0);
    ck_assert_int_eq(calendar_counted(calendar, TIME_KIND_WORKING_DAYS, at, at), 0);
    ck_assert_int_eq(calendar_after(calendar, TIME_KIND_WORKING_DAYS, at, 0).at, at);
}
END_TEST

/* A receipt over the holidays, as a person would read it. */
static const struct {
    const char *until;
    enum interval_why why;
    const char *name;
} receipt[] = {
    {"2026-09-30 12:00", INTERVAL_WHY_WORKING, NULL},     {"2026-09-30 13:00", INTERVAL_WHY_OUTSIDE_HOURS, NULL},
    {"2026-09-30 17:00", INTERVAL_WHY_WORKING, NULL},     {"2026-10-01 00:00", INTERVAL_WHY_OUTSIDE_HOURS, NULL},
    {"2026-10-02 00:00", INTERVAL_WHY_HOLIDAY, "国庆节"}, {"2026-10-03 00:00", INTERVAL_WHY_HOLIDAY, "国庆节"},
};
static const struct {
    const char *until;
    enum interval_why why;
    const char *name;
} week_end[] = {
    {"2026-10-10 10:00", INTERVAL_WHY_OUTSIDE_HOURS, "国庆节"}, {"2026-10-10 14:00", INTERVAL_WHY_WORKING, "国庆节"},
    {"2026-10-11 00:00", INTERVAL_WHY_OUTSIDE_HOURS, "国庆节"}, {"2026-10-12 00:00", INTERVAL_WHY_DAY_OFF, NULL},
    {"2026-10-12 09:00", INTERVAL_WHY_OUTSIDE_HOURS, NULL},     {"2026-10-12 10:30", INTERVAL_WHY_WORKING, NULL},
};

START_TEST(test_intervals)
{
    const struct calendar *calendar = calendars[OFFICE];
    int64_t until_at = instant(calendar, "2026-10-12 10:30"), end;
    const char *name;
    int64_t at = instant(calendar, "2026-09-30 10:00");
    for (size_t i = 0; i < sizeof(receipt) / sizeof(*receipt); i++, at = end) {
        ck_assert_int_eq(calendar_interval(calendar, TIME_KIND_WORKING_DAYS, at, until_at, &end, &name), receipt[i].why);
        ck_assert_int_eq(end, instant(calendar, receipt[i].until));
        ck_assert_pstr_eq(name, receipt[i].name);
    }
    at = instant(calendar, "2026-10-10 00:00");
    for (size_t i = 0; i < sizeof(week_end) / sizeof(*week_end); i++, at = end) {
        ck_assert_int_eq(calendar_interval(calendar, TIME_KIND_WORKING_HOURS, at, until_at, &end, &name), week_end[i].why);
        ck_assert_int_eq(end, instant(calendar, week_end[i].until));
        ck_assert_pstr_eq(name, week_end[i].name);
    }
    ck_assert_int_eq(at, until_at);
    /* Natural time is one interval; so is what lies outside of the table. */
    ck_assert_int_eq(calendar_interval(calendar, TIME_KIND_NATURAL_DAYS, 0, until_at, &end, &name), INTERVAL_WHY_NATURAL);
    ck_assert_int_eq(end, until_at);
    ck_assert_int_eq(calendar_interval(calendar, TIME_KIND_WORKING_DAYS, 0, until_at, &end, &name), INTERVAL_WHY_NATURAL);
    ck_assert_int_eq(end, instant(calendar, "2000-01-01 00:00"));
    at = instant(calendar, "2061-01-01 00:00");
    ck_assert_int_eq(calendar_interval(calendar, TIME_KIND_WORKING_DAYS, at, at + 5, &end, &name), INTERVAL_WHY_NATURAL);
    ck_assert_int_eq(end, at + 5);
}
END_TEST

static void with_years(const int32_t *years, uint32_t count, int32_t wanted_first, int32_t wanted_end)
{
    struct calendar_notice notices[8];
    struct calendar_plan plan = {.week[0] = office_hours, .by_notice = true, .notices = notices, .notice_count = count};
    for (uint32_t i = 0; i < count; i++) {
        notices[i] = (struct calendar_notice){day_number(years[i], 5, 1), DAY_HOLIDAY, NULL};
        plan.complete |= YEAR(years[i]);
    }
    struct calendar *calendar = build(&plan, "Asia/Shanghai");
    ck_assert_int_eq(calendar->known_from_at,
                     instant(calendar, "2000-01-01 00:00") + (day_number(wanted_first, 1, 1) - day_number(2000, 1, 1)) * 24 * HOUR);
    ck_assert_int_eq(calendar->known_until_at,
                     instant(calendar, "2000-01-01 00:00") + (day_number(wanted_end, 1, 1) - day_number(2000, 1, 1)) * 24 * HOUR);
    calendar_free(calendar);
}

/* What a list has of 2026: `count` holidays of `length` days each, a free day between two, and 2025 whole. */
static void with_holidays(uint32_t count, uint32_t length, bool wanted)
{
    struct calendar_notice notices[64];
    struct calendar_plan plan = {.week[0] = office_hours, .by_notice = true, .notices = notices, .complete = YEAR(2025)};
    for (uint32_t i = 0; i < count * length; i++) {
        notices[plan.notice_count++] =
            (struct calendar_notice){day_number(2026, 1, 1) + (int32_t)(i / length * (length + 1) + i % length), DAY_HOLIDAY, NULL};
    }
    struct calendar *calendar = build(&plan, "Asia/Shanghai");
    ck_assert_int_eq(calendar->half_year, wanted || count == 0 ? 0 : 2026);
    ck_assert_msg((calendar->known_until_at > instant(calendar, "2026-01-01 00:00")) == wanted, "%u of %u days", count, length);
    struct due due = calendar_due(calendar, instant(calendar, "2026-06-01 10:00"), (struct span){WH(1)});
    ck_assert_int_eq(due.provisional, !wanted);
    calendar_free(calendar);
}

/* Half a list of a year is not taken for the whole: it takes eleven days off, in six holidays. */
START_TEST(test_half_a_year)
{
    with_holidays(0, 1, false);
    with_holidays(1, 1, false);
    with_holidays(2, 8, false); /* spring festival and national day alone */
    with_holidays(5, 4, false);
    with_holidays(6, 1, false);
    with_holidays(10, 1, false);
    with_holidays(6, 2, true);
    with_holidays(11, 1, true);
    with_holidays(7, 4, true);
}
END_TEST

/* Known years go up to the first one that is missing. */
START_TEST(test_known_years)
{
    with_years((const int32_t[]){2024, 2025, 2026}, 3, 2024, 2027);
    with_years((const int32_t[]){2024, 2024, 2026, 2027}, 4, 2024, 2025);
    with_years((const int32_t[]){2026}, 1, 2026, 2027);
    struct calendar_plan plan = {.week[0] = office_hours, .by_notice = true};
    struct calendar *calendar = build(&plan, "Asia/Shanghai"); /* no year is known */
    ck_assert(calendar_due(calendar, instant(calendar, "2026-05-04 09:00"), (struct span){WD(1)}).provisional);
    calendar_free(calendar);
}
END_TEST

START_TEST(test_build_refuses)
{
    struct calendar *calendar = NULL;
    struct calendar_plan plan = {.make_up = office_hours};
    ck_assert_int_eq(calendar_build(&plan, "Asia/Shanghai", &calendar), -EINVAL); /* no working time at all */
    plan.week[3] = office_hours;
    ck_assert_int_eq(calendar_build(&plan, "Asia/Peking", &calendar), -ENOENT);
    ck_assert_ptr_null(calendar);
    ck_assert_ptr_null(calendar_free(NULL));
}
END_TEST

/* Another hash for everything that moves a due instant; names do not. */
START_TEST(test_hash)
{
    struct calendar_notice notice = {day_number(2026, 5, 1), DAY_HOLIDAY, NULL};
    struct calendar_plan plans[6];
    const char *zones[6] = {"Asia/Shanghai", "Asia/Shanghai", "Asia/Shanghai", "Asia/Shanghai", "Asia/Shanghai", "Asia/Tokyo"};
    for (int i = 0; i < 6; i++) {
        plans[i] = (struct calendar_plan){.week[0] = office_hours, .make_up = office_hours, .notices = &notice};
    }
    plans[1].week[1] = office_hours;
    plans[2].make_up = make_up_hours;
    plans[3].by_notice = true;
    plans[4].notice_count = 1;
    struct calendar *built[6];
    for (int i = 0; i < 6; i++) {
        built[i] = build(&plans[i], zones[i]);
        for (int k = 0; k < i; k++) {
            ck_assert_str_ne(built[i]->hash, built[k]->hash);
        }
    }
    notice.name = national_day;
    ck_assert(code_make("other", 5, &plans[4].name));
    struct calendar *named = build(&plans[4], zones[4]);
    ck_assert_str_eq(named->hash, built[4]->hash);
    calendar_free(named);
    for (int i = 0; i < 6; i++) {
        calendar_free(built[i]);
    }
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {{test_due, SUITE_COUNT(dues)},
                                       {test_counted_and_after},
                                       {test_intervals},
                                       {test_known_years},
                                       {test_half_a_year},
                                       {test_build_refuses},
                                       {test_hash}};
    return suite_run(&(struct suite){.name = "config/calendar",
                                     .timeout_s = 60,
                                     .setup = setup,
                                     .teardown = teardown,
                                     .tests = tests,
                                     .count = SUITE_COUNT(tests)});
}
