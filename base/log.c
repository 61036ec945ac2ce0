/* log.c - one JSON line per happening, by hand: a log must not fail for want of memory */
#include "base/log.h"

#include "base/instant.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <utf8proc.h>

#define CODES_KNOWN 64
#define CODE_TEXT 40
#define TEXT_SIZE 1024
#define LINE_SIZE 4096
#define ABOUT_SIZE 512 /* of a line, for what it is about */
#define END_SIZE 64    /* of a line, for what was held back and the end */

struct held {
    char code[CODE_TEXT];
    int64_t since_ms;
    uint32_t lines;
    uint32_t held;
};

struct log {
    int fd;
    enum log_level bounded;
    uint32_t code_lines;
    int32_t (*offset_s)(const void *arg, int64_t at_ms); /* NULL: UTC */
    const void *zone_arg;
    uint64_t seq;
    uint32_t code_count;
    struct held codes[CODES_KNOWN];
};

/* A line that is being written. */
struct line {
    size_t used;
    char text[LINE_SIZE];
};

static const char *const level_names[] = {"error", "warning", "notice"};

struct log *log_new(int fd, enum log_level bounded, uint32_t code_lines)
{
    struct log *log = calloc(1, sizeof(*log));
    if (log != NULL) {
        log->fd = fd;
        log->bounded = bounded;
        log->code_lines = code_lines;
    }
    return log;
}

struct log *log_free(struct log *log)
{
    free(log);
    return NULL;
}

void log_seq(struct log *log, uint64_t seq)
{
    log->seq = seq;
}

void log_zone(struct log *log, int32_t (*offset_s)(const void *arg, int64_t at_ms), const void *arg)
{
    log->offset_s = offset_s;
    log->zone_arg = arg;
}

static int64_t clock_ms(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- a line ---- */

static void append(struct line *line, const char *text)
{
    size_t size = strlen(text);
    memcpy(line->text + line->used, text, size);
    line->used += size;
}

/* Appends `text` as the inside of a JSON string. What would go beyond `until` is left out whole, so the line stays valid JSON. */
static void append_escaped(struct line *line, size_t until, const char *text)
{
    size_t left = strlen(text);
    while (left > 0 && line->used + 8 < until) {
        unsigned char c = (unsigned char)*text;
        utf8proc_ssize_t width = 1;
        utf8proc_int32_t code;
        if (c < 0x20 || c == 0x7f) {
            line->used += (size_t)snprintf(line->text + line->used, 8, "\\u%04x", c);
        } else if (c == '"' || c == '\\') {
            line->text[line->used++] = '\\';
            line->text[line->used++] = (char)c;
        } else if (c < 0x80) {
            line->text[line->used++] = (char)c;
        } else {
            width = utf8proc_iterate((const utf8proc_uint8_t *)text, (utf8proc_ssize_t)left, &code);
            if (width <= 0) {
                width = 1;
                line->text[line->used++] = '?';
            } else {
                memcpy(line->text + line->used, text, (size_t)width);
                line->used += (size_t)width;
            }
        }
        text += width;
        left -= (size_t)width;
    }
}

/* `,"key":"text"` */
static void append_text(struct line *line, size_t until, const char *key, const char *text)
{
    append(line, ",\"");
    append(line, key);
    append(line, "\":\"");
    append_escaped(line, until, text);
    append(line, "\"");
}

static void append_number(struct line *line, const char *key, uint64_t number)
{
    char text[48];
    snprintf(text, sizeof(text), ",\"%.20s\":%llu", key, (unsigned long long)number);
    append(line, text);
}

static void append_about(struct line *line, const struct log_about *about)
{
    const size_t until = LINE_SIZE - END_SIZE - 100; /* for the numbers */
    if (about->hook != NULL) {
        append_text(line, until - ABOUT_SIZE / 2, "hook", about->hook);
    }
    if (about->number != NULL && about->number[0] != '\0') {
        append_text(line, until, "case", about->number);
    }
    if (about->duty != 0) {
        append_number(line, "duty", about->duty);
    }
    if (about->seq != 0) {
        append_number(line, "seq", about->seq);
    }
}

static void write_line(const struct log *log, enum log_level level, const char *code, const struct log_about *about,
                       const char *text, uint32_t held)
{
    struct line line = {0};
    struct log_about which = about != NULL ? *about : (struct log_about){0};
    char at[INSTANT_SIZE];
    int64_t now_ms = clock_ms(CLOCK_REALTIME);
    int32_t offset_s = log->offset_s == NULL ? 0 : log->offset_s(log->zone_arg, now_ms);
    append(&line, "{\"at\":\"");
    append(&line, instant_print(now_ms, offset_s == 0 ? INSTANT_UTC : offset_s, at));
    append(&line, "\"");
    append_text(&line, LINE_SIZE / 4, "level", level_names[level]);
    append_text(&line, LINE_SIZE / 4, "code", code);
    append_text(&line, LINE_SIZE - ABOUT_SIZE - END_SIZE, "text", text);
    if (which.seq == 0) {
        which.seq = log->seq;
    }
    append_about(&line, &which);
    if (held > 0) {
        append_number(&line, "held_back", held);
    }
    append(&line, "}\n");
    ssize_t written = write(log->fd, line.text, line.used); /* one call, so that lines of several processes do not mix */
    (void)written;
}

/* ---- its bound ---- */

/* The entry of a code; when the table is full the last one is shared by all further codes. */
static struct held *find_code(struct log *log, const char *code)
{
    for (uint32_t i = 0; i < log->code_count; i++) {
        if (strncmp(log->codes[i].code, code, CODE_TEXT - 1) == 0) {
            return &log->codes[i];
        }
    }
    if (log->code_count == CODES_KNOWN) {
        return &log->codes[CODES_KNOWN - 1];
    }
    struct held *entry = &log->codes[log->code_count++];
    snprintf(entry->code, sizeof(entry->code), "%s", code);
    entry->since_ms = clock_ms(CLOCK_MONOTONIC);
    return entry;
}

/* May a line of this code be written now? *ret_held: how many were held back before it. */
static bool admit(struct log *log, enum log_level level, const char *code, uint32_t *ret_held)
{
    *ret_held = 0;
    if (level > log->bounded) {
        return true;
    }
    struct held *entry = find_code(log, code);
    int64_t now_ms = clock_ms(CLOCK_MONOTONIC);
    if (now_ms - entry->since_ms >= LOG_WINDOW_MS) {
        entry->since_ms = now_ms;
        entry->lines = 0;
    }
    if (entry->lines >= log->code_lines) {
        entry->held++;
        return false;
    }
    entry->lines++;
    *ret_held = entry->held;
    entry->held = 0;
    return true;
}

void log_line(struct log *log, enum log_level level, const char *code, const char *text)
{
    uint32_t held;
    if (admit(log, level, code, &held)) {
        write_line(log, level, code, NULL, text, held);
    }
}

void log_about(struct log *log, enum log_level level, const char *code, const struct log_about *about, const char *format, ...)
{
    char text[TEXT_SIZE];
    va_list arguments;
    uint32_t held;
    if (!admit(log, level, code, &held)) {
        return;
    }
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    write_line(log, level, code, about, text, held);
}

void log_flush(struct log *log, bool all)
{
    int64_t now_ms = clock_ms(CLOCK_MONOTONIC);
    for (uint32_t i = 0; i < log->code_count; i++) {
        struct held *entry = &log->codes[i];
        if (entry->held == 0 || (!all && now_ms - entry->since_ms < LOG_WINDOW_MS)) {
            continue;
        }
        write_line(log, LOG_LEVEL_NOTICE, entry->code, NULL, "more lines of this code were held back", entry->held);
        entry->held = 0;
    }
}
