/* test_frame.c - tests of frame.h: the bytes of the journal: segment headers and frames */
#include "dispatcher/store/frame.h"

#include "tests/suite.h"

#include <errno.h>
#include <string.h>

static const struct frame_place sample = {
    .frame = {.epoch = 3, .first_seq = 41, .count = 2, .at_ms = 1700000000123, .data = "records", .size = 7},
    .append_offset = 64,
    .append_size = 500,
    .before = {.low = 11, .high = 12},
};

START_TEST(a_frame_reads_back)
{
    uint8_t bytes[JOURNAL_FRAME_HEADER + 7];
    struct frame_place place = sample, back;
    frame_write(&place, bytes);
    ck_assert_uint_eq(frame_announced(bytes), sizeof(bytes));
    ck_assert(frame_read(bytes, sizeof(bytes), &back));
    ck_assert_uint_eq(back.frame.epoch, 3);
    ck_assert_uint_eq(back.frame.first_seq, 41);
    ck_assert_uint_eq(back.frame.count, 2);
    ck_assert_int_eq(back.frame.at_ms, 1700000000123);
    ck_assert_uint_eq(back.frame.size, 7);
    ck_assert_mem_eq(back.frame.data, "records", 7);
    ck_assert_uint_eq(back.append_offset, 64);
    ck_assert_uint_eq(back.append_size, 500);
    ck_assert(frame_digest_equal(back.before, place.before));
    ck_assert(frame_digest_equal(back.digest, place.digest));
}
END_TEST

START_TEST(every_flipped_bit_of_a_frame_is_found)
{
    uint8_t bytes[JOURNAL_FRAME_HEADER + 7];
    struct frame_place place = sample, back;
    frame_write(&place, bytes);
    for (size_t bit = 0; bit < sizeof(bytes) * 8; bit++) {
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        ck_assert_msg(!frame_read(bytes, sizeof(bytes), &back), "bit %zu", bit);
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    for (size_t size = 0; size < sizeof(bytes); size++) {
        ck_assert(!frame_read(bytes, size, &back));
    }
}
END_TEST

START_TEST(the_bytes_are_those_of_the_manual)
{
    uint8_t bytes[JOURNAL_FRAME_HEADER + 7];
    struct frame_place place = sample;
    frame_write(&place, bytes);
    static const uint8_t begin[] = {0x8b, 'H', 'Y', 0xf7, 1, 0, 80, 0};
    static const uint8_t rest[] = {3, 0, 0, 0, 0, 0, 0, 0, 41, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 7, 0, 0, 0};
    ck_assert_mem_eq(bytes, begin, sizeof(begin));
    ck_assert_mem_eq(bytes + 16, rest, sizeof(rest));
}
END_TEST

START_TEST(a_segment_header_reads_back_and_every_flipped_bit_is_found)
{
    struct segment_header header = {.first_seq = 9, .before = {.low = 1, .high = 2}, .file_size = 16384}, back;
    uint8_t bytes[SEGMENT_HEADER_SIZE];
    segment_header_write(&header, bytes);
    ck_assert_int_eq(segment_header_read(bytes, &back), 0);
    ck_assert_uint_eq(back.first_seq, 9);
    ck_assert(frame_digest_equal(back.before, header.before));
    ck_assert_uint_eq(back.file_size, 16384);
    for (size_t bit = 0; bit < sizeof(bytes) * 8; bit++) {
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        ck_assert_int_eq(segment_header_read(bytes, &back), -EBADMSG);
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {{a_frame_reads_back},
                                       {every_flipped_bit_of_a_frame_is_found},
                                       {the_bytes_are_those_of_the_manual},
                                       {a_segment_header_reads_back_and_every_flipped_bit_is_found}};
    return suite_run(&(struct suite){.name = "store/frame", .timeout_s = 120, .tests = tests, .count = SUITE_COUNT(tests)});
}
