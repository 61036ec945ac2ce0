/* test_pull_waits.c - a pull that waits: what wakes it, what does not, and when it ends. */
#include "dispatcher/engine/live.h"
#include "tests/engine/engine_district.h"
#include "tests/engine/talk.h"
#include "tests/suite.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORKER (1u << ROLE_WORKER)

/* A long poll wakes for a duty of its units and kinds, for no other, and in the order in which they came. */
START_TEST(a_long_poll_wakes_for_what_fits)
{
    struct harness h;
    struct talk talk;

    harness_begin(&h, false);
    talk_begin(&talk, &h);
    harness_peer(&h, "s1", WORKER, "S1");
    talk_send(&talk, 1, "p1", "pull", "{'worker': 'one', 'wait': 60000, 'lease': 600000}");
    talk_send(&talk, 2, "p2", "pull", "{'worker': 'two', 'wait': 60000}");
    harness_peer(&h, "desk", 1u << ROLE_DISPATCHER, "DESK");
    talk_send(&talk, 3, "p3", "pull", "{'worker': 'three', 'wait': 60000}");
    talk_rest(&talk);
    uint64_t steps = talk.steps;
    harness_peer(&h, "default", ALL_ROLES, "D");
    talk_send(&talk, 9, "a", "submit",
              "{'kind': 'complaint', 'matter': 'M1', 'place': 'S2', 'title': 'T', 'text': 'x', 'anonymous': true}");
    json_decref(talk_answer(&talk, 9));
    talk_silent(&talk, 1);
    talk_silent(&talk, 2);
    talk_silent(&talk, 3);
    ck_assert_uint_eq(talk.steps, steps + 1); /* nobody was woken for nothing */
    talk_send(&talk, 9, "b", "submit",
              "{'kind': 'complaint', 'matter': 'M1', 'place': 'S1', 'title': 'T', 'text': 'x', 'anonymous': true}");
    ck_assert_ptr_nonnull(talk.replies); /* in the very step */
    json_t *body = talk_answer(&talk, 9);
    uint64_t case_id = (uint64_t)num_of(body, "case");
    json_decref(body);
    body = talk_answer(&talk, 1);
    ck_assert_int_eq(harness_row(body, 0, "duty"), (int64_t)harness_lead(&h, case_id));
    json_decref(body);
    talk_silent(&talk, 2);
    talk_send(&talk, 9, "c", "submit",
              "{'kind': 'complaint', 'matter': 'M3', 'place': 'S1', 'title': 'T', 'text': 'x', 'anonymous': true}");
    json_decref(talk_answer(&talk, 9));
    body = talk_answer(&talk, 3);
    ck_assert_str_eq(text_in(json_array_get(json_object_get(body, "rows"), 0), "kind"), "route");
    json_decref(body);
    /* The wait ends by the clock. */
    talk_silent(&talk, 2);
    talk_pass(&talk, 60000);
    body = talk_answer(&talk, 2);
    ck_assert_uint_eq(harness_rows(body), 0);
    json_decref(body);
    ck_assert_int_eq(engine_next_wait_ms(h.engine), INT64_MAX);
    talk_end(&talk);
    harness_end(&h);
}
END_TEST

/* Who waits for work is woken by one duty of this kind. */
static void expect_woken(struct talk *talk, const char *kind)
{
    json_t *body = talk_answer(talk, 1);
    ck_assert_uint_eq(harness_rows(body), 1);
    ck_assert_str_eq(text_in(json_array_get(json_object_get(body, "rows"), 0), "kind"), kind);
    json_decref(body);
}

/* What somebody claims is no worker's; given back or lapsed it is, and so is what a caller sends back. */
START_TEST(a_long_poll_wakes_for_what_comes_back)
{
    static const struct {
        const char *id, *name, *body;
    } call[] = {
        {"c1", "raise_call", "{'submitted': 'a', 'reason': 'unsolvable_here', 'units': ['LAMPS']}"},
        {"c2", "dispatch_call", "{'submitted': 'a', 'reason': 'pole'}"},
        {"c3", "sign", "{'submitted': 'a', 'unit': 'LAMPS', 'kind': 'respond'}"},
        {"c4", "arrive", "{'submitted': 'a', 'unit': 'LAMPS', 'evidence': 'photo'}"},
        {"c5", "finish_call", "{'submitted': 'a', 'unit': 'LAMPS', 'code': 'solved', 'text': 'done'}"},
    };
    static const char pull[] = "{'worker': 'one', 'wait': 300000, 'lease': 1000}";
    const int64_t minute_ms = 60000;
    char rate[96];
    struct harness h;
    struct talk talk;

    harness_begin(&h, false);
    h.district->policy.rating = true;
    talk_begin(&talk, &h);
    uint64_t id = harness_submit(&h, "a", "M1", "S1");
    talk_say(&talk, "k1", "claim", "{'submitted': 'a', 'kind': 'lead'}");
    harness_peer(&h, "s1", WORKER, "S1");
    talk_send(&talk, 1, "p1", "pull", pull);
    talk_silent(&talk, 1);
    harness_peer(&h, "default", ALL_ROLES, "D");
    talk_say(&talk, "k2", "release", "{'submitted': 'a', 'kind': 'lead'}");
    expect_woken(&talk, "lead");
    talk_pass(&talk, 1000);

    talk_say(&talk, "k3", "claim", "{'submitted': 'a', 'kind': 'lead'}"); /* for half an hour */
    talk_pass(&talk, 28 * minute_ms);
    harness_peer(&h, "s1", WORKER, "S1");
    talk_send(&talk, 1, "p2", "pull", pull);
    talk_silent(&talk, 1);
    talk_pass(&talk, 2 * minute_ms);
    expect_woken(&talk, "lead");

    harness_peer(&h, "default", ALL_ROLES, "D");
    for (size_t i = 0; i < sizeof(call) / sizeof(call[0]); i++) {
        talk_say(&talk, call[i].id, call[i].name, call[i].body);
    }
    harness_peer(&h, "lamps", WORKER, "LAMPS");
    talk_send(&talk, 1, "p3", "pull", pull);
    talk_silent(&talk, 1);
    harness_peer(&h, "s1", 1U << ROLE_LEADER, "S1");
    talk_say(&talk, "r", "rate_call",
             harness_words(rate, sizeof(rate), "{'case': %lld, 'score': 2, 'confirmed': false}", (long long)id));
    expect_woken(&talk, "respond");
    talk_end(&talk);
    harness_end(&h);
}
END_TEST

/* Two duties in one step: the first one wakes a pull that then takes the other one, so who else waits for the first is woken too.
 */
START_TEST(a_wake_that_was_not_used_is_passed_on)
{
    static const char *const bodies[] = {
        "{'kind': 'complaint', 'matter': 'M2', 'place': 'S1-C1', 'title': 'T', 'text': 'x', 'anonymous': true}",
        "{'kind': 'complaint', 'matter': 'M1', 'place': 'S1', 'title': 'T', 'text': 'x', 'anonymous': true}"};
    struct engine_message messages[2];
    struct engine_reply reply;
    struct harness h;
    struct talk talk;
    json_t *body;

    harness_begin(&h, false);
    talk_begin(&talk, &h);
    harness_rest(&h);
    harness_peer(&h, "s1", WORKER, "S1");
    talk_send(&talk, 1, "p1", "pull", "{'worker': 'one', 'wait': 60000}");
    talk_send(&talk, 2, "p2", "pull", "{'worker': 'two', 'wait': 60000, 'unit': 'S1-C1'}");
    talk_silent(&talk, 1);
    talk_silent(&talk, 2);
    harness_peer(&h, "default", ALL_ROLES, "D");
    for (int i = 0; i < 2; i++) {
        messages[i] =
            (struct engine_message){.from = {.peer = 9, .name = text_of(h.peer_name), .roles = h.peer_roles, .unit = h.peer_unit}};
        messages[i].data = harness_message(i == 0 ? "a" : "b", "submit", -1, bodies[i], &messages[i].size);
    }
    ck_assert_uint_eq(engine_take(h.engine, messages, 2, harness_time(&h)), 2);
    ck_assert_int_eq(engine_journaled(h.engine, engine_append(h.engine)), 0);
    while (engine_next_reply(h.engine, &reply)) {
        if (reply.peer != 1) {
            continue;
        }
        body = harness_json(reply.data, reply.size);
        ck_assert_str_eq(text_in(json_array_get(json_object_get(json_object_get(body, "body"), "rows"), 0), "unit"), "S1");
        json_decref(body);
    }
    body = talk_answer(&talk, 2);
    ck_assert_str_eq(text_in(json_array_get(json_object_get(body, "rows"), 0), "unit"), "S1-C1");
    json_decref(body);
    for (int i = 0; i < 2; i++) {
        free((void *)messages[i].data);
    }
    talk_end(&talk);
    harness_end(&h);
}
END_TEST

/* Another set comes into force: all that wait are answered, empty, and ask again. */
START_TEST(a_new_set_ends_all_waits)
{
    struct harness h;
    struct talk talk;
    char said[512];

    harness_begin(&h, false);
    talk_begin(&talk, &h);
    harness_peer(&h, "s1", WORKER | 1u << ROLE_LISTENER, "S1");
    talk_send(&talk, 1, "1", "pull", "{'worker': 'w', 'wait': 60000}");
    talk_send(&talk, 2, "2", "follow", "{'name': 'n', 'from': 1000, 'wait': 60000}");
    talk_silent(&talk, 1);
    talk_silent(&talk, 2);
    struct district *older = h.district;
    h.district = engine_district_make('b');
    ck_assert_int_eq(engine_adopt(h.engine, h.district, h.config, said), 0);
    engine_district_unmake(older);
    json_t *body = talk_answer(&talk, 1);
    ck_assert_uint_eq(harness_rows(body), 0);
    json_decref(body);
    body = talk_answer(&talk, 2);
    ck_assert_uint_eq(harness_rows(body), 0);
    json_decref(body);
    talk_send(&talk, 1, "3", "pull", "{'worker': 'w', 'wait': 60000}");
    talk_silent(&talk, 1);
    harness_peer(&h, "default", ALL_ROLES, "D");
    talk_send(&talk, 9, "a", "submit",
              "{'kind': 'complaint', 'matter': 'M1', 'place': 'S1', 'title': 'T', 'text': 'x', 'anonymous': true}");
    body = talk_answer(&talk, 1);
    ck_assert_uint_eq(harness_rows(body), 1);
    json_decref(body);
    talk_end(&talk);
    harness_end(&h);
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {{a_long_poll_wakes_for_what_fits},
                                       {a_long_poll_wakes_for_what_comes_back},
                                       {a_wake_that_was_not_used_is_passed_on},
                                       {a_new_set_ends_all_waits}};
    return suite_run(&(struct suite){.name = "pull_waits", .timeout_s = 120, .tests = tests, .count = SUITE_COUNT(tests)});
}
