/*
 * journal.h - the truth: an append-only log of frames in pre-written segments
 *
 * A frame holds the records of one group commit, or a part of it. One writer, one thread.
 *
 * Files. `<first sequence, 16 hex digits>.log` are the segments, each the continuation of the one before; `next.log.prepared` is
 * a segment that is being made ahead. A segment is filled with zeros and flushed before it is used: a full disk shows there and
 * not at an acknowledgement, and a flush of an append moves no metadata. The bytes are drawn in frame.h.
 *
 * Append. All frames of one append lie one behind the other in one segment, are written with one call and flushed once. Each
 * frame carries the offset and the size of its append. The first append of a segment is written and flushed before the segment gets
 * its name, and the name is flushed before the append is acknowledged.
 *
 * What a power cut leaves. Of an append that was not flushed any subset of its sectors may be on disk, the others are as before:
 * zeros. (Sectors that also hold the end of the append before are rewritten with the same bytes there; as every journal that does
 * not pad to blocks, this one relies on a sector write not harming bytes that it does not change.) Hence a good frame may follow a
 * bad one inside the last append. But the next append is only written after the flush of this one succeeded, and open makes zeros
 * of whatever it cuts before it lets anything be appended. From this the rules of open, for the last segment:
 *
 *  1. Frames are good while checksum, link to the frame before, sequence and append fit. An append is good when all its frames are.
 *  2. S is the offset behind the last good append. All zeros from S: the end.
 *  3. Else, bytes behind S are a torn append if every frame in them whose checksum is right belongs to the append at S, and nothing
 * but zeros is behind the size that such a frame gives. It is cut, the whole append: written over with zeros, flushed, said.
 *  4. A right frame of another append behind S: the append at S had been flushed before that one was written, so it was
 *     acknowledged and is now bad: damage. So is a right frame at S that does not fit, a bad first append of a segment (it had no
 * name before it was flushed), and anything bad in an older segment. Open refuses and names segment and offset. Nothing is written.
 *
 * What it cannot see: damage to the last append alone, or to everything from an append to the end, looks like a power cut. The
 * rows' own last sequence shows it when a checkpoint has passed it.
 *
 * Unknown outcomes. When a write or flush fails the append may be on disk or not, and the page cache may show bytes that the
 * disk does not have. The journal then takes no more appends, and readers see what was there before. At once it writes zeros over
 * the place of the append (all its pages are then dirty again, whatever the kernel dropped) and flushes: only when that succeeds it
 * is known that the append is not there. A new segment that failed before it got its name is not part of the journal; one that has
 * its name loses it again. Open trusts no page cache: it writes the last good append once more and flushes it before it counts as
 * durable.
 */
#ifndef HUYING_STORE_JOURNAL_H
#define HUYING_STORE_JOURNAL_H

#include "proto/gen/schema.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes of a frame's header, and most bytes of its data. */
#define JOURNAL_FRAME_HEADER 80
#define JOURNAL_FRAME_DATA_MAX (CAP_FRAME_SIZE - JOURNAL_FRAME_HEADER)
#define JOURNAL_PREPARE_SLICE (1024 * 1024)

struct journal;

/* Description of one frame; `data` is borrowed. */
struct journal_frame {
    uint64_t epoch;
    uint64_t first_seq;
    uint32_t count; /* records, at least 1 */
    int64_t at_ms;  /* instant of its last record */
    const void *data;
    size_t size; /* bytes of data, at most JOURNAL_FRAME_DATA_MAX */
};

struct journal_open_report {
    uint64_t last_seq; /* 0 = empty */
    int64_t last_at_ms;
    uint64_t epoch; /* of the last frame */
    bool cut;       /* a torn last append was cut (read_only: is there, and left out) */
    char said[512]; /* the sentence for the log, or for the refusal to start; empty: nothing to say */
};

struct journal_options {
    const char *path;    /* folder; made when missing */
    size_t segment_size; /* bytes, 0 = 64 MiB; rounded up to 4 KiB. A larger append gets a larger segment */
    bool read_only;      /* for check: nothing is cut or written */
};

/* Opens: names, sizes and headers of all segments, and that each continues the one before it; then every frame of the last segment
 * (of all when `verify_all`); cuts a torn end. Gives *ret (caller closes). Returns 0 or a negative errno: -EBADMSG damage
 * (report->said names file and offset, and what to do), -ENOTSUP a newer format. `report` is filled in any case. Cost: reads the
 * last segment, and some 256 KiB at the end of each older one. */
int journal_open(const struct journal_options *options, bool verify_all, struct journal **ret, struct journal_open_report *report);

/* Appends frames after `expected_seq` (the last one known) under `epoch` and flushes once (fdatasync). All of them become
 * durable or none. Requires frames of that epoch whose sequences are dense. Returns 0 = durable; -ENOSPC: no room for a next
 * segment, nothing was written; -ESTALE: fenced (epoch older, or expected_seq is not the last), nothing was written;
 * another negative errno: the journal takes no more appends until reopened, and journal_unknown says whether these frames may be in
 * force then. */
int journal_append(struct journal *journal, uint64_t epoch, uint64_t expected_seq, const struct journal_frame *frames,
                   size_t count);

/* May the append that failed be there when the journal is opened again? False: it is not, for nothing was written, or zeros were
 * written over it and flushed after the failure. */
bool journal_unknown(const struct journal *journal);

/* A reader's place. Valid while the journal is open. All members are the journal's. */
struct journal_cursor {
    struct journal *journal;
    uint64_t next_seq;
    size_t segment;
    uint64_t offset;
    int fd;       /* of the segment */
    void *buffer; /* window on the segment: bytes from buffer_offset */
    size_t capacity;
    size_t buffer_size;
    uint64_t buffer_offset;
    uint64_t link_low; /* digest of the frame before, once it was read */
    uint64_t link_high;
    bool linked;
};

/* Begins at the frame that holds `seq` (0: the first). Returns 0, -ENOENT (beyond the end), or a negative errno. Caller ends the
 * cursor; after a failure it holds nothing. Cost: reads some 16 to 32 KiB, more where a frame is larger; the first visit to an
 * older segment reads it once. */
int journal_follow(struct journal *journal, uint64_t seq, struct journal_cursor *ret);

/* Reads the next durable frame; its data lives until the next call. Frames appended meanwhile are seen. Returns 1, 0 at the end
 * (ask again after an append), or a negative errno: -EBADMSG damage, see journal_said. */
int journal_next(struct journal_cursor *cursor, struct journal_frame *ret);

/* Mark of the frame that journal_next gave last. Requires that it gave one. */
struct journal_mark journal_cursor_mark(const struct journal_cursor *cursor);

/* Frees what the cursor holds. A zeroed or ended cursor is allowed. */
void journal_cursor_end(struct journal_cursor *cursor);

/* Last durable sequence, 0 = empty. */
uint64_t journal_last_seq(const struct journal *journal);

/* What a frame is known by: the digest of its bytes, which also hold the digest of the frame before it, and so on. Two journals
 * that have the same mark have the same history up to it. */
struct journal_mark {
    uint64_t seq; /* last of the frame; 0 = before the first */
    uint64_t low, high;
};

/* Mark of the last durable frame. */
struct journal_mark journal_last_mark(const struct journal *journal);

/* Mark of the frame that ends with `seq`; of 0: all zero. Returns 0; -ENOENT: no frame ends there; or a negative errno, see
 * journal_said. Cost: as journal_follow. */
int journal_mark_at(struct journal *journal, uint64_t seq, struct journal_mark *ret);

/* A file of the journal, and how much of it is durable. */
struct journal_part {
    char name[24];
    uint64_t durable_size; /* bytes from its beginning, the frames of the last append included; 0 = the whole file, which never
                              changes */
};

/* Lists the files that hold the journal up to journal_last_seq, in order: what a copy needs, without the writer's help, however far
 * the journal goes on meanwhile. The last file is zeros behind durable_size, up to the size that it has. Gives *ret (caller frees).
 * Returns 0 or -ENOMEM. */
int journal_parts(const struct journal *journal, struct journal_part **ret, size_t *ret_count);

/* Sentence on the last damage that a cursor met; empty: none. Lives as long as the journal. */
const char *journal_said(const struct journal *journal);

/* Makes the next segment ahead of need, from the time the present one is half full, a JOURNAL_PREPARE_SLICE a call (below a
 * millisecond, the last slice flushes). Call it when idle and between batches: what is left to do is done by the append that
 * needs it, which then stalls. Returns 1 while there is more to do, 0 nothing to do, or a negative errno (nothing is lost; the next
 * call begins again). */
int journal_prepare(struct journal *journal);

/* Closes. NULL is allowed; returns NULL. */
struct journal *journal_close(struct journal *journal);

#endif
