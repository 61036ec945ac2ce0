/*
 * store_compare.c - the comparison of two stores, table by table.
 */
#include "dispatcher/store/store_inner.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct differ {
    void (*call)(void *arg, const char *table, uint64_t id, const char *what);
    void *arg;
};

/* One side of a comparison of a table. */
struct side {
    MDB_cursor *cursor;
    enum row_table table;
    bool have;
    struct block_walk walk; /* its row */
};

/* The first row of the next block. Returns as block_next. */
static int side_block(struct side *side)
{
    MDB_val key, value;
    uint64_t block;
    int rc = mdb_cursor_get(side->cursor, &key, &value, MDB_NEXT);
    if (rc != 0) {
        return rc == MDB_NOTFOUND ? 0 : store_errno(rc);
    }
    if (key.mv_size != sizeof(block) || !store_sum_fits((int)side->table, &key, &value)) {
        return -EBADMSG;
    }
    memcpy(&block, key.mv_data, sizeof(block));
    block_begin(&side->walk, side->table, block, value.mv_data, value.mv_size - STORE_SUM);
    rc = block_next(&side->walk);
    return rc == 0 ? -EBADMSG : rc; /* no block is empty */
}

static int side_next(struct side *side)
{
    int rc = side->have ? block_next(&side->walk) : 0;
    if (rc == 0) {
        rc = side_block(side);
    }
    side->have = rc > 0;
    return rc < 0 ? rc : 0;
}

/* Says from which byte of the row on two packed ones differ; they are not the same. Returns 0 or -EBADMSG. */
static int say_difference(const struct side *a, const struct side *b, char *what, size_t what_size)
{
    union any_row left, right;
    size_t i = 0;
    if (block_row(&a->walk, &left) < 0 || block_row(&b->walk, &right) < 0) {
        return -EBADMSG;
    }
    while (i < row_size(a->table) && ((const uint8_t *)&left)[i] == ((const uint8_t *)&right)[i]) {
        i++;
    }
    snprintf(what, what_size, "differs from byte %zu on", i);
    return 0;
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
        if (!b->have || (a->have && a->walk.id < b->walk.id)) {
            differ->call(differ->arg, table, a->walk.id, "only in the first");
            rc = side_next(a);
        } else if (!a->have || b->walk.id < a->walk.id) {
            differ->call(differ->arg, table, b->walk.id, "only in the second");
            rc = side_next(b);
        } else {
            if (a->walk.size != b->walk.size || memcmp(a->walk.packed, b->walk.packed, a->walk.size) != 0) {
                rc = say_difference(a, b, what, sizeof(what));
                if (rc == 0) {
                    differ->call(differ->arg, table, a->walk.id, what);
                }
            }
            if (rc == 0) {
                rc = side_next(a);
            }
            if (rc == 0) {
                rc = side_next(b);
            }
        }
    }
    return rc < 0 ? rc : count;
}

static int64_t compare_table(struct store *a, struct store *b, enum row_table table, const struct differ *differ)
{
    struct side left = {.table = table}, right = {.table = table};
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

/* Only what is written lies in packed rows and roll-ups. */
static int write_changes(struct store *store)
{
    return store->read_only ? store->failed : store_checkpoint(store);
}

int64_t store_compare(struct store *a, struct store *b, void (*differ)(void *arg, const char *table, uint64_t id, const char *what),
                      void *arg)
{
    const struct differ call = {.call = differ, .arg = arg};
    int64_t sum = 0;
    if (write_changes(a) < 0 || write_changes(b) < 0) {
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
