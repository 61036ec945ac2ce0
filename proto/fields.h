/*
 * fields.h - the fields of a struct as a mask and the values of those in it: the form of the journal
 *
 * Bit i of a mask is field i of the shape, as in `given`; a field that is not in it is as in the struct that the values are written
 * against, mostly one of zeros. Behind the mask stand the values of its fields in order, as msgpack: numbers, ids and counts as
 * they are, enums as positions, codes and texts as texts, lists of codes as lists of texts; an instant as its difference to the
 * record's own. A flag has no value: its bit turns it. Pure; writing appends to the caller's buffer, and texts that were read
 * borrow the bytes.
 */
#ifndef HUYING_PROTO_FIELDS_H
#define HUYING_PROTO_FIELDS_H

#include "proto/wire.h"

/* Most bytes that a mask and the values of all fields take, but for what fields_loose counts. */
#define FIELDS_ROOM (WIRE_HEAD_MAX + 63 * (2 + CODE_SIZE))

/* Most bytes that the content of the texts and lists among these fields takes. */
size_t fields_loose(const struct shape *shape, const void *value, uint64_t mask);

/* Writes the mask and the values of its fields at `at`, where FIELDS_ROOM and fields_loose have room. Returns the place behind
 * them. */
uint8_t *fields_put(const struct shape *shape, const void *value, uint64_t mask, int64_t at_ms, uint8_t *at);

/* Reads a mask and its values over the struct at `ret`, which is what they were written against. `within`: the fields that may be
 * there. Sizes are not held against today's caps: the journal may be older than they are. `given` is left alone. Returns 0;
 * -EBADMSG; -ENOTSUP: a field that the shape does not know. */
int fields_read(const struct shape *shape, uint64_t within, int64_t at_ms, struct wire *wire, void *ret);

#endif
