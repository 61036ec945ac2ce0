/* test_open_calls.c - tests of open_calls.h: ids go in and out in any order, and come back descending */
#include "dispatcher/store/open_calls.h"

#include "tests/suite.h"

#include <stdbool.h>

enum { COUNT = 500 };

/* Against a plain array of what is there. */
START_TEST(pages_are_a_naive_choice)
{
    struct open_calls calls = {0};
    bool there[COUNT + 1] = {false};
    uint64_t ids[COUNT];

    for (unsigned step = 0; step < 4 * COUNT; step++) {
        uint64_t id = 1 + step * 7919u % COUNT;
        if (there[id]) {
            open_calls_remove(&calls, id);
        } else {
            ck_assert_int_eq(open_calls_add(&calls, id), 0);
        }
        there[id] = !there[id];
        uint64_t before = step % 3 == 0 ? 0 : 1 + step % (COUNT + 1);
        size_t count = open_calls_before(&calls, before, ids, 1 + step % 9), at = 0;
        for (uint64_t n = COUNT; n > 0 && at < 1 + step % 9; n--) {
            if (there[n] && (before == 0 || n < before)) {
                ck_assert_uint_lt(at, count);
                ck_assert_uint_eq(ids[at++], n);
            }
        }
        ck_assert_uint_eq(at, count);
    }
    ck_assert_uint_eq(calls.count, 0); /* each was there twice */
    open_calls_deinit(&calls);
    ck_assert_uint_eq(open_calls_before(&calls, 0, ids, COUNT), 0);
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {{pages_are_a_naive_choice}};
    return suite_run(&(struct suite){.name = "open_calls", .tests = tests, .count = SUITE_COUNT(tests)});
}
