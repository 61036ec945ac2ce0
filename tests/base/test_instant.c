/* test_instant.c - instants as text. */
#include "base/instant.h"
#include "tests/suite.h"

#include <string.h>

START_TEST(printed)
{
    char text[INSTANT_SIZE];

    ck_assert_str_eq(instant_print(0, 0, text), "1970-01-01T00:00:00.000+00:00");
    ck_assert_str_eq(instant_print(1772413200123, 8 * 3600, text), "2026-03-02T09:00:00.123+08:00");
    ck_assert_str_eq(instant_print(1772413200123, -(3 * 60 + 30) * 60, text), "2026-03-01T21:30:00.123-03:30");
    ck_assert_str_eq(instant_print(-1, INSTANT_UTC, text), "1969-12-31T23:59:59.999Z");
    ck_assert_str_eq(instant_print(0, 8 * 3600 + 343, text), "1970-01-01T00:00:00.000Z"); /* Shanghai until 1900 */
    ck_assert_str_eq(instant_print_plain(1772413200123, 8 * 3600, text), "2026-03-02 09:00:00");
}
END_TEST

START_TEST(read_back)
{
    uint64_t state = 5;

    for (unsigned i = 0; i < 10000; i++) {
        int64_t at_ms = ((int64_t)suite_random(&state) << 6) + suite_random(&state) % 64;
        int32_t offset_s = ((int32_t)(suite_random(&state) % 1680) - 840) * 60;
        int64_t found;
        char text[INSTANT_SIZE];

        ck_assert(instant_parse(instant_print(at_ms, offset_s, text), &found));
        ck_assert_int_eq(found, at_ms);
    }
}
END_TEST

START_TEST(forms)
{
    static const char *const good[] = {"2026-03-02T09:00:00.000+08:00", "2026-03-02 09:00:00+08:00", "2026-03-02T09:00+08:00",
                                       "2026-03-02T01:00:00Z", "2026-03-01T21:00:00-04:00"};
    static const char *const bad[] = {"",
                                      "2026-03-02",
                                      "2026-03-02T09:00:00",
                                      "2026-02-30T09:00:00Z",
                                      "2026-13-01T09:00:00Z",
                                      "2026-03-02T24:00:00Z",
                                      "2026-03-02T09:00:00Zx",
                                      "26-03-02T09:00:00Z",
                                      "2026-03-02T09:00:00+8",
                                      "tomorrow"};
    int64_t at_ms;

    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        ck_assert(instant_parse(good[i], &at_ms));
        ck_assert_int_eq(at_ms, 1772413200000);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        ck_assert_msg(!instant_parse(bad[i], &at_ms), "`%s` was taken", bad[i]);
    }
}
END_TEST

START_TEST(read_by_form)
{
    static const struct {
        const char *text;
        enum instant_form form;
    } rows[] = {{"2026-03-02", INSTANT_DAY},           {"2026-02-29", INSTANT_NONE},
                {"2026-03-02 09:00", INSTANT_LOCAL},   {"2026-03-02T09:00:00.5", INSTANT_LOCAL},
                {"2026-03-02T09:00Z", INSTANT_OFFSET}, {"2026-03-02T09:00:00.Z", INSTANT_NONE}};
    struct civil civil;
    int32_t offset_s = 7;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        ck_assert_msg(instant_read(rows[i].text, &civil, &offset_s) == rows[i].form, "%s", rows[i].text);
    }
    ck_assert_int_eq(instant_read("2026-03-02T09:00:00.25-03:30", &civil, &offset_s), INSTANT_OFFSET);
    ck_assert(civil.year == 2026 && civil.hour == 9 && civil.ms == 250 && offset_s == -12600);
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {{printed}, {read_back}, {forms}, {read_by_form}};
    return suite_run(&(struct suite){.name = "instant", .timeout_s = 120, .tests = tests, .count = SUITE_COUNT(tests)});
}
