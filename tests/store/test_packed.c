/* test_packed.c - tests of packed.h and block.h: rows as they lie in the file */
#include "dispatcher/store/block.h"

#include "tests/suite.h"

#include <errno.h>

START_TEST(a_row_of_zeros_is_its_bits_alone)
{
    uint64_t row[9] = {0}, read[9];
    uint8_t packed[PACKED_ROOM(sizeof(row))];
    ck_assert_uint_eq(packed_write(row, sizeof(row), packed), 2);
    ck_assert(packed_read(packed, 2, read, sizeof(read)));
    ck_assert_mem_eq(read, row, sizeof(row));
}
END_TEST

START_TEST(a_word_takes_its_length_and_the_bytes_that_it_needs)
{
    const uint64_t row[3] = {0, 0x1234, 7};
    static const uint8_t wanted[] = {6, 2, 0x34, 0x12, 1, 7};
    uint8_t packed[PACKED_ROOM(sizeof(row))];
    ck_assert_uint_eq(packed_write(row, sizeof(row), packed), sizeof(wanted));
    ck_assert_mem_eq(packed, wanted, sizeof(wanted));
}
END_TEST

/* Words of every length at every place, few of them and many. */
START_TEST(what_was_packed_reads_as_it_was)
{
    uint64_t chance = 9, row[70], read[70];
    uint8_t packed[PACKED_ROOM(sizeof(row))];
    for (int n = 0; n < 20000; n++) {
        size_t words = 1 + suite_random(&chance) % 70, size = words * sizeof(row[0]);
        uint64_t one_of = 1 + suite_random(&chance) % 4;
        for (size_t i = 0; i < words; i++) {
            uint64_t word = (uint64_t)suite_random(&chance) << 32 | suite_random(&chance);
            row[i] = suite_random(&chance) % one_of == 0 ? word >> suite_random(&chance) % 64 : 0;
        }
        size_t used = packed_write(row, size, packed);
        ck_assert_uint_le(used, PACKED_SIZE_MAX(size));
        ck_assert(packed_read(packed, used, read, size));
        ck_assert_mem_eq(read, row, size);
        ck_assert(!packed_read(packed, used - 1, read, size));
        ck_assert(used < 3 || !packed_read(packed, used + 1, read, size));
    }
}
END_TEST

START_TEST(bytes_that_no_row_packs_to_are_refused)
{
    static const struct {
        uint8_t bytes[12];
        size_t size;
    } rows[] = {
        {{0}, 0},                                /* nothing at all */
        {{8}, 1},                                /* a bit of a fourth word */
        {{1}, 1},                                /* a word that is not there */
        {{1, 0}, 2},                             /* of no length */
        {{1, 9, 1, 1, 1, 1, 1, 1, 1, 1, 1}, 11}, /* of nine bytes */
        {{1, 2, 5, 0}, 4},                       /* longer than it need be */
        {{1, 2, 5}, 3},                          /* cut off */
        {{1, 1, 5, 0}, 4},                       /* with something behind it */
    };
    uint64_t row[3];
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        ck_assert_msg(!packed_read(rows[i].bytes, rows[i].size, row, sizeof(row)), "row %zu", i);
    }
}
END_TEST

START_TEST(rows_of_one_block_are_found_by_their_ids)
{
    static uint8_t bytes[BLOCK_SIZE_MAX];
    struct number_row read;
    size_t used = 0;
    const uint64_t key = 77, first = block_first(ROW_NUMBER, key);
    for (uint64_t id = first; id < first + BLOCK_IDS; id += 3) {
        const struct number_row row = {.case_id = id * 1000};
        ck_assert_uint_eq(block_key(ROW_NUMBER, id), key);
        used = block_add(ROW_NUMBER, bytes, used, id, &row);
    }
    for (uint64_t id = first; id < first + BLOCK_IDS; id++) {
        int rc = block_find(ROW_NUMBER, bytes, used, id, &read);
        ck_assert_int_eq(rc, (id - first) % 3 == 0);
        ck_assert(rc == 0 || read.case_id == id * 1000);
    }
}
END_TEST

START_TEST(bytes_that_are_no_block_are_refused)
{
    static const struct {
        uint8_t bytes[12];
        size_t size;
    } blocks[] = {
        {{1, 3}, 2},                                /* half a head */
        {{1, 4, 0, 1, 1, 5}, 6},                    /* a row that is cut off */
        {{64, 3, 0, 1, 1, 5}, 6},                   /* an id of another block */
        {{2, 3, 0, 1, 1, 5, 2, 3, 0, 1, 1, 5}, 12}, /* the same id again */
        {{2, 2, 0, 1, 1}, 5},                       /* not a row */
    };
    struct number_row row;
    for (size_t i = 0; i < sizeof(blocks) / sizeof(blocks[0]); i++) {
        struct block_walk walk;
        int rc;
        block_begin(&walk, ROW_NUMBER, 5, blocks[i].bytes, blocks[i].size);
        while ((rc = block_next(&walk)) > 0 && (rc = block_row(&walk, &row)) == 0) {
        }
        ck_assert_msg(rc == -EBADMSG, "block %zu: %d", i, rc);
    }
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {
        {a_row_of_zeros_is_its_bits_alone},         {a_word_takes_its_length_and_the_bytes_that_it_needs},
        {what_was_packed_reads_as_it_was},          {bytes_that_no_row_packs_to_are_refused},
        {rows_of_one_block_are_found_by_their_ids}, {bytes_that_are_no_block_are_refused}};
    return suite_run(&(struct suite){.name = "store/packed", .timeout_s = 120, .tests = tests, .count = SUITE_COUNT(tests)});
}
