/*
 * read.c - verbs that look
 */
#include "clients/read.h"

#include "base/i18n.h"
#include "clients/ask.h"
#include "clients/inwords.h"
#include "clients/pages.h"
#include "clients/render.h"
#include "clients/time_words.h"
#include "clients/timeline.h"
#include "clients/written.h"
#include "config/local_time.h"
#include "proto/client/view.h"
#include "proto/enum_set.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const struct column case_fields[] = {
    {"number", N_("Case"), LOOK_TEXT},
    {"case", N_("Id"), LOOK_NUMBER},
    {"state", N_("State"), LOOK_WORD},
    {"disposition", N_("Ended"), LOOK_WORD},
    {"round", N_("Round"), LOOK_NUMBER},
    {"kind", N_("Kind"), LOOK_WORD},
    {"channel", N_("Channel"), LOOK_TEXT},
    {"urgency", N_("Urgency"), LOOK_TEXT},
    {"matter", N_("Matter"), LOOK_TEXT},
    {"matter_name", "", LOOK_TEXT},
    {"place", N_("Place"), LOOK_TEXT},
    {"place_name", "", LOOK_TEXT},
    {"lead", N_("Lead"), LOOK_TEXT},
    {"lead_name", "", LOOK_TEXT},
    {"received_at", N_("Received"), LOOK_INSTANT},
    {"due_at", N_("Due"), LOOK_INSTANT},
    {"colour", N_("Colour"), LOOK_COLOUR},
    {"worst_clock", N_("By clock"), LOOK_WORD},
    {"worst_due_at", N_("Clock due"), LOOK_INSTANT},
    {"answered_at", N_("Answered"), LOOK_INSTANT},
    {"closed_at", N_("Closed"), LOOK_INSTANT},
    {"notes", N_("Notes"), LOOK_NUMBER},
    {"open_duties", N_("Open duties"), LOOK_NUMBER},
    {"open_calls", N_("Open calls"), LOOK_NUMBER},
    {"awaits", N_("Then closes as"), LOOK_WORD},
    {"reference", N_("Reference"), LOOK_TEXT},
    {"title", N_("Title"), LOOK_LONG},
    {"text", N_("Text"), LOOK_LONG},
    {"address", N_("Address"), LOOK_LONG},
    {"reporter_name", N_("Citizen"), LOOK_LONG},
    {"reporter_phone", N_("Phone"), LOOK_LONG},
    {"secret", N_("Secret"), LOOK_FLAG},
    {0},
};
static const struct column case_columns[] = {
    {"number", N_("CASE"), LOOK_TEXT},        {"state", N_("STATE"), LOOK_WORD},
    {"round", N_("ROUND"), LOOK_NUMBER},      {"kind", N_("KIND"), LOOK_WORD},
    {"matter_name", N_("MATTER"), LOOK_LONG}, {"place_name", N_("PLACE"), LOOK_LONG},
    {"lead", N_("LEAD"), LOOK_TEXT},          {"received_at", N_("RECEIVED"), LOOK_INSTANT},
    {"due_at", N_("DUE"), LOOK_INSTANT},      {"colour", N_("COLOUR"), LOOK_COLOUR},
    {"worst_clock", N_("CLOCK"), LOOK_WORD},  {"worst_due_at", N_("CLOCK DUE"), LOOK_INSTANT},
    {"disposition", N_("ENDED"), LOOK_WORD},  {"secret", N_("SECRET"), LOOK_FLAG},
    {"title", N_("TITLE"), LOOK_LONG},        {0},
};
static const struct column duty_columns[] = {
    {"duty", N_("DUTY"), LOOK_NUMBER},
    {"kind", N_("KIND"), LOOK_WORD},
    {"about", N_("ABOUT"), LOOK_WORD},
    {"internal", N_("INNER"), LOOK_FLAG},
    {"state", N_("STATE"), LOOK_WORD},
    {"unit", N_("UNIT"), LOOK_TEXT},
    {"unit_name", N_("NAME"), LOOK_LONG},
    {"round", N_("ROUND"), LOOK_NUMBER},
    {"call", N_("CALL"), LOOK_NUMBER},
    {"offered_at", N_("OFFERED"), LOOK_INSTANT},
    {"signed_at", N_("SIGNED"), LOOK_INSTANT},
    {"arrived_at", N_("ARRIVED"), LOOK_INSTANT},
    {"ended_at", N_("ENDED"), LOOK_INSTANT},
    {"due_at", N_("DUE"), LOOK_INSTANT},
    {"colour", N_("COLOUR"), LOOK_COLOUR},
    {"worst_clock", N_("CLOCK"), LOOK_WORD},
    {"reason", N_("WHY"), LOOK_WORD},
    {"claimed_until", N_("CLAIMED UNTIL"), LOOK_INSTANT},
    {0},
};
static const struct column inbox_columns[] = {
    {"due_at", N_("DUE"), LOOK_INSTANT},
    {"colour", N_("COLOUR"), LOOK_COLOUR},
    {"worst_clock", N_("CLOCK"), LOOK_WORD},
    {"worst_due_at", N_("CLOCK DUE"), LOOK_INSTANT},
    {"number", N_("CASE"), LOOK_TEXT},
    {"urgency", N_("URGENCY"), LOOK_WORD},
    {"kind", N_("KIND"), LOOK_WORD},
    {"about", N_("ABOUT"), LOOK_WORD},
    {"internal", N_("INNER"), LOOK_FLAG},
    {"state", N_("STATE"), LOOK_WORD},
    {"unit", N_("UNIT"), LOOK_TEXT},
    {"unit_name", N_("NAME"), LOOK_LONG},
    {"matter_name", N_("MATTER"), LOOK_LONG},
    {"place_name", N_("PLACE"), LOOK_LONG},
    {"offered_at", N_("OFFERED"), LOOK_INSTANT},
    {"claimed", N_("CLAIMED"), LOOK_FLAG},
    {"secret", N_("SECRET"), LOOK_FLAG},
    {"title", N_("TITLE"), LOOK_LONG},
    {0},
};
static const struct column call_columns[] = {
    {"call", N_("CALL"), LOOK_NUMBER},
    {"state", N_("STATE"), LOOK_WORD},
    {"level", N_("LEVEL"), LOOK_WORD},
    {"reason", N_("REASON"), LOOK_WORD},
    {"caller", N_("CALLER"), LOOK_TEXT},
    {"units", N_("UNITS"), LOOK_LONG},
    {"coordinating", N_("COORDINATES"), LOOK_TEXT},
    {"raised_at", N_("RAISED"), LOOK_INSTANT},
    {"closed_at", N_("CLOSED"), LOOK_INSTANT},
    {"outcome", N_("OUTCOME"), LOOK_WORD},
    {0},
};
static const struct column clock_columns[] = {
    {"clock", N_("CLOCK"), LOOK_WORD},
    {"state", N_("STATE"), LOOK_WORD},
    {"unit", N_("UNIT"), LOOK_TEXT},
    {"round", N_("ROUND"), LOOK_NUMBER},
    {"started_at", N_("STARTED"), LOOK_INSTANT},
    {"due_at", N_("DUE"), LOOK_INSTANT},
    {"stopped_at", N_("STOPPED"), LOOK_INSTANT},
    {"limit", N_("LIMIT"), LOOK_TEXT},
    {"consumed", N_("COUNTED"), LOOK_TEXT},
    {"colour", N_("COLOUR"), LOOK_COLOUR},
    {"judged", N_("IN TIME"), LOOK_TEXT},
    {"calendar", N_("CALENDAR"), LOOK_TEXT},
    {"provisional", N_("PROVISIONAL"), LOOK_FLAG},
    {0},
};

void read_show_part(const char *title, const struct column *columns, const json_t *rows)
{
    if (json_array_size(rows) == 0) {
        return;
    }
    render_heading(title);
    render_table(columns, rows, "");
}

/* Was it in time? A clock that runs, or that counts nowhere, is not judged yet or never. */
static const char *judged(const json_t *clock)
{
    if (strcmp(view_text(clock, "state"), "stopped") != 0) {
        return "-";
    }
    return json_is_true(json_object_get(clock, "in_time")) ? _("yes") : _("no");
}

/* Adds limits, what counted and how it was judged in words: a day of working time is not a day of 24 hours. */
void read_put_spans(json_t *clocks)
{
    size_t i;
    json_t *clock;
    json_array_foreach(clocks, i, clock)
    {
        char limit[INSTANT_SIZE], consumed[INSTANT_SIZE];
        const char *kind = view_text(clock, "time_kind");
        int64_t consumed_ms = view_number(clock, "consumed_ms");
        if (limit_print(view_number(clock, "amount"), kind, limit)[0] == '\0' && view_number(clock, "budget_ms") != 0) {
            span_print_exact(view_number(clock, "budget_ms"), kind, limit);
        }
        json_object_set_new(clock, "judged", json_string(judged(clock)));
        json_object_set_new(clock, "limit", json_string(limit));
        json_object_set_new(clock, "consumed", json_string(consumed_ms == 0 ? "" : span_print_exact(consumed_ms, kind, consumed)));
    }
}

void read_show_clocks(const json_t *clocks)
{
    read_show_part("Clocks", clock_columns, clocks);
}

/* Adds to each call the units that it was sent to: those of its respond duties, once each. */
static void put_units(json_t *calls, const json_t *duties)
{
    size_t i, j;
    json_t *call;
    const json_t *duty;
    json_array_foreach(calls, i, call)
    {
        char units[CODES_MAX * (CODE_SIZE + 2) + 1] = "";
        size_t size = 0;
        json_t *seen = json_object();
        json_array_foreach(duties, j, duty)
        {
            const char *unit = view_text(duty, "unit");
            if (view_number(duty, "call") == view_number(call, "call") && strcmp(view_text(duty, "kind"), "respond") == 0 &&
                json_object_get(seen, unit) == NULL && size < sizeof(units)) {
                size += (size_t)snprintf(units + size, sizeof(units) - size, "%s%s", size > 0 ? ", " : "", unit);
                json_object_set_new(seen, unit, json_true());
            }
        }
        json_decref(seen);
        json_object_set_new(call, "units", json_string(units));
    }
}

/* May the key read a timeline? Who may not sees the case without what people wrote on it. */
static bool reads_timelines(const struct session *session)
{
    return (query_info(QUERY_TIMELINE)->roles & enum_set_read(&role_enum, session->roles)) != 0;
}

/* Adds what people wrote on the case, as `written`. */
static enum exit_code put_written(struct session *session, json_t *view)
{
    const struct show_case_query which = {.given = SHOW_CASE_HAS_CASE, .case_id = (uint64_t)view_number(view, "case")};
    json_t *records = json_array();
    enum exit_code code = reads_timelines(session) ? timeline_read(session, &which, records) : EXIT_DONE;
    json_object_set_new(view, "written", written_of(records));
    json_decref(records);
    return code;
}

enum exit_code read_case(struct session *session, const struct arguments *arguments)
{
    struct arguments filled;
    json_t *view = NULL;
    enum exit_code code = arguments_filled(session, arguments, &filled);
    if (code == EXIT_DONE) {
        code = ask_view(session, QUERY_SHOW_CASE, &filled.body, &view);
    }
    if (code == EXIT_DONE) {
        code = put_written(session, view);
    }
    if (code == EXIT_DONE && session->options.json) {
        render_json(view);
    } else if (code == EXIT_DONE) {
        json_t *written = json_incref(json_object_get(view, "written"));
        put_units(json_object_get(view, "calls"), json_object_get(view, "duties"));
        read_put_spans(json_object_get(view, "clocks"));
        inwords_reply(view, QUERY_SHOW_CASE);
        render_fields(case_fields, view);
        if (json_array_size(written) > 0) {
            render_heading("Written on it");
            written_show(written);
        }
        json_decref(written);
        read_show_part("Duties", duty_columns, json_object_get(view, "duties"));
        read_show_part("Calls", call_columns, json_object_get(view, "calls"));
        read_show_clocks(json_object_get(view, "clocks"));
    }
    json_decref(view);
    return code;
}

/* One answer looks at a bounded number of cases: on a terminal, how far the search has come. */
static void say_how_far(size_t found, const json_t *page)
{
    static bool told;
    if (page == NULL && told) {
        fputs("\r\033[K", stderr);
    }
    if (page == NULL || !isatty(STDERR_FILENO)) {
        return;
    }
    fprintf(stderr, _("\r\033[K%zu found, looking at cases before id %llu ..."), found,
            (unsigned long long)view_number(page, "next"));
    fflush(stderr);
    told = true;
}

static void ask_cases(void *query, uint32_t count)
{
    struct list_cases_query *cases = query;
    cases->count = count;
    cases->given |= LIST_CASES_HAS_COUNT;
}

static bool next_cases(void *query, const json_t *page)
{
    struct list_cases_query *cases = query;
    cases->after = (uint64_t)view_number(page, "next");
    cases->given |= LIST_CASES_HAS_AFTER;
    return cases->after != 0;
}

/* All that a list knows of a case. */
static const struct column case_sheet[] = {{.key = "number"},       {.key = "case"},        {.key = "state"},
                                           {.key = "disposition"},  {.key = "round"},       {.key = "kind"},
                                           {.key = "channel"},      {.key = "urgency"},     {.key = "matter"},
                                           {.key = "matter_name"},  {.key = "place"},       {.key = "place_name"},
                                           {.key = "lead"},         {.key = "lead_name"},   {.key = "received_at"},
                                           {.key = "due_at"},       {.key = "colour"},      {.key = "worst_clock"},
                                           {.key = "worst_due_at"}, {.key = "answered_at"}, {.key = "closed_at"},
                                           {.key = "notes"},        {.key = "open_duties"}, {.key = "open_calls"},
                                           {.key = "reference"},    {.key = "title"},       {0}};

enum exit_code read_cases(struct session *session, const struct arguments *arguments)
{
    static const struct pages_kind kind = {.query = QUERY_LIST_CASES,
                                           .marks = {{"case", "next", "after"}},
                                           .ask = ask_cases,
                                           .go_on = next_cases,
                                           .progress = say_how_far,
                                           .columns = case_columns,
                                           .sheet = case_sheet,
                                           .shape = &case_view_shape,
                                           .none = N_("No cases.")};
    struct arguments filled;
    enum exit_code code = arguments_filled(session, arguments, &filled);
    return code != EXIT_DONE ? code : pages_run(session, arguments, &kind, &filled.body.query);
}

static void ask_duties(void *query, uint32_t count)
{
    struct inbox_query *inbox = query;
    inbox->count = count;
    inbox->given |= INBOX_HAS_COUNT;
}

static bool next_duties(void *query, const json_t *page)
{
    struct inbox_query *inbox = query;
    inbox->after = (uint64_t)view_number(page, "next");
    inbox->after_due = 0; /* duties without a due instant come last */
    local_time_read(view_text(page, "next_due"), NULL, &inbox->after_due);
    inbox->given |= INBOX_HAS_AFTER | INBOX_HAS_AFTER_DUE;
    return inbox->after != 0;
}

enum exit_code read_inbox(struct session *session, const struct arguments *arguments)
{
    static const struct pages_kind kind = {.query = QUERY_INBOX,
                                           .marks = {{"duty", "next", "after"}, {"due_at", "next_due", "after-due"}},
                                           .ask = ask_duties,
                                           .go_on = next_duties,
                                           .columns = inbox_columns,
                                           .shape = &duty_view_shape,
                                           .none = N_("Nothing to do.")};
    struct arguments filled;
    enum exit_code code = arguments_filled(session, arguments, &filled);
    return code != EXIT_DONE ? code : pages_run(session, arguments, &kind, &filled.body.query);
}
