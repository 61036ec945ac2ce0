/*
 * test_unseen.c - what a key may not see is answered, to the byte, like what does not exist: every command and query, every way
 * to name a case.
 */
#include "base/number.h"
#include "tests/engine/harness.h"
#include "tests/suite.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct harness h;
static uint32_t cells;

/* Asks the same thing twice, once about what is hidden, once about what is not there. */
static void same(const char *name, const char *hidden, const char *nowhere)
{
    json_t *there = harness_ask(&h, "x", name, -1, hidden), *not_there = harness_ask(&h, "x", name, -1, nowhere);
    char *one = json_dumps(there, JSON_SORT_KEYS), *two = json_dumps(not_there, JSON_SORT_KEYS);

    ck_assert_msg(strcmp(one, two) == 0, "%s by %s: %s for %s, %s for %s", name, h.peer_name, one, hidden, two, nowhere);
    ck_assert_msg(json_is_false(json_object_get(there, "ok")), "%s %s", name, hidden);
    free(one);
    free(two);
    json_decref(there);
    json_decref(not_there);
    cells++;
}

/* Fields that a command or query cannot do without. */
static const char *needs(const char *name)
{
    static const char *const table[][2] = {
        {"add_note", ", 'text': 'x'"},
        {"route", ", 'unit': 'ROADS', 'reason': 'x'"},
        {"take_over", ", 'reason': 'x'"},
        {"reopen", ", 'reason': 'x'"},
        {"contact", ", 'outcome': 'reached', 'evidence': 'x'"},
        {"report", ", 'text': 'x'"},
        {"answer", ", 'code': 'solved', 'text': 'x'"},
        {"cancel", ", 'reason': 'x'"},
        {"raise_call", ", 'reason': 'unsolvable_here'"},
        {"finish_call", ", 'code': 'solved', 'text': 'x'"},
        {"rate_call", ", 'confirmed': true, 'score': 3"},
        {"withdraw_call", ", 'reason': 'x'"},
        {"note_attempt", ", 'outcome': 'no_answer'"},
        {"keep", ", 'worker': 'w'"},
    };

    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        if (strcmp(table[i][0], name) == 0) {
            return table[i][1];
        }
    }
    return "";
}

static bool has_field(const struct shape *shape, const char *name)
{
    for (uint32_t i = 0; i < shape->field_count; i++) {
        if (strcmp(shape->fields[i].name, name) == 0) {
            return true;
        }
    }
    return false;
}

struct hidden {
    int64_t case_id, duty, call, clock;
    char number[NUMBER_SIZE];
};

static void every_way(const char *name, const struct shape *shape, const struct hidden *hidden)
{
    char there[256], nowhere[256];
    const char *more = needs(name);

    if (has_field(shape, "case")) {
        snprintf(there, sizeof(there), "{'case': %lld%s}", (long long)hidden->case_id, more);
        snprintf(nowhere, sizeof(nowhere), "{'case': 987654%s}", more);
        same(name, there, nowhere);
        snprintf(there, sizeof(there), "{'number': '%s'%s}", hidden->number, more);
        snprintf(nowhere, sizeof(nowhere), "{'number': '231115-99999-9'%s}", more);
        same(name, there, nowhere);
    }
    if (has_field(shape, "submitted")) {
        snprintf(there, sizeof(there), "{'submitted': 'a'%s}", more); /* by another key */
        snprintf(nowhere, sizeof(nowhere), "{'submitted': 'zz'%s}", more);
        same(name, there, nowhere);
    }
    if (has_field(shape, "case") && has_field(shape, "unit") && strcmp(name, "route") != 0 && strcmp(name, "take_over") != 0) {
        snprintf(there, sizeof(there), "{'case': %lld, 'unit': 'S1'%s}", (long long)hidden->case_id, more);
        snprintf(nowhere, sizeof(nowhere), "{'case': 987654, 'unit': 'S1'%s}", more);
        same(name, there, nowhere);
    }
    if (has_field(shape, "duty")) {
        snprintf(there, sizeof(there), "{'duty': %lld%s}", (long long)hidden->duty, more);
        snprintf(nowhere, sizeof(nowhere), "{'duty': 987654%s}", more);
        same(name, there, nowhere);
    }
    if (has_field(shape, "call")) {
        snprintf(there, sizeof(there), "{'case': %lld, 'call': %lld%s}", (long long)hidden->case_id, (long long)hidden->call, more);
        snprintf(nowhere, sizeof(nowhere), "{'case': 987654, 'call': 987655%s}", more);
        same(name, there, nowhere);
    }
    if (has_field(shape, "clock_id")) {
        snprintf(there, sizeof(there), "{'clock_id': %lld}", (long long)hidden->clock);
        same(name, there, "{'clock_id': 987654}");
    }
    if (has_field(shape, "before")) {
        snprintf(there, sizeof(there), "{'case': %lld, 'before': 5}", (long long)hidden->case_id);
        same(name, there, "{'case': 987654, 'before': 5}");
    }
}

static void every_door(const struct hidden *hidden)
{
    for (int type = 1; type <= COMMAND_TYPE_MAX; type++) {
        const struct command_info *info = command_info((enum command_type)type);

        if (info != NULL && info->wire) {
            every_way(info->name, info->shape, hidden);
        }
    }
    for (int type = 1; type <= QUERY_TYPE_MAX; type++) {
        const struct query_info *info = query_info((enum query_type)type);

        if (info != NULL) {
            every_way(info->name, info->shape, hidden);
        }
    }
}

static void hide(struct hidden *ret, const char *id)
{
    json_t *body = harness_do(&h, id, "submit", -1,
                              "{'kind': 'complaint', 'matter': 'M1', 'place': 'S1-C1', 'title': 'T', 'anonymous': true}");
    char text[128];

    ret->case_id = num_of(body, "case");
    ret->duty = num_of(body, "duty");
    snprintf(ret->number, sizeof(ret->number), "%s", text_in(body, "number"));
    json_decref(body);
    snprintf(text, sizeof(text), "{'case': %lld, 'reason': 'unsolvable_here', 'units': ['LAMPS']}", (long long)ret->case_id);
    body = harness_do(&h, "raise", "raise_call", -1, text);
    ret->call = num_of(body, "call");
    json_decref(body);
    snprintf(text, sizeof(text), "{'case': %lld}", (long long)ret->case_id);
    body = harness_do(&h, "show", "show_case", -1, text);
    ret->clock = num_of(json_array_get(json_object_get(body, "clocks"), 0), "clock_id");
    json_decref(body);
}

START_TEST(hidden_is_as_not_there)
{
    static const char *const units[] = {"S2", "S2-C1", "ROADS", "LAMPS"}; /* LAMPS is asked for, not called yet */
    struct hidden hidden;

    harness_begin(&h, false);
    hide(&hidden, "a");
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        for (int role = 0; role < ROLE_COUNT; role++) {
            char name[64];

            snprintf(name, sizeof(name), "%s-%s", units[i], enum_name(&role_enum, role));
            harness_peer(&h, name, 1u << role, units[i]);
            every_door(&hidden);
        }
    }
    harness_peer(&h, "other", ALL_ROLES, "S2");
    every_door(&hidden);
    /* of the subtree, but for other matters */
    harness_peer(&h, "matters", ALL_ROLES, "D");
    h.peer_matters.count = 1;
    ck_assert(code_make("M2", 2, &h.peer_matters.at[0]));
    every_door(&hidden);
    ck_assert_uint_gt(cells, 4000);
    harness_end(&h);
}
END_TEST

START_TEST(a_backup_is_for_the_district_or_the_desk)
{
    struct codes all = {0}, one = {.count = 1};
    struct code street, desk, district;

    harness_begin(&h, false);
    harness_peer(&h, "s1", 1u << ROLE_ADMINISTRATOR, "S1");
    harness_refused(&h, "NOT_YOURS", "x", "backup", -1, "{'start': 'b1'}");
    harness_refused(&h, "NOT_YOURS", "x", "backup", -1, "{}");
    harness_peer(&h, "d", 1u << ROLE_ADMINISTRATOR, "D");
    json_decref(harness_do(&h, "x", "backup", -1, "{}"));
    h.peer_matters.count = 1;
    ck_assert(code_make("M2", 2, &h.peer_matters.at[0]));
    harness_refused(&h, "NO_MATTER", "x", "backup", -1, "{}");
    /* the same for who hears every event */
    ck_assert(code_make("S1", 2, &street) && code_make("DESK", 4, &desk) && code_make("D", 1, &district));
    ck_assert(code_make("M2", 2, &one.at[0]));
    ck_assert(engine_hears_all(h.engine, &district, &all) && engine_hears_all(h.engine, &desk, &all));
    ck_assert(!engine_hears_all(h.engine, &street, &all) && !engine_hears_all(h.engine, &district, &one));
    ck_assert(!engine_hears_all(h.engine, &(struct code){"S9"}, &all));
    harness_end(&h);
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {{hidden_is_as_not_there}, {a_backup_is_for_the_district_or_the_desk}};
    return suite_run(&(struct suite){.name = "unseen", .timeout_s = 170, .tests = tests, .count = SUITE_COUNT(tests)});
}
