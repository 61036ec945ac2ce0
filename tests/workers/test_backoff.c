/* test_backoff.c - growing pauses with full jitter. */
#include "tests/suite.h"
#include "workers/backoff.h"

START_TEST(bounds_double_up_to_the_most)
{
    static const int64_t wanted[] = {100, 200, 400, 800, 1000, 1000};
    struct backoff backoff = {.base_ms = 100, .max_ms = 1000};

    for (uint32_t attempt = 1; attempt <= 6; attempt++) {
        ck_assert_int_eq(backoff_bound_ms(&backoff, attempt), wanted[attempt - 1]);
    }
    ck_assert_int_eq(backoff_bound_ms(&backoff, UINT32_MAX), 1000);
    backoff = (struct backoff){.base_ms = INT64_MAX / 3, .max_ms = INT64_MAX};
    ck_assert_int_eq(backoff_bound_ms(&backoff, 100), INT64_MAX);
}
END_TEST

START_TEST(pauses_are_spread_over_the_whole_bound)
{
    struct backoff backoff = {.base_ms = 100, .max_ms = 1000, .state = 42};
    unsigned tenths[10] = {0};

    for (unsigned i = 0; i < 10000; i++) {
        int64_t pause_ms = backoff_pause_ms(&backoff, 5);

        ck_assert_int_ge(pause_ms, 0);
        ck_assert_int_le(pause_ms, 1000);
        tenths[pause_ms == 1000 ? 9 : pause_ms / 100]++;
    }
    for (unsigned i = 0; i < 10; i++) {
        ck_assert_uint_gt(tenths[i], 850);
        ck_assert_uint_lt(tenths[i], 1150);
    }
}
END_TEST

START_TEST(the_same_seed_gives_the_same_pauses)
{
    struct backoff one = {.base_ms = 100, .max_ms = 100000, .state = 7}, two = one, other = {100, 100000, 8};
    unsigned same = 0;

    for (uint32_t attempt = 1; attempt < 20; attempt++) {
        int64_t pause_ms = backoff_pause_ms(&one, attempt);

        ck_assert_int_eq(pause_ms, backoff_pause_ms(&two, attempt));
        same += pause_ms == backoff_pause_ms(&other, attempt);
    }
    ck_assert_uint_lt(same, 5);
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {
        {bounds_double_up_to_the_most}, {pauses_are_spread_over_the_whole_bound}, {the_same_seed_gives_the_same_pauses}};
    return suite_run(&(struct suite){.name = "backoff", .timeout_s = 120, .tests = tests, .count = SUITE_COUNT(tests)});
}
