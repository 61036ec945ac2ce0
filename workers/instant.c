/* instant.c - instants as text, in RFC 3339 */
#include "workers/instant.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define DAY_S 86400

const char *instant_print(int64_t at_ms, int64_t offset_ms, char *ret, size_t size)
{
    int64_t local_ms = at_ms + offset_ms;
    int64_t ms = ((local_ms % 1000) + 1000) % 1000;
    time_t seconds = (time_t)((local_ms - ms) / 1000);
    int minutes = (int)(offset_ms / 60000);
    int distance = minutes < 0 ? -minutes : minutes;
    struct tm parts;

    gmtime_r(&seconds, &parts);
    size_t used = strftime(ret, size, "%Y-%m-%dT%H:%M:%S", &parts);
    snprintf(ret + used, size - used, ".%03d%c%02d:%02d", (int)ms, minutes < 0 ? '-' : '+', distance / 60, distance % 60);
    return ret;
}

/* Two digits at *at within least..most; moves *at. */
static bool take_two(const char **at, int least, int most, int *ret)
{
    const char *s = *at;

    if (s[0] < '0' || s[0] > '9' || s[1] < '0' || s[1] > '9') {
        return false;
    }
    *ret = (s[0] - '0') * 10 + (s[1] - '0');
    *at = s + 2;
    return *ret >= least && *ret <= most;
}

static bool take(const char **at, char c)
{
    if (**at != c) {
        return false;
    }
    (*at)++;
    return true;
}

static bool take_date(const char **at, struct tm *ret)
{
    int century, year, month;

    if (!take_two(at, 0, 99, &century) || !take_two(at, 0, 99, &year) || !take(at, '-') || !take_two(at, 1, 12, &month) ||
        !take(at, '-') || !take_two(at, 1, 31, &ret->tm_mday)) {
        return false;
    }
    ret->tm_year = century * 100 + year - 1900;
    ret->tm_mon = month - 1;
    return century > 0;
}

static bool take_time(const char **at, struct tm *ret, int64_t *ret_ms)
{
    int64_t scale = 100;

    *ret_ms = 0;
    if (!take_two(at, 0, 23, &ret->tm_hour) || !take(at, ':') || !take_two(at, 0, 59, &ret->tm_min)) {
        return false;
    }
    if (!take(at, ':')) {
        return true;
    }
    if (!take_two(at, 0, 59, &ret->tm_sec)) {
        return false;
    }
    if (take(at, '.')) {
        for (; **at >= '0' && **at <= '9'; (*at)++, scale /= 10) {
            *ret_ms += (**at - '0') * scale;
        }
    }
    return true;
}

static bool take_offset(const char **at, int64_t *ret_s)
{
    int hours, minutes;
    int sign = **at == '-' ? -1 : 1;

    *ret_s = 0;
    if (take(at, 'Z')) {
        return true;
    }
    if ((!take(at, '+') && !take(at, '-')) || !take_two(at, 0, 23, &hours) || !take(at, ':') || !take_two(at, 0, 59, &minutes)) {
        return false;
    }
    *ret_s = sign * (hours * 3600 + minutes * 60);
    return true;
}

bool instant_parse(const char *text, int64_t *ret_at_ms)
{
    const char *at = text;
    struct tm parts = {0};
    int64_t ms, offset_s;

    if (!take_date(&at, &parts) || (!take(&at, 'T') && !take(&at, ' ')) || !take_time(&at, &parts, &ms) ||
        !take_offset(&at, &offset_s) || *at != '\0') {
        return false;
    }
    int day = parts.tm_mday;
    time_t seconds = timegm(&parts);
    if (parts.tm_mday != day) { /* 30 February */
        return false;
    }
    *ret_at_ms = ((int64_t)seconds - offset_s) * 1000 + ms;
    return true;
}
