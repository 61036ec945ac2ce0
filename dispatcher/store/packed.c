/* packed.c - a row as it lies in the file: without the bytes that are zero */
#include "dispatcher/store/packed.h"

#include <assert.h>
#include <endian.h>
#include <string.h>

#define WORD sizeof(uint64_t)

_Static_assert(__BYTE_ORDER == __LITTLE_ENDIAN, "the layout of the rows names the byte order; this form is that of small ends");

static inline uint64_t word_at(const uint8_t *from, size_t index)
{
    uint64_t word;
    memcpy(&word, from + index * WORD, WORD);
    return word;
}

/* The bits of eight words, written out: this is done for each byte of all rows that a checkpoint writes. */
static inline unsigned bits_of_eight(const uint8_t *from)
{
    return (unsigned)(word_at(from, 0) != 0) | (unsigned)(word_at(from, 1) != 0) << 1 | (unsigned)(word_at(from, 2) != 0) << 2 |
           (unsigned)(word_at(from, 3) != 0) << 3 | (unsigned)(word_at(from, 4) != 0) << 4 |
           (unsigned)(word_at(from, 5) != 0) << 5 | (unsigned)(word_at(from, 6) != 0) << 6 | (unsigned)(word_at(from, 7) != 0) << 7;
}

/* Writes the words of one byte of bits. Returns where the next one goes. */
static inline uint8_t *write_words(const uint8_t *from, unsigned bits, uint8_t *to)
{
    for (; bits != 0; bits &= bits - 1) {
        uint64_t word = word_at(from, (size_t)__builtin_ctz(bits));
        unsigned length = 8 - (unsigned)__builtin_clzll(word) / 8;
        to[0] = (uint8_t)length;
        memcpy(to + 1, &word, WORD);
        to += 1 + length;
    }
    return to;
}

size_t packed_write(const void *row, size_t size, uint8_t *out)
{
    const uint8_t *from = row;
    const size_t words = size / WORD, whole = words / 8, bitmap = (words + 7) / 8;
    uint8_t *to = out + bitmap;
    assert(size % WORD == 0);
    for (size_t i = 0; i < whole; i++, from += 8 * WORD) {
        unsigned bits = bits_of_eight(from);
        out[i] = (uint8_t)bits;
        to = write_words(from, bits, to);
    }
    if (whole < bitmap) {
        unsigned bits = 0;
        for (size_t i = 0; i < words % 8; i++) {
            bits |= (unsigned)(word_at(from, i) != 0) << i;
        }
        out[whole] = (uint8_t)bits;
        to = write_words(from, bits, to);
    }
    return (size_t)(to - out);
}

/* A word of `length` bytes, of which `left` or more are there. */
static inline uint64_t word_read(const uint8_t *in, size_t length, size_t left)
{
    uint64_t word = 0;
    if (left >= WORD) {
        return word_at(in, 0) & UINT64_MAX >> (64 - 8 * length);
    }
    memcpy(&word, in, length);
    return word;
}

bool packed_read(const uint8_t *in, size_t in_size, void *ret_row, size_t size)
{
    const uint8_t *const end = in + in_size;
    uint8_t *row = ret_row;
    const size_t words = size / WORD, bitmap = (words + 7) / 8;
    assert(size % WORD == 0);
    if (in_size < bitmap || (words % 8 != 0 && in[words / 8] >> words % 8 != 0)) {
        return false;
    }
    memset(row, 0, size);
    const uint8_t *at = in + bitmap;
    for (size_t i = 0; i < bitmap; i++) {
        for (unsigned bits = in[i]; bits != 0; bits &= bits - 1) {
            if (at == end || at[0] == 0 || at[0] > WORD || (size_t)(end - at) <= at[0] || at[at[0]] == 0) {
                return false;
            }
            uint64_t word = word_read(at + 1, at[0], (size_t)(end - at) - 1);
            memcpy(row + (i * 8 + (size_t)__builtin_ctz(bits)) * WORD, &word, WORD);
            at += 1 + at[0];
        }
    }
    return at == end;
}
