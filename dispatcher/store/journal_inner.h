/*
 * journal_inner.h - what the files of the journal share
 */
#ifndef HUYING_STORE_JOURNAL_INNER_H
#define HUYING_STORE_JOURNAL_INNER_H

#include "dispatcher/store/segment_scan.h"

struct journal {
    int folder;
    bool read_only;
    int failed;   /* negative errno of the append that failed; 0 = none */
    bool unknown; /* and it may be there all the same */
    uint64_t segment_size;
    struct segment *segments; /* in order; the last one takes the appends */
    size_t segment_count;
    int fd;                          /* of the last segment, for writing; -1 = none */
    uint64_t end;                    /* durable bytes of the last segment */
    struct segment_scan_state state; /* after the last durable frame */
    struct segment_maker maker;
    uint8_t *buffer; /* for one append */
    size_t capacity;
    char said[512];
};

/* Makes room for one more segment in the list. Returns 0 or -ENOMEM. */
int journal_grow(struct journal *journal);

/* journal_chain.c: checks names, sizes and headers of all segments, and that each continues the one before it. Returns 0, or a
 * negative errno with the sentence in said (512 bytes). */
int journal_chain_check(struct journal *journal, char *said);

#endif
