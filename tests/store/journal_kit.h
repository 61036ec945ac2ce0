/*
 * journal_kit.h - journals whose content can be told from their sequences
 *
 * An append of the kit has `frames` frames of `count` records each; the data of a frame are bytes that follow from its first
 * sequence, so any reader can check them without a copy.
 */
#ifndef HUYING_TESTS_JOURNAL_KIT_H
#define HUYING_TESTS_JOURNAL_KIT_H

#include "dispatcher/store/journal.h"

/* Opens, expecting success. */
struct journal *kit_open(const char *path, size_t segment_size, struct journal_open_report *report);

/* Appends `frames` frames of `size` bytes, with `count` records each, under epoch 1. Returns what journal_append said. */
int kit_append(struct journal *journal, uint32_t frames, uint32_t count, size_t size);

/* Reads everything from `from` on and checks it; returns the last sequence seen. A frame with wrong content, or a hole, fails the
 * test. */
uint64_t kit_read(struct journal *journal, uint64_t from);

#endif
