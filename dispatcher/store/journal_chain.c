/*
 * journal_chain.c - the segments as files of one chain: looked at whenever a journal is opened, whether or not their frames are
 * read.
 *
 * Of each segment the name, the size and the header must agree; and the last frame of each must be the one that the next segment
 * says it continues. That reads two pieces of a segment, not all of it: a file that is missing, cut, swapped or from elsewhere is
 * found before anything is served, and what changed inside an older frame when the frame is read, or by `huying check`.
 */
#include "dispatcher/store/journal_inner.h"

#include "dispatcher/store/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TAIL_FIRST ((uint64_t)256 * 1024)

/* An open segment. */
struct link {
    int fd;
    uint64_t size;
    struct segment_header header;
};

static int read_exactly(int fd, void *data, uint64_t size, uint64_t offset)
{
    ssize_t n = folder_read_all(fd, data, (size_t)size, offset);
    if (n < 0) {
        return (int)n;
    }
    return (uint64_t)n == size ? 0 : -EIO;
}

/* Opens a segment and checks what it is in itself. Caller closes ret->fd in any case (-1: not open). */
static int open_link(struct journal *journal, struct segment *segment, struct link *ret, char *said)
{
    uint8_t bytes[SEGMENT_HEADER_SIZE] = {0};
    char name[SEGMENT_NAME_SIZE];
    struct stat st;
    segment_name(segment->first_seq, name);
    *ret = (struct link){.fd = folder_openat(journal->folder, name, O_RDONLY | O_CLOEXEC, 0)};
    if (ret->fd < 0 || fstat(ret->fd, &st) != 0) {
        return scan_damaged(segment, 0, said, -errno, "it cannot be opened: %s", strerror(errno));
    }
    ret->size = segment->size = (uint64_t)st.st_size;
    ssize_t n = folder_read_all(ret->fd, bytes, sizeof(bytes), 0);
    if (n < 0) {
        return scan_damaged(segment, 0, said, (int)n, "it cannot be read: %s", strerror((int)-n));
    }
    return segment_scan_head(segment, bytes, ret->size, &ret->header, said);
}

/* The last good frame in the last `size` bytes of a segment; *ret_until: behind the last byte that is not zero. False: none, or
 * other bytes follow it. */
static bool last_frame(const uint8_t *bytes, uint64_t size, struct frame_place *ret, uint64_t *ret_until)
{
    uint64_t until = size;
    while (until > 0 && bytes[until - 1] == 0) {
        until--;
    }
    *ret_until = until;
    for (uint64_t at = until; at-- > 0;) {
        if (bytes[at] != (uint8_t)FRAME_MAGIC[0] || size - at < FRAME_MAGIC_SIZE ||
            memcmp(bytes + at, FRAME_MAGIC, FRAME_MAGIC_SIZE) != 0 || !frame_read(bytes + at, size - at, ret)) {
            continue;
        }
        return at + frame_size(ret->frame.size) >= until; /* data may end in zeros */
    }
    return false;
}

/* Finds the last frame of a segment from its end. ret->frame.data is not to be used. Returns 1, 0 (no frame ends at
 * *ret_until, where the bytes end), or a negative errno. */
static int read_last_frame(const struct link *link, struct frame_place *ret, uint64_t *ret_until)
{
    uint64_t most = link->size - SEGMENT_HEADER_SIZE;
    int rc = 0;
    for (uint64_t tail = TAIL_FIRST; rc == 0; tail *= 4) {
        uint64_t size = tail < most ? tail : most;
        uint8_t *bytes = malloc((size_t)size + 1);
        if (bytes == NULL) {
            return -ENOMEM;
        }
        rc = read_exactly(link->fd, bytes, size, link->size - size);
        if (rc == 0) {
            rc = last_frame(bytes, size, ret, ret_until);
        }
        *ret_until += link->size - size;
        free(bytes);
        if (size == most) {
            break;
        }
    }
    return rc;
}

static int check_link(struct segment *segment, const struct link *link, const struct segment *later, const struct link *later_link,
                      char *said)
{
    char name[SEGMENT_NAME_SIZE];
    struct frame_place last;
    uint64_t until = 0;
    segment_name(later->first_seq, name);
    int rc = read_last_frame(link, &last, &until);
    if (rc < 0) {
        return scan_damaged(segment, 0, said, rc, "it cannot be read: %s", strerror(-rc));
    }
    if (rc == 0) {
        return scan_damaged(segment, until, said, -EBADMSG, "the frame that ends here is damaged, and a later segment, %s, follows",
                            name);
    }
    uint64_t last_seq = last.frame.first_seq + last.frame.count - 1;
    if (last_seq + 1 < later->first_seq) {
        return scan_damaged(segment, until, said, -EBADMSG,
                            "it ends with sequence %" PRIu64 ", and the next file, %s, begins with sequence %" PRIu64
                            ": the records between them are missing, a file was removed or cut",
                            last_seq, name, later->first_seq);
    }
    if (last_seq + 1 != later->first_seq || !frame_digest_equal(last.digest, later_link->header.before)) {
        return scan_damaged(segment, until, said, -EBADMSG,
                            "%s does not continue it: one of the two is of another journal, or of another time", name);
    }
    return 0;
}

int journal_chain_check(struct journal *journal, char *said)
{
    struct link before = {.fd = -1};
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < journal->segment_count; i++) {
        struct link link;
        rc = open_link(journal, &journal->segments[i], &link, said);
        if (rc == 0 && i > 0) {
            rc = check_link(&journal->segments[i - 1], &before, &journal->segments[i], &link, said);
        }
        if (before.fd >= 0) {
            close(before.fd);
        }
        before = link;
    }
    if (before.fd >= 0) {
        close(before.fd);
    }
    return rc;
}
