/* test_store_followers.c - the local table of followers: written with the checkpoint, gone with a rewind, nobody's difference. */
#include "dispatcher/store/store_inner.h"

#include "tests/store/scratch.h"
#include "tests/store/store_kit.h"
#include "tests/suite.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

struct list {
    uint32_t count, max;
    char text[512];
};

static bool note(void *arg, const struct code *key, const struct code *name, uint64_t confirmed)
{
    struct list *list = arg;
    size_t used = strlen(list->text);
    snprintf(list->text + used, sizeof(list->text) - used, "%.*s/%.*s:%llu ", CODE_SIZE, key->s, CODE_SIZE, name->s,
             (unsigned long long)confirmed);
    return ++list->count < list->max;
}

static void expect(struct store *store, const char *text)
{
    struct list list = {.max = UINT32_MAX};
    ck_assert_int_eq(store_followers(store, note, &list), 0);
    ck_assert_str_eq(list.text, text);
}

static int put(struct store *store, const char *key, const char *name, uint64_t confirmed)
{
    struct code key_code = store_kit_code(key), name_code = store_kit_code(name);
    return store_follower_put(store, &key_code, &name_code, confirmed);
}

static int drop(struct store *store, const char *key, const char *name)
{
    struct code key_code = store_kit_code(key), name_code = store_kit_code(name);
    return store_follower_drop(store, &key_code, &name_code);
}

START_TEST(kept_in_order_and_by_checkpoint)
{
    char *folder = scratch_new();
    struct tables tables;
    struct store *store = store_kit_open(folder, &tables);
    expect(store, "");
    ck_assert_int_eq(put(store, "b", "x", 5), 0);
    ck_assert_int_eq(put(store, "a", "y", 7), 0);
    ck_assert_int_eq(put(store, "a", "x", 6), 0);
    ck_assert_int_eq(put(store, "a", "x", 8), 0);
    expect(store, "a/x:8 a/y:7 b/x:5 ");
    ck_assert_int_eq(store_checkpoint(store), 0);
    ck_assert_int_eq(drop(store, "a", "y"), 0);
    ck_assert_int_eq(drop(store, "a", "never"), 0);
    ck_assert_int_eq(put(store, "c", "z", 9), 0);
    expect(store, "a/x:8 b/x:5 c/z:9 ");
    ck_assert_int_eq(store_rewind(store), 0);
    expect(store, "a/x:8 a/y:7 b/x:5 ");
    struct list two = {.max = 2};
    ck_assert_int_eq(store_followers(store, note, &two), 0);
    ck_assert_str_eq(two.text, "a/x:8 a/y:7 ");
    store_close(store);
    store = store_kit_open(folder, &tables);
    expect(store, "a/x:8 a/y:7 b/x:5 ");
    store_latch(store, EIO);
    ck_assert_int_eq(put(store, "d", "z", 9), -EIO);
    ck_assert_int_eq(drop(store, "a", "x"), -EIO);
    struct list none = {.max = 2};
    ck_assert_int_eq(store_followers(store, note, &none), -EIO);
    store_close(store);
    scratch_drop(folder);
}
END_TEST

static void differ(void *arg, const char *table, uint64_t id, const char *what)
{
    (void)table;
    (void)id;
    (void)what;
    ++*(int *)arg;
}

START_TEST(a_comparison_leaves_them_out)
{
    char *folder = scratch_new(), *other_folder = scratch_new();
    struct tables tables, other_tables;
    struct store *store = store_kit_open(folder, &tables), *other = store_kit_open(other_folder, &other_tables);
    int differences = 0;
    store_kit_step(&tables, 1);
    store_kit_step(&other_tables, 1);
    ck_assert_int_eq(put(store, "a", "x", 8), 0);
    ck_assert_int_ge(store_compare(store, other, differ, &differences), 1);
    ck_assert_int_eq(differences, 0);
    store_close(store);
    store_close(other);
    scratch_drop(folder);
    scratch_drop(other_folder);
}
END_TEST

/* Rows that an older program wrote have no such table: read-only there are no followers, else it is made. */
START_TEST(rows_without_the_table)
{
    char *folder = scratch_new();
    struct tables tables;
    struct store *store = store_kit_open(folder, &tables);
    const struct store_options options = {.path = folder, .read_only = true};
    ck_assert_int_eq(put(store, "a", "x", 8), 0);
    ck_assert_int_eq(store_checkpoint(store), 0);
    MDB_txn *txn;
    ck_assert_int_eq(mdb_txn_begin(store->env, NULL, 0, &txn), 0);
    ck_assert_int_eq(mdb_drop(txn, store->followers_dbi, 1), 0);
    ck_assert_int_eq(mdb_txn_commit(txn), 0);
    store->failed = -EIO; /* so that closing writes nothing more */
    store_close(store);
    ck_assert_int_eq(store_open(&options, &store), 0);
    expect(store, "");
    store_close(store);
    store = store_kit_open(folder, &tables);
    ck_assert_int_eq(put(store, "a", "y", 9), 0);
    expect(store, "a/y:9 ");
    store_close(store);
    scratch_drop(folder);
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {{kept_in_order_and_by_checkpoint}, {a_comparison_leaves_them_out}, {rows_without_the_table}};
    return suite_run(&(struct suite){.name = "store_followers", .timeout_s = 120, .tests = tests, .count = SUITE_COUNT(tests)});
}
