/*
 * folder.h - folders and whole writes, with their flushes
 */
#ifndef HUYING_STORE_FOLDER_H
#define HUYING_STORE_FOLDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Opens a folder; `make`: makes it when missing, and flushes its parent in any case. Returns the descriptor (caller closes) or a
 * negative errno.
 */
int folder_open(const char *path, bool make);

/* As openat, for what the journal cannot do without: when the process has no descriptor left below its soft limit (RLIMIT_NOFILE),
 * it takes one of those that are kept above it; when the system has none, it waits for some moments. Returns the descriptor, or -1
 * with errno. */
int folder_openat(int folder, const char *name, int flags, mode_t mode);

/* Is this (negative errno) a want of descriptors? It passes, and says nothing about the disk. */
bool folder_wants_descriptors(int rc);

/* Writes all bytes at `offset`: goes on after short writes and signals. Returns 0 or a negative errno. */
int folder_write_all(int fd, const void *data, size_t size, uint64_t offset);

/* Reads up to `size` bytes at `offset`, fewer only at the end of the file. Returns how many, or a negative errno. */
ssize_t folder_read_all(int fd, void *data, size_t size, uint64_t offset);

/* fsync, and fdatasync, again after signals. Return 0 or a negative errno. */
int folder_sync(int fd);
int folder_sync_data(int fd);

#endif
