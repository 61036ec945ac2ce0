/* test_wire.c - msgpack values at a cursor: there and back, as msgpack-c writes them, in every form, and cut off anywhere. */
#include "proto/wire.h"
#include "tests/suite.h"

#include <check.h>
#include <msgpack.h>
#include <stdlib.h>

static const int64_t edges[] = {0,     1,      31,        32,           127,        128,           255,      256, 32767, 32768,
                                65535, 65536,  INT32_MAX, 4294967295LL, 4294967296, INT64_MAX,     -1,       -32, -33,   -128,
                                -129,  -32768, -32769,    INT32_MIN,    -12345678,  -2147483649LL, INT64_MIN};

static void same(const uint8_t *at, const uint8_t *end, const msgpack_sbuffer *theirs)
{
    ck_assert_uint_eq((size_t)(end - at), theirs->size);
    ck_assert_mem_eq(at, theirs->data, theirs->size);
}

START_TEST(numbers)
{
    uint8_t room[WIRE_HEAD_MAX];
    msgpack_sbuffer theirs;
    msgpack_packer packer;
    int64_t value = edges[_i], read = 0;
    uint64_t positive = 0;

    msgpack_sbuffer_init(&theirs);
    msgpack_packer_init(&packer, &theirs, msgpack_sbuffer_write);
    msgpack_pack_int64(&packer, value);
    uint8_t *end = wire_put_signed(room, value);
    same(room, end, &theirs);
    for (size_t cut = 0; cut <= theirs.size; cut++) {
        uint8_t *copy = malloc(cut + 1);
        struct wire wire = {.at = copy, .end = copy + cut};

        memcpy(copy, room, cut);
        ck_assert_int_eq(wire_take_signed(&wire, &read), cut == theirs.size);
        wire.at = copy;
        ck_assert_int_eq(wire_take_unsigned(&wire, &positive), cut == theirs.size && value >= 0);
        free(copy);
    }
    ck_assert_int_eq(read, value);
    ck_assert(value < 0 || positive == (uint64_t)value);
    msgpack_sbuffer_destroy(&theirs);
}
END_TEST

START_TEST(largest)
{
    uint8_t room[WIRE_HEAD_MAX];
    struct wire wire = {.at = room, .end = wire_put_unsigned(room, UINT64_MAX)};
    uint64_t value = 0;
    int64_t number = 0;

    ck_assert(wire_take_unsigned(&wire, &value));
    ck_assert_uint_eq(value, UINT64_MAX);
    wire.at = room;
    ck_assert(!wire_take_signed(&wire, &number));
}
END_TEST

#define BYTES(s) s, sizeof(s) - 1

/* Forms that nobody would choose, and what is not an integer. */
static const struct {
    const char *data;
    size_t size;
    bool good;
    int64_t value;
} forms[] = {
    {BYTES("\xcc\x05"), true, 5},
    {BYTES("\xcd\x00\x05"), true, 5},
    {BYTES("\xce\x00\x00\x00\x05"), true, 5},
    {BYTES("\xcf\x00\x00\x00\x00\x00\x00\x00\x05"), true, 5},
    {BYTES("\xd0\x05"), true, 5},
    {BYTES("\xd1\x00\x05"), true, 5},
    {BYTES("\xd2\x00\x00\x00\x05"), true, 5},
    {BYTES("\xd3\x00\x00\x00\x00\x00\x00\x00\x05"), true, 5},
    {BYTES("\xd0\xff"), true, -1},
    {BYTES("\xd1\xff\xff"), true, -1},
    {BYTES("\xd2\xff\xff\xff\xff"), true, -1},
    {BYTES("\xd3\xff\xff\xff\xff\xff\xff\xff\xff"), true, -1},
    {BYTES("\xc0"), false, 0},
    {BYTES("\xc1"), false, 0},
    {BYTES("\xc3"), false, 0},
    {BYTES("\xcb\x00\x00\x00\x00\x00\x00\x00\x00"), false, 0},
    {BYTES("\xd4\x00\x00"), false, 0},
    {BYTES("\x80"), false, 0},
    {BYTES("\xa1"
           "5"),
     false, 0},
};

START_TEST(other_forms)
{
    struct wire wire = {.at = (const uint8_t *)forms[_i].data, .end = (const uint8_t *)forms[_i].data + forms[_i].size};
    int64_t value = 0;

    ck_assert_int_eq(wire_take_signed(&wire, &value), forms[_i].good);
    ck_assert_int_eq(value, forms[_i].value);
    ck_assert(!forms[_i].good || wire_left(&wire) == 0);
}
END_TEST

static const uint32_t sizes[] = {0, 1, 15, 16, 31, 32, 255, 256, 65535, 65536, 70000};

START_TEST(heads)
{
    uint32_t size = sizes[_i];
    uint8_t *room = calloc(1, WIRE_HEAD_MAX + size);
    msgpack_sbuffer theirs;
    msgpack_packer packer;
    struct wire wire = {.at = room};
    struct text text = {0};
    uint64_t count = 0;

    msgpack_sbuffer_init(&theirs);
    msgpack_packer_init(&packer, &theirs, msgpack_sbuffer_write);
    msgpack_pack_array(&packer, size);
    wire.end = wire_put_list_head(room, size);
    same(room, wire.end, &theirs);
    ck_assert(wire_take_list(&wire, &count) && count == size && wire_left(&wire) == 0);
    wire.at = room;
    ck_assert(!wire_take_text(&wire, &text));
    msgpack_sbuffer_clear(&theirs);
    msgpack_pack_str(&packer, size);
    uint8_t *content = wire_put_text_head(room, size);
    same(room, content, &theirs);
    wire = (struct wire){.at = room, .end = content + size};
    ck_assert(wire_take_text(&wire, &text) && text.size == size && text.at == (const char *)content && wire_left(&wire) == 0);
    wire = (struct wire){.at = room, .end = content + size - (size > 0)};
    ck_assert(wire_take_text(&wire, &text) == (size == 0));
    wire.at = room;
    ck_assert(!wire_take_list(&wire, &count));
    wire.at = room;
    ck_assert(!wire_take_bin(&wire, &text));
    msgpack_sbuffer_clear(&theirs);
    msgpack_pack_bin(&packer, size);
    memcpy(room, theirs.data, theirs.size);
    wire = (struct wire){.at = room, .end = room + theirs.size + size};
    ck_assert(wire_take_bin(&wire, &text) && text.size == size && wire_left(&wire) == 0);
    wire = (struct wire){.at = room, .end = room + theirs.size - 1};
    ck_assert(!wire_take_bin(&wire, &text));
    msgpack_sbuffer_destroy(&theirs);
    free(room);
}
END_TEST

/* Codes of every length, by the word as by the byte. */
START_TEST(codes)
{
    static const char bytes[] = "ABCDEFGHabcdefgh01234567_.-_.-yz";
    uint8_t room[2 + CODE_SIZE];

    for (uint32_t size = 0; size <= CODE_SIZE; size++) {
        struct code code = {{0}}, other;
        struct text text = {0};

        memcpy(code.s, bytes, size);
        ck_assert_uint_eq(code_size(&code), size);
        struct wire wire = {.at = room, .end = wire_put_code(room, &code)};
        ck_assert(wire_take_text(&wire, &text) && wire_left(&wire) == 0);
        ck_assert_uint_eq(text.size, size);
        ck_assert_mem_eq(text.at, bytes, size);
        for (uint32_t i = 0; i < CODE_SIZE; i++) {
            other = code;
            other.s[i] ^= 1;
            ck_assert(code_equal(&code, &code) && !code_equal(&code, &other));
            ck_assert_int_eq(code_order(&code, &other) < 0, memcmp(code.s, other.s, CODE_SIZE) < 0);
        }
    }
}
END_TEST

static const struct {
    const char *data;
    size_t size;
    bool fine;
    uint64_t value;
} unsigned_forms[] = {
    {BYTES("\x00"), true, 0},
    {BYTES("\x7f"), true, 127},
    {BYTES("\xcc\xff"), true, 255},
    {BYTES("\xcd\x01\x00"), true, 256},
    {BYTES("\xce\x01\x00\x00\x00"), true, 1 << 24},
    {BYTES("\xcf\xff\xff\xff\xff\xff\xff\xff\xff"), true, UINT64_MAX},
    {BYTES("\xd0\x7f"), true, 127},
    {BYTES("\xd3\x7f\xff\xff\xff\xff\xff\xff\xff"), true, INT64_MAX},
    {BYTES("\xd0\x80"), false, 0},
    {BYTES("\xd1\xff\xff"), false, 0},
    {BYTES("\xd3\xff\xff\xff\xff\xff\xff\xff\xff"), false, 0},
    {BYTES("\xff"), false, 0},
    {BYTES("\xcd\x01"), false, 0},
    {BYTES("\xca\x00\x00\x00\x00"), false, 0},
    {BYTES("\xc3"), false, 0},
    {BYTES("\xa0"), false, 0},
    {BYTES(""), false, 0},
};

START_TEST(unsigned_numbers)
{
    const uint8_t *data = (const uint8_t *)unsigned_forms[_i].data;
    struct wire wire = {.at = data, .end = data + unsigned_forms[_i].size};
    uint64_t value = 0;

    ck_assert_int_eq(wire_take_unsigned(&wire, &value), unsigned_forms[_i].fine);
    ck_assert(!unsigned_forms[_i].fine || wire_left(&wire) == 0);
    if (unsigned_forms[_i].fine) {
        ck_assert_uint_eq(value, unsigned_forms[_i].value);
    }
}
END_TEST

START_TEST(map_heads)
{
    static const uint8_t map[] = "\x81\xa2id\x05", big[] = "\xdf\x00\x00\x00\x02", middle[] = "\xde\x00\x11";
    struct wire wire = {.at = map, .end = map + 5};
    uint64_t count = 0;
    struct text text;

    ck_assert(!wire_take_text(&wire, &text));
    wire.at = map;
    ck_assert(wire_take_map(&wire, &count));
    ck_assert_uint_eq(count, 1);
    ck_assert(wire_take_text(&wire, &text));
    ck_assert(text_equal(text, text_of("id")));
    ck_assert_ptr_eq(wire.at, map + 4);
    ck_assert(!wire_take_map(&wire, &count));
    wire = (struct wire){.at = map + 1, .end = map + 3};
    ck_assert(!wire_take_text(&wire, &text));
    wire = (struct wire){.at = big, .end = big + 5};
    ck_assert(wire_take_map(&wire, &count));
    ck_assert_uint_eq(count, 2);
    wire = (struct wire){.at = big, .end = big + 4};
    ck_assert(!wire_take_map(&wire, &count));
    wire = (struct wire){.at = middle, .end = middle + 3};
    ck_assert(wire_take_map(&wire, &count));
    ck_assert_uint_eq(count, 17);
    wire = (struct wire){.at = middle, .end = middle};
    ck_assert(!wire_take_map(&wire, &count));
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {{numbers, SUITE_COUNT(edges)},
                                       {largest},
                                       {other_forms, SUITE_COUNT(forms)},
                                       {unsigned_numbers, SUITE_COUNT(unsigned_forms)},
                                       {map_heads},
                                       {heads, SUITE_COUNT(sizes)},
                                       {codes}};
    return suite_run(&(struct suite){.name = "wire", .tests = tests, .count = SUITE_COUNT(tests)});
}
