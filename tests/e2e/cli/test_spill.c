/*
 * test_spill.c - arrays beyond memory: what is there stays while they grow from memory into a file, what is new is zero, a full
 * disk is an error.
 */
#include "clients/spill.h"
#include "tests/suite.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>

START_TEST(grows_into_a_file)
{
    struct spill spill = {0};
    uint64_t *at, count = 0, wrong = 0;
    for (uint64_t size = 1000; size < 4 * SPILL_MEMORY; size *= 3) {
        ck_assert_int_eq(spill_grow(&spill, size), 0);
        ck_assert_uint_ge(spill.room, size);
        ck_assert_int_eq(spill.fd != 0, spill.room > SPILL_MEMORY);
        at = spill.at;
        for (uint64_t i = 0; i < spill.room / sizeof(*at); i++) {
            wrong += at[i] != (i < count ? i + 1 : 0);
            at[i] = i + 1;
        }
        ck_assert_uint_eq(wrong, 0);
        count = spill.room / sizeof(*at);
    }
    ck_assert_int_ne(spill.fd, 0);
    ck_assert_int_eq(spill_grow(&spill, 10), 0); /* never smaller */
    ck_assert_uint_eq(spill.room, count * sizeof(*at));
    spill_deinit(&spill);
    ck_assert_ptr_null(spill.at);
}
END_TEST

START_TEST(has_no_room)
{
    struct spill spill = {0};
    ck_assert_int_eq(setenv("TMPDIR", "/nowhere/at/all", 1), 0);
    ck_assert_int_eq(spill_grow(&spill, SPILL_MEMORY), 0);
    *(char *)spill.at = 'x';
    ck_assert_int_eq(spill_grow(&spill, SPILL_MEMORY + 1), -ENOENT);
    ck_assert_uint_eq(spill.room, SPILL_MEMORY); /* the old room stays */
    ck_assert_int_eq(*(char *)spill.at, 'x');
    ck_assert_int_lt(spill_grow(&spill, UINT64_C(1) << 62), 0);
    spill_deinit(&spill);
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {{grows_into_a_file}, {has_no_room}};
    return suite_run(&(struct suite){.name = "spill", .timeout_s = 60, .tests = tests, .count = SUITE_COUNT(tests)});
}
