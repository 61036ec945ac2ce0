/* halfday.c - the hours in which a citizen may be asked, and the half-days of the district */
#include "workers/halfday.h"

#include <assert.h>
#include <stdlib.h>

#define MINUTE_MS 60000
#define HALF_MS (INT64_C(43200000))
#define DAY_MS (2 * HALF_MS)

static int64_t floor_div(int64_t a, int64_t b)
{
    return a >= 0 ? a / b : -((-a + b - 1) / b);
}

/* `9` or `09:30` at *at; moves it. */
static bool take_minute(const char **at, int *ret)
{
    char *end;
    long hour, minute = 0;

    if (**at < '0' || **at > '9') {
        return false;
    }
    hour = strtol(*at, &end, 10);
    if (*end == ':') {
        if (end[1] < '0' || end[1] > '5' || end[2] < '0' || end[2] > '9') {
            return false;
        }
        minute = (end[1] - '0') * 10 + (end[2] - '0');
        end += 3;
    }
    if (hour > 24) {
        return false;
    }
    *at = end;
    *ret = (int)(hour * 60 + minute);
    return *ret <= 24 * 60;
}

bool halfday_parse(const char *text, struct halfday_hours *ret)
{
    struct halfday_hours hours = {0};
    int last = 0;

    for (;;) {
        int from, until;

        while (*text == ' ') {
            text++;
        }
        if (*text == '\0') {
            break;
        }
        if (hours.count == HALFDAY_SHIFTS_MAX || !take_minute(&text, &from) || *text++ != '-' || !take_minute(&text, &until) ||
            from < last || until <= from || (*text != ' ' && *text != '\0')) {
            return false;
        }
        hours.at[hours.count].from_min = from;
        hours.at[hours.count++].until_min = last = until;
    }
    if (hours.count == 0) {
        return false;
    }
    *ret = hours;
    return true;
}

int64_t halfday_of(int64_t local_ms)
{
    return floor_div(local_ms, HALF_MS);
}

int64_t halfday_next(const struct halfday_hours *hours, int64_t local_ms, int64_t after)
{
    int64_t least_ms = after >= 0 && (after + 1) * HALF_MS > local_ms ? (after + 1) * HALF_MS : local_ms;
    int64_t day_ms = floor_div(least_ms, DAY_MS) * DAY_MS;

    assert(hours->count > 0);
    for (;; day_ms += DAY_MS) { /* the next day at the latest */
        for (uint32_t i = 0; i < hours->count; i++) {
            int64_t from_ms = day_ms + (int64_t)hours->at[i].from_min * MINUTE_MS;
            int64_t until_ms = day_ms + (int64_t)hours->at[i].until_min * MINUTE_MS;
            int64_t at_ms = from_ms > least_ms ? from_ms : least_ms;

            if (at_ms < until_ms) {
                return at_ms;
            }
        }
    }
}
