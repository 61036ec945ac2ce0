/* test_journal.c - tests of journal.h: the truth: an append-only log of frames in pre-written segments */
#include "dispatcher/store/journal.h"

#include "tests/store/journal_kit.h"
#include "tests/store/scratch.h"
#include "tests/suite.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SMALL 16384

static int files_in(const char *path, const char *ending)
{
    int count = 0;
    DIR *dir = opendir(path);
    ck_assert_ptr_nonnull(dir);
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        size_t size = strlen(entry->d_name);
        count += size > strlen(ending) && strcmp(entry->d_name + size - strlen(ending), ending) == 0;
    }
    closedir(dir);
    return count;
}

START_TEST(an_empty_journal_has_no_last_sequence_and_no_file)
{
    char *folder = scratch_new();
    const char *path = scratch_path(folder, "journal");
    struct journal_open_report report;
    struct journal *journal = kit_open(path, SMALL, &report);
    struct journal_cursor cursor;
    ck_assert_uint_eq(report.last_seq, 0);
    ck_assert(!report.cut && report.said[0] == '\0');
    ck_assert_int_eq(journal_follow(journal, 1, &cursor), -ENOENT);
    ck_assert_int_eq(journal_follow(journal, 0, &cursor), -ENOENT);
    journal_cursor_end(&cursor);
    ck_assert_int_eq(files_in(path, ".log"), 0);
    journal_close(journal);
    ck_assert_ptr_null(journal_close(NULL));
    scratch_drop(folder);
}
END_TEST

START_TEST(what_was_appended_is_there_after_each_reopen)
{
    char *folder = scratch_new();
    uint64_t last = 0;
    for (uint32_t round = 0; round < 60; round++) {
        struct journal_open_report report;
        struct journal *journal = kit_open(folder, SMALL, &report);
        ck_assert_uint_eq(report.last_seq, last);
        ck_assert_int_eq(report.last_at_ms, (int64_t)last * 10);
        ck_assert_uint_eq(report.epoch, last == 0 ? 0 : 1);
        ck_assert_uint_eq(kit_read(journal, 1), last);
        for (uint32_t i = 0; i < 1 + round % 4; i++) {
            uint32_t frames = 1 + (round + i) % 3, count = 1 + i;
            ck_assert_int_eq(kit_append(journal, frames, count, 40 + (round * 97) % 1500), 0);
            last += frames * count;
        }
        ck_assert_uint_eq(journal_last_seq(journal), last);
        ck_assert_uint_eq(kit_read(journal, 1), last);
        journal_close(journal);
    }
    ck_assert_int_gt(files_in(folder, ".log"), 4);
    scratch_drop(folder);
}
END_TEST

START_TEST(a_reader_begins_at_any_sequence_and_sees_what_comes)
{
    char *folder = scratch_new();
    struct journal *journal = kit_open(folder, SMALL, NULL);
    for (uint32_t i = 0; i < 40; i++) {
        ck_assert_int_eq(kit_append(journal, 2, 3, 700), 0);
    }
    journal_close(journal);
    /* opened without verifying the older segments: they are read when somebody asks */
    struct journal_open_report report;
    struct journal_options options = {.path = folder, .segment_size = SMALL};
    ck_assert_int_eq(journal_open(&options, false, &journal, &report), 0);
    ck_assert_uint_eq(report.last_seq, 240);
    for (uint64_t seq = 240; seq > 0; seq--) {
        kit_read(journal, seq);
    }
    struct journal_cursor cursor;
    struct journal_frame frame;
    ck_assert_int_eq(journal_follow(journal, 240, &cursor), 0);
    ck_assert_int_eq(journal_next(&cursor, &frame), 1);
    for (uint32_t i = 0; i < 40; i++) {
        ck_assert_int_eq(journal_next(&cursor, &frame), 0);
        ck_assert_int_eq(kit_append(journal, 1, 1, 1000), 0);
        ck_assert_int_eq(journal_next(&cursor, &frame), 1);
        ck_assert_uint_eq(frame.first_seq, 241 + i);
    }
    journal_cursor_end(&cursor);
    ck_assert_int_eq(journal_follow(journal, 281, &cursor), -ENOENT);
    journal_close(journal);
    scratch_drop(folder);
}
END_TEST

START_TEST(large_segments_are_found_through_their_marks)
{
    char *folder = scratch_new();
    struct journal *journal = kit_open(folder, 0, NULL);
    for (uint32_t i = 0; i < 8; i++) {
        ck_assert_int_eq(kit_append(journal, 40, 5, 3000), 0);
    }
    for (uint64_t seq = 1; seq <= 1600; seq += 53) {
        kit_read(journal, seq);
    }
    journal_close(journal);
    journal = kit_open(folder, 0, NULL);
    for (uint64_t seq = 1600; seq > 53; seq -= 53) {
        kit_read(journal, seq);
    }
    ck_assert_int_eq(files_in(folder, ".log"), 1);
    journal_close(journal);
    scratch_drop(folder);
}
END_TEST

START_TEST(an_append_larger_than_a_segment_gets_a_larger_one)
{
    char *folder = scratch_new();
    struct journal *journal = kit_open(folder, SMALL, NULL);
    ck_assert_int_eq(kit_append(journal, 1, 1, 100), 0);
    ck_assert_int_eq(kit_append(journal, 3, 1, JOURNAL_FRAME_DATA_MAX), 0);
    ck_assert_int_eq(kit_append(journal, 1, 1, 0), 0);
    ck_assert_uint_eq(kit_read(journal, 1), 5);
    journal_close(journal);
    journal = kit_open(folder, SMALL, NULL);
    ck_assert_uint_eq(kit_read(journal, 1), 5);
    journal_close(journal);
    scratch_drop(folder);
}
END_TEST

START_TEST(who_does_not_know_the_end_or_has_an_old_epoch_is_fenced)
{
    char *folder = scratch_new();
    struct journal *journal = kit_open(folder, SMALL, NULL);
    struct journal_frame frame = {.epoch = 5, .first_seq = 1, .count = 1, .at_ms = 1, .data = "a", .size = 1};
    ck_assert_int_eq(journal_append(journal, 5, 1, &frame, 1), -ESTALE);
    ck_assert_int_eq(journal_append(journal, 5, 0, &frame, 1), 0);
    frame.first_seq = 2;
    ck_assert_int_eq(journal_append(journal, 5, 0, &frame, 1), -ESTALE);
    frame.epoch = 4;
    ck_assert_int_eq(journal_append(journal, 4, 1, &frame, 1), -ESTALE);
    frame.epoch = 6;
    ck_assert_int_eq(journal_append(journal, 6, 1, &frame, 1), 0);
    ck_assert_int_eq(journal_append(journal, 6, 2, NULL, 0), 0);
    journal_close(journal);
    struct journal_open_report report;
    journal = kit_open(folder, SMALL, &report);
    ck_assert_uint_eq(report.epoch, 6);
    ck_assert_uint_eq(report.last_seq, 2);
    journal_close(journal);
    scratch_drop(folder);
}
END_TEST

START_TEST(the_next_segment_is_made_ahead_in_slices)
{
    char *folder = scratch_new();
    struct journal *journal = kit_open(folder, 4 << 20, NULL);
    int slices = 1;
    while (journal_prepare(journal) == 1) {
        slices++;
    }
    ck_assert_int_eq(slices, 4);
    ck_assert_int_eq(files_in(folder, ".prepared"), 1);
    ck_assert_int_eq(kit_append(journal, 1, 1, 100), 0);
    ck_assert_int_eq(files_in(folder, ".prepared"), 0);
    ck_assert_int_eq(journal_prepare(journal), 0);
    ck_assert_int_eq(files_in(folder, ".prepared"), 0);
    ck_assert_int_eq(kit_append(journal, 5, 1, 500000), 0);
    ck_assert_int_eq(journal_prepare(journal), 1);          /* half full: begins */
    ck_assert_int_eq(kit_append(journal, 5, 1, 500000), 0); /* needs it: makes the rest itself */
    ck_assert_int_eq(files_in(folder, ".log"), 2);
    while (journal_prepare(journal) == 1) {
        ;
    }
    ck_assert_int_eq(files_in(folder, ".prepared"), 1);
    journal_close(journal);
    ck_assert_int_eq(files_in(folder, ".prepared"), 0);
    journal = kit_open(folder, 4 << 20, NULL);
    ck_assert_uint_eq(kit_read(journal, 1), 11);
    journal_close(journal);
    scratch_drop(folder);
}
END_TEST

START_TEST(what_was_prepared_when_the_power_went_is_thrown_away)
{
    char *folder = scratch_new();
    struct journal *journal = kit_open(folder, SMALL, NULL);
    ck_assert_int_eq(kit_append(journal, 1, 1, 100), 0);
    journal_close(journal);
    scratch_write(scratch_path(folder, "next.log.prepared"), "old bytes", 9);
    scratch_write(scratch_path(folder, "README.log"), "not ours", 8);
    journal = kit_open(folder, SMALL, NULL);
    ck_assert_int_eq(files_in(folder, ".prepared"), 0);
    ck_assert_int_eq(kit_append(journal, 30, 1, 1000), 0);
    ck_assert_uint_eq(kit_read(journal, 1), 31);
    journal_close(journal);
    scratch_drop(folder);
}
END_TEST

START_TEST(read_only_writes_nothing)
{
    char *folder = scratch_new();
    struct journal *journal = NULL;
    struct journal_open_report report;
    struct journal_options options = {.path = scratch_path(folder, "none"), .read_only = true};
    ck_assert_int_eq(journal_open(&options, true, &journal, &report), -ENOENT);
    ck_assert(report.said[0] != '\0');
    journal = kit_open(folder, SMALL, NULL);
    for (int i = 0; i < 20; i++) {
        ck_assert_int_eq(kit_append(journal, 1, 1, 1000), 0);
    }
    scratch_write(scratch_path(folder, "next.log.prepared"), "x", 1);
    options.path = folder;
    struct journal *reader = NULL; /* beside the writer */
    ck_assert_int_eq(journal_open(&options, true, &reader, &report), 0);
    ck_assert_uint_eq(kit_read(reader, 1), 20);
    ck_assert_int_eq(journal_prepare(reader), 0);
    ck_assert_int_eq(access(scratch_path(folder, "next.log.prepared"), F_OK), 0);
    journal_close(reader);
    journal_close(journal);
    scratch_drop(folder);
}
END_TEST

/* What journal_parts names is the journal as it was, however it goes on: the files, the last one up to its durable size and zeros.
 */
START_TEST(its_parts_are_a_copy_of_it)
{
    char *folder = scratch_new(), *copy = scratch_new();
    struct journal *journal = kit_open(folder, SMALL, NULL), *other;
    struct journal_open_report report;
    struct journal_options options = {.path = copy, .read_only = true};
    struct journal_part *parts;
    size_t count, size;
    ck_assert_int_eq(journal_parts(journal, &parts, &count), 0);
    ck_assert_uint_eq(count, 0);
    free(parts);
    for (uint32_t i = 0; i < 40; i++) {
        ck_assert_int_eq(kit_append(journal, 2, 3, 700), 0);
    }
    ck_assert_int_eq(journal_parts(journal, &parts, &count), 0);
    ck_assert_uint_gt(count, 2);
    for (uint32_t i = 0; i < 40; i++) {
        ck_assert_int_eq(kit_append(journal, 2, 3, 700), 0);
    }
    for (size_t i = 0; i < count; i++) {
        uint8_t *bytes = scratch_read(scratch_path(folder, parts[i].name), &size);
        ck_assert_int_eq(parts[i].durable_size > 0, i + 1 == count);
        if (parts[i].durable_size > 0) {
            memset(bytes + parts[i].durable_size, 0, size - parts[i].durable_size);
        }
        scratch_write(scratch_path(copy, parts[i].name), bytes, size);
        free(bytes);
    }
    free(parts);
    ck_assert_int_eq(journal_open(&options, true, &other, &report), 0);
    ck_assert_uint_eq(report.last_seq, 240);
    ck_assert(!report.cut);
    ck_assert_uint_eq(kit_read(other, 1), 240);
    journal_close(other);
    journal_close(journal);
    scratch_drop(folder);
    scratch_drop(copy);
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {{an_empty_journal_has_no_last_sequence_and_no_file},
                                       {what_was_appended_is_there_after_each_reopen},
                                       {a_reader_begins_at_any_sequence_and_sees_what_comes},
                                       {large_segments_are_found_through_their_marks},
                                       {an_append_larger_than_a_segment_gets_a_larger_one},
                                       {who_does_not_know_the_end_or_has_an_old_epoch_is_fenced},
                                       {the_next_segment_is_made_ahead_in_slices},
                                       {what_was_prepared_when_the_power_went_is_thrown_away},
                                       {read_only_writes_nothing},
                                       {its_parts_are_a_copy_of_it}};
    return suite_run(&(struct suite){.name = "store/journal", .timeout_s = 120, .tests = tests, .count = SUITE_COUNT(tests)});
}
