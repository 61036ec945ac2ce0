/*
 * wire.h - msgpack values, written and read at a place in memory
 *
 * For what is hot: records and requests. Writing is in the shortest form, into room that the caller has made; reading takes every
 * form that a value may have and never goes beyond the end. Pure; all inline.
 */
#ifndef HUYING_PROTO_WIRE_H
#define HUYING_PROTO_WIRE_H

#include "proto/shape.h"

#include <endian.h>
#include <string.h>

#define WIRE_HEAD_MAX 9 /* bytes: no number, no header of a text, list or map is longer */

/* --- writing: each returns the place behind what it wrote ------------------------------------------------------------------- */

static inline uint8_t *wire_put_number(uint8_t *at, uint8_t head, uint64_t value, unsigned bytes)
{
    uint64_t big = htobe64(value << (64 - 8 * bytes));

    *at = head;
    memcpy(at + 1, &big, bytes);
    return at + 1 + bytes;
}

static inline uint8_t *wire_put_unsigned(uint8_t *at, uint64_t value)
{
    if (value < 0x80) {
        *at = (uint8_t)value;
        return at + 1;
    }
    if (value <= UINT8_MAX) {
        return wire_put_number(at, 0xcc, value, 1);
    }
    if (value <= UINT16_MAX) {
        return wire_put_number(at, 0xcd, value, 2);
    }
    return value <= UINT32_MAX ? wire_put_number(at, 0xce, value, 4) : wire_put_number(at, 0xcf, value, 8);
}

static inline uint8_t *wire_put_signed(uint8_t *at, int64_t value)
{
    uint64_t bits = (uint64_t)value;

    if (value >= 0) {
        return wire_put_unsigned(at, bits);
    }
    if (value >= -32) {
        *at = (uint8_t)bits;
        return at + 1;
    }
    if (value >= INT8_MIN) {
        return wire_put_number(at, 0xd0, bits, 1);
    }
    if (value >= INT16_MIN) {
        return wire_put_number(at, 0xd1, bits, 2);
    }
    return value >= INT32_MIN ? wire_put_number(at, 0xd2, bits, 4) : wire_put_number(at, 0xd3, bits, 8);
}

/* The header of a text of `size` bytes. */
static inline uint8_t *wire_put_text_head(uint8_t *at, uint32_t size)
{
    if (size < 32) {
        *at = (uint8_t)(0xa0 | size);
        return at + 1;
    }
    if (size <= UINT8_MAX) {
        return wire_put_number(at, 0xd9, size, 1);
    }
    return size <= UINT16_MAX ? wire_put_number(at, 0xda, size, 2) : wire_put_number(at, 0xdb, size, 4);
}

/* The header of a list of `count` values. */
static inline uint8_t *wire_put_list_head(uint8_t *at, uint32_t count)
{
    if (count < 16) {
        *at = (uint8_t)(0x90 | count);
        return at + 1;
    }
    return count <= UINT16_MAX ? wire_put_number(at, 0xdc, count, 2) : wire_put_number(at, 0xdd, count, 4);
}

/* Writes a code as a text. Needs room for 1 + CODE_SIZE bytes, header and padding. */
static inline uint8_t *wire_put_code(uint8_t *at, const struct code *code)
{
    uint32_t size = code_size(code);

    if (size == CODE_SIZE) { /* the one length that needs a header of two bytes */
        *at++ = 0xd9;
        *at++ = CODE_SIZE;
    } else {
        *at++ = (uint8_t)(0xa0 | size);
    }
    memcpy(at, code->s, CODE_SIZE);
    return at + size;
}

/* --- reading: each moves the cursor behind the value, or returns false and leaves it anywhere ------------------------------- */

struct wire {
    const uint8_t *at;
    const uint8_t *end;
};

static inline size_t wire_left(const struct wire *wire)
{
    return (size_t)(wire->end - wire->at);
}

/* A number of `bytes` bytes in network order. */
static inline bool wire_take_big(struct wire *wire, unsigned bytes, uint64_t *ret)
{
    uint64_t big = 0;

    if (wire_left(wire) < bytes) {
        return false;
    }
    for (unsigned i = 0; i < bytes; i++) {
        big = big << 8 | wire->at[i];
    }
    wire->at += bytes;
    *ret = big;
    return true;
}

/* An integer. *ret has its 64 bits in two's complement; *ret_negative says how they are meant. */
static inline bool wire_take_integer(struct wire *wire, uint64_t *ret, bool *ret_negative)
{
    if (wire->at == wire->end) {
        return false;
    }
    uint8_t head = *wire->at++;
    *ret_negative = false;
    if (head < 0x80) {
        *ret = head;
        return true;
    }
    if (head >= 0xe0) {
        *ret = (uint64_t)(int8_t)head;
        *ret_negative = true;
        return true;
    }
    if (head < 0xcc || head > 0xd3) {
        return false;
    }
    unsigned bytes = 1u << (head & 3);
    if (!wire_take_big(wire, bytes, ret)) {
        return false;
    }
    if (head >= 0xd0) { /* with a sign */
        static const uint64_t signs[4] = {UINT64_C(1) << 7, UINT64_C(1) << 15, UINT64_C(1) << 31, UINT64_C(1) << 63};
        const uint64_t sign = signs[head & 3];

        *ret = (*ret ^ sign) - sign;
        *ret_negative = (int64_t)*ret < 0;
    }
    return true;
}

/* An integer that is not negative. */
static inline bool wire_take_unsigned(struct wire *wire, uint64_t *ret)
{
    bool negative = false;

    return wire_take_integer(wire, ret, &negative) && !negative;
}

/* An integer that fits 64 bits with a sign. */
static inline bool wire_take_signed(struct wire *wire, int64_t *ret)
{
    bool negative = false;
    uint64_t bits = 0;

    if (!wire_take_integer(wire, &bits, &negative) || (!negative && bits > INT64_MAX)) {
        return false;
    }
    *ret = (int64_t)bits;
    return true;
}

/* `bytes` bytes of content. Borrows them. */
static inline bool wire_take_bytes(struct wire *wire, uint64_t bytes, struct text *ret)
{
    if (bytes > wire_left(wire)) {
        return false;
    }
    *ret = (struct text){.at = (const char *)wire->at, .size = (uint32_t)bytes};
    wire->at += bytes;
    return true;
}

/* A text. Borrows it; what its bytes are is not looked at. */
static inline bool wire_take_text(struct wire *wire, struct text *ret)
{
    uint64_t size = 0;

    if (wire->at == wire->end) {
        return false;
    }
    uint8_t head = *wire->at++;
    if ((head & 0xe0) == 0xa0) {
        return wire_take_bytes(wire, head & 0x1fu, ret);
    }
    return head >= 0xd9 && head <= 0xdb && wire_take_big(wire, 1u << (head - 0xd9), &size) && wire_take_bytes(wire, size, ret);
}

/* Bytes that are no text: msgpack's bin. Borrows them. */
static inline bool wire_take_bin(struct wire *wire, struct text *ret)
{
    uint64_t size = 0;

    if (wire->at == wire->end) {
        return false;
    }
    uint8_t head = *wire->at++;
    return head >= 0xc4 && head <= 0xc6 && wire_take_big(wire, 1u << (head - 0xc4), &size) && wire_take_bytes(wire, size, ret);
}

/* The header of a map; *ret_count: its pairs. */
static inline bool wire_take_map(struct wire *wire, uint64_t *ret_count)
{
    if (wire->at == wire->end) {
        return false;
    }
    uint8_t head = *wire->at++;
    if ((head & 0xf0) == 0x80) {
        *ret_count = head & 0x0fu;
        return true;
    }
    return (head == 0xde || head == 0xdf) && wire_take_big(wire, head == 0xde ? 2 : 4, ret_count);
}

/* The header of a list. */
static inline bool wire_take_list(struct wire *wire, uint64_t *ret_count)
{
    if (wire->at == wire->end) {
        return false;
    }
    uint8_t head = *wire->at++;
    if ((head & 0xf0) == 0x90) {
        *ret_count = head & 0x0fu;
        return true;
    }
    return (head == 0xdc || head == 0xdd) && wire_take_big(wire, head == 0xdc ? 2 : 4, ret_count);
}

#endif
