/* case_number.c - case numbers as people write them */
#include "clients/case_number.h"

#include "base/number.h"

#include <string.h>

enum case_form case_number_form(const char *text)
{
    uint32_t day, day_no;
    size_t size = strlen(text);
    if (size > 0 && strspn(text, "0123456789") == size) {
        return CASE_FORM_ID;
    }
    if (!number_looks(text, size)) {
        return CASE_FORM_NONE;
    }
    return number_parse(text, size, &day, &day_no) ? CASE_FORM_NUMBER : CASE_FORM_WRONG_DIGIT;
}
