/*
 * case_number.h - case numbers as people write them: YYMMDD-NNNNN-C
 *
 * The last digit checks the others (Damm), so that one mistyped digit, or two that changed places, is found before anybody is
 * asked. Pure.
 */
#ifndef HUYING_CLIENTS_CASE_NUMBER_H
#define HUYING_CLIENTS_CASE_NUMBER_H

enum case_form {
    CASE_FORM_NONE,        /* neither an id nor a number */
    CASE_FORM_ID,          /* digits alone */
    CASE_FORM_NUMBER,      /* a number whose check digit fits */
    CASE_FORM_WRONG_DIGIT, /* looks like a number; its check digit does not fit */
};

enum case_form case_number_form(const char *text);

#endif
