/* test_time_words.c - instants as people write and read them, with a zone that has both a gap and a fold. */
#include "clients/time_words.h"
#include "config/local_time.h"
#include "config/zone.h"
#include "tests/suite.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>

static struct zone *boston;
static struct zone *shanghai;

static void load(void)
{
    ck_assert_int_eq(zone_load(NULL, "America/New_York", &boston), 0);
    ck_assert_int_eq(zone_load(NULL, "Asia/Shanghai", &shanghai), 0);
}

static void unload(void)
{
    boston = zone_free(boston);
    shanghai = zone_free(shanghai);
}

static const struct {
    const char *text;
    int64_t at_ms;
} good[] = {
    {"2011-10-01T00:00:00.000-04:00", 1317441600000},
    {"2011-10-01T04:00:00Z", 1317441600000},
    {"2011-10-01 00:00", 1317441600000},
    {"2011-10-01 00:00:00.250", 1317441600250},
    {"2011-10-01", 1317441600000},
    {"2011-10-01T12:00:00+08:00", 1317441600000},
    {"2011-11-06 01:30", 1320557400000}, /* twice that night: the first */
    {"1969-12-31T23:59:59.999Z", -1},
    {"2012-02-29T00:00:00Z", 1330473600000},
};

START_TEST(test_parse_good)
{
    int64_t at_ms = 0;
    ck_assert_int_eq(local_time_read(good[_i].text, boston, &at_ms), 0);
    ck_assert_int_eq(at_ms, good[_i].at_ms);
}
END_TEST

static const char *const bad[] = {"",
                                  "now",
                                  "2011-13-01",
                                  "2011-02-29",
                                  "2011-10-01T",
                                  "2011-10-1",
                                  "2011-10-01T24:00:00Z",
                                  "2011-10-01 00:60",
                                  "2011-10-01T00:00:00+8:00",
                                  "2011-10-01 x",
                                  "2011-10-01T00:00:00Zx",
                                  "0000-01-01"};

START_TEST(test_parse_bad)
{
    int64_t at_ms = 7;
    ck_assert_int_eq(local_time_read(bad[_i], boston, &at_ms), -EINVAL);
    ck_assert_int_eq(at_ms, 7);
}
END_TEST

START_TEST(test_gap_and_no_zone)
{
    int64_t at_ms = 0;
    ck_assert_int_eq(local_time_read("2011-03-13 02:30", boston, &at_ms), -ERANGE);
    ck_assert_int_eq(local_time_read("2011-03-13 02:30", NULL, &at_ms), -ENODATA);
    ck_assert_int_eq(local_time_read("2011-03-13T02:30:00Z", NULL, &at_ms), 0);
}
END_TEST

/* A day of 25 hours: its end is the start of the next. */
START_TEST(test_print)
{
    char text[INSTANT_SIZE];
    ck_assert_str_eq(local_time_print(1317441600250, boston, text), "2011-10-01T00:00:00.250-04:00");
    ck_assert_str_eq(local_time_print(1317441600250, shanghai, text), "2011-10-01T12:00:00.250+08:00");
    ck_assert_str_eq(local_time_print(-1, NULL, text), "1969-12-31T23:59:59.999Z");
    ck_assert_str_eq(local_time_print_plain(1317441600250, boston, text), "2011-10-01 00:00:00");
}
END_TEST

START_TEST(test_print_is_read_back)
{
    char text[INSTANT_SIZE];
    for (int64_t at_ms = 1293840000123; at_ms < 1325376000000; at_ms += 7654321) {
        int64_t again = 0;
        ck_assert_int_eq(local_time_read(local_time_print(at_ms, boston, text), NULL, &again), 0);
        ck_assert_int_eq(again, at_ms);
    }
}
END_TEST

static const struct {
    int64_t span_ms;
    const char *kind, *words;
} exact[] = {
    {0, "natural", "0 min"},
    {9000000, "natural", "2 h 30 min"},
    {126000000, "natural_days", "1 d 11 h"},
    {126000000, "working_days", "35 h"},
    {126000000, "working_hours", "35 h"},
    {90061001, "natural", "1 d 1 h 1 min 1 s 1 ms"},
    {-61000, "natural", "-1 min 1 s"},
};

START_TEST(test_span_exact)
{
    char text[INSTANT_SIZE];
    ck_assert_str_eq(span_print_exact(exact[_i].span_ms, exact[_i].kind, text), exact[_i].words);
}
END_TEST

static const struct {
    int64_t amount;
    const char *kind, *words;
} limits[] = {
    {0, "natural", ""},
    {5, "working_days", "5 working days"},
    {1, "natural_days", "1 natural day"},
    {86400000, "natural", "1 d"},
    {14400000, "working_hours", "4 h of working time"},
    {5, NULL, ""},
};

START_TEST(test_limit)
{
    char text[INSTANT_SIZE];
    ck_assert_str_eq(limit_print(limits[_i].amount, limits[_i].kind, text), limits[_i].words);
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {{test_parse_good, SUITE_COUNT(good)},
                                       {test_parse_bad, SUITE_COUNT(bad)},
                                       {test_gap_and_no_zone},
                                       {test_print},
                                       {test_print_is_read_back},
                                       {test_span_exact, SUITE_COUNT(exact)},
                                       {test_limit, SUITE_COUNT(limits)}};
    return suite_run(
        &(struct suite){.name = "cli_time_words", .setup = load, .teardown = unload, .tests = tests, .count = SUITE_COUNT(tests)});
}
