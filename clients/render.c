/*
 * render.c - answers on the screen
 */
#include "clients/render.h"

#include "base/i18n.h"
#include "clients/time_words.h"
#include "proto/enum_word.h"
#include "proto/gen/enums.h"

#include <libsmartcols.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

#define COLUMNS_MAX 32
#define TITLE_WIDTH 14 /* places of the titles of fields */
#define LONG_LEAST 12  /* places that a name or title keeps at least */
#define CELL_SIZE 1100 /* a line of text of the language, and its end; longer texts are cut */

bool render_colours(void)
{
    const char *no = getenv("NO_COLOR");
    const char *term = getenv("TERM");
    return isatty(STDOUT_FILENO) && (no == NULL || no[0] == '\0') && (term == NULL || strcmp(term, "dumb") != 0);
}

void render_json(const json_t *value)
{
    json_dumpf(value, stdout, (isatty(STDOUT_FILENO) ? JSON_INDENT(2) : JSON_COMPACT) | JSON_ENCODE_ANY);
    putchar('\n');
}

void render_json_line(const json_t *value)
{
    json_dumpf(value, stdout, JSON_COMPACT | JSON_ENCODE_ANY);
    putchar('\n');
}

bool render_json_begin(const json_t *object)
{
    char *text = json_dumps(object, JSON_COMPACT);
    if (text == NULL) {
        return false;
    }
    printf("%.*s,", (int)strlen(text) - 1, text);
    free(text);
    return true;
}

/* One line of a text: what breaks lines becomes a blank; a cut keeps whole characters. */
static void one_line(const char *text, char out[CELL_SIZE])
{
    size_t size = strlen(text);
    if (size >= CELL_SIZE) {
        size = CELL_SIZE - 1;
        while (size > 0 && ((unsigned char)text[size] & 0xC0) == 0x80) {
            size--;
        }
    }
    for (size_t i = 0; i < size; i++) {
        out[i] = text[i] == '\n' || text[i] == '\t' || text[i] == '\r' ? ' ' : text[i];
    }
    out[size] = '\0';
}

/* 2011-07-01T05:06:58.000-04:00 is 2011-07-01 05:06:58 in the district already; in brief, without the seconds. */
static void local_time(const char *instant, bool brief, char out[CELL_SIZE])
{
    snprintf(out, CELL_SIZE, "%.10s %.*s", instant, brief ? 5 : 8, strlen(instant) > 11 ? instant + 11 : "");
}

static void print_cell(const struct column *column, const json_t *value, bool brief, char out[CELL_SIZE])
{
    out[0] = '\0';
    const char *text = json_string_value(value);
    json_int_t number = json_integer_value(value);
    if (text != NULL && column->look == LOOK_INSTANT) {
        local_time(text, brief, out);
    } else if (text != NULL && (column->look != LOOK_WORD || strcmp(text, "none") != 0)) {
        one_line(text, out);
    } else if (json_is_true(value)) {
        snprintf(out, CELL_SIZE, "%s", _("yes"));
    } else if (json_is_integer(value) && column->look == LOOK_SPAN && number != 0) {
        span_print(number, out);
    } else if (json_is_integer(value) && (number != 0 || column->look == LOOK_COUNT)) {
        snprintf(out, CELL_SIZE, "%lld", (long long)number);
    }
}

/* The colour of this name, or of this word of the reader's; NULL: none. */
static const char *paint(const char *colour)
{
    int found = enum_word_find(&colour_enum, text_of(colour));
    return found < 0 ? NULL : enum_name(&colour_enum, found);
}

/* Is there anything in this column? */
static bool column_used(const struct column *column, const json_t *rows)
{
    size_t i;
    json_t *row;
    char cell[CELL_SIZE];
    json_array_foreach(rows, i, row)
    {
        print_cell(column, json_object_get(row, column->key), false, cell);
        if (cell[0] != '\0') {
            return true;
        }
    }
    return false;
}

/* A long text is cut between columns and goes on in the next line where it is the last. */
static int column_flags(enum look look, bool last)
{
    if (look == LOOK_NUMBER || look == LOOK_COUNT) {
        return SCOLS_FL_RIGHT;
    }
    return look != LOOK_LONG ? 0 : last ? SCOLS_FL_WRAP : SCOLS_FL_TRUNC;
}

static void fill_line(struct libscols_line *line, const struct column *const *used, size_t count, bool brief, const json_t *row)
{
    char cell[CELL_SIZE];
    for (size_t c = 0; c < count; c++) {
        print_cell(used[c], json_object_get(row, used[c]->key), brief, cell);
        if (cell[0] == '\0') {
            continue;
        }
        scols_line_set_data(line, c, cell);
        if (used[c]->look == LOOK_COLOUR && paint(cell) != NULL) {
            scols_cell_set_color(scols_line_get_cell(line, c), paint(cell));
        }
    }
}

/* Columns of the terminal that standard output is; 0: it is not a terminal, or does not say. */
static size_t terminal_width(void)
{
    struct winsize size;
    return isatty(STDOUT_FILENO) && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

/* Places that a text takes on the screen. */
static size_t width_of(const char *text)
{
    wchar_t wide[CELL_SIZE];
    size_t count = mbstowcs(wide, text, CELL_SIZE);
    int width = count == (size_t)-1 || count == CELL_SIZE ? -1 : wcswidth(wide, count);
    return width < 0 ? strlen(text) : (size_t)width;
}

/* Places that a column needs; a long text may be cut. */
static size_t least_width(const struct column *column, const json_t *rows, bool brief)
{
    size_t least = width_of(i18n_text(column->title)), i;
    json_t *row;
    char cell[CELL_SIZE];
    json_array_foreach(rows, i, row)
    {
        print_cell(column, json_object_get(row, column->key), brief, cell);
        size_t width = width_of(cell);
        least = width > least ? width : least;
    }
    return column->look == LOOK_LONG && least > LONG_LEAST ? LONG_LEAST : least;
}

static void print_table(const struct column *const *used, size_t count, bool brief, const json_t *rows)
{
    struct libscols_table *table = scols_new_table();
    if (table == NULL) {
        return;
    }
    scols_table_enable_colors(table, render_colours());
    for (size_t c = 0; c < count; c++) {
        scols_table_new_column(table, i18n_text(used[c]->title), used[c]->look == LOOK_LONG ? 0.1 : 0,
                               column_flags(used[c]->look, c + 1 == count));
    }
    size_t i;
    json_t *row;
    json_array_foreach(rows, i, row)
    {
        struct libscols_line *line = scols_table_new_line(table, NULL);
        if (line != NULL) {
            fill_line(line, used, count, brief, row);
        }
    }
    scols_print_table(table);
    scols_unref_table(table);
}

/* Too wide for the terminal: one table below the other, each with the column by which a row is known. */
static void print_split(const struct column *const *used, size_t count, size_t terminal, const json_t *rows)
{
    size_t known = 0, next = 0;
    for (size_t c = 0; c < count; c++) {
        if (strcmp(used[c]->key, "number") == 0) {
            known = c;
        }
    }
    while (next < count) {
        const struct column *part[COLUMNS_MAX + 1] = {used[known]};
        size_t taken = 0, width = least_width(used[known], rows, true);
        bool again = next > 0 && next != known; /* in the first part it stands where it always does */
        if (!again) {
            width = 0;
        }
        for (; next < count; next++) {
            size_t more = least_width(used[next], rows, true) + (width > 0);
            if (taken > 0 && width + more > terminal) {
                break;
            }
            if (again && next == known) {
                continue;
            }
            part[again + taken++] = used[next];
            width += more;
        }
        print_table(part, again + taken, true, rows);
        if (next < count) {
            putchar('\n');
        }
    }
}

void render_table(const struct column *columns, const json_t *rows, const char *none)
{
    if (json_array_size(rows) == 0) {
        puts(i18n_text(none));
        return;
    }
    const struct column *used[COLUMNS_MAX];
    size_t count = 0, width = 0, terminal = terminal_width();
    for (const struct column *c = columns; c->key != NULL && count < COLUMNS_MAX; c++) {
        if (!column_used(c, rows)) {
            continue;
        }
        width += least_width(c, rows, false) + (count > 0);
        used[count++] = c;
    }
    if (terminal > 0 && width > terminal) {
        print_split(used, count, terminal, rows);
    } else {
        print_table(used, count, false, rows);
    }
}

/* The escape sequence that begins a colour, or "". */
static const char *paint_sequence(const char *colour)
{
    static const char *const paints[3][2] = {{"red", "\033[31m"}, {"yellow", "\033[33m"}, {"blue", "\033[34m"}};
    const char *name = paint(colour);
    for (size_t i = 0; render_colours() && name != NULL && i < 3; i++) {
        if (strcmp(name, paints[i][0]) == 0) {
            return paints[i][1];
        }
    }
    return "";
}

void render_title(const char *title)
{
    const char *words = i18n_text(title);
    size_t width = width_of(words);
    printf("%s%*s ", words, width < TITLE_WIDTH ? (int)(TITLE_WIDTH - width) : 0, "");
}

/* A whole text, its further lines under the first. */
static void print_long(const char *title, const char *text)
{
    render_title(title);
    for (; *text != '\0'; text++) {
        if (*text == '\n') {
            printf("\n%*s", TITLE_WIDTH + 1, "");
        } else {
            putchar(*text);
        }
    }
    putchar('\n');
}

void render_fields(const struct column *columns, const json_t *object)
{
    char cell[CELL_SIZE];
    for (const struct column *c = columns; c->key != NULL; c++) {
        const json_t *value = json_object_get(object, c->key);
        print_cell(c, value, false, cell);
        if (cell[0] == '\0') {
            continue;
        }
        if (c->look == LOOK_LONG && json_is_string(value)) {
            print_long(c->title, json_string_value(value));
            continue;
        }
        const char *begin = c->look == LOOK_COLOUR ? paint_sequence(cell) : "";
        render_title(c->title);
        printf("%s%s%s\n", begin, cell, begin[0] != '\0' ? "\033[0m" : "");
    }
}

void render_heading(const char *text)
{
    printf(render_colours() ? "\n\033[1m%s\033[0m\n" : "\n%s\n", i18n_text(text));
}
