/* shape.c - the plain data types of the language, and the tables that describe them */
#include "proto/shape.h"

#include <assert.h>
#include <string.h>

static bool is_code_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-';
}

bool code_make(const char *at, size_t size, struct code *ret)
{
    struct code code = {{0}};

    if (size == 0 || size > CODE_SIZE) {
        return false;
    }
    for (size_t i = 0; i < size; i++) {
        if (!is_code_byte(at[i])) {
            return false;
        }
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
    return (struct text){.at = code->s, .size = code_size(code)};
}

bool text_equal(struct text a, struct text b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.at, b.at, a.size) == 0);
}

int enum_find(const struct enum_shape *shape, struct text name)
{
    for (uint32_t i = 0; i < shape->count; i++) {
        const char *at = shape->names[i];

        if (name.size > 0 && at[0] == name.at[0] && strlen(at) == name.size && memcmp(at, name.at, name.size) == 0) {
            return (int)i;
        }
    }
    return -1;
}

const char *enum_name(const struct enum_shape *shape, int value)
{
    assert(value >= 0 && (uint32_t)value < shape->count);
    return shape->names[value];
}

static size_t value_size(enum field_type type)
{
    switch (type) {
    case FIELD_ID:
    case FIELD_INSTANT:
    case FIELD_SPAN:
    case FIELD_NUM:
        return sizeof(int64_t);
    case FIELD_COUNT:
        return sizeof(uint32_t);
    case FIELD_FLAG:
        return sizeof(bool);
    case FIELD_ENUM:
        return sizeof(int);
    case FIELD_TEXT:
        return sizeof(struct text);
    case FIELD_CODE:
        return sizeof(struct code);
    case FIELD_CODES:
        return sizeof(struct codes);
    case FIELD_MAP:
        return sizeof(struct count_map);
    }
    return 0;
}

const struct field_shape *shape_field(const struct shape *shape, struct text name)
{
    for (uint32_t i = 0; shape != NULL && i < shape->field_count; i++) {
        const struct field_shape *field = &shape->fields[i];

        if (field->name_size == name.size && memcmp(field->name, name.at, name.size) == 0) {
            return field;
        }
    }
    return NULL;
}

uint32_t shape_copy(const struct shape *from_shape, const void *from, const struct shape *to_shape, void *to)
{
    uint64_t given = *(const uint64_t *)from;
    uint32_t missing = 0;

    for (uint32_t i = 0; i < from_shape->field_count; i++) {
        const struct field_shape *field = &from_shape->fields[i];
        const struct field_shape *found = shape_field(to_shape, (struct text){.at = field->name, .size = field->name_size});
        bool fits = found != NULL && found->type == field->type;

        missing += !fits;
        if (!fits || (given >> i & 1) == 0) {
            continue;
        }
        memcpy((char *)to + found->offset, (const char *)from + field->offset, value_size(field->type));
        *(uint64_t *)to |= shape_bit(to_shape, found);
    }
    return missing;
}
