/*
 * say.c - what the command line says when something is not done
 */
#include "clients/say.h"

#include "base/i18n.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum exit_code say(enum exit_code code, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    fputs("huying: ", stderr);
    vfprintf(stderr, _(format), list);
    fputc('\n', stderr);
    va_end(list);
    return code;
}

enum exit_code say_faults(const char *file, const struct faults *faults)
{
    for (uint32_t i = 0; i < faults->count; i++) {
        char text[640];
        fprintf(stderr, "%s\n", fault_text(&faults->at[i], text, sizeof(text)));
    }
    return say(EXIT_USAGE, "%s has %u fault%s; nothing was sent.", file, faults_total(faults),
               faults_total(faults) == 1 ? "" : "s");
}

enum exit_code say_errno(int error, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    fputs("huying: ", stderr);
    vfprintf(stderr, _(format), list);
    fprintf(stderr, ": %s\n", strerror(-error));
    va_end(list);
    return EXIT_FAILED;
}

enum exit_code say_exit_code(enum refusal refusal)
{
    if (refusal == REFUSAL_BUSY) {
        return EXIT_BUSY;
    }
    return refusal == REFUSAL_STORAGE_FAILED || refusal == REFUSAL_OUTCOME_UNKNOWN ? EXIT_FAILED : EXIT_REFUSED;
}

/* What --json says of refusals: the one thing that all parts of a run share. */
static bool as_json;

void say_as_json(void)
{
    as_json = true;
    i18n_end();
}

static void print_json(const struct reply *reply, const char *option, json_t *candidates)
{
    json_t *view = json_pack("{s:s%, s:s%, s:s%, s:s%, s:b}", "refusal", reply->code.at, (size_t)reply->code.size, "field",
                             reply->field.size > 0 ? reply->field.at : "", (size_t)reply->field.size, "sentence", reply->message.at,
                             (size_t)reply->message.size, "hint", reply->hint.size > 0 ? reply->hint.at : "",
                             (size_t)reply->hint.size, "retry", reply->retry);
    if (option != NULL) {
        json_object_set_new(view, "option", json_sprintf("--%s", option));
    }
    if (candidates != NULL) {
        json_object_set(view, "candidates", candidates);
    }
    json_dumpf(view, stderr, JSON_COMPACT);
    fputc('\n', stderr);
    json_decref(view);
}

/* The roles that a person may be given: importer stands beside the others for programs that load what happened elsewhere. */
static struct text people(struct text roles)
{
    static const char importer[] = ", importer";
    const size_t size = sizeof(importer) - 1;
    if (roles.size > size && memcmp(roles.at + roles.size - size, importer, size) == 0) {
        roles.size -= (uint32_t)size;
    }
    return roles;
}

const char *say_words(struct text text, char ret[SAY_WORDS_SIZE])
{
    snprintf(ret, SAY_WORDS_SIZE, "%.*s", (int)text.size, text.size > 0 ? text.at : "");
    return i18n_text(ret);
}

enum exit_code say_refused(const struct reply *reply, const char *option)
{
    if (as_json) {
        print_json(reply, option, NULL);
        return say_exit_code(reply->refusal);
    }
    char sentence[SAY_WORDS_SIZE];
    fprintf(stderr, _("huying: refused (%.*s): %s"), (int)reply->code.size, reply->code.at, say_words(reply->message, sentence));
    const struct text field = reply->refusal == REFUSAL_NO_ROLE ? people(reply->field) : reply->field;
    if (field.size > 0) {
        fprintf(stderr, _(" (field: %.*s%s%s)"), (int)field.size, field.at, option != NULL ? _(", here --") : "",
                option != NULL ? option : "");
    }
    if (reply->hint.size > 0) {
        fprintf(stderr, _(" — %s"), say_words(reply->hint, sentence));
    }
    fputc('\n', stderr);
    return say_exit_code(reply->refusal);
}

enum exit_code say_refused_choice(const struct reply *reply, const char *option, const char *lead, json_t *rows)
{
    size_t i;
    const json_t *row;
    if (as_json) {
        print_json(reply, option, rows);
        return say_exit_code(reply->refusal);
    }
    enum exit_code code = say_refused(reply, option);
    if (json_array_size(rows) > 0) {
        fprintf(stderr, "%s\n", lead);
    }
    json_array_foreach(rows, i, row)
    {
        fprintf(stderr, "  %-16s %s\n", json_string_value(json_object_get(row, "code")),
                json_string_value(json_object_get(row, "name")));
    }
    return code;
}
