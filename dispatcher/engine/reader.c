/* reader.c - one record by its sequence */
#include "dispatcher/engine/reader.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Skips records from the beginning of a frame until `seq`. */
static int walk_frame(const struct journal_frame *frame, uint64_t seq, struct record *ret)
{
    size_t offset = 0;

    for (uint64_t at = frame->first_seq; at < seq; at++) {
        int rc = record_skip(frame->data, frame->size, &offset);

        if (rc < 0) {
            return rc;
        }
    }
    return record_decode(frame->data, frame->size, &offset, seq, ret);
}

static int keep_frame(struct reader *reader, struct journal *journal, uint64_t seq)
{
    struct journal_cursor cursor;
    struct journal_frame frame;
    int rc = journal_follow(journal, seq, &cursor);

    reader->count = 0;
    if (rc < 0) {
        return rc;
    }
    rc = journal_next(&cursor, &frame);
    if (rc == 0) {
        rc = -ENOENT;
    }
    if (rc == 1 && (seq < frame.first_seq || seq >= frame.first_seq + frame.count)) {
        rc = -EBADMSG;
    }
    if (rc == 1 && frame.size > reader->capacity) {
        void *bytes = realloc(reader->bytes, frame.size);

        if (bytes == NULL) {
            rc = -ENOMEM;
        } else {
            reader->bytes = bytes;
            reader->capacity = frame.size;
        }
    }
    if (rc == 1 && frame.count > reader->offset_capacity) {
        uint32_t *offsets = realloc(reader->offsets, frame.count * sizeof(*offsets));

        if (offsets == NULL) {
            rc = -ENOMEM;
        } else {
            reader->offsets = offsets;
            reader->offset_capacity = frame.count;
        }
    }
    if (rc == 1) {
        memcpy(reader->bytes, frame.data, frame.size);
        reader->size = frame.size;
        reader->first_seq = frame.first_seq;
        reader->count = frame.count;
        reader->known = 1;
        reader->offsets[0] = 0;
    }
    journal_cursor_end(&cursor);
    return rc < 0 ? rc : 0;
}

int reader_get(struct reader *reader, struct journal *journal, struct frames *frames, uint64_t seq, struct record *ret)
{
    struct journal_frame frame;

    if (seq == 0) {
        return -ENOENT;
    }
    if (frames != NULL && frames_find(frames, seq, &frame)) {
        return walk_frame(&frame, seq, ret);
    }
    if (reader->count == 0 || seq < reader->first_seq || seq >= reader->first_seq + reader->count) {
        int rc = keep_frame(reader, journal, seq);

        if (rc < 0) {
            return rc;
        }
    }
    uint32_t index = (uint32_t)(seq - reader->first_seq);
    while (reader->known <= index) {
        size_t offset = reader->offsets[reader->known - 1];
        int rc = record_skip(reader->bytes, reader->size, &offset);

        if (rc < 0) {
            return rc;
        }
        reader->offsets[reader->known++] = (uint32_t)offset;
    }
    size_t offset = reader->offsets[index];
    return record_decode(reader->bytes, reader->size, &offset, seq, ret);
}

void reader_forget(struct reader *reader)
{
    reader->count = 0;
}

void reader_free(struct reader *reader)
{
    free(reader->bytes);
    free(reader->offsets);
    *reader = (struct reader){0};
}
