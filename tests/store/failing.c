/*
 * failing.c - names that begin with __real_ and __wrap_ are the linker's. With 64-bit offsets the C library's names end in 64: both
 * are here.
 */
#include "tests/store/failing.h"

#include <errno.h>
#include <lmdb.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/types.h>

#pragma GCC diagnostic ignored "-Wmissing-prototypes"

static struct fault_plan plan;
/* The rows may be written by a thread of their own. */
static _Atomic uint32_t seen;
static _Atomic bool armed, struck;

void failing_arm(const struct fault_plan *new_plan)
{
    plan = *new_plan;
    seen = 0;
    armed = true;
    struck = false;
}

bool failing_disarm(void)
{
    armed = false;
    return struck;
}

bool failing_struck(void)
{
    return armed && struck;
}

uint32_t failing_seen(void)
{
    return seen;
}

/* Is this the call? */
static bool strikes(uint32_t call)
{
    if (!armed || (plan.calls & call) == 0) {
        return false;
    }
    uint32_t number = ++seen;
    if (plan.stays || plan.dies ? number < plan.nth : number != plan.nth) {
        return false;
    }
    if (plan.dies && struck) {
        plan.when = FAULT_BEFORE;
    }
    struck = true;
    return true;
}

/* A call that gives -1 and errno; `real` is evaluated when it is to happen. */
#define SYSTEM_CALL(call, type, real)                                                                                              \
    do {                                                                                                                           \
        if (!strikes(call) || plan.when == FAULT_SHORT)                                                                            \
            return real;                                                                                                           \
        if (plan.when == FAULT_AFTER)                                                                                              \
            (void)(real);                                                                                                          \
        errno = plan.error;                                                                                                        \
        return (type)-1;                                                                                                           \
    } while (0)

/* A call that gives its error. */
#define CODE_CALL(call, real)                                                                                                      \
    do {                                                                                                                           \
        if (!strikes(call) || plan.when == FAULT_SHORT)                                                                            \
            return real;                                                                                                           \
        if (plan.when == FAULT_AFTER)                                                                                              \
            (void)(real);                                                                                                          \
        return plan.error;                                                                                                         \
    } while (0)

void (*failing_writing)(int fd, size_t size, off_t offset);

static void writing(int fd, size_t size, off_t offset)
{
    if (failing_writing != NULL) {
        failing_writing(fd, size, offset);
    }
}

#define PWRITE(name)                                                                                                               \
    ssize_t __real_##name(int fd, const void *data, size_t size, off_t offset);                                                    \
    ssize_t __wrap_##name(int fd, const void *data, size_t size, off_t offset);                                                    \
    ssize_t __wrap_##name(int fd, const void *data, size_t size, off_t offset)                                                     \
    {                                                                                                                              \
        if (!strikes(FAULT_PWRITE)) {                                                                                              \
            writing(fd, size, offset);                                                                                             \
            return __real_##name(fd, data, size, offset);                                                                          \
        }                                                                                                                          \
        size_t part = plan.when == FAULT_AFTER ? size : plan.when == FAULT_BEFORE ? 0 : (size + 1) / 2;                            \
        if (part > 0) {                                                                                                            \
            writing(fd, part, offset);                                                                                             \
            ssize_t n = __real_##name(fd, data, part, offset);                                                                     \
            if (plan.when == FAULT_SHORT || n < 0)                                                                                 \
                return n;                                                                                                          \
        }                                                                                                                          \
        errno = plan.error;                                                                                                        \
        return -1;                                                                                                                 \
    }
PWRITE(pwrite)
PWRITE(pwrite64)

#define PREAD(name)                                                                                                                \
    ssize_t __real_##name(int fd, void *data, size_t size, off_t offset);                                                          \
    ssize_t __wrap_##name(int fd, void *data, size_t size, off_t offset);                                                          \
    ssize_t __wrap_##name(int fd, void *data, size_t size, off_t offset)                                                           \
    {                                                                                                                              \
        if (!strikes(FAULT_PREAD))                                                                                                 \
            return __real_##name(fd, data, size, offset);                                                                          \
        if (plan.when == FAULT_SHORT)                                                                                              \
            return __real_##name(fd, data, (size + 1) / 2, offset);                                                                \
        errno = plan.error;                                                                                                        \
        return -1;                                                                                                                 \
    }
PREAD(pread)
PREAD(pread64)

void (*failing_flushed)(int fd);

static int flushed(int fd, int rc)
{
    if (rc == 0 && failing_flushed != NULL) {
        failing_flushed(fd);
    }
    return rc;
}

int __real_fdatasync(int fd);
int __wrap_fdatasync(int fd)
{
    SYSTEM_CALL(FAULT_FDATASYNC, int, flushed(fd, __real_fdatasync(fd)));
}

int __real_fsync(int fd);
int __wrap_fsync(int fd)
{
    SYSTEM_CALL(FAULT_FSYNC, int, flushed(fd, __real_fsync(fd)));
}

/* An open that happened and says that it failed would only leak a descriptor: AFTER is as BEFORE. */
#define OPEN(name)                                                                                                                 \
    int __real_##name(const char *path, int flags, ...);                                                                           \
    int __wrap_##name(const char *path, int flags, ...)                                                                            \
    {                                                                                                                              \
        va_list args;                                                                                                              \
        va_start(args, flags);                                                                                                     \
        mode_t mode = va_arg(args, mode_t);                                                                                        \
        va_end(args);                                                                                                              \
        if (!strikes(FAULT_OPEN) || plan.when == FAULT_SHORT)                                                                      \
            return __real_##name(path, flags, mode);                                                                               \
        errno = plan.error;                                                                                                        \
        return -1;                                                                                                                 \
    }
OPEN(open)
OPEN(open64)

#define OPENAT(name)                                                                                                               \
    int __real_##name(int folder, const char *path, int flags, ...);                                                               \
    int __wrap_##name(int folder, const char *path, int flags, ...)                                                                \
    {                                                                                                                              \
        va_list args;                                                                                                              \
        va_start(args, flags);                                                                                                     \
        mode_t mode = va_arg(args, mode_t);                                                                                        \
        va_end(args);                                                                                                              \
        if (!strikes(FAULT_OPEN) || plan.when == FAULT_SHORT)                                                                      \
            return __real_##name(folder, path, flags, mode);                                                                       \
        errno = plan.error;                                                                                                        \
        return -1;                                                                                                                 \
    }
OPENAT(openat)
OPENAT(openat64)

#define FALLOCATE(name)                                                                                                            \
    int __real_##name(int fd, off_t offset, off_t size);                                                                           \
    int __wrap_##name(int fd, off_t offset, off_t size)                                                                            \
    {                                                                                                                              \
        CODE_CALL(FAULT_FALLOCATE, __real_##name(fd, offset, size));                                                               \
    }
FALLOCATE(posix_fallocate)
FALLOCATE(posix_fallocate64)

void (*failing_renamed)(int folder, const char *from, const char *to);

static int renamed(int folder, const char *from, const char *to, int rc)
{
    if (rc == 0 && failing_renamed != NULL) {
        failing_renamed(folder, from, to);
    }
    return rc;
}

int __real_renameat(int from_folder, const char *from, int to_folder, const char *to);
int __wrap_renameat(int from_folder, const char *from, int to_folder, const char *to)
{
    SYSTEM_CALL(FAULT_RENAME, int, renamed(to_folder, from, to, __real_renameat(from_folder, from, to_folder, to)));
}

int __real_mdb_put(MDB_txn *txn, MDB_dbi dbi, MDB_val *key, MDB_val *value, unsigned int flags);
int __wrap_mdb_put(MDB_txn *txn, MDB_dbi dbi, MDB_val *key, MDB_val *value, unsigned int flags)
{
    CODE_CALL(FAULT_MDB_PUT, __real_mdb_put(txn, dbi, key, value, flags));
}

int __real_mdb_cursor_put(MDB_cursor *cursor, MDB_val *key, MDB_val *value, unsigned int flags);
int __wrap_mdb_cursor_put(MDB_cursor *cursor, MDB_val *key, MDB_val *value, unsigned int flags)
{
    CODE_CALL(FAULT_MDB_PUT, __real_mdb_cursor_put(cursor, key, value, flags));
}

int __real_mdb_get(MDB_txn *txn, MDB_dbi dbi, MDB_val *key, MDB_val *value);
int __wrap_mdb_get(MDB_txn *txn, MDB_dbi dbi, MDB_val *key, MDB_val *value)
{
    CODE_CALL(FAULT_MDB_GET, __real_mdb_get(txn, dbi, key, value));
}

int __real_mdb_del(MDB_txn *txn, MDB_dbi dbi, MDB_val *key, MDB_val *value);
int __wrap_mdb_del(MDB_txn *txn, MDB_dbi dbi, MDB_val *key, MDB_val *value)
{
    CODE_CALL(FAULT_MDB_DEL, __real_mdb_del(txn, dbi, key, value));
}

int __real_mdb_cursor_get(MDB_cursor *cursor, MDB_val *key, MDB_val *value, MDB_cursor_op op);
int __wrap_mdb_cursor_get(MDB_cursor *cursor, MDB_val *key, MDB_val *value, MDB_cursor_op op)
{
    CODE_CALL(FAULT_MDB_CURSOR, __real_mdb_cursor_get(cursor, key, value, op));
}

/* What opens something is not done at all when it fails: the caller could not give it back. */
int __real_mdb_cursor_open(MDB_txn *txn, MDB_dbi dbi, MDB_cursor **ret);
int __wrap_mdb_cursor_open(MDB_txn *txn, MDB_dbi dbi, MDB_cursor **ret)
{
    return strikes(FAULT_MDB_CURSOR) && plan.when != FAULT_SHORT ? plan.error : __real_mdb_cursor_open(txn, dbi, ret);
}

int __real_mdb_txn_begin(MDB_env *env, MDB_txn *parent, unsigned int flags, MDB_txn **ret);
int __wrap_mdb_txn_begin(MDB_env *env, MDB_txn *parent, unsigned int flags, MDB_txn **ret)
{
    return strikes(FAULT_MDB_BEGIN) && plan.when != FAULT_SHORT ? plan.error : __real_mdb_txn_begin(env, parent, flags, ret);
}

/* A commit that fails has freed the transaction. */
int __real_mdb_txn_commit(MDB_txn *txn);
int __wrap_mdb_txn_commit(MDB_txn *txn)
{
    if (!strikes(FAULT_MDB_COMMIT) || plan.when == FAULT_SHORT) {
        return __real_mdb_txn_commit(txn);
    }
    if (plan.when == FAULT_AFTER) {
        (void)__real_mdb_txn_commit(txn);
    } else {
        mdb_txn_abort(txn);
    }
    return plan.error;
}

int __real_mdb_env_open(MDB_env *env, const char *path, unsigned int flags, mdb_mode_t mode);
int __wrap_mdb_env_open(MDB_env *env, const char *path, unsigned int flags, mdb_mode_t mode)
{
    return strikes(FAULT_MDB_ENV) && plan.when != FAULT_SHORT ? plan.error : __real_mdb_env_open(env, path, flags, mode);
}

int __real_mdb_env_set_mapsize(MDB_env *env, size_t size);
int __wrap_mdb_env_set_mapsize(MDB_env *env, size_t size)
{
    CODE_CALL(FAULT_MDB_ENV, __real_mdb_env_set_mapsize(env, size));
}

int __real_mdb_dbi_open(MDB_txn *txn, const char *name, unsigned int flags, MDB_dbi *ret);
int __wrap_mdb_dbi_open(MDB_txn *txn, const char *name, unsigned int flags, MDB_dbi *ret)
{
    CODE_CALL(FAULT_MDB_ENV, __real_mdb_dbi_open(txn, name, flags, ret));
}
