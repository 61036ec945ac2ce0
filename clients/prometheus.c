/*
 * prometheus.c - numbers of an answer in the text format of Prometheus
 */
#include "clients/prometheus.h"

#include "proto/client/view.h"
#include "proto/gen/watched.h"

#include <stdio.h>

/* Backslash and line end are escaped everywhere, quotes in labels alone. */
static void print_escaped(const char *text, bool label)
{
    for (; *text != '\0'; text++) {
        if (*text == '\n') {
            fputs("\\n", stdout);
        } else if (*text == '\\' || (label && *text == '"')) {
            printf("\\%c", *text);
        } else {
            putchar(*text);
        }
    }
}

/* A fraction is written from whole numbers, for a counter must not lose its last digits as it grows. */
static void print_value(const struct watched_info *info, const json_t *value)
{
    int64_t number = json_is_boolean(value) ? json_is_true(value) : json_integer_value(value), per = info->per;
    int digits = 0;
    printf("%s%lld", number < 0 && number > -per ? "-" : "", (long long)(number / per));
    for (int64_t place = per; place > 1; place /= 10) {
        digits++;
    }
    if (digits > 0) {
        printf(".%0*lld", digits, (long long)(number % per < 0 ? -(number % per) : number % per));
    }
    putchar('\n');
}

static void print_head(const struct watched_info *info)
{
    printf("# HELP %s ", info->name);
    print_escaped(info->doc, false);
    printf("\n# TYPE %s %s\n", info->name, info->counter ? "counter" : "gauge");
}

/* One number of the answer itself, or one of each row of a list. */
static void print_numbers(const struct watched_info *info, const json_t *view)
{
    const json_t *value = json_object_get(view, info->field);
    if (info->rows == NULL && value != NULL) {
        print_head(info);
        printf("%s ", info->name);
        print_value(info, value);
    }
    if (info->rows == NULL) {
        return;
    }
    const json_t *rows = json_object_get(view, info->rows);
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        if (i == 0) {
            print_head(info);
        }
        printf("%s{%s=\"", info->name, info->label);
        print_escaped(view_text(row, info->label), true);
        printf("\"} ");
        print_value(info, json_object_get(row, info->field));
    }
}

void prometheus_print(const json_t *view)
{
    for (size_t i = 0; i < WATCHED_INFO_COUNT; i++) {
        print_numbers(&watched_infos[i], view);
    }
}
