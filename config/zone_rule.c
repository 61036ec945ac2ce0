/* zone_rule.c - the POSIX rule in the footer of a TZif file */
#include "config/zone_rule.h"

#include "base/civil.h"

#include <assert.h>

#define DAY_S INT64_C(86400)

struct cursor {
    const char *at;
    const char *end;
};

static bool peek(const struct cursor *in, char c)
{
    return in->at < in->end && *in->at == c;
}

static bool skip(struct cursor *in, char c)
{
    if (!peek(in, c)) {
        return false;
    }
    in->at++;
    return true;
}

static bool number(struct cursor *in, int32_t min, int32_t max, int32_t *ret)
{
    int32_t value = 0;
    const char *begin = in->at;
    while (in->at < in->end && *in->at >= '0' && *in->at <= '9' && in->at - begin < 4) {
        value = value * 10 + (*in->at++ - '0');
    }
    if (in->at == begin || value < min || value > max) {
        return false;
    }
    *ret = value;
    return true;
}

/* An abbreviation: three letters or more, or anything between < and >. Its text is of no use here. */
static bool abbreviation(struct cursor *in)
{
    if (skip(in, '<')) {
        while (in->at < in->end && *in->at != '>') {
            in->at++;
        }
        return skip(in, '>');
    }
    const char *begin = in->at;
    while (in->at < in->end && ((*in->at >= 'A' && *in->at <= 'Z') || (*in->at >= 'a' && *in->at <= 'z'))) {
        in->at++;
    }
    return in->at - begin >= 3;
}

/* [+-]hh[:mm[:ss]] */
static bool clock_time(struct cursor *in, int32_t hours_max, int32_t *ret_s)
{
    int32_t sign = 1, hours, minutes = 0, seconds = 0;
    if (skip(in, '-')) {
        sign = -1;
    } else {
        skip(in, '+');
    }
    if (!number(in, 0, hours_max, &hours)) {
        return false;
    }
    if (skip(in, ':')) {
        if (!number(in, 0, 59, &minutes)) {
            return false;
        }
        if (skip(in, ':') && !number(in, 0, 59, &seconds)) {
            return false;
        }
    }
    *ret_s = sign * (hours * 3600 + minutes * 60 + seconds);
    return true;
}

static bool day(struct cursor *in, struct zone_day *ret)
{
    *ret = (struct zone_day){.time_s = 2 * 3600};
    if (skip(in, 'J')) {
        ret->kind = ZONE_DAY_JULIAN;
        if (!number(in, 1, 365, &ret->day)) {
            return false;
        }
    } else if (skip(in, 'M')) {
        ret->kind = ZONE_DAY_MONTH;
        if (!number(in, 1, 12, &ret->month) || !skip(in, '.') || !number(in, 1, 5, &ret->week) || !skip(in, '.') ||
            !number(in, 0, 6, &ret->weekday)) {
            return false;
        }
    } else {
        ret->kind = ZONE_DAY_ZERO;
        if (!number(in, 0, 365, &ret->day)) {
            return false;
        }
    }
    return !skip(in, '/') || clock_time(in, 167, &ret->time_s);
}

bool zone_rule_parse(const char *at, size_t size, struct zone_rule *ret)
{
    struct cursor in = {at, at + size};
    struct zone_rule rule = {0};
    int32_t west_s;
    if (!abbreviation(&in) || !clock_time(&in, 24, &west_s)) {
        return false;
    }
    rule.std_s = -west_s; /* POSIX counts west as positive */
    rule.dst_s = rule.std_s;
    if (in.at < in.end) {
        rule.has_dst = true;
        rule.dst_s = rule.std_s + 3600;
        if (!abbreviation(&in)) {
            return false;
        }
        if (!peek(&in, ',')) {
            if (!clock_time(&in, 24, &west_s)) {
                return false;
            }
            rule.dst_s = -west_s;
        }
        if (!skip(&in, ',') || !day(&in, &rule.start) || !skip(&in, ',') || !day(&in, &rule.end) || in.at != in.end) {
            return false;
        }
    }
    *ret = rule;
    return true;
}

static bool leap(int64_t year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

/* Local seconds since 1970 of a rule's day and time in a year. */
static int64_t local_s(const struct zone_day *on, int32_t year)
{
    int64_t days = civil_to_days(year, 1, 1);
    switch (on->kind) {
    case ZONE_DAY_JULIAN:
        days += on->day - 1 + (leap(year) && on->day >= 60 ? 1 : 0);
        break;
    case ZONE_DAY_ZERO:
        days += on->day;
        break;
    case ZONE_DAY_MONTH: {
        static const int32_t month_days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
        int64_t first = civil_to_days(year, on->month, 1);
        int64_t weekday = ((first + 4) % 7 + 7) % 7; /* 1970-01-01 was a Thursday */
        int64_t in_month = (on->weekday - weekday + 7) % 7 + (int64_t)(on->week - 1) * 7;
        int64_t length = month_days[on->month - 1] + (on->month == 2 && leap(year) ? 1 : 0);
        days = first + (in_month >= length ? in_month - 7 : in_month);
        break;
    }
    }
    return days * DAY_S + on->time_s;
}

void zone_rule_span(const struct zone_rule *rule, int64_t at_s, struct zone_span *ret)
{
    if (!rule->has_dst) {
        *ret = (struct zone_span){INT64_MIN, INT64_MAX, rule->std_s};
        return;
    }
    int64_t days = at_s / DAY_S - (at_s % DAY_S < 0 ? 1 : 0);
    struct civil civil;
    civil_from_days(days, &civil);
    /* Two years on each side: a time of up to 167 hours may push a change into the neighbouring year. */
    struct zone_span best = {INT64_MIN, INT64_MAX, rule->std_s};
    for (int32_t year = civil.year - 2; year <= civil.year + 2; year++) {
        int64_t start_s = local_s(&rule->start, year) - rule->std_s;
        int64_t end_s = local_s(&rule->end, year) - rule->dst_s;
        if (end_s <= at_s && end_s > best.from_s) {
            best.from_s = end_s;
            best.offset_s = rule->std_s;
        }
        /* Where an end and a start fall together (summer time all year) the start wins. */
        if (start_s <= at_s && start_s >= best.from_s) {
            best.from_s = start_s;
            best.offset_s = rule->dst_s;
        }
        if (start_s > at_s && start_s < best.to_s) {
            best.to_s = start_s;
        }
        if (end_s > at_s && end_s < best.to_s) {
            best.to_s = end_s;
        }
    }
    assert(best.from_s != INT64_MIN && best.to_s != INT64_MAX);
    *ret = best;
}
