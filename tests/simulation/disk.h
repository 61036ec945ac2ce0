/*
 * disk.h - what a disk would not have yet: writes to the journal that no flush has followed
 *
 * Sits on the hooks of tests/store/failing.h, which put themselves before the system's calls by the linker. Of each write it keeps
 * what lay there before, until the file is flushed; of each name that was given, until the folder is. A power cut takes any part of
 * it back: each sector by itself, all of it or nothing. What LMDB writes is not seen: a commit is there as a whole, or is not
 * (tests/crash looks at it page by page).
 */
#ifndef HUYING_TESTS_SIMULATION_DISK_H
#define HUYING_TESTS_SIMULATION_DISK_H

#include "tests/simulation/chance.h"

/* Begins to keep book. One disk at a time. */
void disk_begin(void);

/* A power cut, as the lot falls; nobody has the files open. Gives how many sectors and names were taken back. */
uint64_t disk_cut(struct chance *chance);

void disk_end(void);

#endif
