/*
 * power.h - the worst that a power cut may leave of one folder
 *
 * Remembers what each file held when it was last flushed, and which files the folder named when it was last flushed. A cut builds
 * a folder of just that: writes without a flush never arrive, names without a flush of the folder neither. Sees the flushes of our
 * own objects (faults.h).
 */
#ifndef HUYING_TESTS_POWER_H
#define HUYING_TESTS_POWER_H

/* Begins to watch a folder, which is empty. One at a time. */
void power_watch(const char *folder);

/* Writes what a cut now would leave into `image`, a folder that is emptied first. Does not watch until power_go_on. */
void power_cut(const char *image);

/* Goes on watching after a cut. */
void power_go_on(void);

/* Stops watching. */
void power_end(void);

#endif
