/*
 * journal.h - the truth: an append-only log of frames in pre-written segments
 *
 * A frame holds the records of one group commit (or a part of it): magic, format, epoch, first sequence, count, instant, length,
 * hash of the frame before it, checksum; the record bytes follow. Segments are `journal/<first sequence, 16 hex digits>.log`,
 * filled with zeros when made (so a full disk shows there, not at an acknowledgement) and made ahead of need. One writer, one
 * thread. Only the last frame may be torn: it is cut and said. A bad frame with a good one after it is damage: open refuses and
 * names segment and offset.
 */
#ifndef HUYING_STORE_JOURNAL_H
#define HUYING_STORE_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct journal;

/* Description of one frame; `data` is borrowed. */
struct journal_frame {
    uint64_t epoch;
    uint64_t first_seq;
    uint32_t count; /* records */
    int64_t at_ms;  /* instant of its last record */
    const void *data;
    size_t size; /* bytes of data, at most LIMIT_FRAME_SIZE less the header */
};

struct journal_open_report {
    uint64_t last_seq;  /* 0 = empty */
    int64_t last_at_ms;
    uint64_t epoch;     /* of the last frame */
    bool cut;           /* a torn last frame was cut */
    char said[512];     /* the sentence for the log, or for the refusal to start */
};

struct journal_options {
    const char *path;       /* folder; made when missing */
    size_t segment_size;    /* bytes, 0 = 64 MiB */
    bool read_only;         /* for check: nothing is cut or written */
};

/* Opens, verifies the chain of the last segment (all of them when `verify_all`), cuts a torn end. Gives *ret (caller closes).
 * Returns 0 or a negative errno: -EBADMSG damage (report->said names segment and offset), -ENOTSUP a newer format. */
int journal_open(const struct journal_options *options, bool verify_all, struct journal **ret, struct journal_open_report *report);

/* Appends frames after `expected_seq` (the last one known) under `epoch` and flushes once (fdatasync). Returns 0 = durable;
 * -ENOSPC: no room for a next segment, nothing was written; -ESTALE: fenced (epoch older, or expected_seq is not the last);
 * another negative errno: outcome unknown, the journal takes no more appends until reopened. */
int journal_append(struct journal *journal, uint64_t epoch, uint64_t expected_seq, const struct journal_frame *frames, size_t count);

/* A reader's place. Valid while the journal is open. */
struct journal_cursor {
    struct journal *journal;
    uint64_t next_seq;
    size_t segment;
    uint64_t offset;
    void *buffer;
    size_t capacity;
};

/* Begins at the frame that holds `seq`. Returns 0, -ENOENT (beyond the end), or a negative errno. Caller ends the cursor. */
int journal_follow(struct journal *journal, uint64_t seq, struct journal_cursor *ret);

/* Reads the next durable frame; its data lives until the next call. Returns 1, 0 at the end, or a negative errno. */
int journal_next(struct journal_cursor *cursor, struct journal_frame *ret);

void journal_cursor_end(struct journal_cursor *cursor);

uint64_t journal_last_seq(const struct journal *journal);

/* Makes the next segment ahead of need when the present one is three quarters full; call when idle. Returns 0 or a negative errno. */
int journal_prepare(struct journal *journal);

/* Folder entries and sizes for operations. NULL is allowed; returns NULL. */
struct journal *journal_close(struct journal *journal);

#endif
