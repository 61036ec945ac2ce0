/*
 * catch_up.c - rows are brought up to the journal's end: at the start, after they went back, and for `check`. No clock and no
 * district are looked at.
 */
#include "dispatcher/engine/state.h"

#include "base/i18n.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define SAID_SIZE 512
/* Puts between two checkpoints: a hundred megabytes of rows, or two. The more, the less often a page is written again. */
#define COMMIT_EVERY 400000

static void say(char *said, const char *what, uint64_t seq, int r)
{
    if (said != NULL) {
        snprintf(said, SAID_SIZE, _("%s at sequence %llu of the journal: %s."), _(what), (unsigned long long)seq, strerror(-r));
    }
}

static int replay_frame(const struct tables *tables, const struct journal_frame *frame, uint64_t after, char *said)
{
    struct record record;
    size_t offset = 0;

    for (uint32_t i = 0; i < frame->count; i++) {
        const uint64_t seq = frame->first_seq + i;
        int rc = record_decode(frame->data, frame->size, &offset, seq, &record);

        if (rc == -ENOTSUP && said != NULL) {
            snprintf(said, SAID_SIZE,
                     _("The record with sequence %llu is of type %d in a version that this program does not know. Use the program "
                       "that wrote it, or a newer one."),
                     (unsigned long long)seq, (int)record.type);
        } else if (rc < 0) {
            say(said, "Not a record", seq, rc);
        }
        if (rc < 0) {
            return rc;
        }
        if (seq > after) {
            core_apply(tables, &record);
        }
    }
    if (offset != frame->size) {
        say(said, "Bytes left over", frame->first_seq, -EBADMSG);
        return -EBADMSG;
    }
    return 0;
}

/* Are these the rows of this journal? Their checkpoint keeps the mark of the frame that they go up to. */
static int rows_fit(const struct tables *tables, struct journal *journal, uint64_t last_seq, char *said)
{
    uint64_t last = journal_last_seq(journal);
    struct journal_mark rows = store_marked(tables->store), mark;

    if (last_seq > last) {
        if (said != NULL) {
            snprintf(
                said, SAID_SIZE,
                _("The rows know sequence %llu, but the journal ends at %llu: its newest part is missing. Put it back from a copy, "
                  "or restore the last backup into another folder. Only if the rows are those of another data folder: move rows/ "
                  "away and start again."),
                (unsigned long long)last_seq, (unsigned long long)last);
        }
        return -EBADMSG;
    }
    int rc = rows.seq == last_seq ? journal_mark_at(journal, last_seq, &mark) : -ENOENT;
    if (rc == 0 && mark.low == rows.low && mark.high == rows.high) {
        return 0;
    }
    if (rc < 0 && rc != -ENOENT) {
        if (said != NULL && journal_said(journal)[0] != '\0') {
            snprintf(said, SAID_SIZE, "%s", journal_said(journal));
        } else {
            say(said, "Cannot read", last_seq, rc);
        }
        return rc;
    }
    if (said != NULL) {
        snprintf(said, SAID_SIZE, _("the rows up to sequence %llu are not those of this journal: they are of another data folder"),
                 (unsigned long long)last_seq);
    }
    return -EXDEV;
}

static int replay_from(const struct tables *tables, struct journal *journal, uint64_t last_seq, bool commit, char *said)
{
    struct journal_cursor cursor;
    struct journal_frame frame;
    int rc = journal_follow(journal, last_seq + 1, &cursor);

    while (rc >= 0 && (rc = journal_next(&cursor, &frame)) == 1) {
        rc = replay_frame(tables, &frame, last_seq, said);
        if (rc == 0) {
            rc = store_failed(tables->store);
        }
        if (rc == 0) {
            store_mark(tables->store, journal_cursor_mark(&cursor));
        }
        /* What was replayed is durable in the journal, so it may be committed: a long tail must not fill the memory. */
        if (rc == 0 && commit && store_dirty(tables->store) > COMMIT_EVERY) {
            rc = store_checkpoint_next(tables->store);
        }
        if (rc < 0) {
            break;
        }
    }
    if (rc < 0 && said != NULL && said[0] == '\0' && journal_said(journal)[0] != '\0') {
        snprintf(said, SAID_SIZE, "%s", journal_said(journal));
    }
    journal_cursor_end(&cursor);
    int ended = store_checkpoint_end(tables->store, true);
    return rc < 0 ? rc : ended;
}

int catch_up(const struct tables *tables, struct journal *journal, bool commit, char *said)
{
    struct district_row district;

    assert(tables->district == NULL);
    tables_get(tables, ROW_DISTRICT, 1, &district);
    int rc = store_failed(tables->store);
    if (rc == 0) {
        rc = rows_fit(tables, journal, district.last_seq, said);
    }
    if (rc < 0 || district.last_seq == journal_last_seq(journal)) {
        return rc;
    }
    return replay_from(tables, journal, district.last_seq, commit, said);
}
