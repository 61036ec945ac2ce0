/*
 * test_store.c - tests of store.h: the rows: LMDB as the last checkpoint left it, what changed since in memory, and the memory
 * indexes over what is open
 */
#include "dispatcher/store/store.h"

#include "dispatcher/store/store_inner.h"
#include "tests/store/scratch.h"
#include "tests/store/store_kit.h"
#include "tests/suite.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char *folder;
static struct store *store;
static struct tables tables;

static void setup(void)
{
    folder = scratch_new();
    store = store_kit_open(folder, &tables);
}

static void teardown(void)
{
    ck_assert_int_eq(store_failed(store), 0);
    store = store_close(store);
    ck_assert_ptr_null(store);
    scratch_drop(folder);
}

static void reopen(void)
{
    store_close(store);
    store = store_kit_open(folder, &tables);
}

static void put_clock(uint64_t id, int64_t at_ms)
{
    struct clock_row row = store_kit_clock(id, at_ms);
    tables_put(&tables, ROW_CLOCK, id, &row);
}

static void put_duty(uint64_t id, const char *unit, int state, int64_t due_at)
{
    struct duty_row row = store_kit_duty(id, unit, state, due_at);
    tables_put(&tables, ROW_DUTY, id, &row);
}

static void put_claim(uint64_t id, int64_t until)
{
    struct duty_row row = store_kit_duty(id, "water", DUTY_STATE_OFFERED, 5);
    row.claimed = until != 0;
    row.claimed_until = until;
    tables_put(&tables, ROW_DUTY, id, &row);
}

static int swallow(void *arg, const void *data, size_t size)
{
    (void)arg;
    (void)data;
    (void)size;
    return 0;
}

static void expect_timer(int64_t at_ms, int kind, uint64_t id)
{
    int64_t at = 0;
    int found_kind = 0;
    uint64_t found = 0;
    bool there = store_next_timer(store, &at, &found_kind, &found);
    ck_assert_int_eq(there, id != 0);
    if (there) {
        ck_assert_int_eq(at, at_ms);
        ck_assert_int_eq(found_kind, kind);
        ck_assert_uint_eq(found, id);
    }
}

START_TEST(rows_read_back_and_a_missing_row_is_all_zero)
{
    setup();
    struct case_row row = {.case_id = 7, .day = 260101}, back;
    memset(&back, 1, sizeof(back));
    ck_assert(!tables_get(&tables, ROW_CASE, 7, &back));
    static const struct case_row zero;
    ck_assert_mem_eq(&back, &zero, sizeof(back));
    tables_put(&tables, ROW_CASE, 7, &row);
    row.case_id = 5; /* not ascending */
    tables_put(&tables, ROW_CASE, 5, &row);
    row.case_id = 9;
    tables_put(&tables, ROW_CASE, 9, &row);
    row.day = 260102;
    tables_put(&tables, ROW_CASE, 9, &row);
    ck_assert_uint_eq(store_count(store, ROW_CASE), 3);
    ck_assert_uint_eq(store_dirty(store), 4);
    for (int round = 0; round < 2; round++) {
        ck_assert(tables_get(&tables, ROW_CASE, 9, &back));
        ck_assert_uint_eq(back.day, 260102);
        ck_assert(tables_get(&tables, ROW_CASE, 5, &back));
        ck_assert_uint_eq(back.day, 260101);
        ck_assert(!tables_get(&tables, ROW_CASE, 6, &back));
        reopen();
        ck_assert_uint_eq(store_dirty(store), 0);
    }
    teardown();
}
END_TEST

/* In memory, in the file, and after a rewind. */
START_TEST(a_row_is_changed_in_its_place)
{
    struct case_row row = {.case_id = 7, .day = 260101};
    setup();
    ck_assert_ptr_null(tables_edit(&tables, ROW_CASE, 7));
    tables_put(&tables, ROW_CASE, 7, &row);
    for (uint32_t n = 1; n <= 3; n++) {
        struct case_row *place = tables_edit(&tables, ROW_CASE, 7);
        ck_assert_ptr_nonnull(place);
        ck_assert_uint_eq(place->day_no, n - 1);
        place->day_no = n;
        ck_assert(tables_get(&tables, ROW_CASE, 7, &row));
        ck_assert_uint_eq(row.day_no, n);
        ck_assert_uint_gt(store_dirty(store), 0);
        ck_assert_int_eq(store_checkpoint(store), 0);
        ck_assert_int_eq(store_rewind(store), 0); /* nothing of it is in memory any more */
    }
    ((struct case_row *)tables_edit(&tables, ROW_CASE, 7))->day_no = 99;
    ck_assert_int_eq(store_rewind(store), 0);
    ck_assert(tables_get(&tables, ROW_CASE, 7, &row));
    ck_assert_uint_eq(row.day_no, 3);
    ck_assert_ptr_null(tables_edit(&tables, ROW_CASE, 8));
    teardown();
}
END_TEST

START_TEST(a_rewind_goes_back_to_the_last_checkpoint)
{
    setup();
    for (uint64_t n = 1; n <= 50; n++) {
        store_kit_step(&tables, n);
    }
    ck_assert_int_eq(store_checkpoint(store), 0);
    ck_assert_uint_eq(store_dirty(store), 0);
    for (uint64_t n = 51; n <= 90; n++) {
        store_kit_step(&tables, n);
    }
    ck_assert_int_eq(store_rewind(store), 0);
    ck_assert_uint_eq(store_kit_last(&tables), 50);
    ck_assert_uint_eq(store_dirty(store), 0);
    for (uint64_t n = 51; n <= 120; n++) { /* replay */
        store_kit_step(&tables, n);
    }
    store_kit_check(store, 120);
    teardown();
}
END_TEST

START_TEST(a_crash_leaves_the_last_checkpoint_and_a_close_makes_one)
{
    setup();
    for (uint64_t n = 1; n <= 200; n++) {
        store_kit_step(&tables, n);
        if (n % 60 == 0) {
            ck_assert_int_eq(store_checkpoint(store), 0);
        }
        if (n == 150) {
            struct tables other_tables;
            char *copy = scratch_new();
            scratch_copy(folder, copy);
            struct store *other = store_kit_open(copy, &other_tables);
            ck_assert_uint_eq(store_kit_last(&other_tables), 120);
            for (uint64_t i = 121; i <= 130; i++) {
                store_kit_step(&other_tables, i);
            }
            store_kit_check(other, 130);
            store_close(other);
            scratch_drop(copy);
        }
    }
    reopen();
    ck_assert_uint_eq(store_kit_last(&tables), 200);
    store_kit_check(store, 200);
    teardown();
}
END_TEST

START_TEST(timers_follow_their_rows)
{
    setup();
    expect_timer(0, 0, 0);
    put_clock(1, 500);
    put_clock(2, 300);
    put_claim(3, 400);
    expect_timer(300, 0, 2);
    put_clock(2, 600); /* later */
    expect_timer(400, 1, 3);
    put_claim(3, 350); /* earlier */
    expect_timer(350, 1, 3);
    put_claim(3, 0);
    expect_timer(500, 0, 1);
    struct clock_row row = {0};
    ck_assert(tables_get(&tables, ROW_CLOCK, 1, &row));
    row.fired = 1; /* the next rung is a second later */
    tables_put(&tables, ROW_CLOCK, 1, &row);
    expect_timer(600, 0, 2);
    put_clock(2, 0);
    expect_timer(1500, 0, 1);
    reopen();
    expect_timer(1500, 0, 1);
    put_clock(1, 0);
    expect_timer(0, 0, 0);
    put_clock(1, 700);
    put_clock(1, 800);
    put_clock(1, 700); /* the instant is twice in the heap */
    expect_timer(700, 0, 1);
    put_clock(1, 0);
    expect_timer(0, 0, 0);
    put_clock(4, 900);
    struct duty_row done = store_kit_duty(5, "water", DUTY_STATE_DONE, 0);
    done.claimed = 1;
    done.claimed_until = 1;
    tables_put(&tables, ROW_DUTY, 5, &done);
    expect_timer(900, 0, 4);
    teardown();
}
END_TEST

START_TEST(stale_timers_are_swept_away)
{
    setup();
    for (uint64_t n = 1; n <= 100; n++) {
        put_clock(n, 1000000);
    }
    size_t most = 0;
    for (int64_t round = 0; round < 60000; round++) {
        put_clock((uint64_t)round % 100 + 1, 2000000 + round);
        most = store->timers.count > most ? store->timers.count : most;
    }
    ck_assert_uint_eq(store->timers.live, 100);
    ck_assert_uint_le(most, 6000);
    expect_timer(2000000 + 59900, 0, 1);
    teardown();
}
END_TEST

START_TEST(inboxes_follow_their_rows)
{
    setup();
    struct code water = store_kit_code("water"), heat = store_kit_code("heat");
    uint64_t page[10];
    put_duty(1, "water", DUTY_STATE_OFFERED, 900);
    put_duty(2, "water", DUTY_STATE_SIGNED, 100);
    put_duty(3, "water", DUTY_STATE_HELD, 0);
    put_duty(4, "water", DUTY_STATE_DONE, 50);
    put_duty(5, "heat", DUTY_STATE_OFFERED, 1);
    put_duty(1, "water", DUTY_STATE_SIGNED, 90);
    for (int round = 0; round < 2; round++) {
        static const uint64_t wanted[] = {1, 2, 3};
        ck_assert_uint_eq(store_inbox(store, &water, 0, 0, page, 10), 3);
        ck_assert_mem_eq(page, wanted, sizeof(wanted));
        ck_assert_uint_eq(store_inbox(store, &water, 90, 1, page, 1), 1);
        ck_assert_uint_eq(page[0], 2);
        ck_assert_uint_eq(store_inbox(store, &heat, 0, 0, page, 10), 1);
        reopen();
    }
    put_duty(1, "heat", DUTY_STATE_SIGNED, 90);
    put_duty(2, "water", DUTY_STATE_ENDED, 100);
    ck_assert_uint_eq(store_inbox(store, &water, 0, 0, page, 10), 1);
    ck_assert_uint_eq(store_inbox(store, &heat, 0, 0, page, 10), 2);
    teardown();
}
END_TEST

START_TEST(requests_are_found_by_hash_until_they_are_dropped)
{
    setup();
    for (uint64_t id = 1; id <= 6; id++) {
        struct request_row row = store_kit_request(id, id % 2);
        tables_put(&tables, ROW_REQUEST, id, &row);
    }
    struct request_row row = {0};
    ck_assert(tables_get(&tables, ROW_REQUEST, 6, &row));
    row.next = 7;
    tables_put(&tables, ROW_REQUEST, 6, &row);
    for (int round = 0; round < 2; round++) {
        ck_assert_uint_eq(tables.ops->request(tables.store, 1, 0), 5);
        ck_assert_uint_eq(tables.ops->request(tables.store, 1, 5), 3);
        ck_assert_uint_eq(tables.ops->request(tables.store, 0, 0), 6);
        ck_assert_uint_eq(tables.ops->request(tables.store, 2, 0), 0);
        reopen();
    }
    tables.ops->drop(tables.store, ROW_REQUEST, 5);
    tables.ops->drop(tables.store, ROW_REQUEST, 5); /* not there: nothing */
    ck_assert_uint_eq(tables.ops->request(tables.store, 1, 0), 3);
    ck_assert(!tables_get(&tables, ROW_REQUEST, 5, &row));
    teardown();
}
END_TEST

struct seen {
    size_t count;
    size_t stop_at;
    struct counter_key keys[20];
    struct counter counters[20];
};

static bool note(void *arg, const struct counter_key *key, const struct counter *counter)
{
    struct seen *seen = arg;
    ck_assert_uint_lt(seen->count, 20);
    seen->keys[seen->count] = *key;
    seen->counters[seen->count++] = *counter;
    return seen->count != seen->stop_at;
}

static void count(uint32_t metric, uint32_t slot, int64_t value, const char *street, int64_t num)
{
    struct counter_key key = store_kit_key(metric, slot, value, street);
    struct counter delta = {.num = num};
    tables.ops->count(tables.store, &key, &delta);
}

START_TEST(counters_are_those_of_the_rows_and_the_buffered_ones)
{
    setup();
    count(1, 10, 0, "east", 1);
    count(1, 10, -7, "east", 2);
    count(1, 12, 0, "west", 4);
    count(1, 20, 0, "east", 8);
    count(2, 10, 0, "east", 16);
    ck_assert_int_eq(store_checkpoint(store), 0);
    count(1, 10, 0, "east", 32);  /* changes one */
    count(1, 11, 0, "north", 64); /* comes between */
    count(1, 12, 0, "west", -4);  /* takes one away */
    count(0, 10, 0, "east", 128);
    for (int round = 0; round < 3; round++) {
        struct seen seen = {0};
        store_counters(store, 1, 10, 20, note, &seen);
        ck_assert_uint_eq(seen.count, 3);
        ck_assert_int_eq(seen.counters[0].num, 2);
        ck_assert_int_eq(seen.keys[0].value, -7);
        ck_assert_int_eq(seen.counters[1].num, 33);
        ck_assert_int_eq(seen.counters[2].num, 64);
        ck_assert_str_eq(seen.keys[2].street.s, "north");
        seen = (struct seen){.stop_at = 2};
        store_counters(store, 1, 0, UINT32_MAX, note, &seen);
        ck_assert_uint_eq(seen.count, 2);
        seen = (struct seen){0};
        store_counters(store, 3, 0, UINT32_MAX, note, &seen);
        ck_assert_uint_eq(seen.count, 0);
        if (round == 0) {
            ck_assert_int_eq(store_checkpoint(store), 0);
        } else {
            reopen();
        }
    }
    MDB_stat stat;
    ck_assert_int_eq(mdb_stat(store->txn, store->counters_dbi, &stat), 0);
    ck_assert_uint_eq(stat.ms_entries, 6); /* the zero one is not kept */
    teardown();
}
END_TEST

START_TEST(ids_come_in_pages_from_the_newest)
{
    setup();
    uint64_t ids[10];
    ck_assert_uint_eq(store_ids_before(store, ROW_CASE, 0, ids, 10), 0);
    for (uint64_t id = 3; id <= 30; id += 3) {
        struct case_row row = {.case_id = id};
        tables_put(&tables, ROW_CASE, id, &row);
    }
    ck_assert_uint_eq(store_ids_before(store, ROW_CASE, 0, ids, 3), 3);
    ck_assert_uint_eq(ids[0], 30);
    ck_assert_uint_eq(ids[2], 24);
    ck_assert_uint_eq(store_ids_before(store, ROW_CASE, 24, ids, 10), 7);
    ck_assert_uint_eq(ids[0], 21);
    ck_assert_uint_eq(ids[6], 3);
    ck_assert_uint_eq(store_ids_before(store, ROW_CASE, 8, ids, 10), 2);
    ck_assert_uint_eq(ids[0], 6);
    ck_assert_uint_eq(store_ids_before(store, ROW_CASE, 99, ids, 1), 1);
    ck_assert_uint_eq(ids[0], 30);
    ck_assert_uint_eq(store_ids_from(store, ROW_CASE, 0, ids, 3), 3);
    ck_assert_uint_eq(ids[0], 3);
    ck_assert_uint_eq(ids[2], 9);
    ck_assert_uint_eq(store_ids_from(store, ROW_CASE, 9, ids, 10), 8); /* itself included */
    ck_assert_uint_eq(ids[0], 9);
    ck_assert_uint_eq(ids[7], 30);
    ck_assert_uint_eq(store_ids_from(store, ROW_CASE, 31, ids, 10), 0);
    ck_assert_uint_eq(store_ids_from(store, ROW_DUTY, 0, ids, 10), 0);
    ck_assert_uint_eq(store_ids_before(store, ROW_CASE, 3, ids, 10), 0);
    teardown();
}
END_TEST

/* Steps until the store fails; returns the last step that did not. */
static uint64_t step_until_failure(uint64_t from, uint64_t until)
{
    for (uint64_t n = from; n <= until; n++) {
        store_kit_step(&tables, n);
        if (store_failed(store) != 0) {
            return n - 1;
        }
    }
    return until;
}

START_TEST(a_full_map_is_a_failure_until_the_rewind_makes_it_larger)
{
    folder = scratch_new();
    struct store_options options = {.path = folder, .map_size = 160000};
    ck_assert_int_eq(store_open(&options, &store), 0);
    store_tables(store, &tables);
    uint64_t checkpointed = 0, last = 0;
    int rewinds = 0;
    while (last < 1500) {
        last = step_until_failure(last + 1, last + 60);
        if (store_failed(store) == 0 && store_checkpoint(store) == 0) {
            checkpointed = last;
            continue;
        }
        ck_assert_int_eq(store_failed(store), -ENOSPC);
        struct case_row row;
        ck_assert(!tables_get(&tables, ROW_CASE, 1, &row)); /* latched */
        ck_assert_int_eq(store_checkpoint(store), -ENOSPC);
        ck_assert_int_eq(store_rewind(store), 0);
        ck_assert_uint_eq(store_kit_last(&tables), checkpointed);
        last = checkpointed;
        ck_assert_int_lt(++rewinds, 10);
    }
    ck_assert_int_gt(rewinds, 1);
    store_kit_check(store, last);
    teardown();
}
END_TEST

START_TEST(a_small_map_given_to_a_large_store_is_made_larger)
{
    setup();
    for (uint64_t n = 1; n <= 300; n++) {
        store_kit_step(&tables, n);
    }
    store_close(store);
    struct store_options options = {.path = folder, .map_size = 65536};
    ck_assert_int_eq(store_open(&options, &store), 0);
    store_tables(store, &tables);
    ck_assert_uint_eq(step_until_failure(301, 400), 400);
    store_kit_check(store, 400);
    teardown();
}
END_TEST

START_TEST(a_store_of_other_rows_is_refused)
{
    setup();
    MDB_txn *txn;
    MDB_val key = {.mv_size = 4, .mv_data = (char[]){"rows"}}, value = {.mv_size = 3, .mv_data = (char[]){"old"}};
    ck_assert_int_eq(mdb_txn_begin(store->env, NULL, 0, &txn), 0);
    ck_assert_int_eq(mdb_put(txn, store->meta_dbi, &key, &value, 0), 0);
    ck_assert_int_eq(mdb_txn_commit(txn), 0);
    store_close(store);
    struct store_options options = {.path = folder, .map_size = 1 << 20};
    ck_assert_int_eq(store_open(&options, &store), -ENOTSUP);
    scratch_drop(folder);
}
END_TEST

/* All sizes are the same: a byte may still have changed its meaning. */
START_TEST(a_store_of_rows_that_mean_something_else_is_refused)
{
    setup();
    char said[STORE_SAID];
    struct store_layout layout = store_layout();
    ck_assert(store_rows_hash != 0);
    ck_assert_uint_eq(layout.rows_hash, store_rows_hash);
    layout.rows_hash++;
    store_kit_write(store, STORE_META, "rows", 4, &layout, sizeof(layout));
    store_close(store);
    ck_assert_int_eq(store_verify(folder, said), -ENOTSUP);
    struct store_options options = {.path = folder, .map_size = 1 << 20};
    ck_assert_int_eq(store_open(&options, &store), -ENOTSUP);
    scratch_drop(folder);
}
END_TEST

START_TEST(a_reader_sees_the_last_checkpoint_beside_the_writer)
{
    setup();
    for (uint64_t n = 1; n <= 100; n++) {
        store_kit_step(&tables, n);
    }
    ck_assert_int_eq(store_checkpoint(store), 0);
    store_kit_step(&tables, 101);
    char *copy = scratch_new(); /* LMDB does not want one process to open a file twice */
    scratch_copy(folder, copy);
    struct store_options options = {.path = copy, .map_size = (size_t)1 << 30, .read_only = true};
    struct store *reader = NULL;
    struct tables reader_tables = {0};
    int64_t at_ms;
    int kind;
    uint64_t id, page[3];
    struct code water = store_kit_code("water");
    ck_assert_int_eq(store_open(&options, &reader), 0);
    store_tables(reader, &reader_tables);
    ck_assert_uint_eq(store_kit_last(&reader_tables), 100);
    ck_assert(store_next_timer(reader, &at_ms, &kind, &id));
    ck_assert_uint_eq(store_inbox(reader, &water, 0, 0, page, 3), 3);
    store_close(reader);
    options.path = scratch_path(copy, "nothing");
    ck_assert_int_eq(store_open(&options, &reader), -ENOENT);
    scratch_drop(copy);
    teardown();
}
END_TEST

static void put_case(uint64_t id, uint32_t day)
{
    struct case_row row = {.case_id = id, .day = day};
    tables_put(&tables, ROW_CASE, id, &row);
}

static uint32_t day_of(uint64_t id)
{
    struct case_row row;
    return tables_get(&tables, ROW_CASE, id, &row) ? row.day : 0;
}

/* Readers that are killed leave their places in LMDB's table taken: more of them than it has. */
START_TEST(killed_readers_are_forgotten)
{
    struct store_options options = {.path = NULL, .map_size = 1 << 30, .read_only = true};
    struct store *reader = NULL;
    setup();
    store_kit_step(&tables, 1);
    ck_assert_int_eq(store_checkpoint(store), 0);
    options.path = folder;
    for (int i = 0; i < 300; i++) {
        pid_t child = fork();
        int status;
        if (child == 0) {
            if (store_open(&options, &reader) == 0) {
                raise(SIGKILL);
            }
            _exit(1);
        }
        ck_assert_int_eq(waitpid(child, &status, 0), child);
        ck_assert_msg(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, "reader %d: %d", i, status);
    }
    ck_assert_int_eq(store_copy(store, swallow, NULL), 0);
    ck_assert_int_eq(store_scrub(store, 10), 0);
    teardown();
}
END_TEST

START_TEST(more_rows_than_memory_keeps_are_as_they_were_put)
{
    setup();
    const uint64_t last = 3 * CACHE_ROWS + 100;
    put_case(1, 1);
    ck_assert_int_eq(store_checkpoint(store), 0);
    for (uint64_t id = 2; id <= last; id++) {
        put_case(id, (uint32_t)id);
        if (id > 5) {
            put_case(id - 5, day_of(id - 5) + 1); /* changed while in memory */
        }
        put_case(id % 100 + 1, 7); /* and when it has long been written */
    }
    ck_assert_uint_eq(store_count(store, ROW_CASE), last);
    for (int round = 0; round < 2; round++) {
        for (uint64_t id = 1; id <= 100; id++) {
            ck_assert_uint_eq(day_of(id), 7);
        }
        for (uint64_t id = 101; id <= last; id++) {
            ck_assert_uint_eq(day_of(id), id + (id <= last - 5));
        }
        if (round == 0) {
            reopen();
        }
    }
    put_case(1, 9);
    for (uint64_t id = last + 1; id <= last + 2 * CACHE_ROWS; id++) {
        put_case(id, 1);
    }
    ck_assert_int_eq(store_rewind(store), 0);
    ck_assert_uint_eq(day_of(1), 7);
    ck_assert_uint_eq(day_of(last + 1), 0);
    ck_assert_uint_eq(store_count(store, ROW_CASE), last);
    put_case(last + 1, 3);
    reopen();
    ck_assert_uint_eq(day_of(last + 1), 3);
    teardown();
}
END_TEST

START_TEST(a_dropped_row_is_gone_whether_it_was_written_or_not)
{
    setup();
    struct request_row row = {.seq = 1, .key_hash = 1}, back;
    for (uint64_t id = 1; id <= 6; id++) {
        tables_put(&tables, ROW_REQUEST, id, &row);
    }
    ck_assert_int_eq(store_checkpoint(store), 0);
    for (uint64_t id = 7; id <= 9; id++) {
        tables_put(&tables, ROW_REQUEST, id, &row);
    }
    for (uint64_t id = 2; id <= 8; id += 2) {
        tables.ops->drop(tables.store, ROW_REQUEST, id);
    }
    tables_put(&tables, ROW_REQUEST, 4, &row); /* again there */
    for (int round = 0; round < 3; round++) {
        for (uint64_t id = 1; id <= 9; id++) {
            ck_assert_int_eq(tables_get(&tables, ROW_REQUEST, id, &back), id != 2 && id != 6 && id != 8);
        }
        if (round == 0) {
            ck_assert_uint_eq(store_count(store, ROW_REQUEST), 6);
        }
        if (round == 1) {
            reopen();
        }
    }
    ck_assert_uint_eq(store_count(store, ROW_REQUEST), 6);
    teardown();
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {{rows_read_back_and_a_missing_row_is_all_zero},
                                       {a_row_is_changed_in_its_place},

                                       {a_rewind_goes_back_to_the_last_checkpoint},
                                       {a_crash_leaves_the_last_checkpoint_and_a_close_makes_one},
                                       {timers_follow_their_rows},
                                       {stale_timers_are_swept_away},
                                       {inboxes_follow_their_rows},
                                       {requests_are_found_by_hash_until_they_are_dropped},
                                       {counters_are_those_of_the_rows_and_the_buffered_ones},
                                       {ids_come_in_pages_from_the_newest},
                                       {killed_readers_are_forgotten},
                                       {more_rows_than_memory_keeps_are_as_they_were_put},
                                       {a_dropped_row_is_gone_whether_it_was_written_or_not},
                                       {a_full_map_is_a_failure_until_the_rewind_makes_it_larger},
                                       {a_small_map_given_to_a_large_store_is_made_larger},
                                       {a_store_of_other_rows_is_refused},
                                       {a_store_of_rows_that_mean_something_else_is_refused},
                                       {a_reader_sees_the_last_checkpoint_beside_the_writer}};
    return suite_run(&(struct suite){.name = "store/store", .timeout_s = 120, .tests = tests, .count = SUITE_COUNT(tests)});
}
