/*
 * test_query_receipt.c - deadline receipts: the intervals of a clock follow from its records, join without a gap and add up to
 * what was counted.
 */
#include "config/zone.h"
#include "dispatcher/engine/state.h"
#include "tests/engine/engine_district.h"
#include "tests/engine/harness.h"
#include "tests/suite.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define T0 INT64_C(1320000000000)
#define HOUR INT64_C(3600000)
#define DAY (24 * HOUR)

static void submit(struct harness *h)
{
    json_decref(
        harness_do(h, "s1", "submit", T0, "{'kind': 'complaint', 'matter': 'M1', 'place': 'S1', 'title': 'T', 'anonymous': true}"));
}

static void act(struct harness *h, const char *id, const char *name, int64_t at_ms, const char *more)
{
    char body[256];

    snprintf(body, sizeof(body), "{'submitted': 's1'%s}", more);
    json_decref(harness_do(h, id, name, at_ms, body));
}

/* All pages of a receipt as one; the head is that of the last. */
static json_t *receipt(struct harness *h, const char *which, int *ret_pages)
{
    json_t *rows = json_array(), *page;
    int64_t after = 0;

    for (*ret_pages = 1;; ++*ret_pages) {
        char body[256];

        snprintf(body, sizeof(body), "{%s, 'after': %lld}", which, (long long)after);
        page = harness_do(h, "q", "receipt", -1, body);
        json_array_extend(rows, json_object_get(page, "rows"));
        after = num_of(page, "next");
        if (after == 0) {
            break;
        }
        json_decref(page);
    }
    json_object_set_new(page, "rows", rows);
    return page;
}

/* From the start to the stop (or now) without a gap, and the counted ones add up. */
static void check_sums(const json_t *receipt)
{
    const json_t *rows = json_object_get(receipt, "rows"), *row;
    int64_t at = num_of(receipt, "started_at"), sum = 0, end = num_of(receipt, "stopped_at");
    size_t i;

    json_array_foreach(rows, i, row)
    {
        bool counted = json_is_true(json_object_get(row, "counted"));

        ck_assert_int_eq(num_of(row, "from"), at);
        ck_assert_int_gt(num_of(row, "until"), at);
        at = num_of(row, "until");
        sum += num_of(row, "ms");
        ck_assert(counted || num_of(row, "ms") == 0);
    }
    if (json_array_size(rows) > 0) {
        ck_assert_int_eq(at, end != 0 ? end : num_of(receipt, "now"));
    }
    ck_assert_int_eq(sum, num_of(receipt, "counted_ms"));
    if (num_of(receipt, "due_at") != 0) {
        ck_assert_int_eq(num_of(receipt, "left_ms"), num_of(receipt, "budget_ms") - sum);
    }
}

static const json_t *interval(const json_t *receipt, size_t index)
{
    const json_t *row = json_array_get(json_object_get(receipt, "rows"), index);

    ck_assert_ptr_nonnull(row);
    return row;
}

START_TEST(a_clock_runs_and_stops)
{
    struct harness h;
    int pages;

    harness_begin(&h, true);
    submit(&h);
    json_t *told = receipt(&h, "'submitted': 's1'", &pages);
    ck_assert_uint_eq(harness_rows(told), 0); /* no time has passed */
    check_sums(told);
    json_decref(told);
    json_decref(harness_do(&h, "t", "advance", -1, "{'to': 1320007200001}"));
    told = receipt(&h, "'submitted': 's1'", &pages);
    ck_assert_uint_eq(harness_rows(told), 1);
    ck_assert_int_eq(num_of(told, "counted_ms"), 2 * HOUR + 1);
    ck_assert_int_eq(num_of(told, "left_ms"), 5 * DAY - 2 * HOUR - 1);
    ck_assert_str_eq(text_in(told, "clock"), "handle");
    ck_assert_str_eq(text_in(told, "state"), "running");
    ck_assert_str_eq(text_in(interval(told, 0), "why"), "natural");
    ck_assert_str_eq(text_in(told, "zone"), "Asia/Shanghai");
    check_sums(told);
    json_decref(told);
    act(&h, "g", "sign", -1, "");
    act(&h, "a", "answer", T0 + 6 * DAY, ", 'code': 'solved', 'text': 'done'");
    json_decref(harness_do(&h, "t2", "advance", -1, "{'to': 1322000000000}"));
    told = receipt(&h, "'submitted': 's1'", &pages);
    ck_assert_int_eq(num_of(told, "counted_ms"), 6 * DAY);
    ck_assert_int_eq(num_of(told, "left_ms"), -DAY);
    check_sums(told);
    json_decref(told);
    harness_refused(&h, "NOT_FOUND", "q", "receipt", -1, "{'submitted': 's1', 'clock': 'rate'}");
    harness_refused(&h, "NOT_FOUND", "q", "receipt", -1, "{'submitted': 's2'}");
    harness_refused(&h, "NOT_FOUND", "q", "receipt", -1, "{'clock_id': 999}");
    harness_peer(&h, "s2", 1u << ROLE_WORKER, "S2");
    harness_refused(&h, "NOT_FOUND", "q", "receipt", -1, "{'clock_id': 18}");
    harness_end(&h);
}
END_TEST

/* The caller rates after three days, and sends the result back: the wait does not count, and the clock goes on. */
START_TEST(a_wait_does_not_count)
{
    struct harness h;
    char which[64];
    int pages;

    harness_begin(&h, true);
    h.district->policy.rating = true;
    submit(&h);
    act(&h, "c1", "raise_call", T0, ", 'reason': 'unsolvable_here', 'units': ['LAMPS']");
    act(&h, "c2", "dispatch_call", T0, ", 'reason': 'pole'");
    act(&h, "c3", "sign", T0 + HOUR, ", 'unit': 'LAMPS'");
    act(&h, "c4", "arrive", T0 + 2 * HOUR, ", 'unit': 'LAMPS'");
    act(&h, "c5", "finish_call", T0 + DAY, ", 'unit': 'LAMPS', 'code': 'solved', 'text': 'x'");
    act(&h, "c6", "rate_call", T0 + 4 * DAY, ", 'unit': 'LAMPS', 'confirmed': false, 'score': 1, 'text': 'dark again'");
    act(&h, "c7", "finish_call", T0 + 4 * DAY + 5 * HOUR, ", 'unit': 'LAMPS', 'code': 'solved', 'text': 'x'");
    json_t *told = receipt(&h, "'submitted': 's1', 'clock': 'finish'", &pages);
    ck_assert_uint_eq(harness_rows(told), 3);
    ck_assert_str_eq(text_in(told, "unit"), "LAMPS");
    ck_assert_int_eq(num_of(told, "counted_ms"), num_of(interval(told, 0), "ms") + 5 * HOUR);
    ck_assert_str_eq(text_in(interval(told, 1), "why"), "waited");
    ck_assert_int_eq(num_of(interval(told, 1), "from"), T0 + DAY);
    ck_assert_int_eq(num_of(interval(told, 1), "until"), T0 + 4 * DAY);
    check_sums(told);
    snprintf(which, sizeof(which), "'clock_id': %lld", (long long)num_of(told, "clock_id"));
    json_decref(told);
    told = receipt(&h, which, &pages);
    ck_assert_uint_eq(harness_rows(told), 3);
    json_decref(told);
    harness_end(&h);
}
END_TEST

/* A ledger of 2,600 spans, with gaps: put in by hand, since no life writes so many. */
START_TEST(a_long_ledger_comes_in_pages)
{
    struct harness h;
    struct clock_row clock;
    char which[64];
    int pages;

    harness_begin(&h, true);
    submit(&h);
    json_t *told = receipt(&h, "'submitted': 's1'", &pages);
    uint64_t id = (uint64_t)num_of(told, "clock_id");
    json_decref(told);
    json_decref(harness_do(&h, "t", "advance", -1, "{'to': 1329400000000}"));
    ck_assert(tables_get(&h.engine->tables, ROW_CLOCK, id, &clock));
    /* One hour each: 700 that counted and are told as one, but cut where an answer ends; then counted and waited in turn, and every
     * tenth hour the clock stands. */
    for (int i = 0; i < 2600; i++) {
        struct span_row span;

        if (i >= 700 && i % 10 == 9) {
            continue;
        }
        memset(&span, 0, sizeof(span));
        span.clock_id = id;
        span.prev = clock.span_last;
        span.from_at = T0 + i * HOUR;
        span.until_at = span.from_at + HOUR;
        span.counted = i < 700 || i % 2 == 0;
        clock.span_last = 1000000 + (uint64_t)i;
        span.counted_ms = span.counted ? HOUR : 0;
        clock.consumed_ms += span.counted_ms;
        tables_put(&h.engine->tables, ROW_SPAN, clock.span_last, &span);
    }
    clock.span_from_at = T0 + 2600 * HOUR;
    tables_put(&h.engine->tables, ROW_CLOCK, id, &clock);
    snprintf(which, sizeof(which), "'clock_id': %llu", (unsigned long long)id); /* the submit is forgotten by then */
    told = receipt(&h, which, &pages);
    ck_assert_uint_eq(harness_rows(told), 1 + 1 + 1900);
    ck_assert_int_eq(pages, 6);
    ck_assert_str_eq(text_in(interval(told, 1 + 9), "why"), "paused");
    ck_assert_str_eq(text_in(interval(told, 1 + 11), "why"), "waited");
    check_sums(told);
    json_decref(told);
    harness_end(&h);
}
END_TEST

/* --- working time: office hours 9-12 and 13-17 (make-up days 9-13), against a count of every minute ------------------------ */

#define MINUTE INT64_C(60000)

struct day_by_notice {
    int32_t year, month, day;
    enum day_kind kind;
    const char *name;
};

static const struct day_by_notice days_by_notice[] = {{2011, 11, 3, DAY_HOLIDAY, "Eve of Lantern Day"},
                                                      {2011, 11, 4, DAY_HOLIDAY, "Lantern Day"},
                                                      {2011, 11, 5, DAY_MAKE_UP, "for Lantern Day"},
                                                      {2011, 12, 31, DAY_HOLIDAY, NULL}};
#define DAYS_BY_NOTICE (sizeof(days_by_notice) / sizeof(days_by_notice[0]))

/* A district whose street S1 counts working days by an office calendar in `zone`; the afternoon begins at `afternoon`. */
static struct district *office_district(char fill, const char *zone, int afternoon, struct calendar **ret_calendar)
{
    struct district *district = engine_district_make(fill);
    struct calendar_notice notices[DAYS_BY_NOTICE];
    struct calendar_plan plan = {.by_notice = true, .notices = notices, .notice_count = DAYS_BY_NOTICE};
    struct code s1;

    for (size_t i = 0; i < DAYS_BY_NOTICE; i++) {
        plan.complete |= UINT64_C(1) << (days_by_notice[i].year - CALENDAR_FIRST_YEAR);
    }
    for (size_t i = 0; i < DAYS_BY_NOTICE; i++) {
        notices[i] =
            (struct calendar_notice){.day = civil_to_days(days_by_notice[i].year, days_by_notice[i].month, days_by_notice[i].day),
                                     .kind = days_by_notice[i].kind,
                                     .name = (char *)(uintptr_t)days_by_notice[i].name};
    }
    ck_assert(code_make("office", 6, &plan.name));
    for (int i = 0; i < 5; i++) {
        plan.week[i] =
            (struct shifts){2, {{9 * (int32_t)HOUR, 12 * (int32_t)HOUR}, {afternoon * (int32_t)HOUR, 17 * (int32_t)HOUR}}};
    }
    plan.make_up = (struct shifts){1, {{9 * (int32_t)HOUR, 13 * (int32_t)HOUR}}};
    ck_assert_int_eq(calendar_build(&plan, zone, ret_calendar), 0);
    district->calendars[district->calendar_count++] = *ret_calendar;
    ck_assert(code_make("S1", 2, &s1));
    district->units[district_unit_find(district, &s1)].calendar = 1;
    district->policy.handle[URGENCY_ORDINARY] = (struct span){TIME_KIND_WORKING_DAYS, 5};
    return district;
}

static void adopt(struct harness *h, struct district *fresh)
{
    struct district *old = h->district;
    char said[512];

    ck_assert_msg(engine_adopt(h->engine, fresh, h->config, said) == 0, "%s", said);
    engine_district_unmake(old);
    h->district = fresh;
    harness_rest(h);
}

/* Why a minute counts or not, by nothing but its wall clock. */
static const char *why_minute(const struct zone *zone, int64_t at_ms, const char **ret_name)
{
    struct civil civil;

    zone_civil(zone, at_ms, &civil);
    int64_t day = civil_to_days(civil.year, civil.month, civil.day);
    int weekday = (int)((day + 3) % 7);
    int hour = civil.hour;
    *ret_name = "";
    for (size_t i = 0; i < DAYS_BY_NOTICE; i++) {
        const struct day_by_notice *notice = &days_by_notice[i];

        if (notice->year != civil.year || notice->month != civil.month || notice->day != civil.day) {
            continue;
        }
        *ret_name = notice->name == NULL ? "" : notice->name;
        if (notice->kind == DAY_HOLIDAY) {
            return "holiday";
        }
        return hour >= 9 && hour < 13 ? "working" : "outside_hours";
    }
    if (weekday >= 5) {
        return "day_off";
    }
    return (hour >= 9 && hour < 12) || (hour >= 13 && hour < 17) ? "working" : "outside_hours";
}

/* Every minute of every interval is what the wall clock says, and no two neighbours are the same. */
static void recount(const json_t *receipt, const struct zone *zone)
{
    const json_t *row, *last = NULL;
    size_t i;

    json_array_foreach(json_object_get(receipt, "rows"), i, row)
    {
        int64_t minutes = 0;

        for (int64_t at = num_of(row, "from"); at < num_of(row, "until"); at += MINUTE, minutes++) {
            const char *name, *why = why_minute(zone, at, &name);

            ck_assert_msg(strcmp(text_in(row, "why"), why) == 0, "%lld is %s, not %s", (long long)at, why, text_in(row, "why"));
            ck_assert_str_eq(text_in(row, "name"), name);
        }
        ck_assert_int_eq(num_of(row, "ms"), strcmp(text_in(row, "why"), "working") == 0 ? minutes * MINUTE : 0);
        ck_assert(last == NULL || strcmp(text_in(row, "why"), text_in(last, "why")) != 0 ||
                  strcmp(text_in(row, "name"), text_in(last, "name")) != 0);
        last = row;
    }
}

static const char *const zones[] = {"Asia/Shanghai", "America/New_York"};

/* Thirty cases over four weeks, with a holiday, a make-up day and (in New York) an hour that comes twice; asked while they run, and
 * when they have stopped. */
START_TEST(working_time_is_recounted)
{
    struct harness h;
    struct calendar *calendar;
    int64_t begin = 1319760000000 / MINUTE * MINUTE; /* 2011-10-28 00:00 UTC */
    int pages;

    harness_begin(&h, true);
    adopt(&h, office_district('c', zones[_i], 13, &calendar));
    for (int n = 0; n < 30; n++) {
        char id[16], body[160], which[64];

        snprintf(id, sizeof(id), "s%d", n);
        json_decref(harness_do(&h, id, "submit", begin + n * 1262 * MINUTE,
                               "{'kind': 'complaint', 'matter': 'M1', 'place': 'S1', 'title': 'T', 'anonymous': true}"));
        snprintf(which, sizeof(which), "'submitted': 's%d'", n / 2);
        json_t *told = receipt(&h, which, &pages);
        ck_assert_str_eq(text_in(told, "calendar"), "office");
        ck_assert_str_eq(text_in(told, "zone"), zones[_i]);
        ck_assert_str_eq(text_in(told, "time_kind"), "working_days");
        ck_assert_int_eq(num_of(told, "amount"), 5);
        check_sums(told);
        recount(told, calendar->zone);
        json_decref(told);
        if (n % 3 != 0) {
            continue;
        }
        snprintf(body, sizeof(body), "{%s}", which);
        snprintf(id, sizeof(id), "g%d", n);
        json_decref(harness_do(&h, id, "sign", -1, body));
        snprintf(body, sizeof(body), "{%s, 'code': 'solved', 'text': 'done'}", which);
        snprintf(id, sizeof(id), "a%d", n);
        json_decref(harness_ask(&h, id, "answer", -1, body));
        told = receipt(&h, which, &pages);
        check_sums(told);
        recount(told, calendar->zone);
        json_decref(told);
    }
    harness_end(&h);
    calendar_free(calendar);
}
END_TEST

/* What was counted stays counted when the office changes its hours: the receipt says so, and its sums hold. */
START_TEST(a_changed_calendar_changes_no_ledger)
{
    struct harness h;
    struct calendar *before, *after;
    int pages;

    harness_begin(&h, true);
    adopt(&h, office_district('c', "Asia/Shanghai", 13, &before));
    submit(&h); /* Monday 2011-10-31 02:40 */
    act(&h, "g", "sign", -1, "");
    act(&h, "a", "answer", T0 + 2 * DAY, ", 'code': 'solved', 'text': 'done'");
    json_t *told = receipt(&h, "'submitted': 's1'", &pages);
    int64_t counted = num_of(told, "counted_ms");
    ck_assert_int_eq(counted, 14 * HOUR);
    recount(told, before->zone);
    json_decref(told);
    adopt(&h, office_district('d', "Asia/Shanghai", 14, &after));
    told = receipt(&h, "'submitted': 's1'", &pages);
    ck_assert_int_eq(num_of(told, "counted_ms"), counted);
    ck_assert_uint_eq(harness_rows(told), 1);
    ck_assert_ptr_nonnull(strstr(text_in(interval(told, 0), "name"), "no longer in force"));
    check_sums(told);
    json_decref(told);
    harness_end(&h);
    calendar_free(before);
    calendar_free(after);
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {{a_clock_runs_and_stops},
                                       {a_wait_does_not_count},
                                       {a_long_ledger_comes_in_pages},
                                       {working_time_is_recounted, 2},
                                       {a_changed_calendar_changes_no_ledger}};
    return suite_run(&(struct suite){.name = "query_receipt", .timeout_s = 120, .tests = tests, .count = SUITE_COUNT(tests)});
}
