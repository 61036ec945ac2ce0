/* test_adopt.c - another set over open cases: units that may not be lacking, calendars that change while work goes on */
#include "config/zone.h"
#include "dispatcher/engine/engine.h"
#include "tests/engine/engine_district.h"
#include "tests/engine/harness.h"
#include "tests/suite.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HOUR INT64_C(3600000)
#define DAY (24 * HOUR)
#define SUBMIT                                                                                                                     \
    "{'kind': 'complaint', 'matter': 'M1', 'place': 'S1-C1-G1', 'title': 'Lamp out', 'text': '路灯不亮', 'anonymous': true}"

/* The same district with an office, Monday to Friday 9-17, and these days by notice. Limits: 5 wd. */
static struct district *office_with(char fill, const struct calendar_notice *notices, uint32_t count)
{
    struct district *district = engine_district_make(fill);
    struct calendar_plan plan = {.by_notice = true, .notice_count = count, .notices = notices};

    for (uint32_t i = 0; i < count; i++) { /* years with a row are complete */
        struct civil civil;

        civil_from_days(notices[i].day, &civil);
        plan.complete |= UINT64_C(1) << (civil.year - CALENDAR_FIRST_YEAR);
    }
    ck_assert(code_make("office", 6, &plan.name));
    for (int day = 0; day < 5; day++) {
        plan.week[day] = (struct shifts){.count = 1, .at = {{(int32_t)(9 * HOUR), (int32_t)(17 * HOUR)}}};
    }
    ck_assert_int_eq(calendar_build(&plan, "Asia/Shanghai", &district->calendars[1]), 0);
    district->calendar_count = 2;
    for (uint32_t i = 0; i < district->unit_count; i++) {
        district->units[i].calendar = 1;
    }
    for (int i = 0; i < URGENCY_COUNT; i++) {
        district->policy.handle[i] = (struct span){TIME_KIND_WORKING_DAYS, 5};
    }
    return district;
}

/* The holidays of 2026 are known, or those of 2027 too. */
static struct district *office(char fill, bool with_2027)
{
    const struct calendar_notice notices[] = {{civil_to_days(2026, 1, 1), DAY_HOLIDAY, NULL},
                                              {civil_to_days(2027, 1, 1), DAY_HOLIDAY, NULL}};

    return office_with(fill, notices, with_2027 ? 2 : 1);
}

static void office_unmake(struct district *district)
{
    calendar_free(district->calendars[1]);
    engine_district_unmake(district);
}

static int64_t at(int32_t year, int32_t month, int32_t day, int32_t hour)
{
    return civil_to_days(year, month, day) * DAY + (hour - 8) * HOUR;
}

/* Another set takes the place of the one in force. */
static void take_over(struct harness *h, struct district *fresh)
{
    char said[512];

    ck_assert_msg(engine_adopt(h->engine, fresh, h->config, said) == 0, "%s", said);
    office_unmake(h->district);
    h->district = fresh;
}

/* An engine at 10:00 of 2026-12-28, a Monday, under the office of 2026. */
static void begin(struct harness *h)
{
    char said[512];

    harness_begin(h, false);
    harness_rest(h);
    struct district *old = h->district;
    h->district = office('b', false);
    ck_assert_int_eq(engine_adopt(h->engine, h->district, h->config, said), 0);
    engine_district_unmake(old);
    h->clock_ms = at(2026, 12, 28, 10);
    harness_rest(h);
}

static void end(struct harness *h)
{
    h->engine = engine_close(h->engine);
    office_unmake(h->district);
    h->district = NULL;
    harness_end(h);
}

/* Due instant of the n-th case. */
static int64_t due_of(struct harness *h, const char *submitted)
{
    char body[64];

    snprintf(body, sizeof(body), "{'submitted': '%s'}", submitted);
    json_t *shown = harness_do(h, "q", "show_case", -1, body);
    int64_t due = num_of(shown, "due_at");
    json_decref(shown);
    return due;
}

START_TEST(a_set_that_lacks_a_unit_is_not_taken)
{
    struct harness h;
    struct district *lacking = engine_district_make('c');
    char said[512];

    harness_begin(&h, false);
    harness_rest(&h);
    lacking->units[8].code = (struct code){"S2-C2"}; /* S2-C1 is no more, as if its line had been taken out */
    ck_assert_int_eq(engine_adopt(h.engine, lacking, h.config, said), -22);
    ck_assert_str_eq(said,
                     "The unit S2-C1 is in force with this data, and units.csv lacks it. Unit codes stay for ever: put it back, "
                     "with retired_on and successor if it is gone.");
    json_decref(harness_do(&h, "s1", "submit", -1, SUBMIT)); /* the old set works on */

    /* Nor does the engine start with it. */
    h.engine = engine_close(h.engine);
    struct engine_options options = {.data = h.data, .district = lacking, .config_folder = h.config};
    ck_assert_int_eq(engine_open(&options, &h.engine, said), -22);
    h.engine = NULL;
    ck_assert_ptr_nonnull(strstr(said, "S2-C1"));
    harness_open(&h);
    engine_district_unmake(lacking);
    harness_end(&h);
}
END_TEST

START_TEST(a_case_is_settled_before_it_is_worked_on)
{
    struct harness h;
    uint64_t first = 0;
    char body[64];

    begin(&h);
    for (int i = 0; i < 3; i++) {
        snprintf(body, sizeof(body), "s%d", i);
        json_decref(harness_do(&h, body, "submit", -1, SUBMIT));
    }
    ck_assert_int_eq(due_of(&h, "s2"), at(2027, 1, 4, 10));
    take_over(&h, office('c', true));
    uint64_t from = engine_durable_seq(h.engine) + 1;
    /* One message in the very step that brings the set: the last case moves before the walk has begun. */
    json_decref(harness_do(&h, "n1", "add_note", -1, "{'submitted': 's2', 'text': 'called again'}"));
    harness_rest(&h);
    snprintf(body, sizeof(body), "{'from': %llu}", (unsigned long long)from);
    json_t *events = harness_do(&h, "q", "events", -1, body);
    json_t *rows = json_object_get(events, "rows");
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *event = json_array_get(rows, i);

        if (strcmp(text_in(event, "type"), "clock_due_moved") == 0 && first == 0) {
            first = (uint64_t)num_of(event, "case");
        }
        if (strcmp(text_in(event, "type"), "case_noted") == 0) {
            ck_assert_uint_eq(first, (uint64_t)num_of(event, "case"));
        }
    }
    ck_assert_uint_ne(first, 0);
    json_decref(events);
    for (int i = 0; i < 3; i++) {
        snprintf(body, sizeof(body), "s%d", i);
        ck_assert_int_eq(due_of(&h, body), at(2027, 1, 5, 10));
    }
    end(&h);
}
END_TEST

START_TEST(no_rung_of_an_old_due_instant_fires)
{
    struct harness h;

    begin(&h);
    json_decref(harness_do(&h, "s1", "submit", -1, SUBMIT));
    take_over(&h, office('c', true));
    h.clock_ms = at(2027, 1, 1, 10) + 1; /* yellow under the old set: Friday the 1st, which is a holiday now */
    harness_rest(&h);
    json_t *events = harness_do(&h, "q", "events", -1, "{'from': 1}");
    json_t *rows = json_object_get(events, "rows");
    for (size_t i = 0; i < json_array_size(rows); i++) {
        ck_assert_str_ne(text_in(json_array_get(rows, i), "type"), "rung_fired");
    }
    json_decref(events);
    h.clock_ms = at(2027, 1, 4, 10);
    harness_rest(&h);
    events = harness_do(&h, "q", "events", -1, "{'from': 1}");
    rows = json_object_get(events, "rows");
    ck_assert_str_eq(text_in(json_array_get(rows, json_array_size(rows) - 1), "type"), "rung_fired");
    json_decref(events);
    end(&h);
}
END_TEST

/* More cases than one step looks at, and a kill on the way. */
START_TEST(the_walk_goes_on_after_a_kill)
{
    enum { CASES = 2600 };
    struct harness h;
    char name[16], line[256];

    begin(&h);
    for (int i = 0; i < CASES; i++) {
        snprintf(name, sizeof(name), "s%d", i);
        json_decref(harness_do(&h, name, "submit", -1, SUBMIT));
    }
    take_over(&h, office('c', true));
    engine_take(h.engine, NULL, 0, harness_time(&h));
    ck_assert_int_eq(engine_journaled(h.engine, engine_append(h.engine)), 0);
    ck_assert_int_le(engine_next_due_ms(h.engine), engine_now_ms(h.engine)); /* there is more to do */
    harness_kill(&h);
    harness_rest(&h);
    for (int i = 0; i < CASES; i += 100) {
        snprintf(name, sizeof(name), "s%d", i);
        ck_assert_msg(due_of(&h, name) == at(2027, 1, 5, 10), "case %d", i);
    }
    h.engine = engine_close(h.engine);
    ck_assert_int_eq(harness_check(&h, line), 0);
    end(&h);
}
END_TEST

START_TEST(a_calendar_that_ends_is_said_from_sixty_days_before)
{
    struct harness h;

    begin(&h); /* 2026-12-28: the calendar ends with the year */
    ck_assert_ptr_nonnull(strstr(h.logged, "calendar_ends: The calendar office knows no holidays from 2027 on"));
    json_t *hello = harness_do(&h, "h", "hello", -1, "{'major': 1}");
    ck_assert_int_eq(num_of(hello, "calendar_until"), at(2027, 1, 1, 0));
    json_decref(hello);
    h.logged[0] = '\0';
    h.clock_ms += DAY - 1;
    harness_rest(&h);
    json_decref(harness_do(&h, "s1", "submit", -1, SUBMIT));
    ck_assert_str_eq(h.logged, "");
    h.clock_ms += 1;
    json_decref(harness_do(&h, "s2", "submit", -1, SUBMIT));
    ck_assert_str_ne(h.logged, "");
    take_over(&h, office('c', true)); /* until 2028 now */
    h.logged[0] = '\0';
    h.clock_ms = at(2027, 11, 1, 0);
    harness_rest(&h);
    ck_assert_str_eq(h.logged, "");
    h.clock_ms = at(2027, 11, 2, 0); /* 60 days before */
    json_decref(harness_do(&h, "s3", "submit", -1, SUBMIT));
    ck_assert_ptr_nonnull(strstr(h.logged, "from 2028 on"));
    end(&h);
}
END_TEST

/* --- any set at any time ---------------------------------------------------------------------------------------------------- */

enum { RANDOM_CASES = 24, RANDOM_STEPS = 60 };

struct model {
    struct harness h;
    uint64_t random;
    int sets, cases;
    int64_t started[RANDOM_CASES], due[RANDOM_CASES];
    bool answered[RANDOM_CASES];
};

static uint64_t draw(struct model *m, uint64_t below)
{
    m->random = m->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (m->random >> 33) % below;
}

static int64_t due_under(const struct model *m, int64_t from_ms)
{
    return calendar_due(m->h.district->calendars[1], from_ms, (struct span){TIME_KIND_WORKING_DAYS, 5}).at;
}

/* A set in which any day of two months may be free or worked. The rules of fairness, said once more: what is overdue stays so, and
 * no due instant moves into the past. */
static void another_set(struct model *m)
{
    struct calendar_notice notices[62];
    uint32_t count = 0;

    for (int64_t day = civil_to_days(2026, 3, 1); day < civil_to_days(2026, 5, 1); day++) {
        if (draw(m, 4) == 0) {
            notices[count++] = (struct calendar_notice){day, draw(m, 2) == 0 ? DAY_HOLIDAY : DAY_MAKE_UP, NULL};
        }
    }
    take_over(&m->h, office_with("0123456789abcdef"[++m->sets % 16], notices, count));
    if (draw(m, 3) == 0) { /* killed in the middle of it */
        engine_take(m->h.engine, NULL, 0, harness_time(&m->h));
        ck_assert_int_eq(engine_journaled(m->h.engine, engine_append(m->h.engine)), 0);
        harness_kill(&m->h);
    }
    harness_rest(&m->h);
    int64_t now_ms = m->h.clock_ms;
    for (int i = 0; i < m->cases; i++) {
        int64_t due_ms = due_under(m, m->started[i]);

        if (!m->answered[i] && m->due[i] >= now_ms && due_ms >= now_ms) {
            m->due[i] = due_ms;
        }
    }
}

static void one_step(struct model *m)
{
    char name[16], body[96];
    int i = m->cases > 0 ? (int)draw(m, (uint64_t)m->cases) : 0;

    m->h.clock_ms += (int64_t)draw(m, 20 * (uint64_t)HOUR) + 1;
    switch (draw(m, 5)) {
    case 0:
    case 1:
        if (m->cases == RANDOM_CASES) {
            return;
        }
        snprintf(name, sizeof(name), "s%d", m->cases);
        json_decref(harness_do(&m->h, name, "submit", -1, SUBMIT));
        m->started[m->cases] = m->h.clock_ms;
        m->due[m->cases] = due_under(m, m->h.clock_ms);
        m->cases++;
        return;
    case 2:
        another_set(m);
        return;
    case 3:
        harness_kill(&m->h);
        return;
    default:
        if (m->cases == 0 || m->answered[i]) {
            return;
        }
        snprintf(body, sizeof(body), "{'submitted': 's%d', 'kind': 'lead'}", i);
        snprintf(name, sizeof(name), "g%d", i);
        json_decref(harness_do(&m->h, name, "sign", -1, body));
        snprintf(body, sizeof(body), "{'submitted': 's%d', 'code': 'solved', 'text': 'done'}", i);
        snprintf(name, sizeof(name), "a%d", i);
        json_decref(harness_do(&m->h, name, "answer", -1, body));
        m->answered[i] = true;
    }
}

START_TEST(any_set_at_any_time)
{
    struct model m = {.random = (uint64_t)_i * 7919 + 1};
    char name[16], line[512];

    harness_begin(&m.h, false);
    m.h.clock_ms = at(2026, 3, 2, 9);
    harness_rest(&m.h);
    struct district *old = m.h.district;
    m.h.district = office('b', false);
    ck_assert_int_eq(engine_adopt(m.h.engine, m.h.district, m.h.config, line), 0);
    engine_district_unmake(old);
    harness_rest(&m.h);
    for (int step = 0; step < RANDOM_STEPS; step++) {
        one_step(&m);
    }
    harness_rest(&m.h);
    for (int i = 0; i < m.cases; i++) {
        snprintf(name, sizeof(name), "s%d", i);
        ck_assert_msg(due_of(&m.h, name) == m.due[i], "seed %d, case %d of %d: %lld ms off", _i, i, m.cases,
                      (long long)(due_of(&m.h, name) - m.due[i]));
    }
    m.h.engine = engine_close(m.h.engine);
    ck_assert_int_eq(harness_check(&m.h, line), 0);
    end(&m.h);
}
END_TEST

/* The receipt of a case's newest clock of a kind. */
static json_t *receipt(struct harness *h, const char *submitted, const char *clock)
{
    char body[96];

    snprintf(body, sizeof(body), "{'submitted': '%s', 'clock': '%s'}", submitted, clock);
    return harness_do(h, "q", "receipt", -1, body);
}

/* The office with other hours. */
static struct district *office_of(char fill, struct calendar_plan *plan)
{
    struct district *district = office_with(fill, NULL, 0);

    calendar_free(district->calendars[1]);
    ck_assert(code_make("office", 6, &plan->name));
    ck_assert_int_eq(calendar_build(plan, "Asia/Shanghai", &district->calendars[1]), 0);
    return district;
}

/* An office whose hours are drawn for each day of December 2026 and January 2027. */
static struct district *drawn_office(char fill, unsigned seed)
{
    enum { DAYS = 60 };
    static struct calendar_week weeks[DAYS];
    struct calendar_plan plan = {.change_count = DAYS, .changes = weeks};

    srand(seed);
    for (int day = 0; day < 7; day++) {
        plan.week[day] = (struct shifts){.count = 1, .at = {{(int32_t)(9 * HOUR), (int32_t)(17 * HOUR)}}};
    }
    for (int i = 0; i < DAYS; i++) {
        struct shifts shifts = {.count = (uint32_t)rand() % 3};
        int32_t begin = (int32_t)(7 * HOUR);

        for (uint32_t k = 0; k < shifts.count; k++) {
            shifts.at[k].from_ms = begin + rand() % 120 * 60000;
            shifts.at[k].until_ms = shifts.at[k].from_ms + (1 + rand() % 240) * 60000;
            begin = shifts.at[k].until_ms;
        }
        weeks[i].from_day = civil_to_days(2026, 12, 24) + i;
        for (int day = 0; day < 7; day++) {
            weeks[i].days[day] = shifts;
        }
        weeks[i].make_up = shifts;
    }
    struct district *district = office_of(fill, &plan);
    district->policy.handle[URGENCY_URGENT] = (struct span){TIME_KIND_WORKING_HOURS, 20 * HOUR};
    for (int i = 0; i < URGENCY_COUNT; i++) {
        district->policy.sign[i] = (struct span){TIME_KIND_WORKING_DAYS, 1};
    }
    return district;
}

/* What counts up to the due instant is the budget: of what is late too. Adds the late ones to *late. */
static void check_receipts(struct harness *h, int cases, int *late)
{
    static const char *const kinds[] = {"handle", "sign", "total"};
    const struct calendar *calendar = h->district->calendars[1];

    for (int n = 0; n < cases; n++) {
        for (int k = 0; k < 3; k++) {
            char id[16];

            snprintf(id, sizeof(id), "s%d", n);
            json_t *view = receipt(h, id, kinds[k]);
            int64_t due = num_of(view, "due_at");
            int64_t now = num_of(view, "now");
            int64_t left = calendar_counted(calendar, TIME_KIND_WORKING_HOURS, now, due) -
                           calendar_counted(calendar, TIME_KIND_WORKING_HOURS, due, now);
            ck_assert_msg(num_of(view, "left_ms") == left, "%s %s: left %lld, not %lld", id, kinds[k],
                          (long long)num_of(view, "left_ms"), (long long)left);
            ck_assert_int_eq(num_of(view, "counted_ms") + left, num_of(view, "budget_ms"));
            *late += due < now;
            json_decref(view);
        }
    }
}

/* Calendars change their past and their future, many times, while clocks run and run out: every receipt adds up, always, also after
 * a replay. */
START_TEST(receipts_add_up_under_any_calendar)
{
    struct harness h;
    char line[256];
    int late = 0;

    begin(&h);
    take_over(&h, drawn_office('c', 1000u * (unsigned)_i));
    harness_rest(&h);
    for (int n = 0; n < 6; n++) {
        char id[16];

        snprintf(id, sizeof(id), "s%d", n);
        h.clock_ms += 95 * 60000;
        json_decref(harness_do(&h, id, "submit", -1,
                               n % 2 == 0 ? SUBMIT
                                          : "{'kind': 'complaint', 'matter': 'M1', 'place': 'S1', 'title': 'T', 'anonymous': true, "
                                            "'urgency': 'urgent'}"));
    }
    for (unsigned round = 1; round < 12; round++) {
        check_receipts(&h, 6, &late);
        h.clock_ms += 11 * HOUR;
        harness_rest(&h);
        take_over(&h, drawn_office((char)('c' + round), 1000u * (unsigned)_i + round));
        harness_rest(&h);
    }
    check_receipts(&h, 6, &late);
    ck_assert_int_gt(late, 10);
    harness_kill(&h);
    check_receipts(&h, 6, &late);
    h.engine = engine_close(h.engine);
    ck_assert_msg(harness_check(&h, line) == 0, "%s", line);
    harness_open(&h);
    end(&h);
}
END_TEST

/* A day of eight hours that has passed becomes one of an hour: the fifth working day stays, and forty hours become thirty-three. */
START_TEST(a_past_day_becomes_an_hour)
{
    static struct calendar_week weeks[2];
    const struct shifts whole = {.count = 1, .at = {{(int32_t)(9 * HOUR), (int32_t)(17 * HOUR)}}};
    const struct shifts hour = {.count = 1, .at = {{(int32_t)(9 * HOUR), (int32_t)(10 * HOUR)}}};
    struct calendar_plan plain = {0}, plan = {.change_count = 2, .changes = weeks};
    struct harness h;

    for (int day = 0; day < 5; day++) {
        plain.week[day] = plan.week[day] = weeks[1].days[day] = whole;
        weeks[0].days[day] = hour;
    }
    weeks[0].from_day = civil_to_days(2026, 12, 29); /* a Tuesday */
    weeks[1].from_day = civil_to_days(2026, 12, 30);
    begin(&h);
    take_over(&h, office_of('d', &plain));
    h.clock_ms = at(2026, 12, 28, 18);
    harness_rest(&h);
    json_decref(harness_do(&h, "s1", "submit", -1, SUBMIT));
    json_t *view = receipt(&h, "s1", "handle");
    int64_t due = num_of(view, "due_at");
    ck_assert_int_eq(num_of(view, "budget_ms"), 40 * HOUR);
    json_decref(view);
    h.clock_ms = at(2026, 12, 30, 9);
    harness_rest(&h);
    take_over(&h, office_of('c', &plan));
    harness_rest(&h);
    view = receipt(&h, "s1", "handle");
    ck_assert_int_eq(num_of(view, "due_at"), due);
    ck_assert_int_eq(num_of(view, "budget_ms"), 33 * HOUR);
    ck_assert_int_eq(num_of(view, "counted_ms"), HOUR);
    json_decref(view);
    h.clock_ms = due;
    harness_rest(&h);
    view = receipt(&h, "s1", "handle");
    ck_assert_int_eq(num_of(view, "left_ms"), 0);
    ck_assert_int_eq(num_of(view, "counted_ms"), 33 * HOUR);
    json_decref(view);
    end(&h);
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {{a_set_that_lacks_a_unit_is_not_taken},
                                       {a_case_is_settled_before_it_is_worked_on},
                                       {no_rung_of_an_old_due_instant_fires},
                                       {a_calendar_that_ends_is_said_from_sixty_days_before},
                                       {any_set_at_any_time, 12},
                                       {the_walk_goes_on_after_a_kill},
                                       {receipts_add_up_under_any_calendar, 8},
                                       {a_past_day_becomes_an_hour}};
    return suite_run(&(struct suite){.name = "adopt", .timeout_s = 120, .tests = tests, .count = SUITE_COUNT(tests)});
}
