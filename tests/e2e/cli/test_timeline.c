/* test_timeline.c - records in words: patterns, parts that are left out, cuts. */
#include "clients/timeline.h"
#include "tests/suite.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static void expect(const char *record, const char *words)
{
    char text[200];
    json_t *view = json_loads(record, 0, NULL);
    ck_assert_ptr_nonnull(view);
    timeline_sentence(view, text, sizeof(text));
    ck_assert_str_eq(text, words);
    json_decref(view);
}

START_TEST(test_sentences)
{
    expect("{\"type\":\"case_received\",\"dims\":{\"kind\":\"request\",\"channel\":\"web\",\"matter\":\"M1\"},\"reference\":\"\","
           "\"limit_at\":null}",
           "request by web, matter M1");
    expect("{\"type\":\"case_received\",\"dims\":{\"kind\":\"request\",\"channel\":\"web\",\"matter\":\"M1\"},\"reference\":\"R7\","
           "\"limit_at\":\"2011-07-15T01:32:32.000-04:00\",\"title\":\"路灯\"}",
           "request by web, matter M1, reference R7, limit 2011-07-15 01:32:32: 路灯");
    expect("{\"type\":\"clock_stopped\",\"clock\":\"handle\",\"in_time\":false,\"consumed_ms\":90000,\"due_at\":null}",
           "handle, late after 1 min 30 s");
    expect("{\"type\":\"clock_stopped\",\"clock\":\"handle\",\"in_time\":true,\"consumed_ms\":0,\"due_at\":null}",
           "handle, in time");
    expect("{\"type\":\"call_dispatched\",\"units\":[\"A\",\"B\"],\"how\":\"hand\",\"reason\":\"owner\"}",
           "to A, B, by hand: owner");
    expect("{\"type\":\"duty_ended\",\"duty_kind\":\"respond\",\"reason\":\"none\",\"text\":\"\"}", "respond");
    expect("{\"type\":\"command_taken\",\"command\":12,\"actor\":\"wang\",\"behalf\":\"\"}", "sign by wang");
    expect("{\"type\":\"clock_started\",\"clock\":\"handle\",\"time_kind\":\"working_days\",\"amount\":5,\"budget_ms\":126000000,"
           "\"source\":\"catalogue\",\"due_at\":\"2027-01-04T10:00:00.000+08:00\",\"provisional\":true}",
           "handle, 5 working days (catalogue), due 2027-01-04 10:00:00, provisional");
    expect(
        "{\"type\":\"clock_started\",\"clock\":\"route\",\"time_kind\":\"working_hours\",\"amount\":3600000,\"budget_ms\":3600000,"
        "\"source\":\"policy\",\"due_at\":null,\"provisional\":false}",
        "route, 1 h of working time (policy)");
    expect("{\"type\":\"clock_started\",\"clock\":\"handle\",\"time_kind\":\"natural\",\"amount\":0,\"budget_ms\":90000,"
           "\"source\":\"given\",\"due_at\":null}",
           "handle, 1 min 30 s (given)");
    expect("{\"type\":\"clock_started\",\"clock\":\"total\",\"time_kind\":\"natural\",\"amount\":0,\"budget_ms\":0,"
           "\"source\":\"none\",\"due_at\":null}",
           "total");
    expect("{\"type\":\"duty_moved\",\"duty_kind\":\"lead\",\"from\":\"DA\"}", "lead, from DA");
    expect("{\"type\":\"nothing_known\"}", "");
}
END_TEST

/* 65 KB of Chinese are cut at a whole character. */
START_TEST(test_cut)
{
    /* Four sizes, so that the cut falls on every byte of a character once. */
    size_t size = 97 + (size_t)_i;
    char text[101];
    char note[400] = "";
    for (int i = 0; i < 100; i++) {
        strcat(note, "灯");
    }
    json_t *view = json_pack("{s:s, s:s, s:s}", "type", "case_noted", "visibility", "inner", "text", note);
    timeline_sentence(view, text, size);
    json_t *again = json_string(text); /* NULL when it is not UTF-8 */
    ck_assert_ptr_nonnull(again);
    ck_assert_int_ge(strlen(text), size - 3);
    ck_assert_int_lt(strlen(text), size);
    json_decref(again);
    json_decref(view);
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {{test_sentences}, {test_cut, 4}};
    return suite_run(&(struct suite){.name = "cli_timeline", .tests = tests, .count = SUITE_COUNT(tests)});
}
