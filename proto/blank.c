/*
 * blank.c - what of a text nobody sees
 */
#include "proto/blank.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <utf8proc.h>

#define ZERO_WIDTH_NON_JOINER 0x200c
#define ZERO_WIDTH_JOINER 0x200d

static bool is_within(int32_t point, int32_t first, int32_t last)
{
    return point >= first && point <= last;
}

bool blank_is(int32_t point)
{
    if (point < 0x80) {
        return point == ' ' || is_within(point, '\t', '\r');
    }
    if (is_within(point, 0x4e00, 0x9fff) || is_within(point, 0x3001, 0x3029)) {
        return false; /* the characters of Chinese, and their punctuation: most of what is asked */
    }
    if (point == 0x85 || point == 0x2800 || is_within(point, 0xfff9, 0xfffb)) {
        return true;
    }
    /* The library knows the assigned ones; Unicode keeps these for more of their kind. */
    if (point == 0x2065 || is_within(point, 0xfff0, 0xfff8) || is_within(point, 0xe0000, 0xe0fff)) {
        return true;
    }
    const utf8proc_category_t category = utf8proc_category(point);
    return category == UTF8PROC_CATEGORY_ZS || category == UTF8PROC_CATEGORY_ZL || category == UTF8PROC_CATEGORY_ZP ||
           utf8proc_get_property(point)->ignorable;
}

/* Variation selectors and the tags of flags: they say how the character before them looks. */
static bool is_selector(int32_t point)
{
    return is_within(point, 0xfe00, 0xfe0f) || is_within(point, 0xe0100, 0xe01ef) || is_within(point, 0xe0020, 0xe007f) ||
           is_within(point, 0x180b, 0x180d) || point == 0x180f;
}

/* Can a joiner behind this change how it looks? Letters from Arabic to Mongolian, marks on them, symbols. */
static bool is_joining(int32_t point)
{
    const utf8proc_category_t category = utf8proc_category(point);
    return is_within(point, 0x600, 0x1fff) || category == UTF8PROC_CATEGORY_SO || category == UTF8PROC_CATEGORY_SK ||
           is_within(category, UTF8PROC_CATEGORY_MN, UTF8PROC_CATEGORY_ME) || is_selector(point);
}

/* Reads the character at `at`. Returns its size in bytes; *ret is -1 (and the size 1) where the bytes are not UTF-8. */
static uint32_t read_point(const char *at, uint32_t size, int32_t *ret)
{
    const unsigned char *bytes = (const unsigned char *)at;
    *ret = bytes[0];
    if (bytes[0] < 0x80) {
        return 1;
    }
    const utf8proc_ssize_t step = utf8proc_iterate(bytes, (utf8proc_ssize_t)size, ret);
    if (step > 0) {
        return (uint32_t)step;
    }
    *ret = -1;
    return 1;
}

/* As read_point for the character that ends at at[size]. */
static uint32_t read_last(const char *at, uint32_t size, int32_t *ret)
{
    uint32_t back = 1;
    while (back < 4 && back < size && ((unsigned char)at[size - back] & 0xc0) == 0x80) {
        back++;
    }
    if (read_point(at + size - back, back, ret) == back) {
        return back;
    }
    *ret = -1;
    return 1;
}

/* How much of the invisible run at text[size] shapes the character before it. */
static uint32_t shaping_size(struct text text, uint32_t size)
{
    int32_t point = -1;
    uint32_t kept = size;
    if (size == 0 || size == text.size || read_last(text.at, size, &point) == 0 || point < 0x80) {
        return size;
    }
    while (kept < text.size) {
        const uint32_t step = read_point(text.at + kept, text.size - kept, &point);
        if (!is_selector(point)) {
            break;
        }
        kept += step;
    }
    return kept;
}

struct text blank_trim(struct text text)
{
    int32_t point = -1;
    uint32_t size = text.size, step = 0;
    while (size > 0 && (step = read_last(text.at, size, &point)) > 0 && blank_is(point)) {
        size -= step;
    }
    if (size == 0) {
        return (struct text){.at = text.at, .size = 0};
    }
    text.size = shaping_size(text, size);
    while ((step = read_point(text.at, text.size, &point)) > 0 && blank_is(point)) {
        text = (struct text){.at = text.at + step, .size = text.size - step};
    }
    return text;
}

bool blank_is_empty(struct text text)
{
    return blank_trim(text).size == 0;
}

char *blank_trim_string(char *s)
{
    const size_t size = strlen(s);
    assert(size <= UINT32_MAX);
    const struct text kept = blank_trim((struct text){.at = s, .size = (uint32_t)size});
    s += kept.at - s;
    s[kept.size] = '\0';
    return s;
}

/* How one character is shown, in `ret`; its size in bytes. `before` is the character before it, -1 at the start. */
static size_t show(const char *at, uint32_t step, int32_t point, int32_t before, char ret[16])
{
    const bool shapes = (is_selector(point) && before >= 0x80) ||
                        ((point == ZERO_WIDTH_JOINER || point == ZERO_WIDTH_NON_JOINER) && before >= 0 && is_joining(before));
    if (point < 0) {
        return (size_t)snprintf(ret, 16, "<0x%02X>", (unsigned char)*at);
    }
    if (point == ' ' || shapes || !(blank_is(point) || utf8proc_category(point) == UTF8PROC_CATEGORY_CC)) {
        memcpy(ret, at, step);
        return step;
    }
    return (size_t)snprintf(ret, 16, "<U+%04X>", (unsigned)point);
}

char *blank_print(struct text text, char *ret, size_t size)
{
    static const char cut[] = "...";
    size_t used = 0, room = 0; /* `room`: bytes behind which the mark of a cut text still fits */
    int32_t before = -1, point = -1;
    assert(size >= 16);
    for (uint32_t i = 0, step = 0; i < text.size; i += step, before = point) {
        char shown[16];
        step = read_point(text.at + i, text.size - i, &point);
        const size_t wanted = show(text.at + i, step, point, before, shown);
        if (used + wanted >= size) {
            memcpy(ret + room, cut, sizeof(cut));
            return ret;
        }
        memcpy(ret + used, shown, wanted);
        used += wanted;
        if (used + sizeof(cut) <= size) {
            room = used;
        }
    }
    ret[used] = '\0';
    return ret;
}
