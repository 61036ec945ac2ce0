/*
 * test_period.c - reporting periods as people write them, with days and months that begin where a district says; and cells of a
 * spreadsheet.
 */
#include "clients/period.h"
#include "clients/spreadsheet.h"
#include "config/zone.h"
#include "tests/suite.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#define HOUR INT64_C(3600000)

static struct zone *shanghai, *new_york;

static void load(void)
{
    ck_assert_int_eq(zone_load(NULL, "Asia/Shanghai", &shanghai), 0);
    ck_assert_int_eq(zone_load(NULL, "America/New_York", &new_york), 0);
}

static void unload(void)
{
    shanghai = zone_free(shanghai);
    new_york = zone_free(new_york);
}

static const struct {
    const char *text;
    uint32_t month_start;
    const char *days, *before, *year_before; /* what is printed */
} periods[] = {
    {"2026-10", 1, "2026-10-01 to 2026-10-31", "2026-09-01 to 2026-09-30", "2025-10-01 to 2025-10-31"},
    {"2026-01", 1, "2026-01-01 to 2026-01-31", "2025-12-01 to 2025-12-31", "2025-01-01 to 2025-01-31"},
    {"2024-02", 1, "2024-02-01 to 2024-02-29", "2024-01-01 to 2024-01-31", "2023-02-01 to 2023-02-28"},
    {"2026-10", 19, "2026-09-19 to 2026-10-18", "2026-08-19 to 2026-09-18", "2025-09-19 to 2025-10-18"},
    {"2026-01", 19, "2025-12-19 to 2026-01-18", "2025-11-19 to 2025-12-18", "2024-12-19 to 2025-01-18"},
    {"2026-Q1", 1, "2026-01-01 to 2026-03-31", "2025-10-01 to 2025-12-31", "2025-01-01 to 2025-03-31"},
    {"2026-q4", 19, "2026-09-19 to 2026-12-18", "2026-06-19 to 2026-09-18", "2025-09-19 to 2025-12-18"},
    {"2026", 1, "2026-01-01 to 2026-12-31", "2025-01-01 to 2025-12-31", "2025-01-01 to 2025-12-31"},
    {"2026", 28, "2025-12-28 to 2026-12-27", "2024-12-28 to 2025-12-27", "2024-12-28 to 2025-12-27"},
    {"2026-10-05", 1, "2026-10-05 to 2026-10-05", "2026-10-04 to 2026-10-04", "2025-10-05 to 2025-10-05"},
    {"2026-10-01..2026-10-15", 1, "2026-10-01 to 2026-10-15", "2026-09-16 to 2026-09-30", "2025-10-01 to 2025-10-15"},
    {"2024-02-29..2024-03-01", 1, "2024-02-29 to 2024-03-01", "2024-02-27 to 2024-02-28", "2023-02-28 to 2023-03-01"},
};

START_TEST(a_period_and_those_before_it)
{
    struct period period, other;
    char text[PERIOD_SIZE];
    ck_assert_ptr_null(period_parse(periods[_i].text, periods[_i].month_start, &period));
    ck_assert_str_eq(period_print(&period, text), periods[_i].days);
    period_before(&period, periods[_i].month_start, &other);
    ck_assert_str_eq(period_print(&other, text), periods[_i].before);
    period_year_before(&period, periods[_i].month_start, &other);
    ck_assert_str_eq(period_print(&other, text), periods[_i].year_before);
}
END_TEST

static const char *const wrong[] = {"",           "october",     "2026-13",    "2026-00",      "2026-Q5",
                                    "2026-Q",     "2026-1",      "2026-02-30", "2026-10-01..", "26-10",
                                    "2026-10 ",   "9999",        "1969-12-31", "1969",         "2026-10-02..2026-10-01",
                                    "9999-12-31", "2026-10-01-", "2026-Q10"};

START_TEST(what_is_no_period)
{
    struct period period = {0};
    ck_assert_msg(period_parse(wrong[_i], 1, &period) != NULL, "%s", wrong[_i]);
    ck_assert_int_eq(period.kind, PERIOD_NONE);
}
END_TEST

/* What is not written as a day is told all that may be written, not only days. */
START_TEST(no_day_at_all_is_told_every_form)
{
    static const char *const texts[] = {"2026年10月", "2026/10/01", "2026.10", "2026 October"};
    struct period period;
    ck_assert_ptr_nonnull(strstr(period_parse(texts[_i], 1, &period), "write a month as 2026-10, a quarter"));
}
END_TEST

/* All days and months of many years follow each other, whatever a month begins with. */
START_TEST(months_leave_no_day_out)
{
    for (uint32_t start = 1; start <= 28; start++) {
        struct period period, before;
        ck_assert_ptr_null(period_parse("2040-12", start, &period));
        for (int i = 0; i < 12 * 60; i++) {
            period_before(&period, start, &before);
            ck_assert_int_eq(before.last + 1, period.first);
            ck_assert_int_ge(before.last - before.first, 27);
            period = before;
        }
    }
}
END_TEST

START_TEST(days_begin_where_the_district_says)
{
    const struct reporting plain = {.zone = shanghai, .month_start = 1}, six = {.zone = shanghai, .day_start_ms = 6 * 3600000},
                           york = {.zone = new_york, .day_start_ms = 9000000}; /* 02:30 */
    struct period period;
    int64_t from, until;
    ck_assert_ptr_null(period_parse("2026-03-01", 1, &period));
    period_instants(&period, &plain, &from, &until);
    ck_assert_int_eq(from, INT64_C(1772294400000));
    ck_assert_int_eq(until - from, 24 * HOUR);
    period_instants(&period, &six, &from, &until);
    ck_assert_int_eq(from, INT64_C(1772294400000) + 6 * HOUR);
    ck_assert_int_eq(until - from, 24 * HOUR);
    /* 02:30 does not exist on 2026-03-08: the day begins when the clock jumps, at 07:00 UTC. */
    ck_assert_ptr_null(period_parse("2026-03-08", 1, &period));
    period_instants(&period, &york, &from, &until);
    ck_assert_int_eq(from, INT64_C(1772953200000));
    ck_assert_int_eq(until - from, 23 * HOUR + HOUR / 2);
    period = (struct period){0};
    ck_assert_ptr_null(period_parse_end("1970-01-01", true, &period));
    period_instants(&period, &plain, &from, &until);
    ck_assert_int_eq(from, 0); /* began in 1969, by UTC */
    ck_assert_int_eq(until, 0);
    ck_assert_ptr_nonnull(period_parse_end("1969-12-31", false, &period));
    ck_assert_ptr_nonnull(period_parse_end("2026-10", false, &period));
}
END_TEST

static const struct {
    const char *text, *cell;
} cells[] = {
    {"", "\"\""},
    {"路灯", "\"路灯\""},
    {"a,b", "\"a,b\""},
    {"say \"no\"", "\"say \"\"no\"\"\""},
    {"two\nlines", "\"two\nlines\""},
    {"=1+1", "\"'=1+1\""},
    {"+86 871", "\"'+86 871\""},
    {"-2", "\"'-2\""},
    {"-", "\"-\""},
    {"@SUM(A1)", "\"'@SUM(A1)\""},
    {"\t=1", "\"'\t=1\""},
    {"  =1", "\"'  =1\""},
    {"\u3000=1", "\"'\u3000=1\""},
    {"＝1", "\"'＝1\""},
    {"＠A", "\"'＠A\""},
    {"\n=cmd", "\"'\n=cmd\""},
    {"1=1", "\"1=1\""},
};

START_TEST(no_cell_is_a_formula)
{
    char *made = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&made, &size);
    spreadsheet_text(out, cells[_i].text);
    fclose(out);
    ck_assert_str_eq(made, cells[_i].cell);
    free(made);
}
END_TEST

START_TEST(a_table)
{
    static const struct column columns[] = {{.key = "name"}, {.key = "n"}, {.key = "missing"}, {.key = "flag"}, {0}};
    json_t *rows = json_pack("[{s:s, s:i, s:b}, {s:n, s:i}]", "name", "=x", "n", -3, "flag", 1, "name", "n", 0);
    char *made = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&made, &size);
    spreadsheet_print(out, columns, rows);
    fclose(out);
    ck_assert_str_eq(made, "name,n,missing,flag\r\n\"'=x\",-3,,true\r\n,0,,\r\n");
    free(made);
    json_decref(rows);
}
END_TEST

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

int main(void)
{
    const struct suite_test tests[] = {{a_period_and_those_before_it, SUITE_COUNT(periods)},
                                       {what_is_no_period, SUITE_COUNT(wrong)},
                                       {no_day_at_all_is_told_every_form, 4},
                                       {months_leave_no_day_out},
                                       {days_begin_where_the_district_says},
                                       {no_cell_is_a_formula, SUITE_COUNT(cells)},
                                       {a_table}};
    return suite_run(
        &(struct suite){.name = "period", .setup = load, .teardown = unload, .tests = tests, .count = SUITE_COUNT(tests)});
}
