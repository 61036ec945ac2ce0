/* test_store_compare.c - two stores are compared row by row, and what differs is named; ids of a table in order */
#include "dispatcher/store/block.h"
#include "dispatcher/store/store.h"

#include "tests/store/scratch.h"
#include "tests/store/store_kit.h"
#include "tests/suite.h"

#include <stdio.h>
#include <string.h>

struct said {
    int count;
    char last[512];
};

static void differ(void *arg, const char *table, uint64_t id, const char *what)
{
    struct said *said = arg;
    said->count++;
    snprintf(said->last, sizeof(said->last), "%s %lu %s", table, (unsigned long)id, what);
}

static struct said compare(struct store *a, struct store *b)
{
    struct said said = {0};
    ck_assert_int_gt(store_compare(a, b, differ, &said), 0);
    return said;
}

static void expect(struct store *a, struct store *b, int count, const char *wanted)
{
    struct said said = compare(a, b);
    ck_assert_msg(said.count == count && strstr(said.last, wanted) != NULL, "%d: %s", said.count, said.last);
}

START_TEST(every_difference_is_said)
{
    char *left_folder = scratch_new(), *right_folder = scratch_new();
    struct tables left, right;
    struct store *a = store_kit_open(left_folder, &left), *b = store_kit_open(right_folder, &right);
    for (uint64_t n = 1; n <= 40; n++) {
        store_kit_step(&left, n);
        store_kit_step(&right, n);
        if (n == 17) {
            ck_assert_int_eq(store_checkpoint(a), 0);
        }
    }
    ck_assert_int_eq(compare(a, b).count, 0); /* buffered on one side, written on the other */
    struct case_row row = {.case_id = 41}, other;
    tables_put(&left, ROW_CASE, 41, &row);
    expect(a, b, 1, "case_row 41 only in the first");
    expect(b, a, 1, "case_row 41 only in the second");
    tables_put(&right, ROW_CASE, 41, &row);
    ck_assert_int_eq(compare(a, b).count, 0);
    ck_assert(tables_get(&right, ROW_CASE, 3, &other));
    other.notes++;
    tables_put(&right, ROW_CASE, 3, &other);
    char wanted[64];
    snprintf(wanted, sizeof(wanted), "case_row 3 differs from byte %zu", offsetof(struct case_row, notes));
    expect(a, b, 1, wanted);
    other.notes--;
    tables_put(&right, ROW_CASE, 3, &other);
    struct counter_key key = store_kit_key(8, 7, 5, "here");
    struct counter one = {.num = 1}, back = {.num = -1};
    right.ops->count(right.store, &key, &one);
    expect(a, b, 1, "counters 7 metric 8, value 5, /here// only in the second");
    ck_assert_int_eq(store_checkpoint(b), 0);
    left.ops->count(left.store, &key, &one);
    left.ops->count(left.store, &key, &one);
    expect(a, b, 1, "/here// differs");
    left.ops->count(left.store, &key, &back);
    left.ops->count(left.store, &key, &back);
    expect(b, a, 1, "only in the first");
    right.ops->count(right.store, &key, &back);
    ck_assert_int_eq(compare(a, b).count, 0); /* zero is not there */
    store_close(a);
    store_close(b);
    scratch_drop(left_folder);
    scratch_drop(right_folder);
}
END_TEST

/* One row in each block, several, and none: every page in both directions, from every id. */
START_TEST(ids_come_in_pages_across_blocks)
{
    uint64_t wanted[60], ids[60];
    size_t count = 0;
    struct tables tables;
    char *folder = scratch_new();
    struct store *store = store_kit_open(folder, &tables);
    for (uint64_t id = 5; count < 60; id += count % 4 == 0 ? 3 * BLOCK_IDS + 1 : 19) {
        struct case_row row = {.case_id = id};
        wanted[count++] = id;
        tables_put(&tables, ROW_CASE, id, &row);
    }
    for (size_t i = 0; i < count; i++) {
        for (uint64_t beside = 0; beside < 2; beside++) {
            size_t up = count - i - beside, down = i + beside;
            ck_assert_uint_eq(store_ids_from(store, ROW_CASE, wanted[i] + beside, ids, 7), up < 7 ? up : 7);
            ck_assert_mem_eq(ids, wanted + i + beside, (up < 7 ? up : 7) * sizeof(ids[0]));
            ck_assert_uint_eq(store_ids_before(store, ROW_CASE, wanted[i] + beside, ids, 60), down);
            for (size_t n = 0; n < down; n++) {
                ck_assert_uint_eq(ids[n], wanted[down - 1 - n]);
            }
        }
    }
    ck_assert_uint_eq(store_count(store, ROW_CASE), count);
    store_close(store);
    scratch_drop(folder);
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {{every_difference_is_said}, {ids_come_in_pages_across_blocks}};
    return suite_run(&(struct suite){.name = "store/store_compare", .timeout_s = 120, .tests = tests, .count = SUITE_COUNT(tests)});
}
