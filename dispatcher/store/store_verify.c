/*
 * store_verify.c - whether the file of the rows may be believed: all that is in use in it, looked at before LMDB maps it.
 */
#include "dispatcher/store/store_inner.h"

#include "dispatcher/store/folder.h"
#include "dispatcher/store/mdb_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define THREADS 2

/* One table: what its head says, and what was found. */
struct part {
    struct verify *verify;
    int table;
    bool there;
    struct mdb_tree tree;
    uint64_t total;
    int rc;
    char said[STORE_SAID];
};

struct verify {
    struct mdb_file file;
    struct part parts[STORE_TABLES];
    struct part *order[STORE_TABLES]; /* the largest first */
    _Atomic int next;
    bool has_layout, has_checkpoint;
    struct store_layout layout;
    struct store_checkpoint checkpoint;
};

_Static_assert(STORE_SAID == MDB_FILE_SAID, "a sentence on the file is one on the rows");

static int name_entry(void *arg, const struct mdb_entry *entry)
{
    struct verify *verify = arg;
    if (!entry->tree) {
        return -EBADMSG;
    }
    for (int i = 0; i < STORE_TABLES; i++) {
        const char *name = store_table_name(i);
        if (entry->key_size != strlen(name) || memcmp(entry->key, name, entry->key_size) != 0) {
            continue;
        }
        verify->parts[i].there = true;
        mdb_tree_read(entry->value, &verify->parts[i].tree);
        return verify->parts[i].tree.flags == (i < ROW_TABLE_COUNT ? MDB_TREE_INTEGER : 0) ? 0 : -EBADMSG;
    }
    return -EBADMSG;
}

static bool is_key(const struct mdb_entry *entry, const char *name)
{
    return entry->key_size == strlen(name) && memcmp(entry->key, name, entry->key_size) == 0;
}

/* Of an older program: no checksum, so nothing more can be said of it. */
static bool is_older(const struct mdb_entry *entry)
{
    struct store_layout layout;
    if (!is_key(entry, STORE_KEY_ROWS) || entry->value_size != offsetof(struct store_layout, rows_hash)) {
        return false;
    }
    memcpy(&layout, entry->value, entry->value_size);
    return layout.format == 1 && layout.byte_order == store_layout().byte_order;
}

static int meta_entry(void *arg, const struct mdb_entry *entry)
{
    struct verify *verify = arg;
    MDB_val key = {.mv_size = entry->key_size, .mv_data = (void *)entry->key},
            value = {.mv_size = entry->value_size, .mv_data = (void *)entry->value};
    if (is_older(entry)) {
        return -ENOTSUP;
    }
    if (!store_sum_right(STORE_META, entry->key, entry->key_size, entry->value, entry->value_size,
                         entry->value_size < STORE_SUM ? 0 : entry->value_size - STORE_SUM)) {
        return -EBADMSG;
    }
    if (is_key(entry, STORE_KEY_ROWS)) {
        if (entry->value_size != sizeof(verify->layout) + STORE_SUM) {
            return -ENOTSUP;
        }
        verify->has_layout = true;
        return store_take(STORE_META, &key, &value, &verify->layout, sizeof(verify->layout));
    }
    if (is_key(entry, STORE_KEY_CHECKPOINT)) {
        if (entry->value_size != sizeof(verify->checkpoint) + STORE_SUM) {
            return -ENOTSUP; /* a program with more or fewer tables wrote it */
        }
        verify->has_checkpoint = true;
        return store_take(STORE_META, &key, &value, &verify->checkpoint, sizeof(verify->checkpoint));
    }
    return -EBADMSG;
}

static int row_entry(void *arg, const struct mdb_entry *entry)
{
    struct part *part = arg;
    MDB_val key = {.mv_size = entry->key_size, .mv_data = (void *)entry->key},
            value = {.mv_size = entry->value_size, .mv_data = (void *)entry->value};
    size_t size = store_value_size(part->table);
    if (!entry->tree && store_sum_fits(part->table, &key, &value) && (size == 0 || entry->value_size == size + STORE_SUM)) {
        part->total += store_sum_read(entry->value, entry->value_size - STORE_SUM);
        return 0;
    }
    uint64_t id = 0;
    if (entry->key_size == sizeof(id) && part->table < ROW_TABLE_COUNT) {
        memcpy(&id, entry->key, sizeof(id));
        id = block_first((enum row_table)part->table, id);
    }
    snprintf(part->said, sizeof(part->said), "table %s, rows from %" PRIu64 " on: the checksum is wrong",
             store_table_name(part->table), id);
    return -EBADMSG;
}

/* Walks the tables that are left; two threads do. */
static void *walk_parts(void *arg)
{
    struct verify *verify = arg;
    for (int i; (i = atomic_fetch_add(&verify->next, 1)) < STORE_META;) {
        struct part *part = verify->order[i];
        char said[STORE_SAID] = "";
        part->rc = mdb_file_walk(&verify->file, &part->tree, store_table_name(part->table), row_entry, part, said);
        if (part->rc < 0 && part->said[0] == '\0') {
            memcpy(part->said, said, sizeof(said));
        }
        if (part->rc == 0 && part->total != verify->checkpoint.totals[part->table]) {
            part->rc = -EBADMSG;
            snprintf(part->said, sizeof(part->said),
                     "table %s: each row is whole, but together they are not those of the last checkpoint",
                     store_table_name(part->table));
        }
    }
    return NULL;
}

static int by_size(const void *a, const void *b)
{
    const struct part *x = *(struct part *const *)a, *y = *(struct part *const *)b;
    return x->tree.leaf_pages > y->tree.leaf_pages ? -1 : x->tree.leaf_pages < y->tree.leaf_pages;
}

static int walk_all(struct verify *verify, char *said)
{
    pthread_t threads[THREADS];
    int begun = 0;
    for (int i = 0; i < STORE_META; i++) {
        if (!verify->parts[i].there) {
            snprintf(said, STORE_SAID, "table %s is not there", store_table_name(i));
            return -EBADMSG;
        }
        verify->order[i] = &verify->parts[i];
    }
    qsort(verify->order, STORE_META, sizeof(*verify->order), by_size);
    while (begun < THREADS - 1 && pthread_create(&threads[begun], NULL, walk_parts, verify) == 0) {
        begun++;
    }
    walk_parts(verify);
    while (begun > 0) {
        pthread_join(threads[--begun], NULL);
    }
    for (int i = 0; i < STORE_META; i++) {
        if (verify->parts[i].rc < 0) {
            memcpy(said, verify->parts[i].said, STORE_SAID);
            return verify->parts[i].rc;
        }
    }
    return mdb_file_walk_free(&verify->file, said);
}

/* Names of the tables, and what the rows say of themselves. Returns 1: nothing is in it yet. */
static int walk_heads(struct verify *verify, char *said)
{
    struct store_layout layout = store_layout();
    int rc = mdb_file_walk(&verify->file, &verify->file.names, "of tables", name_entry, verify, said);
    if (rc < 0) {
        return rc;
    }
    if (verify->file.names.entries == 0) {
        return 1;
    }
    rc = mdb_file_walk(&verify->file, &verify->parts[STORE_META].tree, "meta", meta_entry, verify, said);
    if (rc == 0 && (!verify->has_layout || !verify->has_checkpoint)) {
        rc = -EBADMSG;
    }
    if (rc == 0 && memcmp(&verify->layout, &layout, sizeof(layout)) != 0) {
        rc = -ENOTSUP;
    }
    return rc;
}

static int verify_file(struct verify *verify, int fd, char *said)
{
    int rc = mdb_file_open(fd, &verify->file, said);
    if (rc == 0) {
        rc = walk_heads(verify, said);
    }
    if (rc == 0) {
        rc = walk_all(verify, said);
    }
    if (rc == -EBADMSG && said[0] == '\0') {
        snprintf(said, STORE_SAID, "tables of names and of the checkpoint: they are not as they were written");
    }
    mdb_file_close(&verify->file);
    return rc == 1 ? 0 : rc;
}

int store_condemn(const char *path)
{
    int folder = folder_open(path, false);
    if (folder < 0) {
        return folder;
    }
    int fd = openat(folder, STORE_CONDEMNED, O_WRONLY | O_CREAT | O_CLOEXEC, 0640);
    int rc = fd < 0 ? -errno : 0;
    if (fd >= 0) {
        close(fd);
    }
    if (rc == 0) {
        rc = folder_sync(folder);
    }
    close(folder);
    return rc;
}

int store_verify(const char *path, char *said)
{
    said[0] = '\0';
    int folder = folder_open(path, false), fd = -1, rc = folder < 0 ? folder : 0;
    if (rc == 0) {
        fd = openat(folder, STORE_DATA, O_RDONLY | O_CLOEXEC);
        rc = fd < 0 ? -errno : 0;
    }
    if (rc == 0 && faccessat(folder, STORE_CONDEMNED, F_OK, 0) == 0) {
        snprintf(said, STORE_SAID, "a process before this one found them damaged, or ended inside them");
        rc = -EBADMSG;
    }
    struct verify *verify = rc == 0 ? calloc(1, sizeof(*verify)) : NULL;
    for (int i = 0; verify != NULL && i < STORE_TABLES; i++) {
        verify->parts[i].table = i;
        verify->parts[i].tree.root = UINT64_MAX;
    }
    if (rc == 0) {
        rc = verify == NULL ? -ENOMEM : verify_file(verify, fd, said);
    }
    if (fd >= 0) {
        close(fd);
    }
    if (folder >= 0) {
        close(folder);
    }
    free(verify);
    if (rc < 0 && said[0] == '\0') {
        snprintf(said, STORE_SAID, "%s", rc == -ENOTSUP ? "they are of another version" : strerror(-rc));
    }
    return rc;
}
