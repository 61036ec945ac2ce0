/* test_log.c - log lines: JSON, bounded. */
#include "tests/suite.h"
#include "workers/log.h"

#include <jansson.h>
#include <string.h>
#include <unistd.h>

static int ends[2];

static json_t *next_line(void)
{
    char text[4096];
    size_t size = 0;

    while (size < sizeof(text) - 1 && read(ends[0], text + size, 1) == 1 && text[size] != '\n') {
        size++;
    }
    return json_loadb(text, size, 0, NULL);
}

START_TEST(lines_are_json)
{
    ck_assert_int_eq(pipe(ends), 0);
    struct log *log = log_new(ends[1]);
    log_say(log, LOG_LEVEL_WARNING, "some_code", "text with \"quotes\" and 呼应 %d", 5);
    json_t *line = next_line();
    ck_assert_str_eq(json_string_value(json_object_get(line, "level")), "warning");
    ck_assert_str_eq(json_string_value(json_object_get(line, "code")), "some_code");
    ck_assert_str_eq(json_string_value(json_object_get(line, "text")), "text with \"quotes\" and 呼应 5");
    const char *at = json_string_value(json_object_get(line, "at"));
    ck_assert(strlen(at) == 24 && at[10] == 'T' && at[23] == 'Z');
    json_decref(line);
    log_about(log, LOG_LEVEL_NOTICE, "c", &(struct log_about){.number = "260302-00001-3", .duty = 7, .seq = 9, .hook = "web"},
              "\xff bad");
    line = next_line();
    ck_assert_str_eq(json_string_value(json_object_get(line, "text")), "? bad");
    ck_assert_str_eq(json_string_value(json_object_get(line, "case")), "260302-00001-3");
    ck_assert_int_eq(json_integer_value(json_object_get(line, "duty")), 7);
    ck_assert_int_eq(json_integer_value(json_object_get(line, "seq")), 9);
    json_decref(line);
    log_free(log);
}
END_TEST

START_TEST(faults_of_one_code_are_limited)
{
    json_t *line;

    ck_assert_int_eq(pipe(ends), 0);
    struct log *log = log_new(ends[1]);
    for (unsigned i = 0; i < 3 * LOG_CODE_LINES; i++) {
        log_say(log, LOG_LEVEL_ERROR, "often", "%u", i);
    }
    log_say(log, LOG_LEVEL_ERROR, "other", "x");
    for (unsigned i = 0; i < LOG_CODE_LINES; i++) {
        line = next_line();
        ck_assert_str_eq(json_string_value(json_object_get(line, "code")), "often");
        json_decref(line);
    }
    line = next_line();
    ck_assert_str_eq(json_string_value(json_object_get(line, "code")), "other");
    json_decref(line);
    for (unsigned i = 0; i < 3 * LOG_CODE_LINES; i++) { /* work is never held back */
        log_say(log, LOG_LEVEL_NOTICE, "work", "%u", i);
        line = next_line();
        ck_assert_str_eq(json_string_value(json_object_get(line, "code")), "work");
        json_decref(line);
    }
    log_free(log);
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {{lines_are_json}, {faults_of_one_code_are_limited}};
    return suite_run(&(struct suite){.name = "log", .timeout_s = 120, .tests = tests, .count = SUITE_COUNT(tests)});
}
