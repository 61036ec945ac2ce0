/*
 * items.c - what the rates count, item by item, from the rows of a stopped dispatcher: the same rows for a peer
 *
 *   bench-items DATA
 *
 * A line for each item of answered_rate, closed_rate, on_time_rate, call_on_time_rate and citizen_on_time_rate, as PostgreSQL's
 * COPY takes it: metric, instant in ms, accountable unit, street, 1 if it counts in the numerator. Items that are not counted
 * (void, or running and not yet late) are left out.
 */
#include "dispatcher/core/metrics.h"
#include "dispatcher/store/store.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { IDS = 4096 };

static void print_item(enum metric metric, int64_t at_ms, const struct code *acct, const struct code *street, bool counts)
{
    struct text unit = text_of_code(acct), where = text_of_code(street);
    printf("%s\t%" PRId64 "\t%.*s\t%.*s\t%d\n", metric_info(metric)->name, at_ms, (int)unit.size, unit.at, (int)where.size,
           where.at, counts);
}

static void print_case(const struct case_row *c)
{
    if (c->counted_received) {
        print_item(METRIC_ANSWERED_RATE, c->received_at, &c->counted_acct, &c->dims.street, c->counted_answered);
        print_item(METRIC_CLOSED_RATE, c->received_at, &c->counted_acct, &c->dims.street, c->counted_closed);
    }
}

static void print_clock(const struct clock_row *clock)
{
    if (clock->counted == 0) {
        return;
    }
    enum metric metric = clock->kind == CLOCK_KIND_HANDLE   ? METRIC_ON_TIME_RATE
                         : clock->kind == CLOCK_KIND_FINISH ? METRIC_CALL_ON_TIME_RATE
                                                            : METRIC_CITIZEN_ON_TIME_RATE;
    print_item(metric, clock->due_at, &clock->acct, &clock->dims.street, clock->counted == 1);
}

static void print_table(struct store *store, enum row_table table)
{
    static uint64_t ids[IDS];
    struct tables tables = {0};
    size_t count;
    store_tables(store, &tables);
    for (uint64_t from = 0; (count = store_ids_from(store, table, from, ids, IDS)) > 0; from = ids[count - 1] + 1) {
        for (size_t i = 0; i < count; i++) {
            union any_row row;
            if (!tables_get(&tables, table, ids[i], &row)) {
                continue;
            }
            if (table == ROW_CASE) {
                print_case(&row.case_row);
            } else {
                print_clock(&row.clock_row);
            }
        }
    }
}

int main(int argc, char **argv)
{
    char path[4096];
    struct store *store;
    if (argc != 2 || strlen(argv[1]) + sizeof("/rows") > sizeof(path)) {
        fprintf(stderr, "usage: bench-items DATA\n");
        return 2;
    }
    snprintf(path, sizeof(path), "%s/rows", argv[1]);
    int rc = store_open(&(struct store_options){.path = path, .read_only = true}, &store);
    if (rc < 0) {
        fprintf(stderr, "bench-items: the rows of %s cannot be read: %s\n", argv[1], strerror(-rc));
        return 4;
    }
    print_table(store, ROW_CASE);
    print_table(store, ROW_CLOCK);
    rc = store_failed(store);
    store_close(store);
    return rc < 0 || fflush(stdout) != 0 ? 4 : 0;
}
