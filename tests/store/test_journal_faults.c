/*
 * test_journal_faults.c - the n-th system call fails, in every way, until a run has no failure; then what was acknowledged is
 * there, once.
 */
#include "dispatcher/store/journal.h"

#include "tests/store/failing.h"
#include "tests/store/journal_kit.h"
#include "tests/store/power.h"
#include "tests/store/scratch.h"
#include "tests/suite.h"

#include <errno.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define SEGMENT 16384
#define APPENDS 14

/* What one run knows of itself. */
struct run {
    uint64_t acknowledged; /* last sequence that was */
    uint64_t attempted;    /* last sequence of the append whose outcome is unknown, or acknowledged */
    int refused;           /* appends answered -ENOSPC */
    bool taken_back;       /* an append failed, and is known not to be there */
};

/* Opens, appends over several segments, closes: as a dispatcher that stops at the first failure that is not "no room". */
static struct run run_once(const char *folder, bool read)
{
    struct run run = {0};
    struct journal *journal = NULL;
    struct journal_open_report report;
    struct journal_options options = {.path = folder, .segment_size = SEGMENT};
    if (journal_open(&options, true, &journal, &report) < 0) {
        return run;
    }
    run.acknowledged = run.attempted = report.last_seq;
    for (uint32_t i = 0; i < APPENDS; i++) {
        uint32_t frames = 1 + i % 3;
        if (i % 4 == 0) {
            (void)journal_prepare(journal);
        }
        int rc = kit_append(journal, frames, 2, 900);
        if (read) {
            ck_assert_uint_eq(kit_read(journal, 1), journal_last_seq(journal));
        }
        if (rc == 0) {
            run.acknowledged = run.attempted = journal_last_seq(journal);
            continue;
        }
        ck_assert_uint_eq(journal_last_seq(journal), run.acknowledged);
        if (rc == -ENOSPC) {
            run.refused++;
            continue;
        }
        /* what is said not to be there is not there when it is opened again */
        run.attempted = run.acknowledged + (journal_unknown(journal) ? frames * 2 : 0);
        run.taken_back = !journal_unknown(journal);
        ck_assert_int_eq(kit_append(journal, 1, 1, 10), rc); /* no more until reopened */
        break;
    }
    journal_close(journal);
    return run;
}

static int fail_each_taken_back; /* of the last fail_each: how often it is known that the append is not there */

/* Readers open files and read them too: with a plan for these, the run does not read (a_failing_read has a test of its own). */
static int fail_each(uint32_t calls, int error, enum fault_when when, bool stays)
{
    uint32_t nth = 1;
    fail_each_taken_back = 0;
    for (;; nth++) {
        char *folder = scratch_new();
        struct journal *journal = kit_open(folder, SEGMENT, NULL);
        ck_assert_int_eq(kit_append(journal, 1, 3, 100), 0);
        journal_close(journal);
        failing_arm(&(struct fault_plan){.calls = calls, .nth = nth, .error = error, .when = when, .stays = stays});
        struct run run = run_once(folder, (calls & FAULT_OPEN) == 0);
        bool struck = failing_disarm();
        fail_each_taken_back += run.taken_back;
        if (run.acknowledged == 0) {
            run.acknowledged = run.attempted = 3; /* it did not open */
        }
        for (int again = 0; again < 2; again++) {
            struct journal_open_report report;
            journal = kit_open(folder, SEGMENT, &report);
            uint64_t last = kit_read(journal, 1);
            ck_assert_msg(last == run.acknowledged || last == run.attempted, "call %u: last %lu, acknowledged %lu", nth, last,
                          run.acknowledged);
            ck_assert_int_eq(kit_append(journal, 2, 1, 700), 0);
            run.acknowledged = run.attempted = last + 2;
            journal_close(journal);
        }
        scratch_drop(folder);
        if (!struck) {
            break;
        }
    }
    return (int)nth;
}

#define WRITES ((uint32_t)FAULT_PWRITE | FAULT_FDATASYNC | FAULT_FSYNC | FAULT_FALLOCATE | FAULT_RENAME)

START_TEST(every_failing_call_leaves_what_was_acknowledged)
{
    ck_assert_int_gt(fail_each(WRITES, EIO, FAULT_BEFORE, false), 40);
    ck_assert_int_gt(fail_each_taken_back, 20);
    fail_each(WRITES, EIO, FAULT_HALF, false);
    fail_each(WRITES, EIO, FAULT_AFTER, false);
    ck_assert_int_gt(fail_each_taken_back, 20); /* written and flushed, and said to have failed */
    fail_each(WRITES, EIO, FAULT_BEFORE, true);
    ck_assert_int_gt(fail_each(FAILING_DISK, EIO, FAULT_BEFORE, false), 45);
    fail_each(WRITES, EIO, FAULT_HALF, true);
}
END_TEST

START_TEST(a_disk_that_fills_at_any_call_leaves_what_was_acknowledged)
{
    fail_each(WRITES, ENOSPC, FAULT_BEFORE, false);
    fail_each(WRITES, ENOSPC, FAULT_HALF, true);
    fail_each(WRITES, EDQUOT, FAULT_BEFORE, true);
}
END_TEST

START_TEST(short_writes_and_signals_are_no_failures)
{
    for (uint32_t nth = 1;; nth++) {
        char *folder = scratch_new();
        failing_arm(&(struct fault_plan){.calls = FAULT_PWRITE | FAULT_PREAD, .nth = nth, .when = FAULT_SHORT, .stays = nth == 1});
        struct run run = run_once(folder, true);
        bool struck = failing_disarm();
        ck_assert_uint_eq(run.acknowledged, 54);
        failing_arm(&(struct fault_plan){
            .calls = FAULT_PWRITE | FAULT_PREAD | FAULT_FDATASYNC | FAULT_FSYNC, .nth = nth, .error = EINTR, .when = FAULT_BEFORE});
        run = run_once(folder, true);
        struck = failing_disarm() || struck;
        ck_assert_uint_eq(run.acknowledged, 108);
        scratch_drop(folder);
        if (!struck) {
            break;
        }
    }
}
END_TEST

START_TEST(no_room_for_a_segment_refuses_and_goes_on_when_there_is_room_again)
{
    char *folder = scratch_new();
    struct journal *journal = kit_open(folder, SEGMENT, NULL);
    ck_assert_int_eq(kit_append(journal, 1, 1, 10000), 0);
    static const uint32_t calls[] = {FAULT_FALLOCATE, FAULT_PWRITE, FAULT_FSYNC, FAULT_RENAME};
    uint64_t last = 1;
    for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++) {
        failing_arm(&(struct fault_plan){.calls = calls[i], .nth = 1, .error = ENOSPC});
        if (calls[i] != FAULT_RENAME) {
            ck_assert_int_eq(journal_prepare(journal), -ENOSPC);
        }
        bool struck = failing_disarm();
        failing_arm(&(struct fault_plan){.calls = calls[i], .nth = 1, .error = ENOSPC});
        ck_assert_int_eq(kit_append(journal, 1, 1, 9000), -ENOSPC);
        ck_assert(failing_disarm() && (struck || calls[i] == FAULT_RENAME));
        ck_assert_uint_eq(kit_read(journal, 1), last);
        ck_assert_int_eq(kit_append(journal, 1, 1, 9000), 0);
        ck_assert_uint_eq(kit_read(journal, 1), ++last);
    }
    ck_assert_int_eq(kit_append(journal, 1, 1, 100), 0); /* what fits is still taken without a new segment */
    journal_close(journal);
    scratch_drop(folder);
}
END_TEST

START_TEST(no_descriptor_for_a_segment_refuses_and_goes_on_when_there_is_one_again)
{
    char *folder = scratch_new();
    struct journal *journal = kit_open(folder, SEGMENT, NULL);
    ck_assert_int_eq(kit_append(journal, 1, 1, 10000), 0);
    static const int errors[] = {EMFILE, ENFILE};
    for (uint64_t i = 0; i < sizeof(errors) / sizeof(*errors); i++) {
        const struct fault_plan plan = {.calls = FAULT_OPEN, .nth = 1, .error = errors[i], .stays = true};
        failing_arm(&plan);
        ck_assert_int_eq(journal_prepare(journal), -EMFILE);
        ck_assert_int_eq(kit_append(journal, 1, 1, 9000), -EMFILE);
        ck_assert(failing_disarm());
        ck_assert_uint_eq(kit_read(journal, 1), i + 1);
        ck_assert_int_eq(kit_append(journal, 1, 1, 9000), 0);
        ck_assert_uint_eq(kit_read(journal, 1), i + 2);
    }
    journal_close(journal);
    scratch_drop(folder);
}
END_TEST

/* All that is below the soft limit is taken, by connections for one: the journal has what is above it. */
START_TEST(the_journal_has_descriptors_that_others_cannot_have)
{
    char *folder = scratch_new();
    struct journal *journal = kit_open(folder, SEGMENT, NULL);
    struct rlimit limit;
    int taken[64];
    size_t count = 0;
    ck_assert_int_eq(kit_append(journal, 1, 1, 10000), 0);
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    struct rlimit tight = limit;
    tight.rlim_cur = 48;
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &tight), 0);
    while ((taken[count] = dup(STDIN_FILENO)) >= 0) {
        ck_assert_uint_lt(++count, 64);
    }
    ck_assert_int_eq(errno, EMFILE);
    ck_assert_int_eq(kit_append(journal, 1, 1, 9000), 0); /* a new segment */
    ck_assert_uint_eq(kit_read(journal, 1), 2);
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &tight), 0);
    ck_assert_uint_eq(tight.rlim_cur, 48); /* the limit is what it was */
    while (count > 0) {
        close(taken[--count]);
    }
    setrlimit(RLIMIT_NOFILE, &limit);
    journal_close(journal);
    scratch_drop(folder);
}
END_TEST

START_TEST(no_room_in_space_that_was_written_before_is_an_unknown_outcome)
{
    char *folder = scratch_new();
    struct journal *journal = kit_open(folder, SEGMENT, NULL);
    ck_assert_int_eq(kit_append(journal, 1, 1, 100), 0);
    failing_arm(&(struct fault_plan){.calls = FAULT_FDATASYNC, .nth = 1, .error = ENOSPC});
    ck_assert_int_eq(kit_append(journal, 1, 1, 100), -EIO);
    failing_disarm();
    ck_assert_int_eq(kit_append(journal, 1, 1, 100), -EIO);
    ck_assert_int_eq(journal_prepare(journal), 0);
    ck_assert_uint_eq(kit_read(journal, 1), 1);
    journal_close(journal);
    scratch_drop(folder);
}
END_TEST

START_TEST(a_failed_flush_is_not_believed_when_opened_again)
{
    char *folder = scratch_new();
    struct journal *journal = kit_open(folder, SEGMENT, NULL);
    ck_assert_int_eq(kit_append(journal, 1, 1, 100), 0);
    failing_arm(&(struct fault_plan){.calls = FAULT_PWRITE | FAULT_FDATASYNC, .nth = 2, .error = EIO, .stays = true});
    ck_assert_int_eq(kit_append(journal, 1, 1, 200), -EIO);
    failing_disarm();
    ck_assert(journal_unknown(journal)); /* the zeros that were to take it back could not be written either */
    journal_close(journal);
    /* the page cache shows the append; open must write it once more and flush, and fail when that fails */
    struct journal_open_report report;
    struct journal_options options = {.path = folder, .segment_size = SEGMENT};
    failing_arm(&(struct fault_plan){.calls = FAULT_PWRITE | FAULT_FDATASYNC, .nth = 2, .error = EIO});
    ck_assert_int_eq(journal_open(&options, true, &journal, &report), -EIO);
    ck_assert(failing_disarm());
    ck_assert(report.said[0] != '\0');
    failing_arm(&(struct fault_plan){.calls = FAULT_PWRITE | FAULT_FDATASYNC, .nth = 3, .error = EIO});
    ck_assert_int_eq(journal_open(&options, true, &journal, &report), 0);
    ck_assert(!failing_disarm());
    ck_assert_uint_eq(failing_seen(), 2);
    ck_assert_uint_eq(kit_read(journal, 1), 2);
    journal_close(journal);
    scratch_drop(folder);
}
END_TEST

START_TEST(a_failing_read_is_a_failure_of_the_reader_alone)
{
    char *folder = scratch_new();
    struct journal *journal = kit_open(folder, SEGMENT, NULL);
    for (int i = 0; i < 30; i++) {
        ck_assert_int_eq(kit_append(journal, 1, 1, 1500), 0);
    }
    journal_close(journal);
    struct journal_open_report report;
    struct journal_options options = {.path = folder, .segment_size = SEGMENT};
    uint32_t nth = 1;
    for (bool struck = true; struck; nth++) {
        ck_assert_int_eq(journal_open(&options, false, &journal, &report), 0);
        struct journal_cursor cursor;
        struct journal_frame frame;
        failing_arm(&(struct fault_plan){.calls = FAULT_PREAD | FAULT_OPEN, .nth = nth, .error = EIO});
        int rc = journal_follow(journal, 7, &cursor);
        if (rc == 0) {
            while ((rc = journal_next(&cursor, &frame)) == 1) {
                ;
            }
        }
        struck = failing_disarm();
        ck_assert_int_eq(rc, struck ? -EIO : 0);
        journal_cursor_end(&cursor);
        ck_assert_int_eq(kit_append(journal, 1, 1, 10), 0);
        kit_read(journal, 1);
        journal_close(journal);
    }
    ck_assert_uint_gt(nth, 6);
    scratch_drop(folder);
}
END_TEST

START_TEST(what_is_acknowledged_survives_a_power_cut)
{
    char *folder = scratch_new(), *image = scratch_new();
    power_watch(folder);
    struct journal *journal = kit_open(folder, SEGMENT, NULL);
    for (uint32_t i = 0; i < 40; i++) {
        if (i % 3 == 0) {
            (void)journal_prepare(journal);
        }
        ck_assert_int_eq(kit_append(journal, 1 + i % 4, 1, 600), 0);
        power_cut(image);
        struct journal *after = kit_open(image, SEGMENT, NULL);
        ck_assert_uint_eq(kit_read(after, 1), journal_last_seq(journal));
        journal_close(after);
        power_go_on();
        if (i % 10 == 9) {
            journal_close(journal);
            journal = kit_open(folder, SEGMENT, NULL);
        }
    }
    journal_close(journal);
    power_end();
    scratch_drop(folder);
    scratch_drop(image);
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {{every_failing_call_leaves_what_was_acknowledged},
                                       {a_disk_that_fills_at_any_call_leaves_what_was_acknowledged},
                                       {short_writes_and_signals_are_no_failures},
                                       {no_room_for_a_segment_refuses_and_goes_on_when_there_is_room_again},
                                       {no_descriptor_for_a_segment_refuses_and_goes_on_when_there_is_one_again},
                                       {the_journal_has_descriptors_that_others_cannot_have},
                                       {no_room_in_space_that_was_written_before_is_an_unknown_outcome},
                                       {a_failed_flush_is_not_believed_when_opened_again},
                                       {a_failing_read_is_a_failure_of_the_reader_alone},
                                       {what_is_acknowledged_survives_a_power_cut}};
    return suite_run(
        &(struct suite){.name = "store/journal_faults", .timeout_s = 120, .tests = tests, .count = SUITE_COUNT(tests)});
}
