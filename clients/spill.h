/*
 * spill.h - an array that may grow beyond memory
 *
 * Small ones are plain memory. From SPILL_MEMORY on it is a file without a name in TMPDIR (/var/tmp where that is not set), mapped:
 * the kernel writes out what is not in use, so a file of a hundred million rows needs disk and not memory. Zeroed. One thread.
 */
#ifndef HUYING_CLIENTS_SPILL_H
#define HUYING_CLIENTS_SPILL_H

#include <stdint.h>

#define SPILL_MEMORY (UINT64_C(16) << 20) /* bytes */

struct spill {
    void *at;      /* moves when it grows */
    uint64_t room; /* bytes */
    int fd;        /* of the file; 0: none */
};

/* Makes room for `size` bytes; what is there stays, what is new is 0. An empty struct spill is one without room. Returns 0;
 * -ENOMEM; -ENOSPC or another negative errno of the file: the old room stays. */
int spill_grow(struct spill *spill, uint64_t size);

void spill_deinit(struct spill *spill);

#endif
