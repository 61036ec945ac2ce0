/* calendar_build.c - a plan becomes the table of stretches that calendar.c reads */
#include "config/calendar.h"

#include "config/zone.h"

#include <assert.h>
#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DAY_MS (24 * 3600000)

/* Instant of a wall-clock time of a day; 24:00 is the beginning of the next. In a gap or a fold as zone_instant says. */
static int64_t instant_at(const struct zone *zone, int64_t day, int32_t ms)
{
    struct civil civil;
    int64_t at;
    civil_from_days(ms == DAY_MS ? day + 1 : day, &civil);
    ms %= DAY_MS;
    civil.hour = ms / 3600000;
    civil.minute = ms / 60000 % 60;
    civil.second = ms / 1000 % 60;
    civil.ms = ms % 1000;
    zone_instant(zone, &civil, &at);
    return at;
}

static const struct shifts *shifts_of(const struct calendar_plan *plan, int64_t day, uint32_t *notice)
{
    while (*notice < plan->notice_count && plan->notices[*notice].day < day)
        ++*notice;
    if (*notice < plan->notice_count && plan->notices[*notice].day == day)
        return plan->notices[*notice].kind == DAY_HOLIDAY ? NULL : &plan->make_up;
    return &plan->week[(day + 3) % 7]; /* 1970-01-01 was a Thursday */
}

/* Appends the stretches of one day. In a gap of the zone a shift may vanish. */
static void add_day(struct calendar *calendar, int64_t day, const struct shifts *shifts)
{
    struct working_day *entry = &calendar->days[calendar->day_count];
    *entry = (struct working_day){.first = calendar->stretch_count};
    for (uint32_t i = 0; i < shifts->count; i++) {
        int64_t from_at = instant_at(calendar->zone, day, shifts->at[i].from_ms);
        int64_t until_at = instant_at(calendar->zone, day, shifts->at[i].until_ms);
        int64_t before_ms = 0;
        if (calendar->stretch_count > 0) {
            const struct stretch *last = &calendar->stretches[calendar->stretch_count - 1];
            before_ms = last->before_ms + (last->until_at - last->from_at);
            if (from_at < last->until_at)
                from_at = last->until_at; /* two shifts across a gap */
        }
        if (until_at <= from_at)
            continue;
        calendar->stretches[calendar->stretch_count++] = (struct stretch){from_at, until_at, before_ms, calendar->day_count};
        entry->work_ms += until_at - from_at;
        entry->count++;
    }
    if (entry->count > 0)
        calendar->day_count++;
}

static int build_table(struct calendar *calendar, const struct calendar_plan *plan)
{
    int64_t first = civil_to_days(CALENDAR_FIRST_YEAR, 1, 1), end = civil_to_days(CALENDAR_LAST_YEAR + 1, 1, 1);
    uint32_t notice = 0;
    size_t stretches = 0, days = 0;
    for (int64_t day = first; day < end; day++) {
        const struct shifts *shifts = shifts_of(plan, day, &notice);
        stretches += shifts != NULL ? shifts->count : 0;
        days += shifts != NULL && shifts->count > 0;
    }
    if (days == 0)
        return -EINVAL;
    calendar->stretches = calloc(stretches, sizeof *calendar->stretches);
    calendar->days = calloc(days + 1, sizeof *calendar->days); /* one more: a day whose shifts all vanish is tried in place */
    if (calendar->stretches == NULL || calendar->days == NULL)
        return -ENOMEM;
    notice = 0;
    for (int64_t day = first; day < end; day++) {
        const struct shifts *shifts = shifts_of(plan, day, &notice);
        if (shifts != NULL && shifts->count > 0)
            add_day(calendar, day, shifts);
    }
    calendar->first_at = instant_at(calendar->zone, first, 0);
    calendar->last_at = instant_at(calendar->zone, end, 0);
    return calendar->stretch_count > 0 ? 0 : -EINVAL;
}

static int32_t year_of(int64_t day)
{
    struct civil civil;
    civil_from_days(day, &civil);
    return civil.year;
}

/* The years from the first with a notice on, up to the first without one. */
static void set_known(struct calendar *calendar, const struct calendar_plan *plan)
{
    if (!plan->by_notice)
        return;
    if (plan->notice_count == 0) {
        calendar->known_from_at = calendar->known_until_at = calendar->first_at; /* no year is known */
        return;
    }
    int32_t first = year_of(plan->notices[0].day), last = first;
    for (uint32_t i = 0; i < plan->notice_count && year_of(plan->notices[i].day) <= last + 1; i++)
        last = year_of(plan->notices[i].day);
    calendar->known_from_at = instant_at(calendar->zone, civil_to_days(first, 1, 1), 0);
    calendar->known_until_at = instant_at(calendar->zone, civil_to_days(last + 1, 1, 1), 0);
}

static int copy_notices(struct calendar *calendar, const struct calendar_plan *plan)
{
    calendar->notices = calloc(plan->notice_count + 1, sizeof *calendar->notices);
    if (calendar->notices == NULL)
        return -ENOMEM;
    for (uint32_t i = 0; i < plan->notice_count; i++) {
        struct calendar_notice *to = &calendar->notices[calendar->notice_count++];
        *to = plan->notices[i];
        to->name = NULL;
        if (plan->notices[i].name != NULL && (to->name = strdup(plan->notices[i].name)) == NULL)
            return -ENOMEM;
    }
    return 0;
}

/* Over all that decides when time counts. */
static void make_hash(struct calendar *calendar, const struct calendar_plan *plan)
{
    unsigned char hash[32];
    crypto_generichash_state state;
    size_t zone_size;
    const void *zone = zone_data(calendar->zone, &zone_size);
    char line[64];
    crypto_generichash_init(&state, NULL, 0, sizeof hash);
    crypto_generichash_update(&state, zone, zone_size);
    for (uint32_t day = 0; day < 8; day++) {
        const struct shifts *shifts = day < 7 ? &plan->week[day] : &plan->make_up;
        for (uint32_t i = 0; i < shifts->count; i++) {
            int n = snprintf(line, sizeof line, "%u %d %d\n", day, shifts->at[i].from_ms, shifts->at[i].until_ms);
            crypto_generichash_update(&state, (unsigned char *)line, (size_t)n);
        }
    }
    for (uint32_t i = 0; i < plan->notice_count; i++) {
        int n = snprintf(line, sizeof line, "%lld %d\n", (long long)plan->notices[i].day, plan->notices[i].kind);
        crypto_generichash_update(&state, (unsigned char *)line, (size_t)n);
    }
    crypto_generichash_update(&state, (const unsigned char *)(plan->by_notice ? "notice" : "week"), 4);
    crypto_generichash_final(&state, hash, sizeof hash);
    sodium_bin2hex(calendar->hash, sizeof calendar->hash, hash, sizeof hash);
}

int calendar_build(const struct calendar_plan *plan, const char *zone_name, struct calendar **ret)
{
    struct calendar *calendar = calloc(1, sizeof *calendar);
    if (calendar == NULL)
        return -ENOMEM;
    calendar->name = plan->name;
    memcpy(calendar->week, plan->week, sizeof calendar->week);
    calendar->zone_name = strdup(zone_name);
    int r = calendar->zone_name != NULL ? zone_load(NULL, zone_name, &calendar->zone) : -ENOMEM;
    if (r == 0)
        r = copy_notices(calendar, plan);
    if (r == 0)
        r = build_table(calendar, plan);
    if (r < 0) {
        calendar_free(calendar);
        return r;
    }
    set_known(calendar, plan);
    make_hash(calendar, plan);
    *ret = calendar;
    return 0;
}

int calendar_build_always(const char *zone_name, struct calendar **ret)
{
    struct calendar_plan plan = {0};
    bool made = code_make(CALENDAR_BUILT_IN, strlen(CALENDAR_BUILT_IN), &plan.name);
    assert(made);
    for (uint32_t day = 0; day < 7; day++)
        plan.week[day] = (struct shifts){.count = 1, .at = {{0, DAY_MS}}};
    return calendar_build(&plan, zone_name, ret);
}

struct calendar *calendar_free(struct calendar *calendar)
{
    if (calendar == NULL)
        return NULL;
    for (uint32_t i = 0; i < calendar->notice_count; i++)
        free(calendar->notices[i].name);
    free(calendar->notices);
    free(calendar->stretches);
    free(calendar->days);
    free(calendar->zone_name);
    zone_free(calendar->zone);
    free(calendar);
    return NULL;
}
