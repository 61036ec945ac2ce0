/*
 * read_calls.c - verbs that look at calls
 */
#include "clients/read_calls.h"

#include "base/i18n.h"
#include "clients/ask.h"
#include "clients/inwords.h"
#include "clients/pages.h"
#include "clients/read.h"
#include "clients/timeline.h"
#include "config/local_time.h"
#include "proto/client/view.h"
#include "proto/enum_word.h"

#include <stdio.h>
#include <string.h>

#define UNITS_SIZE 512

static const struct column list_columns[] = {
    {"number", N_("CASE"), LOOK_TEXT},
    {"call", N_("CALL"), LOOK_NUMBER},
    {"level", N_("LEVEL"), LOOK_WORD},
    {"caller", N_("CALLER"), LOOK_TEXT},
    {"state", N_("STATE"), LOOK_WORD},
    {"outcome", N_("OUTCOME"), LOOK_WORD},
    {"raised_at", N_("RAISED"), LOOK_INSTANT},
    {"age_ms", N_("AGE"), LOOK_SPAN},
    {"colour", N_("COLOUR"), LOOK_COLOUR},
    {"worst_clock", N_("CLOCK"), LOOK_WORD},
    {"worst_due_at", N_("CLOCK DUE"), LOOK_INSTANT},
    {"was_called", N_("CALLED"), LOOK_LONG},
    {"has_signed", N_("SIGNED"), LOOK_LONG},
    {"has_arrived", N_("ARRIVED"), LOOK_LONG},
    {"has_finished", N_("FINISHED"), LOOK_LONG},
    {"was_rated", N_("RATED"), LOOK_LONG},
    {"objects", N_("OBJECTS"), LOOK_LONG},
    {"taken_off", N_("TAKEN OFF"), LOOK_LONG},
    {"secret", N_("SECRET"), LOOK_FLAG},
    {"matter_name", N_("MATTER"), LOOK_LONG},
    {"place_name", N_("PLACE"), LOOK_LONG},
    {0},
};

static const struct column call_fields[] = {
    {"number", N_("Case"), LOOK_TEXT},
    {"call", N_("Call"), LOOK_NUMBER},
    {"state", N_("State"), LOOK_WORD},
    {"outcome", N_("Outcome"), LOOK_WORD},
    {"level", N_("Level"), LOOK_WORD},
    {"reason", N_("Reason"), LOOK_WORD},
    {"caller", N_("Caller"), LOOK_TEXT},
    {"caller_name", "", LOOK_TEXT},
    {"case_state", N_("Case is"), LOOK_WORD},
    {"urgency", N_("Urgency"), LOOK_WORD},
    {"matter", N_("Matter"), LOOK_TEXT},
    {"matter_name", "", LOOK_TEXT},
    {"place", N_("Place"), LOOK_TEXT},
    {"place_name", "", LOOK_TEXT},
    {"lead", N_("Lead"), LOOK_TEXT},
    {"lead_name", "", LOOK_TEXT},
    {"raised_at", N_("Raised"), LOOK_INSTANT},
    {"dispatched_at", N_("Dispatched"), LOOK_INSTANT},
    {"closed_at", N_("Closed"), LOOK_INSTANT},
    {"colour", N_("Colour"), LOOK_COLOUR},
    {"worst_clock", N_("By clock"), LOOK_WORD},
    {"worst_due_at", N_("Clock due"), LOOK_INSTANT},
    {"secret", N_("Secret"), LOOK_FLAG},
    {0},
};

static const struct column called_columns[] = {
    {"unit", N_("UNIT"), LOOK_TEXT},
    {"unit_name", N_("NAME"), LOOK_LONG},
    {"called_at", N_("CALLED"), LOOK_INSTANT},
    {"signed_at", N_("SIGNED"), LOOK_INSTANT},
    {"arrived_at", N_("ARRIVED"), LOOK_INSTANT},
    {"finished_at", N_("FINISHED"), LOOK_INSTANT},
    {"result", N_("RESULT"), LOOK_WORD},
    {"judged", N_("CONFIRMED"), LOOK_TEXT},
    {"score", N_("SCORE"), LOOK_NUMBER},
    {"sent_back", N_("SENT BACK"), LOOK_NUMBER},
    {"asked_back", N_("OBJECTS"), LOOK_FLAG},
    {"ended_at", N_("TAKEN OFF"), LOOK_INSTANT},
    {"ended", N_("WHY"), LOOK_WORD},
    {"due_at", N_("DUE"), LOOK_INSTANT},
    {"colour", N_("COLOUR"), LOOK_COLOUR},
    {0},
};

static const struct column next_columns[] = {
    {"unit", N_("UNIT"), LOOK_TEXT},         {"unit_name", N_("NAME"), LOOK_LONG},  {"step", N_("TO DO"), LOOK_WORD},
    {"about", N_("ABOUT"), LOOK_WORD},       {"of_unit", N_("WHOSE"), LOOK_TEXT},   {"worst_due_at", N_("BY"), LOOK_INSTANT},
    {"worst_clock", N_("CLOCK"), LOOK_WORD}, {"colour", N_("COLOUR"), LOOK_COLOUR}, {0},
};

static bool has_signed(const json_t *called)
{
    return view_text(called, "signed_at")[0] != '\0';
}
static bool has_arrived(const json_t *called)
{
    return view_text(called, "arrived_at")[0] != '\0';
}
static bool has_finished(const json_t *called)
{
    return view_text(called, "finished_at")[0] != '\0';
}
static bool was_rated(const json_t *called)
{
    return json_is_true(json_object_get(called, "rated"));
}
static bool objects(const json_t *called)
{
    return json_is_true(json_object_get(called, "asked_back"));
}
static bool was_called(const json_t *called)
{
    return called != NULL;
}
static bool taken_off(const json_t *called)
{
    return view_text(called, "ended_at")[0] != '\0';
}

/* What the cells of a line say, which are named as the functions: the units of which it is true. */
static const struct {
    const char *key;
    bool (*is)(const json_t *called);
} cells[] = {{"was_called", was_called}, {"has_signed", has_signed}, {"has_arrived", has_arrived}, {"has_finished", has_finished},
             {"was_rated", was_rated},   {"objects", objects},       {"taken_off", taken_off}};

/* The units, each once; where it is all that were called, one word. */
static void put_units(json_t *line, const char *key, bool (*is)(const json_t *called))
{
    char units[UNITS_SIZE] = "";
    size_t used = 0, fitting = 0, i;
    const json_t *list = json_object_get(line, "called"), *called;
    json_array_foreach(list, i, called)
    {
        const char *reason = is == taken_off ? enum_word(&duty_end_enum, view_text(called, "ended")) : "";
        if (!is(called) || used >= sizeof(units)) {
            continue;
        }
        fitting++;
        used += (size_t)snprintf(units + used, sizeof(units) - used, "%s%s%s%s%s", used > 0 ? ", " : "", view_text(called, "unit"),
                                 reason[0] != '\0' ? " (" : "", reason, reason[0] != '\0' ? ")" : "");
    }
    bool all = fitting > 1 && fitting == json_array_size(list) && is != was_called && is != taken_off;
    json_object_set_new(line, key, json_string(all ? _("all") : units));
}

static void word_line(json_t *line)
{
    for (size_t i = 0; i < sizeof(cells) / sizeof(cells[0]); i++) {
        put_units(line, cells[i].key, cells[i].is);
    }
}

static int64_t instant_of(const json_t *object, const char *key)
{
    int64_t at = 0;
    local_time_read(view_text(object, key), NULL, &at);
    return at;
}

/* Puts the units under their calls, and says how old an open call is. */
static void join_called(json_t *page)
{
    json_t *lines = json_object_get(page, "rows"), *line, *called;
    int64_t now = instant_of(page, "now");
    size_t i, j;
    json_array_foreach(lines, i, line)
    {
        json_t *of_line = json_array();
        json_array_foreach(json_object_get(page, "called"), j, called)
        {
            if (view_number(called, "call") == view_number(line, "call")) {
                json_array_append(of_line, called);
            }
        }
        json_object_set_new(line, "called", of_line);
        if (view_text(line, "closed_at")[0] == '\0') {
            json_object_set_new(line, "age_ms", json_integer(now - instant_of(line, "raised_at")));
        }
    }
}

static void ask_calls(void *query, uint32_t count)
{
    struct list_calls_query *calls = query;
    calls->count = count;
    calls->given |= LIST_CALLS_HAS_COUNT;
}

static bool next_calls(void *query, const json_t *page)
{
    struct list_calls_query *calls = query;
    calls->after = (uint64_t)view_number(page, "next");
    calls->given |= LIST_CALLS_HAS_AFTER;
    return calls->after != 0;
}

enum exit_code read_calls(struct session *session, const struct arguments *arguments)
{
    static const struct pages_kind kind = {.query = QUERY_LIST_CALLS,
                                           .marks = {{"call", "next", "after"}},
                                           .ask = ask_calls,
                                           .go_on = next_calls,
                                           .join = join_called,
                                           .word = word_line,
                                           .columns = list_columns,
                                           .shape = &call_line_shape,
                                           .none = N_("No calls.")};
    struct arguments filled;
    enum exit_code code = arguments_filled(session, arguments, &filled);
    return code != EXIT_DONE ? code : pages_run(session, arguments, &kind, &filled.body.query);
}

/* Adds what only the records say of a called unit, the score, and how it was judged in words. */
static void put_scores(json_t *view)
{
    size_t i, j;
    json_t *called;
    const json_t *record;
    json_array_foreach(json_object_get(view, "called"), i, called)
    {
        if (json_is_true(json_object_get(called, "rated"))) {
            json_object_set_new(called, "judged",
                                json_string(json_is_true(json_object_get(called, "confirmed")) ? _("yes") : _("no")));
        }
        json_array_foreach(json_object_get(view, "records"), j, record)
        {
            if (strcmp(view_text(record, "type"), "call_rated") == 0 &&
                view_number(record, "duty") == view_number(called, "duty")) {
                json_object_set(called, "score", json_object_get(record, "score"));
            }
        }
    }
}

/* What people did, without clocks, claims and the bookkeeping of commands. */
static json_t *told_records(const json_t *records)
{
    static const char *const left_out[] = {"clock_", "rung_", "command_taken", "duty_claimed", "duty_released"};
    json_t *ret = json_array();
    size_t i;
    json_t *record;
    json_array_foreach(records, i, record)
    {
        bool told = true;
        for (size_t j = 0; j < sizeof(left_out) / sizeof(left_out[0]); j++) {
            told = told && strncmp(view_text(record, "type"), left_out[j], strlen(left_out[j])) != 0;
        }
        if (told) {
            json_array_append(ret, record);
        }
    }
    return ret;
}

static void show_call(json_t *view)
{
    json_t *told = told_records(json_object_get(view, "records"));
    put_scores(view);
    read_put_spans(json_object_get(view, "clocks"));
    inwords_reply(view, QUERY_SHOW_CALL);
    render_fields(call_fields, view);
    read_show_part("Called units", called_columns, json_object_get(view, "called"));
    read_show_part("Who is to act", next_columns, json_object_get(view, "next"));
    read_show_clocks(json_object_get(view, "clocks"));
    render_heading("What happened");
    timeline_show(told, N_("Nothing that you may see."));
    json_decref(told);
}

enum exit_code read_call(struct session *session, const struct arguments *arguments)
{
    struct arguments filled;
    json_t *view = NULL;
    enum exit_code code = arguments_filled(session, arguments, &filled);
    if (code == EXIT_DONE) {
        code = ask_view(session, QUERY_SHOW_CALL, &filled.body, &view);
    }
    if (code == EXIT_DONE && session->options.json) {
        render_json(view);
    } else if (code == EXIT_DONE) {
        show_call(view);
    }
    json_decref(view);
    return code;
}
