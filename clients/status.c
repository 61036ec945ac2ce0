/*
 * status.c - is the dispatcher up, and how is it?
 */
#include "clients/status.h"

#include "base/i18n.h"
#include "clients/ask.h"
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
    {"data", N_("Data"), LOOK_LONG},
    {"disk", N_("Disk"), LOOK_TEXT},
    {"actor", N_("Your key"), LOOK_TEXT},
    {"roles", N_("Its roles"), LOOK_LONG},
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
    put_disk(view);
}

enum exit_code status_run(struct session *session, const struct arguments *arguments)
{
    struct status_query query = {0};
    json_t *view = NULL;
    (void)arguments;
    enum exit_code code = ask_view(session, QUERY_STATUS, &query, &view);
    if (code != EXIT_DONE) {
        return code;
    }
    json_object_set_new(view, "actor", json_string(session->actor));
    json_object_set_new(view, "roles", json_string(session->roles));
    if (session->options.json) {
        render_json(view);
    } else {
        put_words(view);
        render_fields(status_fields, view);
    }
    json_decref(view);
    return EXIT_DONE;
}
