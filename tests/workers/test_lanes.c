/* test_lanes.c - in order within a case, side by side otherwise; the low-water mark. */
#include "tests/suite.h"
#include "workers/lanes.h"

#include <stdlib.h>

START_TEST(a_case_waits_for_itself_only)
{
    struct lanes lanes = {0};

    ck_assert_uint_eq(lanes_low_water(&lanes), 0);
    lanes_add(&lanes, 10, 1);
    lanes_add(&lanes, 11, 1);
    lanes_add(&lanes, 12, 2);
    lanes_add(&lanes, 13, 1);
    ck_assert_uint_eq(lanes_low_water(&lanes), 9);
    struct lane_entry *one = lanes_begin(&lanes, 0);
    ck_assert_uint_eq(one->seq, 10);
    struct lane_entry *two = lanes_begin(&lanes, 0);
    ck_assert_uint_eq(two->seq, 12);
    ck_assert_ptr_null(lanes_begin(&lanes, 0));
    lanes_finish(&lanes, two);
    ck_assert_uint_eq(lanes_low_water(&lanes), 9);
    lanes_put_off(one, 100);
    ck_assert_ptr_null(lanes_begin(&lanes, 99));
    ck_assert_int_eq(lanes_due_ms(&lanes), 100);
    ck_assert_ptr_eq(lanes_begin(&lanes, 100), one);
    ck_assert_int_eq(lanes_due_ms(&lanes), -1);
    lanes_finish(&lanes, one);
    ck_assert_uint_eq(lanes_low_water(&lanes), 10);
    one = lanes_begin(&lanes, 0);
    ck_assert_uint_eq(one->seq, 11);
    lanes_finish(&lanes, one);
    ck_assert_uint_eq(lanes_low_water(&lanes), 12); /* 12 was done before */
    lanes_finish(&lanes, lanes_begin(&lanes, 0));
    ck_assert_uint_eq(lanes_low_water(&lanes), 13);
    ck_assert_uint_eq(lanes.count, 0);
    lanes.looked = 20; /* events that nobody wants */
    ck_assert_uint_eq(lanes_low_water(&lanes), 20);
    lanes_deinit(&lanes);
}
END_TEST

#define EVENTS 400
#define CASES 7

/* A random life of many events: each rule is checked after each step. */
START_TEST(any_order_of_ends)
{
    for (uint64_t seed = 1; seed < 40; seed++) {
        struct lane_entry *busy[EVENTS];
        uint64_t state = seed, last[CASES] = {0}, mark = 0;
        bool done[EVENTS + 1] = {false};
        struct lanes lanes = {0};
        size_t busy_count = 0, added = 0, finished = 0;
        int64_t now_ms = 0;

        while (finished < EVENTS) {
            uint32_t dice = suite_random(&state) % 10;
            struct lane_entry *entry;

            now_ms++;
            if (dice < 3 && added < EVENTS) {
                added++;
                lanes_add(&lanes, added, suite_random(&state) % CASES);
            } else if (dice < 6 && (entry = lanes_begin(&lanes, now_ms)) != NULL) {
                ck_assert_uint_gt(entry->seq, last[entry->case_id]);
                for (size_t i = 0; i < busy_count; i++) {
                    ck_assert_uint_ne(busy[i]->case_id, entry->case_id);
                }
                busy[busy_count++] = entry;
            } else if (dice >= 6 && busy_count > 0) {
                size_t which = suite_random(&state) % busy_count;

                entry = busy[which];
                busy[which] = busy[--busy_count];
                if (dice == 9) {
                    lanes_put_off(entry, now_ms + 3);
                } else {
                    last[entry->case_id] = entry->seq;
                    done[entry->seq] = true;
                    lanes_finish(&lanes, entry);
                    finished++;
                }
            }
            while (mark < added && done[mark + 1]) {
                mark++;
            }
            ck_assert_uint_eq(lanes_low_water(&lanes), mark);
            ck_assert_uint_eq(lanes.outstanding, added - finished);
        }
        ck_assert_uint_eq(lanes.count, 0);
        lanes_deinit(&lanes);
    }
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {{a_case_waits_for_itself_only}, {any_order_of_ends}};
    return suite_run(&(struct suite){.name = "lanes", .timeout_s = 120, .tests = tests, .count = SUITE_COUNT(tests)});
}
