/*
 * check.c - the self-check: rows are what the journal adds up to, or they are wrong.
 *
 * Every record is replayed into an empty store, and the rows of the data (a copy, brought up to the journal's end) are compared
 * with it, table by table. What a replay cannot show, because both sides would share the mistake, is checked by itself: ledgers of
 * clocks, chains of cases, open duties, and that no timer is lost.
 */
#include "dispatcher/engine/kept.h"
#include "dispatcher/engine/state.h"

#include "base/i18n.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <libgen.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DIFFERENCES_SAID 100
#define PROGRESS_EVERY 4096
#define COMMIT_EVERY 400000 /* puts: as for catch_up */

struct check {
    const char *data;
    size_t map_size;
    bool no_rows; /* there is nothing that could be compared: said, and counted as one difference */
    char *said;
    void (*say)(void *arg, const char *line);
    void (*progress)(void *arg, uint64_t seq, uint64_t last);
    void *arg;
    struct datadir folder;
    char *temporary; /* folder with `copy` and `fresh` */
    struct journal *journal;
    struct store *copy, *fresh;
    struct tables tables; /* of fresh */
    uint64_t last_event;
    struct {
        uint64_t case_id, seq;
    } opening; /* newest record of a case */
    int64_t differences;
    uint64_t sets; /* of them in kept configurations */
};

static void differ(struct check *check, const char *line)
{
    if (check->differences++ < DIFFERENCES_SAID && check->say != NULL) {
        check->say(check->arg, line);
    }
}

static void differ_row(void *arg, const char *table, uint64_t id, const char *what)
{
    char line[512];

    snprintf(line, sizeof(line), "%s %" PRIu64 ": %s", table, id, what);
    differ(arg, line);
}

static int fail(struct check *check, int r, const char *what)
{
    if (check->said[0] == '\0') {
        snprintf(check->said, DATADIR_SAID, _("%s: %s."), _(what), strerror(-r));
    }
    return r;
}

static int make_temporary(struct check *check, const char *name, char **ret)
{
    *ret = datadir_join(check->temporary, name);
    if (*ret == NULL) {
        return -ENOMEM;
    }
    return mkdir(*ret, 0700) < 0 ? -errno : 0;
}

static int open_store(struct check *check, const char *name, const char *copy_from, struct store **ret)
{
    struct store_options options = {.map_size = check->map_size, .background = copy_from == NULL};
    char *path;
    int rc = make_temporary(check, name, &path);

    if (rc == 0 && copy_from != NULL) {
        rc = datadir_copy_files(copy_from, path);
    }
    options.path = path;
    if (rc == 0) {
        rc = store_open(&options, ret);
    }
    if (rc < 0 && path != NULL) {
        row_folder_say(path, check->map_size, rc, check->said);
    }
    free(path);
    return rc;
}

/* Temporary folders of checks that were killed: their processes are gone. */
static void sweep(const char *prefix)
{
    char *copy = strdup(prefix), *place = copy == NULL ? NULL : strdup(dirname(copy));
    const char *name = strrchr(prefix, '/') != NULL ? strrchr(prefix, '/') + 1 : prefix;
    DIR *folder = place == NULL ? NULL : opendir(place);
    struct dirent *entry;

    while (folder != NULL && (entry = readdir(folder)) != NULL) {
        const char *digits = entry->d_name + strlen(name);
        char *end;

        if (strncmp(entry->d_name, name, strlen(name)) != 0) {
            continue;
        }
        long pid = strtol(digits, &end, 10);
        if (end == digits || *end != '\0' || pid <= 0 || kill((pid_t)pid, 0) == 0 || errno != ESRCH) {
            continue;
        }
        char *path = datadir_join(place, entry->d_name);
        if (path != NULL) {
            datadir_remove(path);
        }
        free(path);
    }
    if (folder != NULL) {
        closedir(folder);
    }
    free(place);
    free(copy);
}

/* Path of the temporary folder of one process, NULL: no memory. `pid` 0: what all of them begin with. */
static char *temporary_path(const char *data, pid_t pid)
{
    size_t size = strlen(data);
    char *path = NULL;

    while (size > 1 && data[size - 1] == '/') {
        size--;
    }
    int n =
        pid == 0 ? asprintf(&path, "%.*s.check-", (int)size, data) : asprintf(&path, "%.*s.check-%ld", (int)size, data, (long)pid);
    return n < 0 ? NULL : path;
}

void engine_check_clean(const char *data, pid_t pid)
{
    char *path = temporary_path(data, pid);

    if (path != NULL) {
        datadir_remove(path);
    }
    free(path);
}

/* The rows as bytes: what is damaged is said, and is not opened. */
static int look_at_rows(struct check *check)
{
    char why[STORE_SAID], line[STORE_SAID + 160];
    int rc = store_verify(check->folder.rows, why);

    if (rc == -ENOENT) {
        snprintf(check->said, DATADIR_SAID, _("%s is not there. Start the dispatcher once: it makes the rows from the journal."),
                 check->folder.rows);
    }
    if (rc != -EBADMSG && rc != -ENOTSUP) {
        return rc;
    }
    check->no_rows = true;
    snprintf(line, sizeof(line), _("rows: %s. The next start sets them aside and makes them again from the journal."), why);
    differ(check, line);
    return 0;
}

static int open_all(struct check *check)
{
    struct journal_open_report report = {0};
    struct journal_options journal = {.read_only = true};
    int rc = datadir_open(check->data, DATADIR_SHARED, &check->folder, check->said);

    if (rc < 0) {
        return rc;
    }
    char *all = temporary_path(check->data, 0);
    check->temporary = temporary_path(check->data, getpid());
    if (all == NULL || check->temporary == NULL) {
        free(all);
        return -ENOMEM;
    }
    sweep(all);
    free(all);
    rc = datadir_remove(check->temporary); /* of a process that had this number before */
    if (rc == 0 && mkdir(check->temporary, 0700) < 0) {
        rc = -errno;
    }
    if (rc < 0) {
        return fail(check, rc, "No temporary folder can be made beside the data");
    }
    journal.path = check->folder.journal;
    rc = journal_open(&journal, true, &check->journal, &report);
    if (rc < 0) {
        if (report.said[0] != '\0') {
            snprintf(check->said, DATADIR_SAID, "%s", report.said);
        }
        return fail(check, rc, "The journal cannot be read");
    }
    rc = look_at_rows(check);
    if (rc == 0 && !check->no_rows) {
        rc = open_store(check, "rows", check->folder.rows, &check->copy);
    }
    if (rc < 0) {
        return fail(check, rc, "The rows cannot be opened");
    }
    rc = open_store(check, "fresh", NULL, &check->fresh);
    if (rc < 0) {
        return fail(check, rc, "No empty store can be made");
    }
    store_tables(check->fresh, &check->tables);
    check->tables.district = NULL;
    return 0;
}

/* The records of a case form one chain; each must point at the one before it. */
static void check_chain(struct check *check, const struct record *record)
{
    struct case_row row;
    uint64_t last = 0;
    char line[160];

    if (record->head.case_id == 0) {
        return;
    }
    /* The command that opens a case is in its chain before the case has a row. */
    if (tables_get(&check->tables, ROW_CASE, record->head.case_id, &row)) {
        last = row.last_seq;
    } else if (check->opening.case_id == record->head.case_id) {
        last = check->opening.seq;
    }
    check->opening.case_id = record->head.case_id;
    check->opening.seq = record->seq;
    if (record->head.case_prev == last) {
        return;
    }
    snprintf(line, sizeof(line), "record %" PRIu64 ": its case's record before it is %" PRIu64 ", it says %" PRIu64, record->seq,
             last, record->head.case_prev);
    differ(check, line);
}

static int replay_frame(struct check *check, const struct journal_frame *frame)
{
    struct record record;
    size_t offset = 0;

    for (uint32_t i = 0; i < frame->count; i++) {
        int rc = record_decode(frame->data, frame->size, &offset, frame->first_seq + i, &record);

        if (rc < 0) {
            snprintf(check->said, DATADIR_SAID, _("Sequence %" PRIu64 " of the journal cannot be read as a record: %s."),
                     frame->first_seq + i, strerror(-rc));
            return rc;
        }
        check_chain(check, &record);
        core_apply(&check->tables, &record);
        if (record_is_event(record.type)) {
            check->last_event = record.seq;
        }
    }
    return store_failed(check->fresh);
}

static int replay(struct check *check)
{
    uint64_t last = journal_last_seq(check->journal), said = 0;
    struct journal_cursor cursor;
    struct journal_frame frame;

    if (last == 0) {
        return 0;
    }
    int rc = journal_follow(check->journal, 1, &cursor);
    if (rc < 0) {
        return rc;
    }
    while ((rc = journal_next(&cursor, &frame)) == 1) {
        rc = replay_frame(check, &frame);
        if (rc == 0 && store_dirty(check->fresh) > COMMIT_EVERY) {
            rc = store_checkpoint_next(check->fresh);
        }
        if (rc < 0) {
            break;
        }
        if (check->progress != NULL && (frame.first_seq + frame.count > said + PROGRESS_EVERY)) {
            said = frame.first_seq + frame.count - 1;
            check->progress(check->arg, said, last);
        }
    }
    journal_cursor_end(&cursor);
    if (rc == 0 && check->progress != NULL) {
        check->progress(check->arg, last, last);
    }
    return rc;
}

/* Each clock: what it has consumed is the sum of its counted spans, and its case would find its next rung. */
static void check_clock(struct check *check, uint64_t id)
{
    struct tables tables = check->tables;
    struct clock_row clock;
    struct span_row span;
    struct case_row of;
    int64_t sum = 0;
    char line[200];

    tables_get(&tables, ROW_CLOCK, id, &clock);
    for (uint64_t at = clock.span_last; at != 0 && tables_get(&tables, ROW_SPAN, at, &span); at = span.prev) {
        sum += span.counted_ms;
    }
    if (sum != clock.consumed_ms) {
        snprintf(line, sizeof(line), "clock %" PRIu64 ": consumed %" PRId64 " ms, its ledger has %" PRId64 " ms", id,
                 clock.consumed_ms, sum);
        differ(check, line);
    }
    int64_t next = clock.state == CLOCK_STATE_RUNNING ? core_next_rung_at(&clock) : INT64_MAX;
    if (next != INT64_MAX && (!tables_get(&tables, ROW_CASE, clock.case_id, &of) || of.rung_floor_at > next)) {
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

    tables_get(&check->tables, ROW_CASE, id, &row);
    for (uint64_t at = row.duty_last; at != 0 && tables_get(&check->tables, ROW_DUTY, at, &duty); at = duty.prev_of_case) {
        duties += duty_open(&duty);
    }
    for (uint64_t at = row.call_last; at != 0 && tables_get(&check->tables, ROW_CALL, at, &call); at = call.prev_of_case) {
        calls += call.state != CALL_STATE_CLOSED;
    }
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
        for (size_t i = 0; i < n; i++) {
            each(check, ids[i]);
        }
        before = ids[n - 1];
    }
}

static int compare(struct check *check, int64_t *ret_rows)
{
    struct tables copy;
    struct district_row row;
    int rc;

    if (!check->no_rows) {
        store_tables(check->copy, &copy);
        copy.district = NULL;
        rc = catch_up(&copy, check->journal, true, check->said);
        if (rc == -EXDEV) {
            char line[DATADIR_SAID + 160];

            snprintf(line, sizeof(line), _("rows: %s. The next start sets them aside and makes them again from the journal."),
                     check->said);
            check->said[0] = '\0';
            differ(check, line);
            check->no_rows = true;
        } else if (rc < 0) {
            return rc;
        }
    }
    if (!check->no_rows) {
        *ret_rows = store_compare(check->copy, check->fresh, differ_row, check);
    }
    if (*ret_rows < 0) {
        return (int)*ret_rows;
    }
    for_each_row(check, ROW_CLOCK, check_clock);
    for_each_row(check, ROW_CASE, check_case);
    tables_get(&check->tables, ROW_DISTRICT, 1, &row);
    if (row.last_event != check->last_event) {
        differ(check, "district 1: the newest event is not the one that the journal has");
    }
    return store_failed(check->fresh);
}

static void close_all(struct check *check)
{
    store_close(check->copy);
    store_close(check->fresh);
    journal_close(check->journal);
    if (check->temporary != NULL) {
        datadir_remove(check->temporary);
    }
    free(check->temporary);
    datadir_close(&check->folder);
}

static void differ_set(void *arg, const char *line)
{
    struct check *check = arg;

    check->sets++;
    differ(check, line);
}

int64_t engine_check(const char *data, size_t map_size, void (*say)(void *arg, const char *line),
                     void (*progress)(void *arg, uint64_t seq, uint64_t last), void *arg, struct engine_check_report *ret,
                     char *said)
{
    struct check check = {
        .data = data, .map_size = map_size, .said = said, .say = say, .progress = progress, .arg = arg, .folder = {.lock_fd = -1}};
    int64_t rows = 0;

    said[0] = '\0';
    int rc = open_all(&check);
    if (rc == 0) {
        rc = replay(&check);
    }
    if (rc == 0) {
        rc = compare(&check, &rows);
    }
    if (rc == 0) {
        rc = kept_check(check.folder.path, differ_set, &check);
    }
    if (rc == 0 && ret != NULL) {
        *ret = (struct engine_check_report){.records = journal_last_seq(check.journal), .rows = (uint64_t)rows, .sets = check.sets};
    }
    close_all(&check);
    if (rc < 0) {
        return fail(&check, rc, "The data could not be checked");
    }
    return check.differences;
}
