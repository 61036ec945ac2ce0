/*
 * journal_cursor.c - the cursor reads segments through a window that never reaches beyond what is durable, so that nothing in it
 * can grow stale.
 */
#include "dispatcher/store/journal_inner.h"

#include "dispatcher/store/folder.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* As far apart as the marks: a look at one record reads little more than what lies between two. */
#define WINDOW_SIZE (16 * 1024)

static bool is_last(const struct journal_cursor *cursor)
{
    return cursor->segment + 1 == cursor->journal->segment_count;
}

/* End of what may be read in the cursor's segment. */
static uint64_t end_of(const struct journal_cursor *cursor)
{
    return is_last(cursor) ? cursor->journal->end : cursor->journal->segments[cursor->segment].size;
}

static int damaged(struct journal_cursor *cursor, const char *why)
{
    char name[SEGMENT_NAME_SIZE];
    segment_name(cursor->journal->segments[cursor->segment].first_seq, name);
    snprintf(cursor->journal->said, sizeof(cursor->journal->said), "journal segment %s, offset %" PRIu64 ": %s", name,
             cursor->offset, why);
    return -EBADMSG;
}

/* Has `size` bytes at the cursor's offset in the window. Returns 1, 0 (they are not there), or a negative errno. */
static int window(struct journal_cursor *cursor, uint64_t size)
{
    if (cursor->offset >= cursor->buffer_offset && cursor->offset + size <= cursor->buffer_offset + cursor->buffer_size) {
        return 1;
    }
    uint64_t end = end_of(cursor);
    if (cursor->offset + size > end) {
        return 0;
    }
    if (cursor->capacity < size || cursor->capacity == 0) {
        size_t capacity = size > WINDOW_SIZE ? (size_t)size : WINDOW_SIZE;
        void *buffer = realloc(cursor->buffer, capacity);
        if (buffer == NULL) {
            return -ENOMEM;
        }
        cursor->buffer = buffer;
        cursor->capacity = capacity;
    }
    uint64_t left = end - cursor->offset;
    cursor->buffer_size = 0;
    ssize_t n =
        folder_read_all(cursor->fd, cursor->buffer, left < cursor->capacity ? (size_t)left : cursor->capacity, cursor->offset);
    if (n < 0) {
        return (int)n;
    }
    cursor->buffer_offset = cursor->offset;
    cursor->buffer_size = (size_t)n;
    return (uint64_t)n >= size;
}

static const uint8_t *at_offset(const struct journal_cursor *cursor)
{
    return (const uint8_t *)cursor->buffer + (cursor->offset - cursor->buffer_offset);
}

/* Goes to the beginning of a segment; checks its header. */
static int enter(struct journal_cursor *cursor, size_t index)
{
    struct segment *segment = &cursor->journal->segments[index];
    char name[SEGMENT_NAME_SIZE];
    segment_name(segment->first_seq, name);
    int fd = folder_openat(cursor->journal->folder, name, O_RDONLY | O_CLOEXEC, 0);
    if (fd < 0) {
        int rc = -errno;
        snprintf(cursor->journal->said, sizeof(cursor->journal->said), "journal segment %s cannot be opened: %s", name,
                 strerror(-rc));
        return rc;
    }
    if (cursor->fd >= 0) {
        close(cursor->fd);
    }
    cursor->fd = fd;
    cursor->segment = index;
    cursor->offset = 0;
    cursor->buffer_size = 0;
    struct stat st;
    if (fstat(fd, &st) != 0) {
        return -errno;
    }
    segment->size = (uint64_t)st.st_size;
    int rc = window(cursor, SEGMENT_HEADER_SIZE);
    if (rc < 0) {
        return rc;
    }
    struct segment_header header = {0};
    rc = rc == 1 ? segment_header_read(at_offset(cursor), &header) : -EBADMSG;
    if (rc == -ENOTSUP) {
        return rc;
    }
    if (rc < 0 || header.first_seq != segment->first_seq || header.file_size != segment->size) {
        return damaged(cursor, "the segment header is damaged");
    }
    if (cursor->linked && (header.before.low != cursor->link_low || header.before.high != cursor->link_high)) {
        return damaged(cursor, "it does not continue the segment before it");
    }
    cursor->offset = SEGMENT_HEADER_SIZE;
    return 0;
}

/* Reads the frame at the cursor and checks it; does not move. Returns 1, 0 at the end of the segment's frames, or a negative errno.
 */
static int peek(struct journal_cursor *cursor, struct frame_place *ret)
{
    if (is_last(cursor) ? cursor->next_seq > cursor->journal->state.last_seq
                        : cursor->next_seq == cursor->journal->segments[cursor->segment + 1].first_seq) {
        return 0;
    }
    int rc = window(cursor, JOURNAL_FRAME_HEADER);
    uint64_t size = rc == 1 ? frame_announced(at_offset(cursor)) : 0;
    if (rc == 1 && size > 0) {
        rc = window(cursor, size);
    }
    if (rc < 0) {
        return rc;
    }
    if (rc == 0 || size == 0 || !frame_read(at_offset(cursor), size, ret)) {
        return damaged(cursor, "the frame is damaged");
    }
    if (ret->frame.first_seq != cursor->next_seq || ret->frame.count == 0 ||
        (cursor->linked && (ret->before.low != cursor->link_low || ret->before.high != cursor->link_high))) {
        return damaged(cursor, "the frame does not continue the one before it");
    }
    return 1;
}

static void pass(struct journal_cursor *cursor, const struct frame_place *place)
{
    cursor->next_seq += place->frame.count;
    cursor->offset += frame_size(place->frame.size);
    cursor->link_low = place->digest.low;
    cursor->link_high = place->digest.high;
    cursor->linked = true;
}

/* Walks a whole older segment once, to mark it. */
static int mark_segment(struct journal_cursor *cursor)
{
    struct segment *segment = &cursor->journal->segments[cursor->segment];
    struct frame_place place = {0};
    int rc;
    segment->mark_count = 0;
    while ((rc = peek(cursor, &place)) == 1) {
        segment_mark(segment, place.frame.first_seq, cursor->offset);
        pass(cursor, &place);
    }
    segment->marked = rc == 0;
    return rc;
}

static size_t segment_of(const struct journal *journal, uint64_t seq)
{
    size_t low = 0, high = journal->segment_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (journal->segments[middle].first_seq <= seq) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low - 1;
}

static int follow(struct journal *journal, uint64_t seq, struct journal_cursor *ret)
{
    int rc = enter(ret, segment_of(journal, seq));
    if (rc < 0) {
        return rc;
    }
    struct segment *segment = &journal->segments[ret->segment];
    ret->next_seq = segment->first_seq;
    if (!segment->marked) {
        rc = mark_segment(ret);
        if (rc < 0) {
            return rc;
        }
    }
    struct segment_mark mark = {.seq = segment->first_seq, .offset = SEGMENT_HEADER_SIZE};
    (void)segment_find(segment, seq, &mark);
    ret->next_seq = mark.seq;
    ret->offset = mark.offset;
    ret->linked = false;
    struct frame_place place = {0};
    while ((rc = peek(ret, &place)) == 1 && place.frame.first_seq + place.frame.count <= seq) {
        pass(ret, &place);
    }
    assert(rc != 0); /* seq is durable and this segment's, so its frame is there */
    return rc < 0 ? rc : 0;
}

int journal_follow(struct journal *journal, uint64_t seq, struct journal_cursor *ret)
{
    *ret = (struct journal_cursor){.journal = journal, .fd = -1};
    if (seq == 0) {
        seq = 1;
    }
    int rc = seq > journal->state.last_seq ? -ENOENT : follow(journal, seq, ret);
    if (rc < 0) {
        journal_cursor_end(ret);
    }
    return rc;
}

int journal_next(struct journal_cursor *cursor, struct journal_frame *ret)
{
    struct frame_place place = {0};
    int rc = peek(cursor, &place);
    if (rc == 0 && !is_last(cursor)) {
        rc = enter(cursor, cursor->segment + 1);
        if (rc == 0) {
            rc = peek(cursor, &place);
        }
    }
    if (rc == 1) {
        pass(cursor, &place);
        *ret = place.frame;
    }
    return rc;
}

struct journal_mark journal_cursor_mark(const struct journal_cursor *cursor)
{
    assert(cursor->linked);
    return (struct journal_mark){.seq = cursor->next_seq - 1, .low = cursor->link_low, .high = cursor->link_high};
}

int journal_mark_at(struct journal *journal, uint64_t seq, struct journal_mark *ret)
{
    struct journal_cursor cursor;
    struct journal_frame frame;
    *ret = (struct journal_mark){0};
    if (seq == 0) {
        return 0;
    }
    if (seq == journal->state.last_seq) {
        *ret = journal_last_mark(journal);
        return 0;
    }
    int rc = journal_follow(journal, seq, &cursor);
    if (rc == 0) {
        rc = journal_next(&cursor, &frame);
    }
    if (rc == 1) {
        *ret = journal_cursor_mark(&cursor);
        rc = ret->seq == seq ? 0 : -ENOENT;
    }
    journal_cursor_end(&cursor);
    return rc;
}

void journal_cursor_end(struct journal_cursor *cursor)
{
    if (cursor->journal != NULL && cursor->fd >= 0) {
        close(cursor->fd);
    }
    free(cursor->buffer);
    *cursor = (struct journal_cursor){.fd = -1};
}
