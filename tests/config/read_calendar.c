/* read_calendar.c - reads calendars of a folder and answers lines of numbers, for test_calendar_recount.py.
 * Usage: read-calendar FOLDER ZONE. Each line of standard input: calendar kind amount from_at until_at counted_ms
 * Each answer: due provisional counted after after_provisional, then ms by reason (enum interval_why), then "ok" if the intervals
 * follow each other up to until_at. */
#include "config/calendars.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void answer(const struct calendar *calendar, struct span span, int64_t from_at, int64_t until_at, int64_t counted_ms)
{
    struct due due = calendar_due(calendar, from_at, span), after = calendar_after(calendar, span.kind, from_at, counted_ms);
    printf("%" PRId64 " %d %" PRId64 " %" PRId64 " %d", due.at, due.provisional,
           calendar_counted(calendar, span.kind, from_at, until_at), after.at, after.provisional);
    int64_t ms[INTERVAL_WHY_COUNT] = {0};
    int64_t at = from_at;
    while (at < until_at) {
        int64_t end;
        const char *name;
        enum interval_why why = calendar_interval(calendar, span.kind, at, until_at, &end, &name);
        if (end <= at || end > until_at) {
            break;
        }
        ms[why] += end - at;
        at = end;
    }
    for (uint32_t why = 0; why < INTERVAL_WHY_COUNT; why++) {
        printf(" %" PRId64, ms[why]);
    }
    printf(" %s\n", at == until_at ? "ok" : "broken");
}

int main(int argc, char **argv)
{
    static struct faults faults;
    static struct calendars calendars;
    char line[256];
    faults_init(&faults);
    if (argc != 3 || calendars_read(argv[1], argv[2], &faults, &calendars) < 0) {
        return 2;
    }
    for (uint32_t i = 0; i < faults.count; i++) {
        fprintf(stderr, "%s\n", fault_text(&faults.at[i], line, sizeof(line)));
    }
    if (faults.count > 0) {
        return 1;
    }
    while (fgets(line, sizeof(line), stdin) != NULL) {
        uint32_t calendar, kind;
        int64_t amount, from_at, until_at, counted_ms;
        if (sscanf(line, "%" SCNu32 " %" SCNu32 " %" SCNd64 " %" SCNd64 " %" SCNd64 " %" SCNd64, &calendar, &kind, &amount,
                   &from_at, &until_at, &counted_ms) != 6 ||
            calendar >= calendars.count) {
            return 2;
        }
        answer(calendars.at[calendar], (struct span){(enum time_kind)kind, amount}, from_at, until_at, counted_ms);
    }
    calendars_deinit(&calendars);
    return 0;
}
