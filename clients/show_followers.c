/*
 * show_followers.c - who follows the events, and how far each is
 */
#include "clients/show_followers.h"

#include "base/i18n.h"
#include "clients/ask.h"
#include "clients/render.h"
#include "proto/client/view.h"

#include <stdio.h>
#include <string.h>

static const struct column follower_columns[] = {
    {"key", N_("KEY"), LOOK_TEXT},
    {"name", N_("NAME"), LOOK_TEXT},
    {"confirmed", N_("CONFIRMED"), LOOK_COUNT},
    {"lag", N_("BEHIND"), LOOK_COUNT},
    {"seen_at", N_("SEEN"), LOOK_INSTANT},
    {"waiting", N_("WAITS"), LOOK_FLAG},
    {0},
};

enum exit_code show_followers_run(struct session *session, const struct arguments *arguments)
{
    struct arguments filled;
    enum exit_code code = arguments_filled(session, arguments, &filled);
    struct list_followers_query *query = &filled.body.query.list_followers;
    json_t *rows = json_array();
    while (code == EXIT_DONE) {
        json_t *page = NULL;
        code = ask_view(session, QUERY_LIST_FOLLOWERS, query, &page);
        if (code != EXIT_DONE) {
            break;
        }
        json_array_extend(rows, json_object_get(page, "rows"));
        const char *key = view_text(page, "next_key"), *name = view_text(page, "next_name");
        bool more = code_make(key, strlen(key), &query->after_key) && code_make(name, strlen(name), &query->after_name);
        json_decref(page);
        if (!more) {
            break;
        }
        query->given = LIST_FOLLOWERS_HAS_AFTER_KEY | LIST_FOLLOWERS_HAS_AFTER_NAME;
    }
    if (code == EXIT_DONE && session->options.json) {
        json_t *all = json_pack("{s:O}", "rows", rows);
        render_json(all);
        json_decref(all);
    } else if (code == EXIT_DONE) {
        render_table(follower_columns, rows, "Nobody follows the events.");
    }
    json_decref(rows);
    return code;
}
