/*
 * period.h - reporting periods: days, months, quarters, years of a district
 *
 * A day begins at the district's `day_start`, a reporting month on its `month_start`: with 19, the month 2026-10 is from 2026-09-19
 * to 2026-10-18. Quarters and years are three and twelve such months. Pure but for the zone that the caller lends.
 */
#ifndef HUYING_CLIENTS_PERIOD_H
#define HUYING_CLIENTS_PERIOD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct zone; /* config/zone.h */

enum period_kind { PERIOD_NONE, PERIOD_DAYS, PERIOD_MONTH, PERIOD_QUARTER, PERIOD_YEAR };

struct period {
    enum period_kind kind;
    int32_t year, month;      /* months, quarters, years: the first month, from 1 */
    int64_t first, last;      /* days since 1970-01-01, both included */
    bool has_first, has_last; /* days: an end may be open */
};

/* How a district reports. Borrows the zone. */
struct reporting {
    const struct zone *zone;
    int32_t day_start_ms;
    uint32_t month_start; /* 1 to 28 */
};

#define PERIOD_SIZE 64 /* longest printed form and its end */

/* Reads `2026-10`, `2026-Q4`, `2026`, `2026-10-01` or `2026-10-01..2026-10-15`. Returns NULL, or a borrowed sentence that says what
 * to write. */
const char *period_parse(const char *text, uint32_t month_start, struct period *ret);

/* Reads one day into an end of a period of days, `first` or last. Returns as period_parse. */
const char *period_parse_end(const char *text, bool first, struct period *period);

/* The period of the same kind before it; of days as many days. Requires both ends. */
void period_before(const struct period *period, uint32_t month_start, struct period *ret);

/* The same period a year before; 29 February becomes the 28th. Requires both ends. */
void period_year_before(const struct period *period, uint32_t month_start, struct period *ret);

/* First instant, and first instant after it, both within what the language knows; 0: open. */
void period_instants(const struct period *period, const struct reporting *reporting, int64_t *ret_from_at, int64_t *ret_until_at);

/* Prints `2026-10-01 to 2026-10-31`, `from 2026-10-01`, `to 2026-10-31` or "". Returns `ret`. */
char *period_print(const struct period *period, char ret[PERIOD_SIZE]);

#endif
