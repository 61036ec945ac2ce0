/*
 * arguments_fill.c - words become the fields of a message, each by the field's own type
 */
#include "clients/arguments.h"

#include "base/span.h"
#include "base/whole.h"
#include "clients/case_number.h"
#include "clients/names.h"
#include "proto/enum_word.h"
#include "proto/gen/schema.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum exit_code say_not_in_list(const char *name, const char *text, const struct enum_shape *values)
{
    char list[1024];
    arguments_list(values, list, sizeof(list));
    return say(EXIT_USAGE, "%s: `%s` is not one of: %s.", name, text, list);
}

static bool parse_flag(const char *text, bool *ret)
{
    *ret = strcmp(text, "yes") == 0 || strcmp(text, "是") == 0;
    return *ret || strcmp(text, "no") == 0 || strcmp(text, "否") == 0;
}

/* Adds the codes of `A,B` to the list; units and matters may stand there by their names. */
static enum exit_code add_codes(struct session *session, const char *field, const char *name, const char *text, struct codes *codes)
{
    char one[CAP_LINE_SIZE + 1];
    enum names_kind kind;
    uint32_t count = codes->count + 1;
    for (const char *at = text; *at != '\0'; at++) {
        count += *at == ',';
    }
    if (count > CODES_MAX) {
        return say(EXIT_USAGE, "%s: at most %d codes can be given, these are %u.", name, CODES_MAX, count);
    }
    for (const char *at = text;; at++) {
        size_t size = strcspn(at, ",");
        if (size == 0 || size >= sizeof(one)) {
            return say(EXIT_USAGE, "%s: `%s` is not a list such as A,B: between its commas stand codes or names.", name, text);
        }
        memcpy(one, at, size);
        one[size] = '\0';
        struct code *code = &codes->at[codes->count];
        if (!names_field(field, &kind)) {
            if (!code_make(at, size, code)) {
                return say(EXIT_USAGE, "%s: `%s` is not a code. A code has 1 to 32 of the characters A-Z a-z 0-9 _ . -", name, one);
            }
        } else {
            enum exit_code found = names_code(session, kind, name, field, one, code);
            if (found != EXIT_DONE) {
                return found;
            }
        }
        codes->count++;
        at += size;
        if (*at == '\0') {
            return EXIT_DONE;
        }
    }
}

static enum exit_code set_code(struct session *session, const char *field, const char *name, const char *text, struct code *ret)
{
    enum names_kind kind;
    if (names_field(field, &kind)) {
        return names_code(session, kind, name, field, text, ret);
    }
    return code_make(text, strlen(text), ret)
               ? EXIT_DONE
               : say(EXIT_USAGE, "%s: `%s` is not a code. A code has 1 to 32 of the characters A-Z a-z 0-9 _ . -", name, text);
}

static enum exit_code set_number(const struct field_shape *field, const char *name, const char *text, void *at)
{
    int64_t value = 0;
    if (!whole_parse(text, field->min, field->max, &value)) {
        return say(EXIT_USAGE, "%s: a whole number from %lld to %lld is needed, not `%s`.", name, (long long)field->min,
                   (long long)field->max, text);
    }
    if (field->type == FIELD_COUNT) {
        *(uint32_t *)at = (uint32_t)value;
    } else {
        memcpy(at, &value, sizeof(value));
    }
    return EXIT_DONE;
}

/* `-` stands for what standard input has. */
static enum exit_code set_text(struct session *session, const struct field_shape *field, const char *name, const char *text,
                               struct text *ret)
{
    if (strcmp(text, "-") == 0) {
        return session_input(session, name, (size_t)field->max, ret);
    }
    if (strlen(text) > (size_t)field->max) {
        return say(EXIT_USAGE, "%s: at most %lld bytes are allowed, these are %zu.", name, (long long)field->max, strlen(text));
    }
    *ret = text_of(text);
    return EXIT_DONE;
}

static enum exit_code set_field(struct session *session, const struct field_shape *field, const char *name, const char *text,
                                void *at)
{
    switch (field->type) {
    case FIELD_SPAN: {
        int64_t span_ms = 0;
        const char *wrong = span_parse(text, &span_ms);
        memcpy(at, &span_ms, sizeof(span_ms));
        return wrong == NULL ? EXIT_DONE : say(EXIT_USAGE, "%s: `%s` is not a duration: %s.", name, text, wrong);
    }
    case FIELD_ID:
    case FIELD_NUM:
    case FIELD_COUNT:
        return set_number(field, name, text, at);
    case FIELD_INSTANT:
        return session_instant(session, name, text, at);
    case FIELD_FLAG:
        return parse_flag(text, at) ? EXIT_DONE : say(EXIT_USAGE, "%s: yes or no is needed, not `%s`.", name, text);
    case FIELD_ENUM: {
        int value = enum_word_find(field->values, text_of(text));
        if (value < 0) {
            return say_not_in_list(name, text, field->values);
        }
        memcpy(at, &value, sizeof(value));
        return EXIT_DONE;
    }
    case FIELD_TEXT:
        return set_text(session, field, name, text, at);
    case FIELD_CODE:
        return set_code(session, field->name, name, text, at);
    case FIELD_CODES:
        return add_codes(session, field->name, name, text, at);
    case FIELD_MAP:
        break;
    }
    abort(); /* maps are in replies only */
}

/* Says what is wrong with a case; EXIT_DONE: nothing that can be seen here. */
static enum exit_code check_case(const char *name, const char *text)
{
    switch (case_number_form(text)) {
    case CASE_FORM_ID:
    case CASE_FORM_NUMBER:
        return EXIT_DONE;
    case CASE_FORM_WRONG_DIGIT:
        return say(EXIT_USAGE,
                   "%s: `%s` cannot be right: its check digit, the last one, does not fit. A digit was mistyped, or two changed "
                   "places: compare it with what you were given; `huying case list` shows the numbers.",
                   name, text);
    case CASE_FORM_NONE:
        break;
    }
    return say(EXIT_USAGE,
               "%s: `%s` is not a case. Write its number, YYMMDD-NNNNN-C, or its id; `huying case list` shows the numbers.", name,
               text);
}

/* A case is named by its number or by its id. */
static const char *field_for_case(const char *text)
{
    return case_number_form(text) == CASE_FORM_ID ? "case" : "number";
}

enum exit_code arguments_case(const struct arguments *arguments, const char *name, struct show_case_query *ret)
{
    const char *text = arguments_word(arguments, name);
    enum exit_code code = check_case(name, text);
    int64_t id = 0;
    if (code != EXIT_DONE) {
        return code;
    }
    *ret = (struct show_case_query){.given = SHOW_CASE_HAS_NUMBER, .number = text_of(text)};
    if (case_number_form(text) != CASE_FORM_ID) {
        return EXIT_DONE;
    }
    if (!whole_parse(text, 1, INT64_MAX, &id)) {
        return say(EXIT_USAGE, "%s: `%s` is not the id of a case. An id is a whole number; `huying case list --json` shows them.",
                   name, text);
    }
    *ret = (struct show_case_query){.given = SHOW_CASE_HAS_CASE, .case_id = (uint64_t)id};
    return EXIT_DONE;
}

static bool is_case(const struct verb_word *word)
{
    return strcmp(word->field, "case") == 0;
}

/* The field of the message that a word gives. */
static const struct field_shape *field_of(const struct arguments *arguments, const struct verb_word *word, const char *text)
{
    return shape_field(arguments->shape, text_of(is_case(word) ? field_for_case(text) : word->field));
}

/* Does the district have to be asked what this means? */
static bool asks_district(const struct field_shape *field)
{
    enum names_kind kind;
    return field->type == FIELD_INSTANT || names_field(field->name, &kind);
}

static enum exit_code fill_one(struct session *session, struct arguments *arguments, const struct verb_word *word, const char *text)
{
    const struct field_shape *field = field_of(arguments, word, text);
    char name[64];
    arguments_name(arguments, word, name);
    enum exit_code code = is_case(word) ? check_case(name, text) : EXIT_DONE;
    if (code == EXIT_DONE) {
        code = set_field(session, field, name, text, (char *)&arguments->body + field->offset);
    }
    if (code == EXIT_DONE) {
        arguments->body.given |= shape_bit(arguments->shape, field);
    }
    return code;
}

enum exit_code arguments_fill(struct arguments *arguments, struct session *session)
{
    /* What can be judged here comes first: a mistake then shows without a dispatcher. */
    for (int asks = 0; asks < 2; asks++) {
        for (int i = 0; i < arguments->count; i++) {
            const struct verb_word *word = arguments->at[i].word;
            const char *text = arguments->at[i].text;
            if (word->field == NULL || asks_district(field_of(arguments, word, text)) != (asks == 1)) {
                continue;
            }
            enum exit_code code = fill_one(session, arguments, word, text);
            if (code != EXIT_DONE) {
                return code;
            }
        }
    }
    return EXIT_DONE;
}

enum exit_code arguments_filled(struct session *session, const struct arguments *arguments, struct arguments *ret)
{
    *ret = *arguments;
    return arguments_fill(ret, session);
}
