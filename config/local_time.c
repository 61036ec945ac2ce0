/* local_time.c - instants as text in the time of a zone */
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
    if (civil.day > civil_days_in_month(civil.year, civil.month) || civil.second > 59) { /* 30 February, a leap second */
        return -EINVAL;
    }
    if (tm.tm_gmtoff != INT32_MAX) {
        *ret_at_ms = civil_ms(&civil) - tm.tm_gmtoff * INT64_C(1000);
        return 0;
    }
    int64_t at_ms = 0;
    if (zone_instant(zone, &civil, &at_ms) == CIVIL_GAP) {
        return -ERANGE;
    }
    *ret_at_ms = at_ms;
    return 0;
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

int local_time_read(const char *text, const struct zone *zone, int64_t *ret_at_ms)
{
    struct civil civil;
    int32_t offset_s = 0;
    enum instant_form form = instant_read(text, &civil, &offset_s);
    if (form == INSTANT_NONE) {
        return -EINVAL;
    }
    if (form == INSTANT_OFFSET) {
        *ret_at_ms = civil_ms(&civil) - offset_s * INT64_C(1000);
        return 0;
    }
    if (zone == NULL) {
        return -ENODATA;
    }
    if (form == INSTANT_DAY) {
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
    return zone == NULL ? INSTANT_UTC : zone_offset_s(zone, at_ms);
}

char *local_time_print(int64_t at_ms, const struct zone *zone, char ret[INSTANT_SIZE])
{
    return instant_print(at_ms, offset_at(at_ms, zone), ret);
}

char *local_time_print_plain(int64_t at_ms, const struct zone *zone, char ret[INSTANT_SIZE])
{
    return instant_print_plain(at_ms, offset_at(at_ms, zone), ret);
}
