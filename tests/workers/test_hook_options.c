/* test_hook_options.c - what a hook's settings say. */
#include "tests/suite.h"
#include "workers/hook.h"

#include <errno.h>
#include <string.h>

static int read_text(const char *text, struct hook_options *ret, char fault[YAML_TREE_FAULT_SIZE])
{
    static struct settings settings;

    settings_deinit(&settings);
    return hook_read(&settings, ret, NULL, NULL, text, fault);
}

START_TEST(words)
{
    struct hook_options hook;
    char fault[YAML_TREE_FAULT_SIZE];

    ck_assert_int_eq(
        read_text("name=web url=https://example.org/x?a=b secret=file types=case_closed,rung_fired:red,rung_fired:yellow", &hook,
                  fault),
        0);
    ck_assert_str_eq(hook.name, "web");
    ck_assert_str_eq(hook.url, "https://example.org/x?a=b");
    ck_assert_str_eq(hook.secret, "file");
    ck_assert_uint_eq(hook.type_count, 2);
    ck_assert_uint_eq(hook.types[0].rungs, 0);
    ck_assert_uint_eq(hook.types[1].rungs, 1u << RUNG_RED | 1u << RUNG_YELLOW);
    ck_assert_int_eq(read_text("name=web url=http://h secret=file", &hook, fault), 0);
    ck_assert_uint_eq(hook.type_count, 3); /* closures, satisfaction, red rungs */
    ck_assert_uint_eq(hook.types[2].rungs, 1u << RUNG_RED);
    ck_assert_int_eq(read_text("name=web url=http://h secret=file types=rung_fired:red,rung_fired", &hook, fault), 0);
    ck_assert_uint_eq(hook.types[0].rungs, 0); /* all of them */
}
END_TEST

START_TEST(faults)
{
    static const char *const bad[][2] = {
        {"name=web url=http://h", "secret"},
        {"name=web secret=f", "url"},
        {"name=web url=ftp://h secret=f", "url"},
        {"name=web url=file:///etc/passwd secret=f", "url"},
        {"name=web url=http:// secret=f", "url"},
        {"url=http://h secret=f", "name"},
        {"name=two/words url=http://h secret=f", "name"},
        {"name=web url=http://h secret=f colour=red", "colour"},
        {"name=web url=http://h secret=f types=case_lost", "case_lost"},
        {"name=web url=http://h secret=f types=case_closed:red", "case_closed:red"},
        {"name=web url=http://h secret=f types=rung_fired:green", "rung_fired:green"},
        {"web", "web"},
    };
    struct hook_options hook;
    char fault[YAML_TREE_FAULT_SIZE];

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        fault[0] = '\0';
        ck_assert_msg(read_text(bad[i][0], &hook, fault) == -EINVAL, "`%s` was taken", bad[i][0]);
        ck_assert_msg(strstr(fault, bad[i][1]) != NULL, "`%s`: %s", bad[i][0], fault);
    }
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {{words}, {faults}};
    return suite_run(&(struct suite){.name = "hook_options", .timeout_s = 120, .tests = tests, .count = SUITE_COUNT(tests)});
}
