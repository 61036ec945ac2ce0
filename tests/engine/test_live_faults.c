/*
 * test_live_faults.c - the n-th operation of disk or rows fails while a pull, a follow and others wait, for every n until a run
 * has no failure: the follower sees exactly the events of the journal, nobody is handed a duty that is not there, and none is
 * handed to two.
 */
#include "dispatcher/engine/live.h"
#include "tests/engine/talk.h"
#include "tests/store/failing.h"
#include "tests/suite.h"

#include <check.h>
#include <errno.h>
#include <lmdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROUNDS 6

static const struct fault_plan plans[] = {
    {.calls = FAILING_DISK, .error = EIO, .when = FAULT_BEFORE},
    {.calls = FAILING_DISK, .error = ENOSPC, .when = FAULT_BEFORE},
    {.calls = FAILING_MDB, .error = EIO, .when = FAULT_BEFORE},
    {.calls = (uint32_t)FAULT_MDB_PUT | FAULT_MDB_COMMIT, .error = MDB_MAP_FULL, .when = FAULT_BEFORE},
};

struct run {
    struct harness h;
    struct talk talk;
    uint64_t next;       /* the follower's */
    json_t *events;      /* what it got */
    uint64_t duties[64]; /* handed out, by any worker */
    size_t duty_count;
    unsigned asked;
};

static void open_again(struct run *run)
{
    int rc = -EIO;

    for (int i = 0; i < 8 && rc < 0; i++) {
        rc = harness_open_again(&run->h);
    }
    ck_assert_int_eq(rc, 0);
}

/* Steps until nothing is left to do; an engine that cannot go on is opened again, as a service does. */
static void rest(struct run *run)
{
    for (int i = 0; i < 10000; i++) {
        struct harness *h = &run->h;

        if (h->journaled < 0) {
            h->journaled = 0;
            open_again(run);
        }
        if (engine_next_due_ms(h->engine) > h->clock_ms && engine_next_wait_ms(h->engine) > harness_time(h).steady_ms) {
            return;
        }
        talk_step(&run->talk);
    }
    ck_abort_msg("it never rests");
}

/* One request until it is accepted, under the same id. */
static void insist(struct run *run, const char *id, const char *name, const char *body)
{
    for (int i = 0; i < 6; i++) {
        talk_send(&run->talk, 9, id, name, body);
        rest(run);
        json_t *reply = talk_take(&run->talk, 9);
        if (reply == NULL) {
            continue; /* the process ended first */
        }
        bool ok = json_is_true(json_object_get(reply, "ok"));
        if (!ok) {
            ck_assert_str_eq(text_in(reply, "code"), "STORAGE_FAILED");
        }
        json_decref(reply);
        if (ok) {
            return;
        }
    }
    ck_abort_msg("%s was never accepted", id);
}

static void ask_follow(struct run *run)
{
    char id[32], body[128];

    harness_peer(&run->h, "watch", 1u << ROLE_LISTENER, "D");
    snprintf(id, sizeof(id), "f%u", run->asked++);
    snprintf(body, sizeof(body), "{'name': 'n', 'wait': 100000, 'count': 7, 'confirm': %llu}", (unsigned long long)(run->next - 1));
    talk_send(&run->talk, 1, id, "follow", body);
}

static void ask_pull(struct run *run, uint64_t worker)
{
    char id[32], body[128];

    harness_peer(&run->h, "s1", 1u << ROLE_WORKER, "S1");
    snprintf(id, sizeof(id), "p%u", run->asked++);
    snprintf(body, sizeof(body), "{'worker': 'w%llu', 'wait': 100000, 'lease': 3600000}", (unsigned long long)worker);
    talk_send(&run->talk, worker, id, "pull", body);
}

/* Takes the events of one answer: they follow on what there is, or come again. */
static void take_events(struct run *run, const json_t *body)
{
    size_t i;
    json_t *row;

    json_array_foreach(json_object_get(body, "rows"), i, row)
    {
        uint64_t seq = (uint64_t)num_of(row, "seq");

        if (seq >= run->next) {
            json_array_append(run->events, row);
        }
    }
    if ((uint64_t)num_of(body, "next") > run->next) {
        run->next = (uint64_t)num_of(body, "next");
    }
}

static void take_duties(struct run *run, const json_t *body)
{
    for (size_t i = 0; i < harness_rows(body); i++) {
        uint64_t duty_id = (uint64_t)harness_row(body, i, "duty");
        struct duty_row duty;

        if (tables_get(&run->h.engine->tables, ROW_DUTY, duty_id, &duty)) {
            ck_assert_uint_eq(duty.duty_id, duty_id);
        } else { /* the fault has struck this look, which may be at a row of the file */
            ck_assert_int_lt(store_failed(run->h.engine->store), 0);
        }
        for (size_t n = 0; n < run->duty_count; n++) {
            ck_assert_uint_ne(run->duties[n], duty_id);
        }
        ck_assert_uint_lt(run->duty_count, 64);
        run->duties[run->duty_count++] = duty_id;
    }
}

/* Takes what was answered and asks again. A process that was started again knows nothing of who waited. */
static void turn(struct run *run)
{
    rest(run);
    for (uint64_t peer = 1; peer <= 3; peer++) {
        json_t *reply = talk_take(&run->talk, peer);

        if (reply != NULL && json_is_true(json_object_get(reply, "ok"))) {
            if (peer == 1) {
                take_events(run, json_object_get(reply, "body"));
            } else {
                take_duties(run, json_object_get(reply, "body"));
            }
        }
        if (reply == NULL && parked_of_peer(&run->h.engine->live->parking, peer) != NULL) {
            continue;
        }
        json_decref(reply);
        if (peer == 1) {
            ask_follow(run);
        } else {
            ask_pull(run, peer);
        }
        rest(run);
    }
}

/* The whole script under one fault. True: it struck. */
static bool run_once(const struct fault_plan *plan)
{
    struct run run = {.next = 1, .events = json_array()};
    struct harness *h = &run.h;
    char id[16];
    uint64_t restarted = 0;

    harness_begin(h, false);
    h->engine = engine_close(h->engine);
    talk_begin(&run.talk, h);
    open_again(&run);
    rest(&run);
    turn(&run);
    failing_arm(plan);
    for (int round = 0; round < ROUNDS; round++) {
        uint64_t epoch = h->engine->epoch;

        harness_peer(h, "default", ALL_ROLES, "D");
        snprintf(id, sizeof(id), "s%d", round);
        insist(&run, id, "submit", HARNESS_SUBMIT);
        if (h->engine->epoch != epoch) { /* leases are gone with the process that gave them */
            run.duty_count = 0;
            restarted++;
        }
        turn(&run);
        engine_checkpoint(h->engine, true);
    }
    bool struck = failing_disarm();
    for (int i = 0; i < 40 && run.next <= engine_durable_seq(h->engine); i++) {
        turn(&run);
    }
    harness_peer(h, "watch", 1u << ROLE_LISTENER, "D");
    talk_send(&run.talk, 8, "e", "events", "{'from': 1}");
    rest(&run);
    json_t *page = talk_answer(&run.talk, 8);
    json_t *wanted = json_object_get(page, "rows");
    ck_assert_msg(json_equal(wanted, run.events), "%zu events, the follower got %zu", json_array_size(wanted),
                  json_array_size(run.events));
    json_decref(page);
    json_decref(run.events);
    for (int i = 0; i < 10; i++) {
        turn(&run);
    }
    if (restarted == 0) {
        ck_assert_uint_eq(run.duty_count, ROUNDS);
    }
    talk_end(&run.talk);
    harness_end(h);
    return struck;
}

START_TEST(nth_operation_fails_while_many_wait)
{
    struct fault_plan plan = plans[_i];
    uint32_t runs = 0;

    for (plan.nth = 1; run_once(&plan); plan.nth++) {
        runs++;
    }
    ck_assert_uint_gt(runs, 5);
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {{nth_operation_fails_while_many_wait, SUITE_COUNT(plans)}};
    return suite_run(&(struct suite){.name = "live_faults", .timeout_s = 300, .tests = tests, .count = SUITE_COUNT(tests)});
}
