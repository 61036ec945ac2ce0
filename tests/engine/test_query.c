/* test_query.c - reads: who sees what, pages, and figures. */
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

static json_t *submit(struct harness *h, const char *id, int64_t at_ms, const char *matter, const char *place)
{
    char body[256];

    snprintf(body, sizeof(body),
             "{'kind': 'complaint', 'matter': '%s', 'place': '%s', 'title': 'T', 'text': 'hush', 'anonymous': true}", matter,
             place);
    return harness_do(h, id, "submit", at_ms, body);
}

START_TEST(a_key_sees_its_subtree)
{
    struct harness h;

    harness_begin(&h, true);
    json_decref(submit(&h, "s1", T0, "M1", "S1-C1-G1"));
    json_decref(submit(&h, "s2", T0, "M1", "S2"));
    /* S1 calls a department: from then on the department sees the case. */
    json_decref(harness_do(&h, "c1", "raise_call", T0, "{'submitted': 's1', 'reason': 'unsolvable_here', 'units': ['LAMPS']}"));
    harness_peer(&h, "lamps", 1u << ROLE_LEADER, "LAMPS");
    json_t *body = harness_do(&h, "q", "list_cases", -1, "{}");
    ck_assert_uint_eq(harness_rows(body), 0);
    json_decref(body);
    harness_peer(&h, "default", ALL_ROLES, "D");
    json_decref(harness_do(&h, "c2", "dispatch_call", T0, "{'submitted': 's1', 'reason': 'pole'}"));

    harness_peer(&h, "lamps", 1u << ROLE_LEADER, "LAMPS");
    body = harness_do(&h, "q", "list_cases", -1, "{}");
    ck_assert_uint_eq(harness_rows(body), 1);
    ck_assert_str_eq(text_in(json_array_get(json_object_get(body, "rows"), 0), "title"), "T");
    json_decref(body);
    harness_peer(&h, "s2", 1u << ROLE_WORKER, "S2");
    body = harness_do(&h, "q", "list_cases", -1, "{}");
    ck_assert_uint_eq(harness_rows(body), 1);
    ck_assert_str_eq(text_in(json_array_get(json_object_get(body, "rows"), 0), "lead"), "S2");
    json_decref(body);
    harness_refused(&h, "NOT_FOUND", "q", "show_case", -1, "{'case': 15}");
    harness_refused(&h, "NOT_FOUND", "q", "timeline", -1, "{'case': 15}");
    harness_refused(&h, "NOT_YOURS", "q", "inbox", -1, "{'unit': 'S1'}");
    harness_refused(&h, "UNKNOWN_UNIT", "q", "inbox", -1, "{'unit': 'S9'}");
    /* The community of the place, the desk, and a unit above the district see by where they stand. */
    harness_peer(&h, "c1", 1u << ROLE_WORKER, "S1-C1");
    body = harness_do(&h, "q", "list_cases", -1, "{}");
    ck_assert_uint_eq(harness_rows(body), 1);
    json_decref(body);
    harness_peer(&h, "desk", 1u << ROLE_DISPATCHER, "DESK");
    body = harness_do(&h, "q", "list_cases", -1, "{}");
    ck_assert_uint_eq(harness_rows(body), 2);
    json_decref(body);
    harness_end(&h);
}
END_TEST

/* Codes of a page's rows, with blanks between them. */
static const char *codes_of(const json_t *body)
{
    static char ret[1024];
    size_t i, used = 0;
    const json_t *row;

    ret[0] = '\0';
    json_array_foreach(json_object_get(body, "rows"), i, row)
    {
        used += (size_t)snprintf(ret + used, sizeof(ret) - used, "%s%s", i > 0 ? " " : "", text_in(row, "code"));
    }
    return ret;
}

static void rename_unit(struct harness *h, const char *text, const char *name)
{
    struct code code;

    ck_assert(code_make(text, strlen(text), &code));
    struct unit *unit = &h->district->units[district_unit_find(h->district, &code)];

    free(unit->name);
    unit->name = strdup(name);
}

/* Units and matters by words of their names and codes. */
START_TEST(units_and_matters_are_found_by_words)
{
    static const struct {
        const char *query, *codes;
    } cases[] = {
        {"{'words': '翠湖'}", "S1 S1-C1"},        {"{'words': '翠湖社'}", "S1-C1"},
        {"{'words': '社 翠'}", "S1-C1"},          {"{'words': ' 翠湖  s1-c '}", "S1-C1"},
        {"{'words': 'LAMP company'}", "LAMPS"},   {"{'words': '湖翠'}", ""},
        {"{'words': 'S1'}", "S1 S1-C1 S1-C1-G1"}, {"{'words': 'S1', 'after': 'S1'}", "S1-C1 S1-C1-G1"},
        {"{'words': 'a b c d e f g h i'}", ""},
    };
    struct harness h;
    json_t *body;

    harness_begin(&h, true);
    rename_unit(&h, "S1", "翠湖街道");
    rename_unit(&h, "S1-C1", "翠湖社区");
    rename_unit(&h, "LAMPS", "The Lamp Company");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        body = harness_do(&h, "q", "list_units", -1, cases[i].query);
        ck_assert_str_eq(codes_of(body), cases[i].codes);
        ck_assert_str_eq(text_in(body, "next"), "");
        json_decref(body);
    }
    body = harness_do(&h, "q", "list_matters", -1, "{}");
    ck_assert_str_eq(codes_of(body), "M1 M2 M3");
    const json_t *row = json_array_get(json_object_get(body, "rows"), 1);
    ck_assert_int_eq(num_of(row, "row"), 2);
    ck_assert_str_eq(text_in(row, "lead"), "@community");
    ck_assert_str_eq(text_in(row, "limit"), "120 h");
    row = json_array_get(json_object_get(body, "rows"), 2); /* no row has it: the desk's */
    ck_assert_int_eq(num_of(row, "row"), 0);
    ck_assert_str_eq(text_in(row, "lead"), "");
    json_decref(body);
    h.district->rows[1].matter = -1; /* any matter, at any place */
    h.district->rows[0].place = 4;
    h.district->rows[0].limit[URGENCY_ORDINARY] = (struct span){TIME_KIND_NATURAL, 7200000};
    body = harness_do(&h, "q", "list_matters", -1, "{'words': 'm1'}");
    row = json_array_get(json_object_get(body, "rows"), 0);
    ck_assert_int_eq(num_of(row, "row"), 2);
    ck_assert_int_eq(num_of(row, "place_rows"), 1);
    ck_assert_str_eq(text_in(row, "limit"), "120 h");
    json_decref(body);
    harness_end(&h);
}
END_TEST

/* Texts and persons are for those who work with the case. */
START_TEST(texts_are_for_roles)
{
    struct harness h;

    harness_begin(&h, true);
    json_decref(submit(&h, "s1", T0, "M1", "S1"));
    json_t *body = harness_do(&h, "q", "timeline", -1, "{'submitted': 's1'}");
    char *printed = json_dumps(body, 0);
    ck_assert_ptr_nonnull(strstr(printed, "hush"));
    free(printed);
    ck_assert_str_eq(text_in(json_array_get(json_object_get(body, "rows"), 0), "type"), "command_taken");
    json_decref(body);
    harness_peer(&h, "listener", 1u << ROLE_LISTENER | 1u << ROLE_ADMINISTRATOR, "D");
    harness_refused(&h, "NO_ROLE", "q", "timeline", -1, "{'case': 15}");
    body = harness_do(&h, "q", "show_case", -1, "{'case': 15}");
    printed = json_dumps(body, 0);
    ck_assert_ptr_null(strstr(printed, "hush"));
    ck_assert_ptr_null(strstr(printed, "title"));
    free(printed);
    json_decref(body);
    body = harness_do(&h, "q", "events", -1, "{}");
    printed = json_dumps(body, 0);
    ck_assert_ptr_null(strstr(printed, "hush"));
    free(printed);
    json_decref(body);
    harness_end(&h);
}
END_TEST

/* A page of long texts ends sooner, so that no answer grows with what people wrote. */
START_TEST(pages_of_long_texts_are_short)
{
    struct harness h;
    const size_t size = 60000;
    char *body = malloc(size + 64), id[16];
    uint64_t before = 0;
    size_t notes = 0, pages = 0, i;

    harness_begin(&h, true);
    json_decref(submit(&h, "s1", T0, "M1", "S1"));
    for (int n = 0; n < 50; n++) {
        int head = snprintf(body, size, "{'submitted': 's1', 'text': '");

        memset(body + head, 'x', size);
        memcpy(body + (size_t)head + size, "'}", 3);
        snprintf(id, sizeof(id), "n%d", n);
        json_decref(harness_do(&h, id, "add_note", -1, body));
    }
    do {
        json_t *row;
        size_t before_page = notes;

        snprintf(body, size, "{'submitted': 's1', 'before': %llu}", (unsigned long long)before);
        json_t *page = harness_do(&h, "q", "timeline", -1, body);
        json_array_foreach(json_object_get(page, "rows"), i, row)
        {
            notes += strcmp(text_in(row, "type"), "case_noted") == 0;
        }
        ck_assert_uint_le(notes - before_page, 18); /* 1 MiB, and the one that goes beyond it */
        before = (uint64_t)num_of(page, "next");
        json_decref(page);
        pages++;
    } while (before != 0);
    ck_assert_uint_eq(notes, 50);
    ck_assert_uint_eq(pages, 3);
    free(body);
    harness_end(&h);
}
END_TEST

/* A long timeline comes in pages, each oldest first, that join without a gap; also when it is read in the batch that wrote it. */
START_TEST(timeline_comes_in_pages)
{
    struct harness h;
    uint64_t seen = 0, below = 0, before = 0;
    size_t pages = 0, i;

    harness_begin(&h, true);
    json_decref(submit(&h, "s1", T0, "M1", "S1"));
    for (int n = 0; n < 600; n++) {
        char id[16];

        snprintf(id, sizeof(id), "n%d", n);
        json_decref(harness_do(&h, id, "add_note", -1, "{'submitted': 's1', 'text': 'x'}"));
    }
    do {
        char body[64];
        json_t *row;
        uint64_t last = 0;

        snprintf(body, sizeof(body), "{'submitted': 's1', 'before': %llu}", (unsigned long long)before);
        json_t *page = harness_do(&h, "q", "timeline", -1, body);
        json_array_foreach(json_object_get(page, "rows"), i, row)
        {
            ck_assert_uint_gt((uint64_t)num_of(row, "seq"), last);
            last = (uint64_t)num_of(row, "seq");
            seen++;
        }
        if (below != 0) {
            ck_assert_uint_lt(last, below);
        }
        below = (uint64_t)num_of(json_array_get(json_object_get(page, "rows"), 0), "seq");
        before = (uint64_t)num_of(page, "next");
        ck_assert(before == 0 || before == below);
        json_decref(page);
        pages++;
    } while (before != 0);
    /* Two records a note, and those of the submit: all since the set came into force. */
    ck_assert_uint_eq(seen, engine_durable_seq(h.engine) - 13);
    ck_assert_uint_eq(pages, (seen + CAP_PAGE - 1) / CAP_PAGE);
    harness_end(&h);
}
END_TEST

START_TEST(inbox_is_sorted_by_due)
{
    struct harness h;
    json_t *page, *row;
    int64_t after_due = 0, after = 0, last = 0;
    size_t seen = 0, i;

    harness_begin(&h, true);
    for (int n = 0; n < 30; n++) {
        char id[16];

        snprintf(id, sizeof(id), "s%d", n);
        json_decref(submit(&h, id, T0 + n, n % 3 == 0 ? "M2" : n % 3 == 1 ? "M1" : "M3", n % 2 == 0 ? "S1-C1" : "S2-C1"));
    }
    do {
        char body[128];

        snprintf(body, sizeof(body), "{'count': 7, 'after_due': %lld, 'after': %lld}", (long long)after_due, (long long)after);
        page = harness_do(&h, "q", "inbox", -1, body);
        json_array_foreach(json_object_get(page, "rows"), i, row)
        {
            int64_t due = num_of(row, "due_at") == 0 ? INT64_MAX : num_of(row, "due_at");

            ck_assert_int_ge(due, last);
            last = due;
            seen++;
        }
        after_due = num_of(page, "next_due");
        after = num_of(page, "next");
        json_decref(page);
    } while (after != 0);
    ck_assert_uint_eq(seen, 30);
    page = harness_do(&h, "q", "inbox", -1, "{'kind': 'route', 'count': 500}");
    ck_assert_uint_eq(harness_rows(page), 10);
    json_decref(page);
    page = harness_do(&h, "q", "inbox", -1, "{'unit': 'S1', 'count': 500}");
    ck_assert_uint_eq(harness_rows(page), 10);
    json_decref(page);
    harness_end(&h);
}
END_TEST

/* Row of a metric by key. */
static const json_t *metric_row(const json_t *body, const char *key)
{
    json_t *row;
    size_t i;

    json_array_foreach(json_object_get(body, "rows"), i, row)
    {
        if (strcmp(text_in(row, "key"), key) == 0) {
            return row;
        }
    }
    ck_abort_msg("no row %s", key);
    return NULL;
}

/* A submit that is tried hears the same sentence as one that is meant. */
START_TEST(what_is_tried_hears_why)
{
    static const char body[] = "{'kind': 'complaint', 'matter': 'M1', 'place': 'S1-C1', "
                               "'title': 'T', 'anonymous': true, 'limit_at': 1}";
    static const char *const ways[] = {"submit", "try_submit"};
    struct harness h;
    harness_begin(&h, true);
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        json_t *reply = harness_ask(&h, ways[i], ways[i], i == 0 ? T0 : -1, body);
        ck_assert_str_eq(text_in(reply, "code"), "BAD_FIELD");
        ck_assert_str_eq(text_in(reply, "field"), "limit_at");
        ck_assert_msg(strstr(text_in(reply, "message"), "given_limit") != NULL, "%s", text_in(reply, "message"));
        json_decref(reply);
    }
    harness_end(&h);
}
END_TEST

/* A question about figures is refused BAD_FIELD, and its sentence says why. */
static void says(struct harness *h, const char *more, const char *field, const char *why)
{
    char body[160];

    snprintf(body, sizeof(body), "{'metric': 'on_time_rate', 'by': 'matter', %s}", more);
    json_t *reply = harness_ask(h, "q", "metrics", -1, body);
    ck_assert_str_eq(text_in(reply, "code"), "BAD_FIELD");
    ck_assert_str_eq(text_in(reply, "field"), field);
    ck_assert_msg(strstr(text_in(reply, "message"), why) != NULL, "%s: %s", more, text_in(reply, "message"));
    json_decref(reply);
}

static void act(struct harness *h, const char *name, int number, int64_t at_ms, const char *more)
{
    char id[32], body[128];

    snprintf(id, sizeof(id), "%s%d", name, number);
    snprintf(body, sizeof(body), "{'submitted': 's%d'%s}", number, more);
    json_decref(harness_do(h, id, name, at_ms, body));
}

/* Five due, one late: 80 %. The sixth is not due yet, and counts nowhere; the seventh is overdue and open, elsewhere. */
START_TEST(on_time_is_counted)
{
    struct harness h;
    char what[160];

    harness_begin(&h, true);
    json_decref(submit(&h, "s7", T0, "M3", "S2"));
    json_decref(harness_do(&h, "r7", "route", T0, "{'submitted': 's7', 'unit': 'ROADS', 'reason': 'theirs'}"));
    for (int n = 0; n < 5; n++) {
        char id[16];

        snprintf(id, sizeof(id), "s%d", n);
        json_decref(submit(&h, id, T0, "M1", "S1-C1-G1"));
        act(&h, "sign", n, -1, "");
    }
    for (int n = 0; n < 5; n++) {
        act(&h, "answer", n, n < 4 ? T0 + (n + 1) * DAY : T0 + 5 * DAY + 1, ", 'code': 'solved', 'text': 'done'");
    }
    json_decref(submit(&h, "s6", T0 + 6 * DAY, "M1", "S1-C1"));

    json_t *body = harness_do(&h, "q", "metrics", -1, "{'metric': 'on_time_rate', 'by': 'street'}");
    const json_t *row = metric_row(body, "S1");
    ck_assert_int_eq(num_of(row, "num"), 4);
    ck_assert_int_eq(num_of(row, "den"), 5);
    ck_assert_int_eq(num_of(row, "value"), 800000);
    ck_assert_int_eq(num_of(metric_row(body, "-"), "den"), 1);
    ck_assert_uint_eq(harness_rows(body), 2);
    ck_assert_int_eq(num_of(body, "as_of"), T0 + 6 * DAY);
    ck_assert_str_eq(text_in(body, "by"), "street");
    ck_assert_str_eq(text_in(body, "narrowed"), "all");
    ck_assert_str_eq(text_in(body, "scope"), "D");
    json_decref(body);
    body = harness_do(&h, "q", "metrics", -1, "{'metric': 'on_time_rate', 'by': 'place_street'}");
    ck_assert_int_eq(num_of(metric_row(body, "S1"), "num"), 4);
    row = metric_row(body, "S2");
    ck_assert_int_eq(num_of(row, "num"), 0);
    ck_assert_int_eq(num_of(row, "den"), 1);
    json_decref(body);
    body = harness_do(&h, "q", "metrics", -1, "{'metric': 'on_time_rate', 'by': 'unit'}");
    ck_assert_uint_eq(harness_rows(body), 2);
    ck_assert_int_eq(num_of(metric_row(body, "S1"), "den"), 5);
    ck_assert_int_eq(num_of(metric_row(body, "ROADS"), "den"), 1);
    json_decref(body);
    body = harness_do(&h, "q", "metrics", -1, "{'metric': 'on_time_rate', 'by': 'total'}");
    ck_assert_uint_eq(harness_rows(body), 1);
    ck_assert_int_eq(num_of(metric_row(body, "total"), "num"), 4);
    ck_assert_int_eq(num_of(metric_row(body, "total"), "den"), 6);
    ck_assert(json_is_true(json_object_get(metric_row(body, "total"), "few")));
    json_decref(body);
    body = harness_do(&h, "q", "metrics", -1, "{'metric': 'on_time_rate', 'by': 'department'}");
    ck_assert_int_eq(num_of(metric_row(body, "ROADS"), "den"), 1);
    ck_assert_int_eq(num_of(metric_row(body, "-"), "den"), 5);
    json_decref(body);
    body = harness_do(&h, "q", "metrics", -1, "{'metric': 'on_time_rate', 'by': 'place_community'}");
    ck_assert_int_eq(num_of(metric_row(body, "S1-C1"), "den"), 5);
    ck_assert_int_eq(num_of(metric_row(body, "-"), "den"), 1);
    json_decref(body);
    /* By the due date: nothing is due before the fifth day. */
    snprintf(what, sizeof(what), "{'metric': 'on_time_rate', 'by': 'matter', 'until': %lld}",
             (long long)((T0 + 4 * DAY) / 900000 * 900000));
    body = harness_do(&h, "q", "metrics", -1, what);
    ck_assert_uint_eq(harness_rows(body), 0);
    json_decref(body);
    body = harness_do(&h, "q", "metrics", -1, "{'metric': 'on_time_rate', 'by': 'matter', 'unit': 'S1'}");
    ck_assert_uint_eq(harness_rows(body), 1);
    ck_assert_int_eq(num_of(metric_row(body, "M1"), "den"), 5);
    ck_assert_str_eq(text_in(body, "narrowed"), "unit");
    ck_assert_str_eq(text_in(body, "scope"), "S1");
    json_decref(body);
    says(&h, "'from': 900000, 'until': 0", "until", "ends before it begins");
    says(&h, "'from': 900001", "from", "quarters of an hour");
    says(&h, "'until': 899999", "until", "quarters of an hour");
    says(&h, "'until': 253402300800000", "until", "not an instant");
    says(&h, "'from': '2026'", "from", "not an instant");
    harness_refused(&h, "UNKNOWN_UNIT", "q", "metrics", -1, "{'metric': 'on_time_rate', 'by': 'matter', 'unit': 'S9'}");
    harness_peer(&h, "s2", 1u << ROLE_SUPERVISOR, "S2");
    harness_refused(&h, "NOT_YOURS", "q", "metrics", -1, "{'metric': 'on_time_rate', 'by': 'matter', 'unit': 'S1'}");
    body = harness_do(&h, "q", "metrics", -1, "{'metric': 'on_time_rate', 'by': 'street'}");
    ck_assert_uint_eq(harness_rows(body), 0);
    ck_assert_str_eq(text_in(body, "narrowed"), "key");
    ck_assert_str_eq(text_in(body, "scope"), "S2");
    json_decref(body);
    body = harness_do(&h, "q", "metrics", -1, "{'metric': 'on_time_rate', 'by': 'total'}");
    ck_assert_int_eq(num_of(metric_row(body, "total"), "den"), 0);
    ck_assert_ptr_null(json_object_get(metric_row(body, "total"), "value"));
    json_decref(body);
    /* The street's own key reads in its row what the district reads in it. */
    harness_peer(&h, "s1", 1u << ROLE_SUPERVISOR, "S1");
    body = harness_do(&h, "q", "metrics", -1, "{'metric': 'on_time_rate', 'by': 'street'}");
    ck_assert_int_eq(num_of(metric_row(body, "S1"), "num"), 4);
    ck_assert_int_eq(num_of(metric_row(body, "S1"), "den"), 5);
    json_decref(body);
    harness_end(&h);
}
END_TEST

/* A day that begins at six: what comes in at three in the morning is a case of the day before. */
START_TEST(a_day_begins_where_the_policy_says)
{
    const int64_t three = INT64_C(1772391600000); /* 2026-03-02 03:00 in Shanghai */
    struct harness h;

    harness_begin(&h, true);
    h.district->policy.day_start_ms = 6 * HOUR;
    h.district->policy.month_start = 19;
    json_t *body = submit(&h, "s1", three, "M1", "S1");
    ck_assert_msg(strncmp(text_in(body, "number"), "260301-00001-", 13) == 0, "%s", text_in(body, "number"));
    json_decref(body);
    body = submit(&h, "s2", three + 3 * HOUR - 1, "M1", "S1");
    ck_assert_msg(strncmp(text_in(body, "number"), "260301-00002-", 13) == 0, "%s", text_in(body, "number"));
    json_decref(body);
    body = submit(&h, "s3", three + 3 * HOUR, "M1", "S1");
    ck_assert_msg(strncmp(text_in(body, "number"), "260302-00001-", 13) == 0, "%s", text_in(body, "number"));
    json_decref(body);
    body = harness_do(&h, "q", "hello", -1, "{}");
    ck_assert_int_eq(num_of(body, "day_start"), 6 * HOUR);
    ck_assert_int_eq(num_of(body, "month_start"), 19);
    json_decref(body);
    harness_end(&h);
}
END_TEST

/* Whatever the grouping, the rows add up to the total: of every metric, for every scope. */
START_TEST(rows_add_up)
{
    static const char *const fields[] = {"num", "den"};
    static const char *const units[] = {"S1", "S1-C1", "S2", "ROADS", "LAMPS", "S2-C1"};
    static const char *const places[] = {"S1", "S1-C1-G1", "S1-C1", "D", "S2-C1", "S2-C1"};
    static const bool communities[] = {false, true, false, false, false, true};
    struct harness h;
    int64_t all = 0;

    harness_begin(&h, true);
    h.district->units[2].class = UNIT_CLASS_UTILITY; /* LAMPS */
    for (int n = 0; n < 30; n++) {
        char id[16], what[128];

        snprintf(id, sizeof(id), "s%d", n);
        json_decref(submit(&h, id, T0 + n * HOUR, communities[n % 6] ? "M2" : "M3", places[n % 6]));
        if (!communities[n % 6]) {
            snprintf(id, sizeof(id), "r%d", n);
            snprintf(what, sizeof(what), "{'submitted': 's%d', 'unit': '%s', 'reason': 'theirs'}", n, units[n % 6]);
            json_decref(harness_do(&h, id, "route", -1, what));
        }
        act(&h, "sign", n, -1, "");
        if (n % 5 != 0) {
            act(&h, "answer", n, -1, ", 'code': 'solved', 'text': 'done'");
        }
    }
    json_decref(submit(&h, "late", T0 + 9 * DAY, "M3", "S1"));
    for (int metric = 0; metric < METRIC_COUNT; metric++) {
        for (int scoped = 0; scoped < 2; scoped++) {
            int64_t sums[METRIC_BY_COUNT][2] = {0};

            for (int by = 0; by < METRIC_BY_COUNT; by++) {
                char what[128];
                json_t *row;
                size_t i;

                snprintf(what, sizeof(what), "{'metric': '%s', 'by': '%s'%s}", enum_name(&metric_enum, metric),
                         enum_name(&metric_by_enum, by), scoped ? ", 'unit': 'S1'" : "");
                json_t *body = harness_do(&h, "q", "metrics", -1, what);
                json_array_foreach(json_object_get(body, "rows"), i, row)
                {
                    for (int f = 0; f < 2; f++) {
                        sums[by][f] += num_of(row, fields[f]);
                    }
                }
                json_decref(body);
                for (int f = 0; f < 2; f++) {
                    ck_assert_msg(sums[by][f] == sums[0][f], "%s: %s", what, fields[f]);
                }
            }
            all += sums[0][1];
        }
    }
    ck_assert_int_gt(all, 100);
    harness_end(&h);
}
END_TEST

/* Mean rounded half up, and nearest ranks: of 1, 2, 3, 4 and 5 days the median is 3 and the ninetieth percentile 5. */
/* More groups than a list can hold: said, not cut. The counters are put in by hand. */
START_TEST(more_groups_than_rows)
{
    struct harness h;
    struct counter one = {.num = 1, .den = 1};
    json_t *body;

    harness_begin(&h, true);
    harness_rest(&h);
    for (int n = 0; n <= UINT16_MAX; n++) {
        struct counter_key key;

        memset(&key, 0, sizeof(key));
        key.metric = METRIC_ON_TIME_RATE;
        snprintf(key.matter.s, CODE_SIZE, "M%d", n);
        if (n == UINT16_MAX) {
            body = harness_do(&h, "q", "metrics", -1, "{'metric': 'on_time_rate', 'by': 'matter'}");
            ck_assert_uint_eq(harness_rows(body), UINT16_MAX);
            json_decref(body);
        }
        h.engine->tables.ops->count(h.engine->store, &key, &one);
    }
    harness_refused(&h, "TOO_LARGE", "q", "metrics", -1, "{'metric': 'on_time_rate', 'by': 'matter'}");
    body = harness_do(&h, "q", "metrics", -1, "{'metric': 'on_time_rate', 'by': 'street'}");
    ck_assert_uint_eq(harness_rows(body), 1);
    json_decref(body);
    harness_end(&h);
}
END_TEST

START_TEST(durations_have_ranks)
{
    struct harness h;

    harness_begin(&h, true);
    for (int n = 0; n < 5; n++) {
        char id[16];

        snprintf(id, sizeof(id), "s%d", n);
        json_decref(submit(&h, id, T0, "M1", "S1"));
        act(&h, "sign", n, -1, "");
    }
    for (int n = 0; n < 5; n++) {
        act(&h, "answer", n, T0 + (n + 1) * DAY + (n == 4 ? 3 : 0), ", 'code': 'solved', 'text': 'done'");
    }
    json_t *body = harness_do(&h, "q", "metrics", -1, "{'metric': 'duration', 'by': 'matter'}");
    const json_t *row = metric_row(body, "M1");
    ck_assert_int_eq(num_of(row, "den"), 5);
    ck_assert_int_eq(num_of(row, "num"), 15 * DAY + 3);
    ck_assert_int_eq(num_of(row, "value"), 3 * DAY + 1);
    ck_assert_int_eq(num_of(row, "p50_ms"), 3 * DAY);
    ck_assert_int_eq(num_of(row, "p90_ms"), 5 * DAY + 3);
    json_decref(body);
    harness_end(&h);
}
END_TEST

START_TEST(hello_and_route_are_explained)
{
    struct harness h;

    harness_begin(&h, true);
    json_t *body = harness_do(&h, "q", "hello", -1, "{'major': 1}");
    ck_assert_str_eq(text_in(body, "tz"), "Asia/Shanghai");
    ck_assert_int_eq(num_of(body, "offset_minutes"), 480);
    ck_assert(json_is_true(json_object_get(body, "drill")));
    json_decref(body);
    harness_refused(&h, "BAD_FIELD", "q", "hello", -1, "{'major': 2}");
    body = harness_do(&h, "q", "explain_route", -1, "{'matter': 'M2', 'place': 'S1-C1-G1'}");
    ck_assert_str_eq(text_in(body, "lead"), "S1-C1");
    ck_assert_int_eq(num_of(body, "row"), 2);
    json_decref(body);
    body = harness_do(&h, "q", "explain_route", -1, "{'matter': 'M3', 'place': 'S1'}");
    ck_assert_int_eq(num_of(body, "row"), 0);
    json_decref(body);
    harness_refused(&h, "UNKNOWN_MATTER", "q", "explain_route", -1, "{'matter': 'M9', 'place': 'S1'}");
    harness_end(&h);
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {{what_is_tried_hears_why},
                                       {a_key_sees_its_subtree},
                                       {units_and_matters_are_found_by_words},
                                       {texts_are_for_roles},
                                       {timeline_comes_in_pages},
                                       {pages_of_long_texts_are_short},
                                       {inbox_is_sorted_by_due},
                                       {on_time_is_counted},
                                       {durations_have_ranks},
                                       {a_day_begins_where_the_policy_says},
                                       {rows_add_up},
                                       {more_groups_than_rows},
                                       {hello_and_route_are_explained}};
    return suite_run(&(struct suite){.name = "query", .timeout_s = 120, .tests = tests, .count = SUITE_COUNT(tests)});
}
