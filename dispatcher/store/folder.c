/* folder.c - folders and whole writes, with their flushes */
#include "dispatcher/store/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* How often a want of descriptors is waited for, and how long each time: strangers' connections end within two seconds. */
#define WANT_MOMENTS 50
#define WANT_MOMENT_MS 10

static int sync_parent(const char *path)
{
    char copy[PATH_MAX];
    if ((size_t)snprintf(copy, sizeof(copy), "%s", path) >= sizeof(copy)) {
        return -ENAMETOOLONG;
    }
    int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        return -errno;
    }
    int rc = folder_sync(fd);
    close(fd);
    return rc;
}

int folder_open(const char *path, bool make)
{
    if (make) {
        if (mkdir(path, 0750) != 0 && errno != EEXIST) {
            return -errno;
        }
        /* Also when it was there: who made it may have ended before this. */
        int rc = sync_parent(path);
        if (rc < 0) {
            return rc;
        }
    }
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

/* Others may take what is kept in the moment of the window; they are connections, which come and go. */
static int open_above(int folder, const char *name, int flags, mode_t mode)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= limit.rlim_max) {
        errno = EMFILE;
        return -1;
    }
    const struct rlimit all = {.rlim_cur = limit.rlim_max, .rlim_max = limit.rlim_max};
    setrlimit(RLIMIT_NOFILE, &all);
    int fd = openat(folder, name, flags, mode);
    int saved = errno;
    setrlimit(RLIMIT_NOFILE, &limit);
    errno = saved;
    return fd;
}

int folder_openat(int folder, const char *name, int flags, mode_t mode)
{
    const struct timespec moment = {.tv_nsec = WANT_MOMENT_MS * 1000000L};
    for (int i = 0;; i++) {
        int fd = openat(folder, name, flags, mode);
        if (fd < 0 && errno == EMFILE) {
            fd = open_above(folder, name, flags, mode);
        }
        if (fd >= 0 || !folder_wants_descriptors(-errno) || i == WANT_MOMENTS) {
            return fd;
        }
        nanosleep(&moment, NULL);
    }
}

bool folder_wants_descriptors(int rc)
{
    return rc == -EMFILE || rc == -ENFILE;
}

int folder_write_all(int fd, const void *data, size_t size, uint64_t offset)
{
    const char *at = data;
    while (size > 0) {
        ssize_t n = pwrite(fd, at, size, (off_t)offset);
        if (n < 0) {
            if (errno == EINTR) {
                continue;
            }
            return -errno;
        }
        if (n == 0) {
            return -EIO;
        }
        at += n;
        size -= (size_t)n;
        offset += (uint64_t)n;
    }
    return 0;
}

ssize_t folder_read_all(int fd, void *data, size_t size, uint64_t offset)
{
    char *at = data;
    size_t done = 0;
    while (done < size) {
        ssize_t n = pread(fd, at + done, size - done, (off_t)(offset + done));
        if (n < 0) {
            if (errno == EINTR) {
                continue;
            }
            return -errno;
        }
        if (n == 0) {
            break;
        }
        done += (size_t)n;
    }
    return (ssize_t)done;
}

/* EINTR is the only failure that may be tried again: after any other the kernel may have dropped the pages and would say 0. */
int folder_sync(int fd)
{
    while (fsync(fd) != 0) {
        if (errno != EINTR) {
            return -errno;
        }
    }
    return 0;
}

int folder_sync_data(int fd)
{
    while (fdatasync(fd) != 0) {
        if (errno != EINTR) {
            return -errno;
        }
    }
    return 0;
}
