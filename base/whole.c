/* whole.c - whole numbers as people write them */
#include "base/whole.h"

#include <errno.h>
#include <stdlib.h>

bool whole_parse(const char *text, int64_t min, int64_t max, int64_t *ret)
{
    char *end = NULL;

    if (text[0] != '-' && (text[0] < '0' || text[0] > '9')) {
        return false;
    }
    errno = 0;
    long long value = strtoll(text, &end, 10);
    if (errno != 0 || *end != '\0' || value < min || value > max) {
        return false;
    }
    *ret = value;
    return true;
}
