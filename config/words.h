/*
 * words.h - codes and names as people write them in configuration
 *
 * Each function returns NULL when it has understood, else a borrowed sentence that says what to write instead.
 */
#ifndef HUYING_CONFIG_WORDS_H
#define HUYING_CONFIG_WORDS_H

#include "proto/shape.h"

#include <stdbool.h>

/* A code. One that a spreadsheet has turned into a number (4.403E+11, 1,23E+05) or has put an apostrophe before is told apart. */
const char *code_parse(const char *text, struct code *ret);

/* A number of another system, by which a case is known again. NULL, or why it cannot be one: a spreadsheet has made a number of it
 * (1.01E+11, 1,23E+05), a date (14-Mar), `####` or `#N/A`, or has put an apostrophe or `=` before it. */
const char *reference_parse(const char *text);

/* More than 15 digits, all zeros from the sixteenth on: a spreadsheet keeps 15. It may have been written so: no fault by itself. */
bool reference_cut(const char *text);

/* A name or another one-line text: UTF-8 without control characters, at most CAP_LINE_SIZE bytes, brought to NFC. Gives *ret,
 * which the caller frees (empty texts only where `may_be_empty`); NULL in *ret with NULL returned: no memory. */
const char *name_parse(const char *text, bool may_be_empty, char **ret);

/* Text of a code, terminated, in `ret`. Returns ret. */
char *code_text(const struct code *code, char ret[CODE_SIZE + 1]);

#endif
