/*
 * alarm.c - early word of a calendar that ends: a year is announced only in autumn, and dues that reach into an unknown one are
 * provisional.
 */
#include "config/zone.h"
#include "dispatcher/engine/state.h"

#include "config/district.h"

#include <stdio.h>

#define DAY_MS INT64_C(86400000)
#define ALARM_BEFORE_MS (60 * DAY_MS)

/* The calendar in use that ends first, or NULL. */
static const struct calendar *first_to_end(const struct district *district)
{
    const struct calendar *first = NULL;

    for (uint32_t i = 0; i < district->unit_count; i++) {
        const struct calendar *calendar = district->calendars[district->units[i].calendar];

        if (calendar->known_until_at != 0 && (first == NULL || calendar->known_until_at < first->known_until_at)) {
            first = calendar;
        }
    }
    return first;
}

/* A year of which the day file has a part: said once for each set, by its first unit's calendar that has one. */
static void say_half(struct engine *engine)
{
    const struct district *district = engine->district;
    char text[256];

    for (uint32_t i = 0; i < district->unit_count; i++) {
        const struct calendar *calendar = district->calendars[district->units[i].calendar];

        if (calendar->half_year == 0) {
            continue;
        }
        snprintf(text, sizeof(text),
                 "Of %d the day file of the calendar %.*s has too little to be the whole year: its dues are provisional. Add the "
                 "missing "
                 "days, or the line `%d,complete`, and send SIGHUP.",
                 calendar->half_year, (int)text_of_code(&calendar->name).size, calendar->name.s, calendar->half_year);
        engine_log(engine, 1, "calendar_half", text);
        return;
    }
}

void alarm_look(struct engine *engine)
{
    say_half(engine);
    engine->ends_first = first_to_end(engine->district);
    engine->alarm_at_ms = engine->ends_first != NULL ? engine->ends_first->known_until_at - ALARM_BEFORE_MS : INT64_MAX;
}

int64_t alarm_calendar_until(const struct engine *engine)
{
    return engine->ends_first != NULL ? engine->ends_first->known_until_at : 0;
}

void alarm_run(struct engine *engine)
{
    char text[256];
    struct civil end;

    if (engine->now_ms < engine->alarm_at_ms) {
        return;
    }
    zone_civil(engine->ends_first->zone, engine->ends_first->known_until_at, &end);
    snprintf(
        text, sizeof(text),
        "The calendar %.*s knows no holidays from %d on: dues that reach that year are provisional. Add the year to its day file, "
        "look at it with `huying config preview`, and send SIGHUP.",
        (int)text_of_code(&engine->ends_first->name).size, engine->ends_first->name.s, end.year);
    engine_log(engine, 1, "calendar_ends", text);
    engine->alarm_at_ms = engine->now_ms + DAY_MS; /* once a day until it is done */
}
