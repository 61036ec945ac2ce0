/* test_place.c - a sentence about a file, with the place in it */
#include "base/place.h"
#include "tests/suite.h"

START_TEST(as_much_as_is_known)
{
    char text[64], narrow[8];

    ck_assert_str_eq(place_say("units.csv", 3, 7, text, sizeof(text), "`x` is not a code"), "units.csv:3:7: `x` is not a code");
    ck_assert_str_eq(place_say("units.csv", 3, 0, text, sizeof(text), "what"), "units.csv:3: what");
    ck_assert_str_eq(place_say("units.csv", 0, 7, text, sizeof(text), "what"), "units.csv: what"); /* no column without a line */
    ck_assert_str_eq(place_say("units.csv", 3, 7, narrow, sizeof(narrow), "what"), "units.c");
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {{as_much_as_is_known}};
    return suite_run(&(struct suite){.name = "place", .tests = tests, .count = SUITE_COUNT(tests)});
}
