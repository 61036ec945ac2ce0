/* calendar.c - reading a calendar: how much counts between two instants, and when so much has counted. See calendar.h */
#include "config/calendar.h"

#include "config/zone.h"

#include <assert.h>
#include <stddef.h>

#define DAY_MS INT64_C(86400000)

static bool is_working(enum time_kind kind)
{
    return kind == TIME_KIND_WORKING_HOURS || kind == TIME_KIND_WORKING_DAYS;
}

/* The first stretch that ends after `at`, which is not before the table; stretch_count: none. */
static uint32_t stretch_after(const struct calendar *calendar, int64_t at)
{
    uint64_t step = (uint64_t)(at - calendar->first_at) >> CALENDAR_STEP_BITS;
    uint32_t i = step < calendar->by_time.count ? calendar->by_time.at[step] : calendar->stretch_count;
    while (i < calendar->stretch_count && calendar->stretches[i].until_at <= at) {
        i++;
    }
    return i;
}

/* Working time of the table before `at`, which lies before the end of stretch i and not in the one before it. */
static int64_t position_by(const struct calendar *calendar, uint32_t i, int64_t at)
{
    const struct stretch *stretch = &calendar->stretches[i];
    return stretch->before_ms + (at > stretch->from_at ? at - stretch->from_at : 0);
}

static int64_t total_ms(const struct calendar *calendar)
{
    const struct stretch *last = &calendar->stretches[calendar->stretch_count - 1];
    return last->before_ms + (last->until_at - last->from_at);
}

/* Working time of the table before `at`; natural time beyond its ends, so that it grows everywhere. */
static int64_t position(const struct calendar *calendar, int64_t at)
{
    if (at < calendar->first_at) {
        return at - calendar->first_at;
    }
    if (at > calendar->last_at) {
        return total_ms(calendar) + (at - calendar->last_at);
    }
    uint32_t i = stretch_after(calendar, at);
    return i < calendar->stretch_count ? position_by(calendar, i, at) : total_ms(calendar);
}

/* The earliest instant with a position from that of stretch i on, but not at it. */
static int64_t instant_by(const struct calendar *calendar, uint32_t i, int64_t target)
{
    while (i + 1 < calendar->stretch_count && calendar->stretches[i + 1].before_ms < target) {
        i++;
    }
    return calendar->stretches[i].from_at + (target - calendar->stretches[i].before_ms);
}

/* The earliest instant with this position. */
static int64_t instant_of(const struct calendar *calendar, int64_t target)
{
    if (target <= 0) {
        return calendar->first_at + target;
    }
    if (target > total_ms(calendar)) {
        return calendar->last_at + (target - total_ms(calendar));
    }
    /* One ms less: what ends a stretch is not the beginning of the next one. */
    return instant_by(calendar, calendar->by_work.at[(uint64_t)(target - 1) >> CALENDAR_STEP_BITS], target);
}

/* Nobody has said which days of this range are free. */
static bool unknown(const struct calendar *calendar, int64_t from_at, int64_t until_at)
{
    return from_at < calendar->first_at || until_at > calendar->last_at ||
           (calendar->known_until_at != 0 && (from_at < calendar->known_from_at || until_at > calendar->known_until_at));
}

int64_t calendar_counted(const struct calendar *calendar, enum time_kind kind, int64_t from_at, int64_t until_at)
{
    if (until_at <= from_at) {
        return 0;
    }
    return is_working(kind) ? position(calendar, until_at) - position(calendar, from_at) : until_at - from_at;
}

struct due calendar_after(const struct calendar *calendar, enum time_kind kind, int64_t from_at, int64_t counted_ms)
{
    assert(counted_ms >= 0);
    if (!is_working(kind) || counted_ms == 0) {
        return (struct due){.at = from_at + counted_ms};
    }
    int64_t at = instant_of(calendar, position(calendar, from_at) + counted_ms);
    return (struct due){.at = at, .provisional = unknown(calendar, from_at, at)};
}

int64_t calendar_before(const struct calendar *calendar, enum time_kind kind, int64_t until_at, int64_t counted_ms)
{
    assert(counted_ms >= 0);
    return is_working(kind) && counted_ms > 0 ? instant_of(calendar, position(calendar, until_at) - counted_ms)
                                              : until_at - counted_ms;
}

static int64_t days_later(const struct calendar *calendar, int64_t from_at, int64_t days)
{
    struct civil civil, date;
    int64_t at;
    zone_civil(calendar->zone, from_at, &civil);
    civil_from_days(civil_to_days(civil.year, civil.month, civil.day) + days, &date);
    date.hour = civil.hour;
    date.minute = civil.minute;
    date.second = civil.second;
    date.ms = civil.ms;
    zone_instant(calendar->zone, &date, &at);
    return at;
}

/* The instant at which `worked_ms` of a day are worked, or its end. */
static int64_t instant_in_day(const struct calendar *calendar, const struct working_day *day, int64_t worked_ms)
{
    const struct stretch *first = &calendar->stretches[day->first], *last = first + day->count - 1;
    return worked_ms >= day->work_ms ? last->until_at : instant_by(calendar, day->first, first->before_ms + worked_ms);
}

static struct due working_days_later(const struct calendar *calendar, int64_t from_at, int64_t days)
{
    uint32_t i = from_at < calendar->first_at ? calendar->stretch_count : stretch_after(calendar, from_at);
    if (i < calendar->stretch_count) {
        const struct stretch *stretch = &calendar->stretches[i];
        int64_t worked_ms = position_by(calendar, i, from_at) - calendar->stretches[calendar->days[stretch->day].first].before_ms;
        int64_t day = worked_ms == 0 ? stretch->day + days - 1 : stretch->day + days;
        if (day < calendar->day_count) {
            const struct working_day *due_day = &calendar->days[day];
            int64_t at = instant_in_day(calendar, due_day, worked_ms == 0 ? due_day->work_ms : worked_ms);
            return (struct due){.at = at, .provisional = unknown(calendar, from_at, at)};
        }
    }
    return (struct due){.at = from_at + days * DAY_MS, .provisional = true};
}

struct due calendar_due(const struct calendar *calendar, int64_t from_at, struct span span)
{
    if (span.amount == 0) {
        return (struct due){.at = from_at};
    }
    switch (span.kind) {
    case TIME_KIND_NATURAL:
    case TIME_KIND_WORKING_HOURS:
        return calendar_after(calendar, span.kind, from_at, span.amount);
    case TIME_KIND_NATURAL_DAYS:
        return (struct due){.at = days_later(calendar, from_at, span.amount)};
    case TIME_KIND_WORKING_DAYS:
        return working_days_later(calendar, from_at, span.amount);
    }
    return (struct due){.at = from_at};
}

static const struct calendar_notice *notice_of(const struct calendar *calendar, int64_t day)
{
    uint32_t low = 0, high = calendar->notice_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (calendar->notices[middle].day < day) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < calendar->notice_count && calendar->notices[low].day == day ? &calendar->notices[low] : NULL;
}

enum interval_why calendar_interval(const struct calendar *calendar, enum time_kind kind, int64_t at, int64_t until_at,
                                    int64_t *ret_until_at, const char **ret_name)
{
    *ret_until_at = until_at;
    *ret_name = NULL;
    if (!is_working(kind) || at >= calendar->last_at) {
        return INTERVAL_WHY_NATURAL;
    }
    if (at < calendar->first_at) {
        *ret_until_at = calendar->first_at < until_at ? calendar->first_at : until_at;
        return INTERVAL_WHY_NATURAL;
    }
    struct civil civil;
    zone_civil(calendar->zone, at, &civil);
    int64_t day = civil_to_days(civil.year, civil.month, civil.day), end = zone_day_start(calendar->zone, at, 1);
    const struct calendar_notice *notice = notice_of(calendar, day);
    if (notice != NULL) {
        *ret_name = notice->name;
    }
    uint32_t i = stretch_after(calendar, at);
    bool working = i < calendar->stretch_count && calendar->stretches[i].from_at <= at;
    if (working) {
        end = calendar->stretches[i].until_at;
    } else if (i < calendar->stretch_count && calendar->stretches[i].from_at < end) {
        end = calendar->stretches[i].from_at;
    }
    *ret_until_at = end < until_at ? end : until_at;
    if (working) {
        return INTERVAL_WHY_WORKING;
    }
    if (notice != NULL && notice->kind == DAY_HOLIDAY) {
        return INTERVAL_WHY_HOLIDAY;
    }
    bool works = notice != NULL || calendar_week_day(calendar->week, calendar->changes, calendar->change_count, day)->count > 0;
    return works ? INTERVAL_WHY_OUTSIDE_HOURS : INTERVAL_WHY_DAY_OFF;
}
