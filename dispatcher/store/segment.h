/*
 * segment.h - the files of the journal: their names, and how they are made
 */
#ifndef HUYING_STORE_SEGMENT_H
#define HUYING_STORE_SEGMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SEGMENT_NAME_SIZE 21 /* 16 hex digits, ".log", terminated */
#define SEGMENT_PREPARED "next.log.prepared"

/* Place of a frame, remembered every 16 KiB or so. */
struct segment_mark {
    uint64_t seq; /* first of the frame */
    uint64_t offset;
};

struct segment {
    uint64_t first_seq;
    uint64_t size; /* of the file */
    bool marked;   /* the marks below cover the whole segment */
    struct segment_mark *marks;
    size_t mark_count;
    size_t mark_capacity;
};

/* A segment that is being made: zeros up to `written`. fd < 0: none. */
struct segment_maker {
    int fd;
    uint64_t size;
    uint64_t written;
    bool ready; /* all written and flushed, its name too */
};

/* Name of the segment that begins with first_seq. */
void segment_name(uint64_t first_seq, char ret[SEGMENT_NAME_SIZE]);

/* Lists the segments of a folder in order. Gives *ret (caller frees it; segments have only first_seq). Returns how many, or a
 * negative errno. */
int segment_list(int folder, struct segment **ret, size_t *ret_count);

/* Remembers a frame when the last mark is far enough behind. A failure to remember costs only time. */
void segment_mark(struct segment *segment, uint64_t seq, uint64_t offset);

/* Place of the last mark at or before `seq`. False: none. */
bool segment_find(const struct segment *segment, uint64_t seq, struct segment_mark *ret);

/* Begins to make a segment of `size` bytes: reserves the space. Returns 0 or a negative errno (nothing is left behind). */
int segment_make(int folder, uint64_t size, struct segment_maker *ret);

/* Writes up to `slice` bytes more; at the end flushes file and folder. Returns 1: not ready yet; 0: ready; or a negative errno
 * (dropped). */
int segment_make_on(int folder, struct segment_maker *maker, uint64_t slice);

/* Removes what was made. */
void segment_drop(int folder, struct segment_maker *maker);

#endif
