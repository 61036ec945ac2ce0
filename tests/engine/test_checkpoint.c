/* test_checkpoint.c - steps while a checkpoint is written by a thread of its own: bounds, failures that are heard late, rewinds */
#include "tests/engine/harness.h"
#include "tests/store/failing.h"
#include "tests/suite.h"

#include "dispatcher/engine/state.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define RECORDS 20

static void begin(struct harness *h, bool background)
{
    harness_begin(h, false);
    harness_rest(h);
    h->engine = engine_close(h->engine);
    h->background = background;
    h->checkpoint_records = RECORDS;
    harness_open(h);
    harness_rest(h);
}

static void submit(struct harness *h, int number)
{
    char id[16];
    json_decref(harness_do(h, harness_words(id, sizeof(id), "s%d", number), "submit", -1, HARNESS_SUBMIT));
}

static void end(struct harness *h)
{
    char line[256];
    h->engine = engine_close(h->engine);
    ck_assert_msg(harness_check(h, line) == 0, "%s", line);
    harness_end(h);
}

/* However slow the writer is, no more waits than twice the records of a checkpoint and those of one step. */
START_TEST(what_waits_is_bounded)
{
    struct harness h;
    begin(&h, true);
    for (int i = 0; i < 60; i++) {
        uint64_t before = engine_durable_seq(h.engine);
        submit(&h, i);
        ck_assert_uint_lt(h.engine->since_checkpoint, 2 * RECORDS + engine_durable_seq(h.engine) - before);
    }
    ck_assert_int_eq(engine_checkpoint_end(h.engine), 0);
    ck_assert_uint_ge(h.engine->cost.checkpoints, 60 * 5 / (2 * RECORDS));
    end(&h);
}
END_TEST

/* A commit that fails is said when it is looked for; the rows come back, the work of meanwhile with them, and it is tried again. */
START_TEST(a_failure_is_heard_late_and_nothing_is_lost)
{
    struct harness h;
    begin(&h, _i == 1);
    int number = 0;
    ck_assert_int_eq(engine_checkpoint_end(h.engine), 0);
    failing_arm(&(struct fault_plan){.calls = FAULT_MDB_COMMIT, .nth = 1, .error = EIO, .when = FAULT_BEFORE});
    while (strstr(h.logged_all, "checkpoint_failed") == NULL) {
        submit(&h, number++);
        ck_assert_int_lt(number, 200);
    }
    ck_assert(failing_disarm());
    ck_assert_uint_gt(h.engine->checkpoint_again_at, 0);
    uint64_t done = h.engine->cost.checkpoints;
    while (h.engine->cost.checkpoints == done) {
        submit(&h, number++);
        ck_assert_int_lt(number, 400);
    }
    ck_assert_uint_eq(h.engine->checkpoint_again_at, 0);
    json_t *page = harness_do(&h, "q", "list_cases", -1, "{'limit': 500}");
    ck_assert_uint_eq(harness_rows(page), (size_t)number);
    json_decref(page);
    end(&h);
}
END_TEST

/* The disk fails while a checkpoint is written: the rows go back to that one or the one before, and the step is taken back. */
START_TEST(a_rewind_waits_for_the_writer)
{
    struct harness h;
    begin(&h, true);
    for (int i = 0; i < 20; i++) {
        submit(&h, i);
        ck_assert_int_eq(engine_checkpoint_end(h.engine), 0);
        h.engine->checkpoint_again_at = 1; /* as after one that failed */
        ck_assert_int_eq(engine_checkpoint(h.engine, true), 0);
        ck_assert(store_checkpoint_running(h.engine->store));
        failing_arm(&(struct fault_plan){.calls = FAULT_PWRITE, .nth = 1, .error = EIO, .when = FAULT_BEFORE});
        harness_refused(&h, "STORAGE_FAILED", "lost", "submit", -1, HARNESS_SUBMIT);
        ck_assert(failing_disarm());
        ck_assert(!store_checkpoint_running(h.engine->store));
        ck_assert_uint_eq(h.engine->checkpoint_again_at, 0); /* what it came to was looked at */
        h.engine = engine_close(h.engine);
        harness_open(&h);
    }
    end(&h);
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {
        {what_waits_is_bounded}, {a_failure_is_heard_late_and_nothing_is_lost, 2}, {a_rewind_waits_for_the_writer}};
    return suite_run(&(struct suite){.name = "checkpoint", .timeout_s = 120, .tests = tests, .count = SUITE_COUNT(tests)});
}
