/* store.c - the rows: LMDB as the last checkpoint left it, what changed since in memory, and the memory indexes over what is open
 */
#include "dispatcher/store/store_inner.h"

#include "dispatcher/store/folder.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define MAP_SIZE_MAX ((size_t)8 << 40)
#define FREE_TO_GROW ((uint64_t)64 << 20)

static void abort_txn(struct store *store)
{
    if (store->txn != NULL) {
        mdb_txn_abort(store->txn);
    }
    store->txn = NULL;
}

/* Writes what these rows are, or checks it. */
static int check_layout(struct store *store)
{
    struct store_layout layout = store_layout(), stored;
    char name[] = STORE_KEY_ROWS;
    MDB_val key = {.mv_size = sizeof(name) - 1, .mv_data = name}, value;
    int rc = mdb_get(store->txn, store->meta_dbi, &key, &value);
    if (rc == 0 && value.mv_size != sizeof(layout) + STORE_SUM) {
        return -ENOTSUP;
    }
    if (rc == 0) {
        return store_take(STORE_META, &key, &value, &stored, sizeof(stored)) < 0 ? -EBADMSG
               : memcmp(&stored, &layout, sizeof(layout)) == 0                   ? store_checkpoint_read(store)
                                                                                 : -ENOTSUP;
    }
    if (rc != MDB_NOTFOUND || store->read_only) {
        return store_errno(rc);
    }
    rc = store_put(store, &store->writing, STORE_META, &key, &layout, sizeof(layout), 0);
    return store_errno(rc == 0 ? store_checkpoint_write(store, &store->writing) : rc);
}

/* Opens the tables in the present transaction, which may write. */
static int open_tables(struct store *store)
{
    unsigned int make = store->read_only ? 0 : MDB_CREATE;
    int rc = store_errno(mdb_dbi_open(store->txn, "meta", make, &store->meta_dbi));
    if (rc == 0) {
        rc = check_layout(store);
    }
    if (rc == 0) {
        rc = store_errno(mdb_dbi_open(store->txn, "counters", make, &store->counters_dbi));
    }
    if (rc == 0) {
        rc = store_errno(mdb_dbi_open(store->txn, "rollups", make, &store->rollups_dbi));
    }
    if (rc == 0) {
        int followers = mdb_dbi_open(store->txn, "followers", make, &store->followers_dbi);
        store->no_followers = followers == MDB_NOTFOUND;
        rc = store->no_followers ? 0 : store_errno(followers);
    }
    for (int i = 0; rc == 0 && i < ROW_TABLE_COUNT; i++) {
        rc = store_errno(mdb_dbi_open(store->txn, row_table_name((enum row_table)i), make | MDB_INTEGERKEY, &store->tables[i]));
    }
    return rc;
}

/* A map that is nearly full at open is made larger before the first transaction needs it. */
static int map_for(struct store *store)
{
    MDB_envinfo info;
    MDB_stat stat;
    int rc = mdb_env_info(store->env, &info);
    if (rc == 0) {
        rc = mdb_env_stat(store->env, &stat);
    }
    if (rc != 0) {
        return store_errno(rc);
    }
    size_t used = (info.me_last_pgno + 1) * stat.ms_psize;
    store->map_size = info.me_mapsize;
    if (store->read_only || used < info.me_mapsize / 4 * 3) {
        return 0;
    }
    rc = mdb_env_set_mapsize(store->env, 2 * store->map_size);
    if (rc == 0) {
        store->map_size *= 2;
    }
    return store_errno(rc);
}

static void close_env(struct store *store)
{
    abort_txn(store);
    if (store->env != NULL) {
        mdb_env_close(store->env);
    }
    store->env = NULL;
}

/* Opens the tables in a transaction that makes what is missing. Handles live on only when the transaction that opened them is
 * committed; a reader keeps its own. */
static int open_to_write(struct store *store)
{
    int rc = mdb_txn_begin(store->env, NULL, 0, &store->txn);
    if (rc != 0) {
        store->txn = NULL;
        return store_errno(rc);
    }
    store->writing.txn = store->txn;
    rc = open_tables(store);
    store->writing.txn = NULL;
    if (rc < 0) {
        return rc;
    }
    MDB_txn *txn = store->txn;
    store->txn = NULL; /* gone, whatever commit says */
    rc = mdb_txn_commit(txn);
    store->map_full = store->map_full || rc == MDB_MAP_FULL;
    return rc == 0 ? store_read_begin(store) : store_errno(rc);
}

static int open_to_read(struct store *store)
{
    int rc = store_read_begin(store);
    return rc == 0 ? open_tables(store) : rc;
}

static int open_steps(struct store *store)
{
    int rc = mdb_env_set_maxdbs(store->env, STORE_TABLES);
    if (rc == 0) {
        rc = mdb_env_set_mapsize(store->env, store->map_size);
    }
    if (rc == 0) {
        /* The thread that reads may write as well: its reader is not bound to it. */
        rc = mdb_env_open(store->env, store->path, MDB_NOTLS | (store->read_only ? MDB_RDONLY : 0), 0640);
    }
    if (rc != 0) {
        return store_errno(rc);
    }
    rc = map_for(store);
    if (rc == 0) {
        store_forget_dead_readers(store);
    }
    return rc < 0 ? rc : store->read_only ? open_to_read(store) : open_to_write(store);
}

/* Opens the environment and leaves the transaction begun; after a failure there is no environment. */
static int open_env(struct store *store)
{
    int rc = mdb_env_create(&store->env);
    if (rc != 0) {
        store->env = NULL;
        return store_errno(rc);
    }
    rc = open_steps(store);
    if (rc < 0) {
        close_env(store);
    }
    return rc;
}

int store_open(const struct store_options *options, struct store **ret)
{
    size_t map_size = options->map_size != 0 ? options->map_size : STORE_MAP_SIZE;
    int folder = folder_open(options->path, !options->read_only);
    if (folder < 0) {
        return folder;
    }
    int rc = options->read_only ? 0 : store_make(folder, options->path, map_size);
    close(folder);
    if (rc < 0) {
        return rc;
    }
    struct store *store = calloc(1, sizeof(*store));
    if (store == NULL) {
        return -ENOMEM;
    }
    for (int i = 0; i < ROW_TABLE_COUNT; i++) {
        cache_init(&store->caches[i], row_size((enum row_table)i));
        cache_init(&store->writing.caches[i], row_size((enum row_table)i));
    }
    pthread_mutex_init(&store->copy.lock, NULL);
    pthread_cond_init(&store->copy.ended, NULL);
    store->path = strdup(options->path);
    store->read_only = options->read_only;
    store->background = options->background;
    store->steady_ns = options->steady_ns;
    store->map_size = map_size;
    store->verified = options->verified;
    rc = store->path != NULL ? open_env(store) : -ENOMEM;
    if (rc == 0) {
        rc = store_rebuild(store);
    }
    store->verified = false;
    if (rc < 0) {
        store->failed = rc;
        store_close(store);
        return rc;
    }
    *ret = store;
    return 0;
}

void store_tables(struct store *store, struct tables *ret)
{
    ret->store = store;
    ret->ops = &store_row_ops;
}

int store_failed(const struct store *store)
{
    return store->failed;
}

void store_mark(struct store *store, struct journal_mark mark)
{
    store->checkpoint.mark = mark;
}

struct journal_mark store_marked(const struct store *store)
{
    return store->checkpoint.mark;
}

uint64_t store_dirty(const struct store *store)
{
    return store->dirty;
}

static bool disk_has_room(const struct store *store)
{
    struct statvfs st;
    return statvfs(store->path, &st) == 0 && (uint64_t)st.f_bavail * st.f_frsize >= FREE_TO_GROW;
}

static int grow_map(struct store *store)
{
    if (!store->map_full || store->map_size >= MAP_SIZE_MAX || !disk_has_room(store)) {
        return 0;
    }
    int rc = mdb_env_set_mapsize(store->env, 2 * store->map_size);
    if (rc == 0) {
        store->map_size *= 2;
    }
    return store_errno(rc);
}

int store_rewind(struct store *store)
{
    store_copy_stop(store);
    (void)store_checkpoint_end(store, true); /* what it came to shows in the rows */
    abort_txn(store);
    store_drop_changes(store);
    store_forget(store);
    store->dirty = 0;
    int rc = store->env != NULL ? grow_map(store) : -EIO;
    if (rc == 0) {
        rc = store_read_begin(store);
    }
    if (rc < 0) {
        /* After a failed write of its head page LMDB takes no more transactions (MDB_PANIC) until it is opened anew. */
        close_env(store);
        rc = open_env(store);
    }
    store_copy_allow(store);
    store->map_full = false;
    store->failed = 0;
    if (rc == 0) {
        rc = store_checkpoint_read(store);
    }
    if (rc == 0) {
        rc = store_rebuild(store);
    }
    if (rc < 0) {
        store->failed = rc;
    }
    return rc;
}

struct store *store_close(struct store *store)
{
    if (store == NULL) {
        return NULL;
    }
    store_copy_stop(store);
    if (store_checkpoint_end(store, true) == 0 && !store->read_only && store->failed == 0 && store->txn != NULL) {
        (void)store_checkpoint(store);
    }
    close_env(store);
    store_forget(store);
    counters_deinit(&store->counters);
    counters_deinit(&store->writing.counters);
    counters_deinit(&store->writing.rollups);
    free(store->followers.changes);
    free(store->writing.followers.changes);
    for (int i = 0; i < ROW_TABLE_COUNT; i++) {
        cache_deinit(&store->caches[i]);
        cache_deinit(&store->writing.caches[i]);
    }
    pthread_cond_destroy(&store->copy.ended);
    pthread_mutex_destroy(&store->copy.lock);
    free(store->path);
    free(store);
    return NULL;
}
