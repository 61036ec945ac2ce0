/* scan.c - walks over msgpack bytes without unpacking them */
#include "proto/scan.h"

#include "proto/gen/caps.h"

#include <errno.h>

/* What one header says: how many bytes it has, how many bytes of content follow, and how many values come inside. */
struct head {
    size_t size;
    uint64_t bytes;
    uint64_t values;
    bool container;
};

static uint64_t big_endian(const uint8_t *at, unsigned size)
{
    uint64_t value = 0;

    for (unsigned i = 0; i < size; i++) {
        value = value << 8 | at[i];
    }
    return value;
}

/* Sizes of the numbers behind the headers 0xc0..0xdf: bytes of the count or length field, or of the value itself. */
static const uint8_t number_sizes[32] = {
    0, 0, 0, 0, 1, 2, 4, 1, 2, 4, 4, 8, 1, 2, 4, 8, 1, 2, 4, 8, 0, 0, 0, 0, 0, 1, 2, 4, 2, 4, 2, 4,
};

/* Reads one header of at most `size` bytes. False: cut off, or the byte that msgpack never uses. */
static inline bool read_head(const uint8_t *at, size_t size, struct head *ret)
{
    struct head head = {.size = 1};
    uint8_t first = size == 0 ? 0xc1 : at[0];

    if (first == 0xc1) {
        return false;
    }
    if (first < 0x80 || first >= 0xe0) {
        *ret = head;
        return true;
    }
    if (first < 0xc0) {
        head.container = first < 0xa0;
        head.values = first < 0x90 ? (first & 0x0fu) * 2u : first < 0xa0 ? first & 0x0fu : 0;
        head.bytes = first >= 0xa0 ? first & 0x1fu : 0;
        *ret = head;
        return true;
    }
    unsigned number = number_sizes[first - 0xc0];
    if (size - 1 < number) {
        return false;
    }
    head.size += number;
    if ((first >= 0xc4 && first <= 0xc6) || (first >= 0xd9 && first <= 0xdb)) {
        head.bytes = big_endian(at + 1, number);
    } else if (first >= 0xc7 && first <= 0xc9) {
        head.bytes = big_endian(at + 1, number) + 1;
    } else if (first >= 0xd4 && first <= 0xd8) {
        head.bytes = (UINT64_C(1) << (first - 0xd4)) + 1;
    } else if (first >= 0xdc) {
        head.container = true;
        head.values = big_endian(at + 1, number) * (first >= 0xde ? 2u : 1u);
    }
    *ret = head;
    return true;
}

int scan_value(const void *data, size_t size, uint32_t elements, size_t *ret_size)
{
    uint64_t left[CAP_DEPTH + 1]; /* values that are still to come, by depth */
    unsigned depth = 0;
    const uint8_t *at = data;
    size_t offset = 0;

    left[0] = 1;
    if (elements == 0) {
        return -E2BIG;
    }
    elements--;
    for (;;) {
        struct head head;

        while (left[depth] == 0) {
            if (depth == 0) {
                *ret_size = offset;
                return 0;
            }
            depth--;
        }
        left[depth]--;
        if (!read_head(at + offset, size - offset, &head)) {
            return -EBADMSG;
        }
        offset += head.size;
        if (head.bytes > size - offset || head.values > size - offset) {
            return -EBADMSG;
        }
        if (head.values > elements) {
            return -E2BIG;
        }
        elements -= (uint32_t)head.values;
        offset += head.bytes;
        if (head.container) {
            if (depth == CAP_DEPTH) {
                return -E2BIG;
            }
            left[++depth] = head.values;
        }
    }
}
