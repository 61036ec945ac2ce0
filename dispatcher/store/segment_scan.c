/* segment_scan.c - judges the bytes of one segment: where it ends, whether its end is torn, whether it is damaged */
#include "dispatcher/store/segment_scan.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define SAID_SIZE 512

int scan_damaged(const struct segment *segment, uint64_t offset, char *said, int rc, const char *format, ...)
{
    char name[SEGMENT_NAME_SIZE], why[300];
    va_list args;
    segment_name(segment->first_seq, name);
    va_start(args, format);
    vsnprintf(why, sizeof(why), format, args);
    va_end(args);
    snprintf(said, SAID_SIZE, "journal segment %s, offset %" PRIu64 ": %s", name, offset, why);
    return rc;
}

/* Behind the last byte that is not zero in [from, size); `from` when all are zeros. */
static uint64_t zeros_from(const uint8_t *bytes, uint64_t from, uint64_t size)
{
    while (size > from && (size - from) % 8 != 0 && bytes[size - 1] == 0) {
        size--;
    }
    while (size > from && (size - from) % 8 == 0) {
        uint64_t word;
        memcpy(&word, bytes + size - 8, 8);
        if (word != 0) {
            break;
        }
        size -= 8;
    }
    while (size > from && bytes[size - 1] == 0) {
        size--;
    }
    return size;
}

int segment_scan_head(const struct segment *segment, const uint8_t *bytes, uint64_t size, struct segment_header *ret, char *said)
{
    if (size < SEGMENT_HEADER_SIZE) {
        return scan_damaged(segment, 0, said, -EBADMSG, "the file is too short (%" PRIu64 " bytes)", size);
    }
    int rc = segment_header_read(bytes, ret);
    if (rc == -ENOTSUP) {
        return scan_damaged(segment, 0, said, rc, "written by a newer version in a format that this one does not know");
    }
    if (rc < 0) {
        return scan_damaged(segment, 0, said, rc, "the segment header is damaged");
    }
    if (ret->first_seq != segment->first_seq) {
        return scan_damaged(segment, 0, said, -EBADMSG, "it begins with sequence %" PRIu64 ", its name says otherwise",
                            ret->first_seq);
    }
    if (ret->file_size != size) {
        return scan_damaged(segment, 0, said, -EBADMSG, "the file has %" PRIu64 " bytes, it was made with %" PRIu64, size,
                            ret->file_size);
    }
    return 0;
}

static int scan_header(const struct segment *segment, const uint8_t *bytes, uint64_t size, struct segment_scan_state *state,
                       char *said)
{
    struct segment_header header = {0};
    int rc = segment_scan_head(segment, bytes, size, &header, said);
    if (rc < 0) {
        return rc;
    }
    if (!state->linked) {
        state->linked = true;
        state->last_seq = header.first_seq - 1;
        state->before = header.before;
    }
    if (header.first_seq != state->last_seq + 1) {
        return scan_damaged(segment, 0, said, -EBADMSG,
                            "it begins with sequence %" PRIu64 ", the segment before it ends with %" PRIu64
                            ": the records between them are missing, a file was removed or cut",
                            header.first_seq, state->last_seq);
    }
    if (!frame_digest_equal(header.before, state->before)) {
        return scan_damaged(segment, 0, said, -EBADMSG, "it does not continue the segment before it");
    }
    return 0;
}

/* Does a right frame at `offset` continue the chain, in an append that begins at append_from? */
static bool frame_fits(const struct frame_place *place, uint64_t offset, uint64_t append_from, uint64_t append_size, uint64_t size,
                       const struct segment_scan_state *state)
{
    uint64_t whole = frame_size(place->frame.size);
    return place->frame.first_seq == state->last_seq + 1 && place->frame.count > 0 && place->frame.epoch >= state->epoch &&
           frame_digest_equal(place->before, state->before) && place->append_offset == append_from &&
           place->append_size <= size - append_from && offset + whole <= append_from + place->append_size &&
           (offset == append_from || place->append_size == append_size);
}

/* Judges what is behind the last good append (rules 2 to 4 of journal.h). `bad` is the offset of the first frame that is not good.
 */
static int scan_end(const struct segment *segment, const uint8_t *bytes, uint64_t size, uint64_t from, uint64_t bad, bool is_last,
                    struct segment_scan_result *ret, char *said)
{
    uint64_t until = zeros_from(bytes, from, size);
    if (until == from && from > SEGMENT_HEADER_SIZE) {
        return 0;
    }
    if (!is_last) {
        return scan_damaged(segment, bad, said, -EBADMSG, "the frame is damaged, and a later segment follows");
    }
    for (uint64_t at = from; at + JOURNAL_FRAME_HEADER <= until; at++) {
        const uint8_t *found = memmem(bytes + at, (size_t)(until - at), FRAME_MAGIC, FRAME_MAGIC_SIZE);
        if (found == NULL) {
            break;
        }
        at = (uint64_t)(found - bytes);
        struct frame_place place;
        if (!frame_read(bytes + at, size - at, &place)) {
            continue;
        }
        if (place.append_offset != from) {
            return scan_damaged(segment, bad, said, -EBADMSG,
                                "the frame is damaged, and a good frame of another append (sequence %" PRIu64
                                ") follows at offset %" PRIu64,
                                place.frame.first_seq, at);
        }
        if (until - from > place.append_size) {
            return scan_damaged(segment, bad, said, -EBADMSG,
                                "the frame is damaged, and there are bytes at offset %" PRIu64 ", behind the end of its append",
                                until - 1);
        }
    }
    if (from == SEGMENT_HEADER_SIZE) {
        return scan_damaged(segment, bad, said, -EBADMSG,
                            "the first append is damaged, although it was flushed before the segment got its name");
    }
    ret->torn_until = until;
    (void)scan_damaged(
        segment, from, said, 0,
        "the last append was torn (a power cut or a kill before its flush ended) and was cut; it was never acknowledged");
    return 0;
}

int segment_scan(struct segment *segment, const uint8_t *bytes, uint64_t size, bool is_last, struct segment_scan_state *state,
                 struct segment_scan_result *ret, char *said)
{
    int rc = scan_header(segment, bytes, size, state, said);
    if (rc < 0) {
        return rc;
    }
    struct segment_scan_state in_append = *state; /* becomes *state when its append is complete */
    struct frame_place place;
    uint64_t offset = SEGMENT_HEADER_SIZE, append_from = offset, append_size = 0;
    *ret = (struct segment_scan_result){.end = offset, .append_from = offset};
    segment->mark_count = 0;
    while (frame_read(bytes + offset, size - offset, &place)) {
        if (!frame_fits(&place, offset, append_from, append_size, size, &in_append)) {
            return scan_damaged(segment, offset, said, -EBADMSG,
                                "the frame (sequence %" PRIu64 ") is whole but does not continue the one before it",
                                place.frame.first_seq);
        }
        segment_mark(segment, place.frame.first_seq, offset);
        in_append.last_seq += place.frame.count;
        in_append.epoch = place.frame.epoch;
        in_append.at_ms = place.frame.at_ms;
        in_append.before = place.digest;
        append_size = place.append_size;
        offset += frame_size(place.frame.size);
        if (offset == append_from + append_size) {
            *state = in_append;
            ret->append_from = append_from;
            ret->end = append_from = offset;
        }
    }
    rc = scan_end(segment, bytes, size, append_from, offset, is_last, ret, said);
    if (rc < 0) {
        return rc;
    }
    /* marks of an append that is cut */
    while (segment->mark_count > 0 && segment->marks[segment->mark_count - 1].offset >= ret->end) {
        segment->mark_count--;
    }
    segment->marked = true;
    return 0;
}
