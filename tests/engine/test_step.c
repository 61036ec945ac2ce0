/* test_step.c - steps: what is accepted, refused, remembered and replayed. */
#include "dispatcher/engine/datadir.h"
#include "tests/engine/engine_district.h"
#include "tests/engine/harness.h"
#include "tests/suite.h"

#include <check.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SUBMIT                                                                                                                     \
    "{'kind': 'complaint', 'matter': 'M1', 'place': 'S1-C1-G1', 'title': 'Lamp out', 'text': '路灯不亮', 'anonymous': true}"

START_TEST(submit_is_answered_and_shown)
{
    struct harness h;

    harness_begin(&h, false);
    json_t *body = harness_do(&h, "s1", "submit", -1, SUBMIT);
    ck_assert_str_eq(text_in(body, "state"), "handling");
    ck_assert_int_eq(num_of(body, "at"), h.clock_ms);
    ck_assert_int_gt(num_of(body, "case"), 0);
    json_t *shown = harness_do(&h, "q1", "show_case", -1, "{'submitted': 's1'}");
    ck_assert_str_eq(text_in(shown, "title"), "Lamp out");
    ck_assert_str_eq(text_in(shown, "text"), "路灯不亮");
    ck_assert_str_eq(text_in(shown, "lead"), "S1");
    ck_assert_str_eq(text_in(shown, "number"), text_in(body, "number"));
    ck_assert_uint_eq(json_array_size(json_object_get(shown, "duties")), 1);
    ck_assert_uint_ge(json_array_size(json_object_get(shown, "clocks")), 1);
    json_decref(shown);
    json_decref(body);
    harness_end(&h);
}
END_TEST

/* The same request gives the same answer, whatever has happened since, also after a restart and after a kill; another body is
 * refused. */
START_TEST(repeated_request_gives_the_same_answer)
{
    struct harness h;
    json_t *again;
    uint64_t seq;

    harness_begin(&h, false);
    json_t *first = harness_do(&h, "s1", "submit", -1, SUBMIT);
    json_decref(harness_do(&h, "n1", "add_note", -1, "{'submitted': 's1', 'text': 'called again'}"));
    for (int i = 0; i < 3; i++) {
        seq = engine_durable_seq(h.engine);
        h.clock_ms += 1000;
        again = harness_do(&h, "s1", "submit", -1, SUBMIT);
        ck_assert_msg(json_equal(first, again), "round %d", i);
        json_decref(again);
        harness_refused(&h, "ID_REUSED", "s1", "submit", -1,
                        "{'kind': 'praise', 'matter': 'M1', 'place': 'S1', 'anonymous': true}");
        ck_assert_uint_eq(engine_durable_seq(h.engine), seq);
        if (i == 0) {
            harness_kill(&h);
        } else {
            engine_close(h.engine);
            harness_open(&h);
        }
    }
    /* Request ids belong to their key: another key's s1 is another request. */
    harness_peer(&h, "other", ALL_ROLES, "D");
    again = harness_do(&h, "s1", "submit", -1, SUBMIT);
    ck_assert_int_ne(num_of(first, "case"), num_of(again, "case"));
    json_decref(again);
    json_decref(first);
    harness_end(&h);
}
END_TEST

START_TEST(bad_input_leaves_no_trace)
{
    struct harness h;
    json_t *reply;
    char bytes[64];

    harness_begin(&h, false);
    harness_rest(&h);
    uint64_t seq = engine_durable_seq(h.engine);
    srandom(4);
    for (int i = 0; i < 2000; i++) {
        size_t size = (size_t)random() % sizeof(bytes);

        for (size_t j = 0; j < size; j++) {
            bytes[j] = (char)random();
        }
        reply = harness_raw(&h, bytes, size);
        ck_assert(json_is_false(json_object_get(reply, "ok")));
        json_decref(reply);
    }
    harness_refused(&h, "UNKNOWN_UNIT", "x", "submit", -1,
                    "{'kind': 'complaint', 'matter': 'M1', 'place': 'NOWHERE', 'anonymous': true}");
    harness_refused(&h, "UNKNOWN_MATTER", "x", "submit", -1,
                    "{'kind': 'complaint', 'matter': 'M9', 'place': 'S1', 'anonymous': true}");
    harness_refused(&h, "BAD_FIELD", "x", "submit", -1, "{'kind': 'wish', 'matter': 'M1', 'place': 'S1', 'anonymous': true}");
    harness_refused(&h, "BAD_FIELD", "x", "pulse", -1, "{}");
    harness_refused(&h, "NOT_FOUND", "x", "add_note", -1, "{'case': 99, 'text': 'x'}");
    harness_refused(&h, "CLOCK", "x", "advance", -1, "{'to': 1800000000000}");
    harness_refused(&h, "CLOCK", "x", "submit", 1800000000000, SUBMIT);
    harness_peer(&h, "listener", 1u << ROLE_LISTENER, "D");
    harness_refused(&h, "NO_ROLE", "x", "submit", -1, SUBMIT);
    harness_peer(&h, "operator", 1u << ROLE_OPERATOR, "S2");
    harness_refused(&h, "NOT_YOURS", "x", "submit", -1, SUBMIT);
    ck_assert_uint_eq(engine_durable_seq(h.engine), seq);
    /* The same id, judged afresh: a refusal is not remembered. */
    harness_peer(&h, "default", ALL_ROLES, "D");
    json_decref(harness_do(&h, "x", "submit", -1, SUBMIT));
    harness_end(&h);
}
END_TEST

START_TEST(no_reply_before_journaled)
{
    struct harness h;
    struct engine_reply reply;
    size_t size;

    harness_begin(&h, false);
    void *data = harness_message("s1", "submit", -1, SUBMIT, &size);
    struct engine_message message = (struct engine_message){
        .from = {.peer = 7, .name = text_of("default"), .roles = ALL_ROLES, .unit = h.peer_unit}, .data = data, .size = size};
    ck_assert_uint_eq(engine_take(h.engine, &message, 1, harness_time(&h)), 1);
    /* What follows ends the process: its files go first. */
    ck_assert_int_eq(datadir_remove(h.folder), 0);
    engine_next_reply(h.engine, &reply);
}
END_TEST

/* A whole batch at once: commands and reads see what stands before them in the batch. */
START_TEST(batch_sees_its_own_writes)
{
    struct harness h;
    struct engine_message messages[3];
    struct engine_reply reply;
    const char *names[] = {"submit", "add_note", "show_case"};
    const char *bodies[] = {SUBMIT, "{'submitted': 'm0', 'text': 'x'}", "{'submitted': 'm0'}"};
    int replies = 0;

    harness_begin(&h, false);
    harness_rest(&h);
    for (int i = 0; i < 3; i++) {
        char id[16];
        size_t size;

        snprintf(id, sizeof(id), "m%d", i);
        messages[i] = (struct engine_message){
            .from = {.peer = (uint64_t)i, .name = text_of("default"), .roles = ALL_ROLES, .unit = h.peer_unit}};
        messages[i].data = harness_message(id, names[i], -1, bodies[i], &size);
        messages[i].size = size;
    }
    ck_assert_uint_eq(engine_take(h.engine, messages, 3, harness_time(&h)), 3);
    ck_assert_int_eq(engine_append(h.engine), OUTCOME_DURABLE);
    ck_assert_int_eq(engine_journaled(h.engine, OUTCOME_DURABLE), 0);
    while (engine_next_reply(h.engine, &reply)) {
        json_t *value = harness_json(reply.data, reply.size);

        ck_assert_uint_eq(reply.peer, (uint64_t)replies);
        ck_assert(json_is_true(json_object_get(value, "ok")));
        if (replies == 2) {
            ck_assert_int_eq(num_of(json_object_get(value, "body"), "notes"), 1);
            ck_assert_str_eq(text_in(json_object_get(value, "body"), "title"), "Lamp out");
        }
        json_decref(value);
        replies++;
    }
    ck_assert_int_eq(replies, 3);
    for (int i = 0; i < 3; i++) {
        free((void *)messages[i].data);
    }
    harness_end(&h);
}
END_TEST

/* Events form one chain and come once, after the step. */
START_TEST(events_form_a_chain)
{
    struct harness h;
    json_t *page, *row;
    uint64_t prev = 0, from = 1, events = 0;
    size_t i;

    harness_begin(&h, false);
    for (int n = 0; n < 40; n++) {
        char id[16];

        snprintf(id, sizeof(id), "s%d", n);
        json_decref(harness_do(&h, id, "submit", -1, SUBMIT));
    }
    for (;;) {
        char body[64];

        snprintf(body, sizeof(body), "{'from': %llu, 'count': 17}", (unsigned long long)from);
        page = harness_do(&h, "q", "events", -1, body);
        json_array_foreach(json_object_get(page, "rows"), i, row)
        {
            ck_assert_int_eq(num_of(row, "prev"), (int64_t)prev);
            prev = (uint64_t)num_of(row, "seq");
            ck_assert_ptr_null(json_object_get(row, "title"));
            events++;
        }
        ck_assert_uint_gt((uint64_t)num_of(page, "next"), from - 1);
        from = (uint64_t)num_of(page, "next");
        if (from > (uint64_t)num_of(page, "last")) {
            break;
        }
        json_decref(page);
    }
    json_decref(page);
    ck_assert_uint_gt(events, 40 * 4);
    harness_peer(&h, "street", 1u << ROLE_SUPERVISOR, "S1");
    harness_refused(&h, "NOT_YOURS", "q", "events", -1, "{}");
    harness_end(&h);
}
END_TEST

/* The same events as the query shows come out of the steps, while somebody listens. */
START_TEST(events_come_out_of_steps)
{
    struct harness h;
    struct text topic;
    const void *data;
    size_t size, count = 0;
    json_t *page;

    harness_begin(&h, false);
    harness_rest(&h);
    for (int n = 0; n < 2; n++) {
        size_t message_size;
        void *bytes = harness_message(n == 0 ? "s0" : "s1", "submit", -1, SUBMIT, &message_size);
        struct engine_message message = {.from = {.name = text_of("default"), .roles = ALL_ROLES, .unit = h.peer_unit}};

        message.data = bytes;
        message.size = message_size;
        engine_listen(h.engine, n == 0);
        ck_assert_uint_eq(engine_take(h.engine, &message, 1, harness_time(&h)), 1);
        ck_assert_int_eq(engine_journaled(h.engine, engine_append(h.engine)), 0);
        if (engine_next_event(h.engine, &topic, &data, &size)) {
            json_t *event = harness_json(data, size);

            ck_assert_int_eq(n, 0);
            ck_assert_uint_eq(topic.size, strlen(text_in(event, "type")));
            page = harness_do(&h, "q", "events", -1, "{'from': 14}");
            ck_assert(json_equal(event, json_array_get(json_object_get(page, "rows"), count)));
            json_decref(page);
            json_decref(event);
            count++;
        }
        free(bytes);
    }
    ck_assert_uint_eq(count, 1);
    page = harness_do(&h, "q", "events", -1, "{'from': 14}");
    size_t listed = harness_rows(page);
    ck_assert_uint_ge(listed, 8);
    json_decref(page);
    harness_end(&h);
}
END_TEST

START_TEST(adoption_goes_on_after_a_kill)
{
    struct harness h;
    char line[256];

    harness_begin(&h, false);
    /* Killed before anything is journaled, then after. */
    harness_kill(&h);
    harness_rest(&h);
    ck_assert_uint_eq(engine_durable_seq(h.engine), 4 + 9);
    harness_kill(&h);
    harness_rest(&h);
    ck_assert_uint_eq(engine_durable_seq(h.engine), 4 + 9);
    json_t *page = harness_do(&h, "q", "list_units", -1, "{}");
    ck_assert_uint_eq(harness_rows(page), 9);
    json_decref(page);
    h.engine = engine_close(h.engine);
    ck_assert_int_eq(harness_check(&h, line), 0);
    harness_end(&h);
}
END_TEST

/* SIGHUP: another set comes into force by records; one whose files cannot be kept does not. */
START_TEST(another_set_comes_into_force)
{
    struct harness h;
    char path[2 * HARNESS_PATH + 128], line[256], said[512];

    harness_begin(&h, false);
    harness_rest(&h);
    struct district *old = h.district;
    uint64_t seq = engine_durable_seq(h.engine);
    struct district *fresh = engine_district_make('b');
    fresh->policy.handle[URGENCY_ORDINARY] = (struct span){TIME_KIND_NATURAL, 3600000};
    ck_assert_int_lt(engine_adopt(h.engine, fresh, "/nowhere at all", said), 0);
    ck_assert_ptr_nonnull(strstr(said, "could not be kept with the data"));
    harness_rest(&h);
    ck_assert_uint_eq(engine_durable_seq(h.engine), seq);
    ck_assert_int_eq(engine_adopt(h.engine, fresh, h.config, said), 0);
    engine_district_unmake(old);
    h.district = fresh;
    ck_assert_int_le(engine_next_due_ms(h.engine), engine_now_ms(h.engine));
    harness_rest(&h);
    ck_assert_uint_eq(engine_durable_seq(h.engine), seq + 4 + 9);
    snprintf(path, sizeof(path), "%s/config/%s/policy.yaml", h.data, fresh->hash);
    ck_assert_int_eq(access(path, R_OK), 0);
    json_decref(harness_do(&h, "s1", "submit", -1, SUBMIT));
    ck_assert_int_lt(engine_next_due_ms(h.engine), h.clock_ms + 3600000);
    /* The same again is nothing new; and a kill does not take it back. */
    seq = engine_durable_seq(h.engine);
    ck_assert_int_eq(engine_adopt(h.engine, fresh, h.config, said), 0);
    harness_kill(&h);
    harness_rest(&h);
    ck_assert_uint_eq(engine_durable_seq(h.engine), seq);
    h.engine = engine_close(h.engine);
    ck_assert_int_eq(harness_check(&h, line), 0);
    harness_end(&h);
}
END_TEST

static int64_t spent_ns;

/* Each look at the clock is 1 ms after the last one. */
static int64_t spend(void)
{
    return spent_ns += 1000000;
}

/* A step has time for queries, and what they cost is said; what stands behind them waits for the next step, in its order. */
START_TEST(queries_have_their_time)
{
    enum { QUERIES = 12 };
    struct engine_message messages[QUERIES + 2];
    void *data[QUERIES + 2];
    struct engine_reply reply;
    struct harness h;
    size_t from = 0, steps = 0;

    harness_begin(&h, false);
    h.engine = engine_close(h.engine);
    h.steady_ns = spend;
    harness_open(&h);
    json_decref(harness_do(&h, "s", "submit", -1, SUBMIT));
    for (size_t i = 0; i < QUERIES + 2; i++) {
        size_t size;
        bool command = i == 0 || i == QUERIES + 1;

        data[i] = harness_message(i == 0 ? "c0" : "c1", command ? "submit" : "list_cases", -1, command ? SUBMIT : "{}", &size);
        messages[i] =
            (struct engine_message){.from = {.peer = i, .name = text_of("default"), .roles = ALL_ROLES, .unit = h.peer_unit},
                                    .data = data[i],
                                    .size = size};
    }
    while (from < QUERIES + 2) {
        size_t taken = engine_take(h.engine, messages + from, QUERIES + 2 - from, harness_time(&h));
        const uint32_t *cost_us = engine_query_us(h.engine);
        uint32_t sum_us = 0;

        ck_assert_uint_gt(taken, 0);
        for (size_t i = 0; i < taken; i++) {
            bool command = from + i == 0 || from + i == QUERIES + 1;

            ck_assert_uint_eq(cost_us[i], command ? 0 : 1000);
            sum_us += cost_us[i];
        }
        ck_assert_uint_le(sum_us, ENGINE_QUERY_US);
        ck_assert_int_eq(engine_append(h.engine), OUTCOME_DURABLE);
        ck_assert_int_eq(engine_journaled(h.engine, OUTCOME_DURABLE), 0);
        for (size_t i = 0; i < taken; i++) {
            ck_assert(engine_next_reply(h.engine, &reply));
            ck_assert_uint_eq(reply.peer, from + i);
        }
        ck_assert(!engine_next_reply(h.engine, &reply));
        from += taken;
        steps++;
    }
    ck_assert_uint_eq(steps, 4); /* three queries each */
    for (size_t i = 0; i < QUERIES + 2; i++) {
        free(data[i]);
    }
    harness_end(&h);
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {{submit_is_answered_and_shown}, {repeated_request_gives_the_same_answer},
                                       {bad_input_leaves_no_trace},    {no_reply_before_journaled, .signal = SIGABRT},
                                       {batch_sees_its_own_writes},    {queries_have_their_time},
                                       {events_form_a_chain},          {events_come_out_of_steps},
                                       {another_set_comes_into_force}, {adoption_goes_on_after_a_kill}};
    return suite_run(&(struct suite){.name = "step", .timeout_s = 60, .tests = tests, .count = SUITE_COUNT(tests)});
}
