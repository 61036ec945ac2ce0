/* place.c - a sentence about a file, with the place in it */
#include "base/place.h"

#include <stdio.h>

char *place_say(const char *file, uint32_t line, uint32_t column, char *ret, size_t size, const char *sentence)
{
    if (line == 0) {
        snprintf(ret, size, "%s: %s", file, sentence);
    } else if (column == 0) {
        snprintf(ret, size, "%s:%u: %s", file, line, sentence);
    } else {
        snprintf(ret, size, "%s:%u:%u: %s", file, line, column, sentence);
    }
    return ret;
}
