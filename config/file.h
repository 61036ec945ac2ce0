/*
 * file.h - a whole small file in memory
 */
#ifndef HUYING_CONFIG_FILE_H
#define HUYING_CONFIG_FILE_H

#include "config/faults.h"

#include <stddef.h>

#define FILE_SIZE_MAX ((size_t)64 << 20)

/* Reads `file` of `folder` (NULL: `file` is a path), at most 64 MiB. Gives *ret, which the caller frees, with a NUL behind its
 * bytes. Returns 0; -EINVAL: it cannot be read, and a fault says why; -ENOMEM. */
int file_read(const char *folder, const char *file, struct faults *faults, char **ret, size_t *ret_size);

#endif
