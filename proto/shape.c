#include "proto/shape.h"

#include <assert.h>
#include <string.h>

bool code_equal(const struct code *a, const struct code *b)
{
    return memcmp(a->s, b->s, CODE_SIZE) == 0;
}

static bool is_code_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-';
}

bool code_make(const char *at, size_t size, struct code *ret)
{
    struct code code = {{0}};

    if (size == 0 || size > CODE_SIZE)
        return false;
    for (size_t i = 0; i < size; i++) {
        if (!is_code_byte(at[i]))
            return false;
        code.s[i] = at[i];
    }
    *ret = code;
    return true;
}

struct text text_of(const char *s)
{
    size_t size = s == NULL ? 0 : strlen(s);

    assert(size <= UINT32_MAX);
    return (struct text){.at = s, .size = (uint32_t)size};
}

struct text text_of_code(const struct code *code)
{
    return (struct text){.at = code->s, .size = (uint32_t)strnlen(code->s, CODE_SIZE)};
}

bool text_equal(struct text a, struct text b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.at, b.at, a.size) == 0);
}

int enum_find(const struct enum_shape *shape, struct text name)
{
    for (uint32_t i = 0; i < shape->count; i++) {
        const char *at = shape->names[i];

        if (name.size > 0 && at[0] == name.at[0] && strlen(at) == name.size && memcmp(at, name.at, name.size) == 0)
            return (int)i;
    }
    return -1;
}

const char *enum_name(const struct enum_shape *shape, int value)
{
    assert(value >= 0 && (uint32_t)value < shape->count);
    return shape->names[value];
}
