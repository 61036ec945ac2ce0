/*
 * test_query_list.c - lists of cases: every filter against a naive choice among all cases, pages that join, and a bound on what
 * one answer looks at.
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
#define CASES 60

/* Every second one is answered, a third is a request; matters, places and instants differ. */
static void fill(struct harness *h)
{
    static const char *const matters[] = {"M1", "M2", "M3"}, *const places[] = {"S1-C1-G1", "S1", "S2-C1", "S2"};
    static const char *const kinds[] = {"complaint", "request", "suggestion"};

    for (int n = 0; n < CASES; n++) {
        char id[16], body[256];

        snprintf(id, sizeof(id), "s%d", n);
        snprintf(body, sizeof(body), "{'kind': '%s', 'matter': '%s', 'place': '%s', 'title': 'T', 'anonymous': true}", kinds[n % 3],
                 matters[n % 5 % 3], places[n % 4]);
        json_decref(harness_do(h, id, "submit", T0 + n * 3 * HOUR, body));
        if (n % 2 == 1) {
            continue;
        }
        snprintf(body, sizeof(body), "{'submitted': 's%d'}", n);
        snprintf(id, sizeof(id), "g%d", n);
        json_decref(harness_ask(h, id, "sign", -1, body));
        snprintf(body, sizeof(body), "{'submitted': 's%d', 'code': 'solved', 'text': 'done'}", n);
        snprintf(id, sizeof(id), "a%d", n);
        json_decref(harness_ask(h, id, "answer", -1, body));
    }
}

/* All rows of a list, by pages of `count`. */
static json_t *list_all(struct harness *h, const char *filter, int count, int *ret_pages)
{
    json_t *all = json_array();
    int64_t after = 0;

    for (*ret_pages = 0;; ++*ret_pages) {
        char body[256];

        snprintf(body, sizeof(body), "{'count': %d, 'after': %lld%s%s}", count, (long long)after, filter[0] ? ", " : "", filter);
        json_t *page = harness_do(h, "q", "list_cases", -1, body);
        ck_assert_uint_le(harness_rows(page), (size_t)count);
        json_array_extend(all, json_object_get(page, "rows"));
        after = num_of(page, "next");
        json_decref(page);
        if (after == 0) {
            return all;
        }
    }
}

struct filter {
    const char *json;
    bool (*wanted)(const json_t *row, int64_t now);
};

static bool any(const json_t *row, int64_t now)
{
    (void)row, (void)now;
    return true;
}
static bool handling(const json_t *row, int64_t now)
{
    (void)now;
    return strcmp(text_in(row, "state"), "handling") == 0;
}
/* The lead's due instant, and before there is a lead the citizen's. */
static int64_t due_of(const json_t *row)
{
    return num_of(row, strcmp(text_in(row, "state"), "received") == 0 ? "worst_due_at" : "due_at");
}
static bool red(const json_t *row, int64_t now)
{
    return num_of(row, "closed_at") == 0 && due_of(row) != 0 && now > due_of(row);
}
static bool yellow(const json_t *row, int64_t now)
{
    int64_t due = due_of(row);

    return num_of(row, "closed_at") == 0 && due != 0 && now <= due && now >= due - DAY;
}
static bool blue(const json_t *row, int64_t now)
{
    int64_t due = due_of(row);

    return num_of(row, "closed_at") == 0 && due != 0 && now < due - DAY;
}
static bool request(const json_t *row, int64_t now)
{
    (void)now;
    return strcmp(text_in(row, "kind"), "request") == 0;
}
static bool matter_2(const json_t *row, int64_t now)
{
    (void)now;
    return strcmp(text_in(row, "matter"), "M2") == 0;
}
static bool place_s1(const json_t *row, int64_t now)
{
    (void)now;
    return strncmp(text_in(row, "place"), "S1", 2) == 0;
}
static bool lead_s2(const json_t *row, int64_t now)
{
    (void)now;
    return strncmp(text_in(row, "lead"), "S2", 2) == 0;
}
static bool older(const json_t *row, int64_t now)
{
    return now - num_of(row, "received_at") >= 4 * DAY;
}
static bool newer(const json_t *row, int64_t now)
{
    return now - num_of(row, "received_at") < 2 * DAY;
}
static bool between(const json_t *row, int64_t now)
{
    return now - num_of(row, "received_at") >= 3 * DAY && now - num_of(row, "received_at") < 6 * DAY;
}
static bool several(const json_t *row, int64_t now)
{
    return handling(row, now) && place_s1(row, now) && older(row, now);
}

static const struct filter filters[] = {
    {"", any},
    {"'state': 'handling'", handling},
    {"'colour': 'red'", red},
    {"'colour': 'yellow'", yellow},
    {"'colour': 'blue'", blue},
    {"'kind': 'request'", request},
    {"'matter': 'M2'", matter_2},
    {"'place': 'S1'", place_s1},
    {"'unit': 'S2'", lead_s2},
    {"'age_from': 345600000", older},
    {"'age_until': 172800000", newer},
    {"'age_from': 259200000, 'age_until': 518400000", between},
    {"'state': 'handling', 'place': 'S1', 'age_from': 345600000", several},
};

START_TEST(every_filter_is_a_naive_choice)
{
    struct harness h;
    int pages;

    harness_begin(&h, true);
    fill(&h);
    json_t *all = list_all(&h, "", 500, &pages);
    ck_assert_uint_eq(json_array_size(all), CASES);
    for (size_t f = 0; f < sizeof(filters) / sizeof(filters[0]); f++) {
        for (int count = 1; count <= 64; count *= 4) {
            json_t *got = list_all(&h, filters[f].json, count, &pages), *row;
            int64_t now = h.engine->now_ms;
            size_t i, at = 0;

            json_array_foreach(all, i, row)
            {
                if (filters[f].wanted(row, now)) {
                    ck_assert_msg(json_equal(row, json_array_get(got, at)), "%s: row %zu of pages of %d", filters[f].json, at,
                                  count);
                    at++;
                }
            }
            ck_assert_uint_eq(json_array_size(got), at);
            ck_assert_msg(at > 0, "%s finds nothing", filters[f].json);
            json_decref(got);
        }
    }
    json_decref(all);
    harness_refused(&h, "UNKNOWN_UNIT", "q", "list_cases", -1, "{'unit': 'S9'}");
    harness_refused(&h, "UNKNOWN_UNIT", "q", "list_cases", -1, "{'place': 'S9'}");
    harness_refused(&h, "UNKNOWN_MATTER", "q", "list_cases", -1, "{'matter': 'M9'}");
    harness_end(&h);
}
END_TEST

/* What is rare does not hold up everybody: 12,000 cases, one of them wanted, the oldest. */
START_TEST(an_answer_looks_at_5000)
{
    struct harness h;
    int pages;

    harness_begin(&h, true);
    json_decref(harness_do(&h, "first", "submit", T0,
                           "{'kind': 'request', 'matter': 'M1', 'place': 'S1', 'title': 'T', 'anonymous': true}"));
    for (int n = 0; n < 12000; n++) {
        char id[16];

        snprintf(id, sizeof(id), "s%d", n);
        json_decref(harness_do(&h, id, "submit", T0 + HOUR,
                               "{'kind': 'complaint', 'matter': 'M1', 'place': 'S1', 'title': 'T', 'anonymous': true}"));
    }
    json_t *page = harness_do(&h, "q", "list_cases", -1, "{'kind': 'request'}");
    ck_assert_uint_eq(harness_rows(page), 0);
    ck_assert_int_ne(num_of(page, "next"), 0);
    json_decref(page);
    json_t *all = list_all(&h, "'kind': 'request'", 50, &pages);
    ck_assert_uint_eq(json_array_size(all), 1);
    ck_assert_int_eq(pages, 2); /* and a third */
    json_decref(all);
    page = harness_do(&h, "q", "list_cases", -1, "{'count': 500}");
    ck_assert_uint_eq(harness_rows(page), 200);
    ck_assert_int_ne(num_of(page, "next"), 0);
    json_decref(page);
    /* Age needs no walk: what is too young is skipped at once. */
    page = harness_do(&h, "q", "list_cases", -1, "{'age_from': 3600000}");
    ck_assert_uint_eq(harness_rows(page), 1);
    ck_assert_int_eq(num_of(page, "next"), 0);
    json_decref(page);
    harness_end(&h);
}
END_TEST

static const struct row_ops *counted_ops;
static int gets;

static bool counted_get(void *store, enum row_table table, uint64_t id, void *ret_row)
{
    gets++;
    return counted_ops->get(store, table, id, ret_row);
}

/* Rows that a page of the district's inbox looks at, `more` cases later. */
static int looked_at(struct harness *h, int from, int more)
{
    struct row_ops ops = *h->engine->tables.ops;

    for (int n = from; n < from + more; n++) {
        char id[16], body[256];

        snprintf(id, sizeof(id), "s%d", n);
        json_decref(harness_do(h, id, "submit", T0 + n,
                               harness_words(body, sizeof(body), HARNESS_SUBMIT_AT, "M1", n % 2 == 0 ? "S1" : "S2-C1")));
    }
    counted_ops = h->engine->tables.ops;
    ops.get = counted_get;
    h->engine->tables.ops = &ops;
    gets = 0;
    json_t *page = harness_do(h, "q", "inbox", -1, "{'unit': 'D', 'count': 20}");
    h->engine->tables.ops = counted_ops;
    ck_assert_uint_eq(harness_rows(page), 20);
    for (size_t i = 0; i < 20; i++) { /* the oldest of both units */
        ck_assert_int_eq(harness_row(page, i, "offered_at"), T0 + (int64_t)i);
    }
    json_decref(page);
    return gets;
}

/* A page costs what its rows cost, however many duties wait. */
START_TEST(an_inbox_looks_at_its_page)
{
    struct harness h;

    harness_begin(&h, true);
    int few = looked_at(&h, 0, 50), many = looked_at(&h, 50, 1000);
    ck_assert_int_eq(few, many);
    ck_assert_int_le(many, 20 * 12);
    harness_end(&h);
}
END_TEST

/* Who may act for a unit sees its cases. */
START_TEST(a_deputy_sees)
{
    struct harness h;
    struct code s1, s2;
    json_t *page;

    harness_begin(&h, true);
    json_decref(harness_do(&h, "s", "submit", T0,
                           "{'kind': 'request', 'matter': 'M1', 'place': 'S2-C1', 'title': 'T', 'anonymous': true}"));
    for (int deputy = 0; deputy < 2; deputy++) {
        harness_peer(&h, "s1", 1u << ROLE_WORKER, "S1");
        page = harness_do(&h, "q", "list_cases", -1, "{}");
        ck_assert_uint_eq(harness_rows(page), (size_t)deputy);
        json_decref(page);
        ck_assert(code_make("S1", 2, &s1) && code_make("S2", 2, &s2));
        h.district->units[district_unit_find(h.district, &s2)].deputy = district_unit_find(h.district, &s1);
    }
    harness_end(&h);
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {
        {every_filter_is_a_naive_choice}, {an_answer_looks_at_5000}, {an_inbox_looks_at_its_page}, {a_deputy_sees}};
    return suite_run(&(struct suite){.name = "query_list", .timeout_s = 120, .tests = tests, .count = SUITE_COUNT(tests)});
}
