/*
 * dead.h - dead letters: what could not be delivered, one JSON object a line, flushed to disk
 *
 * Several processes may append to a file while one takes it away to send it again: a lock on the file keeps them apart.
 */
#ifndef HUYING_WORKERS_DEAD_H
#define HUYING_WORKERS_DEAD_H

#include <stddef.h>

#define DEAD_LINE_MAX (4 * 1024 * 1024)

/* Appends a line (without its end) and flushes it; makes the file (mode 0600) when missing. A line that a crash cut off before is
 * ended first. Returns 0, or a negative errno: then the line may be there or not. */
int dead_append(const char *path, const char *line, size_t size);

/* Takes the file away for sending again: renames it to PATH.replay, unless there is one of before, which comes first. Gives
 * *ret, the name, for free(). Returns 0; -ENOENT: there is nothing; another negative errno. */
int dead_take(const char *path, char **ret);

#endif
