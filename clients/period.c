/*
 * period.c - see period.h
 */
#include "clients/period.h"

#include "base/i18n.h"
#include "config/zone.h"
#include "proto/shape.h"

#include <stdio.h>
#include <string.h>

#define LAST_DAY INT64_C(2932895) /* 9999-12-30: the day after it ends within the instants of the language */

static const char *const wanted =
    N_("write a month as 2026-10, a quarter as 2026-Q4, a year as 2026, a day as 2026-10-01, or days as "
       "2026-10-01..2026-10-15");
static const char *const range = N_("write days from 1970-01-01 to 9999-12-30");

/* Reads exactly `digits` digits and moves on. */
static bool take_number(const char **at, int digits, int32_t *ret)
{
    int32_t value = 0;
    for (int i = 0; i < digits; i++) {
        if ((*at)[i] < '0' || (*at)[i] > '9') {
            return false;
        }
        value = value * 10 + ((*at)[i] - '0');
    }
    *at += digits;
    *ret = value;
    return true;
}

static bool take(const char **at, const char *text)
{
    size_t size = strlen(text);
    if (strncmp(*at, text, size) != 0) {
        return false;
    }
    *at += size;
    return true;
}

/* Reads a day. NULL, or what to write. */
static const char *take_day(const char **at, int64_t *ret)
{
    int32_t year, month, day;
    if (!take_number(at, 4, &year) || !take(at, "-") || !take_number(at, 2, &month) || !take(at, "-") ||
        !take_number(at, 2, &day)) {
        return N_("write a day as 2026-10-01");
    }
    if (year < 1 || month < 1 || month > 12 || day < 1 || day > civil_days_in_month(year, month)) {
        return N_("there is no such day; write one as 2026-10-01");
    }
    *ret = civil_to_days(year, month, day);
    return *ret < 0 || *ret > LAST_DAY ? range : NULL;
}

/* The first day of a reporting month, whose number may be 0 or less, or 13 or more. */
static int64_t month_first(int32_t year, int32_t month, uint32_t month_start)
{
    int32_t months = year * 12 + month - 1 - (month_start > 1 ? 1 : 0);
    return civil_to_days(months / 12, months % 12 + 1, (int32_t)month_start);
}

static void set_months(struct period *period, enum period_kind kind, int32_t year, int32_t month, uint32_t month_start)
{
    static const int32_t months[] = {[PERIOD_MONTH] = 1, [PERIOD_QUARTER] = 3, [PERIOD_YEAR] = 12};
    int32_t index = year * 12 + month - 1;
    *period = (struct period){.kind = kind, .year = index / 12, .month = index % 12 + 1, .has_first = true, .has_last = true};
    period->first = month_first(year, month, month_start);
    period->last = month_first(year, month + months[kind], month_start) - 1;
}

/* Reads what is left of `2026-10`, `2026-Q4` or `2026` after the year. */
static const char *read_months(const char *at, int32_t year, uint32_t month_start, struct period *ret)
{
    int32_t number = 1;
    enum period_kind kind = PERIOD_YEAR;
    if (take(&at, "-Q") || take(&at, "-q")) {
        kind = PERIOD_QUARTER;
        if (!take_number(&at, 1, &number) || number < 1 || number > 4) {
            return N_("there are quarters 1 to 4; write one as 2026-Q4");
        }
        number = number * 3 - 2;
    } else if (take(&at, "-")) {
        kind = PERIOD_MONTH;
        if (!take_number(&at, 2, &number)) {
            return wanted;
        }
        if (number < 1 || number > 12) {
            return N_("there are months 01 to 12; write one as 2026-10");
        }
    }
    if (*at != '\0') {
        return wanted;
    }
    if (year < 1970) {
        return N_("write a year from 1970 to 9999");
    }
    struct period period;
    set_months(&period, kind, year, number, month_start);
    if (period.last > LAST_DAY) {
        return range;
    }
    *ret = period;
    return NULL;
}

const char *period_parse(const char *text, uint32_t month_start, struct period *ret)
{
    const char *at = text;
    int32_t year;
    if (!take_number(&at, 4, &year)) {
        return wanted;
    }
    if (strlen(at) < 4) {
        return read_months(at, year, month_start, ret);
    }
    struct period period = {.kind = PERIOD_DAYS, .has_first = true, .has_last = true};
    at = text;
    if (*at != '\0' && text[4] != '-') {
        return wanted;
    }
    const char *why = take_day(&at, &period.first);
    period.last = period.first;
    if (why == NULL && take(&at, "..")) {
        why = take_day(&at, &period.last);
    }
    if (why == NULL && *at != '\0') {
        why = wanted;
    }
    if (why == NULL && period.last < period.first) {
        why = N_("the last day is before the first");
    }
    if (why == NULL) {
        *ret = period;
    }
    return why;
}

const char *period_parse_end(const char *text, bool first, struct period *period)
{
    int64_t day;
    const char *at = text, *why = take_day(&at, &day);
    if (why == NULL && *at != '\0') {
        why = N_("write a day as 2026-10-01");
    }
    if (why != NULL) {
        return why;
    }
    period->kind = PERIOD_DAYS;
    *(first ? &period->first : &period->last) = day;
    *(first ? &period->has_first : &period->has_last) = true;
    return period->has_first && period->has_last && period->last < period->first ? N_("the last day is before the first") : NULL;
}

static int64_t year_before(int64_t day)
{
    struct civil date;
    civil_from_days(day, &date);
    int32_t most = civil_days_in_month(date.year - 1, date.month);
    return civil_to_days(date.year - 1, date.month, date.day < most ? date.day : most);
}

void period_before(const struct period *period, uint32_t month_start, struct period *ret)
{
    static const int32_t months[] = {[PERIOD_MONTH] = 1, [PERIOD_QUARTER] = 3, [PERIOD_YEAR] = 12};
    if (period->kind != PERIOD_DAYS) {
        set_months(ret, period->kind, period->year, period->month - months[period->kind], month_start);
        return;
    }
    *ret = *period;
    ret->last = period->first - 1;
    ret->first = period->first - (period->last - period->first + 1);
}

void period_year_before(const struct period *period, uint32_t month_start, struct period *ret)
{
    if (period->kind != PERIOD_DAYS) {
        set_months(ret, period->kind, period->year - 1, period->month, month_start);
        return;
    }
    *ret = *period;
    ret->first = year_before(period->first);
    ret->last = year_before(period->last);
}

static int64_t within(int64_t at_ms)
{
    return at_ms < 0 ? 0 : at_ms > INSTANT_MAX ? INSTANT_MAX : at_ms;
}

void period_instants(const struct period *period, const struct reporting *reporting, int64_t *ret_from_at, int64_t *ret_until_at)
{
    *ret_from_at = period->has_first ? within(zone_label(reporting->zone, period->first, reporting->day_start_ms)) : 0;
    *ret_until_at = period->has_last ? within(zone_label(reporting->zone, period->last + 1, reporting->day_start_ms)) : 0;
}

static void print_day(int64_t day, char ret[16])
{
    struct civil date;
    civil_from_days(day, &date);
    snprintf(ret, 16, "%04d-%02d-%02d", date.year % 10000, date.month % 100, date.day % 100);
}

char *period_print(const struct period *period, char ret[PERIOD_SIZE])
{
    char first[16], last[16];
    print_day(period->first, first);
    print_day(period->last, last);
    ret[0] = '\0';
    if (period->has_first && period->has_last) {
        snprintf(ret, PERIOD_SIZE, _("%s to %s"), first, last);
    } else if (period->has_first) {
        snprintf(ret, PERIOD_SIZE, _("from %s"), first);
    } else if (period->has_last) {
        snprintf(ret, PERIOD_SIZE, _("to %s"), last);
    }
    return ret;
}
