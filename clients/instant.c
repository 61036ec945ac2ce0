/*
 * instant.c - instants and spans as people write and read them
 */
#include "clients/instant.h"

#include "config/zone.h"
#include "proto/i18n.h"

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define DAY_MS INT64_C(86400000)

enum form { FORM_BAD, FORM_DAY, FORM_LOCAL, FORM_OFFSET };

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

static int32_t days_in_month(int32_t year, int32_t month)
{
    return (int32_t)(month == 12 ? 31 : civil_to_days(year, month + 1, 1) - civil_to_days(year, month, 1));
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
    return ret->day >= 1 && ret->day <= days_in_month(ret->year, ret->month);
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

static enum form read_form(const char *text, struct civil *ret, int32_t *ret_offset_s)
{
    *ret = (struct civil){0};
    const char *at = text;
    if (!take_date(&at, ret)) {
        return FORM_BAD;
    }
    if (*at == '\0') {
        return FORM_DAY;
    }
    if ((!take_char(&at, 'T') && !take_char(&at, 't') && !take_char(&at, ' ')) || !take_time(&at, ret)) {
        return FORM_BAD;
    }
    if (*at == '\0') {
        return FORM_LOCAL;
    }
    return take_offset(&at, ret_offset_s) && *at == '\0' ? FORM_OFFSET : FORM_BAD;
}

static int64_t utc_ms(const struct civil *civil)
{
    int64_t days = civil_to_days(civil->year, civil->month, civil->day);
    return days * DAY_MS + ((civil->hour * 60 + civil->minute) * 60 + civil->second) * INT64_C(1000) + civil->ms;
}

/* Noon is never in a gap or a fold, so it names the local day safely. */
static int64_t day_start(const struct civil *date, const struct zone *zone)
{
    struct civil noon = *date;
    noon.hour = 12;
    int64_t at_ms = 0;
    zone_instant(zone, &noon, &at_ms);
    return zone_day_start(zone, at_ms, 0);
}

int instant_parse(const char *text, const struct zone *zone, int64_t *ret_at_ms)
{
    struct civil civil;
    int32_t offset_s = 0;
    enum form form = read_form(text, &civil, &offset_s);
    if (form == FORM_BAD) {
        return -EINVAL;
    }
    if (form == FORM_OFFSET) {
        *ret_at_ms = utc_ms(&civil) - offset_s * INT64_C(1000);
        return 0;
    }
    if (zone == NULL) {
        return -ENODATA;
    }
    if (form == FORM_DAY) {
        *ret_at_ms = day_start(&civil, zone);
        return 0;
    }
    int64_t at_ms = 0;
    if (zone_instant(zone, &civil, &at_ms) == CIVIL_GAP) {
        return -ERANGE;
    }
    *ret_at_ms = at_ms;
    return 0;
}

static int32_t offset_at(int64_t at_ms, const struct zone *zone)
{
    return zone == NULL ? 0 : zone_offset_s(zone, at_ms);
}

/* Civil time at a fixed offset. */
static struct civil civil_at(int64_t at_ms, int32_t offset_s)
{
    int64_t local = at_ms + offset_s * INT64_C(1000);
    int64_t days = local / DAY_MS;
    int64_t rest = local % DAY_MS;
    if (rest < 0) {
        rest += DAY_MS;
        days--;
    }
    struct civil civil = {0};
    civil_from_days(days, &civil);
    civil.hour = (int32_t)(rest / 3600000);
    civil.minute = (int32_t)(rest / 60000 % 60);
    civil.second = (int32_t)(rest / 1000 % 60);
    civil.ms = (int32_t)(rest % 1000);
    return civil;
}

char *instant_print(int64_t at_ms, const struct zone *zone, char ret[INSTANT_SIZE])
{
    int32_t offset_s = offset_at(at_ms, zone);
    bool whole = offset_s % 60 == 0; /* RFC 3339 has no seconds in an offset: such old local times are told in UTC */
    if (!whole) {
        offset_s = 0;
    }
    struct civil c = civil_at(at_ms, offset_s);
    int size =
        snprintf(ret, INSTANT_SIZE, "%04d-%02d-%02dT%02d:%02d:%02d.%03d", c.year, c.month, c.day, c.hour, c.minute, c.second, c.ms);
    if (zone == NULL || !whole) {
        snprintf(ret + size, INSTANT_SIZE - (size_t)size, "Z");
        return ret;
    }
    int32_t minutes = (offset_s < 0 ? -offset_s : offset_s) / 60;
    snprintf(ret + size, INSTANT_SIZE - (size_t)size, "%c%02d:%02d", offset_s < 0 ? '-' : '+', minutes / 60, minutes % 60);
    return ret;
}

static void print_for_view(const void *zone, int64_t at_ms, char ret[VIEW_INSTANT_SIZE])
{
    static_assert(VIEW_INSTANT_SIZE >= INSTANT_SIZE, "an instant fits into a view");
    instant_print(at_ms, zone, ret);
}

struct view_time zone_time(const struct zone *zone)
{
    return (struct view_time){print_for_view, zone};
}

char *instant_print_local(int64_t at_ms, const struct zone *zone, char ret[INSTANT_SIZE])
{
    struct civil c = civil_at(at_ms, offset_at(at_ms, zone));
    snprintf(ret, INSTANT_SIZE, "%04d-%02d-%02d %02d:%02d:%02d", c.year, c.month, c.day, c.hour, c.minute, c.second);
    return ret;
}

char *span_print(int64_t span_ms, char ret[INSTANT_SIZE])
{
    static const struct {
        int64_t ms;
        const char *name;
    } units[] = {{DAY_MS, NC_("span", "d")},
                 {3600000, NC_("span", "h")},
                 {60000, NC_("span", "min")},
                 {1000, NC_("span", "s")},
                 {1, NC_("span", "ms")}};
    const size_t count = sizeof(units) / sizeof(units[0]);
    const char *sign = span_ms < 0 ? "-" : "";
    int64_t rest = span_ms < 0 ? -span_ms : span_ms;
    size_t i = 0;
    while (i + 1 < count && rest < units[i].ms) {
        i++;
    }
    int64_t large = rest / units[i].ms;
    int64_t small = i + 1 < count ? rest % units[i].ms / units[i + 1].ms : 0;
    if (small > 0) {
        snprintf(ret, INSTANT_SIZE, "%s%lld %s %lld %s", sign, (long long)large, i18n_in("span", units[i].name), (long long)small,
                 i18n_in("span", units[i + 1].name));
    } else {
        snprintf(ret, INSTANT_SIZE, "%s%lld %s", sign, (long long)large, i18n_in("span", units[i].name));
    }
    return ret;
}

/* Appends the parts of a span that are not 0, from the unit `first` on. */
static void print_parts(int64_t span_ms, size_t first, char ret[INSTANT_SIZE])
{
    static const struct {
        int64_t ms;
        const char *name;
    } units[] = {{DAY_MS, NC_("span", "d")},
                 {3600000, NC_("span", "h")},
                 {60000, NC_("span", "min")},
                 {1000, NC_("span", "s")},
                 {1, NC_("span", "ms")}};
    uint64_t rest = span_ms < 0 ? -(uint64_t)span_ms : (uint64_t)span_ms;
    int size = snprintf(ret, INSTANT_SIZE, "%s", span_ms < 0 ? "-" : ""), sign = size;
    for (size_t i = first; i < sizeof(units) / sizeof(units[0]); i++) {
        uint64_t count = rest / (uint64_t)units[i].ms;
        rest %= (uint64_t)units[i].ms;
        if (count > 0) {
            size += snprintf(ret + size, INSTANT_SIZE - (size_t)size, "%s%llu %s", size > sign ? " " : "",
                             (unsigned long long)count, i18n_in("span", units[i].name));
        }
    }
    if (size == 0) {
        snprintf(ret, INSTANT_SIZE, "0 %s", i18n_in("span", "min"));
    }
}

bool kind_works(const char *time_kind)
{
    return time_kind != NULL && strncmp(time_kind, "working", 7) == 0;
}

char *span_print_exact(int64_t span_ms, const char *time_kind, char ret[INSTANT_SIZE])
{
    print_parts(span_ms, kind_works(time_kind), ret);
    return ret;
}

char *limit_print(int64_t amount, const char *time_kind, char ret[INSTANT_SIZE])
{
    ret[0] = '\0';
    if (amount == 0 || time_kind == NULL) {
        return ret;
    }
    if (strstr(time_kind, "_days") != NULL) {
        snprintf(ret, INSTANT_SIZE,
                 kind_works(time_kind) ? n_("%lld working day", "%lld working days", (unsigned long)amount)
                                       : n_("%lld natural day", "%lld natural days", (unsigned long)amount),
                 (long long)amount);
        return ret;
    }
    char span[INSTANT_SIZE / 2];
    print_parts(amount, kind_works(time_kind), ret);
    snprintf(span, sizeof(span), "%.31s", ret);
    snprintf(ret, INSTANT_SIZE, "%s%s", span, kind_works(time_kind) ? _(" of working time") : "");
    return ret;
}
