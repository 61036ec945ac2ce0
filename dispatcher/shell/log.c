/* log.c - JSON lines by hand: five fields do not need a library, and a log must not fail for want of memory. */
#include "dispatcher/shell/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <wchar.h>

#define CODES_KNOWN 64
#define CODE_TEXT 40
#define LINE_SIZE 4096

struct held {
    char code[CODE_TEXT];
    int64_t since_ms;
    uint32_t lines;
    uint32_t held;
};

struct log {
    int fd;
    int32_t (*offset_s)(const void *arg, int64_t at_ms); /* NULL: UTC */
    const void *zone_arg;
    uint64_t seq;
    uint32_t code_count;
    struct held codes[CODES_KNOWN];
};

static const char *const level_names[] = {"error", "warning", "notice"};

struct log *log_new(int fd)
{
    struct log *log = calloc(1, sizeof(*log));
    if (log != NULL) {
        log->fd = fd;
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

static int64_t steady_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Appends `text` as the inside of a JSON string. What would not fit is left out whole, so the line stays valid JSON. */
static size_t append_escaped(char *line, size_t used, size_t room, const char *text)
{
    mbstate_t state = {0};
    size_t left = strlen(text);
    while (left > 0 && used + 8 < room) {
        unsigned char c = (unsigned char)*text;
        size_t width = 1;
        if (c < 0x20 || c == 0x7f) {
            used += (size_t)snprintf(line + used, room - used, "\\u%04x", c);
        } else if (c == '"' || c == '\\') {
            line[used++] = '\\';
            line[used++] = (char)c;
        } else if (c < 0x80) {
            line[used++] = (char)c;
        } else {
            width = mbrtowc(NULL, text, left, &state);
            if (width == (size_t)-1 || width == (size_t)-2 || width == 0) {
                memset(&state, 0, sizeof(state));
                width = 1;
                line[used++] = '?';
            } else {
                memcpy(line + used, text, width);
                used += width;
            }
        }
        text += width;
        left -= width;
    }
    return used;
}

/* Z, or +08:00. */
static size_t append_offset(char *line, size_t room, int64_t minutes)
{
    int64_t east = minutes < 0 ? -minutes : minutes;
    if (minutes == 0) {
        return (size_t)snprintf(line, room, "Z");
    }
    return (size_t)snprintf(line, room, "%c%02d:%02d", minutes < 0 ? '-' : '+', (int)(east / 60), (int)(east % 60));
}

void log_zone(struct log *log, int32_t (*offset_s)(const void *arg, int64_t at_ms), const void *arg)
{
    log->offset_s = offset_s;
    log->zone_arg = arg;
}

static void write_line(struct log *log, enum log_level level, const char *code, const char *text, uint32_t held)
{
    char line[LINE_SIZE];
    const size_t room = sizeof(line) - 96; /* for what follows the text */
    struct timespec now;
    struct tm local;
    clock_gettime(CLOCK_REALTIME, &now);
    int64_t offset_s = log->offset_s == NULL ? 0 : log->offset_s(log->zone_arg, (int64_t)now.tv_sec * 1000);
    time_t shifted = now.tv_sec + (time_t)offset_s;
    gmtime_r(&shifted, &local);
    size_t used = strftime(line, room, "{\"at\":\"%Y-%m-%dT%H:%M:%S", &local);
    used += (size_t)snprintf(line + used, room - used, ".%03d", (int)(now.tv_nsec / 1000000));
    used += append_offset(line + used, room - used, offset_s / 60);
    used += (size_t)snprintf(line + used, room - used, "\",\"level\":\"%s\",\"code\":\"%s\",\"text\":\"", level_names[level], code);
    used = append_escaped(line, used, room, text);
    line[used++] = '"';
    if (log->seq > 0) {
        used += (size_t)snprintf(line + used, sizeof(line) - used, ",\"seq\":%llu", (unsigned long long)log->seq);
    }
    if (held > 0) {
        used += (size_t)snprintf(line + used, sizeof(line) - used, ",\"held_back\":%u", held);
    }
    line[used++] = '}';
    line[used++] = '\n';
    ssize_t written = write(log->fd, line, used); /* one call, so that lines of several processes do not mix */
    (void)written;
}

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
    entry->since_ms = steady_ms();
    return entry;
}

void log_line(struct log *log, enum log_level level, const char *code, const char *text)
{
    struct held *entry = find_code(log, code);
    int64_t now_ms = steady_ms();
    if (now_ms - entry->since_ms >= LOG_WINDOW_MS) {
        entry->since_ms = now_ms;
        entry->lines = 0;
    }
    if (entry->lines >= LOG_CODE_LINES) {
        entry->held++;
        return;
    }
    entry->lines++;
    write_line(log, level, code, text, entry->held);
    entry->held = 0;
}

void log_say(struct log *log, enum log_level level, const char *code, const char *format, ...)
{
    char text[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    log_line(log, level, code, text);
}

void log_flush(struct log *log, bool all)
{
    int64_t now_ms = steady_ms();
    for (uint32_t i = 0; i < log->code_count; i++) {
        struct held *entry = &log->codes[i];
        if (entry->held == 0 || (!all && now_ms - entry->since_ms < LOG_WINDOW_MS)) {
            continue;
        }
        write_line(log, LOG_LEVEL_NOTICE, entry->code, "more lines of this code were held back", entry->held);
        entry->held = 0;
    }
}
