/*
 * reader.h - one record by its sequence
 *
 * Reads from the journal, or from the frames of the step that is not durable yet. Keeps the last frame, with the place of each
 * record in it, since a page of a timeline asks for neighbours.
 */
#ifndef HUYING_ENGINE_READER_H
#define HUYING_ENGINE_READER_H

#include "dispatcher/engine/frames.h"

struct reader {
    void *bytes; /* own copy of a frame of the journal */
    size_t capacity;
    size_t size;
    uint64_t first_seq;
    uint32_t count; /* 0 = nothing kept */
    uint32_t known; /* offsets found so far */
    uint32_t *offsets;
    uint32_t offset_capacity;
};

/* Reads record `seq`. Its texts live until the next call (or the next frames_add). Returns 0, -ENOENT: no such record, or another
 * negative errno. */
int reader_get(struct reader *reader, struct journal *journal, struct frames *frames, uint64_t seq, struct record *ret);

/* Forgets the kept frame: after a rewind. */
void reader_forget(struct reader *reader);

void reader_free(struct reader *reader);

#endif
