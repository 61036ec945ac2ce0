/*
 * status.c - is the dispatcher up, and how is it?
 */
#include "clients/status.h"

#include "base/i18n.h"
#include "clients/ask.h"
#include "clients/inwords.h"
#include "clients/prometheus.h"
#include "clients/render.h"
#include "clients/time_words.h"
#include "proto/client/view.h"

#include <stdio.h>
#include <string.h>

static const struct column status_fields[] = {
    {"up_words", N_("Up"), LOOK_TEXT},
    {"server", N_("Version"), LOOK_TEXT},
    {"district", N_("District"), LOOK_TEXT},
    {"hash", N_("Set"), LOOK_TEXT},
    {"catalogue_version", N_("List"), LOOK_TEXT},
    {"config", N_("Read from"), LOOK_LONG},
    {"adopting_words", N_("Note"), LOOK_LONG},
    {"time", N_("Its time"), LOOK_TEXT},
    {"calendar_until", N_("Calendars to"), LOOK_INSTANT},
    {"seq", N_("Sequence"), LOOK_COUNT},
    {"cases", N_("Cases"), LOOK_COUNT},
    {"open_cases", N_("Open"), LOOK_COUNT},
    {"followers_words", N_("Followers"), LOOK_TEXT},
    {"busy", N_("Busy"), LOOK_TEXT},
    {"asked", N_("Asked"), LOOK_LONG},
    {"batches_words", N_("Batches"), LOOK_LONG},
    {"written", N_("Written"), LOOK_LONG},
    {"checkpoints_words", N_("Checkpoints"), LOOK_LONG},
    {"data", N_("Data"), LOOK_LONG},
    {"disk", N_("Disk"), LOOK_TEXT},
    {"actor", N_("Your key"), LOOK_TEXT},
    {"roles", N_("Its roles"), LOOK_LONG},
    {0},
};

static const struct column part_columns[] = {
    {"part", N_("PART"), LOOK_TEXT},
    {"share", N_("SHARE"), LOOK_COUNT},
    {"a_command", N_("A COMMAND"), LOOK_COUNT},
    {0},
};

/* Bytes in the largest unit that leaves a whole part, with one digit behind the point. */
static void print_bytes(int64_t bytes, char ret[32])
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
    double value = (double)bytes;
    size_t unit = 0;
    for (; value >= 1024 && unit + 1 < sizeof(units) / sizeof(units[0]); unit++) {
        value /= 1024;
    }
    snprintf(ret, 32, unit == 0 ? "%.0f %s" : "%.1f %s", value, units[unit]);
}

static void put_disk(json_t *view)
{
    char free[32], size[32], journal[32], rows[32], words[256];
    if (json_object_get(view, "rows") == NULL) {
        return;
    }
    print_bytes(view_number(view, "free"), free);
    print_bytes(view_number(view, "size"), size);
    print_bytes(view_number(view, "journal"), journal);
    print_bytes(view_number(view, "rows"), rows);
    snprintf(words, sizeof(words), _("%s of %s free; journal %s, rows %s"), free, size, journal, rows);
    json_object_set_new(view, "disk", json_string(words));
}

static int64_t spent_us(const json_t *parts)
{
    int64_t us = 0;
    size_t i;
    const json_t *part;
    json_array_foreach(parts, i, part)
    {
        us += view_number(part, "us");
    }
    return us;
}

/* What the loop did since the start, and how much of the time it took. */
static void put_work(json_t *view)
{
    char words[256], bytes[32];
    int64_t up_us = view_number(view, "up") * 1000;
    if (json_object_get(view, "batches") == NULL) {
        return;
    }
    if (up_us > 0) {
        snprintf(words, sizeof(words), _("%.2f %% of the time, waits for the disk included"),
                 100 * (double)spent_us(json_object_get(view, "parts")) / (double)up_us);
        json_object_set_new(view, "busy", json_string(words));
    }
    snprintf(words, sizeof(words), _("%lld commands, %lld queries"), (long long)view_number(view, "commands"),
             (long long)view_number(view, "queries"));
    json_object_set_new(view, "asked", json_string(words));
    snprintf(words, sizeof(words), _("%lld of up to %lld messages"), (long long)view_number(view, "batches"),
             (long long)view_number(view, "batch_max"));
    json_object_set_new(view, "batches_words", json_string(words));
    print_bytes(view_number(view, "journal_bytes"), bytes);
    snprintf(words, sizeof(words), _("%lld records, %s, %lld flushes"), (long long)view_number(view, "records"), bytes,
             (long long)view_number(view, "flushes"));
    json_object_set_new(view, "written", json_string(words));
    snprintf(words, sizeof(words), _("%lld, the longest %.1f ms"), (long long)view_number(view, "checkpoints"),
             (double)view_number(view, "checkpoint_max_us") / 1000);
    json_object_set_new(view, "checkpoints_words", json_string(view_number(view, "checkpoints") > 0 ? words : _("none")));
}

/* Each part's share of what the loop spent, and what it comes to by command. */
static void show_parts(const json_t *view)
{
    json_t *parts = json_object_get(view, "parts"), *part;
    int64_t all_us = spent_us(parts), commands = view_number(view, "commands");
    size_t i;
    if (all_us == 0) {
        return;
    }
    json_array_foreach(parts, i, part)
    {
        char words[64];
        double us = (double)view_number(part, "us");
        snprintf(words, sizeof(words), "%.1f %%", 100 * us / (double)all_us);
        json_object_set_new(part, "share", json_string(words));
        if (commands > 0) {
            snprintf(words, sizeof(words), "%.2f µs", us / (double)commands);
            json_object_set_new(part, "a_command", json_string(words));
        }
        inwords_object(part, &loop_part_view_shape);
    }
    render_heading("What a batch costs");
    render_table(part_columns, parts, "");
}

static void put_words(json_t *view)
{
    char words[256], span[INSTANT_SIZE];
    const char *now = view_text(view, "now");
    bool drill = json_is_true(json_object_get(view, "drill"));
    json_object_set_new(view, "up_words", json_string(span_print(view_number(view, "up"), span)));
    snprintf(words, sizeof(words), drill ? _("drill time, %.10s %.8s%s") : _("real time, %.10s %.8s%s"), now,
             strlen(now) > 11 ? now + 11 : "", strlen(now) > 23 ? now + 23 : "");
    json_object_set_new(view, "time", json_string(words));
    if (json_is_true(json_object_get(view, "adopting"))) {
        json_object_set_new(view, "adopting_words", json_string(_("the set is still coming into force over the open cases")));
    }
    if (json_object_get(view, "followers") != NULL) {
        snprintf(words, sizeof(words), _("%lld, the last one %lld behind"), (long long)view_number(view, "followers"),
                 (long long)view_number(view, "lag"));
        json_object_set_new(view, "followers_words", json_string(view_number(view, "followers") > 0 ? words : _("none")));
    }
    put_work(view);
    put_disk(view);
}

enum exit_code status_run(struct session *session, const struct arguments *arguments)
{
    struct status_query query = {0};
    json_t *view = NULL;
    bool prometheus = arguments_word(arguments, "prometheus") != NULL;
    if (prometheus && session->options.json) {
        return say(EXIT_USAGE, "--prometheus and --json are two forms of one answer: leave one out.");
    }
    enum exit_code code = ask_view(session, QUERY_STATUS, &query, &view);
    if (code != EXIT_DONE) {
        return code;
    }
    json_object_set_new(view, "actor", json_string(session->actor));
    json_object_set_new(view, "roles", json_string(session->roles));
    if (prometheus) {
        prometheus_print(view);
    } else if (session->options.json) {
        render_json(view);
    } else {
        put_words(view);
        render_fields(status_fields, view);
        show_parts(view);
    }
    json_decref(view);
    return EXIT_DONE;
}
