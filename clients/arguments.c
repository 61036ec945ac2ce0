/*
 * arguments.c - the words after a verb, read by the table of the verb
 *
 * The table is turned into argp options when the verb is known. Values are kept as text first and understood in a second step:
 * an instant in local time needs the district's zone, and that needs a connection, which `--help` and a mistake do not.
 */
#include "clients/arguments.h"

#include "base/i18n.h"
#include "base/whole.h"
#include "proto/enum_word.h"
#include "proto/gen/schema.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OPTION_FIRST 0x2000
#define DOC_SIZE 1024

/* All that argp needs for one verb. */
struct reading {
    struct arguments *arguments;
    struct options *options;
    const struct verb_word *words[ARGUMENTS_MAX]; /* by key - OPTION_FIRST */
    struct argp_option table[ARGUMENTS_MAX + 1];
    char docs[ARGUMENTS_MAX][DOC_SIZE];
    char args_doc[256];
    char doc[4096];
    int positions_taken;
};

static bool is_position(const struct verb *verb, const struct verb_word *word)
{
    for (const struct verb_word *at = verb->positions; at != NULL && at->name != NULL; at++) {
        if (at == word) {
            return true;
        }
    }
    return false;
}

const char *arguments_name(const struct arguments *arguments, const struct verb_word *word, char ret[64])
{
    int size = (int)strlen(word->name);
    if (!is_position(arguments->verb, word)) {
        snprintf(ret, 64, "--%s", word->name);
    } else if (word->name[0] == '[') {
        snprintf(ret, 64, "%.*s", size - 2, word->name + 1);
    } else {
        snprintf(ret, 64, "%s", word->name);
    }
    return ret;
}

static bool optional_position(const struct verb_word *word)
{
    return word->name[0] == '[';
}

const struct shape *arguments_shape(const struct verb *verb)
{
    const char *message = verb->message;
    enum command_type command;
    enum query_type query;
    if (message == NULL) {
        return NULL;
    }
    if (command_find(message, strlen(message), &command)) {
        return command_info(command)->shape;
    }
    return query_find(message, strlen(message), &query) ? query_info(query)->shape : NULL;
}

const struct enum_shape *arguments_values(const struct shape *shape, const struct verb_word *word)
{
    const struct field_shape *field = shape_field(shape, text_of(word->field));
    return field != NULL && field->type == FIELD_ENUM ? field->values : word->values;
}

void arguments_list(const struct enum_shape *values, char *ret, size_t size)
{
    size_t used = 0;
    ret[0] = '\0';
    for (uint32_t i = 0; i < values->count && used < size; i++) {
        const char *name = values->names[i], *spoken = enum_word(values, name);
        int length = snprintf(ret + used, size - used, "%s%s%s%s", i == 0 ? "" : _(", "), name, spoken == name ? "" : " ",
                              spoken == name ? "" : spoken);
        used += length > 0 ? (size_t)length : 0;
    }
}

/* The help of an option with a closed list names the list. */
static void write_doc(const struct shape *shape, const struct verb_word *word, char *out)
{
    const struct field_shape *field = shape_field(shape, text_of(word->field));
    const struct enum_shape *values = arguments_values(shape, word);
    int size = snprintf(out, DOC_SIZE, "%s%s", _(word->doc),
                        field != NULL && field->required && !optional_position(word) ? _(" (needed)") : "");
    if (values != NULL && size + 2 < DOC_SIZE) {
        size += snprintf(out + size, DOC_SIZE - (size_t)size, "%s", _(": "));
        arguments_list(values, out + size, DOC_SIZE - (size_t)size);
    }
}

/* May it come again? Lists grow. */
static bool is_list(const struct arguments *arguments, const struct verb_word *word)
{
    const struct field_shape *field = shape_field(arguments->shape, text_of(word->field));
    return word->list || (field != NULL && field->type == FIELD_CODES) ||
           (arguments->verb->many && is_position(arguments->verb, word));
}

/* What was given already for the same thing, or NULL. */
static const struct verb_word *given_before(const struct arguments *arguments, const struct verb_word *word)
{
    for (int i = 0; i < arguments->count; i++) {
        const struct verb_word *at = arguments->at[i].word;
        if (at == word || (word->field != NULL && at->field != NULL && strcmp(at->field, word->field) == 0)) {
            return at;
        }
    }
    return NULL;
}

static const char *given_text(const struct arguments *arguments, const struct verb_word *word)
{
    for (int i = 0; i < arguments->count; i++) {
        if (arguments->at[i].word == word) {
            return arguments->at[i].text;
        }
    }
    return "";
}

/* Nothing that was written is dropped in silence: an empty value, or one of two. */
static void take(struct reading *reading, const struct verb_word *word, const char *text, struct argp_state *state)
{
    struct arguments *a = reading->arguments;
    const struct verb_word *before = is_list(a, word) ? NULL : given_before(a, word);
    char name[64], other[64];
    arguments_name(a, word, name);
    if (a->count >= ARGUMENTS_MAX) {
        argp_error(state, _("more than %d arguments"), ARGUMENTS_MAX);
    }
    if (before == word) {
        argp_error(state, _("%s is given twice: `%s` and `%s`. Give it once"), name, given_text(a, word), text);
    } else if (before != NULL) {
        argp_error(state, _("%s is given twice, as %s too. Give it once"), name, arguments_name(a, before, other));
    }
    if (text[0] == '\0') {
        argp_error(state, _("%s is empty: give it a value, or leave it out"), name);
    }
    a->at[a->count].word = word;
    a->at[a->count].text = text;
    a->count++;
}

static void take_position(struct reading *reading, const char *text, struct argp_state *state)
{
    const struct verb *verb = reading->arguments->verb;
    const struct verb_word *at = verb->positions;
    int i = 0;
    while (at != NULL && at->name != NULL && i < reading->positions_taken) {
        if (verb->many && at[1].name == NULL) {
            break;
        }
        at++;
        i++;
    }
    if (at == NULL || at->name == NULL) {
        argp_error(state, _("`%s` is one argument too many; texts with blanks go into quotes"), text);
        return; /* never: argp has ended the program */
    }
    reading->positions_taken++;
    take(reading, at, text, state);
}

static bool has_word(const struct arguments *a, const char *name, const char *field)
{
    for (int i = 0; i < a->count; i++) {
        const struct verb_word *word = a->at[i].word;
        if (strcmp(word->name, name) == 0 || (field != NULL && word->field != NULL && strcmp(word->field, field) == 0)) {
            return true;
        }
    }
    return false;
}

/* The position in [] that gives this field too, or NULL. */
static const struct verb_word *position_of(const struct verb *verb, const char *field)
{
    for (const struct verb_word *at = verb->positions; at != NULL && at->name != NULL; at++) {
        if (optional_position(at) && at->field != NULL && strcmp(at->field, field) == 0) {
            return at;
        }
    }
    return NULL;
}

/* Positions without [], and fields that the message requires. */
static void look_for_missing(struct reading *reading, struct argp_state *state)
{
    struct arguments *a = reading->arguments;
    for (const struct verb_word *at = a->verb->positions; at != NULL && at->name != NULL; at++) {
        if (!optional_position(at) && !has_word(a, at->name, at->field)) {
            argp_error(state, _("%s is missing: %s"), at->name, _(at->doc));
        }
    }
    for (const struct verb_word *at = a->verb->options; at != NULL && at->name != NULL; at++) {
        const struct field_shape *field = shape_field(a->shape, text_of(at->field));
        if (field == NULL || !field->required || has_word(a, at->name, at->field)) {
            continue;
        }
        const struct verb_word *position = position_of(a->verb, at->field);
        if (position != NULL) {
            argp_error(state, _("%.*s is missing (or --%s): %s"), (int)strlen(position->name) - 2, position->name + 1, at->name,
                       _(position->doc));
        } else {
            argp_error(state, _("--%s is missing: %s"), at->name, reading->docs[at - a->verb->options]);
        }
    }
}

static error_t parse_verb(int key, char *text, struct argp_state *state)
{
    struct reading *reading = state->input;
    if (key >= OPTION_FIRST && key < OPTION_FIRST + ARGUMENTS_MAX) {
        take(reading, reading->words[key - OPTION_FIRST], text == NULL ? "yes" : text, state);
        return 0;
    }
    if (key == ARGP_KEY_INIT) {
        state->child_inputs[0] = reading->options;
        return 0;
    }
    if (key == ARGP_KEY_ARG) {
        take_position(reading, text, state);
        return 0;
    }
    if (key == ARGP_KEY_END) {
        look_for_missing(reading, state);
        return 0;
    }
    return ARGP_ERR_UNKNOWN;
}

static void build_options(struct reading *reading)
{
    const struct verb *verb = reading->arguments->verb;
    int i = 0;
    for (const struct verb_word *at = verb->options; at != NULL && at->name != NULL && i < ARGUMENTS_MAX; at++, i++) {
        write_doc(reading->arguments->shape, at, reading->docs[i]);
        reading->words[i] = at;
        reading->table[i] =
            (struct argp_option){.name = at->name, .key = OPTION_FIRST + i, .arg = at->value, .doc = reading->docs[i]};
    }
}

/* CASE TEXT for the usage line, and one line of help for each. */
static void build_doc(struct reading *reading)
{
    const struct verb *verb = reading->arguments->verb;
    int args = 0;
    int doc = snprintf(reading->doc, sizeof(reading->doc), "%s\n", _(verb->doc));
    for (const struct verb_word *at = verb->positions; at != NULL && at->name != NULL; at++) {
        char line[DOC_SIZE];
        write_doc(reading->arguments->shape, at, line);
        args += snprintf(reading->args_doc + args, sizeof(reading->args_doc) - (size_t)args, "%s%s", args > 0 ? " " : "", at->name);
        doc += snprintf(reading->doc + doc, sizeof(reading->doc) - (size_t)doc, "\n  %-10s %s", at->name, line);
    }
    if (verb->usage != NULL) {
        snprintf(reading->args_doc, sizeof(reading->args_doc), "%s", verb->usage);
    }
    if (verb->more != NULL) {
        snprintf(reading->doc + doc, sizeof(reading->doc) - (size_t)doc, "\v%s", _(verb->more));
    }
}

void arguments_parse(struct arguments *arguments, const struct verb *verb, struct session *session, int argc, char **argv)
{
    *arguments = (struct arguments){.verb = verb, .shape = arguments_shape(verb)};
    session->verb = verb;
    if (verb->passes_on) {
        arguments->rest_count = argc - 1;
        arguments->rest = argv + 1;
        return;
    }
    struct reading *reading = calloc(1, sizeof(*reading));
    if (reading == NULL) {
        exit(say(EXIT_FAILED, "out of memory"));
    }
    reading->arguments = arguments;
    reading->options = &session->options;
    build_options(reading);
    build_doc(reading);
    char name[64];
    snprintf(name, sizeof(name), "huying %s", verb->name);
    argv[0] = name;
    const struct argp_child children[] = {{&options_argp, 0, NULL, 90}, {0}};
    const char *args_doc = reading->args_doc[0] != '\0' ? reading->args_doc : NULL; /* gettext has a meaning of its own for "" */
    const struct argp argp = {reading->table, parse_verb, args_doc, reading->doc, children, NULL, NULL};
    error_t rc = argp_parse(&argp, argc, argv, 0, NULL, reading);
    free(reading);
    if (rc != 0) {
        exit(say_errno(-rc, "cannot read the arguments"));
    }
}

const char *arguments_word(const struct arguments *arguments, const char *name)
{
    const char *found = NULL;
    for (int i = 0; i < arguments->count; i++) {
        if (strcmp(arguments->at[i].word->name, name) == 0) {
            found = arguments->at[i].text;
        }
    }
    return found;
}

enum exit_code arguments_count(const struct arguments *arguments, const char *name, uint32_t min, uint32_t max, uint32_t *ret)
{
    const char *text = arguments_word(arguments, name);
    int64_t value = 0;
    if (text == NULL) {
        return EXIT_DONE;
    }
    if (!whole_parse(text, min, max, &value)) {
        return say(EXIT_USAGE, "--%s: a whole number from %u to %u is needed, not `%s`.", name, min, max, text);
    }
    *ret = (uint32_t)value;
    return EXIT_DONE;
}
