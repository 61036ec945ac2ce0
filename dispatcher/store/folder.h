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

/* Writes all bytes at `offset`: goes on after short writes and signals. Returns 0 or a negative errno. */
int folder_write_all(int fd, const void *data, size_t size, uint64_t offset);

/* Reads up to `size` bytes at `offset`, fewer only at the end of the file. Returns how many, or a negative errno. */
ssize_t folder_read_all(int fd, void *data, size_t size, uint64_t offset);

/* fsync, and fdatasync, again after signals. Return 0 or a negative errno. */
int folder_sync(int fd);
int folder_sync_data(int fd);

#endif
