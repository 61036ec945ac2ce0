/*
 * frames.h - the records of one step, encoded into frames for the journal
 *
 * The records of one command stay in one frame, so that a torn end takes a command away whole. Frames are cut where the next
 * command would not fit. The bytes are also what timelines of the same step are read from, before the journal has them.
 */
#ifndef HUYING_ENGINE_FRAMES_H
#define HUYING_ENGINE_FRAMES_H

#include "dispatcher/store/journal.h"
#include "proto/codec.h"
#include "proto/record.h"

/* Most bytes of records in a frame: the frame's header has room beside them. */
#define FRAMES_DATA_MAX (CAP_FRAME_SIZE - 256)

/* Bytes at which a frame is full, unless one command has more: who looks for one record reads and checks the frame that has it, and
 * a list of titles does that for each row. A batch's frames are appended and flushed at once, however many they are. */
#define FRAMES_CUT (16 * 1024)

struct frames {
    struct proto_buffer bytes;
    struct journal_frame *at;
    size_t *offsets; /* of each frame's first byte: `bytes` moves while it grows */
    size_t count;
    size_t capacity;
    uint32_t records; /* in all frames */
    uint64_t epoch;
};

/* Forgets all frames. */
void frames_reset(struct frames *frames, uint64_t epoch);

/* Adds the records of one command, whose sequences are set. Returns 0, -ENOMEM, or -EFBIG: more than a frame can hold; then nothing
 * was added. */
int frames_add(struct frames *frames, const struct record *records, uint32_t count);

/* Makes the data pointers of the frames valid until the next frames_add. */
const struct journal_frame *frames_seal(struct frames *frames, size_t *ret_count);

/* Finds the frame that holds `seq`; its data are valid until the next frames_add. False: none. */
bool frames_find(struct frames *frames, uint64_t seq, struct journal_frame *ret);

void frames_free(struct frames *frames);

#endif
