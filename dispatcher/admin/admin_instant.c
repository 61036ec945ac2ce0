/* admin_instant.c - an instant for people: RFC 3339 with milliseconds, in the time of the district and with its offset */
#include "dispatcher/admin/admin_instant.h"

#include "config/zone.h"

#include <stdio.h>
#include <time.h>

char *admin_instant(const struct zone *zone, int64_t at_ms, char ret[ADMIN_INSTANT_SIZE])
{
    struct civil c;
    if (zone == NULL) {
        time_t seconds = (time_t)(at_ms / 1000);
        struct tm utc;
        size_t used = strftime(ret, ADMIN_INSTANT_SIZE, "%Y-%m-%dT%H:%M:%S", gmtime_r(&seconds, &utc));
        snprintf(ret + used, ADMIN_INSTANT_SIZE - used, ".%03dZ", (int)(at_ms % 1000));
        return ret;
    }
    zone_civil(zone, at_ms, &c);
    int32_t offset = zone_offset_s(zone, at_ms) / 60, east = offset < 0 ? -offset : offset;
    snprintf(ret, ADMIN_INSTANT_SIZE, "%04d-%02d-%02dT%02d:%02d:%02d.%03d%c%02d:%02d", c.year % 10000, c.month, c.day, c.hour,
             c.minute, c.second, c.ms, offset < 0 ? '-' : '+', east / 60, east % 60);
    return ret;
}
