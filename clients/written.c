/*
 * written.c - what people wrote on a case
 */
#include "clients/written.h"

#include "base/i18n.h"
#include "clients/inwords.h"
#include "clients/render.h"
#include "proto/client/view.h"
#include "proto/gen/records.h"

#include <stdio.h>
#include <string.h>

/* Has the record a text that is somebody's words? What the citizen said first stands with the case itself. */
static bool is_written(const char *name)
{
    enum record_type type;
    if (!record_find(name, strlen(name), &type) || type == RECORD_CASE_RECEIVED) {
        return false;
    }
    const struct field_shape *text = shape_field(record_info(type)->shape, text_of("text"));
    return text != NULL && text->personal;
}

json_t *written_of(const json_t *records)
{
    static const char *const more[] = {"visibility", "code", "basis"};
    json_t *ret = json_array();
    const char *by = "";
    size_t i;
    const json_t *record;
    json_array_foreach(records, i, record)
    {
        const char *type = view_text(record, "type"), *text = view_text(record, "text");
        if (strcmp(type, "command_taken") == 0) { /* the records of a command follow it */
            by = view_text(record, view_text(record, "behalf")[0] != '\0' ? "behalf" : "actor");
        }
        if (!is_written(type) || (text[0] == '\0' && view_text(record, "basis")[0] == '\0')) {
            continue;
        }
        json_t *row = json_pack("{s:s, s:s, s:s, s:s, s:s}", "at", view_text(record, "at"), "what", type, "unit",
                                view_text(record, "unit"), "by", by, "text", text);
        for (size_t j = 0; j < sizeof(more) / sizeof(more[0]); j++) {
            if (view_text(record, more[j])[0] != '\0') {
                json_object_set(row, more[j], json_object_get(record, more[j]));
            }
        }
        json_array_append_new(ret, row);
    }
    return ret;
}

/* A text with every line moved in. */
static void print_moved_in(const char *text)
{
    fputs("  ", stdout);
    for (; *text != '\0'; text++) {
        if (*text == '\n') {
            fputs("\n  ", stdout);
        } else {
            putchar(*text);
        }
    }
    putchar('\n');
}

void written_show(const json_t *written)
{
    static const char *const brackets[] = {"visibility", "code"};
    size_t i;
    const json_t *row;
    json_array_foreach(written, i, row)
    {
        const char *at = view_text(row, "at"), *type = view_text(row, "what");
        char what[64];
        snprintf(what, sizeof(what), "%s", i18n_in("record", type));
        for (char *c = what; *c != '\0'; c++) {
            *c = *c == '_' ? ' ' : *c;
        }
        printf("%.10s %.8s  %s", at, strlen(at) > 11 ? at + 11 : "", what);
        for (size_t j = 0; j < sizeof(brackets) / sizeof(brackets[0]); j++) {
            if (view_text(row, brackets[j])[0] != '\0') {
                printf(" (%s)", inwords_record(type, brackets[j], view_text(row, brackets[j])));
            }
        }
        if (view_text(row, "unit")[0] != '\0') {
            printf(", %s", view_text(row, "unit"));
        }
        if (view_text(row, "by")[0] != '\0') {
            printf(_(", by %s"), view_text(row, "by"));
        }
        putchar('\n');
        if (view_text(row, "text")[0] != '\0') {
            print_moved_in(view_text(row, "text"));
        }
        if (view_text(row, "basis")[0] != '\0') {
            printf(_("  Basis: %s\n"), view_text(row, "basis"));
        }
    }
}
