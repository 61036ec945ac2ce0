/* frame.c - the bytes of the journal: segment headers and frames */
#include "dispatcher/store/frame.h"

#include <assert.h>
#include <endian.h>
#include <errno.h>
#include <string.h>
#include <xxhash.h>

#define FRAME_FORMAT 1
#define SEGMENT_FORMAT 1

static const uint8_t segment_magic[8] = {0x8b, 'H', 'Y', 'L', 'O', 'G', '\r', '\n'};

static void put16(uint8_t *at, uint16_t n)
{
    n = htole16(n);
    memcpy(at, &n, sizeof(n));
}

static void put32(uint8_t *at, uint32_t n)
{
    n = htole32(n);
    memcpy(at, &n, sizeof(n));
}

static void put64(uint8_t *at, uint64_t n)
{
    n = htole64(n);
    memcpy(at, &n, sizeof(n));
}

static uint16_t get16(const uint8_t *at)
{
    uint16_t n;
    memcpy(&n, at, sizeof(n));
    return le16toh(n);
}

static uint32_t get32(const uint8_t *at)
{
    uint32_t n;
    memcpy(&n, at, sizeof(n));
    return le32toh(n);
}

static uint64_t get64(const uint8_t *at)
{
    uint64_t n;
    memcpy(&n, at, sizeof(n));
    return le64toh(n);
}

/* Digest over all that is behind the checksum. */
static struct frame_digest digest_of(const uint8_t *frame, uint64_t size)
{
    XXH128_hash_t hash = XXH3_128bits(frame + 16, (size_t)size - 16);
    return (struct frame_digest){.low = hash.low64, .high = hash.high64};
}

bool frame_digest_equal(struct frame_digest a, struct frame_digest b)
{
    return a.low == b.low && a.high == b.high;
}

void frame_write(struct frame_place *place, uint8_t *out)
{
    const struct journal_frame *frame = &place->frame;
    assert(frame->size <= JOURNAL_FRAME_DATA_MAX);
    memcpy(out, FRAME_MAGIC, FRAME_MAGIC_SIZE);
    put16(out + 4, FRAME_FORMAT);
    put16(out + 6, JOURNAL_FRAME_HEADER);
    put64(out + 16, frame->epoch);
    put64(out + 24, frame->first_seq);
    put32(out + 32, frame->count);
    put32(out + 36, (uint32_t)frame->size);
    put64(out + 40, (uint64_t)frame->at_ms);
    put64(out + 48, place->append_offset);
    put64(out + 56, place->append_size);
    put64(out + 64, place->before.low);
    put64(out + 72, place->before.high);
    if (frame->size > 0) {
        memcpy(out + JOURNAL_FRAME_HEADER, frame->data, frame->size);
    }
    place->digest = digest_of(out, frame_size(frame->size));
    put64(out + 8, place->digest.low);
}

uint64_t frame_announced(const uint8_t *header)
{
    if (memcmp(header, FRAME_MAGIC, FRAME_MAGIC_SIZE) != 0 || get16(header + 4) != FRAME_FORMAT ||
        get16(header + 6) != JOURNAL_FRAME_HEADER) {
        return 0;
    }
    uint32_t length = get32(header + 36);
    return length <= JOURNAL_FRAME_DATA_MAX ? frame_size(length) : 0;
}

bool frame_read(const uint8_t *bytes, uint64_t size, struct frame_place *ret)
{
    if (size < JOURNAL_FRAME_HEADER) {
        return false;
    }
    uint64_t whole = frame_announced(bytes);
    if (whole == 0 || whole > size) {
        return false;
    }
    struct frame_digest digest = digest_of(bytes, whole);
    if (digest.low != get64(bytes + 8)) {
        return false;
    }
    *ret = (struct frame_place){
        .frame = {.epoch = get64(bytes + 16),
                  .first_seq = get64(bytes + 24),
                  .count = get32(bytes + 32),
                  .at_ms = (int64_t)get64(bytes + 40),
                  .data = bytes + JOURNAL_FRAME_HEADER,
                  .size = (size_t)(whole - JOURNAL_FRAME_HEADER)},
        .append_offset = get64(bytes + 48),
        .append_size = get64(bytes + 56),
        .before = {.low = get64(bytes + 64), .high = get64(bytes + 72)},
        .digest = digest,
    };
    return true;
}

void segment_header_write(const struct segment_header *header, uint8_t out[SEGMENT_HEADER_SIZE])
{
    memset(out, 0, SEGMENT_HEADER_SIZE);
    memcpy(out, segment_magic, sizeof(segment_magic));
    put32(out + 8, SEGMENT_FORMAT);
    put32(out + 12, SEGMENT_HEADER_SIZE);
    put64(out + 16, header->first_seq);
    put64(out + 24, header->before.low);
    put64(out + 32, header->before.high);
    put64(out + 40, header->file_size);
    put64(out + 56, XXH3_64bits(out, 56));
}

int segment_header_read(const uint8_t in[SEGMENT_HEADER_SIZE], struct segment_header *ret)
{
    if (memcmp(in, segment_magic, sizeof(segment_magic)) != 0 || get64(in + 56) != XXH3_64bits(in, 56)) {
        return -EBADMSG;
    }
    if (get32(in + 8) > SEGMENT_FORMAT) {
        return -ENOTSUP;
    }
    if (get32(in + 8) != SEGMENT_FORMAT || get32(in + 12) != SEGMENT_HEADER_SIZE) {
        return -EBADMSG;
    }
    *ret = (struct segment_header){
        .first_seq = get64(in + 16), .before = {.low = get64(in + 24), .high = get64(in + 32)}, .file_size = get64(in + 40)};
    return 0;
}
