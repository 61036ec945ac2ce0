/* test_timers.c - tests of timers.h: a binary heap of instants that deletes lazily */
#include "dispatcher/store/timers.h"

#include "tests/suite.h"

#include <stdlib.h>

static int compare(const void *a, const void *b)
{
    const struct timer *x = a, *y = b;
    if (x->at_ms != y->at_ms) {
        return x->at_ms < y->at_ms ? -1 : 1;
    }
    return x->key < y->key ? -1 : x->key > y->key;
}

#define COUNT 3000

static void fill(struct timer *timers, uint64_t seed)
{
    for (size_t i = 0; i < COUNT; i++) {
        timers[i] = timer_make(suite_random(&seed) % 400, suite_random(&seed) % 2 == 0 ? TIMER_RUNG : TIMER_CLAIM, i + 1);
    }
}

static void expect_order(struct timers *timers, const struct timer *wanted, size_t count)
{
    ck_assert_uint_eq(timers->count, count);
    for (size_t i = 0; i < count; i++) {
        ck_assert_int_eq(compare(&timers->heap[0], &wanted[i]), 0);
        timers_remove(timers, 0);
    }
}

START_TEST(timers_come_out_by_instant_kind_and_id_however_they_came_in)
{
    static struct timer sorted[COUNT];
    for (uint64_t seed = 1; seed <= 10; seed++) {
        struct timers pushed = {0}, loaded = {0};
        fill(sorted, seed);
        for (size_t i = 0; i < COUNT; i++) {
            ck_assert_int_eq(timers_push(&pushed, sorted[i]), 0);
            ck_assert_int_eq(timers_load(&loaded, sorted[COUNT - 1 - i]), 0);
        }
        timers_order(&loaded);
        qsort(sorted, COUNT, sizeof(*sorted), compare);
        expect_order(&pushed, sorted, COUNT);
        expect_order(&loaded, sorted, COUNT);
        timers_deinit(&pushed);
        timers_deinit(&loaded);
    }
}
END_TEST

START_TEST(timers_leave_from_the_middle)
{
    static struct timer list[COUNT], left[COUNT];
    struct timers timers = {0};
    size_t count = 0;
    uint64_t state = 99;
    fill(list, 7);
    for (size_t i = 0; i < COUNT; i++) {
        ck_assert_int_eq(timers_push(&timers, list[i]), 0);
    }
    for (size_t i = 0; i < COUNT / 2; i++) {
        timers_remove(&timers, suite_random(&state) % timers.count);
    }
    for (size_t i = 0; i < timers.count; i++) {
        left[count++] = timers.heap[i];
    }
    qsort(left, count, sizeof(*left), compare);
    expect_order(&timers, left, count);
    timers_deinit(&timers);
}
END_TEST

START_TEST(kind_and_id_read_back)
{
    struct timer timer = timer_make(-5, TIMER_CLAIM, UINT64_MAX >> 1);
    ck_assert_int_eq(timer_kind(timer), TIMER_CLAIM);
    ck_assert_uint_eq(timer_id(timer), UINT64_MAX >> 1);
    timer = timer_make(5, TIMER_RUNG, 77);
    ck_assert_int_eq(timer_kind(timer), TIMER_RUNG);
    ck_assert_uint_eq(timer_id(timer), 77);
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {
        {timers_come_out_by_instant_kind_and_id_however_they_came_in}, {timers_leave_from_the_middle}, {kind_and_id_read_back}};
    return suite_run(&(struct suite){.name = "store/timers", .timeout_s = 120, .tests = tests, .count = SUITE_COUNT(tests)});
}
