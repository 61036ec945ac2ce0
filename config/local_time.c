/* local_time.c - a date and time as somebody's file writes it */
#include "config/local_time.h"

#include <errno.h>
#include <locale.h>
#include <string.h>
#include <time.h>

static const char *parse(const char *format, const char *text, struct tm *ret)
{
    locale_t plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    if (plain == (locale_t)0) {
        return NULL;
    }
    const char *end = strptime_l(text, format, ret, plain);
    freelocale(plain);
    return end;
}

int local_time_parse(const char *format, const struct zone *zone, const char *text, int64_t *ret_at_ms)
{
    struct tm tm = {.tm_mday = 1, .tm_gmtoff = INT32_MAX};
    struct civil back;
    const char *end = parse(format, text, &tm);
    if (end == NULL || *end != '\0') {
        return -EINVAL;
    }
    struct civil civil = {.year = tm.tm_year + 1900,
                          .month = tm.tm_mon + 1,
                          .day = tm.tm_mday,
                          .hour = tm.tm_hour,
                          .minute = tm.tm_min,
                          .second = tm.tm_sec};
    int64_t days = civil_to_days(civil.year, civil.month, civil.day);
    civil_from_days(days, &back);
    if (back.month != civil.month || civil.second > 59) { /* 30 February, a leap second */
        return -EINVAL;
    }
    if (tm.tm_gmtoff != INT32_MAX) {
        *ret_at_ms =
            ((days * 24 + civil.hour) * 60 + civil.minute) * INT64_C(60000) + (civil.second - tm.tm_gmtoff) * INT64_C(1000);
        return 0;
    }
    int64_t at_ms = 0;
    if (zone_instant(zone, &civil, &at_ms) == CIVIL_GAP) {
        return -ERANGE;
    }
    *ret_at_ms = at_ms;
    return 0;
}
