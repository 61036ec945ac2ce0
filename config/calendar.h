/*
 * calendar.h - working calendars 工作日历: when time counts
 *
 * A calendar is a week of shifts, holidays and make-up working days 调休 by date, and a zone. It is built once, from a plan, into
 * a table of the stretches of working time in UTC, so that reading needs neither zone nor rule. Four kinds of time:
 *   natural        every millisecond counts;
 *   natural days   the same wall-clock time, days later, in the calendar's zone (a day with a change of the clock is a day);
 *   working hours  only milliseconds inside a stretch count;
 *   working days   whole working days. A clock that starts with k ms of the day's work behind it is due on the n-th working day
 *                  after, when k ms of that day are worked (at its end where it is shorter). One that starts outside working time
 *                  starts at the next working moment; at the beginning of a day n days are n whole days: due at the end of the
 *                  n-th, the day of the start included.
 * A shift is an interval of what the clock on the wall shows: it begins and ends at the instants of its two labels (zone_label). A
 * label in an hour that the clock skips is the instant of the change, so that a shift in that hour is empty and one into it is
 * shorter; one that the clock shows twice is the first. The hours of a week hold until others hold from a date on.
 * Natural kinds count every millisecond that passes, working kinds those inside a stretch. Years CALENDAR_FIRST_YEAR to
 * CALENDAR_LAST_YEAR; what is outside of them counts as natural time, and is marked provisional. A year whose
 * days off are not all notified counts by what is; a due instant that reaches into it is provisional 暂定. A year is known when its
 * day file says that it is complete, or has what no announced year lacks: CALENDAR_KNOWN_DAYS days off in CALENDAR_KNOWN_HOLIDAYS
 * separate holidays. Standing facts: reading is pure;
 * instants are ms UTC; a calendar does not change once it is built.
 */
#ifndef HUYING_CONFIG_CALENDAR_H
#define HUYING_CONFIG_CALENDAR_H

#include "config/clock_span.h"
#include "proto/gen/schema.h"
#include "proto/shape.h"

#include <stdbool.h>
#include <stdint.h>

#define CALENDAR_FIRST_YEAR 2000
#define CALENDAR_LAST_YEAR 2060
/* The statutory holidays 法定节假日 of a year are 11 days or more (13 since 2025), in seven holidays of which two may touch. */
#define CALENDAR_KNOWN_DAYS 11
#define CALENDAR_KNOWN_HOLIDAYS 6
#define CALENDAR_BUILT_IN "24x7" /* every day is a working day of 24 hours by the wall clock */

struct zone;

/* Wall-clock time of a day, ms after midnight; until at most 24 h. */
struct shift {
    int32_t from_ms, until_ms;
};

struct shifts {
    uint32_t count; /* 0: a free day */
    struct shift at[CAP_SHIFTS];
};

enum day_kind { DAY_HOLIDAY, DAY_MAKE_UP };

/* A day by notice. */
struct calendar_notice {
    int64_t day; /* days since 1970-01-01 */
    enum day_kind kind;
    char *name; /* or NULL */
};

/* A week that holds from a day on. */
struct calendar_week {
    int64_t from_day;      /* days since 1970-01-01 */
    struct shifts days[7]; /* Monday first */
    struct shifts make_up;
};

/* What a calendar is made from. */
struct calendar_plan {
    struct code name;
    struct shifts week[7]; /* Monday first; holds until the first change */
    struct shifts make_up;
    uint32_t change_count;
    const struct calendar_week *changes; /* ascending by from_day, each once */
    uint32_t notice_count;
    const struct calendar_notice *notices; /* ascending by day, each once */
    bool by_notice;                        /* there is a list of days: years that it does not have whole are not known */
    uint64_t complete;                     /* a bit for each year from CALENDAR_FIRST_YEAR on that the list calls complete */
};

/* A stretch of working time: from_at <= t < until_at. */
struct stretch {
    int64_t from_at, until_at;
    int64_t before_ms; /* working time of the whole table before it */
    uint32_t day;      /* which working day, from 0 */
};

/* A working day: its stretches. */
struct working_day {
    uint32_t first, count;
    int64_t work_ms;
};

/* Where a table is looked into without a search: entry i is for what lies CALENDAR_STEP_MS * i from the table's beginning. */
struct calendar_index {
    uint32_t count;
    uint32_t *at; /* stretches */
};
#define CALENDAR_STEP_BITS 26
#define CALENDAR_STEP_MS (INT64_C(1) << CALENDAR_STEP_BITS) /* 18.6 hours: some stretches at most */

struct calendar {
    struct code name;
    char hash[65]; /* BLAKE2b-256 of zone file, week and days, hex */
    char *zone_name;
    struct zone *zone; /* its own */
    uint32_t stretch_count;
    struct stretch *stretches;
    uint32_t day_count;
    struct working_day *days;
    struct calendar_index by_time; /* the first stretch that ends after this instant, from first_at on */
    struct calendar_index by_work; /* the last stretch that has no more working time than this before it */
    uint32_t notice_count;
    struct calendar_notice *notices;
    struct shifts week[7]; /* as planned */
    uint32_t change_count;
    struct calendar_week *changes; /* as planned */
    int32_t half_year;             /* first year that has days by notice and is not known; 0 = none */
    int64_t known_from_at;         /* 0 = all years are alike */
    int64_t known_until_at;        /* 0 = never ends */
    int64_t first_at, last_at;     /* bounds of the table */
};

/* Builds a calendar in a zone of the system (zone_load). Gives *ret, which the caller frees. The plan is copied. Requires shifts
 * that ascend and do not overlap, and changes that ascend. Returns 0, -ENOENT or another errno of zone_load, -ENOMEM, -EINVAL: no
 * working time at all. */
int calendar_build(const struct calendar_plan *plan, const char *zone_name, struct calendar **ret);

/* The built-in calendar: natural time by the wall clock of a zone. As calendar_build. */
int calendar_build_always(const char *zone_name, struct calendar **ret);

/* The shifts of a day of the week (0 = Monday) by the week that holds on `day`, days since 1970-01-01. Borrowed. */
const struct shifts *calendar_week_day(const struct shifts week[7], const struct calendar_week *changes, uint32_t change_count,
                                       int64_t day);

/* Takes NULL; returns NULL. */
struct calendar *calendar_free(struct calendar *calendar);

struct due {
    int64_t at;
    bool provisional;
};

/* The last instant in time of a span that starts at `from_at`. A span of 0 ends where it starts. */
struct due calendar_due(const struct calendar *calendar, int64_t from_at, struct span span);

/* Time that counts in [from_at, until_at); 0 where until_at is earlier. */
int64_t calendar_counted(const struct calendar *calendar, enum time_kind kind, int64_t from_at, int64_t until_at);

/* The earliest instant at which `counted_ms` have counted since `from_at`; from_at itself for 0. */
struct due calendar_after(const struct calendar *calendar, enum time_kind kind, int64_t from_at, int64_t counted_ms);

/* The earliest instant after which, up to `until_at`, no more than `counted_ms` count: the mirror of calendar_after. */
int64_t calendar_before(const struct calendar *calendar, enum time_kind kind, int64_t until_at, int64_t counted_ms);

/* The interval that `at` lies in: the same reason up to *ret_until_at (> at; not beyond `until_at`). *ret_name: of the holiday or
 * make-up day, borrowed, or NULL. Walk on from *ret_until_at; for a whole range the counted intervals add up to
 * calendar_counted. */
enum interval_why calendar_interval(const struct calendar *calendar, enum time_kind kind, int64_t at, int64_t until_at,
                                    int64_t *ret_until_at, const char **ret_name);

/* Does an interval of this reason count? */
static inline bool interval_counts(enum interval_why why)
{
    return why == INTERVAL_WHY_WORKING || why == INTERVAL_WHY_NATURAL;
}

#endif
