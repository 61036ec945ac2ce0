/*
 * log.h - one JSON line per happening on standard error, as huyingd writes them
 *
 * A line has at (RFC 3339, UTC, ms), level, code, text and, where it is about one, case (number) and duty. Never a citizen's text.
 * Warnings and errors of one code are limited to LOG_CODE_LINES in LOG_WINDOW_MS; the first one after the window says how many were
 * held back. One thread; a line that cannot be written is lost.
 */
#ifndef HUYING_WORKERS_LOG_H
#define HUYING_WORKERS_LOG_H

#include <stdint.h>

#define LOG_CODE_LINES 20
#define LOG_WINDOW_MS 10000

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_NOTICE };

struct log;

/* Gives a log on a descriptor, which stays the caller's. NULL: no memory. */
struct log *log_new(int fd);

/* What a line is about; zeroes and NULL are left out. */
struct log_about {
    const char *number; /* of the case */
    uint64_t duty;
    uint64_t seq; /* of the event */
    const char *hook;
};

/* Writes one line. `about` may be NULL; `code` is a static word; at most 1 KB of text. */
void log_about(struct log *log, enum log_level level, const char *code, const struct log_about *about, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

#define log_say(log, level, code, ...) log_about(log, level, code, NULL, __VA_ARGS__)

/* NULL is allowed; returns NULL. */
struct log *log_free(struct log *log);

#endif
