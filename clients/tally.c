/*
 * tally.c - values of a file that became something else, counted
 */
#include "clients/tally.h"

#include "base/i18n.h"
#include "proto/blank.h"

#include <stdio.h>
#include <string.h>

void tally_add(struct tally *tally, const char *field, const char *value, const char *became, uint32_t line)
{
    struct tally_value one = {.line = line, .count = 1};
    snprintf(one.field, sizeof(one.field), "%s", field);
    snprintf(one.became, sizeof(one.became), "%s", became);
    blank_print(blank_trim(text_of(value)), one.value, sizeof(one.value));
    tally->total++;
    for (uint32_t i = 0; i < tally->count; i++) {
        struct tally_value *at = &tally->at[i];
        if (strcmp(at->field, one.field) != 0 || strcmp(at->value, one.value) != 0 || strcmp(at->became, one.became) != 0) {
            continue;
        }
        at->count++;
        at->line = line < at->line ? line : at->line;
        return;
    }
    if (tally->count < TALLY_LISTED_MAX) {
        tally->at[tally->count++] = one;
    } else {
        tally->unlisted++;
    }
}

void tally_tell(const struct tally *tally)
{
    for (uint32_t i = 0; i < tally->count; i++) {
        const struct tally_value *at = &tally->at[i];
        printf(_("  %s `%s` became `%s`: rows %llu, first on line %u\n"), at->field, at->value, at->became,
               (unsigned long long)at->count, at->line);
    }
    if (tally->unlisted > 0) {
        printf(_("  and other values in %llu rows\n"), (unsigned long long)tally->unlisted);
    }
}

json_t *tally_json(const struct tally *tally)
{
    json_t *values = json_array();
    for (uint32_t i = 0; i < tally->count; i++) {
        const struct tally_value *at = &tally->at[i];
        json_array_append_new(values, json_pack("{s:s, s:s, s:s, s:I, s:I}", "field", at->field, "value", at->value, "became",
                                                at->became, "rows", (json_int_t)at->count, "line", (json_int_t)at->line));
    }
    return json_pack("{s:I, s:o, s:I}", "total", (json_int_t)tally->total, "values", values, "more", (json_int_t)tally->unlisted);
}
