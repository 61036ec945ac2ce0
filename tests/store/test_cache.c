/*
 * test_cache.c - tests of cache.h: rows of one table in memory: those changed since they were last written, and some that were
 * read
 */
#include "dispatcher/store/cache.h"

#include "tests/suite.h"

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

/* A row never moves, however many come after it. */
START_TEST(rows_are_found_by_id_however_many_there_are)
{
    struct cache cache;
    cache_init(&cache, sizeof(uint32_t));
    ck_assert_int_eq(cache_find(&cache, 1), -1);
    put(&cache, 977, 1);
    const void *first = cache_row(&cache, cache_find(&cache, 977));
    for (uint32_t n = 2; n <= 6 * CACHE_ROWS + 1; n++) {
        put(&cache, (uint64_t)n * 977, n);
    }
    ck_assert_ptr_eq(cache_row(&cache, cache_find(&cache, 977)), first);
    for (uint32_t n = 1; n <= 6 * CACHE_ROWS + 1; n++) {
        ck_assert_uint_eq(*(uint32_t *)cache_row(&cache, cache_find(&cache, (uint64_t)n * 977)), n);
    }
    ck_assert_int_eq(cache_find(&cache, 976), -1);
    cache_clear(&cache);
    ck_assert_int_eq(cache_find(&cache, 977), -1);
    ck_assert_int_eq(cache_add(&cache, 977), 0);
    for (uint32_t n = 2; n <= 5 * CACHE_ROWS; n++) { /* pieces that it gave back */
        put(&cache, n * 977, n);
    }
    ck_assert_uint_eq(*(uint32_t *)cache_row(&cache, cache_find(&cache, 5 * CACHE_ROWS * 977)), 5 * CACHE_ROWS);
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
    ck_assert_ptr_eq(cache_dirty(&cache), dirty); /* nothing changed: it is there already */
    put(&cache, 2, 9);
    dirty = cache_dirty(&cache);
    ck_assert_uint_eq(cache.dirty_count, 5);
    ck_assert_uint_eq(cache.entries[dirty[1]].id, 2);
    put(&cache, 4, 8); /* only read until now */
    dirty = cache_dirty(&cache);
    ck_assert_uint_eq(cache.entries[dirty[3]].id, 4);
    cache_clear(&cache);
    ck_assert_uint_eq(cache.dirty_count, 0);
    put(&cache, 8, 1);
    dirty = cache_dirty(&cache);
    ck_assert_uint_eq(cache.entries[dirty[0]].id, 8);
    cache_deinit(&cache);
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {{rows_are_found_by_id_however_many_there_are}, {dirty_rows_come_in_the_order_of_their_ids}};
    return suite_run(&(struct suite){.name = "store/cache", .timeout_s = 120, .tests = tests, .count = SUITE_COUNT(tests)});
}
