/* submit_check.c - see submit_check.h */
#include "proto/submit_check.h"

#include "proto/blank.h"

#include <string.h>
#include <strings.h>
#include <utf8proc.h>

/* Half-width and full-width forms, and the dashes that word processors make. */
static bool is_mark(int32_t point)
{
    static const int32_t marks[] = {'+', '-', '(', ')', '.', ',', ';', ':', '/', '*', '#', '~', '_', 0x3001};
    if (point >= 0xff01 && point <= 0xff5e) {
        point -= 0xfee0;
    }
    for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
        if (point == marks[i]) {
            return true;
        }
    }
    return (point >= 0x2010 && point <= 0x2015) || point == 0x2212;
}

static bool is_digit(int32_t point)
{
    return (point >= '0' && point <= '9') || (point >= 0xff10 && point <= 0xff19);
}

/* Bytes of a word that leads an extension, at the beginning of the text; 0: none stands there. */
static uint32_t extension_size(struct text text)
{
    static const char *const words[] = {"extn", "ext", "x", "转接", "转", "分机"};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        uint32_t size = (uint32_t)strlen(words[i]);
        if (size <= text.size && strncasecmp(text.at, words[i], size) == 0) {
            return size;
        }
    }
    return 0;
}

bool submit_check_phone(struct text phone)
{
    uint32_t digits = 0;
    while (phone.size > 0) {
        int32_t point;
        utf8proc_ssize_t size = utf8proc_iterate((const utf8proc_uint8_t *)phone.at, (utf8proc_ssize_t)phone.size, &point);
        if (size <= 0) {
            return false;
        }
        if (is_digit(point)) {
            digits++;
        } else if (!is_mark(point) && !blank_is(point)) {
            size = (utf8proc_ssize_t)extension_size(phone);
            if (size == 0 || digits == 0) {
                return false;
            }
        }
        phone = (struct text){.at = phone.at + size, .size = phone.size - (uint32_t)size};
    }
    return digits > 0;
}

enum refusal submit_check(const struct submit_command *submit, const char **ret_field)
{
    if (submit->anonymous && (submit->reporter_name.size > 0 || submit->reporter_phone.size > 0)) {
        *ret_field = "anonymous";
        return REFUSAL_BAD_FIELD;
    }
    *ret_field = "reporter_phone";
    if (submit->reporter_phone.size > 0 && !submit_check_phone(submit->reporter_phone)) {
        return REFUSAL_BAD_FIELD;
    }
    if (submit->reporter_phone.size == 0 && !submit->anonymous && !submit->no_reply && !submit->secrecy) {
        return REFUSAL_INCOMPLETE;
    }
    *ret_field = "text";
    return submit->title.size == 0 && submit->text.size == 0 ? REFUSAL_INCOMPLETE : REFUSAL_NONE;
}
