/*
 * copying.h - large files and folders copied in pieces: told how far, ended when asked, flushed
 *
 * For backup and restore. Works in any thread; the members of a copying may be read and `stop` set by another one.
 */
#ifndef HUYING_ENGINE_COPYING_H
#define HUYING_ENGINE_COPYING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct copying {
    _Atomic uint64_t copied;                      /* bytes */
    atomic_bool stop;                             /* ends it with -ECANCELED */
    void (*progress)(void *arg, uint64_t copied); /* now and then, in the copying thread; may be NULL */
    void *arg;
};

/* A file that is being written. */
struct copying_file {
    struct copying *copying;
    int fd;
    uint64_t size;
};

/* Begins a new file in a folder; one that is there fails it with -EEXIST. Returns 0 or a negative errno. */
int copying_create(struct copying *copying, int folder, const char *name, struct copying_file *ret);

/* Adds bytes. What was added is on its way to the disk soon, so that the flush at the end finds little to do. Returns 0 or a
 * negative errno. */
int copying_add(struct copying_file *file, const void *data, size_t size);

/* Flushes and closes; `rc` is how it went so far: a failed file is only closed. Returns rc, or a negative errno. */
int copying_end(struct copying_file *file, int rc);

/* Copies a file between folders. `most`: the source's bytes behind it are zeros, which become a hole (0: copies it all). Returns 0
 * or a negative errno. */
int copying_copy(struct copying *copying, int from_folder, int to_folder, const char *name, uint64_t most);

/* Copies the regular files of a folder whose names end in `suffix` ("": all) into another one, and flushes that. Returns 0 or a
 * negative errno. */
int copying_folder(struct copying *copying, const char *from, const char *to, const char *suffix);

/* Copies the kept configurations: each folder in `from` that is whole. Both exist. Returns 0 or a negative errno. */
int copying_sets(struct copying *copying, const char *from, const char *to);

#endif
