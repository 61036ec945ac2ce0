/*
 * store_compare.c - whole tables: ids in order, sizes, and the comparison of two stores.
 */
#include "dispatcher/store/store_inner.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* A cursor on the table's blocks as they are now; NULL: the store has failed. */
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

/* Ids of the rows of the block that the cursor stands on, from..until-1, ascending, BLOCK_IDS at most. Returns how many. */
static size_t ids_of_block(struct store *store, enum row_table table, const MDB_val *key, const MDB_val *value, uint64_t from,
                           uint64_t until, uint64_t *ret_ids)
{
    struct block_walk walk;
    uint64_t block;
    size_t count = 0;
    int rc = -EBADMSG;
    if (key->mv_size == sizeof(block) && store_sum_fits((int)table, key, value)) {
        memcpy(&block, key->mv_data, sizeof(block));
        block_begin(&walk, table, block, value->mv_data, value->mv_size - STORE_SUM);
        while ((rc = block_next(&walk)) > 0) {
            if (walk.id >= from && walk.id < until) {
                ret_ids[count++] = walk.id;
            }
        }
    }
    if (rc < 0) {
        store_latch(store, EBADMSG);
    }
    return count;
}

/* The end of a walk over blocks. Returns `count`, or 0: it failed. */
static size_t walked(struct store *store, MDB_cursor *cursor, int rc, size_t count)
{
    mdb_cursor_close(cursor);
    if (rc != 0 && rc != MDB_NOTFOUND) {
        store_latch(store, rc);
    }
    return store->failed != 0 ? 0 : count;
}

uint64_t store_count(struct store *store, enum row_table table)
{
    MDB_cursor *cursor = open_cursor(store, table);
    MDB_val key, value;
    uint64_t ids[BLOCK_IDS], count = 0;
    int rc = 0;
    if (cursor == NULL) {
        return 0;
    }
    while (store->failed == 0 && (rc = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) == 0) {
        count += ids_of_block(store, table, &key, &value, 0, UINT64_MAX, ids);
    }
    return walked(store, cursor, rc, count);
}

size_t store_ids_before(struct store *store, enum row_table table, uint64_t before, uint64_t *ret_ids, size_t max)
{
    MDB_cursor *cursor = max > 0 ? open_cursor(store, table) : NULL;
    if (cursor == NULL) {
        return 0;
    }
    const uint64_t until = before == 0 ? UINT64_MAX : before, last = block_key(table, until - 1);
    uint64_t block = last, ids[BLOCK_IDS];
    size_t count = 0;
    MDB_val key = {.mv_size = sizeof(block), .mv_data = &block}, value;
    int rc = mdb_cursor_get(cursor, &key, &value, MDB_SET_RANGE);
    if (rc == 0 && memcmp(key.mv_data, &last, sizeof(last)) != 0) {
        rc = mdb_cursor_get(cursor, &key, &value, MDB_PREV);
    } else if (rc == MDB_NOTFOUND) {
        rc = mdb_cursor_get(cursor, &key, &value, MDB_LAST);
    }
    while (rc == 0 && count < max) {
        for (size_t found = ids_of_block(store, table, &key, &value, 0, until, ids); found > 0 && count < max;) {
            ret_ids[count++] = ids[--found];
        }
        rc = count < max ? mdb_cursor_get(cursor, &key, &value, MDB_PREV) : 0;
    }
    return walked(store, cursor, rc, count);
}

size_t store_ids_from(struct store *store, enum row_table table, uint64_t from, uint64_t *ret_ids, size_t max)
{
    MDB_cursor *cursor = max > 0 ? open_cursor(store, table) : NULL;
    if (cursor == NULL) {
        return 0;
    }
    uint64_t block = block_key(table, from), ids[BLOCK_IDS];
    size_t count = 0;
    MDB_val key = {.mv_size = sizeof(block), .mv_data = &block}, value;
    int rc = mdb_cursor_get(cursor, &key, &value, MDB_SET_RANGE);
    while (rc == 0 && count < max) {
        size_t found = ids_of_block(store, table, &key, &value, from, UINT64_MAX, ids);
        for (size_t i = 0; i < found && count < max; i++) {
            ret_ids[count++] = ids[i];
        }
        rc = count < max ? mdb_cursor_get(cursor, &key, &value, MDB_NEXT) : 0;
    }
    return walked(store, cursor, rc, count);
}

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
