/*
 * test_store_verify.c - the file of the rows with every kind of damage: said, or of no consequence. What is not said is opened,
 * compared, and worked on.
 */
#include "dispatcher/store/packed.h"
#include "dispatcher/store/store_inner.h"

#include "tests/store/scratch.h"
#include "tests/store/store_kit.h"
#include "tests/suite.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define STEPS 1200
#define MORE 40
#define PAGE ((size_t)4096)

/* Rows of STEPS steps with their checkpoints, some of the file's pages free; the same file as it was a while before; and what the
 * rows are MORE steps later. */
static struct {
    char *folder, *wanted, *later;
    uint8_t *bytes, *older, *spoiled;
    size_t size, older_size;
} kit;

static void steps(const struct tables *tables, struct store *store, uint64_t from, uint64_t until)
{
    for (uint64_t n = from; n <= until; n++) {
        store_kit_step(tables, n);
        if (n % 250 == 0) {
            ck_assert_int_eq(store_checkpoint(store), 0);
        }
    }
    ck_assert_int_eq(store_checkpoint(store), 0);
}

static void begin(void)
{
    struct tables tables;
    kit.folder = scratch_new();
    kit.wanted = scratch_new();
    kit.later = scratch_new();
    struct store *store = store_kit_open(kit.folder, &tables);
    steps(&tables, store, 1, STEPS - 300);
    kit.older = scratch_read(scratch_path(kit.folder, STORE_DATA), &kit.older_size);
    steps(&tables, store, STEPS - 299, STEPS);
    store_close(store);
    scratch_copy(kit.folder, kit.wanted);
    scratch_copy(kit.folder, kit.later);
    store = store_kit_open(kit.later, &tables);
    steps(&tables, store, STEPS + 1, STEPS + MORE);
    store_close(store);
    kit.bytes = scratch_read(scratch_path(kit.folder, STORE_DATA), &kit.size);
    kit.spoiled = malloc(kit.size);
    memcpy(kit.spoiled, kit.bytes, kit.size);
}

static void end(void)
{
    free(kit.bytes);
    free(kit.older);
    free(kit.spoiled);
    scratch_drop(kit.folder);
    scratch_drop(kit.wanted);
    scratch_drop(kit.later);
}

static void say(void *arg, const char *table, uint64_t id, const char *what)
{
    ck_abort_msg("%s: %s %lu %s", (const char *)arg, table, (unsigned long)id, what);
}

static void compare(struct store *store, const char *wanted, const char *name)
{
    struct tables tables;
    struct store *other = store_kit_open(wanted, &tables);
    char what[160];
    snprintf(what, sizeof(what), "%s", name);
    ck_assert_int_gt(store_compare(store, other, say, what), 0);
    store_close(other);
}

/* Is this damage said? If not, the rows are as if it was not there, now and after more work. */
static bool is_said(const uint8_t *bytes, size_t size, const char *name)
{
    char said[STORE_SAID];
    scratch_empty(kit.folder);
    scratch_write(scratch_path(kit.folder, STORE_DATA), bytes, size);
    int rc = store_verify(kit.folder, said);
    if (rc < 0) {
        ck_assert_msg(rc == -EBADMSG || rc == -ENOTSUP, "%s: %d %s", name, rc, said);
        ck_assert_msg(said[0] != '\0', "%s", name);
        return true;
    }
    struct tables tables;
    struct store *store = store_kit_open(kit.folder, &tables);
    compare(store, kit.wanted, name);
    steps(&tables, store, STEPS + 1, STEPS + MORE);
    compare(store, kit.later, name);
    store_close(store);
    rc = store_verify(kit.folder, said);
    ck_assert_msg(rc == 0, "%s, later: %d %s", name, rc, said);
    return false;
}

START_TEST(rows_that_are_whole_are_said_to_be_whole)
{
    char said[STORE_SAID];
    struct tables tables;
    begin();
    ck_assert_msg(store_verify(kit.folder, said) == 0, "%s", said);
    ck_assert(!is_said(kit.bytes, kit.size, "untouched"));
    char *folder = scratch_new();
    ck_assert_int_eq(store_verify(folder, said), -ENOENT);
    ck_assert_int_eq(store_verify(scratch_path(folder, "nowhere"), said), -ENOENT);
    struct store *store = store_kit_open(folder, &tables);
    ck_assert_int_eq(store_verify(folder, said), 0); /* made, and nothing in it */
    for (uint64_t n = 1; n <= 2000; n++) {
        store_kit_step(&tables, n);
        if (n % 37 != 0) {
            continue;
        }
        ck_assert_int_eq(store_checkpoint(store), 0);
        ck_assert_msg(store_verify(folder, said) == 0, "step %lu: %s", n, said);
    }
    store_close(store);
    scratch_drop(folder);
    end();
}
END_TEST

START_TEST(a_flipped_bit_is_said_or_harmless)
{
    uint64_t chance = 7;
    int found = 0, tried = 0;
    begin();
    for (; tried < 500; tried++) {
        size_t at = suite_random(&chance) % kit.size;
        char name[64];
        if (tried % 6 == 0) {
            at = (suite_random(&chance) % (kit.size / PAGE)) * PAGE + suite_random(&chance) % 48; /* heads of pages */
        }
        uint8_t bit = (uint8_t)(1u << suite_random(&chance) % 8);
        snprintf(name, sizeof(name), "byte %zu, bit %#x", at, bit);
        kit.spoiled[at] ^= bit;
        found += is_said(kit.spoiled, kit.size, name);
        kit.spoiled[at] ^= bit;
    }
    ck_assert_int_gt(found, tried / 3);
    end();
}
END_TEST

START_TEST(a_flipped_bit_of_the_head_pages_is_said_or_harmless)
{
    int found = 0;
    begin();
    for (size_t page = 0; page < 2; page++) {
        for (size_t i = page; i < 160 * 8; i += 3) { /* 3 and 8 have no common part: every bit of a byte */
            size_t at = page * PAGE + i / 8;
            char name[64];
            snprintf(name, sizeof(name), "head %zu, byte %zu, bit %zu", page, i / 8, i % 8);
            kit.spoiled[at] ^= (uint8_t)(1u << i % 8);
            found += is_said(kit.spoiled, kit.size, name);
            kit.spoiled[at] ^= (uint8_t)(1u << i % 8);
        }
    }
    ck_assert_int_gt(found, 250);
    end();
}
END_TEST

START_TEST(pages_that_are_zero_noise_swapped_or_of_another_time_are_said_or_harmless)
{
    uint64_t chance = 11;
    int found = 0;
    begin();
    size_t pages = kit.size / PAGE;
    for (size_t i = 0; i < pages; i++) {
        size_t other = suite_random(&chance) % pages;
        char name[64];
        snprintf(name, sizeof(name), "page %zu, way %zu, other %zu", i, i % 4, other);
        if (i % 4 == 0) {
            memset(kit.spoiled + i * PAGE, 0, PAGE);
        } else if (i % 4 == 1 && i * PAGE < kit.older_size) {
            memcpy(kit.spoiled + i * PAGE, kit.older + i * PAGE, PAGE);
        } else if (i % 4 == 2) {
            memcpy(kit.spoiled + i * PAGE, kit.bytes + other * PAGE, PAGE);
        } else {
            for (size_t j = 0; j < PAGE; j++) {
                kit.spoiled[i * PAGE + j] = (uint8_t)suite_random(&chance);
            }
        }
        found += is_said(kit.spoiled, kit.size, name);
        memcpy(kit.spoiled + i * PAGE, kit.bytes + i * PAGE, PAGE);
    }
    ck_assert_uint_gt((size_t)found, pages / 4);
    end();
}
END_TEST

START_TEST(a_file_that_was_cut_is_said_to_be)
{
    begin();
    for (size_t size = 0; size < kit.size; size += size < 3 * PAGE ? 97 : 5 * PAGE + 13) {
        ck_assert_msg(is_said(kit.bytes, size, "cut") || size + 8 * PAGE > kit.size, "%zu of %zu", size, kit.size);
    }
    end();
}
END_TEST

/* Copies the block of a case out of the file, with its checksum. Returns its size. */
static size_t stored_block(uint64_t block, uint8_t ret[BLOCK_SIZE_MAX + STORE_SUM])
{
    struct tables tables;
    struct store *store = store_kit_open(kit.folder, &tables);
    MDB_val key = {.mv_size = sizeof(block), .mv_data = &block}, value;
    ck_assert_int_eq(mdb_get(store->txn, store->tables[ROW_CASE], &key, &value), 0);
    size_t size = value.mv_size;
    memcpy(ret, value.mv_data, size);
    store_close(store);
    return size;
}

/* Writes the same block with another day number in one row, and a checksum that is right. */
static void other_block(const uint8_t *from, size_t size, uint64_t block, uint64_t id, uint8_t ret[BLOCK_SIZE_MAX + STORE_SUM])
{
    struct block_walk walk;
    size_t used = 0;
    block_begin(&walk, ROW_CASE, block, from, size - STORE_SUM);
    while (block_next(&walk) > 0) {
        struct case_row row;
        ck_assert_int_eq(block_row(&walk, &row), 0);
        row.day_no += walk.id == id;
        used = block_add(ROW_CASE, ret, used, walk.id, &row);
    }
    ck_assert_uint_eq(used, size - STORE_SUM);
    uint64_t sum = store_sum(ROW_CASE, &block, sizeof(block), ret, used);
    memcpy(ret + used, &sum, sizeof(sum));
}

/* A row of another time, whole in itself: only the sum of its table tells. */
START_TEST(a_whole_row_that_is_not_of_the_checkpoint_is_said)
{
    static uint8_t wanted[BLOCK_SIZE_MAX + STORE_SUM], other[BLOCK_SIZE_MAX + STORE_SUM];
    char said[STORE_SAID];
    begin();
    for (uint64_t id = 100; id < 110; id++) {
        uint64_t block = block_key(ROW_CASE, id);
        scratch_write(scratch_path(kit.folder, STORE_DATA), kit.bytes, kit.size);
        size_t size = stored_block(block, wanted);
        int found = 0;
        other_block(wanted, size, block, id, other);
        memcpy(kit.spoiled, kit.bytes, kit.size);
        for (uint8_t *at = kit.spoiled; (at = memmem(at, (size_t)(kit.spoiled + kit.size - at), wanted, size)) != NULL; found++) {
            memcpy(at, other, size);
        }
        ck_assert_int_gt(found, 0);
        scratch_write(scratch_path(kit.folder, STORE_DATA), kit.spoiled, kit.size);
        ck_assert_int_eq(store_verify(kit.folder, said), -EBADMSG);
        ck_assert_msg(strstr(said, "together they are not those of the last checkpoint") != NULL, "%s", said);
    }
    end();
}
END_TEST

/* The rows beside one that changed are written with it: what is damaged among them gets no checksum that is right. */
START_TEST(a_block_that_is_damaged_is_not_written_anew)
{
    static uint8_t wanted[BLOCK_SIZE_MAX + STORE_SUM];
    const uint64_t id = 100, block = block_key(ROW_CASE, id);
    struct tables tables;
    int spoiled = 0;
    begin();
    size_t size = stored_block(block, wanted);
    struct store *store = store_kit_open(kit.folder, &tables);
    int fd = open(scratch_path(kit.folder, STORE_DATA), O_RDWR);
    for (const uint8_t *at = kit.bytes; (at = memmem(at, (size_t)(kit.bytes + kit.size - at), wanted, size)) != NULL; at++) {
        uint8_t byte = (uint8_t)(at[4] ^ 1);
        ck_assert_int_eq(pwrite(fd, &byte, 1, at + 4 - kit.bytes), 1);
        spoiled++;
    }
    close(fd);
    ck_assert_int_gt(spoiled, 0);
    struct case_row row = {.case_id = id};
    tables_put(&tables, ROW_CASE, id, &row);
    ck_assert_int_eq(store_checkpoint(store), -EBADMSG);
    store_close(store);
    end();
}
END_TEST

/* Each page up to the last one is in use or free: a head page whose last page is another one says so. */
START_TEST(a_last_page_that_is_another_is_said)
{
    char said[STORE_SAID];
    begin();
    for (int i = 0; i < 2; i++) {
        size_t at = PAGE * (size_t)i + 16 + 24 + 2 * 48;
        uint64_t last;
        memcpy(&last, kit.spoiled + at, sizeof(last));
        last += 3;
        memcpy(kit.spoiled + at, &last, sizeof(last)); /* of both, for one of them is in force */
    }
    scratch_write(scratch_path(kit.folder, STORE_DATA), kit.spoiled, kit.size);
    ck_assert_int_eq(store_verify(kit.folder, said), -EBADMSG);
    ck_assert_msg(strstr(said, "neither used nor free") != NULL, "%s", said);
    end();
}
END_TEST

START_TEST(rows_that_were_condemned_are_not_used_again)
{
    char said[STORE_SAID];
    begin();
    ck_assert_int_eq(store_verify(kit.folder, said), 0);
    ck_assert_int_eq(store_condemn(kit.folder), 0);
    ck_assert_int_eq(store_verify(kit.folder, said), -EBADMSG);
    end();
}
END_TEST

/* While it is open: a row that is read from the file and is not what was written, is never given out. */
START_TEST(a_row_that_changes_under_an_open_store_is_latched)
{
    char said[STORE_SAID];
    uint64_t chance = 3;
    int latched = 0;
    begin();
    for (int round = 0; round < 60; round++) {
        struct tables tables;
        scratch_empty(kit.folder);
        scratch_write(scratch_path(kit.folder, STORE_DATA), kit.bytes, kit.size);
        ck_assert_int_eq(store_verify(kit.folder, said), 0);
        struct store *store = store_kit_open(kit.folder, &tables);
        /* the bytes of one case row, found in the file by what the kit writes into it */
        uint64_t id = 1 + suite_random(&chance) % STEPS;
        struct case_row row, wanted = {.case_id = id, .day = 260101, .day_no = (uint32_t)id};
        int fd = open(scratch_path(kit.folder, STORE_DATA), O_RDWR);
        size_t spoiled = 0;
        uint8_t packed[PACKED_ROOM(sizeof(wanted))];
        size_t size = packed_write(&wanted, sizeof(wanted), packed);
        for (const uint8_t *at = kit.bytes; (at = memmem(at, (size_t)(kit.bytes + kit.size - at), packed, size)) != NULL; at++) {
            size_t offset = (size_t)(at - kit.bytes) + suite_random(&chance) % (size + STORE_SUM);
            uint8_t byte = (uint8_t)(kit.bytes[offset] ^ 4);
            ck_assert_int_eq(pwrite(fd, &byte, 1, (off_t)offset), 1);
            spoiled++;
        }
        close(fd);
        ck_assert_uint_gt(spoiled, 0);
        if (round % 2 == 0) {
            ck_assert(!tables_get(&tables, ROW_CASE, id, &row));
        } else {
            for (int i = 0; i < 20000 && store_failed(store) == 0; i++) {
                (void)store_scrub(store, 512);
            }
        }
        ck_assert_int_eq(store_failed(store), -EBADMSG);
        latched++;
        store_close(store);
    }
    ck_assert_int_eq(latched, 60);
    end();
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {{rows_that_are_whole_are_said_to_be_whole},
                                       {a_flipped_bit_is_said_or_harmless},
                                       {a_flipped_bit_of_the_head_pages_is_said_or_harmless},
                                       {pages_that_are_zero_noise_swapped_or_of_another_time_are_said_or_harmless},
                                       {a_file_that_was_cut_is_said_to_be},
                                       {a_whole_row_that_is_not_of_the_checkpoint_is_said},
                                       {a_block_that_is_damaged_is_not_written_anew},
                                       {a_last_page_that_is_another_is_said},
                                       {rows_that_were_condemned_are_not_used_again},
                                       {a_row_that_changes_under_an_open_store_is_latched}};
    return suite_run(&(struct suite){.name = "store/store_verify", .timeout_s = 120, .tests = tests, .count = SUITE_COUNT(tests)});
}
