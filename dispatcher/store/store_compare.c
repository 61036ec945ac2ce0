/*
 * store_compare.c - whole tables: ids in order, sizes, and the comparison of two stores.
 */
#include "dispatcher/store/store_inner.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

uint64_t store_count(struct store *store, enum row_table table)
{
    MDB_stat stat = {0};
    if (store_flush_table(store, table) < 0) {
        return 0;
    }
    int rc = mdb_stat(store->txn, store->tables[table], &stat);
    if (rc != 0) {
        store_latch(store, rc);
    }
    return stat.ms_entries;
}

/* Ids from where the cursor stands on, in one direction. */
static size_t collect(struct store *store, MDB_cursor *cursor, int rc, MDB_val *key, MDB_cursor_op step, uint64_t *ret_ids,
                      size_t max)
{
    MDB_val value;
    size_t count = 0;
    while (rc == 0) {
        memcpy(&ret_ids[count++], key->mv_data, sizeof(*ret_ids));
        if (count == max) {
            break;
        }
        rc = mdb_cursor_get(cursor, key, &value, step);
    }
    mdb_cursor_close(cursor);
    if (rc != 0 && rc != MDB_NOTFOUND) {
        store_latch(store, rc);
        return 0;
    }
    return count;
}

/* A cursor on the table's rows as they are now; NULL: the store has failed. */
static MDB_cursor *open_cursor(struct store *store, enum row_table table)
{
    MDB_cursor *cursor;
    if (store_flush_table(store, table) < 0) {
        return NULL;
    }
    int rc = mdb_cursor_open(store->txn, store->tables[table], &cursor);
    if (rc == 0) {
        return cursor;
    }
    store_latch(store, rc);
    return NULL;
}

size_t store_ids_before(struct store *store, enum row_table table, uint64_t before, uint64_t *ret_ids, size_t max)
{
    MDB_val key = {.mv_size = sizeof(before), .mv_data = &before}, value;
    MDB_cursor *cursor = max > 0 ? open_cursor(store, table) : NULL;
    if (cursor == NULL) {
        return 0;
    }
    int rc = before == 0 ? MDB_NOTFOUND : mdb_cursor_get(cursor, &key, &value, MDB_SET_RANGE);
    if (rc == 0) {
        rc = mdb_cursor_get(cursor, &key, &value, MDB_PREV);
    } else if (rc == MDB_NOTFOUND) {
        rc = mdb_cursor_get(cursor, &key, &value, MDB_LAST);
    }
    return collect(store, cursor, rc, &key, MDB_PREV, ret_ids, max);
}

size_t store_ids_from(struct store *store, enum row_table table, uint64_t from, uint64_t *ret_ids, size_t max)
{
    MDB_val key = {.mv_size = sizeof(from), .mv_data = &from}, value;
    MDB_cursor *cursor = max > 0 ? open_cursor(store, table) : NULL;
    if (cursor == NULL) {
        return 0;
    }
    return collect(store, cursor, mdb_cursor_get(cursor, &key, &value, MDB_SET_RANGE), &key, MDB_NEXT, ret_ids, max);
}

struct differ {
    void (*call)(void *arg, const char *table, uint64_t id, const char *what);
    void *arg;
};

/* One side of a comparison of a table. */
struct side {
    MDB_cursor *cursor;
    int table;
    bool have;
    uint64_t id;
    MDB_val row;
};

static int side_next(struct side *side)
{
    MDB_val key;
    int rc = mdb_cursor_get(side->cursor, &key, &side->row, MDB_NEXT);
    side->have = rc == 0;
    if (rc == 0 && (key.mv_size != sizeof(side->id) || !store_sum_right(side->table, key.mv_data, key.mv_size, side->row.mv_data,
                                                                        side->row.mv_size, store_value_size(side->table)))) {
        return -EBADMSG;
    }
    if (rc == 0) {
        memcpy(&side->id, key.mv_data, sizeof(side->id));
    }
    return rc == MDB_NOTFOUND ? 0 : store_errno(rc);
}

static size_t first_difference(const MDB_val *a, const MDB_val *b)
{
    size_t i = 0;
    while (i < a->mv_size && i < b->mv_size && ((const uint8_t *)a->mv_data)[i] == ((const uint8_t *)b->mv_data)[i]) {
        i++;
    }
    return i;
}

static int64_t compare_sides(struct side *a, struct side *b, const char *table, const struct differ *differ)
{
    char what[64];
    int64_t count = 0;
    int rc = side_next(a);
    if (rc == 0) {
        rc = side_next(b);
    }
    while (rc == 0 && (a->have || b->have)) {
        count++;
        if (!b->have || (a->have && a->id < b->id)) {
            differ->call(differ->arg, table, a->id, "only in the first");
            rc = side_next(a);
        } else if (!a->have || b->id < a->id) {
            differ->call(differ->arg, table, b->id, "only in the second");
            rc = side_next(b);
        } else {
            if (a->row.mv_size != b->row.mv_size || memcmp(a->row.mv_data, b->row.mv_data, a->row.mv_size) != 0) {
                snprintf(what, sizeof(what), "differs from byte %zu on", first_difference(&a->row, &b->row));
                differ->call(differ->arg, table, a->id, what);
            }
            rc = side_next(a);
            if (rc == 0) {
                rc = side_next(b);
            }
        }
    }
    return rc < 0 ? rc : count;
}

static int64_t compare_table(struct store *a, struct store *b, enum row_table table, const struct differ *differ)
{
    struct side left = {.table = (int)table}, right = {.table = (int)table};
    int rc = mdb_cursor_open(a->txn, a->tables[table], &left.cursor);
    if (rc != 0) {
        return store_errno(rc);
    }
    int64_t count;
    rc = mdb_cursor_open(b->txn, b->tables[table], &right.cursor);
    if (rc != 0) {
        count = store_errno(rc);
    } else {
        count = compare_sides(&left, &right, row_table_name(table), differ);
        mdb_cursor_close(right.cursor);
    }
    mdb_cursor_close(left.cursor);
    return count;
}

static void say_counter(const struct differ *differ, int table, const struct counter_key *key, const char *what)
{
    char said[300];
    snprintf(said, sizeof(said), "metric %" PRIu32 ", value %" PRId64 ", %.32s/%.32s/%.32s/%.32s %s", key->metric, key->value,
             key->acct.s, key->street.s, key->place.s, key->matter.s, what);
    differ->call(differ->arg, store_table_name(table), key->slot, said);
}

static int64_t compare_walks(struct counters_walk *a, struct counters_walk *b, const struct differ *differ)
{
    struct counter_key left_key, right_key;
    struct counter left, right;
    int64_t count = 0;
    int have_left = counters_walk_next(a, &left_key, &left);
    int have_right = counters_walk_next(b, &right_key, &right);
    while (have_left >= 0 && have_right >= 0 && (have_left == 1 || have_right == 1)) {
        int order = have_right == 0 ? -1 : have_left == 0 ? 1 : counters_compare(&left_key, &right_key);
        count++;
        if (order < 0) {
            say_counter(differ, a->table, &left_key, "only in the first");
        } else if (order > 0) {
            say_counter(differ, a->table, &right_key, "only in the second");
        } else if (memcmp(&left, &right, sizeof(left)) != 0) {
            say_counter(differ, a->table, &left_key, "differs");
        }
        if (order <= 0) {
            have_left = counters_walk_next(a, &left_key, &left);
        }
        if (order >= 0) {
            have_right = counters_walk_next(b, &right_key, &right);
        }
    }
    return have_left < 0 ? have_left : have_right < 0 ? have_right : count;
}

static int64_t compare_counters(struct store *a, struct store *b, int table, const struct differ *differ)
{
    struct counters_walk left, right = {0};
    int rc = counters_walk_begin(&left, a, table, UINT32_MAX, 0, UINT32_MAX);
    if (rc == 0) {
        rc = counters_walk_begin(&right, b, table, UINT32_MAX, 0, UINT32_MAX);
    }
    int64_t count = rc == 0 ? compare_walks(&left, &right, differ) : rc;
    counters_walk_end(&left);
    counters_walk_end(&right);
    return count;
}

/* Roll-ups have what is written of the counters, not what is buffered. */
static int flush_counters(struct store *store)
{
    int rc = store->counters.count == 0 ? 0 : store_write_counters(store);
    if (rc == 0) {
        counters_clear(&store->counters);
    }
    return rc;
}

int64_t store_compare(struct store *a, struct store *b, void (*differ)(void *arg, const char *table, uint64_t id, const char *what),
                      void *arg)
{
    const struct differ call = {.call = differ, .arg = arg};
    int64_t sum = 0;
    if (store_flush(a) < 0 || store_flush(b) < 0 || flush_counters(a) < 0 || flush_counters(b) < 0) {
        return a->failed != 0 ? a->failed : b->failed;
    }
    for (int i = 0; i < ROW_TABLE_COUNT; i++) {
        int64_t count = compare_table(a, b, (enum row_table)i, &call);
        if (count < 0) {
            return count;
        }
        sum += count;
    }
    for (int table = STORE_COUNTERS; table <= STORE_ROLLUPS; table++) {
        int64_t count = compare_counters(a, b, table, &call);
        if (count < 0) {
            return count;
        }
        sum += count;
    }
    return sum;
}
