/* test_case_number.c - the command line's own look at a case number against the dispatcher's. */
#include "base/number.h"
#include "clients/case_number.h"
#include "tests/suite.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static void agrees(const char *text)
{
    uint32_t day, day_no;
    bool right = number_parse(text, strlen(text), &day, &day_no);
    ck_assert_msg((case_number_form(text) == CASE_FORM_NUMBER) == right, "%s", text);
}

/* Every number of a walk, and each with any one digit changed and any two neighbours swapped. */
START_TEST(test_agrees)
{
    static const uint32_t day_nos[] = {1, 2, 9, 10, 99999, 100000, 123456, 9999999};
    for (uint32_t day = 110701; day < 110732; day++) {
        for (size_t n = 0; n < sizeof(day_nos) / sizeof(day_nos[0]); n++) {
            char number[NUMBER_SIZE];
            int size = number_print(day, day_nos[n], number);
            ck_assert_int_eq(case_number_form(number), CASE_FORM_NUMBER);
            for (int at = 0; at < size; at++) {
                char other[NUMBER_SIZE];
                for (char digit = '0'; number[at] != '-' && digit <= '9'; digit++) {
                    memcpy(other, number, sizeof(other));
                    other[at] = digit;
                    ck_assert(digit == number[at] || case_number_form(other) != CASE_FORM_NUMBER);
                    agrees(other);
                }
                if (at + 1 < size && number[at] != '-' && number[at + 1] != '-' && number[at] != number[at + 1]) {
                    memcpy(other, number, sizeof(other));
                    other[at] = number[at + 1];
                    other[at + 1] = number[at];
                    ck_assert_int_ne(case_number_form(other), CASE_FORM_NUMBER);
                    agrees(other);
                }
            }
        }
    }
}
END_TEST

START_TEST(test_forms)
{
    static const struct {
        const char *text;
        enum case_form form;
    } rows[] = {
        {"", CASE_FORM_NONE},
        {"7", CASE_FORM_ID},
        {"110701-00001-2", CASE_FORM_NUMBER},
        {"110701-00001-3", CASE_FORM_WRONG_DIGIT},
        {"110701-000001-2", CASE_FORM_NONE},
        {"110701-0001-2", CASE_FORM_NONE},
        {"110701-00001-22", CASE_FORM_NONE},
        {"110701-00001-", CASE_FORM_NONE},
        {"11070-00001-2", CASE_FORM_NONE},
        {"110701_00001-2", CASE_FORM_NONE},
        {"M115", CASE_FORM_NONE},
        {"-7", CASE_FORM_NONE},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        ck_assert_msg(case_number_form(rows[i].text) == rows[i].form, "%s", rows[i].text);
    }
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {{test_agrees}, {test_forms}};
    return suite_run(&(struct suite){.name = "cli_case_number", .tests = tests, .count = SUITE_COUNT(tests)});
}
