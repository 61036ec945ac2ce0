/*
 * test_query_colour.c - the colour of a case and of a duty: the worst clock that runs on it, against a plain look at all its
 * clocks.
 */
#include "dispatcher/engine/state.h"
#include "tests/engine/harness.h"
#include "tests/suite.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define T0 INT64_C(1320000000000)
#define MINUTE INT64_C(60000)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)
#define CASES 40
#define NATURAL(ms) ((struct span){TIME_KIND_NATURAL, (ms)})

/* Every kind of clock runs. */
static void begin(struct harness *h)
{
    harness_begin(h, true);
    struct policy *policy = &h->district->policy;
    for (int i = 0; i < URGENCY_COUNT; i++) {
        policy->route[i] = NATURAL(HOUR);
        policy->sign[i] = NATURAL(i == URGENCY_EMERGENCY ? 10 * MINUTE : DAY);
        policy->contact[i] = NATURAL(2 * DAY);
    }
    policy->contact_required = false;
}

static json_t *rows_of(struct harness *h, const char *query, const char *json)
{
    json_t *page = harness_do(h, "q", query, -1, json), *rows = json_incref(json_object_get(page, "rows"));

    json_decref(page);
    return rows;
}

static json_t *show(struct harness *h, int64_t id)
{
    char body[64];

    snprintf(body, sizeof(body), "{'case': %lld}", (long long)id);
    return harness_do(h, "q", "show_case", -1, body);
}

static int rank(const char *colour)
{
    return strcmp(colour, "red") == 0 ? 2 : strcmp(colour, "yellow") == 0;
}

/* The worst running clock of a shown case by a plain look at all; duty 0 and kind "": of any. NULL: none. */
static json_t *worst(json_t *shown, int64_t duty, const char *kind)
{
    json_t *clock, *found = NULL;
    size_t i;

    json_array_foreach(json_object_get(shown, "clocks"), i, clock)
    {

        if (strcmp(text_in(clock, "state"), "running") != 0 || num_of(clock, "due_at") == 0 ||
            (duty != 0 && num_of(clock, "duty") != duty) || (kind[0] != '\0' && strcmp(text_in(clock, "clock"), kind) != 0)) {
            continue;
        }
        int more = found == NULL ? 1 : rank(text_in(clock, "colour")) - rank(text_in(found, "colour"));
        if (more > 0 || (more == 0 && num_of(clock, "due_at") < num_of(found, "due_at"))) {
            found = clock;
        }
    }
    return found;
}

/* With which colour the newest main clock ended: of a case that of its handling, of a duty that of its kind. */
static const char *ended(json_t *shown, int64_t duty, const char *duty_kind, const char *kind)
{
    const char *main = strcmp(duty_kind, "lead") == 0 ? "handle" : duty_kind, *colour = "blue";
    json_t *clock;
    size_t i;

    json_array_foreach(json_object_get(shown, "clocks"), i, clock)
    {
        if (strcmp(text_in(clock, "clock"), main) == 0 && (duty == 0 || num_of(clock, "duty") == duty)) {
            colour = strcmp(text_in(clock, "state"), "stopped") == 0 ? text_in(clock, "colour") : "blue";
        }
    }
    return kind[0] == '\0' || strcmp(kind, main) == 0 ? colour : "blue";
}

static void check_view(const json_t *view, const json_t *clock, const char *ended_colour)
{
    if (clock == NULL) {
        ck_assert_str_eq(text_in(view, "colour"), ended_colour);
        ck_assert_ptr_null(json_object_get(view, "worst_clock"));
        ck_assert_ptr_null(json_object_get(view, "worst_due_at"));
        return;
    }
    ck_assert_str_eq(text_in(view, "colour"), text_in(clock, "colour"));
    ck_assert_str_eq(text_in(view, "worst_clock"), text_in(clock, "clock"));
    ck_assert_int_eq(num_of(view, "worst_clock_id"), num_of(clock, "clock_id"));
    ck_assert_int_eq(num_of(view, "worst_due_at"), num_of(clock, "due_at"));
}

/* Nobody signs an emergency with a lead and two supports: three red clocks, and handling has days. */
START_TEST(a_red_signature_shows)
{
    struct harness h;

    begin(&h);
    json_decref(harness_do(&h, "s", "submit", T0,
                           "{'kind': 'complaint', 'matter': 'M3', 'place': 'S1', 'title': 'T', 'anonymous': true, "
                           "'urgency': 'emergency'}"));
    json_decref(
        harness_do(&h, "r", "route", T0, "{'submitted': 's', 'unit': 'S1', 'supports': ['LAMPS', 'ROADS'], 'reason': 'x'}"));
    json_t *rows = rows_of(&h, "list_cases", "{'colour': 'red'}");
    ck_assert_uint_eq(json_array_size(rows), 0);
    json_decref(rows);
    json_decref(harness_do(&h, "n", "add_note", T0 + 11 * MINUTE, "{'submitted': 's', 'text': 'still nobody'}"));

    rows = rows_of(&h, "list_cases", "{'colour': 'red'}");
    ck_assert_uint_eq(json_array_size(rows), 1);
    ck_assert_str_eq(text_in(json_array_get(rows, 0), "colour"), "red");
    ck_assert_str_eq(text_in(json_array_get(rows, 0), "worst_clock"), "sign");
    ck_assert_int_eq(num_of(json_array_get(rows, 0), "worst_due_at"), T0 + 10 * MINUTE);
    ck_assert_int_eq(num_of(json_array_get(rows, 0), "due_at"), T0 + 5 * DAY);
    json_decref(rows);
    rows = rows_of(&h, "list_cases", "{'colour': 'red', 'clock': 'handle'}");
    ck_assert_uint_eq(json_array_size(rows), 0);
    json_decref(rows);
    rows = rows_of(&h, "list_cases", "{'colour': 'blue', 'clock': 'handle'}");
    ck_assert_uint_eq(json_array_size(rows), 1);
    ck_assert_str_eq(text_in(json_array_get(rows, 0), "worst_clock"), "handle");
    json_decref(rows);
    for (int i = 0; i < 3; i++) {
        static const char *const inboxes[] = {"{'unit': 'S1'}", "{'unit': 'LAMPS'}", "{'unit': 'ROADS'}"};

        rows = rows_of(&h, "inbox", inboxes[i]);
        ck_assert_uint_eq(json_array_size(rows), 1);
        ck_assert_str_eq(text_in(json_array_get(rows, 0), "colour"), "red");
        ck_assert_str_eq(text_in(json_array_get(rows, 0), "worst_clock"), "sign");
        json_decref(rows);
    }
    rows = rows_of(&h, "inbox", "{'unit': 'S1', 'clock': 'handle'}");
    ck_assert_str_eq(text_in(json_array_get(rows, 0), "colour"), "blue");
    json_decref(rows);
    /* Signed: what is late no longer runs. */
    json_decref(harness_do(&h, "g1", "sign", -1, "{'submitted': 's', 'unit': 'S1'}"));
    json_decref(harness_do(&h, "g2", "sign", -1, "{'submitted': 's', 'unit': 'LAMPS'}"));
    rows = rows_of(&h, "list_cases", "{'colour': 'red'}");
    ck_assert_uint_eq(json_array_size(rows), 1);
    json_decref(rows);
    json_decref(harness_do(&h, "g3", "sign", -1, "{'submitted': 's', 'unit': 'ROADS'}"));
    rows = rows_of(&h, "list_cases", "{'colour': 'red'}");
    ck_assert_uint_eq(json_array_size(rows), 0);
    json_decref(rows);
    harness_end(&h);
}
END_TEST

/* Cases of several urgencies, some routed with supports, some signed, some answered. */
static void fill(struct harness *h)
{
    static const char *const matters[] = {"M1", "M2", "M3"}, *const urgencies[] = {"ordinary", "emergency", "urgent"};

    for (int n = 0; n < CASES; n++) {
        char id[16], body[256];

        snprintf(id, sizeof(id), "s%d", n);
        snprintf(body, sizeof(body),
                 "{'kind': 'complaint', 'matter': '%s', 'place': 'S1-C1-G1', 'title': 'T', 'anonymous': true, 'urgency': '%s'}",
                 matters[n % 3], urgencies[n % 4 % 3]);
        json_decref(harness_do(h, id, "submit", T0 + n * 4 * HOUR, body));
        if (n % 2 == 0) {
            snprintf(id, sizeof(id), "r%d", n);
            snprintf(body, sizeof(body), "{'submitted': 's%d', 'unit': 'ROADS', 'supports': ['LAMPS'], 'reason': 'x'}", n);
            json_decref(harness_ask(h, id, "route", -1, body));
        }
        if (n % 3 == 0) {
            snprintf(id, sizeof(id), "g%d", n);
            snprintf(body, sizeof(body), "{'submitted': 's%d', 'kind': 'lead'}", n);
            json_decref(harness_ask(h, id, "sign", -1, body));
        }
        if (n % 6 == 0) {
            snprintf(id, sizeof(id), "a%d", n);
            snprintf(body, sizeof(body), "{'submitted': 's%d', 'code': 'solved', 'text': 'done'}", n);
            json_decref(harness_ask(h, id, "answer", -1, body));
        }
    }
}

static void check_list(struct harness *h, const char *kind, int *found)
{
    static const char *const colours[] = {"blue", "yellow", "red"};
    char body[128], of_kind[64] = "";
    json_t *row;
    size_t i, wanted[3] = {0}, got;

    if (kind[0] != '\0') {
        snprintf(of_kind, sizeof(of_kind), ", 'clock': '%s'", kind);
    }
    snprintf(body, sizeof(body), "{'count': 200%s}", of_kind);
    json_t *rows = rows_of(h, "list_cases", body);
    ck_assert_uint_eq(json_array_size(rows), CASES);
    json_array_foreach(rows, i, row)
    {
        json_t *shown = show(h, num_of(row, "case")), *clock = worst(shown, 0, kind);

        check_view(row, clock, ended(shown, 0, "lead", kind));
        if (clock != NULL && num_of(row, "closed_at") == 0) {
            wanted[rank(text_in(clock, "colour"))]++;
        }
        json_decref(shown);
    }
    json_decref(rows);
    for (int c = 0; c < 3; c++) {
        snprintf(body, sizeof(body), "{'count': 200, 'colour': '%s'%s}", colours[c], of_kind);
        rows = rows_of(h, "list_cases", body);
        got = json_array_size(rows);
        ck_assert_msg(got == wanted[c], "%s %s: %zu cases, not %zu", kind, colours[c], got, wanted[c]);
        json_array_foreach(rows, i, row)
        {
            ck_assert_str_eq(text_in(row, "colour"), colours[c]);
        }
        found[c] += (int)got;
        json_decref(rows);
    }
}

static void check_inbox(struct harness *h, const char *kind)
{
    char body[128];
    json_t *row;
    size_t i;

    snprintf(body, sizeof(body), "{'unit': 'D', 'count': 500%s%s%s}", kind[0] ? ", 'clock': '" : "", kind, kind[0] ? "'" : "");
    json_t *rows = rows_of(h, "inbox", body);
    ck_assert_uint_gt(json_array_size(rows), 10);
    json_array_foreach(rows, i, row)
    {
        json_t *shown = show(h, num_of(row, "case")), *duty;
        size_t k;

        check_view(row, worst(shown, num_of(row, "duty"), kind), ended(shown, num_of(row, "duty"), text_in(row, "kind"), kind));
        if (kind[0] == '\0') {
            json_array_foreach(json_object_get(shown, "duties"), k, duty)
            {
                check_view(duty, worst(shown, num_of(duty, "duty"), ""),
                           ended(shown, num_of(duty, "duty"), text_in(duty, "kind"), ""));
            }
        }
        json_decref(shown);
    }
    json_decref(rows);
}

START_TEST(the_worst_of_all_clocks)
{
    struct harness h;
    int found[3] = {0};

    begin(&h);
    fill(&h);
    for (int step = 0; step < 4; step++) {
        char id[16];

        check_list(&h, "", found);
        check_inbox(&h, "");
        for (int kind = 0; kind < CLOCK_KIND_COUNT; kind++) {
            check_list(&h, enum_name(&clock_kind_enum, kind), (int[3]){0});
        }
        check_inbox(&h, "sign");
        check_inbox(&h, "handle");
        snprintf(id, sizeof(id), "n%d", step);
        json_decref(harness_do(&h, id, "add_note", T0 + CASES * 4 * HOUR + step * DAY, "{'submitted': 's1', 'text': 'later'}"));
    }
    for (int c = 0; c < 3; c++) {
        ck_assert_int_gt(found[c], 5);
    }
    harness_end(&h);
}
END_TEST

/* What is asked by colour has a bound on clocks too: each of these cases has six. */
START_TEST(an_answer_looks_at_20000_clocks)
{
    struct harness h;

    begin(&h);
    for (int n = 0; n < 4500; n++) {
        char id[16], body[128];

        snprintf(id, sizeof(id), "s%d", n);
        json_decref(harness_do(&h, id, "submit", T0,
                               "{'kind': 'complaint', 'matter': 'M3', 'place': 'S1', 'title': 'T', 'anonymous': true}"));
        snprintf(id, sizeof(id), "r%d", n);
        snprintf(body, sizeof(body), "{'submitted': 's%d', 'unit': 'S1', 'supports': ['LAMPS'], 'reason': 'x'}", n);
        json_decref(harness_do(&h, id, "route", -1, body));
    }
    json_t *page = harness_do(&h, "q", "list_cases", -1, "{'colour': 'red'}");
    ck_assert_uint_eq(harness_rows(page), 0);
    int64_t last = num_of(page, "next");
    ck_assert_int_gt(last, 0);
    json_decref(page);
    page = harness_do(&h, "q", "list_cases", -1, "{'state': 'closed'}"); /* no clocks are looked at: all in one answer */
    ck_assert_int_eq(num_of(page, "next"), 0);
    json_decref(page);
    harness_end(&h);
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {{a_red_signature_shows}, {the_worst_of_all_clocks}, {an_answer_looks_at_20000_clocks}};
    return suite_run(&(struct suite){.name = "query_colour", .timeout_s = 120, .tests = tests, .count = SUITE_COUNT(tests)});
}
