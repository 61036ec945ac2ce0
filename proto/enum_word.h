/*
 * enum_word.h - the words of closed lists in the reader's language (base/i18n.h)
 */
#ifndef HUYING_PROTO_ENUM_WORD_H
#define HUYING_PROTO_ENUM_WORD_H

#include "proto/shape.h"

/* The word for a value of a closed list, by its name on the wire. A name that the list does not know comes back as it is. Borrowed
 * for ever. */
const char *enum_word(const struct enum_shape *shape, const char *name);

/* The value that a person means: its name, its word in Chinese, or its word in the reader's language. -1: none. */
int enum_word_find(const struct enum_shape *shape, struct text text);

#endif
