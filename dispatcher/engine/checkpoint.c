/* checkpoint.c - rows that changed go to disk, with the sequence that they go up to */
#include "dispatcher/engine/live.h"

#include <errno.h>

/* Values of the rows' file that an idle tick looks at, some rows each: a few milliseconds with a cold cache. */
#define SCRUB_VALUES 128

/* A checkpoint that fails costs a rewind and a replay; the journal has everything, so work goes on and the next one is tried later.
 */
static int failed(struct engine *engine, int rc)
{
    rewind_missed(engine, rc);
    rc = rewind_rows(engine);
    if (rc < 0) {
        engine->stopped = rc;
    }
    return rc;
}

int checkpoint_end(struct engine *engine, bool wait)
{
    if (!store_checkpoint_running(engine->store)) {
        return 0;
    }
    int rc = store_checkpoint_end(engine->store, wait);
    if (rc == -EINPROGRESS) {
        return 0;
    }
    cost_checkpoint(&engine->cost, store_checkpoint_ns(engine->store), rc == 0);
    if (rc < 0) {
        return failed(engine, rc);
    }
    live_written(engine);
    engine->checkpoint_again_at = 0;
    return 0;
}

int checkpoint_rows(struct engine *engine)
{
    cost_start(&engine->cost);
    int rc = live_write(engine);
    if (rc == 0) {
        store_mark(engine->store, journal_last_mark(engine->journal));
        rc = store_checkpoint_begin(engine->store);
    }
    engine->handed_records = engine->since_checkpoint;
    engine->since_checkpoint = 0;
    rc = rc == 0 ? checkpoint_end(engine, !engine->background) : failed(engine, rc);
    cost_lap(&engine->cost, LOOP_PART_CHECKPOINT);
    return rc;
}

int engine_checkpoint_end(struct engine *engine)
{
    return engine->in_step || engine->stopped < 0 ? engine->stopped : checkpoint_end(engine, true);
}

int engine_checkpoint(struct engine *engine, bool idle)
{
    if (engine->in_step || engine->stopped < 0) {
        return engine->stopped;
    }
    int rc = checkpoint_end(engine, false);
    if (rc < 0) {
        return rc;
    }
    if (engine->since_checkpoint < engine->checkpoint_again_at && !idle) {
        return 0;
    }
    if (!store_checkpoint_running(engine->store) && (store_dirty(engine->store) > 0 || live_dirty(engine))) {
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
