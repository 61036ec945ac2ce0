/*
 * district.c - verbs that look at the set in force
 */
#include "clients/district.h"

#include "clients/command.h"
#include "clients/pages.h"
#include "proto/client/view.h"
#include "proto/i18n.h"

#include <stdio.h>
#include <string.h>

static const struct column unit_columns[] = {
    {"code", N_("CODE"), LOOK_TEXT},           {"name", N_("NAME"), LOOK_LONG},
    {"tier", N_("TIER"), LOOK_WORD},           {"class", N_("CLASS"), LOOK_WORD},
    {"parent", N_("PARENT"), LOOK_TEXT},       {"accountable", N_("ACCOUNTABLE"), LOOK_TEXT},
    {"seconded_by", N_("SENT BY"), LOOK_TEXT}, {"deputy", N_("DEPUTY"), LOOK_TEXT},
    {"calendar", N_("CALENDAR"), LOOK_TEXT},   {"duty_phone", N_("PHONE"), LOOK_TEXT},
    {"successor", N_("SUCCESSOR"), LOOK_TEXT}, {0},
};
static const struct column matter_columns[] = {
    {"code", N_("CODE"), LOOK_TEXT},
    {"name", N_("NAME"), LOOK_LONG},
    {"field", N_("FIELD"), LOOK_LONG},
    {"lead", N_("LEAD"), LOOK_TEXT},
    {"limit", N_("LIMIT"), LOOK_TEXT},
    {"row", N_("ROW"), LOOK_NUMBER},
    {"place_rows", N_("ROWS BY PLACE"), LOOK_NUMBER},
    {0},
};

/* The words with blanks between them. False: more than a line. */
static bool join_words(const struct arguments *arguments, char ret[LIMIT_LINE_SIZE + 1])
{
    size_t used = 0;
    ret[0] = '\0';
    for (int i = 0; i < arguments->count; i++) {
        const char *text = arguments->at[i].text;
        if (strcmp(arguments->at[i].word->name, "[WORDS]") != 0)
            continue;
        int size = snprintf(ret + used, LIMIT_LINE_SIZE + 1 - used, "%s%s", used > 0 ? " " : "", text);
        if (size < 0 || (size_t)size > LIMIT_LINE_SIZE - used)
            return false;
        used += (size_t)size;
    }
    return true;
}

static void ask_anything(void *query, uint32_t count)
{
    (void)query; /* pages have the size that the dispatcher gives them */
    (void)count;
}

static bool next_units(void *query, const json_t *page)
{
    struct list_units_query *units = query;
    const char *next = view_text(page, "next");
    units->given |= LIST_UNITS_HAS_AFTER;
    return code_make(next, strlen(next), &units->after);
}

static bool next_matters(void *query, const json_t *page)
{
    struct list_matters_query *matters = query;
    const char *next = view_text(page, "next");
    matters->given |= LIST_MATTERS_HAS_AFTER;
    return code_make(next, strlen(next), &matters->after);
}

enum exit_code district_units(struct session *session, const struct arguments *arguments)
{
    static const struct pages_kind kind = {.query = QUERY_LIST_UNITS,
                                           .marks = {{"code", "next", "after"}},
                                           .ask = ask_anything,
                                           .go_on = next_units,
                                           .columns = unit_columns,
                                           .shape = &unit_view_shape,
                                           .none = N_("No unit has these words in its code or name.")};
    char words[LIMIT_LINE_SIZE + 1];
    struct arguments filled;
    if (!join_words(arguments, words))
        return say(EXIT_USAGE, "WORDS: at most %d bytes are allowed.", LIMIT_LINE_SIZE);
    enum exit_code code = command_fill(session, arguments, &filled);
    struct list_units_query *query = &filled.body.query.list_units;
    query->words = text_of(words);
    query->given |= words[0] != '\0' ? LIST_UNITS_HAS_WORDS : 0;
    return code != EXIT_DONE ? code : pages_run(session, arguments, &kind, &filled.body.query);
}

enum exit_code district_matters(struct session *session, const struct arguments *arguments)
{
    static const struct pages_kind kind = {.query = QUERY_LIST_MATTERS,
                                           .marks = {{"code", "next", "after"}},
                                           .ask = ask_anything,
                                           .go_on = next_matters,
                                           .columns = matter_columns,
                                           .shape = &matter_view_shape,
                                           .none = N_("No matter has these words in its code or name.")};
    char words[LIMIT_LINE_SIZE + 1];
    struct arguments filled;
    if (!join_words(arguments, words))
        return say(EXIT_USAGE, "WORDS: at most %d bytes are allowed.", LIMIT_LINE_SIZE);
    enum exit_code code = command_fill(session, arguments, &filled);
    struct list_matters_query *query = &filled.body.query.list_matters;
    query->words = text_of(words);
    query->given |= words[0] != '\0' ? LIST_MATTERS_HAS_WORDS : 0;
    return code != EXIT_DONE ? code : pages_run(session, arguments, &kind, &filled.body.query);
}
