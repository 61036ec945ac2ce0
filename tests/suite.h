/*
 * suite.h - the main function of a test program: tests in a table, run as one suite
 */
#ifndef HUYING_TESTS_SUITE_H
#define HUYING_TESTS_SUITE_H

#include <check.h>
#include <stddef.h>
#include <stdint.h>

/* The next of a sequence of numbers that is the same in every run (xorshift); *state is not 0. */
static inline uint32_t suite_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return (uint32_t)(*state >> 32);
}

/* A test, or with `times` a loop of it: `_i` goes from 0 to times - 1. */
struct suite_test {
    const TTest *test;
    int times;
    int signal; /* that it must end by; 0: by none */
};

struct suite {
    const char *name;
    int timeout_s;       /* of one test; 0: libcheck's own 4 s */
    void (*setup)(void); /* before and after each test, or NULL */
    void (*teardown)(void);
    const struct suite_test *tests;
    size_t count;
};

#define SUITE_COUNT(array) ((int)(sizeof(array) / sizeof((array)[0])))

/* Runs the tests; returns the exit code of the program. */
static inline int suite_run(const struct suite *suite)
{
    Suite *all = suite_create(suite->name);
    TCase *tcase = tcase_create(suite->name);
    if (suite->timeout_s > 0) {
        tcase_set_timeout(tcase, suite->timeout_s);
    }
    if (suite->setup != NULL || suite->teardown != NULL) {
        tcase_add_checked_fixture(tcase, suite->setup, suite->teardown);
    }
    for (size_t i = 0; i < suite->count; i++) {
        int times = suite->tests[i].times;
        tcase_add_loop_test_raise_signal(tcase, suite->tests[i].test, suite->tests[i].signal, 0, times > 0 ? times : 1);
    }
    suite_add_tcase(all, tcase);
    SRunner *runner = srunner_create(all);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}

#endif
