/* test_counters.c - tests of counters.h: counters that changed since the last checkpoint, and the bytes of their keys */
#include "dispatcher/store/counters.h"

#include "tests/store/store_kit.h"
#include "tests/suite.h"

#include <stdlib.h>
#include <string.h>

static struct counter_key some_key(unsigned int n)
{
    static const char *const codes[] = {
        "", "a", "ab", "b", "B-", "a.long.code.of.thirty-two.bytes", "a.long.code.of.thirty-two.bytes2"};
    return (struct counter_key){
        .metric = n % 2,
        .slot = n / 2 % 3 * 300,
        .value = (int64_t)(n / 6 % 5) * 1000 - 2000,
        .acct = store_kit_code(codes[n / 30 % 7]),
        .street = store_kit_code(codes[n / 5 % 7]),
        .place = store_kit_code(codes[n / 7 % 7]),
        .matter = store_kit_code(codes[n % 7]),
    };
}

START_TEST(keys_read_back_and_their_bytes_have_their_order)
{
    for (unsigned int i = 0; i < 420; i++) {
        struct counter_key a = some_key(i), back;
        uint8_t left[COUNTERS_KEY_MAX], right[COUNTERS_KEY_MAX];
        size_t left_size = counters_key_write(&a, left);
        ck_assert(counters_key_read(left, left_size, &back));
        ck_assert_mem_eq(&a, &back, sizeof(a));
        ck_assert(!counters_key_read(left, left_size - 1, &back));
        for (unsigned int j = 0; j < 420; j += 7) {
            struct counter_key b = some_key(j);
            size_t right_size = counters_key_write(&b, right);
            int order = memcmp(left, right, left_size < right_size ? left_size : right_size);
            int wanted = counters_compare(&a, &b);
            if ((order < 0) != (wanted < 0) || (order > 0) != (wanted > 0)) {
                ck_abort_msg("%u and %u", i, j);
            }
        }
    }
}
END_TEST

START_TEST(changes_add_up_and_come_out_in_order)
{
    struct counters counters = {0};
    const struct counter_change **sorted;
    size_t count;
    for (int round = 0; round < 3; round++) {
        for (unsigned int i = 0; i < 4000; i++) {
            struct counter_key key = some_key(i * 31);
            key.slot += i / 420;
            struct counter delta = {.num = 1, .den = 2, .excluded = {[3] = -1}};
            ck_assert_int_eq(counters_add(&counters, &key, &delta), 0);
        }
    }
    ck_assert_int_eq(counters_sorted(&counters, NULL, UINT32_MAX, 0, 0, &sorted, &count), 0);
    ck_assert_uint_eq(count, counters.count);
    int64_t sum = 0;
    bool ordered = true;
    for (size_t i = 0; i < count; i++) {
        sum += sorted[i]->delta.num;
        ordered = ordered && (i == 0 || counters_compare(&sorted[i - 1]->key, &sorted[i]->key) < 0);
        ck_assert_int_eq(sorted[i]->delta.den, 2 * sorted[i]->delta.num);
    }
    ck_assert(ordered);
    ck_assert_int_eq(sum, 12000);
    free(sorted);
    ck_assert_int_eq(counters_sorted(&counters, NULL, 1, 300, 305, &sorted, &count), 0);
    ck_assert_uint_gt(count, 0);
    for (size_t i = 0; i < count; i++) {
        ck_assert(sorted[i]->key.metric == 1 && sorted[i]->key.slot >= 300 && sorted[i]->key.slot < 305);
    }
    free(sorted);
    counters_clear(&counters);
    ck_assert_int_eq(counters_sorted(&counters, NULL, UINT32_MAX, 0, 0, &sorted, &count), 0);
    ck_assert_uint_eq(count, 0);
    free(sorted);
    counters_deinit(&counters);
}
END_TEST

START_TEST(all_zero_is_zero)
{
    struct counter counter = {0};
    struct counter delta = {.excluded = {[COUNTER_REASONS - 1] = 1}};
    ck_assert(counters_zero(&counter));
    counters_sum(&counter, &delta);
    ck_assert(!counters_zero(&counter));
    delta.excluded[COUNTER_REASONS - 1] = -1;
    counters_sum(&counter, &delta);
    ck_assert(counters_zero(&counter));
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {
        {keys_read_back_and_their_bytes_have_their_order}, {changes_add_up_and_come_out_in_order}, {all_zero_is_zero}};
    return suite_run(&(struct suite){.name = "store/counters", .timeout_s = 120, .tests = tests, .count = SUITE_COUNT(tests)});
}
