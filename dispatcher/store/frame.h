/*
 * frame.h - the bytes of the journal: segment headers and frames
 *
 * All numbers are little-endian, nothing is padded. A segment file is
 *
 *     segment header (64) | frame | frame | ... | zeros up to the size it was made with
 *
 *     segment header                              frame header
 *      0  8  magic 8b "HYLOG" CR LF                0  4  magic 8b 'H' 'Y' f7
 *      8  4  format, 1                             4  2  format, 1
 *     12  4  size of this header, 64               6  2  size of this header, 80
 *     16  8  first sequence                        8  8  checksum: low half of the digest of this frame
 *     24 16  digest of the frame before           16  8  epoch
 *     40  8  size of the file                     24  8  first sequence
 *     48  8  unused, zero                         32  4  count of records
 *     56  8  XXH3-64 over bytes 0-55              36  4  length of the data that follow
 *                                                 40  8  instant of the last record
 *                                                 48  8  offset of the append that this frame belongs to
 *                                                 56  8  size of that append, all its frames
 *                                                 64 16  digest of the frame before
 *
 * The digest of a frame is XXH3-128 over the frame from byte 16 to its end (the four fields before have one right value each). One
 * pass gives both the checksum and the link of the next frame. It is there to find damage (a lost write, a flipped bit, a segment
 * from elsewhere), not malice: who may write the folder could recompute any unkeyed hash, and a keyed one belongs to the sealing of
 * records. XXH3 costs 30 ns for a frame of one record, a cryptographic hash twenty times that.
 *
 * The place of magic, format and checksum in the segment header holds for all formats to come, so that an old program can say
 * "newer" and not "damaged". A frame has the format of its segment. The first byte of both magics is never the first of a UTF-8
 * character.
 */
#ifndef HUYING_STORE_FRAME_H
#define HUYING_STORE_FRAME_H

#include "dispatcher/store/journal.h"

#define SEGMENT_HEADER_SIZE 64
#define FRAME_MAGIC "\x8bHY\xf7"
#define FRAME_MAGIC_SIZE 4

/* Digest of a frame: its low half is the frame's checksum, all of it the next frame's link. */
struct frame_digest {
    uint64_t low;
    uint64_t high;
};

struct segment_header {
    uint64_t first_seq;
    struct frame_digest before;
    uint64_t file_size;
};

/* A frame as it lies in a segment. */
struct frame_place {
    struct journal_frame frame; /* data borrowed from the bytes */
    uint64_t append_offset;
    uint64_t append_size;
    struct frame_digest before;
    struct frame_digest digest;
};

/* Bytes of a frame with this much data. */
static inline uint64_t frame_size(size_t data_size)
{
    return JOURNAL_FRAME_HEADER + (uint64_t)data_size;
}

/* Writes header and data to `out` (frame_size bytes); sets place->digest. */
void frame_write(struct frame_place *place, uint8_t *out);

/* Size of the frame that the JOURNAL_FRAME_HEADER bytes at `header` announce; 0: no header of a frame (magic, format or length is
 * wrong). */
uint64_t frame_announced(const uint8_t *header);

/* Reads the frame in `bytes`, of which `size` are there. False: not a frame, or its checksum is wrong. */
bool frame_read(const uint8_t *bytes, uint64_t size, struct frame_place *ret);

bool frame_digest_equal(struct frame_digest a, struct frame_digest b);

void segment_header_write(const struct segment_header *header, uint8_t out[SEGMENT_HEADER_SIZE]);

/* Returns 0, -EBADMSG, or -ENOTSUP for a newer format. */
int segment_header_read(const uint8_t in[SEGMENT_HEADER_SIZE], struct segment_header *ret);

#endif
