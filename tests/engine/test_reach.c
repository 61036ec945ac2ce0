/*
 * test_reach.c - subtrees as ranges: the same answer as the district's own functions, for every pair of units of many random
 * districts.
 */
#include "dispatcher/engine/reach.h"
#include "tests/engine/engine_district.h"
#include "tests/suite.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void compare(const struct district *district)
{
    struct reach_order order;

    ck_assert_int_eq(reach_order_make(district, &order), 0);
    for (uint32_t i = 0; i < order.count; i++) {
        ck_assert_uint_eq(order.position[order.unit[i]], i);
        ck_assert_uint_eq(reach_position(&order, &district->units[order.unit[i]].code), i);
    }
    for (int32_t top = 0; top < (int32_t)order.count; top++) {
        const struct reach *reach = reach_of(&order, top);

        ck_assert_ptr_eq(reach, reach_of(&order, top));
        for (uint32_t i = 1; i < reach->count; i++) {
            ck_assert_uint_gt(reach->at[i].from, reach->at[i - 1].until);
        }
        for (int32_t unit = 0; unit < (int32_t)order.count; unit++) {
            ck_assert_int_eq(reach_has(reach, order.position[unit]), district_acts_for(district, unit, top));
        }
        ck_assert(!reach_has(reach, REACH_NOWHERE));
    }
    reach_order_deinit(&order);
}

START_TEST(the_small_district)
{
    struct district *district = engine_district_make('a');
    struct reach_order order;
    struct code nobody;

    compare(district);
    district->units[4].deputy = 2;
    district->units[8].seconded_by = 3;
    compare(district);
    ck_assert_int_eq(reach_order_make(district, &order), 0);
    ck_assert(code_make("X9", 2, &nobody));
    ck_assert_uint_eq(reach_position(&order, &nobody), REACH_NOWHERE);
    reach_order_deinit(&order);
    engine_district_unmake(district);
}
END_TEST

START_TEST(random_districts)
{
    enum { UNITS = 60 };
    struct unit units[UNITS];
    unsigned seed = (unsigned)_i + 1;

    memset(units, 0, sizeof(units));
    for (int32_t i = 0; i < UNITS; i++) {
        struct unit *unit = &units[i];
        char code[8];

        snprintf(code, sizeof(code), "U%03d", i);
        ck_assert(code_make(code, 4, &unit->code));
        /* Several tops, chains of any length. */
        unit->parent = i < 3 || rand_r(&seed) % 10 == 0 ? -1 : rand_r(&seed) % i;
        unit->seconded_by = rand_r(&seed) % 8 == 0 ? rand_r(&seed) % UNITS : -1;
        unit->deputy = rand_r(&seed) % 8 == 0 ? rand_r(&seed) % UNITS : -1;
    }
    compare(&(struct district){.units = units, .unit_count = UNITS});
    compare(&(struct district){.units = units, .unit_count = 0});
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {{the_small_district}, {random_districts, 30}};
    return suite_run(&(struct suite){.name = "reach", .tests = tests, .count = SUITE_COUNT(tests)});
}
