/*
 * test_secret.c - a case under secrecy: the citizen asked for it, or it is a report. Who reads what, what is told of it, and
 * what nobody has to do.
 */
#include "tests/engine/harness.h"
#include "tests/suite.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define R(role) (1u << ROLE_##role)
#define HOUR INT64_C(3600000)
#define PERSONS "'reporter_name': 'Wang', 'reporter_phone': '000-0000', 'address': 'Lane 12', 'title': 'T', 'text': 'x'"
#define PLACE "'matter': 'M1', 'place': 'S1-C1'"

static struct harness h;

struct trial {
    const char *submit;
    bool secret, report;
    int64_t id;
};

static struct trial trials[] = {
    {"{'kind': 'complaint', " PLACE ", " PERSONS "}", false, false, 0},
    {"{'kind': 'complaint', 'secrecy': true, " PLACE ", " PERSONS "}", true, false, 0},
    {"{'kind': 'report', " PLACE ", " PERSONS "}", true, true, 0},
    {"{'kind': 'report', 'secrecy': true, " PLACE ", " PERSONS "}", true, true, 0},
};
#define TRIALS (sizeof(trials) / sizeof(trials[0]))

static json_t *ask_of(const char *name, int64_t id)
{
    char text[64];

    snprintf(text, sizeof(text), "{'case': %lld}", (long long)id);
    return harness_do(&h, "q", name, -1, text);
}

static void setup(void)
{
    harness_begin(&h, false);
    for (int i = 0; i < URGENCY_COUNT; i++) {
        h.district->policy.contact[i] = (struct span){TIME_KIND_NATURAL, HOUR};
    }
    h.district->policy.contact_required = true;
    h.district->policy.contact_attempts = 3;
    h.district->policy.followup = FOLLOWUP_MODE_AT_ANSWER;
    for (size_t i = 0; i < TRIALS; i++) {
        char id[8];

        snprintf(id, sizeof(id), "s%zu", i);
        json_t *body = harness_do(&h, id, "submit", -1, trials[i].submit);
        trials[i].id = num_of(body, "case");
        json_decref(body);
    }
}

static void teardown(void)
{
    harness_end(&h);
}

/* What of the citizen stands in an answer: bits 1 name, 2 number, 4 address. */
static int told(json_t *body)
{
    char *printed = json_dumps(body, JSON_ENSURE_ASCII);
    int bits =
        (strstr(printed, "Wang") != NULL) | (strstr(printed, "000-0000") != NULL) << 1 | (strstr(printed, "Lane 12") != NULL) << 2;

    free(printed);
    json_decref(body);
    return bits;
}

START_TEST(names_and_numbers_are_the_desks_alone)
{
    static const struct {
        const char *unit;
        uint32_t roles;
        bool desk;
    } keys[] = {
        {"S1", R(WORKER) | R(LEADER), false},
        {"S1", R(OPERATOR) | R(DISPATCHER), false},
        {"S1-C1", R(WORKER), false},
        {"DESK", R(FOLLOWUP), false},
        {"D", R(SUPERVISOR), false},
        {"D", R(DISTRICT_LEADER), false},
        {"DESK", R(WORKER) | R(LEADER), false},
        {"D", R(IMPORTER), false},
        {"DESK", R(OPERATOR), true},
        {"DESK", R(DISPATCHER) | R(WORKER), true},
        {"D", R(OPERATOR) | R(FOLLOWUP), true},
    };

    for (size_t k = 0; k < sizeof(keys) / sizeof(keys[0]); k++) {
        harness_peer(&h, "key", keys[k].roles, keys[k].unit);
        for (size_t i = 0; i < TRIALS; i++) {
            int all = 7, shown = trials[i].secret && !keys[k].desk ? (trials[i].report ? 0 : 4) : all;

            ck_assert_msg(told(ask_of("show_case", trials[i].id)) == shown, "%s %x, %zu", keys[k].unit, keys[k].roles, i);
            if (keys[k].roles != R(IMPORTER)) {
                ck_assert_int_eq(told(ask_of("timeline", trials[i].id)), shown);
            }
        }
    }
    harness_peer(&h, "listener", R(LISTENER) | R(ADMINISTRATOR), "D");
    for (size_t i = 0; i < TRIALS; i++) {
        ck_assert_int_eq(told(ask_of("show_case", trials[i].id)), 0);
    }
}
END_TEST

static bool says_secret(json_t *body)
{
    json_t *flag = json_object_get(body, "secret");

    ck_assert(json_is_boolean(flag));
    return json_is_true(flag);
}

START_TEST(every_view_says_so)
{
    static const char *const lists[] = {"list_cases", "inbox"};

    for (size_t i = 0; i < TRIALS; i++) {
        static const char *const views[] = {"show_case", "timeline", "receipt"};

        for (size_t v = 0; v < sizeof(views) / sizeof(views[0]); v++) {
            json_t *body = ask_of(views[v], trials[i].id);

            ck_assert_int_eq(says_secret(body), trials[i].secret);
            json_decref(body);
        }
    }
    for (size_t l = 0; l < 2; l++) {
        json_t *body = harness_do(&h, "q", lists[l], -1, "{}"), *row;
        size_t at, seen = 0;

        json_array_foreach(json_object_get(body, "rows"), at, row)
        {
            for (size_t i = 0; i < TRIALS; i++) {
                if (num_of(row, "case") == trials[i].id) {
                    ck_assert_int_eq(says_secret(row), trials[i].secret);
                    seen++;
                }
            }
        }
        ck_assert_uint_eq(seen, TRIALS);
        json_decref(body);
    }
}
END_TEST

START_TEST(the_holder_need_not_contact_the_citizen)
{
    for (size_t i = 0; i < TRIALS; i++) {
        json_t *body = ask_of("show_case", trials[i].id), *clock;
        size_t at, contact = 0;
        char text[128], key[8];

        json_array_foreach(json_object_get(body, "clocks"), at, clock)
        {
            contact += strcmp(text_in(clock, "clock"), "contact") == 0;
        }
        ck_assert_uint_eq(contact, trials[i].secret ? 0 : 1);
        json_decref(body);
        snprintf(key, sizeof(key), "k%zu", i); /* request ids are a key's */
        harness_peer(&h, key, ALL_ROLES, "D");
        snprintf(text, sizeof(text), "{'case': %lld}", (long long)trials[i].id);
        json_decref(harness_do(&h, "sign", "sign", -1, text));
        snprintf(text, sizeof(text), "{'case': %lld, 'code': 'solved', 'text': 'done'}", (long long)trials[i].id);
        if (trials[i].secret) {
            json_decref(harness_do(&h, "answer", "answer", -1, text));
        } else {
            harness_refused(&h, "NO_CONTACT", "answer", "answer", -1, text);
        }
    }
}
END_TEST

static size_t check_dims(const json_t *rows)
{
    size_t at, secret = 0;
    json_t *event;

    json_array_foreach(rows, at, event)
    {
        json_t *dims = json_object_get(event, "dims");
        int64_t id = json_integer_value(json_object_get(event, "case"));

        for (size_t i = 0; i < TRIALS; i++) {
            if (id != trials[i].id) {
                continue;
            }
            ck_assert_ptr_nonnull(json_object_get(event, "acct"));
            ck_assert_int_eq(json_is_true(json_object_get(dims, "protected")), trials[i].secret);
            ck_assert_str_eq(text_in(dims, "street"), "S1");
            ck_assert_int_eq(strcmp(text_in(dims, "kind"), "report") == 0, trials[i].report);
            ck_assert_uint_eq(json_object_size(dims), trials[i].secret ? 3 : 9);
            secret += trials[i].secret;
        }
    }
    return secret;
}

START_TEST(events_carry_protected_kind_and_street_alone)
{
    struct engine_peer peer = {.peer = 7, .name = text_of("default"), .roles = ALL_ROLES, .unit = h.peer_unit};
    struct engine_message message = {.from = peer};
    struct text topic;
    const void *data;
    size_t size, published = 0;

    json_t *body = harness_do(&h, "q", "events", -1, "{}");
    ck_assert_uint_gt(check_dims(json_object_get(body, "rows")), 10);
    json_decref(body);
    body = harness_do(&h, "f", "follow", -1, "{'name': 'n'}");
    ck_assert_uint_gt(check_dims(json_object_get(body, "rows")), 10);
    json_decref(body);
    /* as they happen, on the socket and for who follows live */
    void *bytes = harness_message("new", "submit", -1, trials[1].submit, &message.size);
    message.data = bytes;
    ck_assert_uint_eq(engine_take(h.engine, &message, 1, harness_time(&h)), 1);
    ck_assert_int_eq(engine_journaled(h.engine, engine_append(h.engine)), 0);
    while (engine_next_event(h.engine, &topic, &data, &size)) {
        json_t *event = harness_json(data, size), *rows = json_array(), *dims = json_object_get(event, "dims");

        if (dims != NULL) {
            ck_assert_uint_eq(json_object_size(dims), 3);
            published++;
        }
        json_decref(rows);
        json_decref(event);
    }
    ck_assert_uint_gt(published, 3);
    free(bytes);
}
END_TEST

/* The timeline is for those who see the case: its dims are whole. */
START_TEST(figures_are_those_of_the_events)
{
    json_t *body = ask_of("timeline", trials[1].id), *row;
    size_t at, counted = 0;

    json_array_foreach(json_object_get(body, "rows"), at, row)
    {
        if (strcmp(text_in(row, "type"), "command_taken") != 0) {
            ck_assert_str_eq(text_in(json_object_get(row, "dims"), "matter"), "M1");
        }
    }
    json_decref(body);
    body = harness_do(&h, "q", "metrics", -1, "{'metric': 'closed_rate', 'by': 'matter'}");
    json_array_foreach(json_object_get(body, "rows"), at, row)
    {
        bool outside = strcmp(text_in(row, "key"), "-") == 0;

        if (outside || strcmp(text_in(row, "key"), "M1") == 0) {
            ck_assert_int_eq(num_of(row, "den"), outside ? 3 : 1);
            counted++;
        }
    }
    ck_assert_uint_eq(counted, 2);
    json_decref(body);
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {{names_and_numbers_are_the_desks_alone},
                                       {every_view_says_so},
                                       {the_holder_need_not_contact_the_citizen},
                                       {events_carry_protected_kind_and_street_alone},
                                       {figures_are_those_of_the_events}};
    return suite_run(&(struct suite){
        .name = "secret", .timeout_s = 60, .setup = setup, .teardown = teardown, .tests = tests, .count = SUITE_COUNT(tests)});
}
