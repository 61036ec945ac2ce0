/*
 * config_folder.h - a temporary folder of configuration, changed in one place
 */
#ifndef HUYING_TESTS_CONFIG_CONFIG_FOLDER_H
#define HUYING_TESTS_CONFIG_CONFIG_FOLDER_H

#include "config/faults.h"

#include <stddef.h>

#define CONFIG_FOLDER_SIZE 64

/* Makes an empty temporary folder. */
void config_folder_make(char ret[CONFIG_FOLDER_SIZE]);

/* Removes the folder and the files in it (no folders in it). */
void config_folder_remove(const char *folder);

/* Writes bytes to a file of the folder. */
void config_folder_write(const char *folder, const char *file, const char *at, size_t size);

/* Copies a file of the source tree into the folder, with the first `old` replaced by `with` (NULL: as it is). `old` must be there.
 */
void config_folder_copy(const char *folder, const char *from, const char *file, const char *old, const char *with);

/* A copy of tests/small-district. */
void config_folder_small_district(char ret[CONFIG_FOLDER_SIZE]);

/* All faults, one a line. Borrowed until the next call. */
const char *config_folder_faults(const struct faults *faults);

#endif
