/* enum_word.c - the words of closed lists in the reader's language */
#include "proto/enum_word.h"

#include "base/i18n.h"

const char *enum_word(const struct enum_shape *shape, const char *name)
{
    return i18n_in(shape->name, name);
}

int enum_word_find(const struct enum_shape *shape, struct text text)
{
    int found = enum_find(shape, text);
    for (uint32_t i = 0; i < shape->count && found < 0; i++) {
        if (text_equal(text, text_of(shape->words[i])) || text_equal(text, text_of(enum_word(shape, shape->names[i])))) {
            found = (int)i;
        }
    }
    return found;
}
