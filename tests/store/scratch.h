/*
 * scratch.h - temporary folders of tests
 */
#ifndef HUYING_TESTS_SCRATCH_H
#define HUYING_TESTS_SCRATCH_H

#include <stddef.h>
#include <stdint.h>

/* Makes an empty folder. The path lives until scratch_drop, which removes all that is in it. */
char *scratch_new(void);
void scratch_drop(char *path);

/* folder/name, in one of a few static buffers. */
const char *scratch_path(const char *folder, const char *name);

/* Removes the files of a folder. */
void scratch_empty(const char *folder);

/* Copies the files of a folder (not its folders) into another one, which is emptied or made first. */
void scratch_copy(const char *from, const char *to);

/* Whole files. read: gives the bytes (caller frees). */
uint8_t *scratch_read(const char *path, size_t *ret_size);
void scratch_write(const char *path, const void *data, size_t size);

#endif
