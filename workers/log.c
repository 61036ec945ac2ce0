/* log.c - one JSON line per happening on standard error, as huyingd writes them */
#include "workers/log.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define CODES_KNOWN 64
#define CODE_TEXT 40
#define TEXT_SIZE 1024

struct held {
    char code[CODE_TEXT];
    int64_t since_ms;
    uint32_t lines;
    uint32_t held;
};

struct log {
    int fd;
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

static int64_t steady_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
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

/* May a line of this code be written now? *ret_held: how many were held back before it. */
static bool admit(struct log *log, enum log_level level, const char *code, uint32_t *ret_held)
{
    int64_t now_ms = steady_ms();

    *ret_held = 0;
    if (level == LOG_LEVEL_NOTICE) { /* work that was done: bounded by the work */
        return true;
    }
    struct held *entry = find_code(log, code);
    if (now_ms - entry->since_ms >= LOG_WINDOW_MS) {
        entry->since_ms = now_ms;
        entry->lines = 0;
    }
    if (entry->lines >= LOG_CODE_LINES) {
        entry->held++;
        return false;
    }
    entry->lines++;
    *ret_held = entry->held;
    entry->held = 0;
    return true;
}

static void set(json_t *line, const char *key, json_t *value)
{
    if (value != NULL) {
        json_object_set_new(line, key, value);
    }
}

/* jansson takes UTF-8 only; other bytes become '?'. */
static json_t *text_value(char *text)
{
    json_t *value = json_string(text);

    if (value != NULL) {
        return value;
    }
    for (char *at = text; *at != '\0'; at++) {
        if ((unsigned char)*at >= 0x80) {
            *at = '?';
        }
    }
    return json_string(text);
}

static void write_line(const struct log *log, const json_t *line)
{
    char *text = json_dumps(line, JSON_COMPACT);

    if (text == NULL) {
        return;
    }
    size_t size = strlen(text);
    text[size] = '\n';                                /* in the place of the end: */
    ssize_t written = write(log->fd, text, size + 1); /* one call, so that lines of several processes do not mix */
    (void)written;
    free(text);
}

void log_about(struct log *log, enum log_level level, const char *code, const struct log_about *about, const char *format, ...)
{
    char text[TEXT_SIZE], at[64];
    struct timespec now;
    struct tm parts;
    va_list arguments;
    uint32_t held;

    if (!admit(log, level, code, &held)) {
        return;
    }
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &parts);
    size_t used = strftime(at, sizeof(at), "%Y-%m-%dT%H:%M:%S", &parts);
    snprintf(at + used, sizeof(at) - used, ".%03ldZ", now.tv_nsec / 1000000);
    json_t *line = json_object();
    if (line == NULL) {
        return;
    }
    set(line, "at", json_string(at));
    set(line, "level", json_string(level_names[level]));
    set(line, "code", json_string(code));
    set(line, "text", text_value(text));
    if (about != NULL && about->hook != NULL) {
        set(line, "hook", json_string(about->hook));
    }
    if (about != NULL && about->number != NULL && about->number[0] != '\0') {
        set(line, "case", json_string(about->number));
    }
    if (about != NULL && about->duty != 0) {
        set(line, "duty", json_integer((json_int_t)about->duty));
    }
    if (about != NULL && about->seq != 0) {
        set(line, "seq", json_integer((json_int_t)about->seq));
    }
    if (held > 0) {
        set(line, "held_back", json_integer(held));
    }
    write_line(log, line);
    json_decref(line);
}
