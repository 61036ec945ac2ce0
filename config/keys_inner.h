/*
 * keys_inner.h - what the two files about keys share; not for other rooms
 */
#ifndef HUYING_CONFIG_KEYS_INNER_H
#define HUYING_CONFIG_KEYS_INNER_H

#include "config/keys.h"

/* Reads NAME.pub. Returns 0; -EINVAL: its faults are added to `faults`; or another negative errno: it could not be read now. */
int keys_entry_read(const char *folder, const char *file, const char *name, struct faults *faults, struct key_entry *ret);

#endif
