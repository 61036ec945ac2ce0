/* test_store_rollups.c - roll-ups by accountable unit are what the counters add up to, and a month of them is few rows. */
#include "dispatcher/store/store_inner.h"

#include "tests/store/scratch.h"
#include "tests/store/store_kit.h"
#include "tests/suite.h"

#include <errno.h>
#include <string.h>

enum { UNITS = 5, REASON = 3 };

static const char *const units[UNITS] = {"", "N", "north", "south", "longest-code-of-32-bytes.1234567"};

static char *folder;
static struct store *store;
static struct tables tables;

static void begin(void)
{
    folder = scratch_new();
    store = store_kit_open(folder, &tables);
}

static void end(void)
{
    store_close(store);
    scratch_drop(folder);
}

static void count(uint32_t metric, uint32_t slot, int unit, const char *matter, int64_t num)
{
    struct counter_key key = {.metric = metric, .slot = slot};
    struct counter delta = {.num = num, .den = 1};
    key.acct = store_kit_code(units[unit]);
    key.matter = store_kit_code(matter);
    delta.excluded[REASON] = num % 2;
    tables.ops->count(tables.store, &key, &delta);
}

struct sums {
    struct counter of[UNITS];
    uint32_t rows;
};

static bool add_unit(void *arg, const struct code *acct, const struct counter *counter)
{
    struct sums *sums = arg;
    int unit = 0;
    while (strncmp(units[unit], acct->s, CODE_SIZE) != 0) {
        ck_assert_int_lt(++unit, UNITS);
    }
    counters_sum(&sums->of[unit], counter);
    sums->rows++;
    return true;
}

static bool add_counter(void *arg, const struct counter_key *key, const struct counter *counter)
{
    return add_unit(arg, &key->acct, counter);
}

static void expect_same(uint32_t metric, uint32_t from, uint32_t until)
{
    struct sums wanted = {0}, got = {0};
    store_counters(store, metric, from, until, add_counter, &wanted);
    store_unit_counters(store, metric, from, until, add_unit, &got);
    ck_assert_msg(memcmp(wanted.of, got.of, sizeof(got.of)) == 0, "metric %u, %u to %u", metric, from, until);
}

/* Over random ranges, with what is written, what is buffered, what was taken back, and after a rewind. */
START_TEST(they_are_what_the_counters_add_up_to)
{
    uint64_t random = 7;
    begin();
    for (int round = 0; round < 12; round++) {
        for (int i = 0; i < 400; i++) {
            random = random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
            uint32_t slot = 1000 + (uint32_t)(random >> 33) % 9000;
            count((uint32_t)(random >> 20) % 2, slot, (int)(random >> 40) % UNITS, (random >> 50) % 2 == 0 ? "M1" : "M2",
                  (int64_t)(random >> 45) % 3 - 1);
        }
        if (round % 4 == 3) {
            ck_assert_int_eq(store_rewind(store), 0);
        } else if (round % 4 != 2) {
            ck_assert_int_eq(store_checkpoint(store), 0);
        }
        for (int i = 0; i < 200; i++) {
            random = random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
            uint32_t from = 900 + (uint32_t)(random >> 33) % 9200;
            expect_same((uint32_t)(random >> 20) % 3, from, from + (uint32_t)(random >> 40) % 6000);
        }
        expect_same(0, 0, UINT32_MAX);
        expect_same(1, 2048, 2048);
        expect_same(1, 2048, 4096);
        expect_same(1, 4096, UINT32_MAX);
    }
    end();
}
END_TEST

/* A year in which each unit has counters in each quarter hour: a month is 14,400 of them, and few roll-ups. */
START_TEST(a_month_is_few_rows)
{
    begin();
    for (uint32_t slot = 0; slot < 365 * 96; slot++) {
        for (int unit = 0; unit < UNITS; unit++) {
            count(0, slot, unit, "M1", 1);
        }
        if (slot % 96 == 95) {
            ck_assert_int_eq(store_checkpoint(store), 0);
        }
    }
    static const struct {
        uint32_t from, until, rows; /* of one unit, at most */
    } ranges[] = {
        {64, 64 + 30 * 96, 25},           /* days that begin at 16:00 UTC */
        {20, 20 + 30 * 96, 25 + 32},      /* at 05:00: quarter hours at both ends */
        {20 + 96, 20 + 31 * 96, 25 + 32}, /* a day later */
        {0, UINT32_MAX, 32},
        {64, 64 + 364 * 96, 45},
    };
    for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
        struct sums sums = {0};
        store_unit_counters(store, 0, ranges[i].from, ranges[i].until, add_unit, &sums);
        ck_assert_msg(sums.rows <= ranges[i].rows * UNITS, "%zu: %u rows", i, sums.rows);
        uint32_t end_slot = ranges[i].until < 365 * 96 ? ranges[i].until : 365 * 96;
        ck_assert_int_eq(sums.of[1].den, end_slot - ranges[i].from);
    }
    end();
}
END_TEST

static bool enough(void *arg, const struct code *acct, const struct counter *counter)
{
    (void)acct;
    (void)counter;
    return --*(int *)arg > 0;
}

START_TEST(the_walk_stops_when_told)
{
    begin();
    for (uint32_t slot = 0; slot < 500; slot++) {
        count(0, slot, 1, "M1", 1);
        if (slot == 400) {
            ck_assert_int_eq(store_checkpoint(store), 0);
        }
    }
    for (int left = 1; left < 60; left++) { /* in quarter hours, in each level, in what is buffered */
        int rows = left;
        store_unit_counters(store, 0, 5, UINT32_MAX, enough, &rows);
        ck_assert_int_eq(rows, 0);
    }
    end();
}
END_TEST

/* What takes a unit's sum to nothing leaves no row, and lengths of a distribution have none. */
START_TEST(zero_and_distributions_are_not_there)
{
    MDB_stat stat;
    begin();
    count(0, 7, 1, "M1", 3);
    ck_assert_int_eq(store_checkpoint(store), 0);
    ck_assert_int_eq(mdb_stat(store->txn, store->rollups_dbi, &stat), 0);
    ck_assert_uint_eq(stat.ms_entries, 3);
    struct counter_key key = {.slot = 7}, length = {.metric = 1, .slot = 7, .value = 5};
    struct counter back = {.num = -3, .den = -1};
    back.excluded[REASON] = -1;
    key.acct = length.acct = store_kit_code(units[1]);
    key.matter = store_kit_code("M1");
    tables.ops->count(tables.store, &key, &back);
    tables.ops->count(tables.store, &length, &back);
    ck_assert_int_eq(store_checkpoint(store), 0);
    ck_assert_int_eq(mdb_stat(store->txn, store->rollups_dbi, &stat), 0);
    ck_assert_uint_eq(stat.ms_entries, 0);
    end();
}
END_TEST

static void differ(void *arg, const char *table, uint64_t id, const char *what)
{
    (void)id;
    (void)what;
    *(int *)arg += strcmp(table, "rollups") == 0 ? 100 : 1;
}

/* A check that replays the journal sees a roll-up that is wrong, though the counters are right. */
START_TEST(a_wrong_one_is_a_difference)
{
    char *other_folder = scratch_new();
    struct tables other_tables;
    struct store *other = store_kit_open(other_folder, &other_tables);
    int said = 0;
    begin();
    count(0, 7, 1, "M1", 3);
    struct counter_key key = {.slot = 7};
    struct counter same = {.num = 3, .den = 1}, rollup;
    same.excluded[REASON] = 1;
    key.acct = store_kit_code(units[1]);
    key.matter = store_kit_code("M1");
    other_tables.ops->count(other_tables.store, &key, &same);
    ck_assert_int_ge(store_compare(store, other, differ, &said), 4); /* one buffered counter on either side, and three roll-ups */
    ck_assert_int_eq(said, 0);
    uint8_t bytes[COUNTERS_KEY_MAX];
    struct counter_key first = {.metric = 1u << 24, .acct = key.acct};
    MDB_val at = {.mv_size = counters_key_write(&first, bytes), .mv_data = bytes}, value;
    ck_assert_int_eq(mdb_get(store->txn, store->rollups_dbi, &at, &value), 0);
    ck_assert_int_eq(store_take(STORE_ROLLUPS, &at, &value, &rollup, sizeof(rollup)), 0);
    rollup.num++;
    store_kit_write(store, STORE_ROLLUPS, bytes, counters_key_write(&first, bytes), &rollup, sizeof(rollup));
    ck_assert_int_ge(store_compare(store, other, differ, &said), 4);
    ck_assert_int_eq(said, 100);
    store_close(other);
    scratch_drop(other_folder);
    end();
}
END_TEST

/* Rows of a program that knows no roll-ups: another version, no damage. */
START_TEST(rows_without_them_are_of_another_version)
{
    char said[STORE_SAID];
    begin();
    struct store_checkpoint shorter = {0};
    ck_assert_int_eq(store_checkpoint(store), 0);
    store_kit_write(store, STORE_META, STORE_KEY_CHECKPOINT, strlen(STORE_KEY_CHECKPOINT), &shorter,
                    sizeof(shorter) - sizeof(uint64_t));
    store->failed = -EIO; /* so that closing writes no checkpoint over it */
    store_close(store);
    ck_assert_int_eq(store_verify(folder, said), -ENOTSUP);
    scratch_drop(folder);
    /* Its number in the checksums is what it was before there were roll-ups. */
    ck_assert_uint_eq(store_sum(STORE_META, "rows", 4, "x", 1), XXH3_64bits("x", 1) ^ XXH3_64bits_withSeed("rows", 4, 13 + 3));
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {
        {they_are_what_the_counters_add_up_to}, {a_month_is_few_rows},         {the_walk_stops_when_told},
        {zero_and_distributions_are_not_there}, {a_wrong_one_is_a_difference}, {rows_without_them_are_of_another_version}};
    return suite_run(&(struct suite){.name = "store/store_rollups", .timeout_s = 120, .tests = tests, .count = SUITE_COUNT(tests)});
}
