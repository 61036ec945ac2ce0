/*
 * show_set.c - verbs that look at the set in force
 */
#include "clients/show_set.h"

#include "base/i18n.h"
#include "clients/ask.h"
#include "clients/inwords.h"
#include "clients/pages.h"
#include "proto/client/view.h"

#include <stdio.h>
#include <stdlib.h>
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
    {"urgency", N_("AT LEAST"), LOOK_WORD},
    {"lead", N_("LEAD"), LOOK_TEXT},
    {"limit", N_("LIMIT"), LOOK_TEXT},
    {"row", N_("ROW"), LOOK_NUMBER},
    {"place_rows", N_("ROWS BY PLACE"), LOOK_NUMBER},
    {0},
};

static const struct column proposal_columns[] = {
    {"matter", N_("MATTER"), LOOK_TEXT},     {"street", N_("PLACE"), LOOK_TEXT},
    {"row", N_("ROW"), LOOK_NUMBER},         {"from", N_("LISTED"), LOOK_TEXT},
    {"to", N_("RULED"), LOOK_TEXT},          {"cases", N_("CASES"), LOOK_NUMBER},
    {"first_at", N_("FIRST"), LOOK_INSTANT}, {"last_at", N_("LAST"), LOOK_INSTANT},
    {"number", N_("CASE"), LOOK_TEXT},       {0},
};

/* The words with blanks between them. False: more than a line. */
static bool join_words(const struct arguments *arguments, char ret[CAP_LINE_SIZE + 1])
{
    size_t used = 0;
    ret[0] = '\0';
    for (int i = 0; i < arguments->count; i++) {
        const char *text = arguments->at[i].text;
        if (strcmp(arguments->at[i].word->name, "[WORDS]") != 0) {
            continue;
        }
        int size = snprintf(ret + used, CAP_LINE_SIZE + 1 - used, "%s%s", used > 0 ? " " : "", text);
        if (size < 0 || (size_t)size > CAP_LINE_SIZE - used) {
            return false;
        }
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

static bool next_proposals(void *query, const json_t *page)
{
    struct catalogue_proposals_query *proposals = query;
    proposals->after = (uint64_t)view_number(page, "next");
    proposals->given |= CATALOGUE_PROPOSALS_HAS_AFTER;
    return proposals->after != 0;
}

enum exit_code show_set_proposals(struct session *session, const struct arguments *arguments)
{
    static const struct pages_kind kind = {.query = QUERY_CATALOGUE_PROPOSALS,
                                           .marks = {{"proposal", "next", "after"}},
                                           .ask = ask_anything,
                                           .go_on = next_proposals,
                                           .columns = proposal_columns,
                                           .shape = &proposal_view_shape,
                                           .none = N_("No ruling speaks against the list in force.")};
    struct arguments filled;
    enum exit_code code = arguments_filled(session, arguments, &filled);
    return code != EXIT_DONE ? code : pages_run(session, arguments, &kind, &filled.body.query);
}

enum exit_code show_set_units(struct session *session, const struct arguments *arguments)
{
    static const struct pages_kind kind = {.query = QUERY_LIST_UNITS,
                                           .marks = {{"code", "next", "after"}},
                                           .ask = ask_anything,
                                           .go_on = next_units,
                                           .columns = unit_columns,
                                           .shape = &unit_view_shape,
                                           .none = N_("No unit has these words in its code or name.")};
    char words[CAP_LINE_SIZE + 1];
    struct arguments filled;
    if (!join_words(arguments, words)) {
        return say(EXIT_USAGE, "WORDS: at most %d bytes are allowed.", CAP_LINE_SIZE);
    }
    enum exit_code code = arguments_filled(session, arguments, &filled);
    struct list_units_query *query = &filled.body.query.list_units;
    query->words = text_of(words);
    query->given |= words[0] != '\0' ? LIST_UNITS_HAS_WORDS : 0;
    return code != EXIT_DONE ? code : pages_run(session, arguments, &kind, &filled.body.query);
}

enum exit_code show_set_matters(struct session *session, const struct arguments *arguments)
{
    static const struct pages_kind kind = {.query = QUERY_LIST_MATTERS,
                                           .marks = {{"code", "next", "after"}},
                                           .ask = ask_anything,
                                           .go_on = next_matters,
                                           .columns = matter_columns,
                                           .shape = &matter_view_shape,
                                           .none = N_("No matter has these words in its code or name.")};
    char words[CAP_LINE_SIZE + 1];
    struct arguments filled;
    if (!join_words(arguments, words)) {
        return say(EXIT_USAGE, "WORDS: at most %d bytes are allowed.", CAP_LINE_SIZE);
    }
    enum exit_code code = arguments_filled(session, arguments, &filled);
    struct list_matters_query *query = &filled.body.query.list_matters;
    query->words = text_of(words);
    query->given |= words[0] != '\0' ? LIST_MATTERS_HAS_WORDS : 0;
    return code != EXIT_DONE ? code : pages_run(session, arguments, &kind, &filled.body.query);
}

/* --- config show ---------------------------------------------------------------------------------------------------------------
 */

static const struct column set_fields[] = {
    {"hash", N_("Hash"), LOOK_TEXT},
    {"catalogue_version", N_("List"), LOOK_TEXT},
    {"list_rows", N_("Rows of it"), LOOK_COUNT},
    {"district", N_("District"), LOOK_TEXT},
    {"district_name", "", LOOK_TEXT},
    {"desk", N_("Desk"), LOOK_TEXT},
    {"desk_name", "", LOOK_TEXT},
    {"tz", N_("Zone"), LOOK_TEXT},
    {"units", N_("Units"), LOOK_COUNT},
    {"retired", N_("Retired"), LOOK_NUMBER},
    {"matters", N_("Matters"), LOOK_COUNT},
    {"day_start", N_("Day begins"), LOOK_SPAN},
    {"month_start", N_("Month begins"), LOOK_NUMBER},
    {"rounds", N_("Rounds"), LOOK_COUNT},
    {"return_cap", N_("Returns"), LOOK_COUNT},
    {"reopen_window", N_("Reopening"), LOOK_SPAN},
    {"followup", N_("Follow-up"), LOOK_WORD},
    {"followup_attempts", N_("Attempts"), LOOK_COUNT},
    {"followup_days", N_("On days"), LOOK_COUNT},
    {"fallback_ordinary", N_("Fallback"), LOOK_TEXT},
    {"fallback_urgent", N_("- urgent"), LOOK_TEXT},
    {"fallback_emergency", N_("- emergency"), LOOK_TEXT},
    {"fallback_complex", N_("- complex"), LOOK_TEXT},
    {"claim", N_("Claim"), LOOK_SPAN},
    {"min_n", N_("Ranked from"), LOOK_COUNT},
    {"contact_required", N_("Lead calls"), LOOK_FLAG},
    {"evidence_required", N_("Evidence"), LOOK_FLAG},
    {"rating", N_("Rating"), LOOK_FLAG},
    {"one_unit_guard", N_("Guard"), LOOK_FLAG},
    {"community_calls", N_("Communities"), LOOK_FLAG},
    {0},
};
static const struct column limit_columns[] = {
    {"clock", N_("CLOCK"), LOOK_TEXT},         {"ordinary", N_("ORDINARY"), LOOK_TEXT}, {"urgent", N_("URGENT"), LOOK_TEXT},
    {"emergency", N_("EMERGENCY"), LOOK_TEXT}, {"complex", N_("COMPLEX"), LOOK_TEXT},   {0},
};
static const struct column calendar_columns[] = {
    {"name", N_("CALENDAR"), LOOK_TEXT},         {"zone", N_("ZONE"), LOOK_TEXT},
    {"units", N_("UNITS"), LOOK_COUNT},          {"years", N_("YEARS"), LOOK_TEXT},
    {"days", N_("DAYS BY NOTICE"), LOOK_NUMBER}, {0},
};

/* The years whose holidays a calendar knows: `2019 to 2026`, `all`, or `none` where its day file has too little of each. */
static void put_years(json_t *calendars)
{
    size_t i;
    json_t *calendar;
    json_array_foreach(calendars, i, calendar)
    {
        char years[64];
        const char *from = view_text(calendar, "known_from"), *until = view_text(calendar, "known_until");
        long end = strtol(until, NULL, 10);
        if (until[0] == '\0') {
            snprintf(years, sizeof(years), "%s", _("all"));
        } else if (strcmp(from, until) == 0) {
            snprintf(years, sizeof(years), "%s", _("none"));
        } else if (from[0] == '\0') {
            snprintf(years, sizeof(years), _("to %ld"), end - 1);
        } else {
            snprintf(years, sizeof(years), _("%.4s to %ld"), from, end - 1);
        }
        json_object_set_new(calendar, "years", json_string(years));
    }
}

enum exit_code show_set_config(struct session *session, const struct arguments *arguments)
{
    struct show_config_query query = {0};
    json_t *view = NULL;
    (void)arguments;
    enum exit_code code = ask_view(session, QUERY_SHOW_CONFIG, &query, &view);
    if (code != EXIT_DONE) {
        return code;
    }
    if (session->options.json) {
        render_json(view);
    } else {
        put_years(json_object_get(view, "calendars"));
        inwords_reply(view, QUERY_SHOW_CONFIG);
        render_fields(set_fields, view);
        render_heading("Limits");
        render_table(limit_columns, json_object_get(view, "limits"), "");
        render_heading("Calendars");
        render_table(calendar_columns, json_object_get(view, "calendars"), "");
    }
    json_decref(view);
    return EXIT_DONE;
}
