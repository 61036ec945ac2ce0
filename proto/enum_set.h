/*
 * enum_set.h - several values of a closed list at once, as bits: the roles of a key
 *
 * Bit i of a set is the value i of the list. Pure.
 */
#ifndef HUYING_PROTO_ENUM_SET_H
#define HUYING_PROTO_ENUM_SET_H

#include "proto/shape.h"

#define ENUM_SET_ALL UINT32_MAX

/* Writes the names on the wire, in the order of the list, with `between` between them; what finds no room in `size` bytes is cut.
 * Values that the list has not are left out. Returns `ret`. */
char *enum_set_print(const struct enum_shape *shape, uint32_t set, const char *between, char *ret, size_t size);

/* Reads names with blanks between them; names that the list does not know are left out. */
uint32_t enum_set_read(const struct enum_shape *shape, const char *text);

#endif
