/* rewind.c - the engine as its rows say: read anew at the start, and after they went back to the last checkpoint */
#include "dispatcher/engine/state.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

void rewind_reload(struct engine *engine)
{
    struct district_row row;

    tables_get(&engine->tables, ROW_DISTRICT, 1, &row);
    engine->last_seq = row.last_seq;
    engine->last_event = row.last_event;
    engine->last_at_ms = row.last_at;
    /* Drill time is the instant of the last record; 0 means "none" everywhere, so an empty journal begins at 1. */
    if (engine->drill || engine->now_ms < row.last_at) {
        engine->now_ms = row.last_at > 0 ? row.last_at : 1;
    }
    reader_forget(&engine->reader);
    in_force_look(engine);
}

void rewind_missed(struct engine *engine, int rc)
{
    char text[160];

    snprintf(text, sizeof(text), "The checkpoint of the rows failed: %s. The journal keeps everything; it will be tried again.",
             strerror(-rc));
    engine_log(engine, 0, "checkpoint_failed", text);
    engine->since_checkpoint += engine->handed_records;
    engine->checkpoint_again_at = engine->since_checkpoint + engine->checkpoint_records;
}

/* The rows go back to a checkpoint that has ended, so one that is running is waited for. What followers confirmed is handed over
 * once more with the next. */
static void end_running(struct engine *engine)
{
    if (!store_checkpoint_running(engine->store)) {
        return;
    }
    int rc = store_checkpoint_end(engine->store, true);
    cost_checkpoint(&engine->cost, store_checkpoint_ns(engine->store), rc == 0);
    if (rc < 0) {
        rewind_missed(engine, rc);
    } else {
        engine->checkpoint_again_at = 0;
    }
}

int rewind_rows(struct engine *engine)
{
    end_running(engine);
    int rc = store_failed(engine->store);

    /* Nothing is asked of rows any more that are not what was written. */
    if (rc == -EBADMSG) {
        return row_folder_damaged(engine);
    }
    rc = store_rewind(engine->store);
    if (rc == 0) {
        rc = catch_up(&engine->apply_tables, engine->journal, false, NULL);
    }
    if (rc == 0) {
        rc = store_failed(engine->store);
    }
    if (rc == -EBADMSG && store_failed(engine->store) == -EBADMSG) {
        return row_folder_damaged(engine);
    }
    if (rc < 0) {
        return rc;
    }
    rewind_reload(engine);
    return 0;
}
