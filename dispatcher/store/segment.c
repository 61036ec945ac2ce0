/* segment.c - the files of the journal: their names, and how they are made */
#include "dispatcher/store/segment.h"

#include "dispatcher/store/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MARK_EVERY (16 * 1024)

void segment_name(uint64_t first_seq, char ret[SEGMENT_NAME_SIZE])
{
    snprintf(ret, SEGMENT_NAME_SIZE, "%016" PRIx64 ".log", first_seq);
}

static bool name_read(const char *name, uint64_t *ret)
{
    if (strlen(name) != SEGMENT_NAME_SIZE - 1 || strspn(name, "0123456789abcdef") != 16 || strcmp(name + 16, ".log") != 0) {
        return false;
    }
    *ret = strtoull(name, NULL, 16);
    return true;
}

static int by_first_seq(const void *a, const void *b)
{
    const struct segment *x = a, *y = b;
    return x->first_seq < y->first_seq ? -1 : x->first_seq > y->first_seq;
}

int segment_list(int folder, struct segment **ret, size_t *ret_count)
{
    int fd = folder_openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    if (dir == NULL) {
        int rc = -errno;
        if (fd >= 0) {
            close(fd);
        }
        return rc;
    }
    struct segment *list = NULL;
    size_t count = 0, capacity = 0;
    int rc = 0;
    for (;;) {
        errno = 0;
        struct dirent *entry = readdir(dir);
        if (entry == NULL) {
            rc = -errno;
            break;
        }
        uint64_t first_seq;
        if (!name_read(entry->d_name, &first_seq)) {
            continue;
        }
        if (count == capacity) {
            capacity = capacity == 0 ? 16 : 2 * capacity;
            struct segment *larger = realloc(list, capacity * sizeof(*larger));
            if (larger == NULL) {
                rc = -ENOMEM;
                break;
            }
            list = larger;
        }
        list[count++] = (struct segment){.first_seq = first_seq};
    }
    closedir(dir);
    if (rc < 0) {
        free(list);
        return rc;
    }
    if (count > 1) {
        qsort(list, count, sizeof(*list), by_first_seq);
    }
    *ret = list;
    *ret_count = count;
    return 0;
}

void segment_mark(struct segment *segment, uint64_t seq, uint64_t offset)
{
    if (segment->mark_count > 0 && offset < segment->marks[segment->mark_count - 1].offset + MARK_EVERY) {
        return;
    }
    if (segment->mark_count == segment->mark_capacity) {
        size_t capacity = segment->mark_capacity == 0 ? 64 : 2 * segment->mark_capacity;
        struct segment_mark *marks = realloc(segment->marks, capacity * sizeof(*marks));
        if (marks == NULL) {
            return;
        }
        segment->marks = marks;
        segment->mark_capacity = capacity;
    }
    segment->marks[segment->mark_count++] = (struct segment_mark){.seq = seq, .offset = offset};
}

bool segment_find(const struct segment *segment, uint64_t seq, struct segment_mark *ret)
{
    size_t low = 0, high = segment->mark_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (segment->marks[middle].seq <= seq) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if (low == 0) {
        return false;
    }
    *ret = segment->marks[low - 1];
    return true;
}

int segment_make(int folder, uint64_t size, struct segment_maker *ret)
{
    int fd = folder_openat(folder, SEGMENT_PREPARED, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
    if (fd < 0) {
        return -errno;
    }
    *ret = (struct segment_maker){.fd = fd, .size = size};
    int rc;
    do {
        rc = posix_fallocate(fd, 0, (off_t)size);
    } while (rc == EINTR);
    if (rc != 0) {
        segment_drop(folder, ret);
    }
    return -rc;
}

int segment_make_on(int folder, struct segment_maker *maker, uint64_t slice)
{
    static uint8_t zeros[256 * 1024];
    int rc = 0;
    uint64_t until = maker->size - maker->written > slice ? maker->written + slice : maker->size;
    uint64_t from = maker->written;
    while (maker->written < until) {
        uint64_t left = until - maker->written;
        size_t size = left < sizeof(zeros) ? (size_t)left : sizeof(zeros);
        rc = folder_write_all(maker->fd, zeros, size, maker->written);
        if (rc < 0) {
            goto fail;
        }
        maker->written += size;
    }
    /* A hint: lets the disk begin now, so that the flush at the end finds little to do. */
    (void)sync_file_range(maker->fd, (off_t)from, (off_t)(until - from), SYNC_FILE_RANGE_WRITE);
    if (maker->written < maker->size) {
        return 1;
    }
    rc = folder_sync(maker->fd);
    if (rc == 0) {
        rc = folder_sync(folder);
    }
    if (rc < 0) {
        goto fail;
    }
    maker->ready = true;
    return 0;
fail:
    segment_drop(folder, maker);
    return rc;
}

void segment_drop(int folder, struct segment_maker *maker)
{
    if (maker->fd >= 0) {
        close(maker->fd);
        (void)unlinkat(folder, SEGMENT_PREPARED, 0);
    }
    *maker = (struct segment_maker){.fd = -1};
}
