/*
 * packed.h - a row as it lies in the file: without the bytes that are zero
 *
 * Rows in memory are structs of fixed size, mostly zeros: codes are padded, instants and ids fill some of their eight bytes, and
 * most members of a new row are none. In the file a row is taken as words of 64 bits: first a bit for each word, set when it is not
 * zero (the first word's bit is the lowest of the first byte, what is left of the last byte is zero), then for each of these words
 * its length, 1 to 8, in a byte, and its bytes, lowest first, up to the last one that is not zero. A row has one packed form, so
 * equal rows have equal bytes.
 */
#ifndef HUYING_STORE_PACKED_H
#define HUYING_STORE_PACKED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The most that a row of `size` bytes takes packed, and what packing may write to: a word is written whole, and the next one begins
 * where its zeros do. */
#define PACKED_SIZE_MAX(size) ((size) + (size) / 8 + ((size) / 8 + 7) / 8)
#define PACKED_ROOM(size) (PACKED_SIZE_MAX(size) + 8)

/* Packs a row of `size` bytes, a whole number of words, into `out` (PACKED_ROOM bytes). Returns how many it took. */
size_t packed_write(const void *row, size_t size, uint8_t *out);

/* Reads a row of `size` bytes from `in_size` packed ones. False: they are not a row of that size; *ret_row is then undefined. */
bool packed_read(const uint8_t *in, size_t in_size, void *ret_row, size_t size);

#endif
