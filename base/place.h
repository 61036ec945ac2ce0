/*
 * place.h - a sentence about a file, with the place in it: FILE:LINE:COLUMN: sentence
 *
 * Pure. Lines and columns are counted from 1; 0: not known, then it is left out.
 */
#ifndef HUYING_BASE_PLACE_H
#define HUYING_BASE_PLACE_H

#include <stddef.h>
#include <stdint.h>

/* Writes the whole into `ret` of `size` bytes; what finds no room is cut. Returns `ret`. */
char *place_say(const char *file, uint32_t line, uint32_t column, char *ret, size_t size, const char *sentence);

#endif
