/* ahead.c - the journal's next segment is made before it is needed */
#include "dispatcher/engine/state.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* From the time a segment is half full, the next one is made this many times as fast as the present one fills up. */
#define PREPARE_PACE 3
#define PREPARE_OWED_MAX ((uint64_t)8 << 20)

/* Early word of a full disk: what is in the journal and what still fits is safe. */
static void say_no_segment(const struct engine *engine, int r)
{
    char text[160];

    snprintf(text, sizeof(text), "The next segment of the journal cannot be made yet: %s. %s; it is tried again.", strerror(-r),
             r == -EMFILE ? "Raise the limit of open files" : "Make room");
    engine_log(engine, 1, "segment_not_made", text);
}

void ahead_idle(struct engine *engine)
{
    int rc = journal_prepare(engine->journal);
    if (rc < 0) {
        say_no_segment(engine, rc);
    }
}

/* Without idle ticks nobody else makes the next segment, and the append that needs it would stall for all of it. So each step makes
 * a part, in proportion to what it wrote itself: that spreads it evenly, and it is ready in time. */
void ahead_step(struct engine *engine, uint64_t appended)
{
    int rc = 1;

    engine->prepare_bytes += PREPARE_PACE * appended;
    if (engine->prepare_bytes > PREPARE_OWED_MAX) {
        engine->prepare_bytes = PREPARE_OWED_MAX;
    }
    while (rc == 1 && engine->prepare_bytes >= JOURNAL_PREPARE_SLICE) {
        engine->prepare_bytes -= JOURNAL_PREPARE_SLICE;
        rc = journal_prepare(engine->journal);
    }
    if (rc <= 0) {
        engine->prepare_bytes = 0; /* nothing to do, or not now */
    }
    if (rc < 0) {
        say_no_segment(engine, rc);
    }
}
