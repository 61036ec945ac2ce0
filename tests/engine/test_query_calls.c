/*
 * test_query_calls.c - lists of calls: every filter against a naive choice among all calls, pages that join, what one may not see
 * is not there, a bound on what one answer looks at; and one call whole.
 */
#include "dispatcher/engine/state.h"
#include "tests/engine/harness.h"
#include "tests/suite.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define T0 INT64_C(1320000000000)
#define HOUR INT64_C(3600000)
#define DAY (24 * HOUR)
#define CALLS 60

/* One command on case `s<n>`. */
static void act(struct harness *h, int n, const char *name, const char *more)
{
    static unsigned count;
    char id[32], body[256];

    snprintf(id, sizeof(id), "%.10s%u", name, count++);
    snprintf(body, sizeof(body), "{'submitted': 's%d'%s}", n, more);
    json_decref(harness_do(h, id, name, -1, body));
}

/* Callers rate. */
static void begin(struct harness *h)
{
    harness_begin(h, true);
    h->district->policy.rating = true;
}

static void raise_call(struct harness *h, int n, const char *place)
{
    char id[16], body[256];

    snprintf(id, sizeof(id), "s%d", n);
    snprintf(body, sizeof(body), "{'kind': 'complaint', 'matter': 'M1', 'place': '%s', 'title': 'T', 'anonymous': true}", place);
    json_decref(harness_do(h, id, "submit", T0 + n * 3 * HOUR, body));
    act(h, n, "raise_call", ", 'reason': 'unsolvable_here', 'text': 'the pole leans', 'units': ['LAMPS']");
}

/* Every third call waits for the desk; of the others LAMPS is called, of some ROADS too; they come as far as n says. */
static void fill(struct harness *h)
{
    for (int n = 0; n < CALLS; n++) {
        raise_call(h, n, n % 2 == 0 ? "S1-C1-G1" : "S2-C1");
        if (n % 3 == 0) {
            continue;
        }
        act(h, n, "dispatch_call",
            n % 5 == 0 ? ", 'reason': 'pole', 'units': ['LAMPS', 'ROADS'], 'coordinating': 'ROADS'" : ", 'reason': 'pole'");
        if (n % 4 > 0) {
            act(h, n, "sign", ", 'unit': 'LAMPS'");
        }
        if (n % 4 > 1) {
            act(h, n, "arrive", ", 'unit': 'LAMPS', 'evidence': 'photo'");
        }
        if (n % 4 > 2) {
            act(h, n, "finish_call", ", 'unit': 'LAMPS', 'code': 'solved', 'text': 'done'");
        }
        if (n % 8 == 7) {
            act(h, n, "rate_call", ", 'confirmed': true, 'score': 5, 'text': 'thanks'");
        }
    }
}

/* All calls of a list by pages of `count`, each with its called units under it. */
static json_t *list_all(struct harness *h, const char *filter, int count)
{
    json_t *all = json_array();
    int64_t after = 0;

    for (;;) {
        char body[256];
        size_t i, j;
        json_t *line, *called;

        snprintf(body, sizeof(body), "{'count': %d, 'after': %lld%s%s}", count, (long long)after, filter[0] ? ", " : "", filter);
        json_t *page = harness_do(h, "q", "list_calls", -1, body);
        ck_assert_uint_le(harness_rows(page), (size_t)count);
        ck_assert_int_eq(num_of(page, "seq"), (int64_t)h->engine->last_seq);
        ck_assert_int_eq(num_of(page, "now"), h->engine->now_ms);
        json_array_foreach(json_object_get(page, "rows"), i, line)
        {
            json_object_set_new(line, "units", json_array());
            json_array_foreach(json_object_get(page, "called"), j, called)
            {
                if (num_of(called, "call") == num_of(line, "call")) {
                    json_array_append(json_object_get(line, "units"), called);
                }
            }
            json_array_append(all, line);
        }
        after = num_of(page, "next");
        json_decref(page);
        if (after == 0) {
            return all;
        }
    }
}

static bool is_open(const json_t *line)
{
    return strcmp(text_in(line, "state"), "closed") != 0;
}

static bool any(const json_t *line)
{
    return line != NULL;
}
static bool called(const json_t *line)
{
    return strcmp(text_in(line, "state"), "called") == 0;
}
static bool closed(const json_t *line)
{
    return !is_open(line);
}
static bool by_s2(const json_t *line)
{
    return strncmp(text_in(line, "caller"), "S2", 2) == 0;
}
static bool to(const json_t *line, const char *unit)
{
    const json_t *one;
    size_t i;

    json_array_foreach(json_object_get(line, "units"), i, one)
    {
        if (strcmp(text_in(one, "unit"), unit) == 0) {
            return true;
        }
    }
    return false;
}
static bool to_roads(const json_t *line)
{
    return to(line, "ROADS");
}
static bool red(const json_t *line)
{
    return json_object_get(line, "worst_clock") != NULL && strcmp(text_in(line, "colour"), "red") == 0;
}
static bool since(const json_t *line)
{
    return num_of(line, "raised_at") >= T0 + 60 * HOUR;
}
static bool until(const json_t *line)
{
    return num_of(line, "raised_at") < T0 + 60 * HOUR;
}
static bool several(const json_t *line)
{
    return is_open(line) && by_s2(line) && to_roads(line) && since(line);
}

static const struct {
    const char *json;
    bool (*wanted)(const json_t *line);
} filters[] = {
    {"", any},
    {"'open': true", is_open},
    {"'state': 'called'", called},
    {"'state': 'closed'", closed},
    {"'level': 'routine'", any},
    {"'caller': 'S2'", by_s2},
    {"'called': 'ROADS'", to_roads},
    {"'colour': 'red'", red},
    {"'since': 1320216000000", since},
    {"'until': 1320216000000", until},
    {"'open': true, 'caller': 'S2', 'called': 'ROADS', 'since': 1320216000000", several},
};

static void check_filters(struct harness *h)
{
    json_t *all = list_all(h, "", 100);

    ck_assert_uint_eq(json_array_size(all), CALLS);
    for (size_t f = 0; f < sizeof(filters) / sizeof(filters[0]); f++) {
        for (int count = 1; count <= 64; count *= 4) {
            json_t *got = list_all(h, filters[f].json, count), *line;
            size_t i, at = 0;

            json_array_foreach(all, i, line)
            {
                if (filters[f].wanted(line)) {
                    ck_assert_msg(json_equal(line, json_array_get(got, at)), "%s: row %zu of pages of %d", filters[f].json, at,
                                  count);
                    at++;
                }
            }
            ck_assert_uint_eq(json_array_size(got), at);
            ck_assert_msg(at > 0 && (f == 0 || f == 4 || at < CALLS), "%s finds %zu", filters[f].json, at);
            json_decref(got);
        }
    }
    json_decref(all);
}

/* Also from the file of the rows, where the open ones are found anew at the start. */
START_TEST(every_filter_is_a_naive_choice)
{
    struct harness h;

    begin(&h);
    fill(&h);
    check_filters(&h);
    h.engine = engine_close(h.engine);
    harness_open(&h);
    check_filters(&h);
    json_t *all = list_all(&h, "", 100);
    const json_t *third = json_array_get(all, 3);
    char body[80];
    json_t *of_case =
        harness_do(&h, "q", "list_calls", -1, harness_words(body, sizeof(body), "{'number': '%s'}", text_in(third, "number")));
    ck_assert_uint_eq(harness_rows(of_case), 1);
    ck_assert_int_eq(harness_row(of_case, 0, "call"), num_of(third, "call"));
    json_decref(of_case);
    json_decref(all);
    harness_refused(&h, "UNKNOWN_UNIT", "q", "list_calls", -1, "{'caller': 'S9'}");
    harness_refused(&h, "UNKNOWN_UNIT", "q", "list_calls", -1, "{'called': 'S9'}");
    harness_refused(&h, "NOT_FOUND", "q", "list_calls", -1, "{'case': 999999}");
    harness_end(&h);
}
END_TEST

/* A line of the list, and what its called units have done. */
START_TEST(a_line_says_how_far_each_unit_is)
{
    struct harness h;

    begin(&h);
    raise_call(&h, 0, "S1-C1-G1");
    act(&h, 0, "dispatch_call", ", 'reason': 'pole', 'units': ['LAMPS', 'ROADS'], 'coordinating': 'ROADS'");
    act(&h, 0, "sign", ", 'unit': 'LAMPS'");
    act(&h, 0, "arrive", ", 'unit': 'LAMPS', 'evidence': 'photo'");
    act(&h, 0, "finish_call", ", 'unit': 'LAMPS', 'code': 'partly', 'text': 'done'");
    act(&h, 0, "rate_call", ", 'confirmed': true, 'score': 4, 'text': 'thanks'");
    json_t *all = list_all(&h, "", 50), *line = json_array_get(all, 0), *units = json_object_get(line, "units");
    const json_t *lamps = json_array_get(units, 0), *roads = json_array_get(units, 1);

    ck_assert_str_eq(text_in(line, "caller"), "S1");
    ck_assert_str_eq(text_in(line, "worst_clock"), "finish");
    ck_assert_str_eq(text_in(line, "worst_unit"), "ROADS");
    ck_assert_int_eq(num_of(line, "worst_due_at"), T0 + 3 * DAY);
    ck_assert_str_eq(text_in(lamps, "result"), "partly");
    ck_assert(json_is_true(json_object_get(lamps, "rated")) && json_is_true(json_object_get(lamps, "confirmed")));
    ck_assert(num_of(lamps, "arrived_at") == T0 && num_of(lamps, "finished_at") == T0 && num_of(lamps, "ended_at") == 0);
    ck_assert_ptr_null(json_object_get(roads, "result"));
    ck_assert(num_of(roads, "signed_at") == 0 && num_of(roads, "finished_at") == 0);
    act(&h, 0, "cancel", ", 'unit': 'ROADS', 'kind': 'respond', 'reason': 'not theirs'");
    json_decref(all);
    all = list_all(&h, "", 50);
    line = json_array_get(all, 0);
    roads = json_array_get(json_object_get(line, "units"), 1);
    ck_assert_str_eq(text_in(line, "state"), "closed");
    ck_assert_str_eq(text_in(line, "outcome"), "partly");
    ck_assert_ptr_null(json_object_get(line, "worst_clock"));
    ck_assert_str_eq(text_in(roads, "ended"), "not_needed");
    ck_assert(num_of(roads, "ended_at") == T0 && num_of(roads, "finished_at") == 0);
    json_decref(all);
    harness_end(&h);
}
END_TEST

static void sees(struct harness *h, const char *unit, size_t count)
{
    harness_peer(h, unit, 1u << ROLE_LEADER, unit);
    json_t *all = list_all(h, "", 50);
    ck_assert_msg(json_array_size(all) == count, "%s sees %zu calls", unit, json_array_size(all));
    json_decref(all);
}

START_TEST(what_one_may_not_see_is_not_there)
{
    struct harness h;
    char body[64];

    begin(&h);
    raise_call(&h, 0, "S1-C1-G1");
    raise_call(&h, 1, "S2");
    sees(&h, "S1", 1);
    json_t *all = list_all(&h, "", 50);
    int64_t of_s1 = num_of(json_array_get(all, 0), "call"), case_s1 = num_of(json_array_get(all, 0), "case");
    json_decref(all);
    sees(&h, "S1-C1", 1);
    sees(&h, "DESK", 2);
    sees(&h, "LAMPS", 0);
    harness_refused(&h, "NOT_FOUND", "q", "show_call", -1, harness_words(body, sizeof(body), "{'call': %lld}", (long long)of_s1));
    harness_refused(&h, "NOT_FOUND", "q", "show_call", -1, harness_words(body, sizeof(body), "{'case': %lld}", (long long)of_s1));
    harness_refused(&h, "NOT_FOUND", "q", "list_calls", -1,
                    harness_words(body, sizeof(body), "{'case': %lld}", (long long)case_s1));
    harness_peer(&h, "default", ALL_ROLES, "D");
    act(&h, 0, "dispatch_call", ", 'reason': 'pole'");
    sees(&h, "LAMPS", 1);
    sees(&h, "S2", 1);
    harness_refused(&h, "NOT_FOUND", "q", "show_call", -1, harness_words(body, sizeof(body), "{'call': %lld}", (long long)of_s1));
    harness_end(&h);
}
END_TEST

/* The record of a type in the answer, or NULL. */
static const json_t *record_in(const json_t *shown, const char *type)
{
    const json_t *record;
    size_t i;

    json_array_foreach(json_object_get(shown, "records"), i, record)
    {
        if (strcmp(text_in(record, "type"), type) == 0) {
            return record;
        }
    }
    return NULL;
}

/* Who is to act, as `unit step` with a comma between them. */
static const char *next_of(struct harness *h, const char *body)
{
    static char ret[256];
    json_t *shown = harness_do(h, "q", "show_call", -1, body);
    const json_t *step;
    size_t i, used = 0;

    ret[0] = '\0';
    json_array_foreach(json_object_get(shown, "next"), i, step)
    {
        used += (size_t)snprintf(ret + used, sizeof(ret) - used, "%s%s %s", i > 0 ? ", " : "", text_in(step, "unit"),
                                 text_in(step, "step"));
    }
    json_decref(shown);
    return ret;
}

START_TEST(one_call_says_who_is_to_act)
{
    static const char s0[] = "{'submitted': 's0'}";
    struct harness h;
    char body[80];

    begin(&h);
    raise_call(&h, 0, "S1-C1-G1");
    ck_assert_str_eq(next_of(&h, s0), "DESK dispatch");
    act(&h, 0, "dispatch_call", ", 'reason': 'pole', 'units': ['LAMPS', 'ROADS'], 'coordinating': 'ROADS'");
    ck_assert_str_eq(next_of(&h, s0), "LAMPS sign, ROADS sign");
    act(&h, 0, "sign", ", 'unit': 'LAMPS'");
    ck_assert_str_eq(next_of(&h, s0), "LAMPS arrive, ROADS sign");
    act(&h, 0, "arrive", ", 'unit': 'LAMPS', 'evidence': 'photo'");
    ck_assert_str_eq(next_of(&h, s0), "LAMPS finish, ROADS sign");
    act(&h, 0, "finish_call", ", 'unit': 'LAMPS', 'code': 'solved', 'text': 'done'");
    ck_assert_str_eq(next_of(&h, s0), "ROADS sign, S1 rate");
    act(&h, 0, "rate_call", ", 'confirmed': true, 'score': 5, 'text': 'thanks'");
    ck_assert_str_eq(next_of(&h, s0), "ROADS sign");

    json_t *shown = harness_do(&h, "q", "show_call", -1, s0);
    ck_assert_str_eq(text_in(record_in(shown, "call_raised"), "text"), "the pole leans");
    ck_assert_str_eq(text_in(record_in(shown, "call_arrived"), "evidence"), "photo");
    ck_assert_int_eq(num_of(record_in(shown, "call_rated"), "score"), 5);
    ck_assert_ptr_null(record_in(shown, "case_received"));
    ck_assert_uint_gt(json_array_size(json_object_get(shown, "clocks")), 1);
    /* Who may not read what people wrote sees what happened without it. */
    harness_peer(&h, "auditor", 1u << ROLE_ADMINISTRATOR, "D");
    harness_words(body, sizeof(body), "{'number': '%s'}", text_in(shown, "number"));
    json_decref(shown);
    shown = harness_do(&h, "q", "show_call", -1, body);
    ck_assert_ptr_null(json_object_get(record_in(shown, "call_raised"), "text"));
    json_decref(shown);
    harness_end(&h);
}
END_TEST

/* Of a case with two calls the open one is meant; its own id names any, also in the place of the case's. */
START_TEST(a_call_is_named_by_its_case_or_its_id)
{
    struct harness h;
    char body[80];

    begin(&h);
    raise_call(&h, 0, "S1-C1-G1");
    act(&h, 0, "withdraw_call", ", 'reason': 'mended'");
    act(&h, 0, "raise_call", ", 'reason': 'joint_enforcement', 'units': ['ROADS']");
    json_t *all = list_all(&h, "", 50);
    int64_t open = num_of(json_array_get(all, 0), "call"), old = num_of(json_array_get(all, 1), "call");
    ck_assert_uint_eq(json_array_size(all), 2);
    json_decref(all);
    json_t *shown = harness_do(&h, "q", "show_call", -1, "{'submitted': 's0'}");
    ck_assert_int_eq(num_of(shown, "call"), open);
    json_decref(shown);
    for (int i = 0; i < 2; i++) {
        harness_words(body, sizeof(body), "{'%s': %lld}", i == 0 ? "call" : "case", (long long)old);
        shown = harness_do(&h, "q", "show_call", -1, body);
        ck_assert_int_eq(num_of(shown, "call"), old);
        ck_assert_str_eq(text_in(shown, "outcome"), "withdrawn");
        json_decref(shown);
    }
    harness_refused(&h, "NOT_FOUND", "q", "show_call", -1,
                    harness_words(body, sizeof(body), "{'case': %lld, 'call': %lld}", (long long)old, (long long)open));
    harness_refused(&h, "NOT_FOUND", "q", "show_call", -1, "{'call': 999999}");
    harness_submit(&h, "lonely", "M1", "S1");
    harness_refused(&h, "NOT_FOUND", "q", "show_call", -1, "{'submitted': 'lonely'}");
    harness_end(&h);
}
END_TEST

/* What is rare does not hold up everybody: 3,000 open calls, one of them wanted, the oldest. Closed calls do not stand before open
 * ones: they are not looked at. */
START_TEST(an_answer_looks_at_a_bounded_number_of_rows)
{
    struct harness h;
    int pages = 0, looked = 0;
    int64_t after = 0;

    begin(&h);
    raise_call(&h, 0, "S2");
    for (int n = 1; n <= 3000; n++) {
        raise_call(&h, n, "S1");
    }
    do {
        char body[96];

        json_t *page = harness_do(&h, "q", "list_calls", -1,
                                  harness_words(body, sizeof(body), "{'caller': 'S2', 'after': %lld}", (long long)after));
        after = num_of(page, "next");
        looked += (int)harness_rows(page);
        pages++;
        json_decref(page);
    } while (after != 0);
    ck_assert_int_eq(looked, 1);
    ck_assert_int_eq(pages, 3);
    for (int n = 1; n <= 3000; n++) {
        act(&h, n, "withdraw_call", ", 'reason': 'mended'");
    }
    json_t *page = harness_do(&h, "q", "list_calls", -1, "{'open': true}");
    ck_assert_uint_eq(harness_rows(page), 1);
    ck_assert_int_eq(num_of(page, "next"), 0);
    json_decref(page);
    harness_end(&h);
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {{every_filter_is_a_naive_choice},        {a_line_says_how_far_each_unit_is},
                                       {what_one_may_not_see_is_not_there},     {one_call_says_who_is_to_act},
                                       {a_call_is_named_by_its_case_or_its_id}, {an_answer_looks_at_a_bounded_number_of_rows}};
    return suite_run(&(struct suite){.name = "query_calls", .timeout_s = 120, .tests = tests, .count = SUITE_COUNT(tests)});
}
