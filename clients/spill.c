/*
 * spill.c - an array that may grow beyond memory
 */
#include "clients/spill.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define ROOM_MIN (UINT64_C(64) << 10)

static int make_file(int *ret)
{
    char path[4096];
    const char *folder = getenv("TMPDIR");
    int size = snprintf(path, sizeof(path), "%s/huying-XXXXXX", folder != NULL && folder[0] != '\0' ? folder : "/var/tmp");
    if (size < 0 || (size_t)size >= sizeof(path)) {
        return -ENAMETOOLONG;
    }
    int fd = mkostemp(path, O_CLOEXEC);
    if (fd < 0) {
        return -errno;
    }
    unlink(path);
    *ret = fd;
    return 0;
}

/* The room is allocated on the disk, so that a full one is an error here and no signal later. */
static int map_file(struct spill *spill, uint64_t room)
{
    int fd = spill->fd, rc = fd == 0 ? make_file(&fd) : 0;
    if (rc < 0) {
        return rc;
    }
    rc = -posix_fallocate(fd, 0, (off_t)room);
    void *at = MAP_FAILED;
    if (rc == 0) {
        at = mmap(NULL, room, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        rc = at == MAP_FAILED ? -errno : 0;
    }
    if (rc < 0) {
        if (spill->fd == 0) {
            close(fd);
        }
        return rc;
    }
    if (spill->fd == 0 && spill->room > 0) {
        memcpy(at, spill->at, spill->room);
    }
    if (spill->room > 0) {
        munmap(spill->at, spill->room);
    }
    *spill = (struct spill){.at = at, .room = room, .fd = fd};
    return 0;
}

int spill_grow(struct spill *spill, uint64_t size)
{
    uint64_t room = spill->room > 0 ? spill->room : ROOM_MIN;
    while (room < size && room <= UINT64_MAX / 4) {
        room *= 2;
    }
    if (room == spill->room) {
        return 0;
    }
    if (spill->fd != 0 || room > SPILL_MEMORY) {
        return map_file(spill, room);
    }
    void *at = spill->room > 0 ? mremap(spill->at, spill->room, room, MREMAP_MAYMOVE)
                               : mmap(NULL, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (at == MAP_FAILED) {
        return -ENOMEM;
    }
    spill->at = at;
    spill->room = room;
    return 0;
}

void spill_deinit(struct spill *spill)
{
    if (spill->room > 0) {
        munmap(spill->at, spill->room);
    }
    if (spill->fd != 0) {
        close(spill->fd);
    }
    *spill = (struct spill){0};
}
