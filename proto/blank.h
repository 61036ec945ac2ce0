/*
 * blank.h - what of a text nobody sees: blanks of every script, and characters without a shape
 *
 * Invisible are: what Unicode calls White_Space (the ideographic space U+3000 and the no-break space U+00A0 too), what it calls
 * Default_Ignorable (zero width space, joiners, direction marks, byte-order mark, soft hyphen, fillers, selectors), the anchors
 * U+FFF9 to U+FFFB and the empty Braille cell U+2800. Inside a text they stay: joiners make letters of Persian and Hindi and faces
 * of emoji. At its ends they do not count, but for what shapes the character before it (the selector behind a heart, the tags of a
 * flag). Pure; no allocation. What is not UTF-8 is visible.
 */
#ifndef HUYING_PROTO_BLANK_H
#define HUYING_PROTO_BLANK_H

#include "proto/shape.h"

/* Does nobody see this code point? Controls that are not white space are no blanks: a text has none. */
bool blank_is(int32_t point);

/* The text without invisible characters at both ends. Borrows it; an empty one has `at` inside the text. */
struct text blank_trim(struct text text);

/* Has the text no visible character? */
bool blank_is_empty(struct text text);

/* As blank_trim for a terminated text: ends it early and returns its first visible character. */
char *blank_trim_string(char *s);

/* Writes the text as a message shows it: invisible characters other than the plain space, controls and what is not UTF-8 as
 * `<U+200B>` and `<0xFF>`; joiners and selectors stay where they shape the character before them. What finds no room in `size`
 * (terminator included, at least 16) ends in `...`, never inside a character. Returns `ret`. */
char *blank_print(struct text text, char *ret, size_t size);

#endif
