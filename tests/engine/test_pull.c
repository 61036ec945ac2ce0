/* test_pull.c - pull and keep: who is handed which duty, for how long, in which order. */
#include "dispatcher/engine/live.h"
#include "tests/engine/engine_district.h"
#include "tests/engine/talk.h"
#include "tests/suite.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORKER (1u << ROLE_WORKER)

START_TEST(two_workers_never_get_the_same_duty)
{
    struct harness h;
    struct talk talk;

    harness_begin(&h, false);
    talk_begin(&talk, &h);
    harness_submit(&h, "a", "M1", "S1");
    harness_submit(&h, "b", "M1", "S1");
    harness_submit(&h, "c", "M1", "S2");
    harness_peer(&h, "s1", WORKER, "S1");
    talk_send(&talk, 1, "p1", "pull", "{'worker': 'one'}");
    json_t *one = talk_answer(&talk, 1);
    talk_send(&talk, 2, "p2", "pull", "{'worker': 'two', 'count': 9}");
    json_t *two = talk_answer(&talk, 2);
    ck_assert_uint_eq(harness_rows(one), 1);
    ck_assert_uint_eq(harness_rows(two), 1);
    ck_assert_int_ne(harness_row(one, 0, "duty"), harness_row(two, 0, "duty"));
    ck_assert_int_eq(harness_row(one, 0, "lease_until"), h.clock_ms + 60000);
    ck_assert_str_eq(text_in(json_array_get(json_object_get(one, "rows"), 0), "unit"), "S1");
    json_decref(one);
    json_decref(two);
    /* Nothing is left for this street, and without `wait` the answer says so at once. What a worker holds it is not given again. */
    talk_send(&talk, 1, "p3", "pull", "{'worker': 'one', 'count': 9}");
    one = talk_answer(&talk, 1);
    ck_assert_uint_eq(harness_rows(one), 0);
    json_decref(one);
    talk_end(&talk);
    harness_end(&h);
}
END_TEST

/* A duty goes to the next worker when its lease lapses: by the clock alone, no message comes. */
START_TEST(a_lease_lapses_and_wakes_who_waits)
{
    struct harness h;
    struct talk talk;

    harness_begin(&h, false);
    talk_begin(&talk, &h);
    harness_submit(&h, "a", "M1", "S1");
    harness_peer(&h, "s1", WORKER, "S1");
    talk_send(&talk, 1, "p1", "pull", "{'worker': 'one', 'lease': 5000}");
    json_t *body = talk_answer(&talk, 1);
    int64_t duty = harness_row(body, 0, "duty");
    json_decref(body);
    talk_send(&talk, 2, "p2", "pull", "{'worker': 'two', 'wait': 60000}");
    talk_silent(&talk, 2);
    ck_assert_int_eq(engine_next_wait_ms(h.engine), h.clock_ms + 5000);
    talk_pass(&talk, 4999);
    talk_silent(&talk, 2);
    talk_pass(&talk, 1);
    body = talk_answer(&talk, 2);
    ck_assert_int_eq(harness_row(body, 0, "duty"), duty);
    json_decref(body);
    /* The one that lost it cannot keep it. */
    talk_send(&talk, 1, "k", "keep", harness_words((char[64]){0}, 64, "{'worker': 'one', 'duty': %lld}", (long long)duty));
    talk_refusal(&talk, 1, "LEASED");
    talk_end(&talk);
    harness_end(&h);
}
END_TEST

START_TEST(keep_prolongs_and_gives_back)
{
    struct harness h;
    struct talk talk;
    char keep[128], claim[128];

    harness_begin(&h, false);
    talk_begin(&talk, &h);
    int64_t duty = (int64_t)harness_lead(&h, harness_submit(&h, "a", "M1", "S1"));
    harness_peer(&h, "s1", WORKER, "S1");
    talk_send(&talk, 1, "p1", "pull", "{'worker': 'one', 'lease': 5000}");
    json_decref(talk_answer(&talk, 1));
    talk_pass(&talk, 4000);
    harness_words(keep, sizeof(keep), "{'worker': 'one', 'duty': %lld, 'lease': 9000}", (long long)duty);
    talk_send(&talk, 1, "k1", "keep", keep);
    json_t *body = talk_answer(&talk, 1);
    ck_assert_int_eq(num_of(body, "lease_until"), h.clock_ms + 9000);
    json_decref(body);
    talk_pass(&talk, 8000);
    talk_send(&talk, 2, "p2", "pull", "{'worker': 'two', 'wait': 60000}");
    talk_silent(&talk, 2);
    /* Another key may not claim it meanwhile, the worker's own may. */
    harness_peer(&h, "rival", WORKER, "S1");
    harness_words(claim, sizeof(claim), "{'duty': %lld}", (long long)duty);
    talk_send(&talk, 3, "c1", "claim", claim);
    talk_refusal(&talk, 3, "LEASED");
    harness_peer(&h, "s1", WORKER, "S1");
    talk_send(&talk, 1, "k2", "keep",
              harness_words(keep, sizeof(keep), "{'worker': 'one', 'duty': %lld, 'release': true}", (long long)duty));
    body = talk_answer(&talk, 1);
    ck_assert_int_eq(num_of(body, "lease_until"), 0);
    json_decref(body);
    body = talk_answer(&talk, 2);
    ck_assert_int_eq(harness_row(body, 0, "duty"), duty);
    json_decref(body);
    talk_send(&talk, 2, "c2", "claim", claim);
    json_decref(talk_answer(&talk, 2));
    /* Giving back what is not held is done already; what is not there, or nobody may see, is not found. */
    talk_send(&talk, 2, "k3", "keep", "{'worker': 'two', 'duty': 99999}");
    talk_refusal(&talk, 2, "NOT_FOUND");
    harness_peer(&h, "s2", WORKER, "S2");
    talk_send(&talk, 2, "k4", "keep", keep);
    talk_refusal(&talk, 2, "NOT_FOUND");
    talk_end(&talk);
    harness_end(&h);
}
END_TEST

/* Units in turn: ten thousand duties of one street keep the one of its neighbour waiting for one answer at most. */
START_TEST(units_are_served_in_turn)
{
    struct harness h;
    struct talk talk;
    char id[16];
    int64_t last_due = 0;

    harness_begin(&h, false);
    talk_begin(&talk, &h);
    for (int i = 0; i < 10000; i++) {
        snprintf(id, sizeof(id), "a%d", i);
        harness_submit(&h, id, "M1", "S1");
    }
    h.clock_ms += 1000;
    harness_submit(&h, "b", "M1", "S2");
    harness_peer(&h, "all", WORKER, "D");
    talk_send(&talk, 1, "p1", "pull", "{'worker': 'w', 'count': 2}");
    json_t *body = talk_answer(&talk, 1);
    ck_assert_uint_eq(harness_rows(body), 2);
    ck_assert_str_eq(text_in(json_array_get(json_object_get(body, "rows"), 0), "unit"), "S1");
    ck_assert_str_eq(text_in(json_array_get(json_object_get(body, "rows"), 1), "unit"), "S2");
    json_decref(body);
    harness_submit(&h, "c", "M1", "S2");
    harness_peer(&h, "all", WORKER, "D");
    talk_send(&talk, 1, "p2", "pull", "{'worker': 'w'}");
    json_decref(talk_answer(&talk, 1)); /* S1's turn; the place in the round is kept over pulls: */
    talk_send(&talk, 1, "p3", "pull", "{'worker': 'w'}");
    body = talk_answer(&talk, 1);
    ck_assert_str_eq(text_in(json_array_get(json_object_get(body, "rows"), 0), "unit"), "S2");
    json_decref(body);
    /* A whole credit, oldest due first. */
    talk_send(&talk, 1, "p4", "pull", "{'worker': 'w', 'count': 1000}");
    body = talk_answer(&talk, 1);
    ck_assert_uint_eq(harness_rows(body), CAP_PULL_CREDIT);
    for (size_t i = 0; i < harness_rows(body); i++) {
        ck_assert_int_ge(harness_row(body, i, "due_at"), last_due);
        last_due = harness_row(body, i, "due_at");
    }
    json_decref(body);
    talk_end(&talk);
    harness_end(&h);
}
END_TEST

/* An answer that got lost on the way: the same question is told the same, until the leases lapse. */
START_TEST(a_repeated_question_gets_the_same_duties)
{
    struct harness h;
    struct talk talk;

    harness_begin(&h, false);
    talk_begin(&talk, &h);
    harness_submit(&h, "a", "M1", "S1");
    harness_submit(&h, "b", "M1", "S1");
    harness_submit(&h, "c", "M1", "S1");
    harness_peer(&h, "s1", WORKER, "S1");
    talk_send(&talk, 1, "p1", "pull", "{'worker': 'w', 'count': 2}");
    json_t *first = talk_answer(&talk, 1);
    talk_send(&talk, 2, "p1", "pull", "{'worker': 'w', 'count': 2}");
    json_t *second = talk_answer(&talk, 2);
    ck_assert(json_equal(json_object_get(first, "rows"), json_object_get(second, "rows")));
    json_decref(first);
    json_decref(second);
    /* Another worker's question under that id is its own. */
    talk_send(&talk, 3, "p1", "pull", "{'worker': 'v', 'count': 2}");
    first = talk_answer(&talk, 3);
    ck_assert_uint_eq(harness_rows(first), 1);
    json_decref(first);
    /* A parked one moves to the connection that asked last; it is answered once, and its deadline stays. */
    talk_send(&talk, 4, "p2", "pull", "{'worker': 'w', 'wait': 10000, 'unit': 'S1-C1'}");
    talk_pass(&talk, 4000);
    talk_send(&talk, 5, "p2", "pull", "{'worker': 'w', 'wait': 10000, 'unit': 'S1-C1'}");
    talk_pass(&talk, 6000);
    talk_silent(&talk, 4);
    first = talk_answer(&talk, 5);
    ck_assert_uint_eq(harness_rows(first), 0);
    json_decref(first);
    talk_end(&talk);
    harness_end(&h);
}
END_TEST

/* A connection that is gone: what was handed to it goes to the next at once, and its other questions end. */
START_TEST(an_undelivered_duty_goes_to_the_next)
{
    struct harness h;
    struct talk talk;

    harness_begin(&h, false);
    talk_begin(&talk, &h);
    harness_peer(&h, "s1", WORKER, "S1");
    talk_send(&talk, 1, "p1", "pull", "{'worker': 'dead', 'wait': 60000}");
    talk_send(&talk, 1, "p2", "pull", "{'worker': 'dead', 'wait': 60000}");
    talk_send(&talk, 2, "p3", "pull", "{'worker': 'alive', 'wait': 60000}");
    talk.gone = 1;
    harness_peer(&h, "default", ALL_ROLES, "D");
    talk_send(&talk, 9, "a", "submit",
              "{'kind': 'complaint', 'matter': 'M1', 'place': 'S1', 'title': 'T', 'text': 'x', 'anonymous': true}");
    json_t *body = talk_answer(&talk, 2);
    ck_assert_uint_eq(harness_rows(body), 1);
    json_decref(body);
    ck_assert_int_eq(engine_next_wait_ms(h.engine), INT64_MAX);
    talk_end(&talk);
    harness_end(&h);
}
END_TEST

/* Leases are memory: a restart frees them, and keep takes one again that nobody else has taken. */
START_TEST(a_restart_frees_leases)
{
    struct harness h;
    struct talk talk;
    char keep[128];

    harness_begin(&h, false);
    talk_begin(&talk, &h);
    harness_submit(&h, "a", "M1", "S1");
    harness_peer(&h, "s1", WORKER, "S1");
    talk_send(&talk, 1, "p1", "pull", "{'worker': 'one'}");
    json_t *body = talk_answer(&talk, 1);
    int64_t duty = harness_row(body, 0, "duty");
    json_decref(body);
    harness_kill(&h);
    harness_rest(&h);
    talk_send(&talk, 1, "k", "keep", harness_words(keep, sizeof(keep), "{'worker': 'one', 'duty': %lld}", (long long)duty));
    json_decref(talk_answer(&talk, 1));
    talk_send(&talk, 2, "p2", "pull", "{'worker': 'two'}");
    body = talk_answer(&talk, 2);
    ck_assert_uint_eq(harness_rows(body), 0);
    json_decref(body);
    harness_kill(&h);
    talk_send(&talk, 2, "p3", "pull", "{'worker': 'two'}");
    body = talk_answer(&talk, 2);
    ck_assert_int_eq(harness_row(body, 0, "duty"), duty);
    json_decref(body);
    talk_end(&talk);
    harness_end(&h);
}
END_TEST

/* What ended is no longer leased, and what was sent back can be had again. */
START_TEST(an_ended_duty_is_no_longer_leased)
{
    struct harness h;
    struct talk talk;
    char text[128];

    harness_begin(&h, false);
    talk_begin(&talk, &h);
    uint64_t duty = harness_lead(&h, harness_submit(&h, "a", "M1", "S1"));
    harness_peer(&h, "s1", WORKER, "S1");
    talk_send(&talk, 1, "p1", "pull", "{'worker': 'one'}");
    json_decref(talk_answer(&talk, 1));
    talk_send(&talk, 1, "s", "sign", harness_words(text, sizeof(text), "{'duty': %llu}", (unsigned long long)duty));
    json_decref(talk_answer(&talk, 1));
    talk_send(&talk, 1, "k1", "keep",
              harness_words(text, sizeof(text), "{'worker': 'one', 'duty': %llu}", (unsigned long long)duty));
    json_decref(talk_answer(&talk, 1));
    talk_send(&talk, 1, "w", "answer",
              harness_words(text, sizeof(text), "{'duty': %llu, 'code': 'solved', 'text': 'done'}", (unsigned long long)duty));
    json_decref(talk_answer(&talk, 1));
    talk_send(&talk, 1, "k2", "keep",
              harness_words(text, sizeof(text), "{'worker': 'one', 'duty': %llu}", (unsigned long long)duty));
    talk_refusal(&talk, 1, "BAD_STATE");
    ck_assert_uint_eq(leases_count(h.engine->live->leases), 0);
    /* The same of a duty that is taken from its unit. */
    harness_submit(&h, "b", "M1", "S1");
    talk_say(&talk, "c", "raise_call", "{'submitted': 'b', 'reason': 'unsolvable_here', 'units': ['LAMPS']}");
    talk_say(&talk, "d", "dispatch_call", "{'submitted': 'b', 'reason': 'pole'}");
    harness_peer(&h, "lamps", WORKER, "LAMPS");
    talk_send(&talk, 1, "p2", "pull", "{'worker': 'one'}");
    json_decref(talk_answer(&talk, 1));
    ck_assert_uint_eq(leases_count(h.engine->live->leases), 1);
    harness_peer(&h, "default", ALL_ROLES, "D");
    talk_say(&talk, "e", "cancel", "{'submitted': 'b', 'unit': 'LAMPS', 'reason': 'not theirs'}");
    ck_assert_uint_eq(leases_count(h.engine->live->leases), 0);
    talk_end(&talk);
    harness_end(&h);
}
END_TEST

START_TEST(roles_and_subtrees)
{
    struct harness h;
    struct talk talk;

    harness_begin(&h, false);
    talk_begin(&talk, &h);
    harness_submit(&h, "a", "M1", "S1-C1-G1");
    harness_submit(&h, "b", "M3", "S1");
    harness_peer(&h, "s1", WORKER, "S1");
    talk_send(&talk, 1, "1", "pull", "{'worker': 'w', 'unit': 'S2'}");
    talk_refusal(&talk, 1, "NOT_YOURS");
    talk_send(&talk, 1, "2", "pull", "{'worker': 'w', 'unit': 'S9'}");
    talk_refusal(&talk, 1, "UNKNOWN_UNIT");
    talk_send(&talk, 1, "3", "pull", "{'worker': 'w', 'kind': 'route'}");
    talk_refusal(&talk, 1, "NO_ROLE");
    talk_send(&talk, 1, "4", "pull", "{}");
    talk_refusal(&talk, 1, "BAD_FIELD");
    talk_send(&talk, 1, "5", "pull", "{'worker': 'w', 'count': 5, 'unit': 'S1-C1'}");
    json_t *body = talk_answer(&talk, 1);
    ck_assert_uint_eq(harness_rows(body), 0); /* the street leads, not the community */
    json_decref(body);
    harness_peer(&h, "watch", 1u << ROLE_LISTENER, "D");
    talk_send(&talk, 1, "6", "pull", "{'worker': 'w'}");
    talk_refusal(&talk, 1, "NO_ROLE");
    harness_peer(&h, "nowhere", WORKER, "X9");
    talk_send(&talk, 1, "7", "pull", "{'worker': 'w'}");
    talk_refusal(&talk, 1, "KEY_UNIT");
    harness_peer(&h, "desk", 1u << ROLE_DISPATCHER, "DESK");
    talk_send(&talk, 1, "8", "pull", "{'worker': 'w', 'count': 5}");
    body = talk_answer(&talk, 1);
    ck_assert_uint_eq(harness_rows(body), 1);
    ck_assert_str_eq(text_in(json_array_get(json_object_get(body, "rows"), 0), "kind"), "route");
    json_decref(body);
    talk_end(&talk);
    harness_end(&h);
}
END_TEST

/* A key for some matters sees, pulls and follows nothing else. */
START_TEST(a_key_for_some_matters)
{
    struct harness h;
    struct talk talk;
    char text[128];

    harness_begin(&h, false);
    talk_begin(&talk, &h);
    uint64_t one = harness_submit(&h, "a", "M1", "S1");
    uint64_t two = harness_submit(&h, "b", "M2", "S1-C1");
    harness_peer(&h, "m2", WORKER | 1u << ROLE_LISTENER, "D");
    h.peer_matters.count = 1;
    ck_assert(code_make("M2", 2, &h.peer_matters.at[0]));
    talk_send(&talk, 1, "1", "pull", "{'worker': 'w', 'count': 9}");
    json_t *body = talk_answer(&talk, 1);
    ck_assert_uint_eq(harness_rows(body), 1);
    ck_assert_int_eq(harness_row(body, 0, "case"), (int64_t)two);
    json_decref(body);
    talk_send(&talk, 1, "2", "inbox", "{}");
    body = talk_answer(&talk, 1);
    ck_assert_uint_eq(harness_rows(body), 1);
    json_decref(body);
    talk_send(&talk, 1, "3", "list_cases", "{}");
    body = talk_answer(&talk, 1);
    ck_assert_uint_eq(harness_rows(body), 1);
    json_decref(body);
    talk_send(&talk, 1, "4", "show_case", harness_words(text, sizeof(text), "{'case': %llu}", (unsigned long long)one));
    talk_refusal(&talk, 1, "NOT_FOUND");
    talk_send(&talk, 1, "5", "keep",
              harness_words(text, sizeof(text), "{'worker': 'w', 'duty': %llu}", (unsigned long long)harness_lead(&h, one)));
    talk_refusal(&talk, 1, "NOT_FOUND");
    talk_send(&talk, 1, "6", "claim",
              harness_words(text, sizeof(text), "{'duty': %llu}", (unsigned long long)harness_lead(&h, one)));
    talk_refusal(&talk, 1, "NOT_FOUND");
    talk_send(&talk, 1, "7", "events", "{'from': 1}");
    talk_refusal(&talk, 1, "NO_MATTER");
    for (int round = 0; round < 2; round++) { /* from the journal, then from memory */
        size_t i, seen = 0;
        json_t *row;

        talk_send(&talk, 1, harness_words((char[8]){0}, 8, "f%d", round), "follow",
                  round == 0 ? "{'name': 'n'}" : "{'name': 'live', 'from': 1000, 'wait': 1000}");
        if (round == 1) {
            struct codes matters = h.peer_matters;

            harness_peer(&h, "default", ALL_ROLES, "D");
            talk_send(&talk, 9, "c", "submit",
                      "{'kind': 'complaint', 'matter': 'M1', 'place': 'S1', 'title': 'T', 'text': 'x', 'anonymous': true}");
            harness_peer(&h, "m2", WORKER | 1u << ROLE_LISTENER, "D");
            h.peer_matters = matters;
            talk_pass(&talk, 1000);
        }
        body = talk_answer(&talk, 1);
        json_array_foreach(json_object_get(body, "rows"), i, row)
        {
            json_t *dims = json_object_get(row, "dims");

            ck_assert(dims == NULL || strcmp(text_in(dims, "matter"), "M2") == 0);
            seen += dims != NULL;
        }
        ck_assert_uint_eq(seen > 0, round == 0);
        json_decref(body);
    }
    talk_end(&talk);
    harness_end(&h);
}
END_TEST

/* Who acts for a unit, or has sent it, is handed its duties, and is woken for them. */
START_TEST(deputies_and_senders)
{
    struct harness h;
    struct talk talk;

    harness_begin(&h, false);
    talk_begin(&talk, &h);
    h.engine = engine_close(h.engine);
    h.district->units[4].deputy = 2;      /* LAMPS for S1 */
    h.district->units[8].seconded_by = 3; /* ROADS sent S2-C1 */
    harness_open(&h);
    harness_submit(&h, "a", "M1", "S1-C1");
    harness_peer(&h, "lamps", WORKER, "LAMPS");
    talk_send(&talk, 1, "1", "pull", "{'worker': 'w', 'count': 9}");
    json_t *body = talk_answer(&talk, 1);
    ck_assert_uint_eq(harness_rows(body), 1);
    ck_assert_str_eq(text_in(json_array_get(json_object_get(body, "rows"), 0), "unit"), "S1");
    json_decref(body);
    talk_send(&talk, 1, "2", "inbox", "{}");
    body = talk_answer(&talk, 1);
    ck_assert_uint_eq(harness_rows(body), 1);
    json_decref(body);
    harness_peer(&h, "roads", WORKER, "ROADS");
    talk_send(&talk, 2, "3", "pull", "{'worker': 'w', 'count': 9, 'wait': 1000}");
    talk_silent(&talk, 2);
    harness_peer(&h, "default", ALL_ROLES, "D");
    talk_send(&talk, 9, "b", "submit",
              "{'kind': 'complaint', 'matter': 'M2', 'place': 'S2-C1', 'title': 'T', 'text': 'x', 'anonymous': true}");
    body = talk_answer(&talk, 2);
    ck_assert_uint_eq(harness_rows(body), 1);
    ck_assert_str_eq(text_in(json_array_get(json_object_get(body, "rows"), 0), "unit"), "S2-C1");
    json_decref(body);
    talk_end(&talk);
    harness_end(&h);
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {{two_workers_never_get_the_same_duty},
                                       {a_lease_lapses_and_wakes_who_waits},
                                       {keep_prolongs_and_gives_back},
                                       {units_are_served_in_turn},
                                       {a_repeated_question_gets_the_same_duties},
                                       {an_undelivered_duty_goes_to_the_next},
                                       {a_restart_frees_leases},
                                       {an_ended_duty_is_no_longer_leased},
                                       {roles_and_subtrees},
                                       {a_key_for_some_matters},
                                       {deputies_and_senders}};
    return suite_run(&(struct suite){.name = "pull", .timeout_s = 120, .tests = tests, .count = SUITE_COUNT(tests)});
}
