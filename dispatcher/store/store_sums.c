/*
 * store_sums.c - what lies in the file, with its checksums: taken out only when they are right, put with the totals of the
 * checkpoint.
 */
#include "dispatcher/store/store_inner.h"

#include <assert.h>
#include <errno.h>

MDB_dbi store_dbi(const struct store *store, int table)
{
    if (table < ROW_TABLE_COUNT) {
        return store->tables[table];
    }
    if (table == STORE_COUNTERS || table == STORE_ROLLUPS) {
        return table == STORE_COUNTERS ? store->counters_dbi : store->rollups_dbi;
    }
    return table == STORE_FOLLOWERS ? store->followers_dbi : store->meta_dbi;
}

size_t store_value_size(int table)
{
    assert(table >= 0 && table < STORE_META);
    if (table < ROW_TABLE_COUNT) {
        return 0;
    }
    return table == STORE_COUNTERS || table == STORE_ROLLUPS ? sizeof(struct counter) : sizeof(uint64_t);
}

const char *store_table_name(int table)
{
    assert(table >= 0 && table < STORE_TABLES);
    if (table < ROW_TABLE_COUNT) {
        return row_table_name((enum row_table)table);
    }
    static const char *const names[] = {"counters", "rollups", "followers", "meta"};
    return names[table - ROW_TABLE_COUNT];
}

struct store_layout store_layout(void)
{
    struct store_layout layout = {
        .byte_order = 0x01020304, .format = STORE_FORMAT, .counter_size = sizeof(struct counter), .rows_hash = store_rows_hash};
    for (int i = 0; i < ROW_TABLE_COUNT; i++) {
        layout.row_size[i] = row_size((enum row_table)i);
    }
    return layout;
}

int store_take(int table, const MDB_val *key, const MDB_val *value, void *ret, size_t size)
{
    if (!store_sum_right(table, key->mv_data, key->mv_size, value->mv_data, value->mv_size, size)) {
        return -EBADMSG;
    }
    memcpy(ret, value->mv_data, size);
    return 0;
}

int store_put(const struct store *store, struct writing *writing, int table, MDB_val *key, const void *value, size_t size,
              uint64_t old_sum)
{
    uint8_t bytes[sizeof(struct store_checkpoint) + sizeof(struct store_layout) + sizeof(struct counter) + STORE_SUM];
    uint64_t sum = store_sum(table, key->mv_data, key->mv_size, value, size);
    MDB_val stored = {.mv_size = size + sizeof(sum), .mv_data = bytes};
    assert(stored.mv_size <= sizeof(bytes));
    memcpy(bytes, value, size);
    memcpy(bytes + size, &sum, sizeof(sum));
    int rc = mdb_put(writing->txn, store_dbi(store, table), key, &stored, 0);
    if (rc == 0 && table < STORE_META) {
        writing->checkpoint.totals[table] += sum - old_sum;
    }
    return rc;
}

int store_put_block(struct writing *writing, enum row_table table, MDB_cursor *cursor, MDB_val *key, size_t used,
                    unsigned int flags, uint64_t old_sum)
{
    uint64_t sum = store_sum((int)table, key->mv_data, key->mv_size, writing->block, used);
    MDB_val stored = {.mv_size = used + sizeof(sum), .mv_data = writing->block};
    assert(stored.mv_size <= sizeof(writing->block));
    memcpy(writing->block + used, &sum, sizeof(sum));
    int rc = mdb_cursor_put(cursor, key, &stored, flags);
    if (rc == 0) {
        writing->checkpoint.totals[table] += sum - old_sum;
    }
    return rc;
}

int store_checkpoint_read(struct store *store)
{
    char name[] = STORE_KEY_CHECKPOINT;
    MDB_val key = {.mv_size = sizeof(name) - 1, .mv_data = name}, value;
    int rc = mdb_get(store->txn, store->meta_dbi, &key, &value);
    if (rc != 0) {
        return rc == MDB_NOTFOUND ? -EBADMSG : store_errno(rc);
    }
    return store_take(STORE_META, &key, &value, &store->checkpoint, sizeof(store->checkpoint));
}

int store_checkpoint_write(const struct store *store, struct writing *writing)
{
    char name[] = STORE_KEY_CHECKPOINT;
    MDB_val key = {.mv_size = sizeof(name) - 1, .mv_data = name};
    return store_put(store, writing, STORE_META, &key, &writing->checkpoint, sizeof(writing->checkpoint), 0);
}

/* Looks at one value, or goes to the next table. Returns what LMDB says; the table's end counts as one value. */
static int scrub_one(struct store *store, MDB_cursor *cursor, MDB_cursor_op op)
{
    int table = store->scrub.table;
    MDB_val key = {.mv_size = store->scrub.key_size, .mv_data = store->scrub.key}, value;
    int rc = mdb_cursor_get(cursor, &key, &value, op);
    if (rc != 0) {
        return rc;
    }
    size_t size = store_value_size(table);
    if (key.mv_size > sizeof(store->scrub.key) || !store_sum_fits(table, &key, &value) ||
        (size != 0 && value.mv_size != size + STORE_SUM)) {
        return MDB_CORRUPTED;
    }
    memcpy(store->scrub.key, key.mv_data, key.mv_size);
    store->scrub.key_size = key.mv_size;
    return 0;
}

int store_scrub(struct store *store, uint32_t count)
{
    MDB_cursor *cursor;
    if (store->failed != 0) {
        return store->failed;
    }
    store_forget_dead_readers(store);
    int rc = mdb_cursor_open(store->txn, store_dbi(store, store->scrub.table), &cursor);
    if (rc == 0) {
        MDB_cursor_op op = store->scrub.begun ? MDB_SET_RANGE : MDB_FIRST;
        for (uint32_t i = 0; rc == 0 && i < count; i++) {
            rc = scrub_one(store, cursor, op);
            op = MDB_NEXT;
        }
        mdb_cursor_close(cursor);
        store->scrub.begun = rc == 0;
    }
    if (rc == MDB_NOTFOUND) {
        store->scrub.table = (store->scrub.table + 1) % STORE_META;
        return 0;
    }
    if (rc != 0) {
        store_latch(store, rc);
    }
    return store->failed;
}
