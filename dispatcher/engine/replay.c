/* Rows are brought up to the journal's end: at start, after a rewind, and for `check`. No clock and no district are looked at. */
#include "dispatcher/engine/state.h"

#include "proto/i18n.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define SAID_SIZE 512
#define COMMIT_EVERY 100000 /* puts */

static void say(char *said, const char *what, uint64_t seq, int r)
{
    if (said != NULL)
        snprintf(said, SAID_SIZE, _("%s at sequence %llu of the journal: %s."), _(what), (unsigned long long)seq, strerror(-r));
}

static int replay_frame(const struct view *view, const struct journal_frame *frame, uint64_t after, char *said)
{
    struct record record;
    size_t offset = 0;

    for (uint32_t i = 0; i < frame->count; i++) {
        int r = record_decode(frame->data, frame->size, &offset, &record);

        record.seq = frame->first_seq + i;
        if (r == -ENOTSUP && said != NULL)
            snprintf(said, SAID_SIZE,
                     _("The record with sequence %llu is of type %d in a version that this program does not know. Use the program "
                       "that wrote it, or a newer one."),
                     (unsigned long long)record.seq, (int)record.type);
        else if (r < 0)
            say(said, "Not a record", record.seq, r);
        if (r < 0)
            return r;
        if (record.seq > after)
            core_apply(view, &record);
    }
    if (offset != frame->size) {
        say(said, "Bytes left over", frame->first_seq, -EBADMSG);
        return -EBADMSG;
    }
    return 0;
}

int replay_tail(const struct view *view, struct journal *journal, bool commit, char *said)
{
    struct district_row district;
    struct journal_cursor cursor;
    struct journal_frame frame;
    uint64_t last = journal_last_seq(journal);
    int r;

    assert(view->district == NULL);
    view_get(view, ROW_DISTRICT, 1, &district);
    if (store_failed(view->store) < 0)
        return store_failed(view->store);
    if (district.last_seq > last) {
        if (said != NULL)
            snprintf(
                said, SAID_SIZE,
                _("The rows know sequence %llu, but the journal ends at %llu: its newest part is missing. Restore it, or remove "
                  "rows/ to rebuild them."),
                (unsigned long long)district.last_seq, (unsigned long long)last);
        return -EBADMSG;
    }
    if (district.last_seq == last)
        return 0;
    r = journal_follow(journal, district.last_seq + 1, &cursor);
    if (r < 0) {
        say(said, "Cannot read", district.last_seq + 1, r);
        return r;
    }
    while ((r = journal_next(&cursor, &frame)) == 1) {
        r = replay_frame(view, &frame, district.last_seq, said);
        if (r == 0)
            r = store_failed(view->store);
        /* What was replayed is durable in the journal, so it may be committed: a long tail must not grow one transaction. */
        if (r == 0 && commit && store_dirty(view->store) > COMMIT_EVERY)
            r = store_checkpoint(view->store);
        if (r < 0)
            break;
    }
    journal_cursor_end(&cursor);
    return r;
}

int replay_rewind(struct engine *engine)
{
    int r = store_rewind(engine->store);

    if (r == 0)
        r = replay_tail(&engine->apply_view, engine->journal, false, NULL);
    if (r == 0)
        r = store_failed(engine->store);
    if (r < 0)
        return r;
    engine_reload(engine);
    return 0;
}
