/*
 * The self-check: rows are what the journal adds up to, or they are wrong.
 *
 * Every record is replayed into an empty store, and the rows of the data (a copy, brought up to the journal's end) are compared
 * with it, table by table. What a replay cannot show, because both sides would share the mistake, is checked by itself: ledgers of
 * clocks, chains of cases, open duties, and that no timer is lost.
 */
#include "dispatcher/engine/state.h"

#include "proto/i18n.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define DIFFERENCES_SAID 100
#define PROGRESS_EVERY 4096
#define COMMIT_EVERY 50000

struct check {
    const char *data;
    char *said;
    void (*say)(void *arg, const char *line);
    void (*progress)(void *arg, uint64_t seq, uint64_t last);
    void *arg;
    struct datadir folder;
    char *temporary; /* folder with `copy` and `fresh` */
    struct journal *journal;
    struct store *copy, *fresh;
    struct view view; /* of fresh */
    uint64_t last_event;
    struct {
        uint64_t case_id, seq;
    } opening; /* newest record of a case */
    int64_t differences;
};

static void differ(struct check *check, const char *line)
{
    if (check->differences++ < DIFFERENCES_SAID && check->say != NULL)
        check->say(check->arg, line);
}

static void differ_row(void *arg, const char *table, uint64_t id, const char *what)
{
    char line[512];

    snprintf(line, sizeof(line), "%s %" PRIu64 ": %s", table, id, what);
    differ(arg, line);
}

static int fail(struct check *check, int r, const char *what)
{
    if (check->said[0] == '\0')
        snprintf(check->said, DATADIR_SAID, _("%s: %s."), _(what), strerror(-r));
    return r;
}

static int make_temporary(struct check *check, const char *name, char **ret)
{
    *ret = datadir_join(check->temporary, name);
    if (*ret == NULL)
        return -ENOMEM;
    return mkdir(*ret, 0700) < 0 ? -errno : 0;
}

static int open_store(struct check *check, const char *name, const char *copy_from, struct store **ret)
{
    struct store_options options = {0};
    char *path;
    int r = make_temporary(check, name, &path);

    if (r == 0 && copy_from != NULL)
        r = datadir_copy_files(copy_from, path);
    options.path = path;
    if (r == 0)
        r = store_open(&options, ret);
    free(path);
    return r;
}

static int open_all(struct check *check)
{
    struct journal_open_report report = {0};
    struct journal_options journal = {.read_only = true};
    size_t size;
    int r = datadir_open(check->data, DATADIR_SHARED, &check->folder, check->said);

    if (r < 0)
        return r;
    for (size = strlen(check->data); size > 1 && check->data[size - 1] == '/';)
        size--;
    if (asprintf(&check->temporary, "%.*s.check-XXXXXX", (int)size, check->data) < 0) {
        check->temporary = NULL;
        return -ENOMEM;
    }
    if (mkdtemp(check->temporary) == NULL) {
        r = -errno;
        free(check->temporary);
        check->temporary = NULL;
        return fail(check, r, "No temporary folder can be made beside the data");
    }
    journal.path = check->folder.journal;
    r = journal_open(&journal, true, &check->journal, &report);
    if (r < 0) {
        if (report.said[0] != '\0')
            snprintf(check->said, DATADIR_SAID, "%s", report.said);
        return fail(check, r, "The journal cannot be read");
    }
    r = open_store(check, "rows", check->folder.rows, &check->copy);
    if (r == -ENOENT)
        snprintf(check->said, DATADIR_SAID, _("%s is not there. Start the dispatcher once: it makes the rows from the journal."),
                 check->folder.rows);
    if (r < 0)
        return fail(check, r, "The rows cannot be opened");
    r = open_store(check, "fresh", NULL, &check->fresh);
    if (r < 0)
        return fail(check, r, "No empty store can be made");
    store_view(check->fresh, &check->view);
    check->view.district = NULL;
    return 0;
}

/* The records of a case form one chain; each must point at the one before it. */
static void check_chain(struct check *check, const struct record *record)
{
    struct case_row row;
    uint64_t last = 0;
    char line[160];

    if (record->head.case_id == 0)
        return;
    /* The command that opens a case is in its chain before the case has a row. */
    if (view_get(&check->view, ROW_CASE, record->head.case_id, &row))
        last = row.last_seq;
    else if (check->opening.case_id == record->head.case_id)
        last = check->opening.seq;
    check->opening.case_id = record->head.case_id;
    check->opening.seq = record->seq;
    if (record->head.case_prev == last)
        return;
    snprintf(line, sizeof(line), "record %" PRIu64 ": its case's record before it is %" PRIu64 ", it says %" PRIu64, record->seq,
             last, record->head.case_prev);
    differ(check, line);
}

static int replay_frame(struct check *check, const struct journal_frame *frame)
{
    struct record record;
    size_t offset = 0;

    for (uint32_t i = 0; i < frame->count; i++) {
        int r = record_decode(frame->data, frame->size, &offset, &record);

        record.seq = frame->first_seq + i;
        if (r < 0) {
            snprintf(check->said, DATADIR_SAID, _("Sequence %" PRIu64 " of the journal cannot be read as a record: %s."),
                     record.seq, strerror(-r));
            return r;
        }
        check_chain(check, &record);
        core_apply(&check->view, &record);
        if (record_is_event(record.type))
            check->last_event = record.seq;
    }
    return store_failed(check->fresh);
}

static int replay(struct check *check)
{
    uint64_t last = journal_last_seq(check->journal), said = 0;
    struct journal_cursor cursor;
    struct journal_frame frame;
    int r;

    if (last == 0)
        return 0;
    r = journal_follow(check->journal, 1, &cursor);
    if (r < 0)
        return r;
    while ((r = journal_next(&cursor, &frame)) == 1) {
        r = replay_frame(check, &frame);
        if (r == 0 && store_dirty(check->fresh) > COMMIT_EVERY)
            r = store_checkpoint(check->fresh);
        if (r < 0)
            break;
        if (check->progress != NULL && (frame.first_seq + frame.count > said + PROGRESS_EVERY)) {
            said = frame.first_seq + frame.count - 1;
            check->progress(check->arg, said, last);
        }
    }
    journal_cursor_end(&cursor);
    if (r == 0 && check->progress != NULL)
        check->progress(check->arg, last, last);
    return r;
}

/* Each clock: what it has consumed is the sum of its counted spans, and its case would find its next rung. */
static void check_clock(struct check *check, uint64_t id)
{
    struct view view = check->view;
    struct clock_row clock;
    struct span_row span;
    struct case_row of;
    int64_t sum = 0, next;
    char line[200];

    view_get(&view, ROW_CLOCK, id, &clock);
    for (uint64_t at = clock.span_last; at != 0 && view_get(&view, ROW_SPAN, at, &span); at = span.prev)
        sum += span.counted_ms;
    if (sum != clock.consumed_ms) {
        snprintf(line, sizeof(line), "clock %" PRIu64 ": consumed %" PRId64 " ms, its ledger has %" PRId64 " ms", id,
                 clock.consumed_ms, sum);
        differ(check, line);
    }
    next = clock.state == CLOCK_STATE_RUNNING ? core_next_rung_at(&clock) : INT64_MAX;
    if (next != INT64_MAX && (!view_get(&view, ROW_CASE, clock.case_id, &of) || of.rung_floor_at > next)) {
        snprintf(line, sizeof(line), "clock %" PRIu64 ": its case does not know that a rung is due at %" PRId64, id, next);
        differ(check, line);
    }
}

/* Each case: as many open duties and calls as it says, and while it is open always somebody who has to act. */
static void check_case(struct check *check, uint64_t id)
{
    struct case_row row;
    struct duty_row duty;
    struct call_row call;
    uint32_t duties = 0, calls = 0;
    char line[200];

    view_get(&check->view, ROW_CASE, id, &row);
    for (uint64_t at = row.duty_last; at != 0 && view_get(&check->view, ROW_DUTY, at, &duty); at = duty.prev_of_case)
        duties += duty.state == DUTY_STATE_OFFERED || duty.state == DUTY_STATE_SIGNED || duty.state == DUTY_STATE_HELD;
    for (uint64_t at = row.call_last; at != 0 && view_get(&check->view, ROW_CALL, at, &call); at = call.prev_of_case)
        calls += call.state != CALL_STATE_CLOSED;
    if (duties != row.open_duties || calls != row.open_calls) {
        snprintf(line, sizeof(line), "case %" PRIu64 ": says %u open duties and %u open calls, has %u and %u", id, row.open_duties,
                 row.open_calls, duties, calls);
        differ(check, line);
    }
    if (duties == 0 && (row.state == CASE_STATE_RECEIVED || row.state == CASE_STATE_HANDLING)) {
        snprintf(line, sizeof(line), "case %" PRIu64 ": open, and nobody has to act", id);
        differ(check, line);
    }
}

static void for_each_row(struct check *check, enum row_table table, void (*each)(struct check *check, uint64_t id))
{
    uint64_t ids[512], before = 0;
    size_t n;

    while ((n = store_ids_before(check->fresh, table, before, ids, 512)) > 0) {
        for (size_t i = 0; i < n; i++)
            each(check, ids[i]);
        before = ids[n - 1];
    }
}

static int compare(struct check *check, int64_t *ret_rows)
{
    struct view copy;
    struct district_row row;
    int r;

    store_view(check->copy, &copy);
    copy.district = NULL;
    r = replay_tail(&copy, check->journal, true, check->said);
    if (r < 0)
        return r;
    *ret_rows = store_compare(check->copy, check->fresh, differ_row, check);
    if (*ret_rows < 0)
        return (int)*ret_rows;
    for_each_row(check, ROW_CLOCK, check_clock);
    for_each_row(check, ROW_CASE, check_case);
    view_get(&check->view, ROW_DISTRICT, 1, &row);
    if (row.last_event != check->last_event)
        differ(check, "district 1: the newest event is not the one that the journal has");
    return store_failed(check->fresh);
}

static void close_all(struct check *check)
{
    store_close(check->copy);
    store_close(check->fresh);
    journal_close(check->journal);
    if (check->temporary != NULL)
        datadir_remove(check->temporary);
    free(check->temporary);
    datadir_close(&check->folder);
}

int64_t engine_check(const char *data, void (*say)(void *arg, const char *line),
                     void (*progress)(void *arg, uint64_t seq, uint64_t last), void *arg, struct engine_check_report *ret,
                     char *said)
{
    struct check check = {.data = data, .said = said, .say = say, .progress = progress, .arg = arg, .folder = {.lock_fd = -1}};
    int64_t rows = 0;
    int r;

    said[0] = '\0';
    r = open_all(&check);
    if (r == 0)
        r = replay(&check);
    if (r == 0)
        r = compare(&check, &rows);
    if (r == 0 && ret != NULL)
        *ret = (struct engine_check_report){.records = journal_last_seq(check.journal), .rows = (uint64_t)rows};
    close_all(&check);
    if (r < 0)
        return fail(&check, r, "The data could not be checked");
    return check.differences;
}
