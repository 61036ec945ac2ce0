/* test_span.c - spans of time as people write and read them */
#include "base/span.h"
#include "tests/suite.h"

#include <stdio.h>

#define DAY_MS INT64_C(86400000)
#define CENTURY (INT64_C(36525) * DAY_MS)

static const struct {
    const char *text;
    int64_t ms;
} natural[] = {{"0 ms", 0},     {"250ms", 250},   {"30 s", 30000},   {"5min", 300000},    {"2 h", 7200000},
               {"1 d", DAY_MS}, {"1 nd", DAY_MS}, {"010  s", 10000}, {"36525 d", CENTURY}};

START_TEST(natural_time)
{
    int64_t ms = -1, bounded = -1;

    ck_assert(span_read(natural[_i].text, CENTURY, &ms));
    ck_assert_int_eq(ms, natural[_i].ms);
    ck_assert(span_read(natural[_i].text, ms + DAY_MS - 1, &bounded));
    ck_assert(ms == 0 || !span_read(natural[_i].text, ms - 1, &bounded));
}
END_TEST

static const char *const not_natural[] = {
    "",      "5",     "5 m", "-5 s", "s",    "5 s s", "18446744073709551617 s", "99999999999999999999 s", " 5 s", "36526 d",
    "1.5 h", "0x5 s", "5 S", "5 wd", "4 wh", "off",   "1000000000000000 ms"};

START_TEST(what_is_not_natural_time)
{
    int64_t ms = -1;

    ck_assert(!span_read(not_natural[_i], CENTURY, &ms));
    ck_assert_int_eq(ms, -1);
}
END_TEST

START_TEST(a_number_and_its_unit)
{
    for (size_t i = 0; i < SPAN_UNITS; i++) {
        char text[SPAN_SIZE];
        int64_t count = 0;
        snprintf(text, sizeof(text), "17 %s", span_units[i].name);
        ck_assert_ptr_eq(span_split(text, &count), &span_units[i]);
        ck_assert_int_eq(count, 17);
        ck_assert_int_eq(span_units[i].working, span_units[i].name[0] == 'w');
    }
}
END_TEST

/* What people may write in settings that may be off; why it is not taken. */
static const struct {
    const char *text;
    int64_t ms;
    const char *why;
} written[] = {{"30 min", 1800000, NULL},
               {"off", 0, NULL},
               {"0", 0, NULL},
               {"3660 d", 3660 * DAY_MS, NULL},
               {"87840 h", 3660 * DAY_MS, NULL},
               {"3661 d", 0, "write at most `3660 d`"},
               {"87841 h", 0, "write at most `3660 d`"},
               {"3661 wd", 0, "write at most `3660 d`"},
               {"0 s", 0, "write `off`"},
               {"2 wd", 0, "this is not a limit of a clock: write natural time, as `30 min`, `2 h` or `5 d`"},
               {"2 weeks", 0, "write a number and a unit of natural time, as `30 min`, `2 h`, `5 d`, `90 s`, or `off`"},
               {"soon", 0, "write a number and a unit of natural time, as `30 min`, `2 h`, `5 d`, `90 s`, or `off`"}};

START_TEST(what_to_write_instead)
{
    int64_t ms = -1;
    const char *why = span_parse(written[_i].text, &ms);

    if (written[_i].why == NULL) {
        ck_assert_msg(why == NULL, "%s: %s", written[_i].text, why);
        ck_assert_int_eq(ms, written[_i].ms);
    } else {
        ck_assert_str_eq(why, written[_i].why);
        ck_assert_int_eq(ms, -1);
    }
}
END_TEST

START_TEST(told_by_two_units)
{
    char text[SPAN_SIZE];

    ck_assert_str_eq(span_print(0, text), "0 ms");
    ck_assert_str_eq(span_print(14 * DAY_MS - 1000, text), "13 d 23 h");
    ck_assert_str_eq(span_print(DAY_MS, text), "1 d");
    ck_assert_str_eq(span_print(61000, text), "1 min 1 s");
    ck_assert_str_eq(span_print(-1500, text), "-1 s 500 ms");
    ck_assert_str_eq(span_print(DAY_MS + 60000, text), "1 d"); /* the second unit is the next one */
}
END_TEST

START_TEST(told_exactly)
{
    char text[SPAN_SIZE];

    ck_assert_str_eq(span_print_parts(0, false, text), "0 min");
    ck_assert_str_eq(span_print_parts(126000000, false, text), "1 d 11 h");
    ck_assert_str_eq(span_print_parts(126000000, true, text), "35 h");
    ck_assert_str_eq(span_print_parts(90061001, false, text), "1 d 1 h 1 min 1 s 1 ms");
    ck_assert_str_eq(span_print_parts(-61000, false, text), "-1 min 1 s");
    ck_assert_str_eq(span_print_parts(INT64_MIN, false, text), "-106751991167 d 7 h 12 min 55 s 808 ms");
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {{natural_time, SUITE_COUNT(natural)},
                                       {what_is_not_natural_time, SUITE_COUNT(not_natural)},
                                       {a_number_and_its_unit},
                                       {what_to_write_instead, SUITE_COUNT(written)},
                                       {told_by_two_units},
                                       {told_exactly}};
    return suite_run(&(struct suite){.name = "span", .tests = tests, .count = SUITE_COUNT(tests)});
}
