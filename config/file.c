#include "config/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int read_all(int fd, char **ret, size_t *ret_size)
{
    struct stat stat;
    if (fstat(fd, &stat) < 0)
        return -errno;
    if (!S_ISREG(stat.st_mode))
        return -EISDIR;
    if (stat.st_size > (off_t)FILE_SIZE_MAX)
        return -EFBIG;
    size_t capacity = (size_t)stat.st_size + 1, size = 0;
    char *data = malloc(capacity);
    if (!data)
        return -ENOMEM;
    while (size + 1 < capacity) {
        ssize_t got = read(fd, data + size, capacity - 1 - size);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            int r = -errno;
            free(data);
            return r;
        }
        if (got == 0)
            break;
        size += (size_t)got;
    }
    data[size] = '\0';
    *ret = data;
    *ret_size = size;
    return 0;
}

int file_read(const char *folder, const char *file, struct faults *faults, char **ret, size_t *ret_size)
{
    char path[4096];
    int length = folder ? snprintf(path, sizeof path, "%s/%s", folder, file) : snprintf(path, sizeof path, "%s", file);
    int r = -ENAMETOOLONG;
    if (length >= 0 && (size_t)length < sizeof path) {
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        r = fd < 0 ? -errno : read_all(fd, ret, ret_size);
        if (fd >= 0)
            close(fd);
    }
    if (r == 0 || r == -ENOMEM)
        return r;
    if (r == -ENOENT)
        faults_add(faults, file, 0, 0, "there is no such file; put it into the folder `%s`", folder ? folder : ".");
    else if (r == -EFBIG)
        faults_add(faults, file, 0, 0, "the file is larger than 64 MiB; split the district");
    else
        faults_add(faults, file, 0, 0, "cannot be read: %s", strerror(-r));
    return -EINVAL;
}
