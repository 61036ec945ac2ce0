/* test_shape.c - codes, texts and closed lists; and what the generated tables say of the structs. */

#include "proto/gen/schema.h"
#include "proto/shape.h"
#include "tests/suite.h"

#include <check.h>
#include <string.h>

START_TEST(codes)
{
    struct code code = {{'x'}}, other;

    ck_assert(!code_make("", 0, &code));
    ck_assert(!code_make("123456789012345678901234567890123", 33, &code));
    ck_assert(!code_make("a b", 3, &code));
    ck_assert(!code_make("a\xc3\xa9", 3, &code));
    ck_assert(!code_make("a\0b", 3, &code));
    ck_assert_int_eq(code.s[0], 'x'); /* untouched */
    ck_assert(code_make("12345678901234567890123456789012", 32, &code));
    ck_assert_uint_eq(text_of_code(&code).size, 32);
    ck_assert(code_make("S01-W.02_x", 10, &code));
    ck_assert(code_make("S01-W.02_x", 10, &other));
    ck_assert(code_equal(&code, &other));
    ck_assert(code_make("S01-W.02_", 9, &other));
    ck_assert(!code_equal(&code, &other));
    ck_assert(!code_empty(&code));
    memset(&code, 0, sizeof(code));
    ck_assert(code_empty(&code));
    ck_assert_uint_eq(text_of_code(&code).size, 0);
}
END_TEST

START_TEST(texts)
{
    ck_assert_uint_eq(text_of(NULL).size, 0);
    ck_assert(text_equal(text_of(NULL), text_of("")));
    ck_assert(text_equal(text_of("abc"), text_of("abc")));
    ck_assert(!text_equal(text_of("abc"), text_of("abd")));
    ck_assert(!text_equal(text_of("abc"), text_of("ab")));
}
END_TEST

START_TEST(every_list_finds_its_values)
{
    for (int i = 0; i < ENUM_SHAPE_COUNT; i++) {
        const struct enum_shape *shape = enum_shapes[i];

        for (uint32_t value = 0; value < shape->count; value++) {
            const char *name = enum_name(shape, (int)value);
            struct text longer = {.at = name, .size = (uint32_t)strlen(name) + 1};

            ck_assert_int_eq(enum_find(shape, text_of(name)), (int)value);
            ck_assert_int_eq(enum_find(shape, longer), -1);
            ck_assert_ptr_nonnull(shape->words[value]);
        }
        ck_assert_int_eq(enum_find(shape, text_of("")), -1);
        ck_assert_int_eq(enum_find(shape, text_of("nonsense")), -1);
    }
    ck_assert_int_eq(CASE_STATE_COUNT, 7);
    ck_assert_str_eq(enum_name(&case_state_enum, CASE_STATE_HANDLING), "handling");
}
END_TEST

START_TEST(every_message_and_record_is_known)
{
    enum command_type command;
    enum record_type record;
    enum query_type query;
    int found = 0;

    for (int i = -1; i <= COMMAND_TYPE_MAX + 1; i++) {
        const struct command_info *info = command_info((enum command_type)i);

        if (info == NULL) {
            continue;
        }
        found++;
        ck_assert_int_eq(info->type, i);
        ck_assert(command_find(info->name, strlen(info->name), &command) && (int)command == i);
        ck_assert_uint_eq(info->shape->fields == NULL, info->shape->field_count == 0);
        if (info->wire) {
            ck_assert(info->roles & 1u << ROLE_IMPORTER);
        } else {
            ck_assert_uint_eq(info->roles, 0);
        }
    }
    ck_assert_int_ge(found, 20);
    for (int i = 99; i <= QUERY_TYPE_MAX + 1; i++) {
        const struct query_info *info = query_info((enum query_type)i);

        ck_assert_int_eq(info != NULL, i >= QUERY_HELLO && i <= QUERY_TYPE_MAX);
        if (info != NULL) {
            ck_assert(query_find(info->name, strlen(info->name), &query) && (int)query == i);
        }
    }
    for (int i = 0; i <= RECORD_TYPE_MAX + 1; i++) {
        const struct record_info *info = record_info((enum record_type)i);

        if (info != NULL) {
            ck_assert(record_find(info->name, strlen(info->name), &record) && (int)record == i);
        }
    }
    ck_assert(!command_find("hello", 5, &command));
    ck_assert(!query_find("submit", 6, &query));
    ck_assert(!query_find("hell", 4, &query));
    ck_assert_uint_eq(query_info(QUERY_HELLO)->roles, (1u << ROLE_COUNT) - 1);
}
END_TEST

START_TEST(bits_fit_fields)
{
    ck_assert_str_eq(submit_command_shape.fields[15].name, "limit_at");
    ck_assert_uint_eq(SUBMIT_HAS_LIMIT_AT, UINT64_C(1) << 15);
    ck_assert_str_eq(sign_command_shape.fields[0].name, "case");
    ck_assert_uint_eq(sign_command_shape.fields[0].offset, offsetof(struct sign_command, case_id));
    ck_assert_str_eq(record_envelope_shape.fields[RECORD_ENVELOPE_DIMS_FROM].name, "street");
    for (int i = 1; i < REFUSAL_COUNT; i++) {
        ck_assert(refusal_infos[i].code[0] != '\0' && refusal_infos[i].hint[0] != '\0' && refusal_infos[i].http >= 400);
    }
}
END_TEST

START_TEST(fields_by_their_names)
{
    for (int i = 0; i <= RECORD_TYPE_MAX; i++) {
        const struct record_info *info = record_info((enum record_type)i);

        for (uint32_t at = 0; info != NULL && at < info->shape->field_count; at++) {
            const struct field_shape *field = &info->shape->fields[at];

            ck_assert_ptr_eq(shape_field(info->shape, text_of(field->name)), field);
            ck_assert_uint_eq(shape_bit(info->shape, field), UINT64_C(1) << at);
        }
    }
    ck_assert_uint_eq(shape_bit(&submit_command_shape, shape_field(&submit_command_shape, text_of("limit_at"))),
                      SUBMIT_HAS_LIMIT_AT);
    ck_assert_ptr_null(shape_field(&submit_command_shape, text_of("limit_a")));
    ck_assert_ptr_null(shape_field(&submit_command_shape, text_of("limit_at_all")));
    ck_assert_ptr_null(shape_field(&submit_command_shape, text_of(NULL)));
    ck_assert_ptr_null(shape_field(NULL, text_of("limit_at")));
}
END_TEST

/* A trial of a submit must be able to say all that a submit says. */
START_TEST(a_trial_has_every_field)
{
    struct submit_command submit = {.given = SUBMIT_HAS_TITLE | SUBMIT_HAS_MATTER | SUBMIT_HAS_ANONYMOUS | SUBMIT_HAS_LIMIT_AT,
                                    .title = text_of("title"),
                                    .matter = {"M01"},
                                    .text = text_of("not given"),
                                    .anonymous = true,
                                    .limit_at = 7};
    struct try_submit_query query = {0};
    struct submit_command back = {0};

    ck_assert_uint_eq(shape_copy(&submit_command_shape, &submit, &try_submit_query_shape, &query), 0);
    ck_assert(text_equal(query.title, submit.title) && code_equal(&query.matter, &submit.matter) && query.anonymous);
    ck_assert(query.limit_at == 7 && query.text.size == 0);
    query.at = 5;
    query.given |= TRY_SUBMIT_HAS_AT;
    ck_assert_uint_eq(shape_copy(&try_submit_query_shape, &query, &submit_command_shape, &back), 1); /* `at` */
    ck_assert_uint_eq(back.given, submit.given);
}
END_TEST

/* What has the same name but is another thing is not copied. */
START_TEST(a_copy_is_of_the_same_type)
{
    struct field_shape fields[] = {submit_command_shape.fields[0], submit_command_shape.fields[1]};
    const struct shape other = {.name = "other", .field_count = 2, .size = submit_command_shape.size, .fields = fields};
    struct submit_command submit = {.given = 3}, back = {0};

    ck_assert_uint_eq(shape_copy(&other, &submit, &submit_command_shape, &back), 0);
    ck_assert_uint_eq(back.given, 3);
    fields[1].type = FIELD_MAP;
    back = (struct submit_command){0};
    ck_assert_uint_eq(shape_copy(&other, &submit, &submit_command_shape, &back), 1);
    ck_assert_uint_eq(back.given, 1);
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {{codes},
                                       {texts},
                                       {every_list_finds_its_values},
                                       {every_message_and_record_is_known},
                                       {bits_fit_fields},
                                       {fields_by_their_names},
                                       {a_trial_has_every_field},
                                       {a_copy_is_of_the_same_type}};
    return suite_run(&(struct suite){.name = "shape", .tests = tests, .count = SUITE_COUNT(tests)});
}
