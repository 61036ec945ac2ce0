/* store_lmdb.c - what LMDB says, as a negative errno, and the first failure, latched */
#include "dispatcher/store/store_inner.h"

#include <errno.h>

int store_errno(int rc)
{
    if (rc == 0) {
        return 0;
    }
    if (rc == MDB_MAP_FULL || rc == MDB_TXN_FULL) {
        return -ENOSPC;
    }
    if (rc == MDB_VERSION_MISMATCH) {
        return -ENOTSUP;
    }
    if (rc == MDB_READERS_FULL) {
        return -EUSERS;
    }
    if (rc == MDB_CORRUPTED || rc == MDB_PAGE_NOTFOUND || rc == MDB_INVALID || rc == MDB_CURSOR_FULL) {
        return -EBADMSG;
    }
    return rc > 0 ? -rc : -EIO;
}

void store_latch(struct store *store, int mdb_rc)
{
    if (mdb_rc == MDB_MAP_FULL) {
        store->map_full = true;
    }
    if (store->failed == 0) {
        store->failed = mdb_rc == -ENOMEM ? -ENOMEM : store_errno(mdb_rc);
    }
}

/* A reader that was killed keeps its place in LMDB's table, and the pages that it saw, until somebody looks. */
void store_forget_dead_readers(struct store *store)
{
    int dead;
    (void)mdb_reader_check(store->env, &dead);
}
