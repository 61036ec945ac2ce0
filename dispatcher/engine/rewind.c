/* rewind.c - the engine as its rows say: read anew at the start, and after they went back to the last checkpoint */
#include "dispatcher/engine/state.h"

#include <errno.h>

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

int rewind_rows(struct engine *engine)
{
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
