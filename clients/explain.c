/*
 * explain.c - why this unit
 */
#include "clients/explain.h"

#include "base/i18n.h"
#include "clients/ask.h"
#include "clients/case_number.h"
#include "clients/inwords.h"
#include "clients/render.h"
#include "proto/client/view.h"
#include "proto/enum_word.h"

#include <stdio.h>
#include <string.h>

static const struct column head_fields[] = {
    {"number", N_("Case"), LOOK_TEXT},
    {"matter", N_("Matter"), LOOK_TEXT},
    {"matter_name", "", LOOK_TEXT},
    {"place", N_("Place"), LOOK_TEXT},
    {"place_name", "", LOOK_TEXT},
    {"lead", N_("Lead"), LOOK_TEXT},
    {"lead_name", "", LOOK_TEXT},
    {"received_at", N_("Received"), LOOK_INSTANT},
    {0},
};
static const struct column routed_columns[] = {
    {"at", N_("AT"), LOOK_INSTANT},
    {"lead", N_("LEAD"), LOOK_TEXT},
    {"how", N_("HOW"), LOOK_WORD},
    {"row", N_("ROW"), LOOK_NUMBER},
    {"catalogue_ver", N_("LIST"), LOOK_TEXT},
    {"reason", N_("REASON"), LOOK_LONG},
    {0},
};
static const struct column list_fields[] = {
    {"version", N_("List"), LOOK_TEXT},
    {"row", N_("Row"), LOOK_NUMBER},
    {"lead", N_("Lead"), LOOK_TEXT},
    {"supports_text", N_("Supports"), LOOK_TEXT},
    {"calls_text", N_("May call"), LOOK_TEXT},
    {"basis", N_("Basis"), LOOK_LONG},
    {"due_at", N_("Due if now"), LOOK_INSTANT},
    {"why", N_("Why"), LOOK_LONG},
    {0},
};
static const struct column tried_columns[] = {
    {"row", N_("ROW"), LOOK_NUMBER},
    {"matter", N_("MATTER"), LOOK_TEXT},
    {"place", N_("PLACE"), LOOK_TEXT},
    {"lead", N_("LEAD"), LOOK_TEXT},
    {"fits", N_("FITS"), LOOK_FLAG},
    {"why", N_("WHY"), LOOK_LONG},
    {0},
};

/* A list of codes as `A, B`, kept in the view itself under `text_key`. */
static void join(json_t *view, const char *key, const char *text_key)
{
    char text[CODES_MAX * (CODE_SIZE + 2) + 1] = "";
    size_t size = 0, i;
    json_t *code;
    json_array_foreach(json_object_get(view, key), i, code)
    {
        if (size < sizeof(text)) {
            size += (size_t)snprintf(text + size, sizeof(text) - size, "%s%s", i == 0 ? "" : ", ", json_string_value(code));
        }
    }
    json_object_set_new(view, text_key, json_string(text));
}

/* Empty codes of a row stand for `any`. */
static void name_any(json_t *rows)
{
    size_t i;
    json_t *row;
    json_array_foreach(rows, i, row)
    {
        if (view_text(row, "matter")[0] == '\0') {
            json_object_set_new(row, "matter", json_string(_("any")));
        }
        if (view_text(row, "place")[0] == '\0') {
            json_object_set_new(row, "place", json_string(_("any")));
        }
    }
}

/* What a row is for, as `any matter` and `at any place`, seen from the place that is asked about. */
static void row_words(const json_t *row, const char *asked, const char **ret_matter, char *where, size_t size)
{
    const char *place = view_text(row, "place");
    *ret_matter = view_text(row, "matter")[0] == '\0' ? _("any matter") : _("this matter");
    if (place[0] == '\0') {
        snprintf(where, size, "%s", _("at any place"));
    } else if (strcmp(place, asked) == 0) {
        snprintf(where, size, "%s", _("at exactly this place"));
    } else {
        snprintf(where, size, _("at %s, which this place belongs to"), place);
    }
}

/* Why a row fits or not, in the reader's language; the dispatcher's own words are English. */
static void put_why(json_t *row, const char *asked, const char *lead)
{
    const char *matter, *list_lead = view_text(row, "lead");
    char where[128], why[400];
    int fit = enum_find(&route_fit_enum, text_of(view_text(row, "fit")));
    if (fit < 0) {
        return; /* a dispatcher that does not say it yet */
    }
    row_words(row, asked, &matter, where, sizeof(where));
    switch ((enum route_fit)fit) {
    case ROUTE_FIT_FITS:
        snprintf(why, sizeof(why), _("%s %s: led by %s"), matter, where, lead);
        break;
    case ROUTE_FIT_ELSEWHERE:
        snprintf(why, sizeof(why), _("%s, but at %s, which this place does not belong to"), matter, view_text(row, "place"));
        break;
    case ROUTE_FIT_NO_TIER:
        snprintf(why, sizeof(why), _("%s %s, but no unit of tier %s stands above it to lead"), matter, where,
                 enum_word(&unit_tier_enum, list_lead + (list_lead[0] == '@')));
        break;
    case ROUTE_FIT_LEAD_UNABLE:
        snprintf(why, sizeof(why), _("%s %s, but its lead cannot be given a case now"), matter, where);
        break;
    }
    json_object_set_new(row, "why", json_string(why));
}

static void put_whys(json_t *view, const char *asked)
{
    size_t i;
    json_t *row;
    char where[128], why[200];
    const char *matter;
    json_object_set_new(view, "why",
                        json_string(view_number(view, "row") == 0
                                        ? _("No row of the list fits this matter at this place: the desk routes by hand.")
                                        : view_text(view, "why")));
    json_array_foreach(json_object_get(view, "rows"), i, row)
    {
        if (json_is_true(json_object_get(row, "fits"))) {
            row_words(row, asked, &matter, where, sizeof(where));
            snprintf(why, sizeof(why), _("Row %lld: %s, %s"), (long long)view_number(row, "row"), matter, where);
            json_object_set_new(view, "why", json_string(why));
        }
        put_why(row, asked, view_text(view, "lead"));
    }
}

static void show_list(json_t *view, const char *asked)
{
    json_t *rows = json_object_get(view, "rows");
    put_whys(view, asked);
    join(view, "supports", "supports_text");
    join(view, "calls", "calls_text");
    name_any(rows);
    render_fields(list_fields, view);
    if (json_array_size(rows) > 0) {
        render_heading("Rows tried, in their order");
        render_table(tried_columns, rows, "");
    }
}

/* The records of a timeline by which the case got its leads, oldest first. */
static enum exit_code read_routed(struct session *session, const struct show_case_query *which, json_t *ret)
{
    struct timeline_query query = {.case_id = which->case_id, .number = which->number};
    query.given = which->case_id != 0 ? TIMELINE_HAS_CASE : TIMELINE_HAS_NUMBER;
    for (;;) {
        json_t *page = NULL;
        enum exit_code code = ask_view(session, QUERY_TIMELINE, &query, &page);
        if (code != EXIT_DONE) {
            return code;
        }
        size_t i, at = 0;
        json_t *record;
        json_array_foreach(json_object_get(page, "rows"), i, record)
        {
            if (strcmp(view_text(record, "type"), "case_routed") == 0) {
                json_array_insert(ret, at++, record);
            }
        }
        query.before = (uint64_t)view_number(page, "next");
        query.given |= TIMELINE_HAS_BEFORE;
        json_decref(page);
        if (query.before == 0) {
            return EXIT_DONE;
        }
    }
}

/* What the list in force says of a matter at a place. Of a matter or place that it no longer knows it says nothing: *ret NULL. */
static enum exit_code ask_list(struct session *session, const char *matter, const char *place, json_t **ret)
{
    struct explain_route_query query = {.given = EXPLAIN_ROUTE_HAS_MATTER | EXPLAIN_ROUTE_HAS_PLACE};
    if (!code_make(matter, strlen(matter), &query.matter) || !code_make(place, strlen(place), &query.place)) {
        return say(EXIT_FAILED, "the dispatcher's answer cannot be read (matter or place of the case)");
    }
    return ask_view(session, QUERY_EXPLAIN_ROUTE, &query, ret);
}

/* The records of leads: how each came about. */
static void in_words(const json_t *routed)
{
    size_t i;
    json_t *record;
    json_array_foreach(routed, i, record)
    {
        inwords_object(record, &case_routed_body_shape);
    }
}

static void show_case(const json_t *shown, const json_t *routed)
{
    render_fields(head_fields, shown);
    in_words(routed);
    render_heading("What gave it its leads");
    render_table(routed_columns, routed, "Nothing yet: it waits for the desk.");
    render_heading("What the list in force says now");
}

static enum exit_code explain_case(struct session *session, const struct arguments *arguments)
{
    struct show_case_query which;
    json_t *shown = NULL, *list = NULL, *routed = NULL;
    if (case_number_form(arguments_word(arguments, "MATTER")) == CASE_FORM_NONE) {
        return say(EXIT_USAGE, "PLACE is missing: name a matter and a place, or a case alone. `%s` is not a case.",
                   arguments_word(arguments, "MATTER"));
    }
    enum exit_code code = arguments_case(arguments, "MATTER", &which);
    routed = json_array();
    if (code == EXIT_DONE) {
        code = ask_view(session, QUERY_SHOW_CASE, &which, &shown);
    }
    if (code == EXIT_DONE) {
        code = read_routed(session, &which, routed);
    }
    if (code == EXIT_DONE && !session->options.json) {
        show_case(shown, routed);
    }
    if (code == EXIT_DONE) {
        code = ask_list(session, view_text(shown, "matter"), view_text(shown, "place"), &list);
    }
    if (code == EXIT_DONE && session->options.json) {
        json_t *all = json_pack("{s:O, s:O, s:O, s:O, s:O, s:O}", "case", json_object_get(shown, "case"), "number",
                                json_object_get(shown, "number"), "matter", json_object_get(shown, "matter"), "place",
                                json_object_get(shown, "place"), "routed", routed, "now", list);
        render_json(all);
        json_decref(all);
    } else if (code == EXIT_DONE) {
        show_list(list, view_text(shown, "place"));
    }
    json_decref(shown);
    json_decref(list);
    json_decref(routed);
    return code;
}

enum exit_code explain_run(struct session *session, const struct arguments *arguments)
{
    const char *place = arguments_word(arguments, "[PLACE]");
    struct arguments filled;
    json_t *view = NULL;
    if (place == NULL) {
        return explain_case(session, arguments);
    }
    enum exit_code code = arguments_filled(session, arguments, &filled);
    if (code == EXIT_DONE) {
        code = ask_view(session, QUERY_EXPLAIN_ROUTE, &filled.body, &view);
    }
    if (code == EXIT_DONE && session->options.json) {
        render_json(view);
    } else if (code == EXIT_DONE) {
        char asked[CODE_SIZE + 1] = "";
        memcpy(asked, filled.body.query.explain_route.place.s, CODE_SIZE);
        show_list(view, asked);
    }
    json_decref(view);
    return code;
}
