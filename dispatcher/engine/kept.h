/*
 * kept.h - the configurations that are kept with the data: config/<hash>/, a copy of each set that was in force
 *
 * Beside the files of a set lies SUMS, a line a file as `b2sum --length=256` writes it, so that damage is found, and so that
 * `b2sum --check SUMS` finds it too.
 */
#ifndef HUYING_ENGINE_KEPT_H
#define HUYING_ENGINE_KEPT_H

#define KEPT_SUMS "SUMS"

/* Copies every regular file directly in `source` to config/<hash>/ of the data folder `data`, through temporary names and with
 * flushes. Nothing to do when that folder is whole; a damaged one is made anew. Returns 0 or a negative errno. */
int kept_keep(const char *data, const char *hash, const char *source);

/* Looks at every kept set; calls `say` with a line for each file that is damaged, missing or too much. Returns 0 or a negative
 * errno: it could not be read. */
int kept_check(const char *data, void (*say)(void *arg, const char *line), void *arg);

#endif
