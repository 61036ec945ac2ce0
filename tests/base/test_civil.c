/* test_civil.c - dates and numbers of days, there and back. */
#include "base/civil.h"
#include "tests/suite.h"

START_TEST(days_there_and_back)
{
    ck_assert_int_eq(civil_to_days(1970, 1, 1), 0);
    ck_assert_int_eq(civil_to_days(2000, 3, 1), 11017);
    ck_assert_int_eq(civil_to_days(1600, 2, 29), -135081);
    ck_assert_int_eq(civil_to_days(0, 1, 1), -719528);
    struct civil previous = {0};
    for (int64_t days = -800000; days < 800000; days++) {
        struct civil civil;
        civil_from_days(days, &civil);
        /* Each ck_assert writes to a file: not one for each of a million days. */
        if (civil_to_days(civil.year, civil.month, civil.day) != days) {
            ck_abort_msg("%d-%d-%d", civil.year, civil.month, civil.day);
        }
        if (previous.month && civil.day != previous.day + 1 && (civil.day != 1 || previous.day < 28)) {
            ck_abort_msg("%d-%d-%d", civil.year, civil.month, civil.day);
        }
        previous = civil;
    }
}
END_TEST

START_TEST(instants_there_and_back)
{
    struct civil civil;

    civil_from_ms(-1, &civil); /* the last moment of 1969 */
    ck_assert(civil.year == 1969 && civil.month == 12 && civil.day == 31);
    ck_assert(civil.hour == 23 && civil.minute == 59 && civil.second == 59 && civil.ms == 999);
    for (int64_t ms = INT64_C(-70000000000000); ms < INT64_C(70000000000000); ms += 987654321) {
        civil_from_ms(ms, &civil);
        if (civil_ms(&civil) != ms) {
            ck_abort_msg("%lld", (long long)ms);
        }
    }
}
END_TEST

START_TEST(months_end)
{
    ck_assert_int_eq(civil_days_in_month(2026, 2), 28);
    ck_assert_int_eq(civil_days_in_month(2028, 2), 29);
    ck_assert_int_eq(civil_days_in_month(2100, 2), 28);
    ck_assert_int_eq(civil_days_in_month(2026, 4), 30);
    ck_assert_int_eq(civil_days_in_month(2026, 12), 31);
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {{days_there_and_back}, {instants_there_and_back}, {months_end}};
    return suite_run(&(struct suite){.name = "civil", .tests = tests, .count = SUITE_COUNT(tests)});
}
