/*
 * timeline.c - what happened on a case, in sentences
 *
 * A sentence is a pattern: {field} stands for the field of the record (or of its dims), and a part in [] is left out when a
 * field in it is empty; {limit} is the limit of a clock as it was written. A record without a pattern is told by its type alone.
 */
#include "clients/timeline.h"

#include "base/i18n.h"
#include "clients/inwords.h"
#include "clients/render.h"
#include "clients/time_words.h"
#include "proto/client/view.h"
#include "proto/enum_word.h"

#include <stdio.h>
#include <string.h>

#define SENTENCE_SIZE 1000

static const struct pattern {
    const char *type;
    const char *text;
} patterns[] = {
    {"command_taken", N_("{command}[ by {actor}][ for {behalf}]")},
    {"case_received", N_("{kind} by {channel}, matter {matter}[, reference {reference}][, limit {limit_at}][: {title}]")},
    {"case_noted", N_("{visibility}[: {text}]")},
    {"case_routed", N_("lead {lead}, by {how}[, row {row} of the list {catalogue_ver}][: {reason}]")},
    {"case_reclassified", N_("{urgency}, before {was}[: {reason}]")},
    {"case_pooled", N_("nobody leads it: back to the desk")},
    {"return_asked", N_("{duty_kind}[, whose it is: {better}][, {outside}][: {reason}][ (basis: {basis})]")},
    {"call_pooled", N_("nobody is called any more: back to the desk")},
    {"return_ruled", N_("{ruling}[, to {to}][: {reason}]")},
    {"decision_asked", N_("about {about}, asked by {asker}[, to {to}][, with {supports}][: {reason}][ (tried: {tried})]")},
    {"decision_given", N_("about {about}: {decision}[: {reason}]")},
    {"catalogue_proposed", N_("{to} is to lead there[, the list says {from}][, row {row}]")},
    {"lead_answered", N_("{code}[: {text}][ (basis: {basis})]")},
    {"case_awaits_call", N_("closes as {disposition} when the open call does")},
    {"case_closed", N_("{disposition}[, {citizen_ms} after it came in]")},
    {"case_reopened", N_("by {by}[: {why}]")},
    {"duty_offered", N_("{duty_kind}[, about {about}][ ({reason})]")},
    {"duty_assigned", N_("{duty_kind}, to {to}, by {due_at}[: {text}]")},
    {"duty_claimed", N_("until {claimed_until}[ by {actor}]")},
    {"duty_released", N_("[{lapsed}]")},
    {"duty_signed", N_("[{implied}]")},
    {"stage_reported", N_("{duty_kind}, next by {next_at}[, citizen {told}][: {text}]")},
    {"duty_done", N_("{duty_kind}[: {text}]")},
    {"duty_ended", N_("{duty_kind}[ ({reason})][: {text}]")},
    {"duty_sent_back", N_("{duty_kind}")},
    {"duty_moved", N_("{duty_kind}, from {from}")},
    {"contact_recorded", N_("{outcome}, attempt {attempt}[: {evidence}]")},
    {"clock_started", N_("{clock}[, {limit} ({source})][, due {due_at}][, {provisional}]")},
    {"clock_due_moved", N_("{clock}[, due {due_at}][, {provisional}][ ({why}[ {awaited}])]")},
    {"clock_rebudgeted", N_("{clock}, due {due_at} as before: the time up to it is counted anew")},
    {"clock_stopped", N_("{clock}, {in_time}[ after {consumed_ms}][, due {due_at}]")},
    {"clock_denied", N_("{clock}: the caller says it was none")},
    {"clock_void", N_("{clock}[ ({why})]")},
    {"rung_fired", N_("of the {clock} clock[, fired {late}]")},
    {"call_raised",
     N_("{level}, {reason}[, asks for {targets}][, {coordinating} is to coordinate][, {remote}][, limit {limit_at}][: {text}]")},
    {"call_dispatched", N_("to {units}, by {how}[, {coordinating} coordinates][, appointed {appointed_at}][: {reason}]")},
    {"call_arrived", N_("[{evidence}][, {remote}][, will finish by {finish_at}]")},
    {"arrival_missed", N_("was to be there by {due_at}; told to the district for {caller}")},
    {"refusal_decided", N_("{ruling}")},
    {"call_finished", N_("{code}[: {text}]")},
    {"call_rated", N_("score {score}[, {confirmed}][, {not_arrived}][, next {next}][, {late}][: {text}]")},
    {"call_closed", N_("{outcome}")},
    {"followup_attempted", N_("{outcome}[: {text}]")},
    {"followup_ended", N_("contacted {contacted}, solved {solved}, satisfied {satisfied}[ ({reason})][: {text}]")},
    {"order_proposed", N_("{order_kind}")},
    {"alarm_raised", N_("tells the {to}: {alarm}")},
};

/* Flags whose name is told where they are set. */
static const char *const flags[] = {NC_("flag", "confirmed"), NC_("flag", "not_arrived"), NC_("flag", "implied"),
                                    NC_("flag", "lapsed"),    NC_("flag", "late"),        NC_("flag", "provisional"),
                                    NC_("flag", "told"),      NC_("flag", "outside"),     NC_("flag", "remote")};

/* Text that is being written; what does not fit is cut. */
struct sentence {
    char *at;
    size_t size;
    size_t used;
};

static void put(struct sentence *sentence, const char *text, size_t count)
{
    for (size_t i = 0; i < count && sentence->used + 1 < sentence->size; i++) {
        sentence->at[sentence->used++] = text[i];
    }
    sentence->at[sentence->used] = '\0';
}

static void put_words(struct sentence *sentence, const char *words)
{
    put(sentence, words, strlen(words));
}

static const json_t *find(const json_t *record, const char *key)
{
    const json_t *value = json_object_get(record, key);
    return value != NULL ? value : json_object_get(json_object_get(record, "dims"), key);
}

static void put_list(struct sentence *sentence, const json_t *list)
{
    size_t i;
    json_t *item;
    json_array_foreach(list, i, item)
    {
        if (i > 0) {
            put_words(sentence, _(", "));
        }
        put(sentence, json_string_value(item), json_string_length(item));
    }
}

static const char *command_name(json_int_t id)
{
    const struct command_info *info = id > 0 && id <= COMMAND_TYPE_MAX ? command_info((enum command_type)id) : NULL;
    return info == NULL ? NULL : info->name;
}

/* The word of a flag that is set. */
static const char *flag_word(const char *key)
{
    for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
        if (strcmp(flags[i], key) == 0) {
            return i18n_in("flag", flags[i]);
        }
    }
    return key;
}

/* A number in words: a span, a command, or itself. */
static void put_number(struct sentence *sentence, const char *key, json_int_t number)
{
    char words[INSTANT_SIZE];
    size_t size = strlen(key);
    const char *command = strcmp(key, "command") == 0 ? command_name(number) : NULL;
    if (command != NULL) {
        snprintf(words, sizeof(words), "%s", i18n_in("command", command));
    } else if (size > 3 && strcmp(key + size - 3, "_ms") == 0) {
        span_print(number, words);
    } else {
        snprintf(words, sizeof(words), "%lld", (long long)number);
    }
    put(sentence, words, strlen(words));
}

/* The limit as it was written; the budget where it is not a span. */
static void put_limit(struct sentence *sentence, const json_t *record)
{
    char words[INSTANT_SIZE];
    limit_print(json_integer_value(find(record, "amount")), json_string_value(find(record, "time_kind")), words);
    if (words[0] == '\0') {
        put_number(sentence, "budget_ms", json_integer_value(find(record, "budget_ms")));
    } else {
        put(sentence, words, strlen(words));
    }
}

/* Appends the value of a field in words. False: it is empty. */
static bool put_field(struct sentence *sentence, const json_t *record, const char *key)
{
    const json_t *value = find(record, key);
    const char *text = json_string_value(value);
    size_t key_size = strlen(key);
    size_t before = sentence->used;
    if (strcmp(key, "limit") == 0) {
        if (json_integer_value(find(record, "budget_ms")) != 0) {
            put_limit(sentence, record);
        }
    } else if (json_is_boolean(value)) {
        if (strcmp(key, "in_time") == 0) {
            put_words(sentence, json_is_true(value) ? _("in time") : _("late"));
        } else if (json_is_true(value)) {
            put_words(sentence, flag_word(key));
        }
    } else if (json_is_integer(value) && json_integer_value(value) != 0) {
        put_number(sentence, key, json_integer_value(value));
    } else if (json_is_array(value)) {
        put_list(sentence, value);
    } else if (text != NULL && key_size > 3 && strcmp(key + key_size - 3, "_at") == 0 && strlen(text) > 19) {
        put(sentence, text, 10);
        put(sentence, " ", 1);
        put(sentence, text + 11, 8);
    } else if (text != NULL && strcmp(text, "none") != 0) {
        put_words(sentence, inwords_record(json_string_value(json_object_get(record, "type")), key, text));
    }
    return sentence->used > before;
}

static void write_pattern(struct sentence *sentence, const char *pattern, const json_t *record)
{
    size_t group_at = 0;
    bool whole = true;
    for (const char *at = pattern; *at != '\0'; at++) {
        if (*at == '[') {
            group_at = sentence->used;
            whole = true;
        } else if (*at == ']') {
            if (!whole) {
                sentence->used = group_at;
            }
            sentence->at[sentence->used] = '\0';
        } else if (*at == '{') {
            char key[64];
            size_t size = strcspn(at + 1, "}");
            snprintf(key, sizeof(key), "%.*s", (int)size, at + 1);
            whole = put_field(sentence, record, key) && whole;
            at += size + 1;
        } else {
            put(sentence, at, 1);
        }
    }
}

/* What was cut inside a character ends before it. */
static void drop_half_character(struct sentence *sentence)
{
    const unsigned char *bytes = (const unsigned char *)sentence->at;
    size_t begin = sentence->used;
    while (begin > 0 && (bytes[begin - 1] & 0xC0) == 0x80) {
        begin--;
    }
    if (begin == 0 || bytes[begin - 1] < 0xC0) {
        return;
    }
    unsigned char lead = bytes[begin - 1];
    size_t wanted = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (sentence->used - (begin - 1) < wanted) {
        sentence->at[begin - 1] = '\0';
    }
}

void timeline_sentence(const json_t *record, char *ret, size_t size)
{
    struct sentence sentence = {.at = ret, .size = size};
    const char *type = view_text(record, "type");
    ret[0] = '\0';
    for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
        if (strcmp(patterns[i].type, type) == 0) {
            write_pattern(&sentence, _(patterns[i].text), record);
        }
    }
    if (sentence.used + 1 == size) {
        drop_half_character(&sentence);
    }
}

static const struct column timeline_columns[] = {
    {"at", N_("AT"), LOOK_INSTANT}, {"what", N_("WHAT"), LOOK_TEXT}, {"unit", N_("UNIT"), LOOK_TEXT},
    {"rung", "", LOOK_COLOUR},      {"words", N_("HOW"), LOOK_LONG}, {0},
};

/* Rows for the table: type in words, unit, sentence. */
static json_t *rows_in_words(const json_t *records)
{
    json_t *rows = json_array();
    size_t i;
    json_t *record;
    json_array_foreach(records, i, record)
    {
        char words[SENTENCE_SIZE];
        char what[64];
        timeline_sentence(record, words, sizeof(words));
        snprintf(what, sizeof(what), "%s", i18n_in("record", view_text(record, "type")));
        for (char *c = what; *c != '\0'; c++) {
            *c = *c == '_' ? ' ' : *c;
        }
        json_array_append_new(rows, json_pack("{s:s, s:s, s:s, s:s, s:s}", "at", view_text(record, "at"), "what", what, "unit",
                                              view_text(record, "unit"), "rung", enum_word(&rung_enum, view_text(record, "rung")),
                                              "words", words));
    }
    return rows;
}

void timeline_show(const json_t *records, const char *none)
{
    json_t *rows = rows_in_words(records);
    render_table(timeline_columns, rows, none);
    json_decref(rows);
}

/* Pages come from the newest to the oldest, each with its oldest record first. */
static enum exit_code read_all(struct session *session, struct timeline_query *query, json_t *all)
{
    for (;;) {
        struct client_reply reply;
        enum exit_code code = session_ask(session, QUERY_TIMELINE, query, &reply);
        if (code != EXIT_DONE) {
            return code;
        }
        json_t *page = view_of_reply(&reply.reply.body, QUERY_TIMELINE, zone_time(session->zone));
        const json_t *rows = json_object_get(page, "rows");
        for (size_t i = 0; i < json_array_size(rows); i++) {
            json_array_insert(all, i, json_array_get(rows, i));
        }
        query->before = (uint64_t)view_number(page, "next");
        query->given |= TIMELINE_HAS_BEFORE;
        json_decref(page);
        if (query->before == 0) {
            return EXIT_DONE;
        }
    }
}

enum exit_code timeline_read(struct session *session, const struct show_case_query *which, json_t *ret)
{
    struct timeline_query query = {.case_id = which->case_id, .number = which->number};
    query.given = which->case_id != 0 ? TIMELINE_HAS_CASE : TIMELINE_HAS_NUMBER;
    enum exit_code code = session_hello(session);
    return code != EXIT_DONE ? code : read_all(session, &query, ret);
}

enum exit_code timeline_run(struct session *session, const struct arguments *arguments)
{
    struct arguments filled;
    enum exit_code code = arguments_filled(session, arguments, &filled);
    if (code == EXIT_DONE) {
        code = session_hello(session);
    }
    json_t *all = json_array();
    if (code == EXIT_DONE) {
        code = read_all(session, &filled.body.query.timeline, all);
    }
    if (code == EXIT_DONE && session->options.json) {
        json_t *view = json_pack("{s:O}", "rows", all);
        render_json(view);
        json_decref(view);
    } else if (code == EXIT_DONE) {
        timeline_show(all, "Nothing happened on this case that you may see.");
    }
    json_decref(all);
    return code;
}
