/*
 * folder.h - a temporary folder of configuration, changed in one place
 */
#ifndef HUYING_TESTS_CONFIG_FOLDER_H
#define HUYING_TESTS_CONFIG_FOLDER_H

#include "config/faults.h"

#include <stddef.h>

#define FOLDER_SIZE 64

/* Makes an empty temporary folder. */
void folder_make(char ret[FOLDER_SIZE]);

/* Removes the folder and the files in it (no folders in it). */
void folder_remove(const char *folder);

/* Writes bytes to a file of the folder. */
void folder_write(const char *folder, const char *file, const char *at, size_t size);

/* Copies a file of the source tree into the folder, with the first `old` replaced by `with` (NULL: as it is). `old` must be there.
 */
void folder_copy(const char *folder, const char *from, const char *file, const char *old, const char *with);

/* A copy of tests/small-district. */
void folder_small_district(char ret[FOLDER_SIZE]);

/* All faults, one a line. Borrowed until the next call. */
const char *folder_faults(const struct faults *faults);

#endif
