/*
 * file.h - a whole small file in memory; a large one opened
 */
#ifndef HUYING_CONFIG_FILE_H
#define HUYING_CONFIG_FILE_H

#include "config/faults.h"

#include <stdbool.h>
#include <stddef.h>

#define FILE_SIZE_MAX ((size_t)64 << 20)

/* Reads `file` of `folder` (NULL: `file` is a path), at most 64 MiB. Gives *ret, which the caller frees, with a NUL behind its
 * bytes. Returns 0; -EINVAL: it cannot be read, and a fault says why; -ENOMEM. */
int file_read(const char *folder, const char *file, struct faults *faults, char **ret, size_t *ret_size);

/* As file_read, of a file that may be missing: then *ret is NULL and nothing is a fault. */
int file_read_if_there(const char *folder, const char *file, struct faults *faults, char **ret, size_t *ret_size);

/* Opens a file of any size for reading by those who do not take the whole of it. Gives a descriptor, which the caller closes.
 * Returns 0; -EINVAL: it cannot be read, and a fault says why. */
int file_open(const char *path, struct faults *faults, int *ret_fd, uint64_t *ret_size);

/* Is this UTF-8 without NUL bytes? Where it is not, adds a fault a line, ten at most, at a column: the character's number. */
bool file_check_text(const char *file, const void *data, size_t size, struct faults *faults);

#endif
