/*
 * pages.c - lists that come page by page
 */
#include "clients/pages.h"

#include "base/i18n.h"
#include "clients/ask.h"
#include "clients/inwords.h"
#include "clients/spreadsheet.h"
#include "proto/client/view.h"

#include <stdio.h>
#include <string.h>

/* What is known of rows behind those that are shown. */
enum more { MORE_NONE, MORE_SOME, MORE_PERHAPS };

static uint32_t page_size(size_t left)
{
    return left < CAP_PAGE ? (uint32_t)left : CAP_PAGE;
}

/* Reads one row more than is wanted, so that it is known whether there is one. A search that had all that is wanted looks for that
 * row in one page only: what is rare would keep it busy. */
static enum exit_code read_rows(struct session *session, const struct pages_kind *kind, union query_body *body, size_t wanted,
                                json_t *rows, enum more *ret)
{
    *ret = MORE_NONE;
    while (json_array_size(rows) <= wanted) {
        bool last_look = json_array_size(rows) == wanted;
        json_t *page = NULL;
        kind->ask(body, page_size(wanted + 1 - json_array_size(rows)));
        enum exit_code code = ask_view(session, kind->query, body, &page);
        if (code != EXIT_DONE) {
            return code;
        }
        if (kind->join != NULL) {
            kind->join(page);
        }
        json_array_extend(rows, json_object_get(page, "rows"));
        bool goes_on = kind->go_on(body, page);
        if (goes_on && kind->progress != NULL) {
            kind->progress(json_array_size(rows), page);
        }
        json_decref(page);
        *ret = json_array_size(rows) > wanted ? MORE_SOME : goes_on ? MORE_PERHAPS : MORE_NONE;
        if (!goes_on || last_look) {
            break;
        }
    }
    while (json_array_size(rows) > wanted) {
        json_array_remove(rows, json_array_size(rows) - 1);
    }
    return EXIT_DONE;
}

/* 0, null or "": as the dispatcher says that nothing follows. */
static json_t *nothing_like(const json_t *value)
{
    return json_is_integer(value) ? json_integer(0) : json_is_string(value) ? json_string("") : json_null();
}

static void show_json(const struct pages_kind *kind, json_t *rows, enum more more)
{
    const json_t *last = json_array_get(rows, json_array_size(rows) - 1);
    json_t *all = json_pack("{s:O}", "rows", rows);
    for (size_t i = 0; i < 2 && kind->marks[i].row != NULL; i++) {
        json_t *value = json_object_get(last, kind->marks[i].row);
        json_object_set_new(all, kind->marks[i].answer, more != MORE_NONE ? json_deep_copy(value) : nothing_like(value));
    }
    render_json(all);
    json_decref(all);
}

static void show_table(const struct pages_kind *kind, json_t *rows)
{
    size_t i;
    json_t *row;
    json_array_foreach(rows, i, row)
    {
        if (kind->word != NULL) {
            kind->word(row);
        }
        inwords_object(row, kind->shape);
    }
    render_table(kind->columns, rows, kind->none);
}

static void say_more(FILE *out, const struct pages_kind *kind, const json_t *rows, enum more more)
{
    const json_t *last = json_array_get(rows, json_array_size(rows) - 1);
    if (more == MORE_NONE || last == NULL) {
        return;
    }
    fputs(more == MORE_SOME ? _("More: --count, or") : _("There may be more: --count, or"), out);
    for (size_t i = 0; i < 2 && kind->marks[i].row != NULL; i++) {
        const json_t *value = json_object_get(last, kind->marks[i].row);
        if (json_is_integer(value)) {
            fprintf(out, " --%s %lld", kind->marks[i].option, (long long)json_integer_value(value));
        } else if (json_is_string(value)) {
            fprintf(out, " --%s %s", kind->marks[i].option, json_string_value(value));
        }
    }
    fputc('\n', out);
}

enum exit_code pages_run(struct session *session, const struct arguments *arguments, const struct pages_kind *kind,
                         union query_body *body)
{
    uint32_t wanted = PAGES_COUNT;
    enum more more = MORE_NONE;
    bool csv = kind->sheet != NULL && arguments_word(arguments, "csv") != NULL;
    enum exit_code code = arguments_count(arguments, "count", 1, PAGES_COUNT_MAX, &wanted);
    if (code == EXIT_DONE && csv && session->options.json) {
        code = say(EXIT_USAGE, "--csv and --json exclude each other.");
    }
    json_t *rows = json_array();
    if (code == EXIT_DONE) {
        code = read_rows(session, kind, body, wanted, rows, &more);
    }
    if (kind->progress != NULL) {
        kind->progress(0, NULL);
    }
    if (code == EXIT_DONE && session->options.json) {
        show_json(kind, rows, more);
    } else if (code == EXIT_DONE && csv) {
        spreadsheet_print(stdout, kind->sheet, rows);
        say_more(stderr, kind, rows, more); /* out of the table */
    } else if (code == EXIT_DONE) {
        show_table(kind, rows);
        say_more(stdout, kind, rows, more);
    }
    json_decref(rows);
    return code;
}
