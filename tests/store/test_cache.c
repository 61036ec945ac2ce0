/*
 * test_cache.c - tests of cache.h: rows of one table in memory: those changed since they were last written, and some that were
 * read
 */
#include "dispatcher/store/cache.h"

#include "tests/suite.h"

#include <errno.h>

static void put(struct cache *cache, uint64_t id, uint32_t value)
{
    int64_t index = cache_find(cache, id);
    if (index < 0) {
        index = cache_add(cache, id);
    }
    ck_assert_int_ge(index, 0);
    *(uint32_t *)cache_row(cache, index) = value;
    cache_mark(cache, index, false);
}

START_TEST(rows_are_found_by_id_until_the_cache_is_full)
{
    struct cache cache;
    cache_init(&cache, sizeof(uint32_t));
    ck_assert_int_eq(cache_find(&cache, 1), -1);
    for (uint32_t n = 1; n <= CACHE_ROWS; n++) {
        put(&cache, (uint64_t)n * 977, n);
    }
    ck_assert_int_eq(cache_add(&cache, 1), -ENOSPC);
    for (uint32_t n = 1; n <= CACHE_ROWS; n++) {
        ck_assert_uint_eq(*(uint32_t *)cache_row(&cache, cache_find(&cache, (uint64_t)n * 977)), n);
    }
    ck_assert_int_eq(cache_find(&cache, 976), -1);
    cache_clear(&cache);
    ck_assert_int_eq(cache_find(&cache, 977), -1);
    ck_assert_int_eq(cache_add(&cache, 977), 0);
    cache_deinit(&cache);
    cache_deinit(&cache);
}
END_TEST

START_TEST(dirty_rows_come_in_the_order_of_their_ids)
{
    struct cache cache;
    cache_init(&cache, sizeof(uint32_t));
    ck_assert_int_ge(cache_add(&cache, 4), 0); /* read, not changed */
    static const uint64_t ids[] = {7, 3, 90, 1, 7, 3};
    for (size_t i = 0; i < sizeof(ids) / sizeof(*ids); i++) {
        put(&cache, ids[i], (uint32_t)i);
    }
    cache_mark(&cache, cache_find(&cache, 90), true);
    static const uint64_t wanted[] = {1, 3, 7, 90};
    static const uint32_t values[] = {3, 5, 4, 2};
    const uint32_t *dirty = cache_dirty(&cache);
    ck_assert_uint_eq(cache.dirty_count, 4);
    for (size_t i = 0; i < 4; i++) {
        ck_assert_uint_eq(cache.entries[dirty[i]].id, wanted[i]);
        ck_assert_uint_eq(*(uint32_t *)cache_row(&cache, dirty[i]), values[i]);
        ck_assert_int_eq(cache.entries[dirty[i]].gone, wanted[i] == 90);
    }
    cache_cleaned(&cache);
    ck_assert_uint_eq(cache.dirty_count, 0);
    (void)cache_dirty(&cache);
    ck_assert_uint_eq(*(uint32_t *)cache_row(&cache, cache_find(&cache, 7)), 4);
    cache_deinit(&cache);
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {{rows_are_found_by_id_until_the_cache_is_full}, {dirty_rows_come_in_the_order_of_their_ids}};
    return suite_run(&(struct suite){.name = "store/cache", .timeout_s = 120, .tests = tests, .count = SUITE_COUNT(tests)});
}
