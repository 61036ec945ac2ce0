/*
 * row_sizes.c - what the rows take in their file, for script/bench --peers: one line of JSON
 *
 *   bench-row-sizes FOLDER
 *
 * bytes: keys and values; pages: bytes of the pages that hold them, those of trees above the leaves included; file: bytes of the
 * file. It reads LMDB only, so that it also measures the rows of another commit. Nobody may write meanwhile.
 */
#include <inttypes.h>
#include <lmdb.h>
#include <stdio.h>
#include <string.h>

static void add_pages(const MDB_stat *stat, uint64_t *pages)
{
    *pages += (uint64_t)(stat->ms_branch_pages + stat->ms_leaf_pages + stat->ms_overflow_pages) * stat->ms_psize;
}

static int add_table(MDB_txn *txn, const char *name, uint64_t *bytes, uint64_t *pages)
{
    MDB_dbi dbi;
    MDB_stat stat;
    MDB_cursor *cursor;
    int rc = mdb_dbi_open(txn, name, 0, &dbi);
    if (rc == 0) {
        rc = mdb_stat(txn, dbi, &stat);
    }
    if (rc == 0) {
        rc = mdb_cursor_open(txn, dbi, &cursor);
    }
    if (rc != 0) {
        return rc;
    }
    add_pages(&stat, pages);
    MDB_val key, value;
    while ((rc = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) == 0) {
        *bytes += key.mv_size + value.mv_size;
    }
    mdb_cursor_close(cursor);
    return rc == MDB_NOTFOUND ? 0 : rc;
}

static int measure(MDB_env *env, const char *path)
{
    MDB_txn *txn;
    MDB_dbi names;
    MDB_cursor *cursor;
    uint64_t bytes = 0, pages = 0;
    int rc = mdb_env_set_maxdbs(env, 64);
    if (rc == 0) {
        rc = mdb_env_open(env, path, MDB_RDONLY, 0640);
    }
    if (rc == 0) {
        rc = mdb_txn_begin(env, NULL, MDB_RDONLY, &txn);
    }
    if (rc != 0) {
        return rc;
    }
    rc = mdb_dbi_open(txn, NULL, 0, &names);
    if (rc == 0) {
        rc = mdb_cursor_open(txn, names, &cursor);
    }
    MDB_val key, value;
    while (rc == 0 && (rc = mdb_cursor_get(cursor, &key, &value, MDB_NEXT_NODUP)) == 0) {
        char name[128];
        snprintf(name, sizeof(name), "%.*s", (int)key.mv_size, (const char *)key.mv_data);
        rc = add_table(txn, name, &bytes, &pages);
    }
    MDB_envinfo info;
    MDB_stat stat;
    mdb_env_info(env, &info);
    mdb_env_stat(env, &stat);
    printf("{\"bytes\": %" PRIu64 ", \"pages\": %" PRIu64 ", \"file\": %" PRIu64 "}\n", bytes, pages,
           (uint64_t)(info.me_last_pgno + 1) * stat.ms_psize);
    mdb_txn_abort(txn);
    return rc == MDB_NOTFOUND ? 0 : rc;
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: bench-row-sizes FOLDER\n");
        return 2;
    }
    MDB_env *env;
    int rc = mdb_env_create(&env);
    if (rc == 0) {
        rc = measure(env, argv[1]);
        mdb_env_close(env);
    }
    if (rc != 0) {
        fprintf(stderr, "bench-row-sizes: %s: %s\n", argv[1], mdb_strerror(rc));
        return 4;
    }
    return 0;
}
