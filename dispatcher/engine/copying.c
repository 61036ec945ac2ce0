/* copying.c - large files and folders copied in pieces: told how far, ended when asked, flushed */
#include "dispatcher/engine/copying.h"

#include "dispatcher/engine/datadir.h"
#include "dispatcher/store/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BLOCK ((size_t)256 * 1024)
#define PUSH_EVERY ((uint64_t)4 << 20)

int copying_create(struct copying *copying, int folder, const char *name, struct copying_file *ret)
{
    int fd = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);

    if (fd < 0) {
        return -errno;
    }
    *ret = (struct copying_file){.copying = copying, .fd = fd};
    return 0;
}

int copying_add(struct copying_file *file, const void *data, size_t size)
{
    struct copying *copying = file->copying;
    uint64_t before = file->size;
    int rc = copying->stop ? -ECANCELED : folder_write_all(file->fd, data, size, before);

    if (rc < 0) {
        return rc;
    }
    file->size += size;
    copying->copied += size;
    /* A hint. Written all at once at the end, the file would hold up the flushes of others on this disk. */
    if (file->size / PUSH_EVERY != before / PUSH_EVERY) {
        (void)sync_file_range(file->fd, (off_t)(before / PUSH_EVERY * PUSH_EVERY), (off_t)PUSH_EVERY, SYNC_FILE_RANGE_WRITE);
    }
    if (copying->progress != NULL) {
        copying->progress(copying->arg, copying->copied);
    }
    return 0;
}

int copying_end(struct copying_file *file, int rc)
{
    if (rc == 0) {
        rc = folder_sync(file->fd);
    }
    if (close(file->fd) < 0 && rc == 0) {
        rc = -errno;
    }
    return rc;
}

static int copy_bytes(struct copying_file *file, int from, uint64_t most)
{
    char *block = malloc(BLOCK);
    uint64_t left = most > 0 ? most : UINT64_MAX;
    int rc = block == NULL ? -ENOMEM : 0;

    while (rc == 0 && left > 0) {
        ssize_t n = folder_read_all(from, block, left < BLOCK ? (size_t)left : BLOCK, file->size);

        if (n <= 0) {
            rc = (int)n;
            break;
        }
        rc = copying_add(file, block, (size_t)n);
        left -= (uint64_t)n;
    }
    free(block);
    return rc;
}

int copying_copy(struct copying *copying, int from_folder, int to_folder, const char *name, uint64_t most)
{
    struct copying_file file;
    struct stat about;
    int from = openat(from_folder, name, O_RDONLY | O_CLOEXEC);

    if (from < 0) {
        return -errno;
    }
    int rc = fstat(from, &about) < 0 ? -errno : copying_create(copying, to_folder, name, &file);
    if (rc < 0) {
        close(from);
        return rc;
    }
    rc = copy_bytes(&file, from, most);
    if (rc == 0 && file.size < (uint64_t)about.st_size && ftruncate(file.fd, about.st_size) < 0) {
        rc = -errno;
    }
    close(from);
    return copying_end(&file, rc);
}

static bool ends_in(const char *name, const char *suffix)
{
    size_t size = strlen(name), tail = strlen(suffix);

    return size >= tail && strcmp(name + size - tail, suffix) == 0;
}

/* Calls `each` for the entries of a folder, until one fails. */
static int for_each(const char *path, int (*each)(void *arg, const char *name), void *arg)
{
    DIR *folder = opendir(path);
    struct dirent *entry;
    int rc = 0;

    if (folder == NULL) {
        return -errno;
    }
    while (rc == 0 && (entry = readdir(folder)) != NULL) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
            rc = each(arg, entry->d_name);
        }
    }
    closedir(folder);
    return rc;
}

struct walk {
    struct copying *copying;
    const char *suffix;
    int from, to;                    /* folders of files */
    const char *from_path, *to_path; /* of sets */
};

static int copy_entry(void *arg, const char *name)
{
    const struct walk *walk = arg;
    struct stat about;

    if (!ends_in(name, walk->suffix)) {
        return 0;
    }
    if (fstatat(walk->from, name, &about, AT_SYMLINK_NOFOLLOW) < 0) {
        return -errno;
    }
    return S_ISREG(about.st_mode) ? copying_copy(walk->copying, walk->from, walk->to, name, 0) : 0;
}

int copying_folder(struct copying *copying, const char *from, const char *to, const char *suffix)
{
    struct walk walk = {.copying = copying, .suffix = suffix, .from = folder_open(from, false), .to = folder_open(to, true)};
    int rc = walk.from < 0 ? walk.from : walk.to < 0 ? walk.to : for_each(from, copy_entry, &walk);

    if (rc == 0) {
        rc = folder_sync(walk.to);
    }
    if (walk.from >= 0) {
        close(walk.from);
    }
    if (walk.to >= 0) {
        close(walk.to);
    }
    return rc;
}

/* A set that is being kept right now has a name that ends in .new: not whole. */
static int copy_set(void *arg, const char *name)
{
    const struct walk *walk = arg;

    if (ends_in(name, ".new")) {
        return 0;
    }
    char *from = datadir_join(walk->from_path, name);
    char *to = datadir_join(walk->to_path, name);
    int rc = from == NULL || to == NULL ? -ENOMEM : copying_folder(walk->copying, from, to, "");
    free(from);
    free(to);
    return rc;
}

int copying_sets(struct copying *copying, const char *from, const char *to)
{
    struct walk walk = {.copying = copying, .from_path = from, .to_path = to};

    return for_each(from, copy_set, &walk);
}
