/* test_engine_backup.c - a backup while the engine works, what it leaves when the disk fails, and back again by a restore. */
#include "dispatcher/engine/datadir.h"
#include "dispatcher/engine/engine_backup.h"
#include "dispatcher/engine/engine_restore.h"
#include "tests/engine/harness.h"
#include "tests/store/failing.h"
#include "tests/suite.h"

#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static char backups[HARNESS_PATH + 16], target[HARNESS_PATH + 16];

static void begin(struct harness *h)
{
    harness_begin(h, false);
    snprintf(backups, sizeof(backups), "%s/backups", h->folder);
    snprintf(target, sizeof(target), "%s/restored", h->folder);
    h->engine = engine_close(h->engine);
    h->backups = backups;
    harness_open(h);
}

static void submit(struct harness *h, int from, int until)
{
    for (int i = from; i < until; i++) {
        char id[16];

        snprintf(id, sizeof(id), "s%d", i);
        json_decref(harness_do(h, id, "submit", -1, HARNESS_SUBMIT));
    }
}

/* How many entries the folder has. */
static int entries(const char *path)
{
    DIR *folder = opendir(path);
    struct dirent *entry;
    int count = 0;

    if (folder == NULL) {
        return 0;
    }
    while ((entry = readdir(folder)) != NULL) {
        count += entry->d_name[0] != '.';
    }
    closedir(folder);
    return count;
}

static json_t *status(struct harness *h)
{
    return harness_do(h, "q", "backup", -1, "{}");
}

/* The pieces of a backup that was asked for, in this thread. */
static void work(struct harness *h)
{
    struct engine_backup *piece;

    while ((piece = engine_backup_next(h->engine)) != NULL) {
        engine_backup_work(piece);
        engine_backup_worked(h->engine);
    }
}

static void restore(uint64_t seq)
{
    struct engine_restore_report report;
    char from[sizeof(backups) + 16], said[512];

    snprintf(from, sizeof(from), "%s/b", backups);
    int64_t r = engine_restore(from, target, 0, NULL, NULL, NULL, &report, said);
    ck_assert_msg(r == 0, "%d %s", (int)r, said);
    ck_assert_uint_eq(report.seq, seq);
    ck_assert_uint_eq(report.check.records, seq);
    ck_assert_uint_gt(report.check.rows, 0);
}

static void *work_piece(void *piece)
{
    engine_backup_work(piece);
    return NULL;
}

/* Other thread, other steps: what is judged while the rows are copied is in the backup too, by its journal; what comes later is
 * not. */
START_TEST(backup_beside_the_work)
{
    struct harness h;
    pthread_t thread;
    json_t *reply;
    uint64_t seq;

    begin(&h);
    submit(&h, 0, 1300);
    json_decref(harness_do(&h, "b1", "backup", -1, "{'start': 'b'}"));
    for (int piece = 0; piece < 2; piece++) {
        struct engine_backup *next = engine_backup_next(h.engine);

        ck_assert_ptr_nonnull(next);
        ck_assert_int_eq(pthread_create(&thread, NULL, work_piece, next), 0);
        seq = engine_durable_seq(h.engine);
        submit(&h, 1300 + 300 * piece, 1600 + 300 * piece);
        ck_assert_int_eq(engine_checkpoint(h.engine, true), 0);
        reply = status(&h);
        ck_assert(json_is_true(json_object_get(reply, "running")));
        json_decref(reply);
        ck_assert_int_eq(pthread_join(thread, NULL), 0);
        engine_backup_worked(h.engine);
    }
    ck_assert_ptr_null(engine_backup_next(h.engine));
    reply = status(&h);
    ck_assert(!json_is_true(json_object_get(reply, "running")));
    ck_assert(json_is_true(json_object_get(reply, "done")));
    ck_assert_str_eq(text_in(reply, "name"), "b");
    ck_assert_str_eq(text_in(reply, "failed"), "");
    ck_assert_int_eq(num_of(reply, "seq"), (int64_t)seq);
    ck_assert_int_gt(num_of(reply, "copied"), 1 << 20);
    json_decref(reply);
    ck_assert_int_eq(entries(backups), 1);
    restore(seq);
    h.engine = engine_close(h.engine);
    snprintf(h.data, sizeof(h.data), "%s", target);
    harness_open(&h);
    reply = harness_do(&h, "l", "show_case", -1, "{'submitted': 's1599'}");
    json_decref(reply);
    harness_refused(&h, "NOT_FOUND", "l", "show_case", -1, "{'submitted': 's1600'}");
    harness_end(&h);
}
END_TEST

START_TEST(names_and_refusals)
{
    struct harness h;

    begin(&h);
    json_decref(harness_do(&h, "b", "backup", -1, "{'start': 'b'}"));
    harness_refused(&h, "BUSY", "b", "backup", -1, "{'start': 'c'}");
    json_decref(harness_do(&h, "b", "backup", -1, "{'start': 'b'}")); /* an answer that was lost */
    work(&h);
    harness_refused(&h, "NAME_TAKEN", "b", "backup", -1, "{'start': 'b'}");
    harness_refused(&h, "BAD_FIELD", "b", "backup", -1, "{'start': '..'}");
    harness_refused(&h, "BAD_FIELD", "b", "backup", -1, "{'start': '.b'}");
    harness_refused(&h, "BAD_FIELD", "b", "backup", -1, "{'start': 'c.part'}");
    harness_refused(&h, "BAD_FIELD", "b", "backup", -1, "{'start': '../c'}");
    harness_peer(&h, "other", ALL_ROLES & ~(1u << ROLE_ADMINISTRATOR), "D");
    harness_refused(&h, "NO_ROLE", "b", "backup", -1, "{}");
    harness_peer(&h, "admin", 1u << ROLE_ADMINISTRATOR, "D");
    h.engine = engine_close(h.engine);
    h.backups = NULL;
    harness_open(&h);
    json_t *reply = harness_do(&h, "b", "backup", -1, "{'start': 'c'}");
    ck_assert(!json_is_true(json_object_get(reply, "running")));
    ck_assert_ptr_nonnull(strstr(text_in(reply, "failed"), "--backups"));
    json_decref(reply);
    ck_assert_ptr_null(engine_backup_next(h.engine));
    harness_end(&h);
}
END_TEST

/* What a killed process left goes at the start; what has its name stays. */
START_TEST(half_a_backup_is_swept)
{
    struct harness h;
    char path[sizeof(backups) + 64];

    begin(&h);
    json_decref(harness_do(&h, "b", "backup", -1, "{'start': 'b'}"));
    work(&h);
    snprintf(path, sizeof(path), "%s/dead.part", backups);
    ck_assert_int_eq(mkdir(path, 0700), 0);
    snprintf(path, sizeof(path), "%s/dead.part/rows", backups);
    ck_assert_int_eq(mkdir(path, 0700), 0);
    h.engine = engine_close(h.engine);
    /* Another dispatcher has the folder: then it is its own. */
    int folder = open(backups, O_RDONLY | O_DIRECTORY);
    ck_assert_int_eq(flock(folder, LOCK_EX), 0);
    harness_open(&h);
    ck_assert_int_eq(entries(backups), 2);
    json_decref(harness_do(&h, "b", "backup", -1, "{'start': 'c'}"));
    work(&h);
    json_t *reply = status(&h);
    ck_assert_ptr_nonnull(strstr(text_in(reply, "failed"), "another dispatcher"));
    json_decref(reply);
    close(folder);
    h.engine = engine_close(h.engine);
    harness_open(&h);
    ck_assert_int_eq(entries(backups), 1);
    harness_end(&h);
}
END_TEST

/* The end of the process in the middle: nothing is left, and the engine closes. */
START_TEST(stop_leaves_nothing)
{
    struct harness h;

    begin(&h);
    submit(&h, 0, 100);
    json_decref(harness_do(&h, "b", "backup", -1, "{'start': 'b'}"));
    struct engine_backup *piece = engine_backup_next(h.engine);
    engine_backup_stop(h.engine);
    engine_backup_work(piece);
    engine_backup_worked(h.engine);
    ck_assert_ptr_null(engine_backup_next(h.engine));
    ck_assert_int_eq(entries(backups), 0);
    h.engine = engine_close(h.engine);
    harness_open(&h);
    json_decref(harness_do(&h, "b", "backup", -1, "{'start': 'b'}"));
    engine_backup_work(engine_backup_next(h.engine));
    engine_backup_worked(h.engine);
    h.engine = engine_close(h.engine); /* between the pieces */
    ck_assert_int_eq(entries(backups), 0);
    harness_open(&h);
    harness_end(&h);
}
END_TEST

static const struct {
    int error;
    enum fault_when when;
} plans[] = {{ENOSPC, FAULT_BEFORE}, {ENOSPC, FAULT_HALF}, {EIO, FAULT_AFTER}};

/* The n-th call into the disk fails, for every n: it is said, nothing is left, the engine works on, and the next backup is whole.
 */
START_TEST(backup_on_a_failing_disk)
{
    struct harness h;
    char path[sizeof(backups) + 16];
    uint32_t nth = 1, harmless = 0;
    bool struck = true;

    begin(&h);
    submit(&h, 0, 20);
    json_decref(harness_do(&h, "b", "backup", -1, "{'start': 'first'}")); /* the folder is there */
    work(&h);
    for (; struck; nth++) {
        json_decref(harness_do(&h, "b", "backup", -1, "{'start': 'b'}"));
        failing_arm(&(struct fault_plan){.calls = FAILING_DISK, .nth = nth, .error = plans[_i].error, .when = plans[_i].when});
        work(&h);
        struck = failing_disarm();
        json_t *reply = status(&h);
        if (json_is_true(json_object_get(reply, "done"))) {
            harmless += struck; /* a guess that was not made */
            ck_assert_int_eq(entries(backups), 2);
            ck_assert_str_eq(text_in(reply, "failed"), "");
            restore((uint64_t)num_of(reply, "seq"));
            ck_assert_int_eq(datadir_remove(target), 0);
            snprintf(path, sizeof(path), "%s/b", backups);
            ck_assert_int_eq(datadir_remove(path), 0);
        } else {
            ck_assert(struck);
            ck_assert_msg(strstr(text_in(reply, "failed"), strerror(plans[_i].error)) != NULL, "call %u: %s", nth,
                          text_in(reply, "failed"));
            ck_assert_msg(entries(backups) == 1, "call %u leaves something", nth);
        }
        json_decref(reply);
        submit(&h, 20 + (int)nth, 21 + (int)nth);
    }
    ck_assert_uint_gt(nth, 20);
    ck_assert_uint_le(harmless, 2);
    harness_end(&h);
}
END_TEST

START_TEST(restore_on_a_failing_disk)
{
    struct harness h;
    bool struck = true;
    uint32_t nth = 1;
    char from[sizeof(backups) + 16];

    begin(&h);
    submit(&h, 0, 5);
    uint64_t seq = engine_durable_seq(h.engine);
    json_decref(harness_do(&h, "b", "backup", -1, "{'start': 'b'}"));
    work(&h);
    snprintf(from, sizeof(from), "%s/b", backups);
    for (; struck; nth++) {
        struct engine_restore_report report;
        char said[512];

        failing_arm(&(struct fault_plan){.calls = FAILING_DISK, .nth = nth, .error = plans[_i].error, .when = plans[_i].when});
        int64_t r = engine_restore(from, target, 0, NULL, NULL, NULL, &report, said);
        struck = failing_disarm();
        /* Some failures cost nothing: a flush of what is not kept. */
        ck_assert_msg(r <= 0 && (r == 0 || struck), "call %u: %d %s", nth, (int)r, said);
        if (r < 0) {
            ck_assert_str_ne(said, "");
            ck_assert_msg(entries(target) == 0, "call %u: something is left: %s", nth, said);
        } else {
            ck_assert_uint_eq(report.seq, seq);
            ck_assert_int_eq(datadir_remove(target), 0);
        }
    }
    ck_assert_uint_gt(nth, 20);
    harness_end(&h);
}
END_TEST

START_TEST(restore_refuses)
{
    struct harness h;
    struct engine_restore_report report;
    char from[sizeof(backups) + 16], path[sizeof(backups) + 64], said[512];

    begin(&h);
    submit(&h, 0, 30);
    json_decref(harness_do(&h, "b", "backup", -1, "{'start': 'b'}"));
    work(&h);
    snprintf(from, sizeof(from), "%s/b", backups);
    ck_assert_int_eq(engine_restore(from, h.data, 0, NULL, NULL, NULL, &report, said), -ENOTEMPTY);
    ck_assert_ptr_nonnull(strstr(said, "not empty"));
    ck_assert_int_eq(engine_restore(h.data, target, 0, NULL, NULL, NULL, &report, said), -EBUSY); /* its dispatcher runs */
    ck_assert_int_eq(engine_restore(backups, target, 0, NULL, NULL, NULL, &report, said), -ENOENT);
    ck_assert_int_eq(entries(target), 0);
    /* A byte of the journal, in the first append: damage, not a torn end. */
    snprintf(path, sizeof(path), "%s/journal/0000000000000001.log", from);
    int fd = open(path, O_WRONLY);
    ck_assert_int_eq(pwrite(fd, "x", 1, 200), 1);
    close(fd);
    ck_assert_int_eq(engine_restore(from, target, 0, NULL, NULL, NULL, &report, said), -EBADMSG);
    ck_assert_ptr_nonnull(strstr(said, "0000000000000001.log"));
    ck_assert_int_eq(entries(target), 0);
    harness_end(&h);
}
END_TEST

/* A copy without its rows is enough: they are made. */
START_TEST(restore_makes_the_rows)
{
    struct harness h;
    char rows[sizeof(backups) + 16];

    begin(&h);
    submit(&h, 0, 30);
    json_decref(harness_do(&h, "b", "backup", -1, "{'start': 'b'}"));
    work(&h);
    snprintf(rows, sizeof(rows), "%s/b/rows", backups);
    ck_assert_int_eq(datadir_remove(rows), 0);
    restore(engine_durable_seq(h.engine));
    harness_end(&h);
}
END_TEST

START_TEST(half_a_restore_is_not_started)
{
    struct harness h;
    struct engine *engine;
    char path[sizeof(target) + 16], said[512];

    begin(&h);
    ck_assert_int_eq(mkdir(target, 0700), 0);
    snprintf(path, sizeof(path), "%s/VERSION", target);
    FILE *file = fopen(path, "w");
    fputs(DATADIR_UNFINISHED, file);
    fclose(file);
    struct engine_options options = (struct engine_options){.data = target, .district = h.district, .map_size = (size_t)64 << 20};
    ck_assert_int_lt(engine_open(&options, &engine, said), 0);
    ck_assert_ptr_nonnull(strstr(said, "was not finished"));
    harness_end(&h);
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {{backup_beside_the_work},
                                       {names_and_refusals},
                                       {half_a_backup_is_swept},
                                       {stop_leaves_nothing},
                                       {backup_on_a_failing_disk, SUITE_COUNT(plans)},
                                       {restore_on_a_failing_disk, SUITE_COUNT(plans)},
                                       {restore_refuses},
                                       {restore_makes_the_rows},
                                       {half_a_restore_is_not_started}};
    return suite_run(&(struct suite){.name = "backup", .timeout_s = 300, .tests = tests, .count = SUITE_COUNT(tests)});
}
