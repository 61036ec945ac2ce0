/* test_halfday.c - the hours in which citizens may be asked. */
#include "tests/suite.h"
#include "workers/halfday.h"

#define HOUR INT64_C(3600000)
#define DAY (24 * HOUR)

START_TEST(hours_are_read)
{
    static const char *const bad[] = {"",           "9",    "9-",      "9-9",     "12-9",
                                      "9-12,14-20", "9-25", "9-24:01", "9:60-10", "14-20 9-12",
                                      "9-13 12-14", "x-12", "9-12x",   "9:5-10",  "0-1 1-2 2-3 3-4 4-5 5-6 6-7 7-8 8-9"};
    struct halfday_hours hours;

    ck_assert(halfday_parse("9-12 14-20", &hours));
    ck_assert_uint_eq(hours.count, 2);
    ck_assert_int_eq(hours.at[0].from_min, 540);
    ck_assert_int_eq(hours.at[1].until_min, 1200);
    ck_assert(halfday_parse("  08:30-11:45  ", &hours));
    ck_assert_int_eq(hours.at[0].from_min, 510);
    ck_assert_int_eq(hours.at[0].until_min, 705);
    ck_assert(halfday_parse("0-24", &hours));
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        ck_assert_msg(!halfday_parse(bad[i], &hours), "`%s` was taken", bad[i]);
    }
}
END_TEST

START_TEST(half_days_are_the_dispatchers)
{
    ck_assert_int_eq(halfday_of(0), 0);
    ck_assert_int_eq(halfday_of(12 * HOUR - 1), 0);
    ck_assert_int_eq(halfday_of(12 * HOUR), 1);
    ck_assert_int_eq(halfday_of(DAY), 2);
    ck_assert_int_eq(halfday_of(-1), -1);
}
END_TEST

/* A naive recount: minute by minute. */
static int64_t naive_next(const struct halfday_hours *hours, int64_t local_ms, int64_t after)
{
    int64_t at_ms = local_ms;

    for (;; at_ms = at_ms - at_ms % 60000 + 60000) {
        int minute = (int)(at_ms % DAY / 60000);

        for (uint32_t i = 0; i < hours->count; i++) {
            if (minute >= hours->at[i].from_min && minute < hours->at[i].until_min && halfday_of(at_ms) > after) {
                return at_ms;
            }
        }
    }
}

START_TEST(the_next_hour_is_found)
{
    static const char *const texts[] = {"9-12 14-20", "10-16", "0-24", "23:59-24", "00:00-00:01", "8-9 9-10 11:30-12:30 22-24"};
    uint64_t state = 99;
    struct halfday_hours hours;

    ck_assert(halfday_parse("9-12 14-20", &hours));
    ck_assert_int_eq(halfday_next(&hours, 10 * HOUR, -1), 10 * HOUR);
    ck_assert_int_eq(halfday_next(&hours, 12 * HOUR, -1), 14 * HOUR);
    ck_assert_int_eq(halfday_next(&hours, 10 * HOUR, 0), 14 * HOUR);
    ck_assert_int_eq(halfday_next(&hours, 15 * HOUR, 1), DAY + 9 * HOUR);
    ck_assert_int_eq(halfday_next(&hours, 21 * HOUR, -1), DAY + 9 * HOUR);
    for (size_t text = 0; text < sizeof(texts) / sizeof(texts[0]); text++) {
        ck_assert(halfday_parse(texts[text], &hours));
        for (unsigned i = 0; i < 300; i++) {
            int64_t local_ms = (int64_t)(suite_random(&state) % (20 * 1440)) * 60000 + suite_random(&state) % 60000;
            int64_t after = i % 3 == 0 ? -1 : halfday_of(local_ms) + suite_random(&state) % 3 - 1;

            ck_assert_int_eq(halfday_next(&hours, local_ms, after), naive_next(&hours, local_ms, after));
        }
    }
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {{hours_are_read}, {half_days_are_the_dispatchers}, {the_next_hour_is_found}};
    return suite_run(&(struct suite){.name = "halfday", .timeout_s = 120, .tests = tests, .count = SUITE_COUNT(tests)});
}
