/*
 * log.h - one JSON line per happening on a descriptor
 *
 * A line has at (RFC 3339, ms, in the zone of log_zone), level, code, text and, where it is about one, hook, case (number), duty
 * and seq. No citizen's text is ever given to it: callers name keys, numbers, sizes and files. Lines of the same code are bounded
 * in windows of LOG_WINDOW_MS; what was held back is counted in the first line of that code after the window. One thread.
 * Nothing here fails: a line that cannot be written is lost.
 */
#ifndef HUYING_BASE_LOG_H
#define HUYING_BASE_LOG_H

#include <stdbool.h>
#include <stdint.h>

#define LOG_WINDOW_MS 10000

/* The same numbers as the engine's log callback uses. */
enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_NOTICE };

struct log;

/* Gives a log on a descriptor, which stays the caller's. Of lines of `bounded` and graver ones, at most `code_lines` of a code are
 * written in a window; lighter ones always are. NULL: no memory. */
struct log *log_new(int fd, enum log_level bounded, uint32_t code_lines);

/* What a line is about; zeroes and NULL are left out. */
struct log_about {
    const char *number; /* of the case */
    uint64_t duty;
    uint64_t seq; /* of the event; without it the sequence of log_seq */
    const char *hook;
};

/* Writes one line, or counts it. `code` is a static word, `text` UTF-8; bytes that are not UTF-8 become '?', what would make a line
 * longer than 4 KB is left out. */
void log_line(struct log *log, enum log_level level, const char *code, const char *text);

/* The same with a printf format, at most 1 KB. `about` may be NULL. */
void log_about(struct log *log, enum log_level level, const char *code, const struct log_about *about, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

#define log_say(log, level, code, ...) log_about(log, level, code, NULL, __VA_ARGS__)

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
