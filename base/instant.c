/* instant.c - instants as text, in RFC 3339 */
#include "base/instant.h"

#include <stdio.h>

char *instant_print(int64_t at_ms, int32_t offset_s, char ret[INSTANT_SIZE])
{
    struct civil c;
    bool utc = offset_s == INSTANT_UTC || offset_s % 60 != 0;
    civil_from_ms(utc ? at_ms : at_ms + offset_s * INT64_C(1000), &c);
    int size =
        snprintf(ret, INSTANT_SIZE, "%04d-%02d-%02dT%02d:%02d:%02d.%03d", c.year, c.month, c.day, c.hour, c.minute, c.second, c.ms);
    if (utc) {
        snprintf(ret + size, INSTANT_SIZE - (size_t)size, "Z");
        return ret;
    }
    int32_t minutes = (offset_s < 0 ? -offset_s : offset_s) / 60;
    snprintf(ret + size, INSTANT_SIZE - (size_t)size, "%c%02d:%02d", offset_s < 0 ? '-' : '+', minutes / 60, minutes % 60);
    return ret;
}

char *instant_print_plain(int64_t at_ms, int32_t offset_s, char ret[INSTANT_SIZE])
{
    struct civil c;
    civil_from_ms(offset_s == INSTANT_UTC ? at_ms : at_ms + offset_s * INT64_C(1000), &c);
    snprintf(ret, INSTANT_SIZE, "%04d-%02d-%02d %02d:%02d:%02d", c.year, c.month, c.day, c.hour, c.minute, c.second);
    return ret;
}

/* Reads exactly `digits` digits and moves on. */
static bool take_number(const char **at, int digits, int32_t *ret)
{
    int32_t value = 0;
    for (int i = 0; i < digits; i++) {
        char c = (*at)[i];
        if (c < '0' || c > '9') {
            return false;
        }
        value = value * 10 + (c - '0');
    }
    *at += digits;
    *ret = value;
    return true;
}

static bool take_char(const char **at, char wanted)
{
    if (**at != wanted) {
        return false;
    }
    (*at)++;
    return true;
}

static bool take_date(const char **at, struct civil *ret)
{
    if (!take_number(at, 4, &ret->year) || !take_char(at, '-') || !take_number(at, 2, &ret->month) || !take_char(at, '-') ||
        !take_number(at, 2, &ret->day)) {
        return false;
    }
    if (ret->year < 1 || ret->month < 1 || ret->month > 12) {
        return false;
    }
    return ret->day >= 1 && ret->day <= civil_days_in_month(ret->year, ret->month);
}

static bool take_fraction(const char **at, struct civil *ret)
{
    int32_t scale = 100;
    if (**at < '0' || **at > '9') {
        return false;
    }
    for (; **at >= '0' && **at <= '9'; (*at)++) {
        ret->ms += (**at - '0') * scale;
        scale /= 10;
    }
    return true;
}

static bool take_time(const char **at, struct civil *ret)
{
    if (!take_number(at, 2, &ret->hour) || !take_char(at, ':') || !take_number(at, 2, &ret->minute)) {
        return false;
    }
    if (take_char(at, ':')) {
        if (!take_number(at, 2, &ret->second)) {
            return false;
        }
        if (take_char(at, '.') && !take_fraction(at, ret)) {
            return false;
        }
    }
    return ret->hour < 24 && ret->minute < 60 && ret->second < 60;
}

/* Reads `Z` or `+08:00`. */
static bool take_offset(const char **at, int32_t *ret_offset_s)
{
    if (take_char(at, 'Z') || take_char(at, 'z')) {
        *ret_offset_s = 0;
        return true;
    }
    int32_t sign = take_char(at, '-') ? -1 : take_char(at, '+') ? 1 : 0;
    int32_t hours = 0;
    int32_t minutes = 0;
    if (sign == 0 || !take_number(at, 2, &hours) || !take_char(at, ':') || !take_number(at, 2, &minutes) || hours > 23 ||
        minutes > 59) {
        return false;
    }
    *ret_offset_s = sign * (hours * 3600 + minutes * 60);
    return true;
}

enum instant_form instant_read(const char *text, struct civil *ret, int32_t *ret_offset_s)
{
    *ret = (struct civil){0};
    const char *at = text;
    if (!take_date(&at, ret)) {
        return INSTANT_NONE;
    }
    if (*at == '\0') {
        return INSTANT_DAY;
    }
    if ((!take_char(&at, 'T') && !take_char(&at, 't') && !take_char(&at, ' ')) || !take_time(&at, ret)) {
        return INSTANT_NONE;
    }
    if (*at == '\0') {
        return INSTANT_LOCAL;
    }
    return take_offset(&at, ret_offset_s) && *at == '\0' ? INSTANT_OFFSET : INSTANT_NONE;
}

bool instant_parse(const char *text, int64_t *ret_at_ms)
{
    struct civil civil;
    int32_t offset_s = 0;
    if (instant_read(text, &civil, &offset_s) != INSTANT_OFFSET) {
        return false;
    }
    *ret_at_ms = civil_ms(&civil) - offset_s * INT64_C(1000);
    return true;
}
