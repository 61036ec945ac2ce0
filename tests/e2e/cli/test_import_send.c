/*
 * test_import_send.c - an import against a peer that refuses for a while, or for good: the same ids again, and what is said at
 * the end.
 */
#include "clients/import_send.h"
#include "tests/proto/peer.h"
#include "tests/suite.h"
#include "tests/tmp.h"

#include <check.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ROWS 40

/* What the peer does with the n-th request that it sees. */
struct script {
    enum refusal refusal;
    int from, until; /* these are refused */
    atomic_int seen;
};

static void answer(void *arg, const struct request *request, const void *data, size_t size, struct proto_buffer *out)
{
    struct script *script = arg;
    int nth = atomic_fetch_add(&script->seen, 1);
    (void)data;
    (void)size;
    ck_assert(request->command == COMMAND_SUBMIT && memcmp(request->id.at, "import-", 7) == 0);
    if (nth >= script->from && nth < script->until) {
        reply_encode_refusal(out, request->id, script->refusal, script->refusal == REFUSAL_NO_ROLE ? "operator" : NULL);
    } else {
        peer_accept(request, out);
    }
}

/* Imports ROWS rows into a peer that follows the script. Gives the plan; the caller frees it and *own. */
static struct import_plan *run(struct script *script, int64_t timeout_ms, struct import_map **own, struct import_sum *sum)
{
    static struct faults faults;
    char path[64];
    int fd = mkstemp(tmp_name(path, sizeof(path), tmp_base(), "import"));
    ck_assert_int_ge(fd, 0);
    FILE *out = fdopen(fd, "w");
    ck_assert_ptr_nonnull(out);
    fputs("kind,matter,reference\n", out);
    for (int i = 0; i < ROWS; i++) {
        fprintf(out, "praise,M01,R%d\n", i);
    }
    ck_assert_int_eq(fclose(out), 0);
    struct import_plan *plan = NULL;
    ck_assert_int_eq(import_plan_load(&(struct import_source){.file = path}, &faults, own, &plan), 0);
    unlink(path);

    struct peer_options options = {.url = peer_url(), .answer = answer, .arg = script};
    struct peer *peer = peer_open(&options);
    struct session session;
    session_init(&session);
    session.options.server = peer_url();
    session.options.plain = true;
    session.options.timeout_ms = timeout_ms;
    const struct import_send_options send = {.window = 4};
    ck_assert_int_eq(import_send(&session, plan, &send, sum), EXIT_DONE);
    session_deinit(&session);
    peer_close(peer);
    return plan;
}

START_TEST(test_busy_for_a_while)
{
    struct script script = {.refusal = _i == 0 ? REFUSAL_BUSY : REFUSAL_STORAGE_FAILED, .from = 10, .until = 30};
    struct import_map *own;
    struct import_sum sum;
    struct import_plan *plan = run(&script, 20000, &own, &sum);
    ck_assert_int_eq(sum.end, IMPORT_END_DONE);
    ck_assert_uint_eq(import_plan_count(plan, IMPORT_DONE), ROWS);
    ck_assert_uint_eq(plan->rejects.count, 0);
    ck_assert_int_eq(script.seen, ROWS + 20);
    import_plan_free(plan);
    import_map_free(own);
}
END_TEST

static const struct {
    enum refusal refusal;
    enum import_end end;
} ends[] = {{REFUSAL_BUSY, IMPORT_END_BUSY}, {REFUSAL_STORAGE_FAILED, IMPORT_END_STORAGE}, {REFUSAL_NO_ROLE, IMPORT_END_NO_ROLE}};

/* Rows that were refused so are not rejects: they wait for the next run. */
START_TEST(test_refused_for_good)
{
    struct script script = {.refusal = ends[_i].refusal, .from = 10, .until = 1000000};
    struct import_map *own;
    struct import_sum sum;
    struct import_plan *plan = run(&script, 300, &own, &sum);
    ck_assert_int_eq(sum.end, ends[_i].end);
    ck_assert_uint_eq(import_plan_count(plan, IMPORT_DONE), 10);
    ck_assert_uint_eq(plan->rejects.count, 0);
    ck_assert_uint_ge(import_plan_count(plan, IMPORT_WAITING), ROWS - 10 - 4);
    ck_assert_uint_le(import_plan_count(plan, IMPORT_SENT), 3);
    import_plan_free(plan);
    import_map_free(own);
}
END_TEST

/* A refusal of one row is no reason to stop. */
START_TEST(test_one_row)
{
    struct script script = {.refusal = REFUSAL_UNKNOWN_UNIT, .from = 10, .until = 11};
    struct import_map *own;
    struct import_sum sum;
    struct import_plan *plan = run(&script, 20000, &own, &sum);
    ck_assert_int_eq(sum.end, IMPORT_END_DONE);
    ck_assert_uint_eq(import_plan_count(plan, IMPORT_DONE), ROWS - 1);
    ck_assert_uint_eq(plan->rejects.count, 1);
    ck_assert_int_eq(plan->rows[10].state, IMPORT_REJECTED);
    ck_assert_str_eq(import_plan_why(plan, 10).code, "UNKNOWN_UNIT");
    import_plan_free(plan);
    import_map_free(own);
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {{test_busy_for_a_while, 2}, {test_refused_for_good, SUITE_COUNT(ends)}, {test_one_row}};
    return suite_run(&(struct suite){.name = "import_send", .timeout_s = 60, .tests = tests, .count = SUITE_COUNT(tests)});
}
