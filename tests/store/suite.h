/*
 * suite.h - the main function of a test program
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

/* Runs tests as one suite; returns the exit code. */
static inline int suite_run(const char *name, const TTest *const *tests, size_t count)
{
    Suite *suite = suite_create(name);
    TCase *tcase = tcase_create(name);
    tcase_set_timeout(tcase, 120);
    for (size_t i = 0; i < count; i++) {
        tcase_add_test(tcase, tests[i]);
    }
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}

#define SUITE_RUN(name, tests) suite_run(name, tests, sizeof(tests) / sizeof((tests)[0]))

#endif
