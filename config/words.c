#include "config/words.h"

#include "proto/gen/limits.h"
#include "proto/i18n.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

/* Digits, perhaps a point (or the comma of some countries) and digits, E, perhaps a sign, digits: with a point or a sign nobody
 * chose that as a code. */
static bool damaged(const char *text)
{
    bool point = false, sign = false;
    const char *at = text;
    while ((*at >= '0' && *at <= '9') || ((*at == '.' || *at == ',') && !point)) {
        point = point || *at == '.' || *at == ',';
        at++;
    }
    if (at == text || (*at != 'E' && *at != 'e'))
        return false;
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
    if (text[0] == '\0')
        return _("write a code");
    if (damaged(text))
        return _("a spreadsheet has turned this code into a number; format the column as text and write the code again");
    if (text[0] == '\'' || text[0] == '=')
        return _("a spreadsheet has put something before this code; format the column as text and write the code alone");
    if (strlen(text) > CODE_SIZE)
        return _("a code has at most 32 characters");
    if (!code_make(text, strlen(text), ret))
        return _("a code has only letters A-Z a-z, digits, `_`, `.` and `-`");
    return NULL;
}

const char *name_parse(const char *text, bool may_be_empty, char **ret)
{
    if (text[0] == '\0' && !may_be_empty)
        return _("write a name");
    if (strlen(text) > LIMIT_LINE_SIZE)
        return _("write at most 1024 bytes");
    for (const char *at = text; *at; at++)
        if ((unsigned char)*at < 0x20 || *at == 0x7f)
            return _("write one line without control characters");
    utf8proc_uint8_t *composed = NULL;
    utf8proc_ssize_t size =
        utf8proc_map((const utf8proc_uint8_t *)text, 0, &composed, UTF8PROC_NULLTERM | UTF8PROC_STABLE | UTF8PROC_COMPOSE);
    if (size < 0 && size != UTF8PROC_ERROR_NOMEM)
        return _("save the file as UTF-8");
    *ret = size < 0 ? NULL : (char *)composed;
    return NULL;
}

char *code_text(const struct code *code, char ret[CODE_SIZE + 1])
{
    memcpy(ret, code->s, CODE_SIZE);
    ret[CODE_SIZE] = '\0';
    return ret;
}
