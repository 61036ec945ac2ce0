/* test_visible.c - which events a key may see: every role and every type of event. */
#include "dispatcher/engine/visible.h"
#include "proto/gen/schema.h"
#include "tests/suite.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

START_TEST(every_role_and_type)
{
    for (int role = 0; role < ROLE_COUNT; role++) {
        for (int type = 1; type <= RECORD_TYPE_MAX; type++) {
            bool asked = type == RECORD_FOLLOWUP_ATTEMPTED || type == RECORD_FOLLOWUP_ENDED;
            bool order = type == RECORD_ORDER_PROPOSED || type == RECORD_ALARM_RAISED || type == RECORD_ARRIVAL_MISSED ||
                         type == RECORD_REFUSAL_DECIDED;
            bool outside = role == ROLE_GATEWAY || role == ROLE_IMPORTER;
            bool below = role == ROLE_OPERATOR || role == ROLE_WORKER || role == ROLE_FOLLOWUP;

            if (record_is_event((enum record_type)type)) {
                ck_assert_int_eq(visible_type(1u << role, (enum record_type)type),
                                 !(outside && (asked || order)) && !(below && order));
            }
        }
    }
    ck_assert(!visible_type(0, RECORD_CASE_RECEIVED));
}
END_TEST

START_TEST(by_unit_and_matter)
{
    union {
        struct reach reach;
        char room[sizeof(struct reach) + 2 * sizeof(struct reach_range)];
    } part;
    struct codes all = {0}, one = {.count = 1};
    struct code m1, m2;
    struct visible_key key = {.roles = 1u << ROLE_WORKER, .matters = &all, .reach = &part.reach};
    uint32_t in[] = {1, 12}, out[] = {1, 20};

    ck_assert(code_make("M1", 2, &m1));
    ck_assert(code_make("M2", 2, &m2));
    one.at[0] = m1;
    memset(&part, 0, sizeof(part));
    part.reach.count = 2;
    part.reach.at[0] = (struct reach_range){.from = 5, .until = 7};
    part.reach.at[1] = (struct reach_range){.from = 10, .until = 20};
    ck_assert(visible_event(&key, RECORD_CASE_CLOSED, 9, &m1, in, 2));
    ck_assert(!visible_event(&key, RECORD_CASE_CLOSED, 9, &m1, out, 2));
    ck_assert(!visible_event(&key, RECORD_CASE_CLOSED, 9, &m1, in, 0));
    ck_assert(visible_event(&key, RECORD_UNIT_PUBLISHED, 0, &m1, NULL, 0)); /* for everybody */
    key.reach = NULL;
    ck_assert(!visible_event(&key, RECORD_CASE_CLOSED, 9, &m1, in, 2));
    key.all = true;
    ck_assert(visible_event(&key, RECORD_CASE_CLOSED, 9, &m2, out, 2));
    ck_assert(!visible_event(&key, RECORD_ORDER_PROPOSED, 9, &m2, out, 2));
    key.matters = &one;
    ck_assert(visible_event(&key, RECORD_CASE_CLOSED, 9, &m1, out, 2));
    ck_assert(!visible_event(&key, RECORD_CASE_CLOSED, 9, &m2, out, 2));
    ck_assert(visible_event(&key, RECORD_UNIT_PUBLISHED, 0, &m2, NULL, 0));
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {{every_role_and_type}, {by_unit_and_matter}};
    return suite_run(&(struct suite){.name = "visible", .tests = tests, .count = SUITE_COUNT(tests)});
}
