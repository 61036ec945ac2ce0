/* frames.c - the records of one step, encoded into frames for the journal */
#include "dispatcher/engine/frames.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

void frames_reset(struct frames *frames, uint64_t epoch)
{
    proto_buffer_clear(&frames->bytes);
    frames->count = 0;
    frames->records = 0;
    frames->epoch = epoch;
}

static int grow(struct frames *frames)
{
    size_t capacity = frames->capacity == 0 ? 16 : frames->capacity * 2;
    struct journal_frame *at = realloc(frames->at, capacity * sizeof(*at));
    size_t *offsets;

    if (at == NULL) {
        return -ENOMEM;
    }
    frames->at = at;
    offsets = realloc(frames->offsets, capacity * sizeof(*offsets));
    if (offsets == NULL) {
        return -ENOMEM;
    }
    frames->offsets = offsets;
    frames->capacity = capacity;
    return 0;
}

int frames_add(struct frames *frames, const struct record *records, uint32_t count)
{
    struct proto_buffer *bytes = &frames->bytes;
    size_t before = bytes->size;

    assert(count > 0);
    int rc = record_encode_all(records, count, bytes);
    if (rc < 0) {
        return rc;
    }
    size_t size = bytes->size - before;
    if (size > FRAMES_DATA_MAX) {
        bytes->size = before;
        return -EFBIG;
    }
    if (frames->count == 0 || frames->at[frames->count - 1].size + size > FRAMES_CUT) {
        if (frames->count == frames->capacity && grow(frames) < 0) {
            bytes->size = before;
            return -ENOMEM;
        }
        frames->offsets[frames->count] = before;
        frames->at[frames->count++] = (struct journal_frame){.epoch = frames->epoch, .first_seq = records[0].seq};
    }
    struct journal_frame *frame = &frames->at[frames->count - 1];
    assert(frame->first_seq + frame->count == records[0].seq);
    frame->count += count;
    frame->size += size;
    frame->at_ms = records[count - 1].at_ms;
    frames->records += count;
    return 0;
}

const struct journal_frame *frames_seal(struct frames *frames, size_t *ret_count)
{
    for (size_t i = 0; i < frames->count; i++) {
        frames->at[i].data = (const char *)frames->bytes.data + frames->offsets[i];
    }
    *ret_count = frames->count;
    return frames->count == 0 ? NULL : frames->at;
}

bool frames_find(struct frames *frames, uint64_t seq, struct journal_frame *ret)
{
    for (size_t i = frames->count; i-- > 0;) {
        const struct journal_frame *frame = &frames->at[i];

        if (seq < frame->first_seq || seq >= frame->first_seq + frame->count) {
            continue;
        }
        *ret = *frame;
        ret->data = (const char *)frames->bytes.data + frames->offsets[i];
        return true;
    }
    return false;
}

void frames_free(struct frames *frames)
{
    proto_buffer_deinit(&frames->bytes);
    free(frames->at);
    free(frames->offsets);
    *frames = (struct frames){0};
}
