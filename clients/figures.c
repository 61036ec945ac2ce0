/*
 * figures.c - figures: one metric by one grouping
 */
#include "clients/figures.h"

#include "base/i18n.h"
#include "clients/names.h"
#include "clients/period.h"
#include "clients/render.h"
#include "clients/spreadsheet.h"
#include "clients/time_words.h"
#include "proto/client/view.h"
#include "proto/enum_set.h"
#include "proto/enum_word.h"

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
    for (uint32_t i = 0; i < metric_enum.count; i++) {
        json_array_append_new(rows,
                              json_pack("{s:s, s:s, s:s}", "metric", metric_enum.names[i], "name", metric_enum.words[i], "meaning",
                                        session->options.json ? meaning((enum metric)i) : _(meaning((enum metric)i))));
    }
    if (session->options.json) {
        render_json(rows);
    } else {
        render_table(columns, rows, "");
    }
    json_decref(rows);
}

/* What is asked, with the period that it is compared with. */
struct question {
    struct metrics_query query;
    struct period period, before; /* kind PERIOD_NONE: none */
};

/* All that needs no district, so that a mistake shows without a dispatcher. */
static enum exit_code read_query(const struct session *session, const struct arguments *arguments, const char *id,
                                 struct metrics_query *query)
{
    const char *by = arguments_word(arguments, "by");
    int metric = enum_word_find(&metric_enum, text_of(id));
    int grouping = by == NULL ? -1 : enum_word_find(&metric_by_enum, text_of(by));
    char groupings[256];
    enum_set_print(&metric_by_enum, ENUM_SET_ALL, ", ", groupings, sizeof(groupings));
    if (metric < 0) {
        return say(EXIT_USAGE, "there is no metric `%s`. `huying metrics` lists them.", id);
    }
    if (by == NULL) {
        return say(EXIT_USAGE, "--by is missing: %s.", groupings);
    }
    if (grouping < 0) {
        return say(EXIT_USAGE, "--by: `%s` is not one of: %s.", by, groupings);
    }
    *query = (struct metrics_query){
        .given = METRICS_HAS_METRIC | METRICS_HAS_BY, .metric = (enum metric)metric, .by = (enum metric_by)grouping};
    if (session->options.json && arguments_word(arguments, "csv") != NULL) {
        return say(EXIT_USAGE, "--csv and --json exclude each other.");
    }
    return EXIT_DONE;
}

/* The period: one of --month, --quarter and --year, or days from --from to --to. */
static enum exit_code read_period(const struct arguments *arguments, uint32_t month_start, struct period *ret)
{
    static const struct {
        const char *name;
        enum period_kind kind;
        const char *wanted;
    } whole[] = {{"month", PERIOD_MONTH, "2026-10"}, {"quarter", PERIOD_QUARTER, "2026-Q4"}, {"year", PERIOD_YEAR, "2026"}};
    static const char *const ends[] = {"from", "to"};
    const char *chosen = NULL;
    for (size_t i = 0; i < sizeof(whole) / sizeof(whole[0]); i++) {
        const char *text = arguments_word(arguments, whole[i].name);
        if (text == NULL) {
            continue;
        }
        if (chosen != NULL) {
            return say(EXIT_USAGE, "--%s and --%s exclude each other.", chosen, whole[i].name);
        }
        chosen = whole[i].name;
        const char *why = period_parse(text, month_start, ret);
        if (why != NULL) {
            return say(EXIT_USAGE, "--%s: `%s`: %s.", chosen, text, _(why));
        }
        if (ret->kind != whole[i].kind) {
            return say(EXIT_USAGE, "--%s: `%s` is not a %s. Write it like %s.", chosen, text, chosen, whole[i].wanted);
        }
    }
    for (int i = 0; i < 2; i++) {
        const char *text = arguments_word(arguments, ends[i]);
        if (text == NULL) {
            continue;
        }
        if (chosen != NULL) {
            return say(EXIT_USAGE, "--%s and --%s exclude each other.", chosen, ends[i]);
        }
        const char *why = period_parse_end(text, i == 0, ret);
        if (why != NULL) {
            return say(EXIT_USAGE, "--%s: `%s`: %s.", ends[i], text, _(why));
        }
    }
    return EXIT_DONE;
}

/* The period that it is compared with: `previous`, `last-year`, or one that is written out. */
static enum exit_code read_compared(const struct arguments *arguments, uint32_t month_start, const struct period *period,
                                    struct period *ret)
{
    const char *text = arguments_word(arguments, "compare");
    if (text == NULL) {
        return EXIT_DONE;
    }
    if (!period->has_first || !period->has_last) {
        return say(EXIT_USAGE, "--compare needs a period: give --month, --quarter, --year, or --from and --to.");
    }
    const char *why = NULL;
    if (strcmp(text, "previous") == 0) {
        period_before(period, month_start, ret);
    } else if (strcmp(text, "last-year") == 0) {
        period_year_before(period, month_start, ret);
    } else {
        why = period_parse(text, month_start, ret);
    }
    if (why != NULL) {
        return say(EXIT_USAGE, "--compare: `%s`: write previous, last-year, or a period: %s.", text, _(why));
    }
    return EXIT_DONE;
}

static enum exit_code read_question(const struct arguments *arguments, uint32_t month_start, struct question *question)
{
    question->period = question->before = (struct period){0};
    enum exit_code code = read_period(arguments, month_start, &question->period);
    return code == EXIT_DONE ? read_compared(arguments, month_start, &question->period, &question->before) : code;
}

static struct reporting reporting_of(const struct session *session)
{
    return (struct reporting){
        .zone = session->zone,
        .day_start_ms = (int32_t)session->hello.day_start,
        .month_start = session->hello.month_start > 0 ? session->hello.month_start : 1, /* an older dispatcher does not say */
    };
}

/* The answer's form is fixed: value is null where a row has no value, scale and percentiles only where they say something. */
static void fix_form(json_t *view)
{
    size_t i;
    json_t *row;
    if (view_number(view, "scale") <= 1) {
        json_object_del(view, "scale");
    }
    json_array_foreach(json_object_get(view, "rows"), i, row)
    {
        if (json_object_get(row, "value") == NULL) {
            json_object_set_new(row, "value", json_null());
        }
        if (json_object_get(row, "excluded") == NULL) {
            json_object_set_new(row, "excluded", json_object());
        }
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
    if (span) {
        span_print(number, out);
    } else {
        snprintf(out, INSTANT_SIZE, "%" PRId64 ".%02" PRId64 " %%", hundredths / 100, hundredths % 100);
    }
}

static void print_num(int64_t num, int64_t scale, bool span, char out[INSTANT_SIZE])
{
    if (span) {
        span_print(num, out);
    } else if (scale > 1) {
        snprintf(out, INSTANT_SIZE, "%.2f", (double)num / (double)scale);
    } else {
        snprintf(out, INSTANT_SIZE, "%" PRId64, num);
    }
}

static void print_excluded(const json_t *excluded, char *out, size_t size)
{
    const char *reason;
    json_t *count;
    size_t used = 0;
    out[0] = '\0';
    json_object_foreach((json_t *)excluded, reason, count)
    {
        if (json_integer_value(count) == 0 || used >= size) {
            continue;
        }
        int more =
            snprintf(out + used, size - used, "%s%s %lld", used > 0 ? ", " : "", reason, (long long)json_integer_value(count));
        used += more > 0 ? (size_t)more : 0;
    }
}

/* What a grouping's rows are. */
static const char *grouping(enum metric_by by)
{
    switch (by) {
    case METRIC_BY_DEPARTMENT:
        return N_("accountable units of class department");
    case METRIC_BY_STREET:
        return N_("accountable units of tier street");
    case METRIC_BY_COMMUNITY:
        return N_("accountable units of tier community");
    case METRIC_BY_UTILITY:
        return N_("accountable units of class utility");
    case METRIC_BY_UNIT:
        return N_("every accountable unit");
    case METRIC_BY_TOTAL:
        return N_("all items");
    case METRIC_BY_PLACE_STREET:
        return N_("the street where it happened");
    case METRIC_BY_PLACE_COMMUNITY:
        return N_("the community where it happened");
    case METRIC_BY_MATTER:
        return N_("the matter of the case");
    }
    return "";
}

/* What the row `-` holds, or NULL: this grouping has no such row. */
static const char *outside(enum metric_by by)
{
    switch (by) {
    case METRIC_BY_DEPARTMENT:
    case METRIC_BY_STREET:
    case METRIC_BY_COMMUNITY:
    case METRIC_BY_UTILITY:
        return N_("`-`: what other units are accountable for; --by unit shows each.");
    case METRIC_BY_PLACE_STREET:
        return N_("`-`: places that are in no street.");
    case METRIC_BY_PLACE_COMMUNITY:
        return N_("`-`: places that are in no community.");
    case METRIC_BY_UNIT:
    case METRIC_BY_TOTAL:
    case METRIC_BY_MATTER:
        return NULL;
    }
    return NULL;
}

/* Which metric, of what, of when: no figure without it. */
static void show_head(const struct question *question, const json_t *view)
{
    const char *as_of = view_text(view, "as_of"), *narrowed = view_text(view, "narrowed");
    const char *scope = view_text(view, "scope"), *name = view_text(view, "scope_name");
    char period[PERIOD_SIZE], before[PERIOD_SIZE];
    printf(_("%s, version %lld, as of %.10s %.8s\n"), enum_word(&metric_enum, view_text(view, "metric")),
           (long long)view_number(view, "version"), as_of, strlen(as_of) > 11 ? as_of + 11 : "");
    printf(_("By %s: %s\n"), enum_word(&metric_by_enum, view_text(view, "by")), _(grouping(question->query.by)));
    if (strcmp(narrowed, "all") == 0) {
        printf(_("Of the whole district: %s %s\n"), scope, name);
    } else if (strcmp(narrowed, "key") == 0) {
        printf(_("Only what %s %s and the units below it are accountable for: the unit of your key\n"), scope, name);
    } else {
        printf(_("Only what %s %s and the units below it are accountable for: --unit\n"), scope, name);
    }
    if (question->before.kind != PERIOD_NONE) {
        printf(_("%s, compared with %s\n"), period_print(&question->period, period), period_print(&question->before, before));
    } else if (question->period.kind != PERIOD_NONE) {
        printf("%s\n", period_print(&question->period, period));
    }
}

static void print_difference(const json_t *row, bool span, char out[INSTANT_SIZE])
{
    const json_t *value = json_object_get(row, "difference");
    int64_t number = json_integer_value(value), size = number < 0 ? -number : number;
    int used = 0;
    out[0] = '\0';
    if (!json_is_integer(value)) {
        return;
    }
    used = snprintf(out, INSTANT_SIZE, "%s", number < 0 ? "-" : "+");
    if (span) {
        char text[INSTANT_SIZE];
        span_print(size, text);
        snprintf(out + used, (size_t)(INSTANT_SIZE - used), "%.48s", text);
    } else {
        size = (size + 50) / 100;
        snprintf(out + used, (size_t)(INSTANT_SIZE - used), "%" PRId64 ".%02" PRId64 " pp", size / 100, size % 100);
    }
}

/* Which way it went, in words. */
static const char *direction(const char *text)
{
    return strcmp(text, "up") == 0 ? _("up") : strcmp(text, "down") == 0 ? _("down") : strcmp(text, "same") == 0 ? _("same") : "";
}

static void show(const struct question *question, const json_t *view)
{
    static const struct column columns[] = {
        {"key", N_("CODE"), LOOK_TEXT},
        {"name", N_("NAME"), LOOK_LONG},
        {"num", N_("NUM"), LOOK_NUMBER},
        {"den", N_("DEN"), LOOK_COUNT},
        {"value", N_("VALUE"), LOOK_NUMBER},
        {"p50", N_("MEDIAN"), LOOK_NUMBER},
        {"p90", N_("P90"), LOOK_NUMBER},
        {"before", N_("BEFORE"), LOOK_NUMBER},
        {"difference", N_("DIFFERENCE"), LOOK_NUMBER},
        {"direction", N_("DIRECTION"), LOOK_TEXT},
        {"few", N_("FEW"), LOOK_FLAG},
        {"excluded", N_("EXCLUDED"), LOOK_LONG},
        {0},
    };
    bool span = strcmp(view_text(view, "metric"), "duration") == 0, rest = false;
    int64_t scale = view_number(view, "scale");
    json_t *table = json_array();
    size_t i;
    json_t *row;
    json_array_foreach(json_object_get(view, "rows"), i, row)
    {
        char num[INSTANT_SIZE], value[INSTANT_SIZE], p50[INSTANT_SIZE] = "", p90[INSTANT_SIZE] = "", excluded[256];
        char before[INSTANT_SIZE] = "", difference[INSTANT_SIZE];
        const json_t *other = json_object_get(row, "before");
        print_num(view_number(row, "num"), scale, span, num);
        print_value(json_object_get(row, "value"), span, value);
        if (span) {
            print_value(json_object_get(row, "p50_ms"), span, p50);
            print_value(json_object_get(row, "p90_ms"), span, p90);
        }
        if (other != NULL) {
            print_value(json_object_get(other, "value"), span, before);
        }
        print_difference(row, span, difference);
        print_excluded(json_object_get(row, "excluded"), excluded, sizeof(excluded));
        rest = rest || strcmp(view_text(row, "key"), "-") == 0;
        json_array_append_new(table,
                              json_pack("{s:s, s:s, s:s, s:I, s:s, s:s, s:s, s:s, s:s, s:s, s:b, s:s}", "key",
                                        view_text(row, "key"), "name", view_text(row, "name"), "num", num, "den",
                                        (json_int_t)view_number(row, "den"), "value", value, "p50", p50, "p90", p90, "before",
                                        before, "difference", difference, "direction", direction(view_text(row, "direction")),
                                        "few", json_is_true(json_object_get(row, "few")), "excluded", excluded));
    }
    show_head(question, view);
    render_table(columns, table, "No items.");
    if (rest && outside(question->query.by) != NULL) {
        printf("%s\n", _(outside(question->query.by)));
    }
    json_decref(table);
}

/* Exact decimals of a number that counts in 1/10^digits. */
static json_t *decimal(int64_t number, int digits)
{
    int64_t unit = 1, size = number < 0 ? -number : number;
    for (int i = 0; i < digits; i++) {
        unit *= 10;
    }
    return json_sprintf("%s%" PRId64 ".%0*" PRId64, number < 0 ? "-" : "", size / unit, digits, size % unit);
}

/* A value for a spreadsheet: a rate in percent, a duration in ms; null where a row has no value. */
static json_t *plain(const json_t *value, bool span)
{
    if (!json_is_integer(value)) {
        return json_null();
    }
    return span ? json_integer(json_integer_value(value)) : decimal(json_integer_value(value), 4);
}

/* Every row says what it is a figure of: it may be cut out and kept alone. */
static void print_csv(const struct question *question, const json_t *view)
{
    static const struct column columns[] = {{.key = "metric"},
                                            {.key = "version"},
                                            {.key = "as_of"},
                                            {.key = "by"},
                                            {.key = "narrowed"},
                                            {.key = "scope"},
                                            {.key = "from"},
                                            {.key = "until"},
                                            {.key = "key"},
                                            {.key = "name"},
                                            {.key = "num"},
                                            {.key = "den"},
                                            {.key = "value"},
                                            {.key = "unit"},
                                            {.key = "p50_ms"},
                                            {.key = "p90_ms"},
                                            {.key = "few"},
                                            {.key = "excluded"},
                                            {0}};
    static const struct column compared[] = {{.key = "metric"},       {.key = "version"},
                                             {.key = "as_of"},        {.key = "by"},
                                             {.key = "narrowed"},     {.key = "scope"},
                                             {.key = "from"},         {.key = "until"},
                                             {.key = "key"},          {.key = "name"},
                                             {.key = "num"},          {.key = "den"},
                                             {.key = "value"},        {.key = "unit"},
                                             {.key = "p50_ms"},       {.key = "p90_ms"},
                                             {.key = "few"},          {.key = "excluded"},
                                             {.key = "before_from"},  {.key = "before_until"},
                                             {.key = "before_num"},   {.key = "before_den"},
                                             {.key = "before_value"}, {.key = "difference"},
                                             {.key = "direction"},    {0}};
    static const char *const heads[] = {"metric", "version", "as_of", "by", "narrowed", "scope", "from", "until"};
    bool span = strcmp(view_text(view, "metric"), "duration") == 0;
    bool credits = view_number(view, "scale") > 1;
    json_t *table = json_array();
    size_t i;
    json_t *row;
    json_array_foreach(json_object_get(view, "rows"), i, row)
    {
        json_t *line = json_copy(row);
        const json_t *before = json_object_get(row, "before");
        const json_t *compare = json_object_get(view, "compare");
        char excluded[256];
        for (size_t k = 0; k < sizeof(heads) / sizeof(heads[0]); k++) {
            json_object_set(line, heads[k], json_object_get(view, heads[k]));
        }
        print_excluded(json_object_get(row, "excluded"), excluded, sizeof(excluded));
        json_object_set_new(line, "excluded", json_string(excluded));
        json_object_set_new(line, "unit", json_string(span ? "ms" : "percent"));
        json_object_set_new(line, "value", plain(json_object_get(row, "value"), span));
        json_object_set_new(line, "difference", plain(json_object_get(row, "difference"), span));
        if (credits) {
            json_object_set_new(line, "num", decimal(view_number(row, "num"), 3));
        }
        if (before != NULL) {
            json_object_set_new(line, "before_num",
                                credits ? decimal(view_number(before, "num"), 3) : json_incref(json_object_get(before, "num")));
            json_object_set(line, "before_den", json_object_get(before, "den"));
            json_object_set_new(line, "before_value", plain(json_object_get(before, "value"), span));
            json_object_set(line, "before_from", json_object_get(compare, "from"));
            json_object_set(line, "before_until", json_object_get(compare, "until"));
        }
        json_array_append_new(table, line);
    }
    spreadsheet_print(stdout, question->before.kind != PERIOD_NONE ? compared : columns, table);
    json_decref(table);
}

/* Asks for one period. */
static enum exit_code ask(struct session *session, struct question *question, const struct period *period, json_t **ret)
{
    struct metrics_query *query = &question->query;
    struct reporting reporting = reporting_of(session);
    struct client_reply reply;
    query->given &= ~(uint64_t)(METRICS_HAS_FROM | METRICS_HAS_UNTIL);
    query->from = query->until = 0;
    if (period->kind != PERIOD_NONE) {
        period_instants(period, &reporting, &query->from, &query->until);
    }
    query->given |= (period->has_first ? METRICS_HAS_FROM : 0) | (period->has_last ? METRICS_HAS_UNTIL : 0);
    enum exit_code code = session_ask(session, QUERY_METRICS, query, &reply);
    if (code != EXIT_DONE) {
        return code;
    }
    *ret = view_of_reply(&reply.reply.body, QUERY_METRICS, zone_time(session->zone));
    if (*ret == NULL) {
        return say(EXIT_FAILED, "out of memory");
    }
    fix_form(*ret);
    return EXIT_DONE;
}

/* The rows by their keys: there may be as many as units or matters. */
static json_t *index_of(const json_t *rows)
{
    json_t *index = json_object();
    size_t i;
    json_t *row;
    json_array_foreach((json_t *)rows, i, row)
    {
        json_object_set(index, view_text(row, "key"), row);
    }
    return index;
}

/* Puts the other period's figures, the difference and its direction beside each row; a row that only the other one has is added. */
static void compare(json_t *view, const json_t *other)
{
    json_t *rows = json_object_get(view, "rows"), *row;
    const json_t *others = json_object_get(other, "rows");
    json_t *ours = index_of(rows), *theirs = index_of(others);
    size_t i;
    json_array_foreach(others, i, row)
    {
        if (json_object_get(ours, view_text(row, "key")) == NULL) {
            json_array_append_new(rows,
                                  json_pack("{s:O, s:O, s:i, s:i, s:n, s:{}, s:b}", "key", json_object_get(row, "key"), "name",
                                            json_object_get(row, "name"), "num", 0, "den", 0, "value", "excluded", "few", 1));
        }
    }
    json_array_foreach(rows, i, row)
    {
        const json_t *before = json_object_get(theirs, view_text(row, "key"));
        const json_t *value = json_object_get(row, "value"),
                     *value_before = before == NULL ? NULL : json_object_get(before, "value");
        bool both = json_is_integer(value) && json_is_integer(value_before);
        int64_t difference = both ? json_integer_value(value) - json_integer_value(value_before) : 0;
        json_object_set_new(row, "before",
                            json_pack("{s:I, s:I, s:O?, s:b}", "num", (json_int_t)(before == NULL ? 0 : view_number(before, "num")),
                                      "den", (json_int_t)(before == NULL ? 0 : view_number(before, "den")), "value", value_before,
                                      "few", before == NULL || json_is_true(json_object_get(before, "few"))));
        json_object_set_new(row, "difference", both ? json_integer(difference) : json_null());
        json_object_set_new(row, "direction",
                            both ? json_string(difference > 0   ? "up"
                                               : difference < 0 ? "down"
                                                                : "same")
                                 : json_null());
    }
    json_decref(ours);
    json_decref(theirs);
    json_object_set_new(view, "compare",
                        json_pack("{s:O, s:O, s:O}", "as_of", json_object_get(other, "as_of"), "from",
                                  json_object_get(other, "from"), "until", json_object_get(other, "until")));
}

enum exit_code figures_run(struct session *session, const struct arguments *arguments)
{
    const char *id = arguments_word(arguments, "[ID]");
    struct question question = {0};
    json_t *view = NULL, *other = NULL;
    if (id == NULL) {
        list_metrics(session);
        return EXIT_DONE;
    }
    enum exit_code code = read_query(session, arguments, id, &question.query);
    if (code == EXIT_DONE) {
        code = read_question(arguments, 1, &question); /* a mistake shows before the district is asked how it reports */
    }
    if (code == EXIT_DONE) {
        code = session_hello(session);
    }
    if (code == EXIT_DONE) {
        code = read_question(arguments, reporting_of(session).month_start, &question);
    }
    if (code == EXIT_DONE && arguments_word(arguments, "unit") != NULL) {
        question.query.given |= METRICS_HAS_UNIT;
        code = names_code(session, NAMES_UNIT, "--unit", "unit", arguments_word(arguments, "unit"), &question.query.unit);
    }
    if (code == EXIT_DONE) {
        code = ask(session, &question, &question.period, &view);
    }
    if (code == EXIT_DONE && question.before.kind != PERIOD_NONE) {
        code = ask(session, &question, &question.before, &other);
        if (code == EXIT_DONE) {
            compare(view, other);
        }
    }
    if (code == EXIT_DONE && session->options.json) {
        render_json(view);
    } else if (code == EXIT_DONE && arguments_word(arguments, "csv") != NULL) {
        print_csv(&question, view);
    } else if (code == EXIT_DONE) {
        show(&question, view);
    }
    json_decref(view);
    json_decref(other);
    return code;
}
