/*
 * store_make.c - the file of the rows, made so that it is whole whenever it has its name: LMDB writes its two head pages without
 * a flush, and refuses a file in which a power cut has left only parts of them.
 */
#include "dispatcher/store/store_inner.h"

#include "dispatcher/store/folder.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#define DATA "data.mdb"
#define FRESH "fresh.mdb"
#define FRESH_LOCK FRESH "-lock"

/* An empty environment, flushed. What a process before this one left half made has been removed. */
static int make_fresh(const char *path, size_t map_size)
{
    MDB_env *env;
    int rc = mdb_env_create(&env);
    if (rc != 0) {
        return store_errno(rc);
    }
    rc = mdb_env_set_mapsize(env, map_size);
    if (rc == 0) {
        rc = mdb_env_open(env, path, MDB_NOSUBDIR, 0640);
    }
    if (rc == 0) {
        rc = mdb_env_sync(env, 1);
    }
    mdb_env_close(env);
    return store_errno(rc);
}

static int drop(int folder, const char *name)
{
    return unlinkat(folder, name, 0) == 0 || errno == ENOENT ? 0 : -errno;
}

int store_make(int folder, const char *path, size_t map_size)
{
    char fresh[PATH_MAX];
    if (faccessat(folder, DATA, F_OK, 0) == 0) {
        return 0;
    }
    if (errno != ENOENT) {
        return -errno;
    }
    if ((size_t)snprintf(fresh, sizeof(fresh), "%s/" FRESH, path) >= sizeof(fresh)) {
        return -ENAMETOOLONG;
    }
    int rc = drop(folder, FRESH);
    if (rc == 0) {
        rc = drop(folder, FRESH_LOCK);
    }
    if (rc == 0) {
        rc = make_fresh(fresh, map_size);
    }
    if (rc == 0) {
        rc = drop(folder, FRESH_LOCK);
    }
    if (rc == 0 && renameat(folder, FRESH, folder, DATA) != 0) {
        rc = -errno;
    }
    if (rc == 0) {
        rc = folder_sync(folder);
    }
    return rc;
}
