/*
 * receipt.c - the deadline receipt of one clock
 */
#include "clients/receipt.h"

#include "base/i18n.h"
#include "clients/render.h"
#include "clients/time_words.h"
#include "config/zone.h"
#include "proto/client/view.h"
#include "proto/enum_word.h"

#include <stdio.h>
#include <string.h>

static const struct column interval_columns[] = {
    {"from", N_("FROM"), LOOK_INSTANT}, {"until", N_("UNTIL"), LOOK_INSTANT}, {"counts", N_("COUNTS"), LOOK_TEXT},
    {"words", N_("WHY"), LOOK_TEXT},    {"name", N_("DAY"), LOOK_LONG},       {0},
};

static const char *in_words(const char *why)
{
    static const char *const words[][2] = {
        {"working", N_("working time")},
        {"natural", N_("natural time")},
        {"outside_hours", N_("outside working hours")},
        {"day_off", N_("day off")},
        {"holiday", N_("holiday")},
        {"paused", N_("the clock stood")},
        {"waited", N_("wait for a judgement")},
    };
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcmp(words[i][0], why) == 0) {
            return _(words[i][1]);
        }
    }
    return why;
}

/* Where the limit comes from. */
static const char *source_in_words(const char *source)
{
    static const char *const words[][2] = {
        {"policy", N_("by the policy")},
        {"catalogue", N_("by the dispatch list")},
        {"given", N_("given by the sender")},
        {"half", N_("half of the list's limit, after a take-over")},
        {"receipt", N_("by the policy for this urgency, from receipt on")},
    };
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcmp(words[i][0], source) == 0) {
            return _(words[i][1]);
        }
    }
    return source;
}

static void field(const char *title, const char *text)
{
    render_title(title);
    puts(text);
}

static void field_instant(const json_t *receipt, const char *key, const char *title, const char *more)
{
    const char *at = view_text(receipt, key);
    if (at[0] == '\0') {
        return;
    }
    render_title(title);
    printf("%.10s %.8s%s\n", at, strlen(at) > 11 ? at + 11 : "", more);
}

static void show_head(const json_t *receipt)
{
    const char *kind = view_text(receipt, "time_kind");
    bool due = view_text(receipt, "due_at")[0] != '\0';
    int64_t left = view_number(receipt, "left_ms");
    char span[INSTANT_SIZE], limit[INSTANT_SIZE], line[256];
    snprintf(line, sizeof(line), _("%s, clock %lld of case %s, %s"), enum_word(&clock_kind_enum, view_text(receipt, "clock")),
             (long long)view_number(receipt, "clock_id"), view_text(receipt, "number"),
             enum_word(&clock_state_enum, view_text(receipt, "state")));
    field("Clock", line);
    field("Unit", view_text(receipt, "unit"));
    const char *calendar = view_text(receipt, "calendar");
    char counted_in[64];
    snprintf(counted_in, sizeof(counted_in), "%s", enum_word(&time_kind_enum, kind));
    for (char *c = counted_in; *c != '\0'; c++) {
        *c = *c == '_' ? ' ' : *c;
    }
    snprintf(line, sizeof(line), _("%s%s%s, %s"), counted_in, calendar[0] != '\0' ? _(", calendar ") : "", calendar,
             view_text(receipt, "zone"));
    field("Time", line);
    field_instant(receipt, "started_at", "Started", "");
    const char *until = "";
    if (strcmp(view_text(receipt, "source"), "receipt") == 0) {
        until = _(", provisional: until the first route");
    } else if (json_is_true(json_object_get(receipt, "provisional"))) {
        until = _(", provisional: that year's calendar is not known yet");
    }
    if (due) {
        field_instant(receipt, "due_at", "Due", until);
        limit_print(view_number(receipt, "amount"), kind, limit);
        span_print_exact(view_number(receipt, "budget_ms"), kind, span);
        bool same = limit[0] == '\0' || strcmp(limit, span) == 0;
        snprintf(line, sizeof(line), _("%s%s%s, %s"), same ? "" : limit, same ? "" : " = ", span,
                 source_in_words(view_text(receipt, "source")));
        field("Budget", line);
    } else {
        field("Due", _("never: no limit"));
    }
    if (view_number(receipt, "awaited_ms") > 0) {
        snprintf(line, sizeof(line), _("%s of it because called units were late"),
                 span_print_exact(view_number(receipt, "awaited_ms"), kind, span));
        field(N_("Awaited"), line);
    }
    field_instant(receipt, "stopped_at", "Stopped", "");
    if (view_text(receipt, "stopped_at")[0] == '\0') {
        field_instant(receipt, "now", "Now", "");
    }
    field("Counted", span_print_exact(view_number(receipt, "counted_ms"), kind, span));
    if (due) {
        field(left < 0 ? N_("Late by") : N_("Left"), span_print_exact(left < 0 ? -left : left, kind, span));
    }
}

/* Adds what the table shows: spans and reasons in words. */
static json_t *rows_in_words(const json_t *receipt)
{
    json_t *rows = json_array(), *row;
    size_t i;
    json_array_foreach(json_object_get(receipt, "rows"), i, row)
    {
        char span[INSTANT_SIZE];
        bool counts = json_is_true(json_object_get(row, "counted"));
        json_t *shown = json_copy(row);
        json_object_set_new(
            shown, "counts",
            json_string(counts ? span_print_exact(view_number(row, "ms"), view_text(receipt, "time_kind"), span) : "-"));
        json_object_set_new(shown, "words", json_string(in_words(view_text(row, "why"))));
        json_array_append_new(rows, shown);
    }
    return rows;
}

/* Reads the pages of a receipt into one; its instants in the zone of its calendar. */
static enum exit_code read_pages(struct session *session, struct receipt_query *query, json_t **ret)
{
    struct zone *own = NULL;
    enum exit_code code = session_hello(session);
    *ret = NULL;
    while (code == EXIT_DONE) {
        struct client_reply reply;
        struct receipt_reply head;
        struct codec_fault fault;
        code = session_ask(session, QUERY_RECEIPT, query, &reply);
        if (code != EXIT_DONE) {
            break;
        }
        if (!codec_decode_map(&reply.reply.body, &receipt_reply_shape, &head, &fault)) {
            code = say(EXIT_FAILED, "the dispatcher's answer cannot be read (field %s)", fault.field == NULL ? "?" : fault.field);
            break;
        }
        char name[256];
        snprintf(name, sizeof(name), "%.*s", (int)head.zone.size, head.zone.at);
        if (own == NULL && strcmp(name, session->district_zone) != 0) {
            zone_load(NULL, name, &own); /* a zone that this machine lacks: told in the district's */
        }
        json_t *page = view_of_reply(&reply.reply.body, QUERY_RECEIPT, zone_time(own != NULL ? own : session->zone));
        /* The clock runs on between two pages: the head is that of the last one, so that the rows add up to it. */
        if (*ret != NULL && page != NULL) {
            json_array_extend(json_object_get(*ret, "rows"), json_object_get(page, "rows"));
            json_object_set(page, "rows", json_object_get(*ret, "rows"));
        }
        json_decref(*ret);
        *ret = page;
        if (head.next == 0) {
            break;
        }
        query->after = head.next;
        query->given |= RECEIPT_HAS_AFTER;
    }
    if (*ret != NULL) {
        json_object_del(*ret, "next");
    }
    zone_free(own);
    return code == EXIT_DONE && *ret == NULL ? say(EXIT_FAILED, "out of memory") : code;
}

enum exit_code receipt_run(struct session *session, const struct arguments *arguments)
{
    struct arguments filled;
    json_t *receipt = NULL;
    enum exit_code code = arguments_filled(session, arguments, &filled);
    if (code == EXIT_DONE) {
        code = read_pages(session, &filled.body.query.receipt, &receipt);
    }
    if (code == EXIT_DONE && session->options.json) {
        render_json(receipt);
    } else if (code == EXIT_DONE) {
        json_t *rows = rows_in_words(receipt);
        show_head(receipt);
        render_heading("What counted");
        render_table(interval_columns, rows, "Nothing yet.");
        json_decref(rows);
    }
    json_decref(receipt);
    return code;
}
