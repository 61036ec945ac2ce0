/* test_drill.c - drill time: it moves by commands alone, and stops at every due instant on the way. */
#include "tests/engine/harness.h"
#include "tests/suite.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define T0 INT64_C(1320000000000)
#define DAY INT64_C(86400000)

static json_t *ask_at(struct harness *h, const char *id, const char *name, int64_t at_ms, const char *format, int64_t number)
{
    char body[128];

    snprintf(body, sizeof(body), format, (long long)number);
    return harness_do(h, id, name, at_ms, body);
}

/* Instants of the rungs fired so far, in order; gives how many. */
static size_t rungs(struct harness *h, int64_t *ret_at, size_t max, bool *ret_late)
{
    size_t count = 0, i;
    uint64_t from = 1, last;
    json_t *row;

    *ret_late = false;
    do {
        json_t *page = ask_at(h, "q", "events", -1, "{'from': %lld}", (int64_t)from);

        json_array_foreach(json_object_get(page, "rows"), i, row)
        {
            if (strcmp(text_in(row, "type"), "rung_fired") != 0) {
                continue;
            }
            *ret_late = *ret_late || json_is_true(json_object_get(row, "late"));
            if (count < max) {
                ret_at[count] = num_of(row, "at");
            }
            count++;
        }
        from = (uint64_t)num_of(page, "next");
        last = (uint64_t)num_of(page, "last");
        json_decref(page);
    } while (from <= last);
    return count;
}

START_TEST(advance_stops_at_each_due_instant)
{
    struct harness h;
    int64_t at[8];
    bool late;

    harness_begin(&h, true);
    json_decref(harness_do(&h, "s1", "submit", T0, HARNESS_SUBMIT));
    json_decref(ask_at(&h, "s2", "submit", T0 + DAY, HARNESS_SUBMIT, 0));
    ck_assert_uint_eq(rungs(&h, at, 8, &late), 0);
    json_decref(ask_at(&h, "a1", "advance", -1, "{'to': %lld}", T0 + 30 * DAY));
    ck_assert_int_eq(engine_now_ms(h.engine), T0 + 30 * DAY);
    /* Handle and total clocks of two cases, yellow at 80 % of five days and red one ms after due. */
    ck_assert_uint_eq(rungs(&h, at, 8, &late), 8);
    ck_assert(!late);
    ck_assert_int_eq(at[0], T0 + 4 * DAY);
    ck_assert_int_eq(at[1], T0 + 4 * DAY);
    ck_assert_int_eq(at[2], T0 + 5 * DAY);
    ck_assert_int_eq(at[4], T0 + 5 * DAY + 1);
    ck_assert_int_eq(at[6], T0 + 6 * DAY + 1);
    harness_end(&h);
}
END_TEST

START_TEST(an_instant_carries_time_along)
{
    struct harness h;
    int64_t at[8];
    bool late;

    harness_begin(&h, true);
    json_decref(harness_do(&h, "s1", "submit", T0, HARNESS_SUBMIT));
    harness_refused(&h, "CLOCK", "s2", "submit", T0 - 1, HARNESS_SUBMIT);
    json_decref(harness_do(&h, "s2", "submit", T0 + 10 * DAY, HARNESS_SUBMIT));
    ck_assert_uint_eq(rungs(&h, at, 8, &late), 4);
    ck_assert(!late);
    /* Without an instant: at the last one. */
    json_decref(harness_do(&h, "n1", "add_note", -1, "{'submitted': 's1', 'text': 'x'}"));
    ck_assert_int_eq(engine_now_ms(h.engine), T0 + 10 * DAY);
    /* A refusal leaves nothing: time does not move for it. */
    harness_refused(&h, "NOT_FOUND", "x", "add_note", T0 + 11 * DAY, "{'case': 9999, 'text': 'x'}");
    ck_assert_int_eq(engine_now_ms(h.engine), T0 + 10 * DAY);
    json_decref(harness_do(&h, "n2", "add_note", T0 + 10 * DAY + 5, "{'submitted': 's1', 'text': 'x'}"));
    json_decref(harness_do(&h, "n3", "add_note", T0 + 10 * DAY + 6, "{'submitted': 's1', 'text': 'x'}"));
    /* Only the importer may carry one. */
    harness_peer(&h, "operator", 1u << ROLE_OPERATOR, "D");
    harness_refused(&h, "CLOCK", "s3", "submit", T0 + 20 * DAY, HARNESS_SUBMIT);
    ck_assert_int_eq(engine_now_ms(h.engine), T0 + 10 * DAY + 6);
    harness_end(&h);
}
END_TEST

/* What was accepted at an old instant is answered again, not refused for its clock; time does not move for it. */
START_TEST(repeats_keep_their_answers)
{
    struct harness h;

    harness_begin(&h, true);
    json_t *first = harness_do(&h, "s1", "submit", T0, HARNESS_SUBMIT);
    json_t *advance = ask_at(&h, "a1", "advance", -1, "{'to': %lld}", T0 + 30 * DAY);
    json_t *again = harness_do(&h, "s1", "submit", T0, HARNESS_SUBMIT);
    ck_assert(json_equal(first, again));
    json_decref(again);
    json_decref(ask_at(&h, "a2", "advance", -1, "{'to': %lld}", T0 + 31 * DAY));
    again = ask_at(&h, "a1", "advance", -1, "{'to': %lld}", T0 + 30 * DAY);
    ck_assert(json_equal(advance, again));
    ck_assert_int_eq(engine_now_ms(h.engine), T0 + 31 * DAY);
    harness_refused(&h, "CLOCK", "a3", "advance", -1, "{'to': 1}");
    json_decref(again);
    json_decref(first);
    json_decref(advance);
    harness_end(&h);
}
END_TEST

/* An advance over thousands of rungs takes several steps; the message behind it waits, and a kill in between loses nothing
 * acknowledged. */
START_TEST(long_advance_is_a_job)
{
    struct harness h;
    struct engine_message messages[2];
    struct engine_reply reply;
    size_t taken, steps = 0, answered = 0, sizes[2];
    char body[64], line[256];
    void *data[2];

    harness_begin(&h, true);
    for (int i = 0; i < 1500; i++) {
        char id[16];

        snprintf(id, sizeof(id), "s%d", i);
        json_decref(harness_do(&h, id, "submit", T0 + i, HARNESS_SUBMIT));
    }
    snprintf(body, sizeof(body), "{'to': %lld}", (long long)(T0 + 30 * DAY));
    data[0] = harness_message("a1", "advance", -1, body, &sizes[0]);
    data[1] = harness_message("h1", "hello", -1, "{}", &sizes[1]);
    for (int i = 0; i < 2; i++) {
        messages[i] = (struct engine_message){
            .from = {.peer = (uint64_t)i, .name = text_of("default"), .roles = ALL_ROLES, .unit = h.peer_unit},
            .data = data[i],
            .size = sizes[i]};
    }
    ck_assert_uint_eq(engine_take(h.engine, messages, 2, harness_time(&h)), 1);
    memset(data[0], 0xff, sizes[0]);
    for (;;) {
        steps++;
        ck_assert_int_eq(engine_append(h.engine), OUTCOME_DURABLE);
        ck_assert_int_eq(engine_journaled(h.engine, OUTCOME_DURABLE), 0);
        while (engine_next_reply(h.engine, &reply)) {
            json_t *value = harness_json(reply.data, reply.size);

            ck_assert(json_is_true(json_object_get(value, "ok")));
            ck_assert_uint_eq(reply.peer, answered);
            answered++;
            json_decref(value);
        }
        if (answered == 2) {
            break;
        }
        if (answered == 0) {
            ck_assert_int_le(engine_next_due_ms(h.engine), engine_now_ms(h.engine));
        }
        taken = engine_take(h.engine, messages + 1, 1, harness_time(&h));
        ck_assert(taken == 0 || answered == 1);
    }
    ck_assert_uint_ge(steps, 3);
    free(data[0]);
    free(data[1]);
    harness_kill(&h);
    ck_assert_int_eq(engine_now_ms(h.engine), T0 + 30 * DAY);
    h.engine = engine_close(h.engine);
    ck_assert_int_eq(harness_check(&h, line), 0);
    harness_end(&h);
}
END_TEST

/* In real time what became due while nobody looked fires late, in slices, before any command on the same case. */
START_TEST(real_time_catches_up)
{
    struct harness h;
    char line[256];
    int64_t at[8];
    bool late;

    harness_begin(&h, false);
    json_decref(harness_do(&h, "s1", "submit", -1, HARNESS_SUBMIT));
    ck_assert_int_eq(engine_next_due_ms(h.engine), h.clock_ms + 4 * DAY);
    h.clock_ms += 20 * DAY;
    json_decref(harness_do(&h, "n1", "add_note", -1, "{'submitted': 's1', 'text': 'x'}"));
    json_t *page = harness_do(&h, "q", "timeline", -1, "{'submitted': 's1'}");
    size_t count = harness_rows(page);
    ck_assert_str_eq(text_in(json_array_get(json_object_get(page, "rows"), count - 1), "type"), "case_noted");
    json_decref(page);
    ck_assert_uint_eq(rungs(&h, at, 8, &late), 4);
    ck_assert(late);
    ck_assert_int_eq(at[0], h.clock_ms);
    /* A clock that steps back does not take time back. */
    h.clock_ms -= 5 * DAY;
    json_decref(harness_do(&h, "n2", "add_note", -1, "{'submitted': 's1', 'text': 'x'}"));
    ck_assert_int_eq(engine_now_ms(h.engine), h.clock_ms + 5 * DAY);
    h.engine = engine_close(h.engine);
    ck_assert_int_eq(harness_check(&h, line), 0);
    harness_end(&h);
}
END_TEST

/* A value for a field, such as the codec takes. */
static json_t *some_value(const struct field_shape *field, const char *unit)
{
    switch (field->type) {
    case FIELD_TEXT:
        return json_string("x");
    case FIELD_CODE:
        return json_string(strcmp(field->name, "matter") == 0 ? "M1" : unit);
    case FIELD_CODES:
        return json_pack("[s]", unit);
    case FIELD_ENUM:
        return json_string(field->values->names[field->values->count - 1]);
    case FIELD_FLAG:
        return json_true();
    case FIELD_INSTANT:
        return json_integer(T0 + 100 * DAY);
    case FIELD_ID:
    case FIELD_SPAN:
    case FIELD_NUM:
    case FIELD_COUNT:
    case FIELD_MAP:
        return json_integer(field->max > 0 && field->max < 9 ? field->max : 9);
    }
    return NULL;
}

/* Every field that must be there, and those named so; the case is named by `submitted` or, where that is NULL, does not exist. */
static void some_body(const struct shape *shape, const char *submitted, const char *unit, char *ret, size_t size)
{
    static const char *const named[] = {"unit", "units", "text", "reason", "basis", "code", "outcome", "evidence"};
    json_t *body = json_object();

    for (uint16_t i = 0; i < shape->field_count; i++) {
        const struct field_shape *field = &shape->fields[i];
        bool wanted = field->required;

        for (size_t n = 0; n < sizeof(named) / sizeof(named[0]); n++) {
            wanted = wanted || strcmp(field->name, named[n]) == 0;
        }
        if (strcmp(field->name, "submitted") == 0 && submitted != NULL) {
            json_object_set_new(body, "submitted", json_string(submitted));
        } else if (strcmp(field->name, "case") == 0 && submitted == NULL) {
            json_object_set_new(body, "case", json_integer(9999));
        } else if (wanted) {
            json_object_set_new(body, field->name, some_value(field, unit));
        }
    }
    char *text = json_dumps(body, JSON_ENCODE_ANY);
    ck_assert_uint_lt(strlen(text), size);
    for (size_t i = 0; text[i] != '\0'; i++) {
        ret[i] = text[i] == '"' ? '\'' : text[i];
    }
    ret[strlen(text)] = '\0';
    free(text);
    json_decref(body);
}

/* Asks at an instant 108 h ahead, with rungs of this case and of another one on the way. Gives the code of the refusal, which left
 * everything as it was, or NULL: accepted. */
static const char *ask_ahead(struct harness *h, const char *id, const char *name, const char *body)
{
    static char code[32];
    uint64_t seq = engine_durable_seq(h->engine);
    int64_t now_ms = engine_now_ms(h->engine);
    json_t *reply = harness_ask(h, id, name, T0 + 108 * INT64_C(3600000), body);
    bool ok = json_is_true(json_object_get(reply, "ok"));

    snprintf(code, sizeof(code), "%s", ok ? "" : text_in(reply, "code"));
    json_decref(reply);
    if (ok) {
        return NULL;
    }
    ck_assert_msg(engine_durable_seq(h->engine) == seq && engine_now_ms(h->engine) == now_ms,
                  "%s %s, %s: moved to %lld, time by %lld", name, body, code, (long long)engine_durable_seq(h->engine),
                  (long long)(engine_now_ms(h->engine) - now_ms));
    return code;
}

/* Every command, on a case that does not exist, on a fresh one, and on one that a key of another street may not touch: a refusal at
 * an instant ahead leaves the sequence and the time as they were, and it is the one that the command gets once time has come there.
 */
START_TEST(a_refusal_changes_nothing)
{
    static const char *const units[] = {"D", "D", "S2", "S1"};
    static const char *const cases[] = {NULL, "s1", "s1", "s1"};
    uint32_t refused = 0, accepted = 0;

    for (int type = 1; type <= COMMAND_TYPE_MAX; type++) {
        const struct command_info *info = command_info((enum command_type)type);
        char body[1024], before[32];
        struct harness h;

        if (info == NULL || !info->wire) {
            continue;
        }
        harness_begin(&h, true);
        json_decref(harness_do(&h, "s1", "submit", T0, HARNESS_SUBMIT));
        json_decref(harness_do(&h, "s2", "submit", T0 + 1, HARNESS_SUBMIT));
        harness_peer(&h, "other", ALL_ROLES, units[_i]);
        some_body(info->shape, cases[_i], _i == 0 ? "XX" : "S1", body, sizeof(body));
        const char *code = ask_ahead(&h, "c", info->name, body);
        accepted += code == NULL;
        refused += code != NULL;
        if (code != NULL && type != COMMAND_ADVANCE) {
            snprintf(before, sizeof(before), "%s", code);
            harness_peer(&h, "default", ALL_ROLES, "D");
            json_decref(ask_at(&h, "a", "advance", -1, "{'to': %lld}", T0 + 108 * INT64_C(3600000)));
            ck_assert_uint_gt(engine_durable_seq(h.engine), 0);
            harness_peer(&h, "other", ALL_ROLES, units[_i]);
            harness_refused(&h, before, "c", info->name, -1, body);
        }
        harness_end(&h);
    }
    printf("%d: %u refused, %u accepted\n", _i, refused, accepted);
    ck_assert_uint_ge(refused, 8);
}
END_TEST

/* What happens to the case on the way is foreseen: its lead is taken over after five days, so the community may not sign then. */
START_TEST(what_time_changes_is_foreseen)
{
    struct harness h;
    int64_t at[8];
    bool late;

    harness_begin(&h, true);
    json_decref(harness_do(&h, "s1", "submit", T0, HARNESS_SUBMIT));
    uint64_t seq = engine_durable_seq(h.engine);
    harness_peer(&h, "s2", ALL_ROLES, "S2");
    harness_refused(&h, "NOT_YOURS", "a", "advance", -1, "{'to': 1320388800000}");
    harness_refused(&h, "NOT_FOUND", "b", "sign", T0 + 6 * DAY, "{'submitted': 's1'}");
    ck_assert_int_eq(engine_now_ms(h.engine), T0);
    ck_assert_uint_eq(engine_durable_seq(h.engine), seq);
    harness_peer(&h, "default", ALL_ROLES, "D");
    ck_assert_uint_eq(rungs(&h, at, 8, &late), 0);
    /* Accepted: time moves, and all rungs on the way have fired. */
    json_decref(harness_do(&h, "n", "add_note", T0 + 6 * DAY + 1, "{'submitted': 's1', 'text': 'x'}"));
    ck_assert_int_eq(engine_now_ms(h.engine), T0 + 6 * DAY + 1);
    ck_assert_uint_gt(rungs(&h, at, 8, &late), 0);
    harness_end(&h);
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {{advance_stops_at_each_due_instant},
                                       {an_instant_carries_time_along},
                                       {repeats_keep_their_answers},
                                       {long_advance_is_a_job},
                                       {real_time_catches_up},
                                       {a_refusal_changes_nothing, 4},
                                       {what_time_changes_is_foreseen}};
    return suite_run(&(struct suite){.name = "drill", .timeout_s = 120, .tests = tests, .count = SUITE_COUNT(tests)});
}
