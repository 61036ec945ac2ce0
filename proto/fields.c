/* fields.c - the fields of a struct as a mask and the values of those in it: the form of the journal */
#include "proto/fields.h"

#include "proto/codec.h"

#include <assert.h>
#include <errno.h>

static inline uint64_t word_at(const void *at)
{
    uint64_t word;

    memcpy(&word, at, sizeof(word));
    return word;
}

size_t fields_loose(const struct shape *shape, const void *value, uint64_t mask)
{
    size_t size = 0;

    for (uint64_t loose = mask & shape->loose; loose != 0; loose &= loose - 1) {
        const struct field_shape *field = &shape->fields[__builtin_ctzll(loose)];
        const void *at = (const char *)value + field->offset;

        if (field->type == FIELD_TEXT) {
            size += ((const struct text *)at)->size;
        } else {
            size += ((const struct codes *)at)->count * (size_t)(2 + CODE_SIZE);
        }
    }
    return size;
}

static uint8_t *put_text(uint8_t *at, const struct text *text)
{
    at = wire_put_text_head(at, text->size);
    if (text->size > 0) { /* an empty one may have no address */
        memcpy(at, text->at, text->size);
    }
    return at + text->size;
}

static uint8_t *put_codes(uint8_t *at, const struct codes *codes)
{
    assert(codes->count <= CODES_MAX);
    at = wire_put_list_head(at, codes->count);
    for (uint32_t i = 0; i < codes->count; i++) {
        at = wire_put_code(at, &codes->at[i]);
    }
    return at;
}

uint8_t *fields_put(const struct shape *shape, const void *value, uint64_t mask, int64_t at_ms, uint8_t *at)
{
    const struct field_place *places = shape->places;

    at = wire_put_unsigned(at, mask);
    for (; mask != 0; mask &= mask - 1) {
        const struct field_place place = places[(unsigned)__builtin_ctzll(mask)];
        const void *from = (const char *)value + place.offset;

        switch ((enum field_type)place.type) {
        case FIELD_ID:
            at = wire_put_unsigned(at, word_at(from));
            break;
        case FIELD_INSTANT:
            at = wire_put_signed(at, (int64_t)(word_at(from) - (uint64_t)at_ms));
            break;
        case FIELD_SPAN:
        case FIELD_NUM:
            at = wire_put_signed(at, (int64_t)word_at(from));
            break;
        case FIELD_COUNT:
            at = wire_put_unsigned(at, *(const uint32_t *)from);
            break;
        case FIELD_FLAG:
            break;
        case FIELD_ENUM:
            at = wire_put_signed(at, *(const int *)from);
            break;
        case FIELD_TEXT:
            at = put_text(at, from);
            break;
        case FIELD_CODE:
            at = wire_put_code(at, from);
            break;
        case FIELD_CODES:
            at = put_codes(at, from);
            break;
        case FIELD_MAP:
        default: /* of replies alone, and no place says anything else: no look at the bounds for every value */
            __builtin_unreachable();
        }
    }
    return at;
}

static bool read_code(struct wire *wire, struct code *ret)
{
    struct text text;

    if (!wire_take_text(wire, &text)) {
        return false;
    }
    if (text.size == 0) {
        *ret = (struct code){{0}};
        return true;
    }
    return code_make(text.at, text.size, ret);
}

static bool read_codes(struct wire *wire, struct codes *ret)
{
    uint64_t count = 0;

    if (!wire_take_list(wire, &count) || count > CODES_MAX) {
        return false;
    }
    for (uint32_t i = 0; i < count; i++) {
        if (!read_code(wire, &ret->at[i]) || code_empty(&ret->at[i])) {
            return false;
        }
    }
    ret->count = (uint32_t)count;
    return true;
}

static bool read_value(const struct field_shape *field, int64_t at_ms, struct wire *wire, void *ret)
{
    struct text text;
    int64_t number = 0;

    switch (field->type) {
    case FIELD_ID: /* a hash needs all 64 bits */
        return wire_take_unsigned(wire, ret);
    case FIELD_INSTANT:
        if (!wire_take_signed(wire, &number)) {
            return false;
        }
        *(int64_t *)ret = (int64_t)((uint64_t)number + (uint64_t)at_ms);
        return true;
    case FIELD_SPAN:
    case FIELD_NUM:
        return wire_take_signed(wire, ret);
    case FIELD_COUNT:
        if (!wire_take_signed(wire, &number) || number < field->min || number > field->max) {
            return false;
        }
        *(uint32_t *)ret = (uint32_t)number;
        return true;
    case FIELD_FLAG:
        *(bool *)ret = !*(const bool *)ret;
        return true;
    case FIELD_ENUM:
        if (!wire_take_signed(wire, &number) || number < field->min || number > field->max) {
            return false;
        }
        *(int *)ret = (int)number;
        return true;
    case FIELD_TEXT:
        if (!wire_take_text(wire, &text) || !codec_text_valid(text.at, text.size)) {
            return false;
        }
        *(struct text *)ret = text;
        return true;
    case FIELD_CODE:
        return read_code(wire, ret);
    case FIELD_CODES:
        return read_codes(wire, ret);
    case FIELD_MAP:
        break;
    }
    return false;
}

int fields_read(const struct shape *shape, uint64_t within, int64_t at_ms, struct wire *wire, void *ret)
{
    uint64_t mask = 0;

    if (!wire_take_unsigned(wire, &mask)) {
        return -EBADMSG;
    }
    assert(shape->field_count < 64);
    if (mask >> shape->field_count != 0) {
        return -ENOTSUP;
    }
    if ((mask & ~within) != 0) {
        return -EBADMSG;
    }
    for (; mask != 0; mask &= mask - 1) {
        const struct field_shape *field = &shape->fields[__builtin_ctzll(mask)];

        if (!read_value(field, at_ms, wire, (char *)ret + field->offset)) {
            return -EBADMSG;
        }
    }
    return 0;
}
