/*
 * progress.h - how far a long piece of work has come, on standard error
 *
 * On a terminal a bar that is drawn again several times a second; otherwise a plain line every ten seconds. Nothing of it goes to
 * standard output.
 */
#ifndef HUYING_BASE_PROGRESS_H
#define HUYING_BASE_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
    const char *title;
    uint64_t total;
    int64_t begun_ms;
    int64_t shown_ms;
    bool terminal;
    bool drawn; /* a bar stands on the line */
};

/* Begins a piece of work of `total` steps; 0: nothing to do, a full bar. Borrows `title`, in the reader's language or not to be
 * translated. `total` may be changed while it goes on. */
void progress_init(struct progress *progress, const char *title, uint64_t total);

/* Says how much is done; `note` (may be NULL) stands at the end of the line. Cheap: draws only when it is time to. */
void progress_show(struct progress *progress, uint64_t done, const char *note);

/* Takes the bar off the line, so that something else can be said. */
void progress_clear(struct progress *progress);

/* Seconds since the beginning. */
double progress_seconds(const struct progress *progress);

#endif
