/* test_submit_check.c - what a complaint must say of itself */
#include "proto/submit_check.h"
#include "tests/suite.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *phone;
    bool good;
} phones[] = {
    {"000-0000", true},
    {"1", true},
    {"13800000000", true},
    {"138****0000", true},
    {"+86 (871) 6316-0000", true},
    {"１３８００００００００", true},
    {"（0871）6316‑0000", true},
    {"0871-63160000 ext. 12", true},
    {"0871 63160000 x12", true},
    {"63160000转8001", true},
    {"63160000 分机 8001", true},
    {"63160000、63160001", true},
    {"63160000/63160001", true},
    {"000\xc2\xa0"
     "0000",
     true},
    {"abc", false},
    {"ext 12", false},
    {"-", false},
    {"+-()", false},
    {"***", false},
    {"电话", false},
    {"abc 000", false},
    {"000 abc", false},
    {"wang@example.org", false},
    {" ", false},
    {"\xe2\x80\x8b", false},
    {"\xe3\x80\x80", false},
    {"，", false},
    {"", false},
};

START_TEST(a_number_has_digits)
{
    ck_assert_msg(submit_check_phone(text_of(phones[_i].phone)) == phones[_i].good, "`%s`", phones[_i].phone);
}
END_TEST

static void expect(const struct submit_command *submit, enum refusal refusal, const char *field)
{
    const char *said = NULL;
    ck_assert_int_eq(submit_check(submit, &said), refusal);
    if (refusal != REFUSAL_NONE) {
        ck_assert_str_eq(said, field);
    }
}

START_TEST(what_is_missing_is_named)
{
    struct submit_command submit = {.text = text_of("dark"), .reporter_phone = text_of("000-0000")};
    expect(&submit, REFUSAL_NONE, NULL);
    submit.text = (struct text){0};
    expect(&submit, REFUSAL_INCOMPLETE, "text");
    submit.title = text_of("lamp");
    expect(&submit, REFUSAL_NONE, NULL);
    submit.reporter_phone = text_of("abc");
    expect(&submit, REFUSAL_BAD_FIELD, "reporter_phone");
    submit.no_reply = true; /* a number that is given is looked at all the same */
    expect(&submit, REFUSAL_BAD_FIELD, "reporter_phone");
    submit.reporter_phone = (struct text){0};
    expect(&submit, REFUSAL_NONE, NULL);
    submit.no_reply = false;
    expect(&submit, REFUSAL_INCOMPLETE, "reporter_phone");
    submit.anonymous = true;
    expect(&submit, REFUSAL_NONE, NULL);
    submit.reporter_name = text_of("王女士");
    expect(&submit, REFUSAL_BAD_FIELD, "anonymous");
    submit.reporter_name = (struct text){0};
    submit.reporter_phone = text_of("000-0000");
    expect(&submit, REFUSAL_BAD_FIELD, "anonymous");
    submit.anonymous = false;
    submit.secrecy = true;
    expect(&submit, REFUSAL_NONE, NULL);
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {{a_number_has_digits, SUITE_COUNT(phones)}, {what_is_missing_is_named}};
    return suite_run(&(struct suite){.name = "submit_check", .tests = tests, .count = SUITE_COUNT(tests)});
}
