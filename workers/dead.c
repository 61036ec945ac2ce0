/* dead.c - dead letters: what could not be delivered, one JSON object a line, flushed to disk */
#include "workers/dead.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* Opens and locks the file that has the name now: it may be taken away between the two. */
static int open_locked(const char *path, int flags, int *ret)
{
    for (;;) {
        struct stat here, there;
        int fd = open(path, flags | O_CLOEXEC, 0600);

        if (fd < 0) {
            return -errno;
        }
        while (flock(fd, LOCK_EX) < 0) {
            if (errno != EINTR) {
                int rc = -errno;

                close(fd);
                return rc;
            }
        }
        if (fstat(fd, &here) == 0 && stat(path, &there) == 0 && here.st_ino == there.st_ino && here.st_dev == there.st_dev) {
            *ret = fd;
            return 0;
        }
        close(fd);
    }
}

static int sync_folder(const char *path)
{
    char *copy = strdup(path);
    int fd = copy == NULL ? -1 : open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int rc = fd < 0 || fsync(fd) < 0 ? -errno : 0;

    if (fd >= 0) {
        close(fd);
    }
    free(copy);
    return rc;
}

static int write_all(int fd, const char *data, size_t size)
{
    while (size > 0) {
        ssize_t done = write(fd, data, size);

        if (done < 0 && errno == EINTR) {
            continue;
        }
        if (done < 0) {
            return -errno;
        }
        data += done;
        size -= (size_t)done;
    }
    return 0;
}

/* Does the file end within a line? */
static bool cut_off(int fd, off_t size)
{
    char last;

    return size > 0 && pread(fd, &last, 1, size - 1) == 1 && last != '\n';
}

int dead_append(const char *path, const char *line, size_t size)
{
    struct stat status;
    int fd = -1, rc = open_locked(path, O_RDWR | O_CREAT | O_APPEND, &fd);

    if (rc < 0) {
        return rc;
    }
    if (fstat(fd, &status) < 0) {
        rc = -errno;
    }
    if (rc == 0 && cut_off(fd, status.st_size)) {
        rc = write_all(fd, "\n", 1);
    }
    if (rc == 0) {
        rc = write_all(fd, line, size);
    }
    if (rc == 0) {
        rc = write_all(fd, "\n", 1);
    }
    if (rc == 0 && fsync(fd) < 0) {
        rc = -errno;
    }
    if (rc == 0 && status.st_size == 0) {
        rc = sync_folder(path);
    }
    close(fd);
    return rc;
}

int dead_take(const char *path, char **ret)
{
    char *taken;
    int fd = -1;

    if (asprintf(&taken, "%s.replay", path) < 0) {
        return -ENOMEM;
    }
    if (access(taken, F_OK) == 0) {
        *ret = taken;
        return 0;
    }
    int rc = open_locked(path, O_RDWR, &fd);
    if (rc == 0) {
        rc = rename(path, taken) < 0 ? -errno : sync_folder(taken);
        close(fd);
    }
    if (rc < 0) {
        free(taken);
        return rc;
    }
    *ret = taken;
    return 0;
}
