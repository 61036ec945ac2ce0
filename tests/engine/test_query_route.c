/*
 * test_query_route.c - why a row routes: the rows that were tried, in the order of trying, and that the last of them is the one
 * that routes.
 */
#include "dispatcher/engine/state.h"
#include "tests/engine/harness.h"
#include "tests/suite.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define T0 INT64_C(1320000000000)
#define DAY INT64_C(86400000)

static struct selector tier(enum unit_tier of)
{
    return (struct selector){.kind = SELECT_TIER, .tier = of, .unit = -1};
}

static struct selector unit(const struct harness *h, const char *text)
{
    struct code code;

    ck_assert(code_make(text, strlen(text), &code));
    return (struct selector){.kind = SELECT_UNIT, .unit = district_unit_find(h->district, &code)};
}

/* Puts a list of `count` rows in place of the district's. */
static void set_list(struct harness *h, const struct catalogue_row *rows, uint32_t count)
{
    struct district *district = h->district;

    for (uint32_t i = 0; i < district->row_count; i++) {
        free(district->rows[i].basis);
    }
    free(district->rows);
    district->rows = calloc(count, sizeof(*rows));
    district->row_count = count;
    for (uint32_t i = 0; i < count; i++) {
        district->rows[i] = rows[i];
        district->rows[i].row = i + 1;
        district->rows[i].basis = strdup(rows[i].basis == NULL ? "" : rows[i].basis);
    }
}

static const json_t *row_at(const json_t *body, size_t index)
{
    const json_t *row = json_array_get(json_object_get(body, "rows"), index);

    ck_assert_ptr_nonnull(row);
    return row;
}

static char basis[] = "Lamp Code 12";

START_TEST(rows_are_tried_from_the_place_up)
{
    struct harness h;
    char text[64];

    harness_begin(&h, true);
    int32_t s1 = unit(&h, "S1").unit, s2 = unit(&h, "S2").unit, c1 = unit(&h, "S1-C1").unit;
    const struct catalogue_row rows[] = {
        {.matter = 0, .place = -1, .lead = unit(&h, "ROADS")},     /* 1: fits, at last */
        {.matter = 0, .place = s1, .lead = tier(UNIT_TIER_GRID)},  /* 2: no grid above S1-C1 */
        {.matter = 1, .place = s1, .lead = unit(&h, "LAMPS")},     /* 3: another matter */
        {.matter = 0, .place = s2, .lead = unit(&h, "LAMPS")},     /* 4: another place */
        {.matter = -1, .place = c1, .lead = tier(UNIT_TIER_GRID)}, /* 5: any matter; no grid */
        {.matter = 2, .place = s2, .lead = unit(&h, "LAMPS")},     /* 6: M3 only there */
    };
    set_list(&h, rows, 6);
    h.district->rows[0].support_count = 1;
    h.district->rows[0].supports[0] = tier(UNIT_TIER_STREET);
    h.district->rows[0].call_count = 1;
    h.district->rows[0].calls[0] = unit(&h, "LAMPS");
    free(h.district->rows[0].basis);
    h.district->rows[0].basis = strdup(basis);
    json_decref(harness_do(&h, "t", "advance", -1, "{'to': 1320000000000}"));
    json_t *body = harness_do(&h, "q", "explain_route", -1, "{'matter': 'M1', 'place': 'S1-C1'}");
    ck_assert_int_eq(num_of(body, "row"), 1);
    ck_assert_str_eq(text_in(body, "lead"), "ROADS");
    ck_assert_str_eq(text_in(body, "basis"), basis);
    ck_assert_str_eq(json_string_value(json_array_get(json_object_get(body, "supports"), 0)), "S1");
    ck_assert_str_eq(json_string_value(json_array_get(json_object_get(body, "calls"), 0)), "LAMPS");
    ck_assert_int_eq(num_of(body, "due_at"), T0 + 5 * DAY);
    ck_assert_uint_eq(harness_rows(body), 3);
    ck_assert_int_eq(num_of(row_at(body, 0), "row"), 5);
    ck_assert_int_eq(num_of(row_at(body, 1), "row"), 2);
    ck_assert_int_eq(num_of(row_at(body, 2), "row"), 1);
    ck_assert_str_eq(text_in(row_at(body, 0), "matter"), "");
    ck_assert_str_eq(text_in(row_at(body, 0), "lead"), "@grid");
    ck_assert_ptr_nonnull(strstr(text_in(row_at(body, 0), "why"), "no unit of tier grid"));
    ck_assert_ptr_nonnull(strstr(text_in(row_at(body, 1), "why"), "at S1, which this place belongs to"));
    for (size_t i = 0; i < 3; i++) {
        ck_assert(json_boolean_value(json_object_get(row_at(body, i), "fits")) == (i == 2));
    }
    json_decref(body);
    /* Routed now, the case gets what was explained: lead and due. */
    body =
        harness_do(&h, "s", "submit", -1, "{'kind': 'request', 'matter': 'M1', 'place': 'S1-C1', 'title': 'T', 'anonymous': true}");
    snprintf(text, sizeof(text), "{'case': %lld}", (long long)num_of(body, "case"));
    json_decref(body);
    body = harness_do(&h, "q", "show_case", -1, text);
    ck_assert_str_eq(text_in(body, "lead"), "ROADS");
    ck_assert_int_eq(num_of(body, "due_at"), T0 + 5 * DAY);
    json_decref(body);
    /* None fits: where the list does know the matter. */
    body = harness_do(&h, "q", "explain_route", -1, "{'matter': 'M3', 'place': 'S1'}");
    ck_assert_int_eq(num_of(body, "row"), 0);
    ck_assert_int_eq(num_of(body, "due_at"), 0);
    ck_assert_uint_eq(harness_rows(body), 1);
    ck_assert_int_eq(num_of(row_at(body, 0), "row"), 6);
    ck_assert_ptr_nonnull(strstr(text_in(row_at(body, 0), "why"), "at S2, which this place does not belong to"));
    json_decref(body);
    harness_end(&h);
}
END_TEST

/* A long list is told in part; the row that fits is always told. */
START_TEST(fifty_rows_are_told)
{
    struct harness h;
    static struct catalogue_row rows[200];

    harness_begin(&h, true);
    for (int i = 0; i < 200; i++) {
        rows[i] = (struct catalogue_row){.matter = 0, .place = -1, .lead = tier(UNIT_TIER_GRID)};
    }
    rows[199].lead = unit(&h, "ROADS");
    set_list(&h, rows, 200);
    json_t *body = harness_do(&h, "q", "explain_route", -1, "{'matter': 'M1', 'place': 'S1'}");
    ck_assert_int_eq(num_of(body, "row"), 200);
    ck_assert_uint_eq(harness_rows(body), 50);
    ck_assert_int_eq(num_of(row_at(body, 48), "row"), 49);
    ck_assert_int_eq(num_of(row_at(body, 49), "row"), 200);
    ck_assert(json_is_true(json_object_get(row_at(body, 49), "fits")));
    json_decref(body);
    body = harness_do(&h, "q", "explain_route", -1, "{'matter': 'unknown', 'place': 'S1'}");
    ck_assert_int_eq(num_of(body, "row"), 0);
    ck_assert_uint_eq(harness_rows(body), 0);
    json_decref(body);
    harness_refused(&h, "UNKNOWN_MATTER", "q", "explain_route", -1, "{'matter': 'M9', 'place': 'S1'}");
    harness_refused(&h, "UNKNOWN_UNIT", "q", "explain_route", -1, "{'matter': 'M1', 'place': 'S9'}");
    harness_end(&h);
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {{rows_are_tried_from_the_place_up}, {fifty_rows_are_told}};
    return suite_run(&(struct suite){.name = "query_route", .tests = tests, .count = SUITE_COUNT(tests)});
}
