/* test_store_write.c - checkpoints that are written while work goes on, in a thread of their own and without one */
#include "tests/store/scratch.h"
#include "tests/store/store_kit.h"
#include "tests/suite.h"

#include <errno.h>

static char *folder;
static struct store *store;
static struct tables tables;

static void teardown(void)
{
    store_close(store);
    scratch_drop(folder);
}

static void setup_with(bool background)
{
    folder = scratch_new();
    store = background ? store_kit_open_background(folder, &tables) : store_kit_open(folder, &tables);
}

/* Handed over and perhaps written, and changed again since: what is read is the newest. */
START_TEST(work_goes_on_while_a_checkpoint_is_written)
{
    for (int background = 0; background < 2; background++) {
        setup_with(background);
        for (uint64_t n = 1; n <= 400; n++) {
            store_kit_step(&tables, n);
            if (n % 7 == 0 && !store_checkpoint_running(store)) {
                ck_assert_int_eq(store_checkpoint_begin(store), 0);
                ck_assert(store_checkpoint_running(store));
                ck_assert_uint_eq(store_dirty(store), 0);
            }
            if (n % 7 == 4) {
                int rc = store_checkpoint_end(store, n % 2 == 0);
                ck_assert(rc == 0 || (background && rc == -EINPROGRESS));
            }
        }
        store_kit_check(store, 400);
        teardown();
    }
}
END_TEST

/* A rewind knows what has ended, and waits for what is running; a close writes what has changed since as well. */
START_TEST(a_rewind_and_a_close_while_a_checkpoint_is_written)
{
    for (int background = 0; background < 2; background++) {
        for (int closed = 0; closed < 2; closed++) {
            setup_with(background);
            for (uint64_t n = 1; n <= 500; n++) {
                store_kit_step(&tables, n);
                if (n == 300) {
                    ck_assert_int_eq(store_checkpoint(store), 0);
                } else if (n == 450) {
                    ck_assert_int_eq(store_checkpoint_begin(store), 0);
                }
            }
            if (closed) {
                store_close(store);
                store = store_kit_open(folder, &tables);
            } else {
                ck_assert_int_eq(store_rewind(store), 0);
            }
            ck_assert(!store_checkpoint_running(store));
            ck_assert_uint_eq(store_kit_last(&tables), closed ? 500 : 450);
            store_kit_check(store, closed ? 500 : 450);
            teardown();
        }
    }
}
END_TEST

/* Rows that are being written, or gone while they are: each list of ids has what is there, once. */
START_TEST(ids_while_a_checkpoint_is_written)
{
    setup_with(false);
    uint64_t ids[16];
    for (uint64_t id = 1; id <= 6; id++) {
        struct request_row row = store_kit_request(id * 10, id);
        tables_put(&tables, ROW_REQUEST, id * 10, &row);
    }
    ck_assert_int_eq(store_checkpoint(store), 0);
    tables.ops->drop(tables.store, ROW_REQUEST, 20); /* stored, gone with what is handed over */
    struct request_row again = store_kit_request(30, 7), seventh = store_kit_request(70, 8);
    tables_put(&tables, ROW_REQUEST, 30, &again);
    tables_put(&tables, ROW_REQUEST, 70, &seventh);
    ck_assert_int_eq(store_checkpoint_begin(store), 0);
    tables.ops->drop(tables.store, ROW_REQUEST, 70); /* handed over, gone since */
    tables.ops->drop(tables.store, ROW_REQUEST, 50);
    struct request_row back = store_kit_request(20, 9), eighth = store_kit_request(80, 10);
    tables_put(&tables, ROW_REQUEST, 20, &back);
    tables_put(&tables, ROW_REQUEST, 80, &eighth);
    static const uint64_t wanted[] = {10, 20, 30, 40, 60, 80};
    for (int round = 0; round < 3; round++) {
        ck_assert_uint_eq(store_ids_from(store, ROW_REQUEST, 0, ids, 16), 6);
        ck_assert_mem_eq(ids, wanted, sizeof(wanted));
        ck_assert_uint_eq(store_ids_before(store, ROW_REQUEST, 0, ids, 16), 6);
        for (size_t i = 0; i < 6; i++) {
            ck_assert_uint_eq(ids[i], wanted[5 - i]);
        }
        ck_assert_uint_eq(store_ids_from(store, ROW_REQUEST, 21, ids, 2), 2);
        ck_assert_uint_eq(ids[0], 30);
        ck_assert_uint_eq(store_ids_before(store, ROW_REQUEST, 60, ids, 2), 2);
        ck_assert_uint_eq(ids[0], 40);
        ck_assert_uint_eq(store_count(store, ROW_REQUEST), 6);
        ck_assert_int_eq(round == 0 ? store_checkpoint_end(store, true) : store_checkpoint(store), 0);
    }
    teardown();
}
END_TEST

struct sums {
    unsigned calls;
    int64_t num, den;
};

static bool add_key(void *arg, const struct counter_key *key, const struct counter *counter)
{
    struct sums *sums = arg;
    (void)key;
    sums->calls++;
    sums->num += counter->num;
    sums->den += counter->den;
    return true;
}

static bool add_unit(void *arg, const struct code *acct, const struct counter *counter)
{
    (void)acct;
    return add_key(arg, NULL, counter);
}

/* What counters add up to is the same whether they are buffered, being written or written. */
START_TEST(counters_while_a_checkpoint_is_written)
{
    setup_with(false);
    const struct counter_key key = store_kit_key(1, 5, 0, "east"), other = store_kit_key(1, 6, 0, "west");
    const struct counter delta = {.num = 1, .den = 2};
    for (int layer = 0; layer < 3; layer++) { /* written, handed over, buffered */
        tables.ops->count(tables.store, &key, &delta);
        if (layer == 1) {
            tables.ops->count(tables.store, &other, &delta);
        }
        ck_assert_int_eq(layer == 0 ? store_checkpoint(store) : layer == 1 ? store_checkpoint_begin(store) : 0, 0);
    }
    for (int round = 0; round < 2; round++) {
        struct sums sums = {0};
        store_counters(store, 1, 0, UINT32_MAX, add_key, &sums);
        ck_assert_uint_eq(sums.calls, 2);
        ck_assert_int_eq(sums.num, 4);
        sums = (struct sums){0};
        store_unit_counters(store, 1, 0, UINT32_MAX, add_unit, &sums);
        ck_assert_int_eq(sums.num, 4);
        ck_assert_int_eq(sums.den, 8);
        ck_assert_int_eq(store_checkpoint_end(store, true), 0);
    }
    teardown();
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {{work_goes_on_while_a_checkpoint_is_written},
                                       {a_rewind_and_a_close_while_a_checkpoint_is_written},
                                       {ids_while_a_checkpoint_is_written},
                                       {counters_while_a_checkpoint_is_written}};
    return suite_run(&(struct suite){.name = "store/store_write", .timeout_s = 120, .tests = tests, .count = SUITE_COUNT(tests)});
}
