/* progress.c - how far a long piece of work has come, on standard error */
#include "base/progress.h"

#include "base/i18n.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define BAR_WIDTH 30
#define REDRAW_MS 100
#define LINE_MS 10000

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void progress_init(struct progress *progress, const char *title, uint64_t total)
{
    int64_t now = now_ms();
    *progress =
        (struct progress){.title = title, .total = total, .begun_ms = now, .shown_ms = now, .terminal = isatty(STDERR_FILENO)};
}

double progress_seconds(const struct progress *progress)
{
    return (double)(now_ms() - progress->begun_ms) / 1000;
}

static void draw(struct progress *progress, uint64_t done, const char *note, double rate)
{
    char bar[BAR_WIDTH + 1];
    bool whole = done >= progress->total; /* a total may be a guess */
    uint64_t filled = whole ? BAR_WIDTH : done * BAR_WIDTH / progress->total;
    for (uint64_t i = 0; i < BAR_WIDTH; i++) {
        bar[i] = i < filled ? '#' : '.';
    }
    bar[BAR_WIDTH] = '\0';
    fprintf(stderr, "\r\033[K%s [%s] %3llu%%  %.0f/s  %s", progress->title, bar,
            (unsigned long long)(whole ? 100 : done * 100 / progress->total), rate, note);
    fflush(stderr);
    progress->drawn = true;
}

void progress_show(struct progress *progress, uint64_t done, const char *note)
{
    int64_t now = now_ms();
    if (now - progress->shown_ms < (progress->terminal ? REDRAW_MS : LINE_MS)) {
        return;
    }
    progress->shown_ms = now;
    double seconds = progress_seconds(progress);
    double rate = seconds > 0 ? (double)done / seconds : 0;
    if (progress->terminal) {
        draw(progress, done, note == NULL ? "" : note, rate);
    } else {
        fprintf(stderr, _("%s: %llu of %llu, %.0f/s  %s\n"), progress->title, (unsigned long long)done,
                (unsigned long long)progress->total, rate, note == NULL ? "" : note);
    }
}

void progress_clear(struct progress *progress)
{
    if (progress->drawn) {
        fputs("\r\033[K", stderr);
    }
    progress->drawn = false;
}
