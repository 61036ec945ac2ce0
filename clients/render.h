/*
 * render.h - answers on the screen: tables, fields, JSON
 *
 * Titles, headings and what is said in place of rows are given in English, marked by N_, and printed in the reader's language;
 * words of closed lists in cells are the caller's business (inwords.h). Tables align Chinese (libsmartcols counts columns, not
 * bytes). Colours only on a terminal, and never with NO_COLOR set.
 */
#ifndef HUYING_CLIENTS_RENDER_H
#define HUYING_CLIENTS_RENDER_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* How a value looks. */
enum look {
    LOOK_TEXT,
    LOOK_WORD,    /* of a closed list; `none` is nothing */
    LOOK_LONG,    /* text that may be cut on a narrow terminal */
    LOOK_NUMBER,  /* to the right; 0 = nothing */
    LOOK_COUNT,   /* to the right; 0 is told */
    LOOK_INSTANT, /* RFC 3339 becomes local time */
    LOOK_COLOUR,  /* blue, yellow, red, painted so */
    LOOK_SPAN,    /* ms as days and hours */
    LOOK_FLAG,    /* yes, or nothing */
};

struct column {
    const char *key; /* of the row; a table of columns ends with NULL */
    const char *title;
    enum look look;
};

/* Prints one JSON value and a line end; over several lines on a terminal. */
void render_json(const json_t *value);

/* Prints one JSON value on one line, for streams. */
void render_json_line(const json_t *value);

/* Prints an object that has members, without its closing brace and with a comma: more members follow, one by one, since there may
 * be more of them than memory. False: no memory, and nothing was printed. */
bool render_json_begin(const json_t *object);

/* Prints rows as a table. Columns that are empty in every row are left out; what is too wide for the terminal goes on below.
 * `none` is said when there is no row. */
void render_table(const struct column *columns, const json_t *rows, const char *none);

/* Prints the fields of one object, a line each; empty ones are left out. */
void render_fields(const struct column *columns, const json_t *object);

/* The title of a field, in its place before the value. */
void render_title(const char *title);

/* A heading between tables. */
void render_heading(const char *text);

/* Are colours wanted on standard output? */
bool render_colours(void);

#endif
