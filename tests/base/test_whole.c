/* test_whole.c - whole numbers as people write them */
#include "base/whole.h"
#include "tests/suite.h"

static const struct {
    const char *text;
    int64_t min, max, value;
} good[] = {{"0", 0, 0, 0},
            {"2", 2, 10, 2},
            {"10", 2, 10, 10},
            {"-3", -3, -3, -3},
            {"007", 0, 10, 7},
            {"9223372036854775807", 0, INT64_MAX, INT64_MAX},
            {"-9223372036854775808", INT64_MIN, 0, INT64_MIN}};

START_TEST(numbers)
{
    int64_t value = -1;

    ck_assert(whole_parse(good[_i].text, good[_i].min, good[_i].max, &value));
    ck_assert_int_eq(value, good[_i].value);
}
END_TEST

static const char *const bad[] = {
    "", "-", "+3", " 3", "3 ", "3x", "0x3", "3.0", "1", "11", "-2", "9223372036854775808", "18446744073709551619", "three"};

START_TEST(what_is_none_from_2_to_10)
{
    int64_t value = 77;

    ck_assert(!whole_parse(bad[_i], 2, 10, &value));
    ck_assert(!whole_parse("9223372036854775808", INT64_MIN, INT64_MAX, &value));
    ck_assert(!whole_parse("-", INT64_MIN, INT64_MAX, &value));
    ck_assert_int_eq(value, 77);
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {{numbers, SUITE_COUNT(good)}, {what_is_none_from_2_to_10, SUITE_COUNT(bad)}};
    return suite_run(&(struct suite){.name = "whole", .tests = tests, .count = SUITE_COUNT(tests)});
}
