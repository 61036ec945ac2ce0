/*
 * log.h - one JSON line per happening on a descriptor
 *
 * A line has at (RFC 3339, ms, in the zone of log_zone), level, code, text and, once known, seq. No citizen's text is ever given to
 * it: callers name keys, numbers, sizes and files. Lines of the same code are limited to LOG_CODE_LINES in LOG_WINDOW_MS; what was
 * held back is counted in the first line of that code after the window. One thread. Nothing here fails: a line that cannot be
 * written is lost.
 */
#ifndef HUYING_SHELL_LOG_H
#define HUYING_SHELL_LOG_H

#include <stdbool.h>
#include <stdint.h>

#define LOG_CODE_LINES 10
#define LOG_WINDOW_MS 10000

/* The same numbers as the engine's log callback uses. */
enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_NOTICE };

struct log;

/* Gives a log on a descriptor, which stays the caller's. NULL: no memory. */
struct log *log_new(int fd);

/* Writes one line, or counts it. `code` is a static word, `text` UTF-8 without newline; bytes that are not UTF-8 become '?'.
 */
void log_line(struct log *log, enum log_level level, const char *code, const char *text);

/* The same with a printf format; at most 1 KB. */
void log_say(struct log *log, enum log_level level, const char *code, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* From now on lines carry local time, with its offset: offset_s tells how many seconds it is east of UTC at an instant. Borrows
 * arg. */
void log_zone(struct log *log, int32_t (*offset_s)(const void *arg, int64_t at_ms), const void *arg);

/* Sequence that lines carry from now on. */
void log_seq(struct log *log, uint64_t seq);

/* Says how many lines of each code were held back in windows that have passed. Call now and then, and at the end with `all`. */
void log_flush(struct log *log, bool all);

/* NULL is allowed; returns NULL. */
struct log *log_free(struct log *log);

#endif
