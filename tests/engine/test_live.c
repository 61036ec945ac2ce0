/*
 * test_live.c - many who wait at once, wild values, a wall clock that jumps: nobody else notices, and nothing grows without a
 * bound.
 */
#include "dispatcher/engine/live.h"
#include "tests/engine/talk.h"
#include "tests/suite.h"

#include <check.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORKER (1u << ROLE_WORKER)
#define SUBMIT "{'kind': 'complaint', 'matter': 'M1', 'place': 'S1', 'title': 'T', 'text': 'x', 'anonymous': true}"

static void submit(struct talk *talk, const char *id)
{
    harness_peer(talk->h, "default", ALL_ROLES, "D");
    talk_send(talk, 999999, id, "submit", SUBMIT);
    json_decref(talk_answer(talk, 999999));
}

/* Keys of a street, in turn: no key has more than its share. */
static void as_key(struct harness *h, int i)
{
    char name[16];

    snprintf(name, sizeof(name), "s%d", i);
    harness_peer(h, name, WORKER, "S1");
}

/* 64 questions of one connection, 2,500 of one key, 10,000 of all; one more is BUSY, and the others still wait. */
START_TEST(waiting_is_bounded)
{
    struct harness h;
    struct talk talk;
    char id[32], body[96];
    uint32_t refused = 0, answered = 0;

    harness_begin(&h, false);
    talk_begin(&talk, &h);
    harness_rest(&h);
    harness_peer(&h, "s1", WORKER, "S1");
    for (int i = 0; i < PARKED_PER_PEER; i++) {
        talk_send(&talk, 1, harness_words(id, sizeof(id), "one%d", i), "pull",
                  harness_words(body, sizeof(body), "{'worker': 'w%d', 'wait': 300000, 'unit': 'S1-C1'}", i));
    }
    talk_send(&talk, 1, "more", "pull", "{'worker': 'w', 'wait': 300000}");
    talk_refusal(&talk, 1, "BUSY");
    for (int i = PARKED_PER_PEER; i < CAP_WAITING + 10; i++) {
        as_key(&h, i % 11);
        talk_send(&talk, 2 + (uint64_t)i, harness_words(id, sizeof(id), "all%d", i), i % 2 == 0 ? "pull" : "follow",
                  harness_words(body, sizeof(body), "{'%s': 'w%d', 'wait': 300000%s}", i % 2 == 0 ? "worker" : "name", i,
                                i % 2 == 0 ? ", 'unit': 'S1'" : ", 'from': 99999"));
    }
    talk_rest(&talk);
    for (size_t i = 0; i < talk.count; i++) {
        refused += json_is_false(json_object_get(talk.replies[i].value, "ok"));
    }
    ck_assert_uint_eq(refused, 10);
    ck_assert_uint_eq(talk.count, 10);
    ck_assert_uint_eq(h.engine->live->parking.count, CAP_WAITING);
    while (talk.count > 0) {
        json_decref(talk.replies[--talk.count].value);
    }
    /* One duty: one of all those pulls gets it, every follow its events. The step that brought it did not wait for them. */
    submit(&talk, "s");
    for (size_t i = 0; i < talk.count; i++) {
        answered += harness_rows(json_object_get(talk.replies[i].value, "body")) > 0;
    }
    ck_assert_uint_eq(answered, 1 + h.engine->live->followers.count);
    ck_assert_uint_ge(answered, (CAP_WAITING - PARKED_PER_PEER) / 2 - 20);
    json_t *reply = talk_take(&talk, 2 + PARKED_PER_PEER);
    ck_assert_msg(reply != NULL, "not the one that had waited longest");
    json_decref(reply);
    while (talk.count > 0) {
        json_decref(talk.replies[--talk.count].value);
    }
    /* All end by the clock, and nothing is left. */
    talk_pass(&talk, CAP_WAIT_MS);
    ck_assert_uint_eq(h.engine->live->parking.count, 0);
    ck_assert_int_eq(engine_next_wait_ms(h.engine), INT64_MAX);
    ck_assert(h.engine->live->parking.peers.rbh_root == NULL);
    talk_end(&talk);
    harness_end(&h);
}
END_TEST

/* One key takes all the long polls that it may, and others take all there are: another key's poll waits, theirs give way, and a
 * connection that ends gives all of its places back at once. */
START_TEST(one_key_does_not_take_all_places)
{
    struct harness h;
    struct talk talk;
    char id[32], body[96];
    uint32_t refused = 0;

    harness_begin(&h, false);
    talk_begin(&talk, &h);
    harness_rest(&h);
    for (int i = 0; i < CAP_WAITING; i++) {
        as_key(&h, i / CAP_WAITING_KEY);
        talk_send(&talk, 10 + (uint64_t)i / 50, harness_words(id, sizeof(id), "p%d", i), "pull",
                  harness_words(body, sizeof(body), "{'worker': 'w%d', 'wait': 300000}", i));
        if (i == CAP_WAITING_KEY - 1) {
            talk_send(&talk, 9, "more", "pull", "{'worker': 'w', 'wait': 300000}");
            talk_refusal(&talk, 9, "BUSY");
        }
    }
    talk_rest(&talk);
    ck_assert_uint_eq(h.engine->live->parking.count, CAP_WAITING);
    ck_assert_uint_eq(talk.count, 0);
    harness_peer(&h, "honest", WORKER, "S1");
    talk_send(&talk, 1, "h", "pull", "{'worker': 'w', 'wait': 4000, 'unit': 'S1-C1'}");
    talk_rest(&talk);
    for (size_t i = 0; i < talk.count; i++) {
        refused += json_is_false(json_object_get(talk.replies[i].value, "ok")) && talk.replies[i].peer >= 10;
    }
    ck_assert_uint_eq(refused, 1);
    ck_assert_uint_eq(talk.count, 1);
    talk_pass(&talk, 4000);
    json_t *answer = talk_answer(&talk, 1);
    ck_assert_uint_eq(harness_rows(answer), 0);
    json_decref(answer);
    /* The connections of a key end: its places are free, without a message and without time passing. */
    for (uint64_t peer = 10; peer < 10 + CAP_WAITING_KEY / 50; peer++) {
        engine_gone(h.engine, peer);
    }
    ck_assert_uint_eq(h.engine->live->parking.count, CAP_WAITING - CAP_WAITING_KEY);
    as_key(&h, 0);
    talk_send(&talk, 9, "again", "pull", "{'worker': 'w', 'wait': 1000, 'unit': 'S1-C1'}");
    talk_silent(&talk, 9);
    talk_end(&talk);
    harness_end(&h);
}
END_TEST

/* Ten thousand pulls that this duty does not fit: the step with the submit stays short. */
START_TEST(idle_pulls_cost_a_step_little)
{
    struct harness h;
    struct talk talk;
    char id[32], body[96];
    double quiet = 0, busy = 0;

    harness_begin(&h, false);
    talk_begin(&talk, &h);
    submit(&talk, "warm");
    for (int i = 0; i < 200; i++) {
        submit(&talk, harness_words(id, sizeof(id), "q%d", i));
        quiet += h.step_s / 200;
    }
    for (int i = 0; i < CAP_WAITING; i++) {
        harness_peer(&h, harness_words(id, sizeof(id), "lead%d", i % 10), 1u << ROLE_LEADER, "D");
        talk_send(&talk, (uint64_t)i / 50 + 1, harness_words(id, sizeof(id), "p%d", i), "pull",
                  harness_words(body, sizeof(body), "{'worker': 'w%d', 'wait': 300000, 'kind': 'rate'}", i));
    }
    talk_rest(&talk);
    ck_assert_uint_eq(h.engine->live->parking.counts[PARKED_IDLE], CAP_WAITING);
    for (int i = 0; i < 200; i++) {
        submit(&talk, harness_words(id, sizeof(id), "b%d", i));
        busy += h.step_s / 200;
    }
    printf("the step of a submit: %.0f us alone, %.0f us beside %d idle pulls\n", quiet * 1e6, busy * 1e6, CAP_WAITING);
    ck_assert_double_lt(busy, quiet + 0.005);
    ck_assert_uint_eq(talk.count, 0);
    talk_end(&talk);
    harness_end(&h);
}
END_TEST

/* A thousand followers with nothing to read but the newest, one that never confirms, one that begins at the first event again and
 * again: everybody gets every event, and a submit takes hardly longer. */
START_TEST(a_thousand_followers)
{
    enum { FOLLOWERS = 1000, EVENTS_OF = 40 };
    struct harness h;
    struct talk talk;
    char id[32], body[128];
    uint64_t *next = calloc(FOLLOWERS, sizeof(*next)), *rows = calloc(FOLLOWERS, sizeof(*rows));
    uint64_t first = 0;
    double quiet = 0, slowest = 0;

    harness_begin(&h, false);
    talk_begin(&talk, &h);
    for (int i = 0; i < 500; i++) {
        submit(&talk, harness_words(id, sizeof(id), "w%d", i));
    }
    for (int i = 0; i < 100; i++) {
        submit(&talk, harness_words(id, sizeof(id), "q%d", i));
        quiet = h.step_s > quiet ? h.step_s : quiet;
    }
    first = engine_durable_seq(h.engine) + 1;
    for (int round = 0; round <= EVENTS_OF; round++) {
        harness_peer(&h, "watch", 1u << ROLE_LISTENER, "D");
        for (uint64_t i = 0; i < FOLLOWERS; i++) {
            if (round == 0) {
                next[i] = i == 0 ? 1 : first;
            }
            /* Follower 0 never confirms: it begins at the first event each time. */
            harness_words(body, sizeof(body), "{'name': 'f%d', 'wait': 300000, '%s': %llu}", (int)i,
                          round == 0 ? "from" : "confirm",
                          (unsigned long long)(i == 0       ? round == 0
                                               : round == 0 ? first
                                                            : next[i] - 1));
            talk_send(&talk, i + 1, harness_words(id, sizeof(id), "r%d-%d", round, (int)i), "follow", body);
        }
        talk_rest(&talk);
        if (round == EVENTS_OF) {
            break;
        }
        harness_peer(&h, "default", ALL_ROLES, "D");
        talk_send(&talk, 999999, harness_words(id, sizeof(id), "s%d", round), "submit", SUBMIT);
        if (h.step_s > slowest) {
            slowest = h.step_s;
        }
        json_decref(talk_answer(&talk, 999999));
        for (size_t n = 0; n < talk.count; n++) {
            const struct talk_reply *reply = &talk.replies[n];
            const json_t *answer = json_object_get(reply->value, "body");
            uint64_t i = reply->peer - 1;

            ck_assert(json_is_true(json_object_get(reply->value, "ok")));
            if (i != 0) {
                ck_assert_int_ge(harness_row(answer, 0, "seq"), (int64_t)next[i]);
                rows[i] += harness_rows(answer);
                next[i] = (uint64_t)num_of(answer, "next");
            }
            json_decref(reply->value);
        }
        talk.count = 0;
    }
    for (uint64_t i = 1; i < FOLLOWERS; i++) {
        ck_assert_uint_eq(next[i], engine_durable_seq(h.engine) + 1);
        ck_assert_uint_eq(rows[i], rows[1]);
    }
    ck_assert_uint_ge(rows[1], EVENTS_OF * 4);
    printf("the step of a submit: at most %.0f us alone, at most %.0f us beside %d followers, %llu events each\n", quiet * 1e6,
           slowest * 1e6, FOLLOWERS, (unsigned long long)rows[1]);
    ck_assert_double_lt(slowest, quiet + 0.05);
    free(next);
    free(rows);
    talk_end(&talk);
    harness_end(&h);
}
END_TEST

START_TEST(wild_values)
{
    static const struct {
        const char *name, *body, *code;
    } wild[] = {
        {"pull", "{'worker': ''}", "BAD_FIELD"},
        {"pull", "{'worker': 'w', 'count': -1}", "BAD_FIELD"},
        {"pull", "{'worker': 'w', 'wait': -1}", "BAD_FIELD"},
        {"pull", "{'worker': 'w', 'wait': 9223372036854775807}", "BAD_FIELD"},
        {"pull", "{'worker': 'w', 'lease': 9223372036854775807}", "BAD_FIELD"},
        {"pull", "{'worker': 'w', 'kind': 'nothing'}", "BAD_FIELD"},
        {"keep", "{'worker': 'w', 'duty': 0}", "NOT_FOUND"},
        {"keep", "{'worker': 'w', 'duty': 1}", "NOT_FOUND"},
        {"keep", "{'worker': 'w', 'duty': -1}", "BAD_FIELD"},
        {"follow", "{}", "BAD_FIELD"},
        {"follow", "{'name': 'n', 'confirm': 9223372036854775807}", "BAD_FIELD"},
        {"follow", "{'name': 'n', 'confirm': -1}", "BAD_FIELD"},
        {"follow", "{'name': 'n', 'types': ['1','2','3','4','5','6','7','8','9','0','1','2','3','4','5','6','7']}", "TOO_LARGE"},
        {"follow", "{'name': 'n', 'types': 'case_closed'}", "BAD_FIELD"},
        {"list_followers", "{'forget_key': 'x'}", "NOT_FOUND"},
    };
    struct harness h;
    struct talk talk;
    char id[16];

    harness_begin(&h, false);
    talk_begin(&talk, &h);
    submit(&talk, "s");
    for (size_t i = 0; i < sizeof(wild) / sizeof(wild[0]); i++) {
        talk_send(&talk, 1, harness_words(id, sizeof(id), "w%zu", i), wild[i].name, wild[i].body);
        talk_rest(&talk);
        json_t *reply = talk_take(&talk, 1);
        /* What has no cap in the schema is cut to the cap, and waits. */
        if (reply != NULL && json_is_false(json_object_get(reply, "ok"))) {
            ck_assert_msg(strcmp(text_in(reply, "code"), wild[i].code) == 0, "%s: %s", wild[i].body, text_in(reply, "code"));
        }
        json_decref(reply);
    }
    ck_assert_int_le(engine_next_wait_ms(h.engine) == INT64_MAX ? 0 : engine_next_wait_ms(h.engine) - h.clock_ms, CAP_WAIT_MS);
    /* From the end of all numbers: there is nothing yet, and what comes next is seen. */
    talk_send(&talk, 2, "far", "follow", "{'name': 'far', 'from': 9223372036854775807}");
    json_t *body = talk_answer(&talk, 2);
    ck_assert_int_eq(num_of(body, "confirmed"), num_of(body, "last"));
    json_decref(body);
    submit(&talk, "t");
    talk_send(&talk, 2, "far2", "follow", "{'name': 'far'}");
    body = talk_answer(&talk, 2);
    ck_assert_uint_gt(harness_rows(body), 0);
    json_decref(body);
    talk_end(&talk);
    harness_end(&h);
}
END_TEST

/* A wall clock that is put back a minute or forward an hour while nobody asks anything: a wait of 4 s and a lease of 3 s end after
 * 4 s and 3 s, and `lease_until` is what the wall clock will say then. */
START_TEST(a_clock_that_is_put)
{
    static const int64_t spans_ms[] = {-60000, -3600000, 3600000, INT64_C(400) * 86400000};
    int64_t span_ms = spans_ms[_i];
    struct harness h;
    struct talk talk;

    harness_begin(&h, false);
    talk_begin(&talk, &h);
    submit(&talk, "s");
    harness_peer(&h, "s1", WORKER, "S1");
    talk_send(&talk, 1, "a", "pull", "{'worker': 'one', 'lease': 3000}");
    json_decref(talk_answer(&talk, 1));
    talk_send(&talk, 2, "b", "pull", "{'worker': 'two', 'wait': 60000, 'lease': 5000}");
    talk_send(&talk, 3, "c", "follow", "{'name': 'n', 'wait': 4000, 'types': ['unit_published'], 'from': 1000000}");
    int64_t begun_ms = harness_time(&h).steady_ms;
    talk_pass(&talk, 1000);
    harness_put_clock(&h, span_ms);
    ck_assert_int_eq(engine_next_wait_ms(h.engine), begun_ms + 3000);
    talk_pass(&talk, 1999);
    talk_silent(&talk, 2);
    talk_silent(&talk, 3);
    talk_pass(&talk, 1);
    json_t *body = talk_answer(&talk, 2);
    ck_assert_int_eq(harness_row(body, 0, "lease_until"), h.clock_ms + 5000);
    json_decref(body);
    ck_assert_int_eq(engine_next_wait_ms(h.engine), begun_ms + 4000);
    talk_pass(&talk, 999);
    talk_silent(&talk, 3);
    talk_pass(&talk, 1);
    body = talk_answer(&talk, 3);
    ck_assert_uint_eq(harness_rows(body), 0);
    json_decref(body);
    talk_end(&talk);
    harness_end(&h);
}
END_TEST

/* Drill time stands still, waits and leases do not. */
START_TEST(drill_time_does_not_matter)
{
    struct harness h;
    struct talk talk;

    harness_begin(&h, true);
    talk_begin(&talk, &h);
    submit(&talk, "s");
    harness_peer(&h, "s1", WORKER, "S1");
    talk_send(&talk, 1, "a", "pull", "{'worker': 'one', 'lease': 10000}");
    json_decref(talk_answer(&talk, 1));
    talk_send(&talk, 2, "b", "pull", "{'worker': 'two', 'wait': 60000}");
    talk_pass(&talk, 9999);
    talk_silent(&talk, 2);
    talk_pass(&talk, 1);
    json_t *body = talk_answer(&talk, 2);
    ck_assert_uint_eq(harness_rows(body), 1);
    ck_assert_int_eq(num_of(body, "now"), engine_now_ms(h.engine));
    json_decref(body);
    talk_end(&talk);
    harness_end(&h);
}
END_TEST

/* A step that failed: its own questions are refused, those that waited before go on waiting, and nothing of it is seen. */
START_TEST(a_failed_step_leaves_waits_alone)
{
    struct harness h;
    struct talk talk;
    json_t *body;
    size_t size;
    void *data;
    struct engine_message message;
    struct engine_reply reply;
    uint32_t replies = 0;

    harness_begin(&h, false);
    talk_begin(&talk, &h);
    harness_rest(&h);
    harness_peer(&h, "all", WORKER | 1u << ROLE_LISTENER, "D");
    talk_send(&talk, 1, "p", "pull", "{'worker': 'w', 'wait': 60000}");
    talk_send(&talk, 2, "f", "follow", "{'name': 'n', 'from': 9999, 'wait': 60000}");
    talk_silent(&talk, 1);
    talk_silent(&talk, 2);
    harness_peer(&h, "default", ALL_ROLES, "D");
    for (int i = 0; i < 2; i++) {
        data = i == 0 ? harness_message("s", "submit", -1, SUBMIT, &size)
                      : harness_message("q", "pull", -1, "{'worker': 'v', 'wait': 60000}", &size);
        message =
            (struct engine_message){.from = {.peer = 9, .name = text_of(h.peer_name), .roles = h.peer_roles, .unit = h.peer_unit},
                                    .data = data,
                                    .size = size};
        ck_assert_uint_eq(engine_take(h.engine, &message, 1, harness_time(&h)), 1);
        h.engine->append_failed = -ENOSPC; /* the disk is full: the engine goes on */
        ck_assert_int_eq(engine_journaled(h.engine, OUTCOME_FAILED), 0);
        while (engine_next_reply(h.engine, &reply)) {
            ck_assert_uint_eq(reply.peer, 9);
            body = harness_json(reply.data, reply.size);
            ck_assert_str_eq(text_in(body, "code"), "STORAGE_FAILED");
            json_decref(body);
            replies++;
        }
        free(data);
    }
    ck_assert_uint_eq(replies, 2);
    ck_assert_uint_eq(leases_count(h.engine->live->leases), 0);
    submit(&talk, "s");
    body = talk_answer(&talk, 1);
    ck_assert_uint_eq(harness_rows(body), 1);
    json_decref(body);
    body = talk_answer(&talk, 2);
    ck_assert_str_eq(text_in(json_array_get(json_object_get(body, "rows"), 0), "type"), "case_received");
    ck_assert_int_eq(num_of(body, "next"), num_of(body, "last") + 1);
    json_decref(body);
    talk_end(&talk);
    harness_end(&h);
}
END_TEST

/* Leases are bounded; who wants one more is told so. */
START_TEST(leases_are_bounded)
{
    struct harness h;
    struct talk talk;
    struct lease lease = {.until_ms = INT64_MAX};

    harness_begin(&h, false);
    talk_begin(&talk, &h);
    submit(&talk, "s");
    for (uint64_t i = 0; i < CAP_LEASES; i++) {
        snprintf(lease.holder.key.s, CODE_SIZE, "k%d", (int)(i / CAP_LEASES_KEY));
        lease.duty_id = 1000000 + i;
        ck_assert_int_eq(lease_put(h.engine->live->leases, &lease), 0);
        if (i == CAP_LEASES_KEY - 1) { /* a key has its share, no more; its leases may be renewed */
            ck_assert_int_eq(lease_put(h.engine->live->leases, &lease), 0);
            lease.duty_id = 5;
            ck_assert_int_eq(lease_put(h.engine->live->leases, &lease), -ENOSPC);
            harness_peer(&h, "k0", WORKER, "S1");
            talk_send(&talk, 1, "a", "pull", "{'worker': 'one'}");
            talk_refusal(&talk, 1, "CAP");
        }
    }
    lease.duty_id = 5;
    memcpy(lease.holder.key.s, "s1", 3);
    ck_assert_int_eq(lease_put(h.engine->live->leases, &lease), -ENOSPC);
    harness_peer(&h, "s1", WORKER, "S1");
    talk_send(&talk, 1, "a", "pull", "{'worker': 'one'}");
    talk_refusal(&talk, 1, "CAP");
    /* What one key gives back another may have; a lease that goes over to another key counts there. */
    ck_assert(lease_drop(h.engine->live->leases, 1000000));
    ck_assert_int_eq(lease_put(h.engine->live->leases, &lease), 0);
    memcpy(lease.holder.key.s, "k0", 3);
    ck_assert_int_eq(lease_put(h.engine->live->leases, &lease), 0);
    lease.duty_id = 1000000 + CAP_LEASES - 1;
    ck_assert_int_eq(lease_put(h.engine->live->leases, &lease), -ENOSPC);
    talk_end(&talk);
    harness_end(&h);
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {{waiting_is_bounded},
                                       {one_key_does_not_take_all_places},
                                       {idle_pulls_cost_a_step_little},
                                       {a_thousand_followers},
                                       {wild_values},
                                       {a_clock_that_is_put, 4},
                                       {drill_time_does_not_matter},
                                       {a_failed_step_leaves_waits_alone},
                                       {leases_are_bounded}};
    return suite_run(&(struct suite){.name = "live", .timeout_s = 160, .tests = tests, .count = SUITE_COUNT(tests)});
}
