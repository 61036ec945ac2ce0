/* words.c - codes and names as people write them in configuration */
#include "config/words.h"

#include "base/i18n.h"
#include "proto/gen/caps.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

/* Perhaps a sign, digits, perhaps a point (or the comma of some countries) and digits, E, perhaps a sign, digits: with a point or a
 * sign nobody chose that as a code. */
static bool damaged(const char *text)
{
    bool point = false, sign = false;
    text += *text == '-' || *text == '+';
    const char *at = text;
    while ((*at >= '0' && *at <= '9') || ((*at == '.' || *at == ',') && !point)) {
        point = point || *at == '.' || *at == ',';
        at++;
    }
    if (at == text || (*at != 'E' && *at != 'e')) {
        return false;
    }
    at++;
    if (*at == '+' || *at == '-') {
        sign = true;
        at++;
    }
    size_t exponent = strspn(at, "0123456789");
    return exponent > 0 && at[exponent] == '\0' && (point || sign);
}

const char *code_parse(const char *text, struct code *ret)
{
    if (text[0] == '\0') {
        return _("write a code");
    }
    if (damaged(text)) {
        return _("a spreadsheet has turned this code into a number; format the column as text and write the code again");
    }
    if (text[0] == '\'' || text[0] == '=') {
        return _("a spreadsheet has put something before this code; format the column as text and write the code alone");
    }
    if (strlen(text) > CODE_SIZE) {
        return _("a code has at most 32 characters");
    }
    if (!code_make(text, strlen(text), ret)) {
        return _("a code has only letters A-Z a-z, digits, `_`, `.` and `-`");
    }
    return NULL;
}

/* `####` of a column that is too narrow, `#N/A` and its kin of a formula that failed. */
static const char *unshown(const char *text)
{
    static const char *const errors[] = {"#N/A", "#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#NUM!", "#NULL!", "#SPILL!", "#CALC!"};
    if (text[0] == '#' && text[strspn(text, "#")] == '\0' && text[1] == '#') {
        return "a spreadsheet writes `###` where its column is too narrow; make the column wider and save the file again";
    }
    for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
        if (strcasecmp(text, errors[i]) == 0) {
            return "a spreadsheet could not compute this cell; write the reference itself";
        }
    }
    return NULL;
}

/* `14-Mar`, `14-Mar-26`, `Mar-14` and `3月14日`: what `3-14` becomes. Dates of digits alone may be somebody's numbers. */
static bool dated(const char *text)
{
    static const char *const months[] = {"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"};
    static const char month_sign[] = "\xe6\x9c\x88", day_sign[] = "\xe6\x97\xa5";
    size_t digits = strspn(text, "0123456789");
    const char *at = text + digits;
    if (digits >= 1 && digits <= 2 && strncmp(at, month_sign, 3) == 0) {
        at += 3;
        digits = strspn(at, "0123456789");
        return digits >= 1 && digits <= 2 && strcmp(at + digits, day_sign) == 0;
    }
    if (digits > 2 || (digits > 0 && *at != '-')) {
        return false;
    }
    at += digits > 0;
    for (size_t i = 0; i < sizeof(months) / sizeof(months[0]); i++) {
        if (strncasecmp(at, months[i], 3) != 0) {
            continue;
        }
        at += 3;
        if (*at == '\0') {
            return digits > 0;
        }
        size_t year = *at == '-' ? strspn(at + 1, "0123456789") : 0;
        return (year == 2 || year == 4) && at[1 + year] == '\0';
    }
    return false;
}

const char *reference_parse(const char *text)
{
    const char *why = unshown(text);
    if (why != NULL) {
        return why;
    }
    if (damaged(text)) {
        return "a spreadsheet has turned this reference into a number; format the column as text and write the reference again";
    }
    if (dated(text)) {
        return "a spreadsheet has turned this reference into a date; format the column as text and write the reference again";
    }
    if (text[0] == '\'' || text[0] == '=') {
        return "a spreadsheet has put something before this reference; format the column as text and write the reference alone";
    }
    return NULL;
}

bool reference_cut(const char *text)
{
    size_t digits = strspn(text, "0123456789");
    return text[digits] == '\0' && digits > 15 && strspn(text + 15, "0") == digits - 15;
}

const char *name_parse(const char *text, bool may_be_empty, char **ret)
{
    if (text[0] == '\0' && !may_be_empty) {
        return _("write a name");
    }
    if (strlen(text) > CAP_LINE_SIZE) {
        return _("write at most 1024 bytes");
    }
    for (const char *at = text; *at; at++) {
        if ((unsigned char)*at < 0x20 || *at == 0x7f) {
            return _("write one line without control characters");
        }
    }
    utf8proc_uint8_t *composed = NULL;
    utf8proc_ssize_t size =
        utf8proc_map((const utf8proc_uint8_t *)text, 0, &composed, UTF8PROC_NULLTERM | UTF8PROC_STABLE | UTF8PROC_COMPOSE);
    if (size < 0 && size != UTF8PROC_ERROR_NOMEM) {
        return _("save the file as UTF-8");
    }
    *ret = size < 0 ? NULL : (char *)composed;
    return NULL;
}

char *code_text(const struct code *code, char ret[CODE_SIZE + 1])
{
    memcpy(ret, code->s, CODE_SIZE);
    ret[CODE_SIZE] = '\0';
    return ret;
}
