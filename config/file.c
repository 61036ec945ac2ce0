/* file.c - a whole small file in memory; a large one opened */
#include "config/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utf8proc.h>

/* Size of what is a file. */
static int file_size(int fd, uint64_t *ret)
{
    struct stat stat;
    if (fstat(fd, &stat) < 0) {
        return -errno;
    }
    if (!S_ISREG(stat.st_mode)) {
        return S_ISDIR(stat.st_mode) ? -EISDIR : -ENOTSUP;
    }
    *ret = (uint64_t)stat.st_size;
    return 0;
}

static int read_all(int fd, char **ret, size_t *ret_size)
{
    uint64_t wanted = 0;
    int rc = file_size(fd, &wanted);
    if (rc < 0) {
        return rc;
    }
    if (wanted > FILE_SIZE_MAX) {
        return -EFBIG;
    }
    size_t capacity = (size_t)wanted + 1, size = 0;
    char *data = malloc(capacity);
    if (data == NULL) {
        return -ENOMEM;
    }
    while (size + 1 < capacity) {
        ssize_t got = read(fd, data + size, capacity - 1 - size);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            rc = -errno;
            free(data);
            return rc;
        }
        if (got == 0) {
            break;
        }
        size += (size_t)got;
    }
    data[size] = '\0';
    *ret = data;
    *ret_size = size;
    return 0;
}

static void say_why(const char *folder, const char *file, int error, struct faults *faults)
{
    if (error == -ENOENT) {
        faults_add(faults, file, 0, 0, "there is no such file; put it into the folder `%s`", folder != NULL ? folder : ".");
    } else if (error == -EFBIG) {
        faults_add(faults, file, 0, 0,
                   "the file is larger than 64 MiB, the most for a file of a district's configuration; split the district");
    } else if (error == -ENOTSUP) {
        faults_add(faults, file, 0, 0, "this is a pipe or a device; put a file there");
    } else {
        faults_add(faults, file, 0, 0, "cannot be read: %s", strerror(-error));
    }
}

static int read_file(const char *folder, const char *file, bool optional, struct faults *faults, char **ret, size_t *ret_size)
{
    char path[4096];
    int length = folder != NULL ? snprintf(path, sizeof(path), "%s/%s", folder, file) : snprintf(path, sizeof(path), "%s", file);
    int rc = -ENAMETOOLONG;
    if (length >= 0 && (size_t)length < sizeof(path)) {
        int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a pipe without a writer must not hold us up */
        rc = fd < 0 ? -errno : read_all(fd, ret, ret_size);
        if (fd >= 0) {
            close(fd);
        }
    }
    /* A shortage that passes (memory, descriptors) is not a fault of the file. */
    if (rc == 0 || rc == -ENOMEM || rc == -EMFILE || rc == -ENFILE || (rc == -ENOENT && optional)) {
        return rc == -ENOENT ? 0 : rc;
    }
    say_why(folder, file, rc, faults);
    return -EINVAL;
}

int file_read(const char *folder, const char *file, struct faults *faults, char **ret, size_t *ret_size)
{
    return read_file(folder, file, false, faults, ret, ret_size);
}

int file_read_if_there(const char *folder, const char *file, struct faults *faults, char **ret, size_t *ret_size)
{
    *ret = NULL;
    *ret_size = 0;
    return read_file(folder, file, true, faults, ret, ret_size);
}

int file_open(const char *path, struct faults *faults, int *ret_fd, uint64_t *ret_size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), rc = fd < 0 ? -errno : file_size(fd, ret_size);
    if (rc < 0) {
        say_why(NULL, path, rc, faults);
        if (fd >= 0) {
            close(fd);
        }
        return -EINVAL;
    }
    *ret_fd = fd;
    return 0;
}

bool file_check_text(const char *file, const void *data, size_t size, struct faults *faults)
{
    const unsigned char *at = data;
    if (size >= 2 && ((at[0] == 0xff && at[1] == 0xfe) || (at[0] == 0xfe && at[1] == 0xff))) {
        faults_add(faults, file, 1, 1, "the file is UTF-16; save it as UTF-8");
        return false;
    }
    uint32_t line = 1, column = 1, bad_line = 0, bad_count = 0;
    for (size_t i = 0; i < size;) {
        utf8proc_int32_t c;
        utf8proc_ssize_t length = utf8proc_iterate(at + i, (utf8proc_ssize_t)(size - i), &c);
        if ((length <= 0 || c == 0) && line != bad_line && ++bad_count <= 10) {
            bad_line = line;
            faults_add(faults, file, line, column,
                       length <= 0 ? "byte 0x%02x is not UTF-8; save the file as UTF-8" : "byte 0x%02x is not text; take it out",
                       at[i]);
        }
        if (at[i] == '\n' || (at[i] == '\r' && (i + 1 == size || at[i + 1] != '\n'))) {
            line++;
            column = 1;
        } else {
            column++;
        }
        i += length <= 0 ? 1 : (size_t)length;
    }
    return bad_count == 0;
}
