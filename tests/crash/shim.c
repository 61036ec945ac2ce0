/*
 * shim.c - preloaded into huyingd: records what it does to the files under one folder, and when it flushed
 *
 * SHIM_ROOT     the folder, an absolute path without links
 * SHIM_LOG      file for the record; appended to
 * SHIM_COUNTER  file of 8 bytes: number of entries recorded, mapped by who wants to know when something happened
 * SHIM_NO_FLUSH when set: flushes of the journal's files are not recorded, as if they were not there
 *
 * An entry is written when its operation has succeeded; only then is it counted, and only then does the caller go on. images.py
 * reads the record. A flush carries the number of entries that were there when it began: those it covers. A write to a descriptor
 * with O_DSYNC is followed by an entry that says so. After each flush of the rows a line goes to standard error.
 *
 * A stream that fopen opens to write is given a cookie: inside the C library its open and its writes would pass by unseen.
 *
 * Not recorded: mappings, links, copies inside the kernel. images.py would notice: a record whose last image is not what
 * lies in the folder is no use.
 */
#include <dlfcn.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum kind { MADE = 1, WRITTEN, SIZED, FLUSHED, FLUSHED_ONE, RENAMED, REMOVED, MADE_FOLDER, ALLOCATED };

/* As struct.Struct("<IIIIQQQQQ") in images.py; then the name, the other name, the data. */
struct entry {
    uint32_t kind, name_size, other_size, is_zeros;
    uint64_t inode, offset, size, begun, data_size;
};

static char root[PATH_MAX];
static size_t root_size;
static int log_fd = -1;
static _Atomic uint64_t *counter;
static bool no_flush;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static int (*real_openat)(int, const char *, int, ...);
static ssize_t (*real_write)(int, const void *, size_t);
static ssize_t (*real_writev)(int, const struct iovec *, int);
static ssize_t (*real_pwrite)(int, const void *, size_t, off_t);
static ssize_t (*real_pwritev)(int, const struct iovec *, int, off_t);
static int (*real_ftruncate)(int, off_t);
static int (*real_fallocate)(int, int, off_t, off_t);
static int (*real_posix_fallocate)(int, off_t, off_t);
static int (*real_fsync)(int);
static int (*real_fdatasync)(int);
static int (*real_renameat)(int, const char *, int, const char *);
static int (*real_unlinkat)(int, const char *, int);
static int (*real_mkdirat)(int, const char *, mode_t);
static int (*real_remove)(const char *);
static FILE *(*real_fopen)(const char *, const char *);

static void find_real(void *ret, const char *name)
{
    void *at = dlsym(RTLD_NEXT, name);
    if (at == NULL) {
        errx(99, "shim: no %s", name);
    }
    memcpy(ret, &at, sizeof(at));
}

static const char *setting(const char *name)
{
    const char *value = getenv(name);
    if (value == NULL) {
        errx(99, "shim: %s is not set", name);
    }
    return value;
}

static void begin(void)
{
    find_real(&real_openat, "openat");
    find_real(&real_write, "write");
    find_real(&real_writev, "writev");
    find_real(&real_pwrite, "pwrite");
    find_real(&real_pwritev, "pwritev");
    find_real(&real_ftruncate, "ftruncate");
    find_real(&real_fallocate, "fallocate");
    find_real(&real_posix_fallocate, "posix_fallocate");
    find_real(&real_fsync, "fsync");
    find_real(&real_fdatasync, "fdatasync");
    find_real(&real_renameat, "renameat");
    find_real(&real_unlinkat, "unlinkat");
    find_real(&real_mkdirat, "mkdirat");
    find_real(&real_remove, "remove");
    find_real(&real_fopen, "fopen");
    root_size = (size_t)snprintf(root, sizeof(root), "%s", setting("SHIM_ROOT"));
    no_flush = getenv("SHIM_NO_FLUSH") != NULL;
    log_fd = real_openat(AT_FDCWD, setting("SHIM_LOG"), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    int fd = real_openat(AT_FDCWD, setting("SHIM_COUNTER"), O_RDWR | O_CLOEXEC);
    void *at = fd < 0 ? MAP_FAILED : mmap(NULL, sizeof(uint64_t), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (log_fd < 0 || at == MAP_FAILED) {
        err(99, "shim");
    }
    close(fd);
    counter = at;
}

static void ready(void)
{
    pthread_once(&once, begin);
}

/* Is the path below the root? Gives what follows the root, without a slash; "" is the root itself. */
static const char *below(const char *path)
{
    if (strncmp(path, root, root_size) != 0) {
        return NULL;
    }
    if (path[root_size] == '/') {
        return path + root_size + 1;
    }
    return path[root_size] == '\0' ? "" : NULL;
}

static bool path_of_fd(int fd, char ret[PATH_MAX])
{
    char link[64];
    snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, ret, PATH_MAX - 1);
    if (n < 0) {
        return false;
    }
    ret[n] = '\0';
    return true;
}

/* Name below the root of a path that is relative to a folder, or NULL. */
static const char *below_at(int folder, const char *path, char buffer[PATH_MAX])
{
    char base[PATH_MAX];
    if (path[0] == '/') {
        return below(path);
    }
    if (folder == AT_FDCWD ? getcwd(base, sizeof(base)) == NULL : !path_of_fd(folder, base)) {
        return NULL;
    }
    if (snprintf(buffer, PATH_MAX, "%s/%s", base, path) >= PATH_MAX) {
        return NULL;
    }
    return below(buffer);
}

/* Name below the root of a file or folder that is open, or NULL. */
static const char *below_fd(int fd, char buffer[PATH_MAX], struct stat *ret)
{
    if (fstat(fd, ret) != 0 || !(S_ISREG(ret->st_mode) || S_ISDIR(ret->st_mode)) || !path_of_fd(fd, buffer)) {
        return NULL;
    }
    return below(buffer);
}

static bool all_zeros(const struct iovec *parts, int count, uint64_t size)
{
    for (int i = 0; i < count && size > 0; i++) {
        const char *at = parts[i].iov_base;
        size_t here = parts[i].iov_len < size ? parts[i].iov_len : size;
        if (here > 0 && (at[0] != 0 || memcmp(at, at + 1, here - 1) != 0)) {
            return false;
        }
        size -= here;
    }
    return true;
}

/* Writes one entry, with the first entry->data_size bytes of the parts. */
static void put(struct entry entry, const char *name, const char *other, const struct iovec *parts, int count)
{
    if (count > 0 && all_zeros(parts, count, entry.data_size)) {
        entry.is_zeros = 1;
        entry.data_size = 0;
    }
    entry.name_size = (uint32_t)strlen(name);
    entry.other_size = other != NULL ? (uint32_t)strlen(other) : 0;
    size_t size = sizeof(entry) + entry.name_size + entry.other_size + entry.data_size, used = sizeof(entry);
    char *bytes = malloc(size);
    if (bytes == NULL) {
        err(99, "shim");
    }
    memcpy(bytes, &entry, sizeof(entry));
    memcpy(bytes + used, name, entry.name_size);
    used += entry.name_size;
    if (other != NULL) {
        memcpy(bytes + used, other, entry.other_size);
    }
    used += entry.other_size;
    for (int i = 0; i < count && used < size; i++) {
        size_t here = parts[i].iov_len < size - used ? parts[i].iov_len : size - used;
        memcpy(bytes + used, parts[i].iov_base, here);
        used += here;
    }
    pthread_mutex_lock(&lock);
    if (real_write(log_fd, bytes, size) != (ssize_t)size) {
        err(99, "shim: log");
    }
    atomic_fetch_add(counter, 1);
    pthread_mutex_unlock(&lock);
    free(bytes);
}

static void say_rows_flushed(const char *name)
{
    static const char line[] = "shim: rows flushed\n";
    if (strstr(name, "/rows/") != NULL && real_write(STDERR_FILENO, line, sizeof(line) - 1) < 0) {
        err(99, "shim");
    }
}

static void note_write(int fd, const struct iovec *parts, int count, off_t offset, ssize_t written)
{
    char buffer[PATH_MAX];
    struct stat st;
    int saved = errno;
    const char *name = written > 0 ? below_fd(fd, buffer, &st) : NULL;
    if (name != NULL) {
        put((struct entry){.kind = WRITTEN,
                           .inode = st.st_ino,
                           .offset = (uint64_t)offset,
                           .size = (uint64_t)written,
                           .data_size = (uint64_t)written},
            name, NULL, parts, count);
        if (fcntl(fd, F_GETFL) & O_DSYNC) {
            put((struct entry){.kind = FLUSHED_ONE, .inode = st.st_ino}, name, NULL, NULL, 0);
            say_rows_flushed(name);
        }
    }
    errno = saved;
}

/* Where a write without an offset has begun. */
static off_t before(int fd, ssize_t written)
{
    off_t now = written > 0 ? lseek(fd, 0, SEEK_CUR) : -1;
    return now < 0 ? 0 : now - written;
}

static int note_open(int folder, const char *path, int flags, mode_t mode)
{
    char buffer[PATH_MAX];
    const char *name = flags & (O_CREAT | O_TRUNC) ? below_at(folder, path, buffer) : NULL;
    if (name == NULL) {
        return real_openat(folder, path, flags, mode);
    }
    struct stat st;
    bool was = fstatat(folder, path, &st, 0) == 0;
    int fd = real_openat(folder, path, flags, mode);
    if (fd >= 0 && fstat(fd, &st) == 0) {
        if (!was) {
            put((struct entry){.kind = MADE, .inode = st.st_ino}, name, NULL, NULL, 0);
        } else if (flags & O_TRUNC) {
            put((struct entry){.kind = SIZED, .inode = st.st_ino}, name, NULL, NULL, 0);
        }
    }
    return fd;
}

static void note_fd(int fd, enum kind kind, uint64_t size, uint64_t begun)
{
    char buffer[PATH_MAX];
    struct stat st;
    const char *name = below_fd(fd, buffer, &st);
    if (name != NULL) {
        put((struct entry){.kind = kind, .inode = st.st_ino, .size = size, .begun = begun}, name, NULL, NULL, 0);
    }
}

static int flush(int fd, int (*real)(int))
{
    char buffer[PATH_MAX];
    struct stat st;
    const char *name = below_fd(fd, buffer, &st);
    uint64_t begun = atomic_load(counter);
    if (name != NULL && no_flush && S_ISREG(st.st_mode) && strstr(name, "/journal/") != NULL) {
        return 0;
    }
    int rc = real(fd);
    if (rc == 0 && name != NULL) {
        put((struct entry){.kind = FLUSHED, .inode = st.st_ino, .begun = begun}, name, NULL, NULL, 0);
    }
    return rc;
}

static void note_removed(const char *name)
{
    if (name != NULL) {
        put((struct entry){.kind = REMOVED}, name, NULL, NULL, 0);
    }
}

static mode_t mode_of(int flags, va_list list)
{
    return flags & (O_CREAT | __O_TMPFILE) ? va_arg(list, mode_t) : 0;
}

#define OPEN_BODY(folder, last)                                                                                                    \
    ready();                                                                                                                       \
    va_list list;                                                                                                                  \
    va_start(list, last);                                                                                                          \
    mode_t mode = mode_of(last, list);                                                                                             \
    va_end(list);                                                                                                                  \
    return note_open(folder, path, last, mode);

int open(const char *path, int flags, ...)
{
    OPEN_BODY(AT_FDCWD, flags)
}

int open64(const char *path, int flags, ...)
{
    OPEN_BODY(AT_FDCWD, flags)
}

int openat(int folder, const char *path, int flags, ...)
{
    OPEN_BODY(folder, flags)
}

int openat64(int folder, const char *path, int flags, ...)
{
    OPEN_BODY(folder, flags)
}

int creat(const char *path, mode_t mode)
{
    ready();
    return note_open(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode);
}

int creat64(const char *path, mode_t mode)
{
    return creat(path, mode);
}

ssize_t write(int fd, const void *data, size_t size)
{
    ready();
    ssize_t n = real_write(fd, data, size);
    const struct iovec part = {.iov_base = (void *)data, .iov_len = size};
    note_write(fd, &part, 1, before(fd, n), n);
    return n;
}

ssize_t writev(int fd, const struct iovec *parts, int count)
{
    ready();
    ssize_t n = real_writev(fd, parts, count);
    note_write(fd, parts, count, before(fd, n), n);
    return n;
}

ssize_t pwrite(int fd, const void *data, size_t size, off_t offset)
{
    ready();
    ssize_t n = real_pwrite(fd, data, size, offset);
    const struct iovec part = {.iov_base = (void *)data, .iov_len = size};
    note_write(fd, &part, 1, offset, n);
    return n;
}

ssize_t pwrite64(int fd, const void *data, size_t size, off64_t offset)
{
    return pwrite(fd, data, size, offset);
}

ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t offset)
{
    ready();
    ssize_t n = real_pwritev(fd, parts, count, offset);
    note_write(fd, parts, count, offset, n);
    return n;
}

ssize_t pwritev64(int fd, const struct iovec *parts, int count, off64_t offset)
{
    return pwritev(fd, parts, count, offset);
}

int ftruncate(int fd, off_t size)
{
    ready();
    int rc = real_ftruncate(fd, size);
    if (rc == 0) {
        note_fd(fd, SIZED, (uint64_t)size, 0);
    }
    return rc;
}

int ftruncate64(int fd, off64_t size)
{
    return ftruncate(fd, size);
}

int fallocate(int fd, int mode, off_t offset, off_t size)
{
    ready();
    int rc = real_fallocate(fd, mode, offset, size);
    if (rc == 0 && mode == 0) {
        note_fd(fd, ALLOCATED, (uint64_t)(offset + size), 0);
    }
    return rc;
}

int fallocate64(int fd, int mode, off64_t offset, off64_t size)
{
    return fallocate(fd, mode, offset, size);
}

int posix_fallocate(int fd, off_t offset, off_t size)
{
    ready();
    int rc = real_posix_fallocate(fd, offset, size);
    if (rc == 0) {
        note_fd(fd, ALLOCATED, (uint64_t)(offset + size), 0);
    }
    return rc;
}

int posix_fallocate64(int fd, off64_t offset, off64_t size)
{
    return posix_fallocate(fd, offset, size);
}

int fsync(int fd)
{
    ready();
    return flush(fd, real_fsync);
}

int fdatasync(int fd)
{
    ready();
    return flush(fd, real_fdatasync);
}

int renameat(int folder, const char *path, int other_folder, const char *other)
{
    ready();
    char a[PATH_MAX], b[PATH_MAX];
    const char *name = below_at(folder, path, a), *other_name = below_at(other_folder, other, b);
    int rc = real_renameat(folder, path, other_folder, other);
    if (rc == 0 && (name != NULL) != (other_name != NULL)) {
        errx(99, "shim: a file came into the folder, or left it");
    }
    if (rc == 0 && name != NULL) {
        put((struct entry){.kind = RENAMED}, name, other_name, NULL, 0);
    }
    return rc;
}

int rename(const char *path, const char *other)
{
    return renameat(AT_FDCWD, path, AT_FDCWD, other);
}

int unlinkat(int folder, const char *path, int flags)
{
    ready();
    char buffer[PATH_MAX];
    const char *name = below_at(folder, path, buffer);
    int rc = real_unlinkat(folder, path, flags);
    if (rc == 0) {
        note_removed(name);
    }
    return rc;
}

int unlink(const char *path)
{
    return unlinkat(AT_FDCWD, path, 0);
}

int rmdir(const char *path)
{
    return unlinkat(AT_FDCWD, path, AT_REMOVEDIR);
}

int remove(const char *path)
{
    ready();
    char buffer[PATH_MAX];
    const char *name = below_at(AT_FDCWD, path, buffer);
    int rc = real_remove(path);
    if (rc == 0) {
        note_removed(name);
    }
    return rc;
}

int mkdirat(int folder, const char *path, mode_t mode)
{
    ready();
    char buffer[PATH_MAX];
    const char *name = below_at(folder, path, buffer);
    int rc = real_mkdirat(folder, path, mode);
    struct stat st;
    if (rc == 0 && name != NULL && fstatat(folder, path, &st, 0) == 0) {
        put((struct entry){.kind = MADE_FOLDER, .inode = st.st_ino}, name, NULL, NULL, 0);
    }
    return rc;
}

int mkdir(const char *path, mode_t mode)
{
    return mkdirat(AT_FDCWD, path, mode);
}

/* The cookie of a stream is its descriptor. */
static int fd_of(void *cookie)
{
    return (int)(intptr_t)cookie;
}

static ssize_t stream_write(void *cookie, const char *data, size_t size)
{
    size_t done = 0;
    while (done < size) {
        ssize_t n = write(fd_of(cookie), data + done, size - done);
        if (n < 0) {
            break;
        }
        done += (size_t)n;
    }
    return (ssize_t)done;
}

static int stream_seek(void *cookie, off64_t *offset, int whence)
{
    off64_t at = lseek64(fd_of(cookie), *offset, whence);
    if (at < 0) {
        return -1;
    }
    *offset = at;
    return 0;
}

static int stream_close(void *cookie)
{
    return close(fd_of(cookie));
}

FILE *fopen(const char *path, const char *mode)
{
    ready();
    char buffer[PATH_MAX];
    const char *name = below_at(AT_FDCWD, path, buffer);
    bool updates = strchr(mode, '+') != NULL;
    if (name == NULL || (mode[0] == 'r' && !updates)) {
        return real_fopen(path, mode);
    }
    if (updates) {
        errx(99, "shim: a stream that reads and writes is not modelled: %s", name);
    }
    int flags = O_WRONLY | O_CREAT | (mode[0] == 'a' ? O_APPEND : O_TRUNC);
    flags |= (strchr(mode, 'x') != NULL ? O_EXCL : 0) | (strchr(mode, 'e') != NULL ? O_CLOEXEC : 0);
    int fd = note_open(AT_FDCWD, path, flags, 0666);
    if (fd < 0) {
        return NULL;
    }
    const cookie_io_functions_t functions = {.write = stream_write, .seek = stream_seek, .close = stream_close};
    FILE *ret = fopencookie((void *)(intptr_t)fd, mode[0] == 'a' ? "a" : "w", functions);
    if (ret == NULL) {
        err(99, "shim");
    }
    ret->_fileno = fd; /* for fileno: who writes a stream flushes its descriptor */
    return ret;
}

FILE *fopen64(const char *path, const char *mode)
{
    return fopen(path, mode);
}
