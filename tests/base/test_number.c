/* test_number.c - case numbers: print, read back, and every slip of one digit or two neighbours is found */
#include "base/number.h"
#include "tests/suite.h"

#include <stdio.h>
#include <string.h>

START_TEST(a_number_reads_back)
{
    static const uint32_t samples[][2] = {{110701, 1}, {260302, 99999}, {260302, 100000}, {991231, 9999999}};
    for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
        char text[NUMBER_SIZE];
        uint32_t day, no;
        int size = number_print(samples[i][0], samples[i][1], text);
        ck_assert_int_eq(size, (int)strlen(text));
        ck_assert(number_parse(text, strlen(text), &day, &no));
        ck_assert_uint_eq(day, samples[i][0]);
        ck_assert_uint_eq(no, samples[i][1]);
    }
    char text[NUMBER_SIZE];
    number_print(110701, 1, text);
    ck_assert_int_eq(strncmp(text, "110701-00001-", 13), 0);
}
END_TEST

START_TEST(one_wrong_digit_is_found)
{
    char text[NUMBER_SIZE];
    uint32_t day, no;
    int size = number_print(260302, 12345, text);
    for (int i = 0; i < size; i++) {
        for (char digit = '0'; digit <= '9' && text[i] != '-'; digit++) {
            char slip[NUMBER_SIZE];
            memcpy(slip, text, sizeof(slip));
            slip[i] = digit;
            ck_assert_int_eq(number_parse(slip, strlen(slip), &day, &no), digit == text[i]);
            ck_assert(number_looks(slip, strlen(slip)));
        }
    }
}
END_TEST

START_TEST(swapped_neighbours_are_found)
{
    char text[NUMBER_SIZE];
    uint32_t day, no;
    for (uint32_t sample = 0; sample < 500; sample++) {
        int size = number_print(260302, sample * 7919 % 100000, text);
        for (int i = 0; i + 1 < size; i++) {
            if (text[i] == '-' || text[i + 1] == '-' || text[i] == text[i + 1]) {
                continue;
            }
            char slip[NUMBER_SIZE];
            memcpy(slip, text, sizeof(slip));
            slip[i] = text[i + 1];
            slip[i + 1] = text[i];
            ck_assert(!number_parse(slip, strlen(slip), &day, &no));
        }
    }
}
END_TEST

START_TEST(what_is_no_number_is_refused)
{
    static const char *const bad[] = {
        "", "110701", "110701-1-0", "11070100001-0", "110701-00001", "110701-0000x-1", "110701-000001-7"};
    uint32_t day, no;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        ck_assert(!number_parse(bad[i], strlen(bad[i]), &day, &no));
        ck_assert(!number_looks(bad[i], strlen(bad[i])));
    }
}
END_TEST

/* Not one of the ten check digits makes a number of what is not written as one. */
START_TEST(no_check_digit_saves_what_is_not_written_as_a_number)
{
    static const char others[] = "/:x-0";
    char text[NUMBER_SIZE + 2];
    uint32_t day, no;
    int size = number_print(110701, 12345, text);
    for (int i = 0; i < size; i++) {
        for (size_t k = 0; k < sizeof(others) - 1; k++) {
            bool digit = text[i] != '-';
            if ((others[k] == '-' && !digit) || (others[k] == '0' && digit)) {
                continue;
            }
            for (char check = '0'; check <= '9'; check++) {
                char slip[NUMBER_SIZE + 2];
                memcpy(slip, text, sizeof(slip));
                slip[size - 1] = check;
                slip[i] = others[k];
                ck_assert_msg(!number_parse(slip, strlen(slip), &day, &no), "%s", slip);
            }
        }
    }
    for (char check = '0'; check <= '9'; check++) {
        snprintf(text, sizeof(text), "110701-12345678-%c", check); /* no day has so many */
        ck_assert_msg(!number_parse(text, strlen(text), &day, &no), "%s", text);
    }
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {{a_number_reads_back},
                                       {one_wrong_digit_is_found},
                                       {swapped_neighbours_are_found},
                                       {what_is_no_number_is_refused},
                                       {no_check_digit_saves_what_is_not_written_as_a_number}};
    return suite_run(&(struct suite){.name = "number", .tests = tests, .count = SUITE_COUNT(tests)});
}
