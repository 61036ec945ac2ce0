/*
 * spreadsheet.c - see spreadsheet.h
 */
#include "clients/spreadsheet.h"

#include <csv.h>
#include <inttypes.h>
#include <string.h>

/* Would a spreadsheet take it for a formula? A lone `-` is what this program writes where there is nothing to name. */
static bool is_formula(const char *text)
{
    static const char *const begins[] = {"=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠"};
    if (strcmp(text, "-") == 0) {
        return false;
    }
    for (;;) {
        if (*text == ' ' || *text == '\n') {
            text++;
        } else if (strncmp(text, "\u3000", 3) == 0) {
            text += 3;
        } else if (strncmp(text, "\u00a0", 2) == 0) {
            text += 2;
        } else {
            break;
        }
    }
    for (size_t i = 0; i < sizeof(begins) / sizeof(begins[0]); i++) {
        if (strncmp(text, begins[i], strlen(begins[i])) == 0) {
            return true;
        }
    }
    return false;
}

void spreadsheet_text(FILE *out, const char *text)
{
    if (!is_formula(text)) {
        csv_fwrite(out, text, strlen(text));
        return;
    }
    json_t *guarded = json_sprintf("'%s", text);
    const char *cell = json_string_value(guarded); /* NULL: no memory, or not UTF-8, which nothing here is */
    csv_fwrite(out, cell != NULL ? cell : "", cell != NULL ? strlen(cell) : 0);
    json_decref(guarded);
}

static void print_cell(FILE *out, const json_t *value)
{
    if (json_is_integer(value)) {
        fprintf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    } else if (json_is_boolean(value)) {
        fputs(json_is_true(value) ? "true" : "false", out);
    } else if (json_is_string(value)) {
        spreadsheet_text(out, json_string_value(value));
    }
}

void spreadsheet_print(FILE *out, const struct column *columns, const json_t *rows)
{
    size_t i;
    json_t *row;
    for (const struct column *column = columns; column->key != NULL; column++) {
        fprintf(out, "%s%s", column > columns ? "," : "", column->key);
    }
    fputs("\r\n", out);
    json_array_foreach((json_t *)rows, i, row)
    {
        for (const struct column *column = columns; column->key != NULL; column++) {
            if (column > columns) {
                fputc(',', out);
            }
            print_cell(out, json_object_get(row, column->key));
        }
        fputs("\r\n", out);
    }
}
