/* checkpoint.c - rows that changed go to disk, with the sequence that they go up to */
#include "dispatcher/engine/live.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Values of the rows' file that an idle tick looks at, some rows each: a few milliseconds with a cold cache. */
#define SCRUB_VALUES 128

/* A checkpoint that fails costs a rewind and a replay; the journal has everything, so work goes on and the next one is tried later.
 */
int checkpoint_rows(struct engine *engine)
{
    cost_start(&engine->cost);
    int rc = live_write(engine);
    char text[160];

    if (rc == 0) {
        store_mark(engine->store, journal_last_mark(engine->journal));
        rc = store_checkpoint(engine->store);
    }
    cost_checkpoint(&engine->cost, rc == 0);
    if (rc == 0) {
        live_written(engine);
        engine->since_checkpoint = 0;
        engine->checkpoint_again_at = 0;
        return 0;
    }
    snprintf(text, sizeof(text), "The checkpoint of the rows failed: %s. The journal keeps everything; it will be tried again.",
             strerror(-rc));
    engine_log(engine, 0, "checkpoint_failed", text);
    engine->checkpoint_again_at = engine->since_checkpoint + engine->checkpoint_records;
    rc = rewind_rows(engine);
    if (rc < 0) {
        engine->stopped = rc;
    }
    return rc;
}

int engine_checkpoint(struct engine *engine, bool idle)
{
    int rc;

    if (engine->in_step || engine->stopped < 0) {
        return engine->stopped;
    }
    if (engine->since_checkpoint < engine->checkpoint_again_at && !idle) {
        return 0;
    }
    if (store_dirty(engine->store) > 0 || live_dirty(engine)) {
        rc = checkpoint_rows(engine);
        if (rc < 0) {
            return rc;
        }
    }
    if (idle) {
        if (store_scrub(engine->store, SCRUB_VALUES) == -EBADMSG) {
            return row_folder_damaged(engine);
        }
        ahead_idle(engine);
    }
    return 0;
}
