/*
 * test_store_faults.c - the n-th call of LMDB fails, in every way, until a run has no failure. The run does what the engine does:
 * steps, a checkpoint now and then, and after a failure a rewind and the replay from what the district row says.
 */
#include "dispatcher/store/store.h"

#include "tests/store/failing.h"
#include "tests/store/scratch.h"
#include "tests/store/store_kit.h"
#include "tests/suite.h"

#include <errno.h>
#include <lmdb.h>

/* Rows whose ids lie close are one value of the file, so a checkpoint is a few calls: there are many of them. */
#define STEPS 38
#define CHECKPOINT_STEPS 3
#define CHECKPOINT_LAST (STEPS / CHECKPOINT_STEPS * CHECKPOINT_STEPS)

/* Rewinds until it succeeds; returns the last step that the rows have. */
static uint64_t rewind_to(struct store *store, const struct tables *tables, uint64_t checkpointed, uint64_t attempted)
{
    int tries = 0;
    while (store_rewind(store) < 0) {
        struct district_row row;
        ck_assert_int_ne(store_failed(store), 0);
        ck_assert(!tables_get(tables, ROW_DISTRICT, 1, &row)); /* stays latched */
        ck_assert_int_lt(++tries, 3);
    }
    uint64_t last = store_kit_last(tables);
    if (store_failed(store) != 0) {
        return rewind_to(store, tables, checkpointed, attempted);
    }
    ck_assert_msg(last == checkpointed || last == attempted, "rows of step %lu, checkpoint %lu, attempted %lu", last, checkpointed,
                  attempted);
    return last;
}

/* Runs steps from where the rows are, whatever fails on the way. Returns false when the store did not open. */
static bool run(const char *folder)
{
    struct store *store = NULL;
    struct store_options options = {.path = folder, .map_size = 16 << 20};
    if (store_open(&options, &store) < 0) {
        return false;
    }
    struct tables tables = {0};
    store_tables(store, &tables);
    uint64_t checkpointed = store_kit_last(&tables);
    if (store_failed(store) != 0) {
        checkpointed = rewind_to(store, &tables, 0, 10);
    }
    for (uint64_t n = checkpointed + 1; n <= STEPS; n++) {
        store_kit_step(&tables, n);
        uint64_t attempted = checkpointed;
        if (store_failed(store) == 0 && n % CHECKPOINT_STEPS == 0) {
            attempted = n;
            if (store_checkpoint(store) == 0) {
                checkpointed = n;
            }
        }
        if (store_failed(store) != 0) {
            n = checkpointed = rewind_to(store, &tables, checkpointed, attempted);
        }
    }
    ck_assert_int_eq(store_failed(store), 0);
    store_close(store);
    return true;
}

static uint32_t fail_each(uint32_t calls, int error, enum fault_when when)
{
    uint32_t nth = 1;
    for (bool struck = true; struck; nth++) {
        char *folder = scratch_new();
        struct tables tables;
        /* rows of a run before, so that open has something to read */
        struct store *store = store_kit_open(folder, &tables);
        for (uint64_t n = 1; n <= 10; n++) {
            store_kit_step(&tables, n);
        }
        store_close(store);
        failing_arm(&(struct fault_plan){.calls = calls, .nth = nth, .error = error, .when = when});
        bool opened = run(folder);
        struck = failing_disarm();
        ck_assert(opened || struck);
        store = store_kit_open(folder, &tables);
        uint64_t last = store_kit_last(&tables);
        /* a close that fails loses what was behind the last checkpoint, and no more: the journal has it */
        ck_assert_msg(last == STEPS || (struck && (last == CHECKPOINT_LAST || (!opened && last == 10))), "call %u: %lu", nth, last);
        for (uint64_t n = last + 1; n <= STEPS + 3; n++) {
            store_kit_step(&tables, n);
        }
        store_kit_check(store, STEPS + 3);
        store_close(store);
        scratch_drop(folder);
    }
    return nth;
}

START_TEST(every_failing_call_is_latched_and_rewound)
{
    ck_assert_uint_gt(fail_each(FAULT_MDB_PUT, EIO, FAULT_BEFORE), 60);
    ck_assert_uint_gt(fail_each(FAULT_MDB_GET | FAULT_MDB_DEL, EIO, FAULT_BEFORE), 15); /* most rows are read from memory */
    fail_each(FAULT_MDB_PUT, EIO, FAULT_AFTER);
}
END_TEST

START_TEST(a_commit_or_an_open_that_fails_is_rewound)
{
    ck_assert_uint_ge(fail_each(FAULT_MDB_COMMIT | FAULT_MDB_BEGIN, EIO, FAULT_BEFORE), 6);
    fail_each(FAULT_MDB_COMMIT, EIO, FAULT_AFTER);
    fail_each(FAULT_MDB_COMMIT | FAULT_MDB_BEGIN, MDB_PANIC, FAULT_BEFORE);
    ck_assert_uint_ge(fail_each(FAULT_MDB_ENV | FAULT_MDB_CURSOR, EIO, FAULT_BEFORE), 10);
}
END_TEST

START_TEST(a_full_map_and_a_full_disk_are_rewound)
{
    fail_each(FAULT_MDB_PUT, MDB_MAP_FULL, FAULT_BEFORE);
    fail_each(FAULT_MDB_PUT | FAULT_MDB_DEL, MDB_TXN_FULL, FAULT_BEFORE);
    fail_each(FAULT_MDB_COMMIT, ENOSPC, FAULT_BEFORE);
    fail_each(FAULT_MDB_COMMIT, MDB_MAP_FULL, FAULT_BEFORE);
}
END_TEST

START_TEST(an_environment_that_takes_no_transaction_is_opened_anew)
{
    char *folder = scratch_new();
    struct tables tables;
    struct store *store = store_kit_open(folder, &tables);
    for (uint64_t n = 1; n <= 20; n++) {
        store_kit_step(&tables, n);
    }
    ck_assert_int_eq(store_checkpoint(store), 0);
    store_kit_step(&tables, 21);
    failing_arm(&(struct fault_plan){.calls = FAULT_MDB_COMMIT, .nth = 1, .error = EIO});
    ck_assert_int_eq(store_checkpoint(store), -EIO);
    ck_assert(failing_disarm());
    ck_assert_int_eq(store_failed(store), -EIO);
    failing_arm(&(struct fault_plan){.calls = FAULT_MDB_BEGIN, .nth = 1, .error = MDB_PANIC});
    ck_assert_int_eq(store_rewind(store), 0);
    ck_assert(failing_disarm());
    ck_assert_uint_eq(store_kit_last(&tables), 20);
    store_kit_step(&tables, 21);
    ck_assert_int_eq(store_checkpoint(store), 0);
    store_kit_check(store, 21);
    store_close(store);
    scratch_drop(folder);
}
END_TEST

START_TEST(errors_of_lmdb_are_errors_of_the_system)
{
    static const struct {
        int given;
        int wanted;
    } rows[] = {{MDB_MAP_FULL, -ENOSPC},   {MDB_TXN_FULL, -ENOSPC}, {ENOSPC, -ENOSPC}, {EIO, -EIO},
                {MDB_CORRUPTED, -EBADMSG}, {ENOMEM, -ENOMEM}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        char *folder = scratch_new();
        struct tables tables;
        struct store *store = store_kit_open(folder, &tables);
        failing_arm(&(struct fault_plan){.calls = FAULT_MDB_PUT, .nth = 3, .error = rows[i].given});
        store_kit_step(&tables, 1);
        ck_assert_int_eq(store_checkpoint(store), rows[i].wanted);
        ck_assert(failing_disarm());
        ck_assert_int_eq(store_failed(store), rows[i].wanted);
        uint64_t dirty = store_dirty(store);
        store_kit_step(&tables, 2); /* puts do nothing */
        ck_assert_uint_eq(store_dirty(store), dirty);
        store_close(store); /* commits nothing */
        store = store_kit_open(folder, &tables);
        ck_assert_uint_eq(store_count(store, ROW_CASE), 0);
        store_close(store);
        scratch_drop(folder);
    }
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {{every_failing_call_is_latched_and_rewound},
                                       {a_commit_or_an_open_that_fails_is_rewound},
                                       {a_full_map_and_a_full_disk_are_rewound},
                                       {an_environment_that_takes_no_transaction_is_opened_anew},
                                       {errors_of_lmdb_are_errors_of_the_system}};
    return suite_run(&(struct suite){.name = "store/store_faults", .timeout_s = 120, .tests = tests, .count = SUITE_COUNT(tests)});
}
