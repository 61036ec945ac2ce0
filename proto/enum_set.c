/* enum_set.c - several values of a closed list at once, as bits */
#include "proto/enum_set.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

char *enum_set_print(const struct enum_shape *shape, uint32_t set, const char *between, char *ret, size_t size)
{
    size_t used = 0;

    assert(shape->count <= 32);
    ret[0] = '\0';
    for (uint32_t i = 0; i < shape->count && used < size; i++) {
        if ((set >> i & 1) != 0) {
            used += (size_t)snprintf(ret + used, size - used, "%s%s", used > 0 ? between : "", shape->names[i]);
        }
    }
    return ret;
}

uint32_t enum_set_read(const struct enum_shape *shape, const char *text)
{
    uint32_t set = 0;

    while (*text != '\0') {
        size_t size = strcspn(text, " ");
        int value = enum_find(shape, (struct text){.at = text, .size = (uint32_t)size});

        set |= value >= 0 ? UINT32_C(1) << value : 0;
        text += size;
        text += strspn(text, " ");
    }
    return set;
}
