/*
 * metrics.c - figures: one metric by one grouping
 */
#include "clients/metrics.h"

#include "clients/instant.h"
#include "clients/render.h"
#include "proto/client/view.h"
#include "proto/i18n.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* What a metric says, for the list. */
static const char *meaning(enum metric metric)
{
    switch (metric) {
    case METRIC_ANSWERED_RATE:
        return N_("cases with an answer that stands, of the cases received");
    case METRIC_CLOSED_RATE:
        return N_("cases closed, of the cases received");
    case METRIC_ON_TIME_RATE:
        return N_("first-round handle items answered in time, of those due; by due date");
    case METRIC_CALL_ON_TIME_RATE:
        return N_("called units that finished in time, of those due; by due date");
    case METRIC_CITIZEN_ON_TIME_RATE:
        return N_("citizens answered in time on their own clock, of those due; by due date");
    case METRIC_RESPONSE_RATE:
        return N_("citizens who were contacted, of those asked");
    case METRIC_SOLVED_RATE:
        return N_("citizens who call it solved (partly counts in part), of those reached");
    case METRIC_SATISFIED_RATE:
        return N_("citizens who are satisfied (basically counts in part), of those reached");
    case METRIC_DURATION:
        return N_("time from offer to answer: mean, median, 90th percentile");
    }
    return "";
}

static void list_metrics(const struct session *session)
{
    static const struct column columns[] = {
        {"metric", N_("METRIC"), LOOK_TEXT}, {"name", "", LOOK_TEXT}, {"meaning", N_("MEANING"), LOOK_LONG}, {0}};
    json_t *rows = json_array();
    for (uint32_t i = 0; i < metric_enum.count; i++)
        json_array_append_new(rows,
                              json_pack("{s:s, s:s, s:s}", "metric", metric_enum.names[i], "name", metric_enum.words[i], "meaning",
                                        session->options.json ? meaning((enum metric)i) : _(meaning((enum metric)i))));
    if (session->options.json)
        render_json(rows);
    else
        render_table(columns, rows, "");
    json_decref(rows);
}

/* Days of the district, both included: the range ends where the day after the last begins. */
static enum exit_code read_days(struct session *session, const struct arguments *arguments, struct metrics_query *query)
{
    static const char *const names[] = {"from", "to"};
    for (int i = 0; i < 2; i++) {
        const char *text = arguments_word(arguments, names[i]);
        if (text == NULL)
            continue;
        if (instant_parse_day(text, session->zone, i, i == 0 ? &query->from : &query->until) < 0)
            return say(EXIT_USAGE, "--%s: `%s` is not a day. Write it like 2011-07-01.", names[i], text);
        if (i == 0 && query->from < 0)
            query->from = 0; /* a day that began before 1970: instants of the language do not */
        query->given |= i == 0 ? METRICS_HAS_FROM : METRICS_HAS_UNTIL;
    }
    if ((query->given & METRICS_HAS_FROM) && (query->given & METRICS_HAS_UNTIL) && query->until <= query->from)
        return say(EXIT_USAGE, "--to is before --from.");
    return EXIT_DONE;
}

/* All that needs no zone, so that a mistake shows without a dispatcher. */
static enum exit_code read_query(const struct arguments *arguments, const char *id, struct metrics_query *query)
{
    const char *by = arguments_word(arguments, "by");
    const char *unit = arguments_word(arguments, "unit");
    int metric = i18n_find(&metric_enum, text_of(id));
    int grouping = by == NULL ? -1 : i18n_find(&metric_by_enum, text_of(by));
    if (metric < 0)
        return say(EXIT_USAGE, "there is no metric `%s`. `huying metrics` lists them.", id);
    if (by == NULL)
        return say(EXIT_USAGE, "--by is missing: department, street, community or matter.");
    if (grouping < 0)
        return say(EXIT_USAGE, "--by: `%s` is not one of: department, street, community, matter.", by);
    *query = (struct metrics_query){
        .given = METRICS_HAS_METRIC | METRICS_HAS_BY, .metric = (enum metric)metric, .by = (enum metric_by)grouping};
    if (unit != NULL && !code_make(unit, strlen(unit), &query->unit))
        return say(EXIT_USAGE, "--unit: `%s` is not a code. A code has 1 to 32 of the characters A-Z a-z 0-9 _ . -", unit);
    if (unit != NULL)
        query->given |= METRICS_HAS_UNIT;
    return EXIT_DONE;
}

/* The answer's form is fixed: value is null where there is none, scale and percentiles only where they say something. */
static void settle(json_t *view)
{
    size_t i;
    json_t *row;
    if (view_number(view, "scale") <= 1)
        json_object_del(view, "scale");
    json_array_foreach(json_object_get(view, "rows"), i, row)
    {
        if (json_object_get(row, "value") == NULL)
            json_object_set_new(row, "value", json_null());
        if (json_object_get(row, "excluded") == NULL)
            json_object_set_new(row, "excluded", json_object());
    }
}

/* Parts per million as percent with two digits, rounded half up; a span in words; n/a. */
static void print_value(const json_t *value, bool span, char out[INSTANT_SIZE])
{
    if (!json_is_integer(value)) {
        snprintf(out, INSTANT_SIZE, "%s", _("n/a"));
        return;
    }
    int64_t number = json_integer_value(value);
    int64_t hundredths = (number + 50) / 100;
    if (span)
        span_print(number, out);
    else
        snprintf(out, INSTANT_SIZE, "%" PRId64 ".%02" PRId64 " %%", hundredths / 100, hundredths % 100);
}

static void print_num(int64_t num, int64_t scale, bool span, char out[INSTANT_SIZE])
{
    if (span)
        span_print(num, out);
    else if (scale > 1)
        snprintf(out, INSTANT_SIZE, "%.2f", (double)num / (double)scale);
    else
        snprintf(out, INSTANT_SIZE, "%" PRId64, num);
}

static void print_excluded(const json_t *excluded, char *out, size_t size)
{
    const char *reason;
    json_t *count;
    size_t used = 0;
    out[0] = '\0';
    json_object_foreach((json_t *)excluded, reason, count)
    {
        if (json_integer_value(count) == 0 || used >= size)
            continue;
        int more =
            snprintf(out + used, size - used, "%s%s %lld", used > 0 ? ", " : "", reason, (long long)json_integer_value(count));
        used += more > 0 ? (size_t)more : 0;
    }
}

static void show(const json_t *view)
{
    static const struct column columns[] = {
        {"key", N_("KEY"), LOOK_TEXT},   {"name", N_("NAME"), LOOK_LONG},         {"num", N_("NUM"), LOOK_NUMBER},
        {"den", N_("DEN"), LOOK_COUNT},  {"value", N_("VALUE"), LOOK_NUMBER},     {"p50", N_("MEDIAN"), LOOK_NUMBER},
        {"p90", N_("P90"), LOOK_NUMBER}, {"excluded", N_("EXCLUDED"), LOOK_LONG}, {0},
    };
    bool span = strcmp(view_text(view, "metric"), "duration") == 0;
    int64_t scale = view_number(view, "scale");
    json_t *table = json_array();
    size_t i;
    json_t *row;
    json_array_foreach(json_object_get(view, "rows"), i, row)
    {
        char num[INSTANT_SIZE];
        char value[INSTANT_SIZE];
        char p50[INSTANT_SIZE] = "";
        char p90[INSTANT_SIZE] = "";
        char excluded[256];
        print_num(view_number(row, "num"), scale, span, num);
        print_value(json_object_get(row, "value"), span, value);
        if (span) {
            print_value(json_object_get(row, "p50_ms"), span, p50);
            print_value(json_object_get(row, "p90_ms"), span, p90);
        }
        print_excluded(json_object_get(row, "excluded"), excluded, sizeof excluded);
        json_array_append_new(table, json_pack("{s:s, s:s, s:s, s:I, s:s, s:s, s:s, s:s}", "key", view_text(row, "key"), "name",
                                               view_text(row, "name"), "num", num, "den", (json_int_t)view_number(row, "den"),
                                               "value", value, "p50", p50, "p90", p90, "excluded", excluded));
    }
    const char *as_of = view_text(view, "as_of");
    printf(_("%s, version %lld, as of %.10s %.8s\n"), i18n_word(&metric_enum, view_text(view, "metric")),
           (long long)view_number(view, "version"), as_of, strlen(as_of) > 11 ? as_of + 11 : "");
    render_table(columns, table, "No items.");
    json_decref(table);
}

enum exit_code metrics_run(struct session *session, const struct arguments *arguments)
{
    const char *id = arguments_word(arguments, "[ID]");
    struct metrics_query query = {0};
    struct client_reply reply;
    if (id == NULL) {
        list_metrics(session);
        return EXIT_DONE;
    }
    enum exit_code code = read_query(arguments, id, &query);
    if (code == EXIT_DONE)
        code = session_hello(session);
    if (code == EXIT_DONE)
        code = read_days(session, arguments, &query);
    if (code == EXIT_DONE)
        code = session_ask(session, QUERY_METRICS, &query, &reply);
    if (code != EXIT_DONE)
        return code;
    json_t *view = view_of_reply(&reply.reply.body, QUERY_METRICS, zone_time(session->zone));
    if (view == NULL)
        return say(EXIT_FAILED, "out of memory");
    settle(view);
    if (session->options.json)
        render_json(view);
    else
        show(view);
    json_decref(view);
    return EXIT_DONE;
}
