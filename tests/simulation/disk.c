/* disk.c - what a disk would not have yet: writes to the journal that no flush has followed */
#include "tests/simulation/disk.h"

#include "tests/store/failing.h"

#include <err.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SECTOR 512

struct unflushed {
    ino_t inode;
    int fd; /* a copy of the writer's; of a name, of its folder */
    off_t offset;
    size_t size;
    char *before;          /* bytes that lay there; NULL: a name */
    char from[64], to[64]; /* of a name */
};

static struct unflushed *writes;
static size_t count, capacity;

static struct unflushed *add(int fd, ino_t inode)
{
    if (count == capacity) {
        capacity = 2 * capacity + 64;
        writes = realloc(writes, capacity * sizeof(*writes));
    }
    struct unflushed *ret = &writes[count++];
    *ret = (struct unflushed){.inode = inode, .fd = fcntl(fd, F_DUPFD_CLOEXEC, 0)};
    if (ret->fd < 0) {
        err(2, "disk");
    }
    return ret;
}

static void forget(struct unflushed *write)
{
    close(write->fd);
    free(write->before);
}

static ino_t inode_of(int fd, bool *ret_folder)
{
    struct stat about;

    if (fstat(fd, &about) < 0) {
        err(2, "disk");
    }
    *ret_folder = S_ISDIR(about.st_mode);
    return about.st_ino;
}

static void on_write(int fd, size_t size, off_t offset)
{
    bool folder;
    struct unflushed *write = add(fd, inode_of(fd, &folder));
    ssize_t n;

    write->offset = offset;
    write->before = calloc(1, size);
    do {
        n = pread(fd, write->before + write->size, size - write->size, offset + (off_t)write->size);
        write->size += n > 0 ? (size_t)n : 0;
    } while (n > 0 && write->size < size);
    write->size = size; /* behind its end a file is zeros */
}

static void on_rename(int folder_fd, const char *from, const char *to)
{
    bool folder;
    struct unflushed *name = add(folder_fd, inode_of(folder_fd, &folder));

    snprintf(name->from, sizeof(name->from), "%s", from);
    snprintf(name->to, sizeof(name->to), "%s", to);
}

/* What lies on a file or folder that is flushed is there. */
static void on_flush(int fd)
{
    bool folder;
    ino_t inode = inode_of(fd, &folder);
    size_t kept = 0;

    for (size_t i = 0; i < count; i++) {
        if (writes[i].inode == inode) {
            forget(&writes[i]);
        } else {
            writes[kept++] = writes[i];
        }
    }
    count = kept;
}

void disk_begin(void)
{
    failing_writing = on_write;
    failing_flushed = on_flush;
    failing_renamed = on_rename;
}

static void forget_all(void)
{
    for (size_t i = 0; i < count; i++) {
        forget(&writes[i]);
    }
    count = 0;
}

/* Does this sector of this file come back as it was? The same for all writes on it. */
static bool lost(uint64_t lot, off_t sector)
{
    struct chance chance = {.state = lot ^ (uint64_t)sector};

    return (chance_next(&chance) & 1) != 0;
}

static uint64_t take_back(const struct unflushed *write, uint64_t lot)
{
    uint64_t sectors = 0;

    for (size_t at = 0; at < write->size;) {
        off_t sector = (write->offset + (off_t)at) / SECTOR;
        size_t here = (size_t)((sector + 1) * SECTOR - write->offset) - at;

        if (here > write->size - at) {
            here = write->size - at;
        }
        if (lost(lot, sector)) {
            if (pwrite(write->fd, write->before + at, here, write->offset + (off_t)at) != (ssize_t)here) {
                err(2, "disk");
            }
            sectors++;
        }
        at += here;
    }
    return sectors;
}

uint64_t disk_cut(struct chance *chance)
{
    uint64_t lot = chance_next(chance), sectors = 0;

    failing_writing = NULL;
    failing_flushed = NULL;
    failing_renamed = NULL;
    for (size_t i = count; i > 0; i--) {
        struct unflushed *write = &writes[i - 1];

        if (write->before != NULL) {
            sectors += take_back(write, lot);
        } else if (chance_is(chance, 0.5) && renameat(write->fd, write->to, write->fd, write->from) == 0) {
            sectors++;
        }
    }
    forget_all();
    disk_begin();
    return sectors;
}

void disk_end(void)
{
    failing_writing = NULL;
    failing_flushed = NULL;
    failing_renamed = NULL;
    forget_all();
    free(writes);
    writes = NULL;
    capacity = 0;
}
