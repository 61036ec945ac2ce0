/*
 * test_request_index.c - tests of requests.h: remembered request ids: from the hash of actor and request id to the sequence of the
 * record
 */
#include "dispatcher/store/request_index.h"

#include "tests/suite.h"

#include <stdbool.h>

static struct request_index requests;

/* Hashes that crowd into few places of few shards, so that runs wrap and collide. */
static uint64_t crowded(uint64_t n)
{
    return n % 3 << 54 | (n * 7 % 5 == 0 ? UINT64_C(0xffffffff) : n * 2654435761u % 29);
}

START_TEST(the_newest_below_a_sequence_is_found)
{
    ck_assert_uint_eq(request_index_find(&requests, 5, 0), 0);
    ck_assert_int_eq(request_index_add(&requests, 5, 10), 0);
    ck_assert_int_eq(request_index_add(&requests, 5, 20), 0);
    ck_assert_int_eq(request_index_add(&requests, 6, 30), 0);
    ck_assert_uint_eq(request_index_find(&requests, 5, 0), 20);
    ck_assert_uint_eq(request_index_find(&requests, 5, 20), 10);
    ck_assert_uint_eq(request_index_find(&requests, 5, 10), 0);
    request_index_drop(&requests, 5, 20);
    ck_assert_uint_eq(request_index_find(&requests, 5, 0), 10);
    ck_assert_uint_eq(request_index_find(&requests, 6, 0), 30);
    request_index_deinit(&requests);
    ck_assert_uint_eq(request_index_find(&requests, 5, 0), 0);
}
END_TEST

static void expect(uint64_t hash, uint64_t low, uint64_t high, bool (*there)(uint64_t n))
{
    uint64_t wanted = 0;
    for (uint64_t n = low; n <= high; n++) {
        if (crowded(n) == hash && there(n)) {
            wanted = n;
        }
    }
    ck_assert_uint_eq(request_index_find(&requests, hash, 0), wanted);
}

static bool all(uint64_t n)
{
    return n > 0;
}

static bool not_third(uint64_t n)
{
    return n % 3 != 1;
}

START_TEST(crowded_hashes_survive_growth_and_removal)
{
    enum { COUNT = 900 };
    for (uint64_t n = 1; n <= COUNT; n++) {
        ck_assert_int_eq(request_index_add(&requests, crowded(n), n), 0);
    }
    for (uint64_t n = 1; n <= COUNT; n++) {
        expect(crowded(n), 1, COUNT, all);
    }
    for (uint64_t n = 1; n <= COUNT; n += 3) {
        request_index_drop(&requests, crowded(n), n);
    }
    for (uint64_t n = 1; n <= COUNT; n++) {
        expect(crowded(n), 1, COUNT, not_third);
    }
    for (uint64_t n = 1; n <= COUNT; n++) {
        if (not_third(n)) {
            request_index_drop(&requests, crowded(n), n);
        }
    }
    size_t left = 0;
    for (size_t i = 0; i < REQUEST_SHARDS; i++) {
        left += requests.shards[i].count;
    }
    ck_assert_uint_eq(left, 0);
    request_index_deinit(&requests);
}
END_TEST

START_TEST(shards_grow_by_themselves)
{
    for (uint64_t n = 1; n <= 100000; n++) {
        ck_assert_int_eq(request_index_add(&requests, n * UINT64_C(0x9e3779b97f4a7c15), n), 0);
    }
    uint32_t largest = 0;
    bool right = true;
    for (size_t i = 0; i < REQUEST_SHARDS; i++) {
        largest = requests.shards[i].capacity > largest ? requests.shards[i].capacity : largest;
    }
    for (uint64_t n = 1; n <= 100000; n++) {
        right = right && request_index_find(&requests, n * UINT64_C(0x9e3779b97f4a7c15), 0) == n;
    }
    ck_assert(right);
    ck_assert_uint_le(largest, 256);
    request_index_deinit(&requests);
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {
        {the_newest_below_a_sequence_is_found}, {crowded_hashes_survive_growth_and_removal}, {shards_grow_by_themselves}};
    return suite_run(&(struct suite){.name = "store/requests", .timeout_s = 120, .tests = tests, .count = SUITE_COUNT(tests)});
}
