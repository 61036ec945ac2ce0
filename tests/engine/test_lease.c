/* test_lease.c - the table of leases: by duty, by end, by question. */
#include "dispatcher/engine/lease.h"
#include "proto/gen/schema.h"
#include "tests/suite.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct lease make(uint64_t duty_id, const char *worker, uint64_t ask, int64_t until_ms)
{
    struct lease lease = {.duty_id = duty_id, .ask = ask, .until_ms = until_ms};

    ck_assert(code_make("key", 3, &lease.holder.key));
    ck_assert(code_make(worker, strlen(worker), &lease.holder.worker));
    return lease;
}

START_TEST(one_lease_a_duty)
{
    struct leases *leases = leases_new();
    struct lease one = make(7, "one", 1, 100), two = make(7, "two", 2, 200);

    ck_assert_int_eq(lease_next_ms(leases), INT64_MAX);
    ck_assert_int_eq(lease_put(leases, &one), 0);
    ck_assert_ptr_nonnull(lease_find(leases, 7, 99));
    ck_assert_ptr_null(lease_find(leases, 7, 100)); /* lapsed is as good as none */
    ck_assert_int_eq(lease_put(leases, &two), 0);
    ck_assert_uint_eq(leases_count(leases), 1);
    ck_assert(lease_holder_equal(&lease_find(leases, 7, 150)->holder, &two.holder));
    ck_assert(!lease_holder_equal(&one.holder, &two.holder));
    ck_assert_int_eq(lease_next_ms(leases), 200);
    ck_assert(lease_drop(leases, 7));
    ck_assert(!lease_drop(leases, 7));
    ck_assert_uint_eq(leases_count(leases), 0);
    ck_assert_ptr_null(leases_free(leases));
    ck_assert_ptr_null(leases_free(NULL));
}
END_TEST

START_TEST(they_lapse_in_order)
{
    struct leases *leases = leases_new();
    uint64_t before = 0;
    uint32_t lapsed = 0;

    for (uint64_t i = 1; i <= 1000; i++) {
        struct lease lease = make(i, "w", 1, (int64_t)(i * 7919 % 1000));

        ck_assert_int_eq(lease_put(leases, &lease), 0);
    }
    ck_assert_uint_eq(lease_lapsed(leases, -1), 0);
    for (uint64_t duty; (duty = lease_lapsed(leases, 499)) != 0; lapsed++) {
        ck_assert_uint_ge(duty * 7919 % 1000, before);
        before = duty * 7919 % 1000;
    }
    ck_assert_uint_eq(lapsed, 500);
    ck_assert_uint_eq(leases_count(leases), 500);
    ck_assert_int_eq(lease_next_ms(leases), 500);
    leases_free(leases);
}
END_TEST

START_TEST(found_by_question_and_holder)
{
    struct leases *leases = leases_new();
    struct lease lease;
    uint64_t duties[8];

    for (uint64_t i = 1; i <= 9; i++) {
        lease = make(i, i % 2 == 0 ? "even" : "odd", i <= 6 ? 5 : 6, i == 4 ? 10 : 100);
        ck_assert_int_eq(lease_put(leases, &lease), 0);
    }
    lease = make(0, "even", 0, 0);
    ck_assert_uint_eq(lease_asked(leases, &lease.holder, 5, 50, duties, 8), 2); /* 2 and 6; 4 has lapsed */
    ck_assert_uint_eq(duties[0], 2);
    ck_assert_uint_eq(duties[1], 6);
    ck_assert_uint_eq(lease_asked(leases, &lease.holder, 5, 50, duties, 1), 1);
    ck_assert_uint_eq(lease_asked(leases, &lease.holder, 7, 50, duties, 8), 0);
    leases_free(leases);
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {{one_lease_a_duty}, {they_lapse_in_order}, {found_by_question_and_holder}};
    return suite_run(&(struct suite){.name = "lease", .tests = tests, .count = SUITE_COUNT(tests)});
}
