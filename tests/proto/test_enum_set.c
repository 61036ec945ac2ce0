/* test_enum_set.c - several values of a closed list at once: the roles of a key */
#include "proto/enum_set.h"
#include "proto/gen/schema.h"
#include "tests/suite.h"

#define BIT(role) (UINT32_C(1) << (role))

START_TEST(there_and_back)
{
    char text[512];

    for (uint32_t set = 0; set < BIT(ROLE_COUNT); set += set < 64 ? 1 : 37) {
        ck_assert_uint_eq(enum_set_read(&role_enum, enum_set_print(&role_enum, set, " ", text, sizeof(text))), set);
    }
}
END_TEST

START_TEST(as_people_read_it)
{
    char text[64], narrow[12];

    ck_assert_str_eq(enum_set_print(&role_enum, 0, ", ", text, sizeof(text)), "");
    ck_assert_str_eq(enum_set_print(&role_enum, BIT(ROLE_WORKER) | BIT(ROLE_OPERATOR), ", ", text, sizeof(text)),
                     "operator, worker");
    ck_assert_str_eq(enum_set_print(&role_enum, BIT(ROLE_WORKER), ", ", text, sizeof(text)), "worker");
    ck_assert_str_eq(enum_set_print(&urgency_enum, ENUM_SET_ALL, "|", text, sizeof(text)), "ordinary|urgent|emergency|complex");
    ck_assert_str_eq(enum_set_print(&role_enum, BIT(ROLE_WORKER) | BIT(ROLE_OPERATOR), ", ", narrow, sizeof(narrow)),
                     "operator, w");
}
END_TEST

START_TEST(names_that_are_not_known)
{
    ck_assert_uint_eq(enum_set_read(&role_enum, ""), 0);
    ck_assert_uint_eq(enum_set_read(&role_enum, " worker  boss operator "), BIT(ROLE_WORKER) | BIT(ROLE_OPERATOR));
    ck_assert_uint_eq(enum_set_read(&role_enum, "work workers"), 0); /* whole names alone */
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {{there_and_back}, {as_people_read_it}, {names_that_are_not_known}};
    return suite_run(&(struct suite){.name = "enum_set", .tests = tests, .count = SUITE_COUNT(tests)});
}
