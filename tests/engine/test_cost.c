/* test_cost.c - what the loop's work costs: watches over a clock that only moves when it is told to, or looked at */
#include "dispatcher/engine/state.h"
#include "tests/engine/harness.h"
#include "tests/suite.h"

#include <check.h>
#include <stdlib.h>

static int64_t clock_ns, look_ns;

/* Each look moves it on by `look_ns`. */
static int64_t look(void)
{
    return clock_ns += look_ns;
}

static void pass(int64_t ns)
{
    clock_ns += ns;
}

static uint64_t sum_ns(struct cost *cost)
{
    uint64_t ns = 0;

    cost_split(cost);
    for (int part = 0; part < (int)LOOP_PART_COUNT; part++) {
        ns += cost->ns[part];
    }
    return ns;
}

/* A message that takes so long for each of two parts. */
static void message(struct cost *cost, int64_t decode_ns, int64_t judge_ns)
{
    cost_message(cost);
    pass(decode_ns);
    cost_enter(cost, LOOP_PART_JUDGE);
    pass(judge_ns);
    cost_message_end(cost);
}

START_TEST(a_step_is_cut_where_its_parts_end)
{
    struct cost cost;

    look_ns = 0;
    cost_init(&cost, look);
    pass(1000); /* before the step: nobody's */
    cost_start(&cost);
    pass(5);
    cost_lap(&cost, LOOP_PART_DUE);
    pass(70);
    cost_lap(&cost, LOOP_PART_APPEND);
    pass(9);
    cost_within(&cost, LOOP_PART_QUERY, 6);
    cost_lap(&cost, LOOP_PART_DUE);
    pass(1);
    cost_lap(&cost, LOOP_PART_WAIT);
    cost_spent(&cost, LOOP_PART_DELIVER, 30);
    cost_spent(&cost, LOOP_PART_DELIVER, -30);
    ck_assert_uint_eq(cost.ns[LOOP_PART_DUE], 8);
    ck_assert_uint_eq(cost.times[LOOP_PART_DUE], 2);
    ck_assert_uint_eq(cost.ns[LOOP_PART_APPEND], 70);
    ck_assert_uint_eq(cost.ns[LOOP_PART_QUERY], 6);
    ck_assert_uint_eq(cost.ns[LOOP_PART_WAIT], 1);
    ck_assert_uint_eq(cost.ns[LOOP_PART_DELIVER], 30);
    ck_assert_uint_eq(sum_ns(&cost), 85 + 30);
}
END_TEST

/* The time of all commands is exact; one message in COST_EVERY says how it is split, whatever the others were like. */
START_TEST(a_sampled_message_stands_for_all)
{
    struct cost cost;

    look_ns = 0;
    cost_init(&cost, look);
    cost_start(&cost);
    for (int i = 0; i <= COST_FIRST + 2 * COST_EVERY; i++) {
        bool looked_at = i <= COST_FIRST || (i - COST_FIRST) % COST_EVERY == 0;

        message(&cost, looked_at ? 30 : 0, looked_at ? 10 : 20);
    }
    cost_lap_commands(&cost);
    const uint64_t all_ns = UINT64_C(40) * (COST_FIRST + 3) + UINT64_C(40) * (COST_EVERY - 1);
    ck_assert_uint_eq(cost.unsplit_ns, all_ns);
    ck_assert_uint_eq(sum_ns(&cost), all_ns);
    ck_assert_uint_eq(cost.ns[LOOP_PART_DECODE], all_ns * 3 / 4);
    ck_assert_uint_eq(cost.ns[LOOP_PART_JUDGE], all_ns - all_ns * 3 / 4);
    ck_assert_uint_eq(cost.times[LOOP_PART_DECODE], COST_FIRST + 3);
    ck_assert_uint_eq(cost.times[LOOP_PART_JUDGE], COST_FIRST + 3);
    ck_assert_uint_eq(cost.unsplit_ns, 0);
}
END_TEST

/* Splitting now and then, or at the end, whatever the samples say meanwhile: no part ever loses what it had, and nothing is lost.
 */
START_TEST(totals_only_grow_and_add_up)
{
    struct cost cost;
    uint64_t before[LOOP_PART_COUNT] = {0}, all_ns = 0, late = 0;

    look_ns = 0;
    cost_init(&cost, look);
    srandom(7);
    for (int batch = 0; batch < 400; batch++) {
        cost_start(&cost);
        for (int i = 0; i < 50; i++) {
            int64_t decode_ns = batch < 200 ? random() % 1000 : 7, judge_ns = batch < 200 ? 3 : random() % 1000;

            message(&cost, decode_ns, judge_ns);
            all_ns += (uint64_t)(decode_ns + judge_ns);
        }
        cost_lap_commands(&cost);
        if (batch % 3 == 0) {
            ck_assert_uint_eq(sum_ns(&cost), all_ns);
        }
        for (int part = 0; part < (int)LOOP_PART_COUNT; part++) {
            ck_assert_uint_ge(cost.ns[part], before[part]);
            before[part] = cost.ns[part];
        }
        if (batch == 300) { /* by now what has become of the messages has shown in the samples */
            late = cost.ns[LOOP_PART_DECODE];
        }
    }
    ck_assert_uint_eq(sum_ns(&cost), all_ns);
    ck_assert_uint_lt(cost.ns[LOOP_PART_DECODE] - late, all_ns / 50);
}
END_TEST

START_TEST(the_longest_checkpoint_is_kept)
{
    const int64_t took_ns[] = {5000, 9000, 2000};
    struct cost cost;

    look_ns = 0;
    cost_init(&cost, look);
    for (int i = 0; i < 3; i++) {
        cost_checkpoint(&cost, took_ns[i], true);
    }
    ck_assert_uint_eq(cost.checkpoints, 3);
    ck_assert_uint_eq(cost.checkpoint_ns, 16000);
    ck_assert_uint_eq(cost.ns[LOOP_PART_CHECKPOINT], 0); /* another thread's time */
    ck_assert_uint_eq(cost.checkpoint_max_ns, 9000);
    /* One that fails has cost time, and is none. */
    cost_checkpoint(&cost, 20000, false);
    ck_assert_uint_eq(cost.checkpoints, 3);
    ck_assert_uint_eq(cost.checkpoint_ns, 36000);
    ck_assert_uint_eq(cost.checkpoint_max_ns, 20000);
}
END_TEST

START_TEST(without_a_clock_counts_are_kept)
{
    struct harness h;

    harness_begin(&h, false);
    json_decref(harness_do(&h, "s", "submit", -1, HARNESS_SUBMIT));
    const struct cost *cost = &h.engine->cost;
    ck_assert_uint_eq(cost->commands, 1);
    ck_assert_uint_eq(cost->records, engine_durable_seq(h.engine));
    ck_assert_uint_eq(sum_ns(&h.engine->cost), 0);
    harness_end(&h);
}
END_TEST

/* --- in the engine -------------------------------------------------------------------------------------------------------------
 */

static void timed(struct harness *h, bool drill)
{
    look_ns = 1000;
    harness_begin(h, drill);
    h->engine = engine_close(h->engine);
    h->steady_ns = look;
    harness_open(h);
    harness_rest(h);
}

static void heard(void *arg, const struct engine_reply *reply)
{
    (void)reply;
    ++*(size_t *)arg;
}

/* Whole steps as the shell makes them: every look at the clock from the begin of a step to its end belongs to one part. */
START_TEST(parts_of_steps_add_up_to_the_steps)
{
    enum { BATCH = 40, SUBMITS = 20 };
    struct engine_message messages[BATCH];
    struct harness h;
    uint64_t steps_ns = 0;
    size_t replies = 0;

    timed(&h, false);
    struct cost *cost = &h.engine->cost, before;
    uint64_t begun_ns = sum_ns(cost);
    before = *cost;
    for (int step = 0; step < 10; step++) {
        for (size_t i = 0; i < BATCH; i++) {
            char id[32];
            size_t size;

            snprintf(id, sizeof(id), "m%d-%zu", step, i);
            void *data = i == 0         ? harness_message(id, "show_case", -1, "{'case': 1}", &size)
                         : i <= SUBMITS ? harness_message(id, "submit", -1, HARNESS_SUBMIT, &size)
                                        : harness_message(id, "sign", -1, "{'case': 1}", &size);
            messages[i] = harness_from(&h, 1, data, size);
        }
        int64_t from_ns = clock_ns + look_ns; /* the first look is at the begin */
        ck_assert_uint_eq(harness_step(&h, messages, BATCH, heard, &replies), BATCH);
        steps_ns += (uint64_t)(clock_ns - from_ns);
        for (size_t i = 0; i < BATCH; i++) {
            free((void *)messages[i].data);
        }
    }
    ck_assert_uint_eq(sum_ns(cost) - begun_ns, steps_ns);
    ck_assert_uint_eq(cost->batches - before.batches, 10);
    ck_assert_uint_eq(cost->batch_max, BATCH);
    ck_assert_uint_eq(cost->messages - before.messages, 10 * BATCH);
    ck_assert_uint_eq(cost->queries - before.queries, 10);
    ck_assert_uint_eq(cost->commands - before.commands, 10 * (BATCH - 1));
    ck_assert_uint_eq(cost->flushes - before.flushes, 10);
    ck_assert_uint_eq(cost->replies - before.replies, replies);
    ck_assert_uint_eq(cost->records, engine_durable_seq(h.engine));
    ck_assert_uint_eq(cost->ns[LOOP_PART_QUERY], (uint64_t)(10 * look_ns));
    const enum loop_part whole[] = {LOOP_PART_DUE, LOOP_PART_APPEND, LOOP_PART_WAIT, LOOP_PART_SEGMENT};
    for (size_t i = 0; i < sizeof(whole) / sizeof(whole[0]); i++) { /* each is one look long in a step */
        ck_assert_uint_eq(cost->ns[whole[i]] - before.ns[whole[i]], (uint64_t)(10 * look_ns));
    }
    ck_assert_uint_ge(cost->times[LOOP_PART_DECODE], 10 * BATCH / COST_EVERY);
    const enum loop_part all[] = {LOOP_PART_DECODE, LOOP_PART_JUDGE,  LOOP_PART_ENCODE,
                                  LOOP_PART_APPLY,  LOOP_PART_EVENTS, LOOP_PART_ANSWER};
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        ck_assert_uint_gt(cost->ns[all[i]], before.ns[all[i]]);
    }
    harness_end(&h);
}
END_TEST

START_TEST(what_the_journal_did_not_take_is_not_counted)
{
    struct harness h;
    size_t size;

    timed(&h, false);
    struct cost before = h.engine->cost;
    void *data = harness_message("s", "submit", -1, HARNESS_SUBMIT, &size);
    struct engine_message one = harness_from(&h, 1, data, size);
    ck_assert_uint_eq(engine_take(h.engine, &one, 1, harness_time(&h)), 1);
    ck_assert_int_ne(engine_journaled(h.engine, OUTCOME_FAILED), 0);
    ck_assert_uint_eq(h.engine->cost.records, before.records);
    ck_assert_uint_eq(h.engine->cost.flushes, before.flushes);
    ck_assert_uint_eq(h.engine->cost.commands, before.commands + 1);
    free(data);
    harness_end(&h);
}
END_TEST

/* A command that waits until drill time has come to its instant is looked at in step after step, and is one command. */
START_TEST(a_postponed_command_is_counted_once)
{
    struct harness h;
    char words[200];

    timed(&h, true);
    for (int i = 0; i < 1200; i++) { /* more rungs than one step may fire */
        char id[16];

        snprintf(id, sizeof(id), "s%d", i);
        json_decref(harness_do(&h, id, "submit", -1, HARNESS_SUBMIT));
    }
    struct cost before = h.engine->cost;
    json_decref(harness_do(&h, "t", "advance", -1,
                           harness_words(words, sizeof(words), "{'to': %lld}", (long long)h.clock_ms + INT64_C(40) * 86400000)));
    ck_assert_uint_gt(h.engine->cost.flushes, before.flushes + 1);
    ck_assert_uint_eq(h.engine->cost.commands, before.commands + 1);
    harness_end(&h);
}
END_TEST

/* What `status` answers is what was counted. */
START_TEST(status_shows_it)
{
    struct harness h;

    timed(&h, false);
    json_decref(harness_do(&h, "s", "submit", -1, HARNESS_SUBMIT));
    ck_assert_int_eq(engine_checkpoint(h.engine, false), 0);
    engine_spent(h.engine, LOOP_PART_READ, 7000000);
    json_t *body = harness_do(&h, "q", "status", -1, "{}");
    const struct cost *cost = &h.engine->cost;
    const json_t *parts = json_object_get(body, "parts");
    ck_assert_int_eq(num_of(body, "commands"), (int64_t)cost->commands);
    ck_assert_int_eq(num_of(body, "records"), (int64_t)cost->records);
    ck_assert_int_eq(num_of(body, "checkpoints"), 1);
    ck_assert_int_eq(num_of(body, "checkpoint_us"), look_ns / 1000);
    ck_assert_int_eq(num_of(body, "checkpoint_max_us"), look_ns / 1000);
    ck_assert_uint_eq(json_array_size(parts), LOOP_PART_COUNT);
    for (size_t i = 0; i < LOOP_PART_COUNT; i++) {
        ck_assert_str_eq(text_in(json_array_get(parts, i), "part"), enum_name(&loop_part_enum, (int)i));
    }
    ck_assert_int_eq(num_of(json_array_get(parts, LOOP_PART_READ), "us"), 7000);
    ck_assert_int_eq(num_of(json_array_get(parts, LOOP_PART_READ), "count"), 1);
    json_decref(body);
    /* Who is not of the district's administration has the sum of nothing. */
    harness_peer(&h, "default", 1u << ROLE_OPERATOR, "D");
    body = harness_do(&h, "q", "status", -1, "{}");
    ck_assert_ptr_null(json_object_get(body, "batches"));
    ck_assert_uint_eq(json_array_size(json_object_get(body, "parts")), 0);
    json_decref(body);
    harness_end(&h);
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {{a_step_is_cut_where_its_parts_end},
                                       {a_sampled_message_stands_for_all},
                                       {totals_only_grow_and_add_up},
                                       {the_longest_checkpoint_is_kept},
                                       {without_a_clock_counts_are_kept},
                                       {parts_of_steps_add_up_to_the_steps},
                                       {what_the_journal_did_not_take_is_not_counted},
                                       {a_postponed_command_is_counted_once},
                                       {status_shows_it}};
    return suite_run(&(struct suite){.name = "cost", .timeout_s = 60, .tests = tests, .count = SUITE_COUNT(tests)});
}
