/* test_log.c - lines are JSON whatever the text, say what they are about, and repeated ones are held back and counted. */
#include "base/log.h"
#include "tests/suite.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define CODE_LINES 10

static FILE *file;
static struct log *lines;

static void setup(void)
{
    file = tmpfile();
    lines = log_new(fileno(file), LOG_LEVEL_NOTICE, CODE_LINES);
}

static void teardown(void)
{
    log_free(lines);
    fclose(file);
}

/* Next line as JSON, or NULL at the end. */
static json_t *next(void)
{
    char line[8192];
    if (fgets(line, sizeof(line), file) == NULL) {
        return NULL;
    }
    json_error_t error;
    json_t *object = json_loads(line, 0, &error);
    ck_assert_msg(object != NULL, "%s in %s", error.text, line);
    return object;
}

static const char *string(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

START_TEST(a_line_has_its_fields)
{
    log_seq(lines, 42);
    log_say(lines, LOG_LEVEL_WARNING, "key_unknown", "a peer at '%s'", "127.0.0.1");
    rewind(file);
    json_t *line = next();
    ck_assert_str_eq(string(line, "level"), "warning");
    ck_assert_str_eq(string(line, "code"), "key_unknown");
    ck_assert_str_eq(string(line, "text"), "a peer at '127.0.0.1'");
    ck_assert_int_eq(json_integer_value(json_object_get(line, "seq")), 42);
    ck_assert_uint_eq(strlen(string(line, "at")), strlen("2026-01-01T00:00:00.000Z"));
    json_decref(line);
}
END_TEST

static int32_t given_offset(const void *arg, int64_t at_ms)
{
    ck_assert_int_gt(at_ms, 0);
    return *(const int32_t *)arg;
}

/* The instant is the same, written in the district's time. */
START_TEST(a_line_has_local_time)
{
    static const int32_t offsets[] = {0, 8 * 3600, -4 * 3600 - 1800};
    static const char *const ends[] = {"Z", "+08:00", "-04:30"};
    time_t begin = time(NULL);
    for (size_t i = 0; i < 3; i++) {
        log_zone(lines, given_offset, &offsets[i]);
        log_line(lines, LOG_LEVEL_NOTICE, "local", "x");
    }
    rewind(file);
    for (size_t i = 0; i < 3; i++) {
        json_t *line = next();
        const char *at = string(line, "at");
        struct tm civil = {0};
        ck_assert_str_eq(at + strlen("2026-01-01T00:00:00.000"), ends[i]);
        ck_assert_ptr_nonnull(strptime(at, "%Y-%m-%dT%H:%M:%S", &civil));
        time_t seconds = timegm(&civil) - offsets[i];
        ck_assert(seconds >= begin && seconds <= time(NULL));
        json_decref(line);
    }
}
END_TEST

START_TEST(any_text_stays_json)
{
    log_line(lines, LOG_LEVEL_ERROR, "x", "呼应 \"quoted\" \\ back\nnew\x01 line");
    log_line(lines, LOG_LEVEL_ERROR, "x", "broken \xff\xe5\x91 end");
    char *large = malloc(20001);
    memset(large, '"', 20000);
    large[20000] = '\0';
    log_line(lines, LOG_LEVEL_ERROR, "x", large);
    free(large);
    rewind(file);
    json_t *line = next();
    ck_assert_str_eq(string(line, "text"), "呼应 \"quoted\" \\ back\nnew\x01 line");
    json_decref(line);
    line = next();
    ck_assert_str_eq(string(line, "text"), "broken ??? end");
    json_decref(line);
    line = next();
    ck_assert_uint_gt(strlen(string(line, "text")), 1000);
    json_decref(line);
}
END_TEST

START_TEST(repeated_lines_are_held_back_and_counted)
{
    for (int i = 0; i < 100; i++) {
        log_line(lines, LOG_LEVEL_NOTICE, "often", "again");
    }
    log_line(lines, LOG_LEVEL_NOTICE, "once", "still heard");
    log_flush(lines, false); /* the window is not over */
    log_flush(lines, true);
    rewind(file);
    int often = 0, once = 0;
    json_int_t held = 0;
    for (json_t *line; (line = next()) != NULL; json_decref(line)) {
        if (strcmp(string(line, "code"), "once") == 0) {
            once++;
        } else if (json_object_get(line, "held_back") == NULL) {
            often++;
        } else {
            held += json_integer_value(json_object_get(line, "held_back"));
        }
    }
    ck_assert_int_eq(often, CODE_LINES);
    ck_assert_int_eq(once, 1);
    ck_assert_int_eq((int)held, 100 - CODE_LINES);
}
END_TEST

START_TEST(more_codes_than_places_still_speak)
{
    char code[32];
    for (int i = 0; i < 200; i++) {
        snprintf(code, sizeof(code), "code_%d", i);
        log_line(lines, LOG_LEVEL_NOTICE, code, "text");
    }
    log_flush(lines, true);
    rewind(file);
    int count = 0;
    for (json_t *line; (line = next()) != NULL; json_decref(line)) {
        count++;
    }
    ck_assert_int_ge(count, 64);
    ck_assert_int_le(count, 64 + CODE_LINES + 1);
}
END_TEST

START_TEST(a_line_says_what_it_is_about)
{
    char long_hook[2000];
    memset(long_hook, 'h', sizeof(long_hook));
    long_hook[sizeof(long_hook) - 1] = '\0';
    log_seq(lines, 42);
    log_about(lines, LOG_LEVEL_NOTICE, "c", &(struct log_about){.number = "260302-00001-3", .duty = 7, .seq = 9, .hook = "web"},
              "\xff bad");
    log_about(lines, LOG_LEVEL_NOTICE, "c", &(struct log_about){.number = ""}, "%d", 5);
    log_about(lines, LOG_LEVEL_NOTICE, "c", &(struct log_about){.number = long_hook, .hook = long_hook, .duty = UINT64_MAX >> 1},
              "%s%s%s", long_hook, long_hook, long_hook);
    rewind(file);
    json_t *line = next();
    ck_assert_str_eq(string(line, "text"), "? bad");
    ck_assert_str_eq(string(line, "hook"), "web");
    ck_assert_str_eq(string(line, "case"), "260302-00001-3");
    ck_assert_int_eq(json_integer_value(json_object_get(line, "duty")), 7);
    ck_assert_int_eq(json_integer_value(json_object_get(line, "seq")), 9);
    json_decref(line);
    line = next();
    ck_assert_int_eq(json_integer_value(json_object_get(line, "seq")), 42);
    ck_assert_ptr_null(json_object_get(line, "case"));
    ck_assert_ptr_null(json_object_get(line, "duty"));
    json_decref(line);
    line = next();
    ck_assert_int_eq(json_integer_value(json_object_get(line, "duty")), (json_int_t)(UINT64_MAX >> 1));
    json_decref(line);
}
END_TEST

START_TEST(what_is_lighter_than_the_bound_is_never_held_back)
{
    struct log *work = log_new(fileno(file), LOG_LEVEL_WARNING, CODE_LINES);
    for (int i = 0; i < 3 * CODE_LINES; i++) {
        log_say(work, LOG_LEVEL_ERROR, "often", "%d", i);
        log_say(work, LOG_LEVEL_NOTICE, "work", "%d", i);
    }
    log_say(work, LOG_LEVEL_ERROR, "other", "x");
    log_free(work);
    rewind(file);
    int often = 0, done = 0, other = 0;
    for (json_t *line; (line = next()) != NULL; json_decref(line)) {
        often += strcmp(string(line, "code"), "often") == 0;
        done += strcmp(string(line, "code"), "work") == 0;
        other += strcmp(string(line, "code"), "other") == 0;
    }
    ck_assert_int_eq(often, CODE_LINES);
    ck_assert_int_eq(done, 3 * CODE_LINES);
    ck_assert_int_eq(other, 1);
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {{a_line_has_its_fields},
                                       {a_line_has_local_time},
                                       {any_text_stays_json},
                                       {repeated_lines_are_held_back_and_counted},
                                       {more_codes_than_places_still_speak},
                                       {a_line_says_what_it_is_about},
                                       {what_is_lighter_than_the_bound_is_never_held_back}};
    return suite_run(
        &(struct suite){.name = "log", .setup = setup, .teardown = teardown, .tests = tests, .count = SUITE_COUNT(tests)});
}
