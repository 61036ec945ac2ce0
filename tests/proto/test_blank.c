/* test_blank.c - what nobody sees: at the ends of a text, as a whole text, in a message. */

#include "proto/blank.h"
#include "tests/suite.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#define ZWSP "\xe2\x80\x8b"
#define ZWNJ "\xe2\x80\x8c"
#define ZWJ "\xe2\x80\x8d"
#define LRM "\xe2\x80\x8e"
#define NBSP "\xc2\xa0"
#define WIDE "\xe3\x80\x80"
#define BOM "\xef\xbb\xbf"
#define VS16 "\xef\xb8\x8f"

/* Every White_Space of Unicode 15, and Default_Ignorable by its ends. */
static const int32_t invisible[] = {
    0x9,     0xa,     0xb,     0xc,     0xd,     0x20,    0x85,    0xa0,    0xad,    0x34f,  0x61c,  0x115f,
    0x1160,  0x1680,  0x17b4,  0x17b5,  0x180b,  0x180e,  0x180f,  0x2000,  0x2005,  0x200a, 0x200b, 0x200c,
    0x200d,  0x200e,  0x200f,  0x2028,  0x2029,  0x202a,  0x202e,  0x202f,  0x205f,  0x2060, 0x2065, 0x206f,
    0x2800,  0x3000,  0x3164,  0xfe00,  0xfe0f,  0xfeff,  0xffa0,  0xfff0,  0xfff8,  0xfff9, 0xfffb, 0x1bca0,
    0x1bca3, 0x1d173, 0x1d17a, 0xe0000, 0xe0001, 0xe007f, 0xe0100, 0xe01ef, 0xe0fff,
};
static const int32_t visible[] = {0x0,    0x1f,   0x21,   0x7f,   0x84,   0xa1,   0xae,   0x300,  0x600,   0x6dd,   0x200a + 0x6,
                                  0x2010, 0x2027, 0x2801, 0x3001, 0x4e00, 0xfdff, 0xfffc, 0xfffd, 0x1f600, 0x10ffff};

START_TEST(points)
{
    for (size_t i = 0; i < sizeof(invisible) / sizeof(invisible[0]); i++) {
        ck_assert_msg(blank_is(invisible[i]), "U+%04X", (unsigned)invisible[i]);
    }
    for (size_t i = 0; i < sizeof(visible) / sizeof(visible[0]); i++) {
        ck_assert_msg(!blank_is(visible[i]), "U+%04X", (unsigned)visible[i]);
    }
}
END_TEST

static const struct {
    const char *text, *wanted;
} trims[] = {
    {"", ""},
    {" ", ""},
    {ZWSP NBSP WIDE BOM "\t\r\n", ""},
    {"M01", "M01"},
    {"M01" ZWSP, "M01"},
    {WIDE NBSP " M01\t" WIDE, "M01"},
    {BOM "a b" WIDE "c" ZWSP "d" LRM, "a b" WIDE "c" ZWSP "d"},
    {ZWNJ "\xd9\x85\xdb\x8c" ZWNJ "\xd8\xb1\xd9\x88\xd9\x85" ZWNJ,
     "\xd9\x85\xdb\x8c" ZWNJ "\xd8\xb1\xd9\x88\xd9\x85"},                                       /* Persian */
    {"\xe2\x9d\xa4" VS16 " ", "\xe2\x9d\xa4" VS16},                                             /* a red heart keeps its colour */
    {"\xf0\x9f\x91\xa9" ZWJ "\xf0\x9f\x9a\x92" ZWJ, "\xf0\x9f\x91\xa9" ZWJ "\xf0\x9f\x9a\x92"}, /* a firefighter */
    {"M01" VS16, "M01"}, /* nothing of ASCII has another look */
    {VS16, ""},
    {"\xf0\x9f\x8f\xb4\xf3\xa0\x81\xa7\xf3\xa0\x81\xbf" ZWSP, "\xf0\x9f\x8f\xb4\xf3\xa0\x81\xa7\xf3\xa0\x81\xbf"}, /* a flag */
    {"\xe7\xbf\xa0\xe6\xb9\x96", "\xe7\xbf\xa0\xe6\xb9\x96"},
    {" \xff ", "\xff"},       /* not UTF-8: visible */
    {"\x80 ", "\x80"},        /* a tail without a head */
    {"\xe3\x80", "\xe3\x80"}, /* cut off */
    {"a\xe2\x80\x8b\x8b", "a\xe2\x80\x8b\x8b"},
};

START_TEST(trim)
{
    const struct text got = blank_trim(text_of(trims[_i].text));
    char copy[80];

    ck_assert_uint_eq(got.size, strlen(trims[_i].wanted));
    ck_assert_mem_eq(got.at, trims[_i].wanted, got.size);
    ck_assert(got.at >= trims[_i].text && got.at + got.size <= trims[_i].text + strlen(trims[_i].text));
    ck_assert_int_eq(blank_is_empty(text_of(trims[_i].text)), trims[_i].wanted[0] == '\0');
    strcpy(copy, trims[_i].text);
    ck_assert_str_eq(blank_trim_string(copy), trims[_i].wanted);
}
END_TEST

static const struct {
    const char *text, *wanted;
    size_t size;
} prints[] = {
    {"M01" ZWSP, "M01<U+200B>", 80},
    {"two words", "two words", 80},
    {WIDE "a" NBSP "b\tc\n", "<U+3000>a<U+00A0>b<U+0009>c<U+000A>", 80},
    {"\x1b[31mred", "<U+001B>[31mred", 80}, /* nothing commands the terminal */
    {"\xe2\x80\xaetxt", "<U+202E>txt", 80},
    {"\xff\xe7\xbf\xa0", "<0xFF>\xe7\xbf\xa0", 80},
    {"\xf3\xa0\x80\x81", "<U+E0001>", 80},
    {"\xe2\x9d\xa4" VS16, "\xe2\x9d\xa4" VS16, 80},
    {"\xf0\x9f\x91\xa9" ZWJ "\xf0\x9f\x9a\x92", "\xf0\x9f\x91\xa9" ZWJ "\xf0\x9f\x9a\x92", 80},
    {"\xd9\x85\xdb\x8c" ZWNJ "\xd8\xb1", "\xd9\x85\xdb\x8c" ZWNJ "\xd8\xb1", 80},
    {"\xe7\xbf\xa0" ZWJ "\xe6\xb9\x96", "\xe7\xbf\xa0<U+200D>\xe6\xb9\x96", 80}, /* nothing joins there */
    {"M" VS16, "M<U+FE0F>", 80},
    {"", "", 16},
    {"123456789012345", "123456789012345", 16},
    {"1234567890123456", "123456789012...", 16},
    {"\xe7\xbf\xa0\xe7\xbf\xa0\xe7\xbf\xa0\xe7\xbf\xa0\xe7\xbf\xa0\xe7\xbf\xa0",
     "\xe7\xbf\xa0\xe7\xbf\xa0\xe7\xbf\xa0\xe7\xbf\xa0...", 16},
    {"12345" ZWSP ZWSP, "12345...", 16},
    {"12345678" ZWSP, "12345678...", 16},
    {"1234567" ZWSP, "1234567<U+200B>", 16},
};

START_TEST(print)
{
    char got[80];

    ck_assert_str_eq(blank_print(text_of(prints[_i].text), got, prints[_i].size), prints[_i].wanted);
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {{points}, {trim, SUITE_COUNT(trims)}, {print, SUITE_COUNT(prints)}};
    return suite_run(&(struct suite){.name = "blank", .tests = tests, .count = SUITE_COUNT(tests)});
}
