/*
 * test_verbs.c - the table of verbs against the schema: a word without a field would be a bug that shows only when somebody uses
 * it.
 */
#include "clients/verb.h"
#include "proto/gen/schema.h"
#include "tests/suite.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static const struct shape *shape_of(const char *message)
{
    enum command_type command;
    enum query_type query;
    if (command_find(message, strlen(message), &command)) {
        return command_info(command)->shape;
    }
    ck_assert_msg(query_find(message, strlen(message), &query), "%s is no message", message);
    return query_info(query)->shape;
}

static bool has_field(const struct shape *shape, const char *name)
{
    for (uint16_t i = 0; i < shape->field_count; i++) {
        if (strcmp(shape->fields[i].name, name) == 0) {
            return true;
        }
    }
    return false;
}

static bool fills(const struct verb_word *words, const char *field)
{
    for (; words != NULL && words->name != NULL; words++) {
        if (words->field != NULL && strcmp(words->field, field) == 0) {
            return true;
        }
    }
    return false;
}

static void check_words(const struct verb *verb, const struct verb_word *words)
{
    for (; words != NULL && words->name != NULL; words++) {
        ck_assert_msg(words->doc != NULL, "%s: %s says nothing", verb->name, words->name);
        if (words->field == NULL) {
            continue;
        }
        ck_assert_msg(verb->message != NULL, "%s has fields and no message", verb->name);
        ck_assert_msg(has_field(shape_of(verb->message), words->field), "%s: no field %s", verb->name, words->field);
    }
}

START_TEST(test_words_are_fields)
{
    int count = 0;
    for (const struct verb *verb = verb_next(NULL); verb != NULL; verb = verb_next(verb), count++) {
        ck_assert_ptr_nonnull(verb->run);
        ck_assert_ptr_nonnull(verb->doc);
        check_words(verb, verb->positions);
        check_words(verb, verb->options);
    }
    ck_assert_int_ge(count, 30);
}
END_TEST

/* What a message requires can be said, and every field of a command but the other ways to name a case. */
START_TEST(test_fields_have_words)
{
    for (const struct verb *verb = verb_next(NULL); verb != NULL; verb = verb_next(verb)) {
        enum command_type command;
        if (verb->message == NULL || !command_find(verb->message, strlen(verb->message), &command)) {
            continue;
        }
        const struct shape *shape = command_info(command)->shape;
        for (uint16_t i = 0; i < shape->field_count; i++) {
            const char *name = shape->fields[i].name;
            if (strcmp(name, "number") == 0 || strcmp(name, "submitted") == 0) {
                continue;
            }
            ck_assert_msg(fills(verb->positions, name) || fills(verb->options, name), "%s cannot say %s", verb->name, name);
        }
    }
}
END_TEST

START_TEST(test_every_command_has_a_verb)
{
    for (int type = 1; type <= COMMAND_TYPE_MAX; type++) {
        const struct command_info *info = command_info((enum command_type)type);
        bool found = info == NULL || !info->wire;
        for (const struct verb *verb = verb_next(NULL); verb != NULL && !found; verb = verb_next(verb)) {
            found = verb->message != NULL && strcmp(verb->message, info->name) == 0;
        }
        ck_assert_msg(found, "no verb says %s", info->name);
    }
}
END_TEST

START_TEST(test_find)
{
    static const struct {
        const char *words[2];
        int count, used;
        const char *name; /* NULL: none */
    } rows[] = {
        {{"sign", "110701-00001-2"}, 2, 1, "sign"},  {{"case", "show"}, 2, 2, "case show"}, {{"case", NULL}, 1, 0, NULL},
        {{"config", "check"}, 2, 2, "config check"}, {{"check", "--data"}, 2, 1, "check"},  {{"sing", NULL}, 1, 0, NULL},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        int used = 0;
        const struct verb *verb = verb_find(rows[i].count, (char **)rows[i].words, &used);
        ck_assert_int_eq(used, rows[i].used);
        if (rows[i].name == NULL) {
            ck_assert_ptr_null(verb);
        } else {
            ck_assert_str_eq(verb->name, rows[i].name);
        }
    }
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {
        {test_words_are_fields}, {test_fields_have_words}, {test_every_command_has_a_verb}, {test_find}};
    return suite_run(&(struct suite){.name = "cli_verbs", .tests = tests, .count = SUITE_COUNT(tests)});
}
