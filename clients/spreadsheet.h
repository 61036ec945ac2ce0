/*
 * spreadsheet.h - answers for a spreadsheet: RFC 4180, UTF-8 without a byte-order mark
 *
 * Lines end with CR LF, texts are quoted (libcsv). A text that a spreadsheet would take for a formula
 * (it begins with = + - @, their full-width forms, a tab or a return, blanks before it not counted) gets an apostrophe before it:
 * what a citizen wrote must not run on an official's desk. Numbers are left as they are.
 */
#ifndef HUYING_CLIENTS_SPREADSHEET_H
#define HUYING_CLIENTS_SPREADSHEET_H

#include "clients/render.h"

#include <stdio.h>

/* Writes a header of the columns' keys, and the rows. Texts are guarded; numbers, true and false are written as in JSON; null and
 * what is missing is an empty cell. Every column is written, whatever is in it. */
void spreadsheet_print(FILE *out, const struct column *columns, const json_t *rows);

/* Writes one cell, guarded and quoted. */
void spreadsheet_text(FILE *out, const char *text);

#endif
