/* test_frames.c - frames: a command stays whole, and a record is found again by its sequence. */
#include "dispatcher/engine/frames.h"
#include "dispatcher/engine/state.h"
#include "tests/engine/harness.h"
#include "tests/suite.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* `count` notes with a text of `size` bytes each, from `seq` on. */
static void make(struct record *records, uint32_t count, uint64_t seq, const char *text, uint32_t size)
{
    for (uint32_t i = 0; i < count; i++) {
        records[i] = (struct record){.seq = seq + i, .at_ms = (int64_t)(1000 + seq + i), .type = RECORD_CASE_NOTED};
        records[i].body.case_noted.text = (struct text){.at = text, .size = size};
    }
}

START_TEST(commands_are_never_split)
{
    struct frames frames = {0};
    struct record *records = calloc(16, sizeof(*records));
    struct journal_frame found;
    char *text = malloc(60000);
    uint64_t seq = 1;
    size_t count;

    memset(text, 'x', 60000);
    frames_reset(&frames, 3);
    for (int command = 0; command < 40; command++) {
        uint32_t n = 1 + (uint32_t)command % 7;

        make(records, n, seq, text, 60000);
        ck_assert_int_eq(frames_add(&frames, records, n), 0);
        /* All of it is in the newest frame. */
        ck_assert(frames_find(&frames, seq, &found));
        ck_assert_uint_le(seq + n, found.first_seq + found.count);
        seq += n;
    }
    const struct journal_frame *at = frames_seal(&frames, &count);
    ck_assert_uint_gt(count, 10);
    seq = 1;
    for (size_t i = 0; i < count; i++) {
        struct record record;
        size_t offset = 0;

        ck_assert_uint_le(at[i].size, FRAMES_DATA_MAX);
        ck_assert_uint_eq(at[i].first_seq, seq);
        ck_assert_uint_eq(at[i].epoch, 3);
        for (uint32_t j = 0; j < at[i].count; j++) {
            ck_assert_int_eq(record_decode(at[i].data, at[i].size, &offset, seq, &record), 0);
            ck_assert_int_eq(record.at_ms, (int64_t)(1000 + seq));
            seq++;
        }
        ck_assert_uint_eq(offset, at[i].size);
        ck_assert_int_eq(at[i].at_ms, record.at_ms);
    }
    ck_assert(!frames_find(&frames, seq, &found));
    frames_free(&frames);
    free(records);
    free(text);
}
END_TEST

/* Who looks for one record reads the frame that has it: many small commands are many small frames, a large one is alone. */
START_TEST(a_full_frame_is_cut)
{
    struct frames frames = {0};
    struct record record;
    char *text = malloc(60000);
    uint64_t seq = 1;
    size_t count;

    memset(text, 'x', 60000);
    frames_reset(&frames, 1);
    for (; seq <= 400; seq++) {
        make(&record, 1, seq, text, seq == 200 ? 60000 : 500);
        ck_assert_int_eq(frames_add(&frames, &record, 1), 0);
    }
    const struct journal_frame *at = frames_seal(&frames, &count);
    ck_assert_uint_ge(count, 400 * 500 / FRAMES_CUT);
    ck_assert_uint_le(count, 2 * 400 * 500 / FRAMES_CUT);
    seq = 1;
    for (size_t i = 0; i < count; i++) {
        ck_assert_uint_eq(at[i].first_seq, seq);
        ck_assert(at[i].size <= FRAMES_CUT || (at[i].count == 1 && at[i].first_seq == 200));
        seq += at[i].count;
    }
    ck_assert_uint_eq(seq, 401);
    frames_free(&frames);
    free(text);
}
END_TEST

START_TEST(too_much_is_taken_back)
{
    struct frames frames = {0};
    struct record *records = calloc(16, sizeof(*records));
    char *text = malloc(60000);
    size_t count;

    memset(text, 'x', 60000);
    frames_reset(&frames, 1);
    make(records, 1, 1, text, 10);
    ck_assert_int_eq(frames_add(&frames, records, 1), 0);
    make(records, 16, 2, text, 60000);
    ck_assert_int_eq(frames_add(&frames, records, 16), -EFBIG);
    make(records, 1, 2, text, 10);
    ck_assert_int_eq(frames_add(&frames, records, 1), 0);
    ck_assert_uint_eq(frames_seal(&frames, &count)->count, 2);
    ck_assert_uint_eq(count, 1);
    frames_free(&frames);
    free(records);
    free(text);
}
END_TEST

/* What a submit costs the journal beside what the citizen says: 7 records in less than 300 bytes. With every field of every record,
 * and the dims of the case in each, it was above 500. */
START_TEST(bytes_of_a_submit)
{
    struct harness h = {0};
    struct record record;
    size_t count, size, offset = 0;
    char text[400], words[600];

    harness_begin(&h, false);
    memset(text, 'x', sizeof(text));
    snprintf(words, sizeof(words), "{'kind': 'complaint', 'matter': 'M1', 'place': 'S1-C1-G1', 'text': '%.*s', 'anonymous': true}",
             (int)sizeof(text), text);
    harness_submit(&h, "first", "M1", "S1-C1-G1"); /* so that there is nothing else in the frame */
    void *bytes = harness_message("submit-1234567", "submit", -1, words, &size);
    struct engine_message message = harness_from(&h, 1, bytes, size);
    ck_assert_uint_eq(engine_take(h.engine, &message, 1, harness_time(&h)), 1);
    const struct journal_frame *frame = frames_seal(&h.engine->frames, &count);
    ck_assert_uint_eq(count, 1);
    ck_assert_uint_eq(frame->count, 7);
    ck_assert_uint_gt(frame->size, sizeof(text));
    ck_assert_uint_lt(frame->size - sizeof(text), 300);
    for (uint32_t i = 0; i < frame->count; i++) {
        ck_assert_int_eq(record_decode(frame->data, frame->size, &offset, frame->first_seq + i, &record), 0);
        ck_assert_int_eq(code_empty(&record.head.matter), i == 0);
    }
    ck_assert_uint_eq(offset, frame->size);
    free(bytes);
    ck_assert_int_eq(engine_journaled(h.engine, engine_append(h.engine)), 0);
    harness_end(&h);
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {
        {commands_are_never_split}, {a_full_frame_is_cut}, {too_much_is_taken_back}, {bytes_of_a_submit}};
    return suite_run(&(struct suite){.name = "frames", .tests = tests, .count = SUITE_COUNT(tests)});
}
