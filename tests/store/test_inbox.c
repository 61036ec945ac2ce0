/* test_inbox.c - tests of inbox.h: open duties by unit, in the order (due instant, id); without a due instant last */
#include "dispatcher/store/inbox.h"

#include "tests/store/store_kit.h"
#include "tests/suite.h"

START_TEST(duties_are_in_the_order_of_due_and_id_and_those_without_due_last)
{
    struct inbox *inbox = inbox_new();
    struct code water = store_kit_code("water"), heat = store_kit_code("heat"), none = store_kit_code("none");
    uint64_t page[10];
    ck_assert_int_eq(inbox_add(inbox, &water, 0, 1), 0);
    ck_assert_int_eq(inbox_add(inbox, &water, 500, 2), 0);
    ck_assert_int_eq(inbox_add(inbox, &heat, 1, 3), 0);
    ck_assert_int_eq(inbox_add(inbox, &water, 100, 5), 0);
    ck_assert_int_eq(inbox_add(inbox, &water, 100, 4), 0);
    ck_assert_int_eq(inbox_add(inbox, &water, 0, 6), 0);
    static const uint64_t wanted[] = {4, 5, 2, 1, 6};
    ck_assert_uint_eq(inbox_page(inbox, &water, 0, 0, page, 10), 5);
    ck_assert_mem_eq(page, wanted, sizeof(wanted));
    ck_assert_uint_eq(inbox_page(inbox, &water, 100, 4, page, 2), 2);
    ck_assert_mem_eq(page, wanted + 1, 2 * sizeof(*wanted));
    ck_assert_uint_eq(inbox_page(inbox, &water, 500, 2, page, 10), 2);
    ck_assert_mem_eq(page, wanted + 3, 2 * sizeof(*wanted));
    ck_assert_uint_eq(inbox_page(inbox, &water, 0, 1, page, 10), 1);
    ck_assert_uint_eq(page[0], 6);
    ck_assert_uint_eq(inbox_page(inbox, &water, 0, 6, page, 10), 0);
    ck_assert_uint_eq(inbox_page(inbox, &none, 0, 0, page, 10), 0);
    inbox_remove(inbox, &water, 100, 4);
    inbox_remove(inbox, &water, 0, 1);
    static const uint64_t left[] = {5, 2, 6};
    ck_assert_uint_eq(inbox_page(inbox, &water, 0, 0, page, 10), 3);
    ck_assert_mem_eq(page, left, sizeof(left));
    ck_assert_ptr_null(inbox_free(inbox));
    ck_assert_ptr_null(inbox_free(NULL));
}
END_TEST

START_TEST(many_duties_come_and_go)
{
    enum { COUNT = 20000 };
    static uint64_t page[COUNT];
    static int64_t due[COUNT + 1];
    struct inbox *inbox = inbox_new();
    struct code water = store_kit_code("water");
    uint64_t state = 5;
    for (uint64_t id = 1; id <= COUNT; id++) {
        due[id] = suite_random(&state) % 1000;
        ck_assert_int_eq(inbox_add(inbox, &water, due[id], id), 0);
    }
    for (uint64_t id = 2; id <= COUNT; id += 2) {
        inbox_remove(inbox, &water, due[id], id);
    }
    for (uint64_t id = 4; id <= COUNT; id += 4) {
        due[id] = suite_random(&state) % 1000 + 1;
        ck_assert_int_eq(inbox_add(inbox, &water, due[id], id), 0);
    }
    size_t count = 0;
    int64_t after_due = 0;
    uint64_t after_id = 0;
    for (size_t n; (n = inbox_page(inbox, &water, after_due, after_id, page + count, 333)) > 0;) {
        count += n;
        after_id = page[count - 1];
        after_due = due[after_id];
    }
    ck_assert_uint_eq(count, COUNT / 2 + COUNT / 4);
    bool ordered = true;
    for (size_t i = 1; i < count; i++) {
        int64_t a = due[page[i - 1]] == 0 ? INT64_MAX : due[page[i - 1]], b = due[page[i]] == 0 ? INT64_MAX : due[page[i]];
        ordered = ordered && (a < b || (a == b && page[i - 1] < page[i]));
    }
    ck_assert(ordered);
    inbox_free(inbox);
}
END_TEST

/* The inboxes of some units are one order, whatever page is taken of it; what other units have is not in it. */
START_TEST(inboxes_of_several_units_are_merged)
{
    enum { COUNT = 3000, UNITS = 7, OURS = 5 };
    static int64_t due[COUNT + 1];
    struct inbox *inbox = inbox_new();
    struct code codes[UNITS];
    const struct code *units[OURS];
    uint64_t state = 9, ours = 0;
    for (int i = 0; i < UNITS; i++) {
        codes[i] = store_kit_code((const char *[UNITS]){"a", "b", "c", "empty", "d", "e", "f"}[i]);
    }
    for (int i = 0; i < OURS; i++) {
        units[i] = &codes[i];
    }
    for (uint64_t id = 1; id <= COUNT; id++) {
        uint64_t unit = suite_random(&state) % UNITS;
        unit = unit == 3 ? 0 : unit;
        due[id] = suite_random(&state) % 200;
        ours += unit < OURS;
        ck_assert_int_eq(inbox_add(inbox, &codes[unit], due[id], id), 0);
    }
    for (int max = 1; max <= COUNT; max = max * 5 + 2) {
        struct inbox_duty page[COUNT], before = {0};
        uint64_t count = 0;
        for (int n; (n = inbox_merge(inbox, units, OURS, before.due_at, before.duty_id, page, max)) > 0; count += (uint64_t)n) {
            for (int i = 0; i < n; i++) {
                int64_t a = before.due_at == 0 ? INT64_MAX : before.due_at, b = page[i].due_at == 0 ? INT64_MAX : page[i].due_at;
                ck_assert_int_eq(page[i].due_at, due[page[i].duty_id]);
                ck_assert(before.duty_id == 0 || a < b || (a == b && before.duty_id < page[i].duty_id));
                before = page[i];
            }
        }
        ck_assert_uint_eq(count, ours);
    }
    ck_assert_int_eq(inbox_merge(inbox, units, 0, 0, 0, NULL, 5), 0);
    inbox_free(inbox);
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {{duties_are_in_the_order_of_due_and_id_and_those_without_due_last},
                                       {many_duties_come_and_go},
                                       {inboxes_of_several_units_are_merged}};
    return suite_run(&(struct suite){.name = "store/inbox", .timeout_s = 120, .tests = tests, .count = SUITE_COUNT(tests)});
}
