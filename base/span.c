/* span.c - spans of time as people write and read them */
#include "base/span.h"

#include "base/i18n.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#define HOUR_MS INT64_C(3600000)
#define DAY_MS (24 * HOUR_MS)
#define DIGITS_MAX 15
#define PRINTED 5 /* units in which spans are told */

const struct span_unit span_units[SPAN_UNITS] = {
    {NC_("span", "d"), DAY_MS, true, false},
    {NC_("span", "h"), HOUR_MS, false, false},
    {NC_("span", "min"), 60000, false, false},
    {NC_("span", "s"), 1000, false, false},
    {NC_("span", "ms"), 1, false, false},
    {"nd", DAY_MS, true, false},
    {"wh", HOUR_MS, false, true},
    {"wd", DAY_MS, true, true},
};

const struct span_unit *span_split(const char *text, int64_t *ret_count)
{
    const char *at = text;
    int64_t count = 0;

    while (*at >= '0' && *at <= '9' && at - text < DIGITS_MAX) {
        count = count * 10 + (*at++ - '0');
    }
    if (at == text) {
        return NULL;
    }
    while (*at == ' ') {
        at++;
    }
    for (size_t i = 0; i < SPAN_UNITS; i++) {
        if (strcmp(at, span_units[i].name) == 0) {
            *ret_count = count;
            return &span_units[i];
        }
    }
    return NULL;
}

bool span_read(const char *text, int64_t most_ms, int64_t *ret_ms)
{
    int64_t count;
    const struct span_unit *unit = span_split(text, &count);

    if (unit == NULL || unit->working || count > most_ms / unit->ms) {
        return false;
    }
    *ret_ms = count * unit->ms;
    return true;
}

const char *span_or_off(const char *text, const char *wanted, const struct span_unit **ret_unit, int64_t *ret_count)
{
    int64_t count = 0;

    if (strcmp(text, "0") == 0 || strcmp(text, "off") == 0) {
        *ret_unit = &span_units[PRINTED - 1];
        *ret_count = 0;
        return NULL;
    }
    const struct span_unit *unit = span_split(text, &count);
    if (unit == NULL) {
        return wanted;
    }
    if (count == 0) {
        return _("write `off`");
    }
    if (count > SPAN_DAYS_MAX * DAY_MS / unit->ms) {
        return _("write at most `3660 d`");
    }
    *ret_unit = unit;
    *ret_count = count;
    return NULL;
}

const char *span_parse(const char *text, int64_t *ret_ms)
{
    const char *const wanted = _("write a number and a unit of natural time, as `30 min`, `2 h`, `5 d`, `90 s`, or `off`");
    const struct span_unit *unit = NULL;
    int64_t count = 0;
    const char *why = span_or_off(text, wanted, &unit, &count);

    if (why != NULL) {
        return why;
    }
    assert(unit != NULL);
    if (unit->working) {
        return _("this is not a limit of a clock: write natural time, as `30 min`, `2 h` or `5 d`");
    }
    *ret_ms = count * unit->ms;
    return NULL;
}

char *span_print(int64_t span_ms, char ret[SPAN_SIZE])
{
    const char *sign = span_ms < 0 ? "-" : "";
    int64_t rest = span_ms < 0 ? -span_ms : span_ms;
    size_t i = 0;

    while (i + 1 < PRINTED && rest < span_units[i].ms) {
        i++;
    }
    int64_t large = rest / span_units[i].ms;
    int64_t small = i + 1 < PRINTED ? rest % span_units[i].ms / span_units[i + 1].ms : 0;
    if (small > 0) {
        snprintf(ret, SPAN_SIZE, "%s%lld %s %lld %s", sign, (long long)large, i18n_in("span", span_units[i].name), (long long)small,
                 i18n_in("span", span_units[i + 1].name));
    } else {
        snprintf(ret, SPAN_SIZE, "%s%lld %s", sign, (long long)large, i18n_in("span", span_units[i].name));
    }
    return ret;
}

char *span_print_parts(int64_t span_ms, bool in_hours, char ret[SPAN_SIZE])
{
    uint64_t rest = span_ms < 0 ? -(uint64_t)span_ms : (uint64_t)span_ms;
    int size = snprintf(ret, SPAN_SIZE, "%s", span_ms < 0 ? "-" : ""), sign = size;

    for (size_t i = in_hours ? 1 : 0; i < PRINTED; i++) {
        uint64_t count = rest / (uint64_t)span_units[i].ms;
        rest %= (uint64_t)span_units[i].ms;
        if (count > 0) {
            size += snprintf(ret + size, SPAN_SIZE - (size_t)size, "%s%llu %s", size > sign ? " " : "", (unsigned long long)count,
                             i18n_in("span", span_units[i].name));
        }
    }
    if (size == 0) {
        snprintf(ret, SPAN_SIZE, "0 %s", i18n_in("span", "min"));
    }
    return ret;
}
