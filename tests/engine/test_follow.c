/* test_follow.c - follow: every event that a key may see, at least once, in order, from what was confirmed. */
#include "dispatcher/engine/live.h"
#include "tests/engine/talk.h"
#include "tests/suite.h"

#include <check.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WATCH (1u << ROLE_LISTENER | 1u << ROLE_ADMINISTRATOR)

static void submit(struct talk *talk, const char *id, const char *matter, const char *place)
{
    struct harness *h = talk->h;
    char name[33], body[256];
    uint32_t roles = h->peer_roles;
    struct code unit = h->peer_unit;

    memcpy(name, h->peer_name, sizeof(name));
    harness_peer(h, "default", ALL_ROLES, "D");
    harness_words(body, sizeof(body), HARNESS_SUBMIT_AT, matter, place);
    talk_send(talk, 999, id, "submit", body);
    json_decref(talk_answer(talk, 999));
    memcpy(h->peer_name, name, sizeof(name));
    h->peer_roles = roles;
    h->peer_unit = unit;
}

/* All events by pages, as the oracle. */
static json_t *all_events(struct talk *talk)
{
    json_t *rows = json_array();
    uint64_t from = 1;

    harness_peer(talk->h, "watch", WATCH, "D");
    for (;;) {
        char body[64];

        talk_send(talk, 998, "e", "events", harness_words(body, sizeof(body), "{'from': %llu}", (unsigned long long)from));
        json_t *page = talk_answer(talk, 998);
        json_array_extend(rows, json_object_get(page, "rows"));
        from = (uint64_t)num_of(page, "next");
        if (harness_rows(page) == 0) {
            json_decref(page);
            return rows;
        }
        json_decref(page);
    }
}

/* Asks once, confirming what came before; adds the rows. Gives how many came. */
static size_t follow_once(struct talk *talk, uint64_t peer, const char *fields, uint64_t *next, json_t *rows)
{
    char body[256], id[32];
    static unsigned asked;

    snprintf(id, sizeof(id), "f%u", asked++);
    harness_words(body, sizeof(body), "{%s, 'confirm': %llu}", fields, (unsigned long long)(*next - 1));
    talk_send(talk, peer, id, "follow", body);
    json_t *answer = talk_answer(talk, peer);
    json_array_extend(rows, json_object_get(answer, "rows"));
    *next = (uint64_t)num_of(answer, "next");
    size_t count = harness_rows(answer);
    json_decref(answer);
    return count;
}

static json_t *follow_all(struct talk *talk, const char *fields)
{
    json_t *rows = json_array();
    uint64_t next = 1;

    while (follow_once(talk, 5, fields, &next, rows) > 0) {
        ;
    }
    ck_assert_uint_eq(next, engine_durable_seq(talk->h->engine) + 1);
    return rows;
}

START_TEST(a_follower_gets_every_event_in_order)
{
    struct harness h;
    struct talk talk;
    char id[16];

    harness_begin(&h, false);
    talk_begin(&talk, &h);
    for (int i = 0; i < 300; i++) {
        snprintf(id, sizeof(id), "a%d", i);
        submit(&talk, id, "M1", i % 2 == 0 ? "S1" : "S2");
    }
    json_t *wanted = all_events(&talk);
    ck_assert_uint_gt(json_array_size(wanted), 1500);
    json_t *got = follow_all(&talk, "'name': 'one'");
    ck_assert(json_equal(wanted, got));
    json_decref(got);
    got = follow_all(&talk, "'name': 'two', 'count': 7");
    ck_assert(json_equal(wanted, got));
    json_decref(got);
    json_decref(wanted);
    talk_end(&talk);
    harness_end(&h);
}
END_TEST

/* A caught-up follower is answered in the step that brings the event; one whom it does not concern is not. */
START_TEST(a_long_poll_wakes_for_what_it_may_see)
{
    struct harness h;
    struct talk talk;
    uint64_t next = 1;
    json_t *rows = json_array();

    harness_begin(&h, false);
    talk_begin(&talk, &h);
    harness_rest(&h);
    for (int street = 1; street <= 2; street++) {
        harness_peer(&h, street == 1 ? "s1" : "s2", 1u << ROLE_LISTENER, street == 1 ? "S1" : "S2");
        next = 1;
        while (follow_once(&talk, (uint64_t)street, "'name': 'n'", &next, rows) > 0) {
            ;
        }
        char ask[96];
        talk_send(&talk, (uint64_t)street, "w2", "follow",
                  harness_words(ask, sizeof(ask), "{'name': 'n', 'wait': 60000, 'confirm': %llu}", (unsigned long long)(next - 1)));
        talk_silent(&talk, (uint64_t)street);
    }
    uint64_t steps = talk.steps;
    submit(&talk, "a", "M1", "S1");
    ck_assert_uint_le(talk.steps, steps + 2);
    json_t *body = talk_answer(&talk, 1);
    ck_assert_uint_ge(harness_rows(body), 4);
    ck_assert_str_eq(text_in(json_array_get(json_object_get(body, "rows"), 0), "type"), "case_received");
    ck_assert_int_eq(num_of(body, "next"), num_of(body, "last") + 1);
    json_decref(body);
    talk_silent(&talk, 2);
    /* It ends by the clock, empty, and has moved on over what it may not see. */
    talk_pass(&talk, 60000);
    body = talk_answer(&talk, 2);
    ck_assert_uint_eq(harness_rows(body), 0);
    ck_assert_int_eq(num_of(body, "next"), num_of(body, "last") + 1);
    json_decref(body);
    json_decref(rows);
    talk_end(&talk);
    harness_end(&h);
}
END_TEST

/* Are these rows in those, in the same order? */
static bool is_part_of(const json_t *part, const json_t *whole)
{
    size_t at = 0, i;
    json_t *row;

    json_array_foreach(whole, i, row)
    {
        at += at < json_array_size(part) && json_equal(row, json_array_get(part, at));
    }
    return at == json_array_size(part);
}

/* The same filter, whether an event is read from the journal or served from memory. */
START_TEST(filters_agree)
{
    static const struct {
        const char *key;
        uint32_t roles;
        const char *unit;
        const char *fields;
        bool late;
    } readers[] = {
        {"s1", 1u << ROLE_WORKER, "S1", "'name': 'n'"},
        {"c1", 1u << ROLE_WORKER, "S1-C1", "'name': 'n'"},
        {"lamps", 1u << ROLE_LEADER, "LAMPS", "'name': 'n'", true},
        {"gate", 1u << ROLE_GATEWAY, "D", "'name': 'n'"},
        {"all", WATCH, "D", "'name': 'n', 'types': ['duty_offered', 'case_closed']"},
    };
    enum { COUNT = sizeof(readers) / sizeof(readers[0]) };
    struct harness h;
    struct talk talk;
    json_t *live[COUNT];
    uint64_t next[COUNT];
    char id[16], call[16], body[256];

    harness_begin(&h, false);
    talk_begin(&talk, &h);
    for (int rc = 0; rc < COUNT; rc++) {
        live[rc] = json_array();
        next[rc] = 1;
    }
    for (int i = 0; i < 20; i++) {
        snprintf(id, sizeof(id), "a%d", i);
        submit(&talk, id, i % 3 == 0 ? "M2" : "M1", i % 2 == 0 ? "S1-C1-G1" : "S2-C1");
        if (i % 4 == 0 && i % 3 != 0) {
            harness_peer(&h, "default", ALL_ROLES, "D");
            snprintf(call, sizeof(call), "c%d", i);
            talk_send(
                &talk, 999, call, "raise_call",
                harness_words(body, sizeof(body), "{'submitted': '%s', 'reason': 'unsolvable_here', 'units': ['LAMPS']}", id));
            json_decref(talk_answer(&talk, 999));
            call[0] = 'd';
            talk_send(&talk, 999, call, "dispatch_call",
                      harness_words(body, sizeof(body), "{'submitted': '%s', 'reason': 'pole'}", id));
            json_decref(talk_answer(&talk, 999));
        }
        for (int rc = 0; rc < COUNT; rc++) {
            harness_peer(&h, readers[rc].key, readers[rc].roles, readers[rc].unit);
            while (follow_once(&talk, 5, readers[rc].fields, &next[rc], live[rc]) > 0) {
                ;
            }
        }
    }
    for (int rc = 0; rc < COUNT; rc++) {
        recent_events_clear(&h.engine->live->recent);
        harness_peer(&h, readers[rc].key, readers[rc].roles, readers[rc].unit);
        snprintf(body, sizeof(body), "'name': 'm'%s", readers[rc].fields + strlen("'name': 'n'"));
        json_t *again = follow_all(&talk, body);
        /* What came before a case had to do with the reader is passed over live; read later, it is seen. */
        ck_assert_msg(json_equal(live[rc], again) || (readers[rc].late && is_part_of(live[rc], again)), "%s: %zu live, %zu read",
                      readers[rc].key, json_array_size(live[rc]), json_array_size(again));
        ck_assert_uint_gt(json_array_size(again), 20);
        json_decref(again);
        json_decref(live[rc]);
    }
    harness_peer(&h, "nowhere", 1u << ROLE_WORKER, "X9"); /* no unit of the district: it must not look like a quiet day */
    talk_send(&talk, 6, "lost", "follow", "{'name': 'n'}");
    talk_refusal(&talk, 6, "KEY_UNIT");
    talk_end(&talk);
    harness_end(&h);
}
END_TEST

START_TEST(confirm_never_goes_back_and_not_ahead)
{
    struct harness h;
    struct talk talk;

    harness_begin(&h, false);
    talk_begin(&talk, &h);
    submit(&talk, "a", "M1", "S1");
    harness_peer(&h, "watch", WATCH, "D");
    talk_send(&talk, 1, "1", "follow", "{'name': 'n', 'count': 5, 'from': 3}");
    json_t *body = talk_answer(&talk, 1);
    ck_assert_int_eq(num_of(body, "confirmed"), 2);
    ck_assert_uint_eq(harness_rows(body), 5);
    ck_assert_int_ge(harness_row(body, 0, "seq"), 3);
    talk_send(&talk, 1, "2", "follow", "{'name': 'n', 'count': 1, 'confirm': 999}");
    talk_refusal(&talk, 1, "BAD_FIELD");
    char ask[96];
    talk_send(&talk, 1, "3", "follow",
              harness_words(ask, sizeof(ask), "{'name': 'n', 'count': 1, 'confirm': %lld}", (long long)num_of(body, "next")));
    talk_refusal(&talk, 1, "BAD_FIELD");
    talk_send(&talk, 1, "4", "follow",
              harness_words(ask, sizeof(ask), "{'name': 'n', 'count': 1, 'confirm': %lld}", (long long)num_of(body, "next") - 1));
    int64_t confirmed = num_of(body, "next") - 1;
    json_decref(body);
    body = talk_answer(&talk, 1);
    ck_assert_int_eq(num_of(body, "confirmed"), confirmed);
    ck_assert_int_gt(harness_row(body, 0, "seq"), confirmed);
    json_decref(body);
    talk_send(&talk, 1, "5", "follow", "{'name': 'n', 'count': 1, 'confirm': 1, 'from': 1}");
    body = talk_answer(&talk, 1);
    ck_assert_int_eq(num_of(body, "confirmed"), confirmed);
    json_decref(body);
    talk_send(&talk, 1, "6", "follow", "{'name': 'n', 'types': ['command_taken']}");
    talk_refusal(&talk, 1, "BAD_FIELD");
    talk_send(&talk, 1, "7", "follow", "{'name': 'n', 'types': ['no_such']}");
    talk_refusal(&talk, 1, "BAD_FIELD");
    talk_end(&talk);
    harness_end(&h);
}
END_TEST

/* A restart keeps what a checkpoint had; after a kill it may be older, and events come again, none is left out. */
/* Who works on several events at once looks ahead of what it has confirmed. */
START_TEST(looks_ahead)
{
    struct harness h;
    struct talk talk;
    char ask[128];

    harness_begin(&h, false);
    talk_begin(&talk, &h);
    submit(&talk, "a", "M1", "S1");
    harness_peer(&h, "watch", WATCH, "D");
    talk_send(&talk, 1, "1", "follow", "{'name': 'n', 'count': 3}");
    json_t *body = talk_answer(&talk, 1);
    int64_t next = num_of(body, "next");
    int64_t confirmed = num_of(body, "confirmed");
    json_decref(body);
    talk_send(&talk, 1, "2", "follow",
              harness_words(ask, sizeof(ask), "{'name': 'n', 'count': 3, 'after': %lld}", (long long)next - 1));
    body = talk_answer(&talk, 1);
    ck_assert_int_ge(harness_row(body, 0, "seq"), next);
    ck_assert_int_eq(num_of(body, "confirmed"), confirmed);
    json_decref(body);
    talk_send(&talk, 1, "3", "follow", "{'name': 'n', 'count': 1}"); /* and nothing is confirmed by it */
    body = talk_answer(&talk, 1);
    ck_assert_int_lt(harness_row(body, 0, "seq"), next);
    json_decref(body);
    talk_send(&talk, 1, "4", "follow",
              harness_words(ask, sizeof(ask), "{'name': 'n', 'count': 1, 'confirm': %lld, 'after': 1}", (long long)next - 1));
    body = talk_answer(&talk, 1);
    ck_assert_int_ge(harness_row(body, 0, "seq"), next); /* never before the confirmed one */
    json_decref(body);
    talk_send(&talk, 1, "5", "follow", "{'name': 'n', 'after': 999}");
    talk_refusal(&talk, 1, "BAD_FIELD");
    talk_end(&talk);
    harness_end(&h);
}
END_TEST

START_TEST(confirmed_survives_a_restart)
{
    struct harness h;
    struct talk talk;
    json_t *got = json_array();
    uint64_t next = 1;
    char id[16], line[256];
    int64_t confirmed = 0;

    harness_begin(&h, false);
    talk_begin(&talk, &h);
    for (int round = 0; round < 12; round++) {
        snprintf(id, sizeof(id), "a%d", round);
        submit(&talk, id, "M1", "S1");
        harness_peer(&h, "watch", WATCH, "D");
        follow_once(&talk, 1, "'name': 'n', 'count': 4", &next, got);
        if (round % 4 == 1) {
            ck_assert_int_eq(engine_checkpoint(h.engine, true), 0);
            confirmed = (int64_t)next;
        }
        if (round % 4 == 2) {
            h.engine = engine_close(h.engine);
            harness_open(&h);
        } else if (round % 4 == 3) {
            harness_kill(&h);
        }
        harness_rest(&h);
    }
    ck_assert_int_gt(confirmed, 0);
    harness_kill(&h);
    harness_rest(&h);
    /* What was confirmed is not before the last checkpoint's, and from there everything comes. */
    talk_send(&talk, 1, "x", "list_followers", "{}");
    json_t *body = talk_answer(&talk, 1);
    ck_assert_uint_eq(harness_rows(body), 1);
    ck_assert_int_gt(harness_row(body, 0, "confirmed"), 0);
    json_decref(body);
    next = 1;
    while (follow_once(&talk, 1, "'name': 'n', 'count': 4", &next, got) > 0) {
        ;
    }
    json_t *wanted = all_events(&talk);
    size_t at = 0, i;
    json_t *row;
    json_array_foreach(got, i, row)
    {
        int64_t seq = num_of(row, "seq");
        int64_t expected = at < json_array_size(wanted) ? num_of(json_array_get(wanted, at), "seq") : INT64_MAX;

        ck_assert_int_le(seq, expected); /* nothing is left out; what is older comes again */
        if (seq == expected) {
            at++;
        }
    }
    ck_assert_uint_eq(at, json_array_size(wanted));
    json_decref(wanted);
    json_decref(got);
    talk_end(&talk);
    h.engine = engine_close(h.engine);
    ck_assert_int_eq(harness_check(&h, line), 0); /* local rows are nobody's difference */
    harness_end(&h);
}
END_TEST

/* Two connections under one name: the newer has it, the older is told to come back later. */
START_TEST(the_newer_of_two_has_the_name)
{
    struct harness h;
    struct talk talk;

    harness_begin(&h, false);
    talk_begin(&talk, &h);
    harness_rest(&h);
    harness_peer(&h, "watch", WATCH, "D");
    talk_send(&talk, 1, "a", "follow", "{'name': 'n', 'wait': 60000, 'from': 1000}");
    talk_silent(&talk, 1);
    talk_send(&talk, 2, "b", "follow", "{'name': 'n', 'wait': 60000}");
    talk_refusal(&talk, 1, "BUSY");
    talk_silent(&talk, 2);
    /* Another key's follower of that name is another one. */
    harness_peer(&h, "other", WATCH, "D");
    talk_send(&talk, 3, "c", "follow", "{'name': 'n', 'wait': 60000, 'from': 1000}");
    talk_silent(&talk, 3);
    talk_silent(&talk, 2);
    submit(&talk, "s", "M1", "S1");
    json_t *body = talk_answer(&talk, 2);
    ck_assert_uint_gt(harness_rows(body), 0);
    json_decref(body);
    body = talk_answer(&talk, 3);
    ck_assert_uint_gt(harness_rows(body), 0);
    json_decref(body);
    talk_end(&talk);
    harness_end(&h);
}
END_TEST

START_TEST(followers_are_listed_and_forgotten)
{
    struct harness h;
    struct talk talk;
    char text[96];

    harness_begin(&h, false);
    talk_begin(&talk, &h);
    harness_rest(&h);
    harness_peer(&h, "watch", WATCH, "D");
    for (int i = 0; i < 600; i++) {
        talk_send(&talk, 1, harness_words((char[16]){0}, 16, "f%d", i), "follow",
                  harness_words(text, sizeof(text), "{'name': 'n%03d', 'count': 1, 'from': %d}", i, i % 7 + 1));
        json_decref(talk_answer(&talk, 1));
    }
    talk_send(&talk, 1, "l1", "list_followers", "{}");
    json_t *body = talk_answer(&talk, 1);
    ck_assert_uint_eq(harness_rows(body), CAP_PAGE);
    ck_assert_str_eq(text_in(body, "next_name"), "n499");
    json_decref(body);
    talk_send(&talk, 1, "l2", "list_followers", "{'after_key': 'watch', 'after_name': 'n499'}");
    body = talk_answer(&talk, 1);
    ck_assert_uint_eq(harness_rows(body), 100);
    ck_assert_int_eq(harness_row(body, 0, "confirmed"), 500 % 7);
    ck_assert_str_eq(text_in(body, "next_key"), "");
    json_decref(body);
    talk_send(&talk, 2, "w", "follow", "{'name': 'n599', 'wait': 60000}");
    json_decref(talk_answer(&talk, 2));
    harness_peer(&h, "super", 1u << ROLE_SUPERVISOR, "D");
    talk_send(&talk, 1, "g1", "list_followers", "{'forget_key': 'watch', 'forget_name': 'n599'}");
    talk_refusal(&talk, 1, "NO_ROLE");
    harness_peer(&h, "watch", WATCH, "D");
    talk_send(&talk, 1, "g2", "list_followers",
              "{'forget_key': 'watch', 'forget_name': 'n599', 'after_key': 'watch', 'after_name': 'n598'}");
    body = talk_answer(&talk, 1);
    ck_assert_uint_eq(harness_rows(body), 0);
    json_decref(body);
    talk_send(&talk, 1, "g3", "list_followers", "{'forget_key': 'watch', 'forget_name': 'n599'}");
    talk_refusal(&talk, 1, "NOT_FOUND");
    ck_assert_int_eq(engine_checkpoint(h.engine, true), 0);
    harness_kill(&h);
    talk_send(&talk, 1, "l3", "list_followers", "{'after_key': 'watch', 'after_name': 'n499'}");
    body = talk_answer(&talk, 1);
    ck_assert_uint_eq(harness_rows(body), 99);
    json_decref(body);
    talk_end(&talk);
    harness_end(&h);
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {{a_follower_gets_every_event_in_order},
                                       {a_long_poll_wakes_for_what_it_may_see},
                                       {filters_agree},
                                       {confirm_never_goes_back_and_not_ahead},
                                       {looks_ahead},
                                       {confirmed_survives_a_restart},
                                       {the_newer_of_two_has_the_name},
                                       {followers_are_listed_and_forgotten}};
    return suite_run(&(struct suite){.name = "follow", .timeout_s = 120, .tests = tests, .count = SUITE_COUNT(tests)});
}
