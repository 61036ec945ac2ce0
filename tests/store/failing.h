/*
 * failing.h - makes the n-th system or LMDB call fail
 *
 * The product has no seam for it: the linker puts these functions before the real ones (--wrap, see meson.build: link with
 * failing_dep). It reaches the calls of our own objects; what LMDB calls itself is reached through LMDB's answers.
 *
 *     for (uint32_t nth = 1;; nth++) {
 *         failing_arm(&(struct fault_plan){.calls = FAILING_DISK, .nth = nth, .error = EIO, .when = FAULT_BEFORE});
 *         ... do the thing, note what was acknowledged ...
 *         if (!failing_disarm())
 *             break;            // fewer than nth calls: every one has failed once
 *         ... open again, everything acknowledged is there ...
 *     }
 */
#ifndef HUYING_TESTS_FAILING_H
#define HUYING_TESTS_FAILING_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* The calls: a bit each. */
#define FAULT_CALLS(X)                                                                                                             \
    X(PWRITE)                                                                                                                      \
    X(PREAD)                                                                                                                       \
    X(FDATASYNC)                                                                                                                   \
    X(FSYNC)                                                                                                                       \
    X(OPEN)                                                                                                                        \
    X(FALLOCATE)                                                                                                                   \
    X(RENAME)                                                                                                                      \
    X(MDB_PUT)                                                                                                                     \
    X(MDB_GET)                                                                                                                     \
    X(MDB_DEL)                                                                                                                     \
    X(MDB_CURSOR)                                                                                                                  \
    X(MDB_BEGIN)                                                                                                                   \
    X(MDB_COMMIT)                                                                                                                  \
    X(MDB_ENV)

enum fault_index {
#define FAULT_INDEX(name) FAULT_INDEX_##name,
    FAULT_CALLS(FAULT_INDEX)
#undef FAULT_INDEX
};

enum fault_call {
#define FAULT_BIT(name) FAULT_##name = 1 << FAULT_INDEX_##name,
    FAULT_CALLS(FAULT_BIT)
#undef FAULT_BIT
};

#define FAILING_DISK                                                                                                               \
    ((uint32_t)FAULT_PWRITE | FAULT_FDATASYNC | FAULT_FSYNC | FAULT_OPEN | FAULT_FALLOCATE | FAULT_RENAME | FAULT_PREAD)
#define FAILING_MDB                                                                                                                \
    ((uint32_t)FAULT_MDB_PUT | FAULT_MDB_GET | FAULT_MDB_DEL | FAULT_MDB_CURSOR | FAULT_MDB_BEGIN | FAULT_MDB_COMMIT |             \
     FAULT_MDB_ENV)

enum fault_when {
    FAULT_BEFORE, /* nothing was done */
    FAULT_HALF,   /* a write did half of it; others as BEFORE */
    FAULT_AFTER,  /* it was done, and says that it failed */
    FAULT_SHORT,  /* no failure: a write or read does half and says so; others as usual */
};

struct fault_plan {
    uint32_t calls; /* bits of enum fault_call */
    uint32_t nth;   /* 1: the first of these calls */
    int error;      /* errno, or for FAULT_MDB_* also an MDB_ code */
    enum fault_when when;
    bool stays; /* all later ones fail too */
    bool dies;  /* and nothing of them is done: what came before is all that the machine did */
};

void failing_arm(const struct fault_plan *plan);

/* Ends the plan. Did it strike? */
bool failing_disarm(void);

/* Did it strike already? */
bool failing_struck(void);

/* Called after each fsync and fdatasync that succeeded, before each write (of `size` bytes at `offset`) and after each rename in a
 * folder: for who keeps book of what a disk would have. NULL: nobody. */
extern void (*failing_flushed)(int fd);
extern void (*failing_writing)(int fd, size_t size, off_t offset);
extern void (*failing_renamed)(int folder, const char *from, const char *to);

/* Calls of the plan's kinds since it was armed. */
uint32_t failing_seen(void);

#endif
