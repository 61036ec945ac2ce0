/*
 * test_row_folder.c - rows that may not be believed, at the start and while they are used: set aside, said, made again; never a
 * wrong answer.
 */
#include "dispatcher/engine/datadir.h"
#include "dispatcher/engine/engine_restore.h"
#include "dispatcher/engine/kept.h"
#include "dispatcher/engine/state.h"
#include "dispatcher/store/packed.h"
#include "dispatcher/store/store.h"
#include "tests/engine/harness.h"
#include "tests/store/scratch.h"
#include "tests/suite.h"

#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CASES 40
#define PAGE ((size_t)4096)

/* The folder of a file: cuts the name off. */
static const char *dirname_of(char *file)
{
    *strrchr(file, '/') = '\0';
    return file;
}

static char *first_file_of(const char *path)
{
    DIR *folder = opendir(path);
    char *file = NULL;

    ck_assert_ptr_nonnull(folder);
    for (struct dirent *entry; file == NULL && (entry = readdir(folder)) != NULL;) {
        if (entry->d_type == DT_REG && strcmp(entry->d_name, KEPT_SUMS) != 0) {
            file = datadir_join(path, entry->d_name);
        }
    }
    closedir(folder);
    ck_assert_ptr_nonnull(file);
    return file;
}

/* What was acknowledged: the answers of `count` submits whose ids begin so. */
struct answers {
    json_t *at[CASES];
};

static void submit(struct harness *h, const char *prefix, struct answers *ret)
{
    char id[32];

    for (int i = 0; i < CASES; i++) {
        snprintf(id, sizeof(id), "%s%d", prefix, i);
        ret->at[i] = harness_do(h, id, "submit", -1, HARNESS_SUBMIT);
    }
}

/* All of it asked again: the same answers, and a clean check. */
static void expect_same(struct harness *h, const char *prefix, struct answers *answers)
{
    char id[32], line[256];

    for (int i = 0; i < CASES; i++) {
        snprintf(id, sizeof(id), "%s%d", prefix, i);
        json_t *again = harness_do(h, id, "submit", -1, HARNESS_SUBMIT);
        ck_assert_msg(json_equal(again, answers->at[i]), "%s is answered differently", id);
        json_decref(again);
    }
    h->engine = engine_close(h->engine);
    ck_assert_msg(harness_check(h, line) == 0, "%s", line);
    harness_open(h);
}

static void forget(struct answers *answers)
{
    for (int i = 0; i < CASES; i++) {
        json_decref(answers->at[i]);
    }
}

/* Folders of the data whose names begin so. */
static int count_folders(const struct harness *h, const char *begin)
{
    DIR *folder = opendir(h->data);
    int count = 0;

    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        count += strncmp(entry->d_name, begin, strlen(begin)) == 0;
    }
    closedir(folder);
    return count;
}

static char *rows_file(const struct harness *h)
{
    char *rows = datadir_join(h->data, "rows"), *file = datadir_join(rows, "data.mdb");

    free(rows);
    return file;
}

static void spoil(const struct harness *h, int way)
{
    char *path = rows_file(h);
    size_t size;
    uint8_t *bytes = scratch_read(path, &size);

    if (way == 0) {
        size /= 2;
    } else if (way == 1) {
        memset(bytes + size / PAGE / 2 * PAGE, 0, PAGE);
    } else if (way == 2) {
        for (size_t i = 3 * PAGE + 100; i < size; i += PAGE) {
            bytes[i] ^= 1;
        }
    } else if (way == 3) {
        size = 0;
    } else {
        memset(bytes, 0x55, size);
    }
    scratch_write(path, bytes, size);
    free(bytes);
    free(path);
}

START_TEST(damaged_rows_are_set_aside_and_made_again)
{
    struct harness h;
    struct answers answers;
    char line[256];

    harness_begin(&h, false);
    submit(&h, "s", &answers);
    h.engine = engine_close(h.engine);
    for (int again = 0; again < 2; again++) {
        spoil(&h, _i);
        ck_assert_int_ge(harness_check(&h, line), 1);
        ck_assert_msg(strncmp(line, "rows: ", 6) == 0 && strstr(line, "The next start") != NULL, "%s", line);
        harness_open(&h);
        ck_assert_ptr_nonnull(strstr(h.logged_all, "rows_set_aside"));
        ck_assert_ptr_nonnull(strstr(h.logged_all, "rows_made"));
        ck_assert_int_eq(count_folders(&h, "rows.damaged-"), 1); /* the newest is kept for who wants to look */
        expect_same(&h, "s", &answers);
        h.engine = engine_close(h.engine);
    }
    harness_open(&h);
    ck_assert_ptr_null(strstr(h.logged_all, "rows_"));
    forget(&answers);
    harness_end(&h);
}
END_TEST

/* The folder of the rows of another data folder, with a lower last sequence, or the same. */
START_TEST(rows_of_another_journal_are_set_aside)
{
    struct harness h, other;
    struct answers answers, others;
    char line[256];

    harness_begin(&h, false);
    harness_begin(&other, false);
    other.clock_ms += 1000;
    submit(&other, "o", &others);
    forget(&others);
    submit(&h, "s", &answers);
    if (_i == 0) {
        submit(&h, "more", &others);
        forget(&others);
    }
    h.engine = engine_close(h.engine);
    other.engine = engine_close(other.engine);
    char *from = rows_file(&other);
    char *to = rows_file(&h);
    scratch_copy(dirname_of(from), dirname_of(to));
    ck_assert_int_eq(harness_check(&h, line), 1);
    ck_assert_ptr_nonnull(strstr(line, "another data folder"));
    harness_open(&h);
    ck_assert_ptr_nonnull(strstr(h.logged_all, "rows_set_aside"));
    expect_same(&h, "s", &answers);
    free(from);
    free(to);
    forget(&answers);
    harness_end(&other);
    harness_end(&h);
}
END_TEST

/* Rows that know more than the journal: what is missing may be what was acknowledged. */
START_TEST(rows_ahead_of_the_journal_are_refused)
{
    struct harness h, other;
    struct answers answers;
    struct engine *engine = NULL;
    char said[512];

    harness_begin(&h, false);
    harness_begin(&other, false);
    submit(&other, "o", &answers);
    forget(&answers);
    h.engine = engine_close(h.engine);
    other.engine = engine_close(other.engine);
    char *from = rows_file(&other);
    char *to = rows_file(&h);
    scratch_copy(dirname_of(from), dirname_of(to));
    ck_assert_int_eq(engine_open(&(struct engine_options){.data = h.data, .district = h.district}, &engine, said), -EBADMSG);
    ck_assert_msg(strstr(said, "newest part is missing") != NULL, "%s", said);
    ck_assert_int_eq(count_folders(&h, "rows.damaged-"), 0);
    free(from);
    free(to);
    harness_end(&other);
    harness_end(&h);
}
END_TEST

/* A row changes in the file of a dispatcher that runs. */
START_TEST(a_row_that_changes_while_it_is_used_stops_the_engine)
{
    struct harness h;
    struct answers answers;
    json_t *reply;
    struct case_row rows[CASES];
    char body[64];
    size_t size;

    harness_begin(&h, false);
    submit(&h, "s", &answers);
    for (int i = 0; i < CASES; i++) {
        ck_assert(tables_get(&h.engine->tables, ROW_CASE, (uint64_t)num_of(answers.at[i], "case"), &rows[i]));
    }
    h.engine = engine_close(h.engine);
    harness_open(&h); /* nothing is in memory any more */
    char *path = rows_file(&h);
    uint8_t *bytes = scratch_read(path, &size);
    int fd = open(path, O_RDWR);
    for (int i = 0; i < CASES; i++) {
        uint8_t packed[PACKED_ROOM(sizeof(rows[i]))];
        const size_t packed_size = packed_write(&rows[i], sizeof(rows[i]), packed);
        int found = 0;

        for (const uint8_t *at = bytes; (at = memmem(at, (size_t)(bytes + size - at), packed, packed_size)) != NULL; at++) {
            uint8_t byte = (uint8_t)(at[packed_size - 1] ^ 2);

            ck_assert_int_eq(pwrite(fd, &byte, 1, at + packed_size - 1 - bytes), 1);
            found++;
        }
        ck_assert_int_gt(found, 0);
    }
    close(fd);
    free(bytes);
    free(path);
    if (_i == 0) {
        snprintf(body, sizeof(body), "{'case': %lld}", (long long)num_of(answers.at[3], "case"));
        reply = harness_ask(&h, "q", "show_case", -1, body);
        ck_assert(json_is_false(json_object_get(reply, "ok")));
        ck_assert_str_eq(text_in(reply, "code"), "STORAGE_FAILED");
        json_decref(reply);
        ck_assert_int_eq(h.journaled, -EBADMSG);
    } else {
        int rc = 0;

        for (int i = 0; i < 1000 && rc == 0; i++) {
            rc = engine_checkpoint(h.engine, true); /* idle moments */
        }
        ck_assert_int_eq(rc, -EBADMSG);
    }
    ck_assert_ptr_nonnull(strstr(h.logged_all, "rows_damaged"));
    h.engine = engine_close(h.engine);
    harness_open(&h);
    ck_assert_ptr_nonnull(strstr(h.logged_all, "rows_set_aside"));
    expect_same(&h, "s", &answers);
    forget(&answers);
    harness_end(&h);
}
END_TEST

START_TEST(a_backup_whose_rows_are_damaged_is_restored_from_its_journal)
{
    struct harness h;
    struct answers answers;
    struct engine_restore_report report;
    char target[HARNESS_PATH + 32], said[512];

    harness_begin(&h, false);
    submit(&h, "s", &answers);
    h.engine = engine_close(h.engine);
    spoil(&h, _i);
    snprintf(target, sizeof(target), "%s/restored", h.folder);
    ck_assert_msg(engine_restore(h.data, target, 0, NULL, NULL, NULL, &report, said) == 0, "%s", said);
    ck_assert_int_eq(datadir_remove(h.data), 0);
    ck_assert_int_eq(rename(target, h.data), 0);
    harness_open(&h);
    ck_assert_ptr_null(strstr(h.logged_all, "rows_"));
    expect_same(&h, "s", &answers);
    forget(&answers);
    harness_end(&h);
}
END_TEST

START_TEST(a_kept_configuration_that_changed_is_found_and_made_again)
{
    struct harness h;
    struct answers answers;
    char line[256];
    size_t size;

    harness_begin(&h, false);
    submit(&h, "s", &answers);
    h.engine = engine_close(h.engine);
    char *sets = datadir_join(h.data, "config");
    char *set = datadir_join(sets, h.district->hash);
    char *file = first_file_of(set);
    uint8_t *bytes = scratch_read(file, &size);
    bytes[size / 2] ^= 4;
    scratch_write(file, bytes, size);
    free(bytes);
    ck_assert_int_eq(harness_check(&h, line), 1);
    ck_assert_msg(strncmp(line, "config/", 7) == 0, "%s", line);
    unlink(file);
    ck_assert_int_eq(harness_check(&h, line), 1);
    harness_open(&h);
    expect_same(&h, "s", &answers);
    free(file);
    free(set);
    free(sets);
    forget(&answers);
    harness_end(&h);
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {{damaged_rows_are_set_aside_and_made_again, 5},
                                       {rows_of_another_journal_are_set_aside, 2},
                                       {rows_ahead_of_the_journal_are_refused},
                                       {a_row_that_changes_while_it_is_used_stops_the_engine, 2},
                                       {a_backup_whose_rows_are_damaged_is_restored_from_its_journal, 5},
                                       {a_kept_configuration_that_changed_is_found_and_made_again}};
    return suite_run(&(struct suite){.name = "rows", .timeout_s = 120, .tests = tests, .count = SUITE_COUNT(tests)});
}
