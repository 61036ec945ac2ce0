/*
 * test_faults.c - the n-th operation of the disk or of the rows fails, for every n until a run has no failure: nothing
 * acknowledged is lost, nothing refused is there, and the same requests, sent again, are accepted once.
 */
#include "tests/engine/harness.h"
#include "tests/store/failing.h"
#include "tests/suite.h"

#include <check.h>
#include <errno.h>
#include <lmdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HOUR INT64_C(3600000)

static const struct {
    const char *name;
    struct fault_plan plan;
    bool background; /* checkpoints are written by a thread of their own */
} plans[] = {
    {"disk EIO", {.calls = FAILING_DISK, .error = EIO, .when = FAULT_BEFORE}},
    {"disk ENOSPC", {.calls = FAILING_DISK, .error = ENOSPC, .when = FAULT_BEFORE}},
    {"disk half", {.calls = FAILING_DISK, .error = EIO, .when = FAULT_HALF}},
    {"disk after", {.calls = FAILING_DISK, .error = EIO, .when = FAULT_AFTER}},
    {"disk short", {.calls = FAILING_DISK, .error = EIO, .when = FAULT_SHORT}},
    {"rows EIO", {.calls = FAILING_MDB, .error = EIO, .when = FAULT_BEFORE}},
    {"rows MAP_FULL",
     {.calls = (uint32_t)FAULT_MDB_PUT | FAULT_MDB_COMMIT | FAULT_MDB_CURSOR, .error = MDB_MAP_FULL, .when = FAULT_BEFORE}},
    {"rows ENOSPC", {.calls = (uint32_t)FAULT_MDB_COMMIT | FAULT_MDB_BEGIN | FAULT_MDB_ENV, .error = ENOSPC, .when = FAULT_BEFORE}},
    {"disk EIO beside a writer", {.calls = FAILING_DISK, .error = EIO, .when = FAULT_BEFORE}, true},
    {"rows EIO in a writer", {.calls = FAILING_MDB, .error = EIO, .when = FAULT_BEFORE}, true},
    {"rows MAP_FULL in a writer",
     {.calls = (uint32_t)FAULT_MDB_PUT | FAULT_MDB_COMMIT | FAULT_MDB_CURSOR, .error = MDB_MAP_FULL, .when = FAULT_BEFORE},
     true},
};
#define PLANS ((int)(sizeof(plans) / sizeof(plans[0])))

/* What is sent, in order; each is sent again until it is accepted. */
static const struct {
    const char *id, *name, *body;
} script[] = {
    {"s1", "submit", HARNESS_SUBMIT},
    {"c1", "claim", "{'submitted': 's1'}"},
    {"g1", "sign", "{'submitted': 's1'}"},
    {"s2", "submit", HARNESS_SUBMIT},
    {"", "", ""}, /* close and open */
    {"s3", "submit", HARNESS_SUBMIT},
    {"a1", "answer", "{'submitted': 's1', 'code': 'solved', 'text': 'done'}"},
    {"n2", "add_note", "{'submitted': 's2', 'text': 'x'}"},
};
#define SCRIPT (sizeof(script) / sizeof(script[0]))

/* One request until it is accepted. `answers` counts the refusals on the way; at most a few are possible with one fault. */
static void send(struct harness *h, size_t step, json_t **ret_answer)
{
    for (int i = 0; i < 4; i++) {
        json_t *reply = harness_ask(h, script[step].id, script[step].name, -1, script[step].body);

        if (json_is_true(json_object_get(reply, "ok"))) {
            ck_assert_int_eq(h->journaled > 0, 0);
            *ret_answer = json_incref(json_object_get(reply, "body"));
            json_decref(reply);
            return;
        }
        bool known = strcmp(text_in(reply, "code"), "STORAGE_FAILED") == 0;
        uint64_t durable = engine_durable_seq(h->engine);

        ck_assert(known || strcmp(text_in(reply, "code"), "OUTCOME_UNKNOWN") == 0);
        json_decref(reply);
        /* The engine says whether it can go on; if not, the process ends and starts again. */
        if (h->journaled < 0) {
            while (harness_open_again(h) < 0) {
                ;
            }
        }
        /* "Nothing of it was kept" is true, then too. */
        ck_assert(!known || engine_durable_seq(h->engine) == durable);
    }
    ck_abort_msg("%s is never accepted", script[step].id);
}

static void verify(struct harness *h, json_t **answers, const char *name, uint32_t nth)
{
    char line[256];

    /* Every acknowledged request is remembered with the same answer. */
    for (size_t i = 0; i < SCRIPT; i++) {
        if (script[i].id[0] == '\0') {
            continue;
        }
        json_t *again = harness_do(h, script[i].id, script[i].name, -1, script[i].body);
        ck_assert_msg(json_equal(again, answers[i]), "%s %u: %s is answered differently", name, nth, script[i].id);
        json_decref(again);
        json_decref(answers[i]);
    }
    json_t *page = harness_do(h, "q", "list_cases", -1, "{}");
    ck_assert_msg(harness_rows(page) == 3, "%s %u", name, nth);
    json_decref(page);
    h->engine = engine_close(h->engine);
    int64_t differences = harness_check(h, line);
    ck_assert_msg(differences == 0, "%s %u: %s", name, nth, line);
}

START_TEST(nth_operation_fails)
{
    uint32_t nth = 0;
    bool struck = true;

    while (struck) {
        struct fault_plan plan = plans[_i].plan;
        struct harness h;
        json_t *answers[SCRIPT] = {0};

        harness_begin(&h, false);
        harness_rest(&h);
        h.background = plans[_i].background;
        while (harness_open_again(&h) < 0) {
            ;
        }
        plan.nth = ++nth;
        failing_arm(&plan);
        for (size_t i = 0; i < SCRIPT; i++) {
            h.clock_ms += HOUR;
            if (script[i].id[0] == '\0') {
                while (harness_open_again(&h) < 0) {
                    ;
                }
            } else {
                send(&h, i, &answers[i]);
            }
            engine_checkpoint(h.engine, true);
        }
        struck = failing_disarm();
        while (harness_open_again(&h) < 0) {
            ;
        }
        verify(&h, answers, plans[_i].name, nth);
        harness_end(&h);
    }
    if (getenv("HARNESS_LOG") != NULL) {
        fprintf(stderr, "%s: %u operations\n", plans[_i].name, nth);
    }
    ck_assert_msg(nth > 10, "%s: only %u operations were seen", plans[_i].name, nth);
}
END_TEST

/* The flush fails, and so does all that could take the append back: nobody knows, and nobody says that nothing was kept. */
START_TEST(an_unknown_outcome_is_said_to_be_unknown)
{
    struct harness h;
    char line[256];

    harness_begin(&h, false);
    harness_rest(&h);
    uint64_t durable = engine_durable_seq(h.engine);
    failing_arm(&(struct fault_plan){.calls = FAULT_PWRITE | FAULT_FDATASYNC,
                                     .error = EIO,
                                     .when = _i == 0 ? FAULT_BEFORE : FAULT_AFTER,
                                     .nth = 2,
                                     .stays = true});
    harness_refused(&h, "OUTCOME_UNKNOWN", "s1", "submit", -1, HARNESS_SUBMIT);
    ck_assert_int_lt(h.journaled, 0);
    /* Sent again before the process has ended: still nobody knows. */
    harness_refused(&h, "OUTCOME_UNKNOWN", "s1", "submit", -1, HARNESS_SUBMIT);
    harness_refused(&h, "OUTCOME_UNKNOWN", "n1", "add_note", -1, "{'submitted': 's1', 'text': 'x'}");
    ck_assert(failing_disarm());
    while (harness_open_again(&h) < 0) {
        ;
    }
    ck_assert_uint_ge(engine_durable_seq(h.engine), durable + (_i == 0)); /* in force here: the page cache had it */
    json_t *reply = harness_do(&h, "s1", "submit", -1, HARNESS_SUBMIT);
    json_decref(reply);
    json_t *page = harness_do(&h, "q", "list_cases", -1, "{}");
    ck_assert_uint_eq(harness_rows(page), 1);
    json_decref(page);
    h.engine = engine_close(h.engine);
    ck_assert_int_eq(harness_check(&h, line), 0);
    harness_end(&h);
}
END_TEST

/* One flush fails: the append is taken back, and what is said of it is true after the restart. */
START_TEST(a_failed_flush_is_taken_back)
{
    struct harness h;

    harness_begin(&h, false);
    harness_rest(&h);
    uint64_t durable = engine_durable_seq(h.engine);
    failing_arm(
        &(struct fault_plan){.calls = FAULT_FDATASYNC, .error = EIO, .when = _i == 0 ? FAULT_BEFORE : FAULT_AFTER, .nth = 1});
    harness_refused(&h, "STORAGE_FAILED", "s1", "submit", -1, HARNESS_SUBMIT);
    ck_assert(failing_disarm());
    ck_assert_int_lt(h.journaled, 0);
    ck_assert_ptr_nonnull(strstr(h.logged, "journal_failed"));
    while (harness_open_again(&h) < 0) {
        ;
    }
    ck_assert_uint_eq(engine_durable_seq(h.engine), durable);
    json_decref(harness_do(&h, "s1", "submit", -1, HARNESS_SUBMIT));
    harness_end(&h);
}
END_TEST

/* A disk that stays full: new work is refused politely, what is there is read, and with room again work goes on without a restart.
 */
START_TEST(full_disk_is_survived)
{
    struct harness h;
    struct fault_plan plan = {
        .calls = FAULT_FALLOCATE | FAULT_PWRITE, .error = ENOSPC, .when = FAULT_BEFORE, .nth = 1, .stays = true};
    json_t *reply = NULL;
    int accepted = 0;
    char id[16], line[256];

    harness_begin(&h, false);
    json_decref(harness_do(&h, "s0", "submit", -1, HARNESS_SUBMIT));
    char *big = malloc(70000);
    ck_assert_ptr_nonnull(big);
    snprintf(big, 200, "{'submitted': 's0', 'text': '");
    memset(big + strlen(big), 'x', 60000);
    big[60000] = '\0';
    snprintf(big + 60000, 16, "'}");
    /* Fill the segment that is there, while none can be made. */
    plan.calls = FAULT_FALLOCATE;
    failing_arm(&plan);
    for (accepted = 0; accepted < 1000; accepted++) {
        snprintf(id, sizeof(id), "n%d", accepted);
        reply = harness_ask(&h, id, "add_note", -1, big);
        if (json_is_false(json_object_get(reply, "ok"))) {
            break;
        }
        json_decref(reply);
    }
    ck_assert_int_lt(accepted, 1000);
    ck_assert_str_eq(text_in(reply, "code"), "STORAGE_FAILED");
    json_decref(reply);
    ck_assert_int_eq(h.journaled, 0);
    reply = harness_do(&h, "q", "show_case", -1, "{'submitted': 's0'}");
    ck_assert_int_eq(num_of(reply, "notes"), accepted);
    json_decref(reply);
    failing_disarm();
    json_t *again = harness_do(&h, id, "add_note", -1, big);
    json_decref(again);
    reply = harness_do(&h, "q", "show_case", -1, "{'submitted': 's0'}");
    ck_assert_int_eq(num_of(reply, "notes"), accepted + 1);
    json_decref(reply);
    free(big);
    h.engine = engine_close(h.engine);
    ck_assert_int_eq(harness_check(&h, line), 0);
    harness_end(&h);
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {{nth_operation_fails, PLANS},
                                       {an_unknown_outcome_is_said_to_be_unknown, 2},
                                       {a_failed_flush_is_taken_back, 2},
                                       {full_disk_is_survived}};
    return suite_run(&(struct suite){.name = "faults", .timeout_s = 300, .tests = tests, .count = SUITE_COUNT(tests)});
}
