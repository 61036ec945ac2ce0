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

/* The week that holds on a day: the last change up to it; NULL: none yet. */
static const struct calendar_week *change_on(const struct calendar_week *changes, uint32_t count, int64_t day)
{
    uint32_t low = 0, high = count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (changes[middle].from_day <= day) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low > 0 ? &changes[low - 1] : NULL;
}

const struct shifts *calendar_week_day(const struct shifts week[7], const struct calendar_week *changes, uint32_t change_count,
                                       int64_t day)
{
    const struct calendar_week *change = change_on(changes, change_count, day);
    return &(change != NULL ? change->days : week)[(day + 3) % 7]; /* 1970-01-01 was a Thursday */
}

static const struct shifts *shifts_of(const struct calendar_plan *plan, int64_t day, uint32_t *notice)
{
    while (*notice < plan->notice_count && plan->notices[*notice].day < day) {
        ++*notice;
    }
    if (*notice == plan->notice_count || plan->notices[*notice].day != day) {
        return calendar_week_day(plan->week, plan->changes, plan->change_count, day);
    }
    const struct calendar_week *change = change_on(plan->changes, plan->change_count, day);
    return plan->notices[*notice].kind == DAY_HOLIDAY ? NULL : change != NULL ? &change->make_up : &plan->make_up;
}

/* Appends the stretches of one day. In a gap of the zone a shift may vanish. Labels ascend, and so do their instants: no shift
 * begins before the one on its left ends. */
static void add_day(struct calendar *calendar, int64_t day, const struct shifts *shifts)
{
    struct working_day *entry = &calendar->days[calendar->day_count];
    *entry = (struct working_day){.first = calendar->stretch_count};
    for (uint32_t i = 0; i < shifts->count; i++) {
        int64_t from_at = zone_label(calendar->zone, day, shifts->at[i].from_ms);
        int64_t until_at = zone_label(calendar->zone, day, shifts->at[i].until_ms);
        int64_t before_ms = 0;
        if (calendar->stretch_count > 0) {
            const struct stretch *last = &calendar->stretches[calendar->stretch_count - 1];
            before_ms = last->before_ms + (last->until_at - last->from_at);
            assert(from_at >= last->until_at);
        }
        if (until_at <= from_at) {
            continue;
        }
        calendar->stretches[calendar->stretch_count++] = (struct stretch){from_at, until_at, before_ms, calendar->day_count};
        entry->work_ms += until_at - from_at;
        entry->count++;
    }
    if (entry->count > 0) {
        calendar->day_count++;
    }
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
    if (days == 0) {
        return -EINVAL;
    }
    calendar->stretches = calloc(stretches, sizeof(*calendar->stretches));
    calendar->days = calloc(days + 1, sizeof(*calendar->days)); /* one more: a day whose shifts all vanish is tried in place */
    if (calendar->stretches == NULL || calendar->days == NULL) {
        return -ENOMEM;
    }
    notice = 0;
    for (int64_t day = first; day < end; day++) {
        const struct shifts *shifts = shifts_of(plan, day, &notice);
        if (shifts != NULL && shifts->count > 0) {
            add_day(calendar, day, shifts);
        }
    }
    calendar->first_at = zone_label(calendar->zone, first, 0);
    calendar->last_at = zone_label(calendar->zone, end, 0);
    return calendar->stretch_count > 0 ? 0 : -EINVAL;
}

static int make_index(struct calendar_index *index, int64_t range_ms)
{
    index->count = (uint32_t)(range_ms >> CALENDAR_STEP_BITS) + 1;
    index->at = calloc(index->count, sizeof(*index->at));
    return index->at != NULL ? 0 : -ENOMEM;
}

static int build_indexes(struct calendar *calendar)
{
    const struct stretch *stretches = calendar->stretches, *last = &stretches[calendar->stretch_count - 1];
    int rc = make_index(&calendar->by_time, calendar->last_at - calendar->first_at);
    if (rc == 0) {
        rc = make_index(&calendar->by_work, last->before_ms + (last->until_at - last->from_at));
    }
    for (uint32_t step = 0, i = 0; step < calendar->by_time.count && rc == 0; step++) {
        while (i < calendar->stretch_count && stretches[i].until_at <= calendar->first_at + step * CALENDAR_STEP_MS) {
            i++;
        }
        calendar->by_time.at[step] = i;
    }
    for (uint32_t step = 0, i = 0; step < calendar->by_work.count && rc == 0; step++) {
        while (i + 1 < calendar->stretch_count && stretches[i + 1].before_ms <= step * CALENDAR_STEP_MS) {
            i++;
        }
        calendar->by_work.at[step] = i;
    }
    return rc;
}

static int32_t year_of(int64_t day)
{
    struct civil civil;
    civil_from_days(day, &civil);
    return civil.year;
}

#define YEARS (CALENDAR_LAST_YEAR - CALENDAR_FIRST_YEAR + 1)
_Static_assert(YEARS <= 64, "a bit for each year");

/* What a list of days has of one year. */
struct year_days {
    uint32_t rows, days_off, holidays; /* holidays: days off that touch each other are one */
};

static void count_years(const struct calendar_plan *plan, struct year_days ret[YEARS])
{
    for (uint32_t i = 0; i < plan->notice_count; i++) {
        const struct calendar_notice *notice = &plan->notices[i], *before = i > 0 ? notice - 1 : NULL;
        struct year_days *year = &ret[year_of(notice->day) - CALENDAR_FIRST_YEAR];
        bool goes_on = before != NULL && before->kind == DAY_HOLIDAY && before->day == notice->day - 1 &&
                       year_of(before->day) == year_of(notice->day);
        year->rows++;
        if (notice->kind != DAY_HOLIDAY) {
            continue;
        }
        year->days_off++;
        year->holidays += !goes_on;
    }
}

/* The years from the first that is known on, up to the first that is not. */
static void set_known(struct calendar *calendar, const struct calendar_plan *plan)
{
    struct year_days years[YEARS] = {0};
    int32_t first = -1, last = -1;
    if (!plan->by_notice) {
        return;
    }
    count_years(plan, years);
    for (int32_t i = 0; i < YEARS; i++) {
        bool known = (plan->complete >> i & 1) != 0 ||
                     (years[i].days_off >= CALENDAR_KNOWN_DAYS && years[i].holidays >= CALENDAR_KNOWN_HOLIDAYS);
        if (known && (first < 0 || last == i - 1)) {
            last = i;
        }
        if (known && first < 0) {
            first = i;
        }
        if (!known && years[i].rows > 0 && calendar->half_year == 0) {
            calendar->half_year = CALENDAR_FIRST_YEAR + i;
        }
    }
    calendar->known_from_at = calendar->known_until_at = calendar->first_at; /* no year is known */
    if (first < 0) {
        return;
    }
    calendar->known_from_at = zone_label(calendar->zone, civil_to_days(CALENDAR_FIRST_YEAR + first, 1, 1), 0);
    calendar->known_until_at = zone_label(calendar->zone, civil_to_days(CALENDAR_FIRST_YEAR + last + 1, 1, 1), 0);
}

static int copy_changes(struct calendar *calendar, const struct calendar_plan *plan)
{
    calendar->changes = calloc(plan->change_count + 1, sizeof(*calendar->changes));
    if (calendar->changes == NULL) {
        return -ENOMEM;
    }
    for (uint32_t i = 0; i < plan->change_count; i++) {
        calendar->changes[calendar->change_count++] = plan->changes[i];
    }
    return 0;
}

static int copy_notices(struct calendar *calendar, const struct calendar_plan *plan)
{
    calendar->notices = calloc(plan->notice_count + 1, sizeof(*calendar->notices));
    if (calendar->notices == NULL) {
        return -ENOMEM;
    }
    for (uint32_t i = 0; i < plan->notice_count; i++) {
        struct calendar_notice *to = &calendar->notices[calendar->notice_count++];
        *to = plan->notices[i];
        to->name = NULL;
        if (plan->notices[i].name != NULL && (to->name = strdup(plan->notices[i].name)) == NULL) {
            return -ENOMEM;
        }
    }
    return 0;
}

static void hash_week(crypto_generichash_state *state, const struct shifts week[7], const struct shifts *make_up)
{
    char line[64];
    for (uint32_t day = 0; day < 8; day++) {
        const struct shifts *shifts = day < 7 ? &week[day] : make_up;
        for (uint32_t i = 0; i < shifts->count; i++) {
            int n = snprintf(line, sizeof(line), "%u %d %d\n", day, shifts->at[i].from_ms, shifts->at[i].until_ms);
            crypto_generichash_update(state, (unsigned char *)line, (size_t)n);
        }
    }
}

/* Over all that decides when time counts. What a plan does not have adds nothing, so that a calendar keeps its hash. */
static void make_hash(struct calendar *calendar, const struct calendar_plan *plan)
{
    unsigned char hash[32];
    crypto_generichash_state state;
    size_t zone_size;
    const void *zone = zone_data(calendar->zone, &zone_size);
    char line[64];
    crypto_generichash_init(&state, NULL, 0, sizeof(hash));
    crypto_generichash_update(&state, zone, zone_size);
    hash_week(&state, plan->week, &plan->make_up);
    for (uint32_t i = 0; i < plan->change_count; i++) {
        int n = snprintf(line, sizeof(line), "from %lld\n", (long long)plan->changes[i].from_day);
        crypto_generichash_update(&state, (unsigned char *)line, (size_t)n);
        hash_week(&state, plan->changes[i].days, &plan->changes[i].make_up);
    }
    for (uint32_t i = 0; i < plan->notice_count; i++) {
        int n = snprintf(line, sizeof(line), "%lld %d\n", (long long)plan->notices[i].day, plan->notices[i].kind);
        crypto_generichash_update(&state, (unsigned char *)line, (size_t)n);
    }
    crypto_generichash_update(&state, (const unsigned char *)(plan->by_notice ? "notice" : "week"), 4);
    if (plan->complete != 0) {
        int n = snprintf(line, sizeof(line), "complete %llx\n", (unsigned long long)plan->complete);
        crypto_generichash_update(&state, (unsigned char *)line, (size_t)n);
    }
    crypto_generichash_final(&state, hash, sizeof(hash));
    sodium_bin2hex(calendar->hash, sizeof(calendar->hash), hash, sizeof(hash));
}

int calendar_build(const struct calendar_plan *plan, const char *zone_name, struct calendar **ret)
{
    struct calendar *calendar = calloc(1, sizeof(*calendar));
    if (calendar == NULL) {
        return -ENOMEM;
    }
    calendar->name = plan->name;
    memcpy(calendar->week, plan->week, sizeof(calendar->week));
    calendar->zone_name = strdup(zone_name);
    int rc = calendar->zone_name != NULL ? zone_load(NULL, zone_name, &calendar->zone) : -ENOMEM;
    if (rc == 0) {
        rc = copy_notices(calendar, plan);
    }
    if (rc == 0) {
        rc = copy_changes(calendar, plan);
    }
    if (rc == 0) {
        rc = build_table(calendar, plan);
    }
    if (rc == 0) {
        rc = build_indexes(calendar);
    }
    if (rc < 0) {
        calendar_free(calendar);
        return rc;
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
    for (uint32_t day = 0; day < 7; day++) {
        plan.week[day] = (struct shifts){.count = 1, .at = {{0, DAY_MS}}};
    }
    return calendar_build(&plan, zone_name, ret);
}

struct calendar *calendar_free(struct calendar *calendar)
{
    if (calendar == NULL) {
        return NULL;
    }
    for (uint32_t i = 0; i < calendar->notice_count; i++) {
        free(calendar->notices[i].name);
    }
    free(calendar->notices);
    free(calendar->changes);
    free(calendar->stretches);
    free(calendar->days);
    free(calendar->by_time.at);
    free(calendar->by_work.at);
    free(calendar->zone_name);
    zone_free(calendar->zone);
    free(calendar);
    return NULL;
}
