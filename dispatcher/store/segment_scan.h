/*
 * segment_scan.h - judges the bytes of one segment: where it ends, whether its end is torn, whether it is damaged
 *
 * Pure but for the marks that it leaves in `segment`. The rules are in journal.h.
 */
#ifndef HUYING_STORE_SEGMENT_SCAN_H
#define HUYING_STORE_SEGMENT_SCAN_H

#include "dispatcher/store/frame.h"
#include "dispatcher/store/segment.h"

/* Where the chain stands: after the last good frame. */
struct segment_scan_state {
    bool linked; /* `before` and last_seq are known: false at the beginning of the first segment that is verified */
    uint64_t last_seq;
    uint64_t epoch;
    int64_t at_ms;
    struct frame_digest before;
};

struct segment_scan_result {
    uint64_t end;         /* behind the last good append */
    uint64_t append_from; /* where the last good append begins */
    uint64_t torn_until;  /* behind the last byte of a torn append; 0 = none */
};

/* Checks what a segment's header says of itself: format, name, size of the file. `bytes`: the first SEGMENT_HEADER_SIZE of it, when
 * it has as many. Returns 0, -EBADMSG or -ENOTSUP, and then the sentence in said (512 bytes). */
int segment_scan_head(const struct segment *segment, const uint8_t *bytes, uint64_t size, struct segment_header *ret, char *said);

/* Writes the sentence on segment and offset into said (512 bytes); returns rc. */
__attribute__((format(printf, 5, 6))) int scan_damaged(const struct segment *segment, uint64_t offset, char *said, int rc,
                                                       const char *format, ...);

/* Walks all frames of a segment. `is_last`: its end may be torn. Moves *state on. Returns 0, -EBADMSG or -ENOTSUP, and then the
 * sentence in said (512 bytes). */
int segment_scan(struct segment *segment, const uint8_t *bytes, uint64_t size, bool is_last, struct segment_scan_state *state,
                 struct segment_scan_result *ret, char *said);

#endif
