/*
 * case_number.c - case numbers as people write them
 */
#include "clients/case_number.h"

#include <ctype.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* The quasigroup of H. M. Damm's thesis (2004), order 10; a row of digits with its check digit comes out as 0. */
static const unsigned char quasigroup[10][10] = {
    {0, 3, 1, 7, 5, 9, 8, 6, 4, 2}, {7, 0, 9, 2, 1, 5, 4, 8, 6, 3}, {4, 2, 0, 6, 8, 7, 1, 3, 5, 9}, {1, 7, 5, 0, 9, 8, 3, 4, 2, 6},
    {6, 1, 2, 3, 0, 4, 5, 9, 7, 8}, {3, 6, 7, 4, 2, 0, 9, 5, 8, 1}, {5, 8, 6, 9, 7, 2, 0, 1, 3, 4}, {8, 9, 4, 5, 3, 6, 2, 0, 1, 7},
    {9, 4, 3, 8, 6, 1, 7, 2, 0, 5}, {2, 5, 8, 1, 4, 3, 6, 7, 9, 0},
};

/* YYMMDD-NNNNN-C with 5 to 7 digits in the middle; no needless zero in front of more than 5. */
static bool looks_like_number(const char *text)
{
    size_t size = strlen(text);
    size_t day = strspn(text, "0123456789");
    size_t middle = day == 6 && text[6] == '-' ? strspn(text + 7, "0123456789") : 0;
    if (middle < 5 || middle > 7 || (middle > 5 && text[7] == '0')) {
        return false;
    }
    return size == middle + 9 && text[middle + 7] == '-' && isdigit((unsigned char)text[middle + 8]);
}

enum case_form case_number_form(const char *text)
{
    unsigned char interim = 0;
    if (text[0] != '\0' && text[strspn(text, "0123456789")] == '\0') {
        return CASE_FORM_ID;
    }
    if (!looks_like_number(text)) {
        return CASE_FORM_NONE;
    }
    for (const char *at = text; *at != '\0'; at++) {
        if (*at != '-') {
            interim = quasigroup[interim][*at - '0'];
        }
    }
    return interim == 0 ? CASE_FORM_NUMBER : CASE_FORM_WRONG_DIGIT;
}
