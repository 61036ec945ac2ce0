/* journal.c - the truth: an append-only log of frames in pre-written segments */
#include "dispatcher/store/journal_inner.h"

#include "dispatcher/store/folder.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BUFFER_KEEP (4 * 1024 * 1024)
#define PAGE 4096

uint64_t journal_last_seq(const struct journal *journal)
{
    return journal->state.last_seq;
}

struct journal_mark journal_last_mark(const struct journal *journal)
{
    const struct segment_scan_state *state = &journal->state;
    if (state->last_seq == 0) {
        return (struct journal_mark){0};
    }
    return (struct journal_mark){.seq = state->last_seq, .low = state->before.low, .high = state->before.high};
}

bool journal_unknown(const struct journal *journal)
{
    return journal->unknown;
}

const char *journal_said(const struct journal *journal)
{
    return journal->said;
}

int journal_parts(const struct journal *journal, struct journal_part **ret, size_t *ret_count)
{
    struct journal_part *parts = calloc(journal->segment_count + 1, sizeof(*parts));
    if (parts == NULL) {
        return -ENOMEM;
    }
    _Static_assert(sizeof(parts->name) >= SEGMENT_NAME_SIZE, "a part's name is a segment's");
    for (size_t i = 0; i < journal->segment_count; i++) {
        segment_name(journal->segments[i].first_seq, parts[i].name);
    }
    if (journal->segment_count > 0) {
        parts[journal->segment_count - 1].durable_size = journal->end;
    }
    *ret = parts;
    *ret_count = journal->segment_count;
    return 0;
}

int journal_grow(struct journal *journal)
{
    struct segment *segments = realloc(journal->segments, (journal->segment_count + 1) * sizeof(*segments));
    if (segments == NULL) {
        return -ENOMEM;
    }
    journal->segments = segments;
    return 0;
}

static bool no_room(int rc)
{
    return rc == -ENOSPC || rc == -EDQUOT || rc == -EFBIG;
}

/* Not a fault of the disk, and over soon: nothing is written yet, so the append may simply be tried again. */
static int passing(int rc)
{
    return no_room(rc) ? -ENOSPC : folder_wants_descriptors(rc) ? -EMFILE : rc;
}

/* Of a part of the journal: space was there, so if the file system has none after all (it copies on write) some of it may be
 * written. */
static int no_room_is_io(int rc)
{
    return no_room(rc) ? -EIO : rc;
}

static uint64_t size_of_append(const struct journal_frame *frames, size_t count)
{
    uint64_t size = 0;
    for (size_t i = 0; i < count; i++) {
        assert(frames[i].size <= JOURNAL_FRAME_DATA_MAX);
        size += frame_size(frames[i].size);
    }
    return size;
}

static int buffer_for(struct journal *journal, uint64_t size)
{
    if (journal->capacity >= size) {
        return 0;
    }
    uint8_t *buffer = realloc(journal->buffer, (size_t)size);
    if (buffer == NULL) {
        return -ENOMEM;
    }
    journal->buffer = buffer;
    journal->capacity = (size_t)size;
    return 0;
}

/* Lays the frames into the buffer as they will lie at `offset`; *state moves behind them. */
static void compose(struct journal *journal, uint64_t epoch, const struct journal_frame *frames, size_t count, uint64_t offset,
                    uint64_t size, uint8_t *out, struct segment_scan_state *state)
{
    *state = journal->state;
    for (size_t i = 0; i < count; i++) {
        assert(frames[i].epoch == epoch && frames[i].first_seq == state->last_seq + 1 && frames[i].count > 0);
        struct frame_place place = {.frame = frames[i], .append_offset = offset, .append_size = size, .before = state->before};
        frame_write(&place, out);
        out += frame_size(frames[i].size);
        state->last_seq += frames[i].count;
        state->at_ms = frames[i].at_ms;
        state->epoch = epoch;
        state->before = place.digest;
    }
}

static void mark_all(struct segment *segment, const struct journal_frame *frames, size_t count, uint64_t offset)
{
    for (size_t i = 0; i < count; i++) {
        segment_mark(segment, frames[i].first_seq, offset);
        offset += frame_size(frames[i].size);
    }
}

/* Has a prepared segment that holds an append of this size. Returns 0; -ENOSPC or -EMFILE (nothing is left behind); or
 * another negative errno. */
static int next_segment(struct journal *journal, uint64_t append_size)
{
    struct segment_maker *maker = &journal->maker;
    uint64_t need = (SEGMENT_HEADER_SIZE + append_size + PAGE - 1) / PAGE * PAGE;
    if (maker->fd >= 0 && maker->size < need) {
        segment_drop(journal->folder, maker);
    }
    int rc = 0;
    if (maker->fd < 0) {
        rc = segment_make(journal->folder, need > journal->segment_size ? need : journal->segment_size, maker);
    }
    if (rc == 0 && !maker->ready) {
        rc = segment_make_on(journal->folder, maker, maker->size);
    }
    return passing(rc);
}

/* Writes and flushes the first append of a segment, then names it. Before the name nothing is part of the journal. */
static int write_first(struct journal *journal, const struct segment_scan_state *before, uint64_t size)
{
    struct segment_maker *maker = &journal->maker;
    struct segment_header header = {.first_seq = before->last_seq + 1, .before = before->before, .file_size = maker->size};
    segment_header_write(&header, journal->buffer);
    int rc = folder_write_all(maker->fd, journal->buffer, SEGMENT_HEADER_SIZE + (size_t)size, 0);
    if (rc == 0) {
        rc = folder_sync_data(maker->fd);
    }
    if (rc < 0) {
        return rc;
    }
    char name[SEGMENT_NAME_SIZE];
    segment_name(header.first_seq, name);
    journal->unknown = true; /* until the name is flushed, or is known to be gone */
    return renameat(journal->folder, SEGMENT_PREPARED, journal->folder, name) == 0 ? 0 : -errno;
}

/* Takes a segment that failed out again: under either name it is nothing, and the folder was flushed after that. */
static void take_back_first(struct journal *journal, uint64_t first_seq)
{
    char name[SEGMENT_NAME_SIZE];
    segment_name(first_seq, name);
    bool gone = (unlinkat(journal->folder, name, 0) == 0 || errno == ENOENT) &&
                (unlinkat(journal->folder, SEGMENT_PREPARED, 0) == 0 || errno == ENOENT);
    journal->unknown = !gone || folder_sync(journal->folder) < 0;
}

/* Writes zeros where an append failed, and flushes. What the flush that failed dropped is written once more by that. */
static void take_back_here(struct journal *journal, uint64_t size)
{
    memset(journal->buffer, 0, (size_t)size);
    int rc = folder_write_all(journal->fd, journal->buffer, (size_t)size, journal->end);
    if (rc == 0) {
        rc = folder_sync_data(journal->fd);
    }
    journal->unknown = rc < 0;
}

/* The append opens a new segment, and counts when its name is flushed. */
static int append_first(struct journal *journal, const struct segment_scan_state *after, uint64_t size)
{
    struct segment_maker *maker = &journal->maker;
    uint64_t first_seq = journal->state.last_seq + 1;
    int rc = journal_grow(journal);
    if (rc == 0) {
        rc = write_first(journal, &journal->state, size);
    }
    bool full = no_room(rc);
    if (rc == 0) {
        rc = folder_sync(journal->folder);
    }
    if (rc < 0) {
        if (journal->unknown) {
            take_back_first(journal, first_seq);
        }
        segment_drop(journal->folder, maker);
        return full && !journal->unknown ? -ENOSPC : no_room_is_io(rc);
    }
    journal->unknown = false;
    if (journal->fd >= 0) {
        close(journal->fd);
    }
    journal->fd = maker->fd;
    journal->end = SEGMENT_HEADER_SIZE + size;
    journal->state = *after;
    journal->segments[journal->segment_count++] = (struct segment){.first_seq = first_seq, .size = maker->size, .marked = true};
    *maker = (struct segment_maker){.fd = -1};
    return 0;
}

/* The usual append: one write, one flush. */
static int append_here(struct journal *journal, const struct segment_scan_state *after, uint64_t size)
{
    int rc = folder_write_all(journal->fd, journal->buffer, (size_t)size, journal->end);
    if (rc == 0) {
        rc = folder_sync_data(journal->fd);
    }
    if (rc < 0) {
        take_back_here(journal, size);
        return no_room_is_io(rc);
    }
    journal->end += size;
    journal->state = *after;
    return 0;
}

static int append(struct journal *journal, uint64_t epoch, const struct journal_frame *frames, size_t count)
{
    uint64_t size = size_of_append(frames, count);
    bool here = journal->fd >= 0 && size <= journal->segments[journal->segment_count - 1].size - journal->end;
    struct segment_scan_state after;
    int rc = buffer_for(journal, SEGMENT_HEADER_SIZE + size);
    if (rc < 0) {
        return rc;
    }
    if (here) {
        compose(journal, epoch, frames, count, journal->end, size, journal->buffer, &after);
        rc = append_here(journal, &after, size);
    } else {
        rc = next_segment(journal, size);
        if (rc < 0) {
            return rc;
        }
        compose(journal, epoch, frames, count, SEGMENT_HEADER_SIZE, size, journal->buffer + SEGMENT_HEADER_SIZE, &after);
        rc = append_first(journal, &after, size);
    }
    if (rc == 0) {
        mark_all(&journal->segments[journal->segment_count - 1], frames, count, journal->end - size);
    }
    return rc;
}

int journal_append(struct journal *journal, uint64_t epoch, uint64_t expected_seq, const struct journal_frame *frames, size_t count)
{
    assert(!journal->read_only);
    if (journal->failed != 0) {
        return journal->failed;
    }
    if (epoch < journal->state.epoch || expected_seq != journal->state.last_seq) {
        return -ESTALE;
    }
    if (count == 0) {
        return 0;
    }
    int rc = append(journal, epoch, frames, count);
    if (rc < 0 && rc != -ENOSPC && rc != -EMFILE) {
        journal->failed = rc;
    }
    if (journal->capacity > BUFFER_KEEP) {
        free(journal->buffer);
        journal->buffer = NULL;
        journal->capacity = 0;
    }
    return rc;
}

int journal_prepare(struct journal *journal)
{
    if (journal->read_only || journal->failed != 0 || journal->maker.ready) {
        return 0;
    }
    if (journal->fd >= 0 && journal->end < journal->segments[journal->segment_count - 1].size / 2) {
        return 0;
    }
    int rc = 0;
    if (journal->maker.fd < 0) {
        rc = segment_make(journal->folder, journal->segment_size, &journal->maker);
    }
    if (rc == 0) {
        rc = segment_make_on(journal->folder, &journal->maker, JOURNAL_PREPARE_SLICE);
    }
    return passing(rc);
}

struct journal *journal_close(struct journal *journal)
{
    if (journal == NULL) {
        return NULL;
    }
    if (journal->folder >= 0) {
        segment_drop(journal->folder, &journal->maker);
        close(journal->folder);
    }
    if (journal->fd >= 0) {
        close(journal->fd);
    }
    for (size_t i = 0; i < journal->segment_count; i++) {
        free(journal->segments[i].marks);
    }
    free(journal->segments);
    free(journal->buffer);
    free(journal);
    return NULL;
}
