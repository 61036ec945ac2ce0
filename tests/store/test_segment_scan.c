/*
 * test_segment_scan.c - what a power cut or a bad disk leaves, and what open says to it. Images are made from the files of a real
 * journal.
 */
#include "dispatcher/store/frame.h"

#include "tests/store/journal_kit.h"
#include "tests/store/scratch.h"
#include "tests/suite.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>

#define SEGMENT 65536
#define FIRST "0000000000000001.log"

/* A journal of one segment, before and after its last append. */
struct image {
    char *folder;
    uint8_t *before;
    uint8_t *after;
    size_t size;
    size_t from; /* of the last append */
    size_t until;
    uint64_t last_before;
    uint64_t last_after;
};

static struct image image_make(uint32_t frames, size_t size)
{
    struct image image = {.folder = scratch_new()};
    struct journal *journal = kit_open(image.folder, SEGMENT, NULL);
    ck_assert_int_eq(kit_append(journal, 1, 2, 300), 0);
    ck_assert_int_eq(kit_append(journal, 2, 1, 111), 0);
    image.last_before = journal_last_seq(journal);
    image.before = scratch_read(scratch_path(image.folder, FIRST), &image.size);
    ck_assert_int_eq(kit_append(journal, frames, 2, size), 0);
    image.last_after = journal_last_seq(journal);
    image.after = scratch_read(scratch_path(image.folder, FIRST), &image.size);
    journal_close(journal);
    while (image.before[image.from] == image.after[image.from]) {
        image.from++;
    }
    image.until = image.size;
    while (image.before[image.until - 1] == image.after[image.until - 1]) {
        image.until--;
    }
    /* the magic's first byte differs from zero, so does the last byte of the kit's data */
    ck_assert_uint_eq(image.until - image.from, frames * frame_size(size));
    return image;
}

static void image_drop(struct image *image)
{
    free(image->before);
    free(image->after);
    scratch_drop(image->folder);
}

static int try_open(const char *folder, bool verify_all, struct journal_open_report *report)
{
    struct journal *journal = NULL;
    struct journal_options options = {.path = folder, .segment_size = SEGMENT};
    int rc = journal_open(&options, verify_all, &journal, report);
    journal_close(journal);
    return rc;
}

/* The bytes are a torn (or whole, or absent) last append: opens, says so, goes on, and is well afterwards. */
static void expect_cut(const struct image *image, const uint8_t *bytes)
{
    bool whole = memcmp(bytes, image->after, image->size) == 0, absent = memcmp(bytes, image->before, image->size) == 0;
    scratch_write(scratch_path(image->folder, FIRST), bytes, image->size);
    struct journal_open_report report;
    struct journal *journal = NULL;
    struct journal_options options = {.path = image->folder, .segment_size = SEGMENT, .read_only = true};
    ck_assert_int_eq(journal_open(&options, true, &journal, &report), 0);
    ck_assert_int_eq(report.cut, !whole && !absent);
    ck_assert_uint_eq(kit_read(journal, 1), whole ? image->last_after : image->last_before);
    journal_close(journal);
    options.read_only = false;
    ck_assert_int_eq(journal_open(&options, true, &journal, &report), 0);
    ck_assert_int_eq(report.cut, !whole && !absent);
    ck_assert_int_eq(report.said[0] != '\0', report.cut);
    uint64_t last = kit_read(journal, 1);
    ck_assert_uint_eq(last, whole ? image->last_after : image->last_before);
    size_t size;
    uint8_t *now = scratch_read(scratch_path(image->folder, FIRST), &size);
    ck_assert_mem_eq(now, whole ? image->after : image->before, image->size);
    free(now);
    ck_assert_int_eq(kit_append(journal, 1, 1, 50), 0);
    journal_close(journal);
    journal = kit_open(image->folder, SEGMENT, &report);
    ck_assert(!report.cut);
    ck_assert_uint_eq(kit_read(journal, 1), last + 1);
    journal_close(journal);
}

/* Builds the image in which the blocks whose bits are set in `kept` have arrived, the others not. */
static uint8_t *subset(const struct image *image, size_t block, uint32_t kept)
{
    uint8_t *bytes = malloc(image->size);
    memcpy(bytes, image->before, image->size);
    size_t first = image->from / block;
    for (size_t i = first; i * block < image->until; i++) {
        if ((kept >> (i - first) & 1) != 0) {
            memcpy(bytes + i * block, image->after + i * block, block);
        }
    }
    return bytes;
}

static void all_subsets(size_t block, uint32_t frames, size_t size)
{
    struct image image = image_make(frames, size);
    size_t blocks = (image.until - 1) / block - image.from / block + 1;
    ck_assert_uint_ge(blocks, 4);
    ck_assert_uint_le(blocks, 9);
    for (uint32_t kept = 0; kept < 1u << blocks; kept++) {
        uint8_t *bytes = subset(&image, block, kept);
        expect_cut(&image, bytes);
        free(bytes);
    }
    image_drop(&image);
}

START_TEST(any_subset_of_the_sectors_of_the_last_append_is_cut)
{
    all_subsets(512, 1, 3000); /* one frame over many sectors */
    all_subsets(512, 9, 250);  /* frames that end in the middle of sectors: good ones after bad ones */
    all_subsets(512, 6, 432);  /* frames as large as sectors */
}
END_TEST

START_TEST(any_subset_of_the_pages_of_the_last_append_is_cut)
{
    all_subsets(4096, 3, 7000);
    all_subsets(4096, 25, 900);
}
END_TEST

START_TEST(an_append_that_stops_or_begins_at_any_byte_is_cut)
{
    struct image image = image_make(3, 200);
    uint8_t *bytes = malloc(image.size);
    for (size_t at = image.from; at <= image.until; at += 5) {
        memcpy(bytes, image.before, image.size);
        memcpy(bytes + image.from, image.after + image.from, at - image.from);
        expect_cut(&image, bytes);
        memcpy(bytes, image.before, image.size);
        memcpy(bytes + at, image.after + at, image.until - at);
        expect_cut(&image, bytes);
    }
    free(bytes);
    image_drop(&image);
}
END_TEST

START_TEST(noise_instead_of_a_sector_of_the_last_append_is_cut)
{
    struct image image = image_make(9, 250);
    uint8_t *bytes = malloc(image.size);
    for (size_t i = image.from / 512 + 1; i < image.until / 512; i++) {
        memcpy(bytes, image.after, image.size);
        for (size_t j = 0; j < 512; j++) {
            bytes[i * 512 + j] = (uint8_t)(j * 37 + i);
        }
        expect_cut(&image, bytes);
    }
    free(bytes);
    image_drop(&image);
}
END_TEST

/* The bytes are damaged: refused, segment and offset named, nothing written. */
static void expect_damage(const char *folder, const char *file, const uint8_t *bytes, size_t size, const char *offset)
{
    struct journal_open_report report;
    scratch_write(scratch_path(folder, file), bytes, size);
    ck_assert_int_eq(try_open(folder, true, &report), -EBADMSG);
    ck_assert_msg(strstr(report.said, file) != NULL, "%s", report.said);
    char wanted[64];
    snprintf(wanted, sizeof(wanted), "offset %s:", offset);
    ck_assert_msg(strstr(report.said, wanted) != NULL, "%s, not %s", report.said, wanted);
    size_t now_size;
    uint8_t *now = scratch_read(scratch_path(folder, file), &now_size);
    ck_assert_uint_eq(now_size, size);
    ck_assert_mem_eq(now, bytes, size);
    free(now);
}

/* Opens a copy: cut, with this last sequence. */
static void expect_cut_to(const struct image *image, const uint8_t *bytes, uint64_t last)
{
    struct journal_open_report report;
    char *folder = scratch_new();
    scratch_write(scratch_path(folder, FIRST), bytes, image->size);
    ck_assert_int_eq(try_open(folder, true, &report), 0);
    ck_assert(report.cut);
    ck_assert_uint_eq(report.last_seq, last);
    scratch_drop(folder);
}

START_TEST(a_flipped_byte_in_an_older_append_is_damage)
{
    struct image image = image_make(2, 150);
    size_t second = SEGMENT_HEADER_SIZE + frame_size(300);
    const size_t frames[] = {SEGMENT_HEADER_SIZE, second, second + frame_size(111)};
    uint8_t *bytes = malloc(image.size);
    char offset[24];
    for (size_t at = SEGMENT_HEADER_SIZE; at < image.from; at++) {
        size_t frame = at >= frames[2] ? 2 : at >= frames[1];
        memcpy(bytes, image.after, image.size);
        bytes[at] ^= 0x10;
        snprintf(offset, sizeof(offset), "%zu", frames[frame]);
        expect_damage(image.folder, FIRST, bytes, image.size, offset);
    }
    for (size_t at = 0; at < SEGMENT_HEADER_SIZE; at++) {
        memcpy(bytes, image.after, image.size);
        bytes[at] ^= 0x10;
        expect_damage(image.folder, FIRST, bytes, image.size, "0");
    }
    free(bytes);
    image_drop(&image);
}
END_TEST

START_TEST(a_bad_first_append_is_damage_even_when_it_is_the_last)
{
    char *folder = scratch_new();
    struct journal *journal = kit_open(folder, SEGMENT, NULL);
    ck_assert_int_eq(kit_append(journal, 2, 1, 400), 0);
    journal_close(journal);
    size_t size;
    uint8_t *bytes = scratch_read(scratch_path(folder, FIRST), &size);
    bytes[SEGMENT_HEADER_SIZE + 100] ^= 1;
    expect_damage(folder, FIRST, bytes, size, "64");
    memset(bytes + SEGMENT_HEADER_SIZE, 0, size - SEGMENT_HEADER_SIZE);
    expect_damage(folder, FIRST, bytes, size, "64");
    free(bytes);
    scratch_drop(folder);
}
END_TEST

START_TEST(bytes_behind_the_end_of_a_torn_append_are_damage)
{
    struct image image = image_make(2, 150);
    uint8_t *bytes = malloc(image.size);
    char offset[24];
    memcpy(bytes, image.after, image.size);
    bytes[image.from + 100] ^= 1; /* the first frame is bad, the second says how long the append is */
    expect_cut(&image, bytes);
    bytes[image.size - 1] = 7;
    snprintf(offset, sizeof(offset), "%zu", image.from);
    expect_damage(image.folder, FIRST, bytes, image.size, offset);
    free(bytes);
    image_drop(&image);
}
END_TEST

START_TEST(a_right_frame_in_the_wrong_place_is_damage)
{
    struct image image = image_make(1, 300);
    uint8_t *bytes = malloc(image.size);
    char offset[24];
    /* the first frame again, behind the end: as if a write had gone astray */
    memcpy(bytes, image.before, image.size);
    memcpy(bytes + image.from, bytes + SEGMENT_HEADER_SIZE, frame_size(300));
    snprintf(offset, sizeof(offset), "%zu", image.from);
    expect_damage(image.folder, FIRST, bytes, image.size, offset);
    free(bytes);
    image_drop(&image);
}
END_TEST

START_TEST(a_right_frame_that_does_not_continue_the_chain_is_damage)
{
    struct image image = image_make(1, 300);
    uint8_t *bytes = malloc(image.size);
    char offset[24];
    snprintf(offset, sizeof(offset), "%zu", image.from);
    struct frame_place right;
    ck_assert(frame_read(image.after + image.from, image.size - image.from, &right));
    for (int wrong = 0; wrong < 7; wrong++) {
        struct frame_place place = right;
        place.before.low ^= wrong == 0;
        place.before.high ^= wrong == 1;
        place.frame.first_seq += wrong == 2;
        place.frame.count = wrong == 3 ? 0 : place.frame.count;
        place.frame.epoch = wrong == 4 ? 0 : place.frame.epoch;
        place.append_size = wrong == 5 ? UINT64_MAX : wrong == 6 ? place.append_size - 1 : place.append_size;
        memcpy(bytes, image.before, image.size);
        frame_write(&place, bytes + image.from);
        expect_damage(image.folder, FIRST, bytes, image.size, offset);
    }
    free(bytes);
    image_drop(&image);
}
END_TEST

START_TEST(a_bad_append_is_damage_even_when_the_one_behind_it_is_torn)
{
    struct image image = image_make(1, 150);
    scratch_write(scratch_path(image.folder, FIRST), image.after, image.size);
    struct journal *journal = kit_open(image.folder, SEGMENT, NULL);
    ck_assert_int_eq(kit_append(journal, 5, 1, 2000), 0);
    journal_close(journal);
    size_t size;
    uint8_t *bytes = scratch_read(scratch_path(image.folder, FIRST), &size);
    /* of the append behind, the first frame arrived alone: what it says of its size reaches over all that is there */
    memset(bytes + image.until + frame_size(2000), 0, size - image.until - frame_size(2000));
    expect_cut_to(&image, bytes, image.last_after);
    char offset[24];
    snprintf(offset, sizeof(offset), "%zu", image.from);
    bytes[image.from + 100] ^= 1;
    expect_damage(image.folder, FIRST, bytes, size, offset);
    free(bytes);
    image_drop(&image);
}
END_TEST

START_TEST(a_file_of_another_size_is_damage)
{
    struct image image = image_make(1, 300);
    expect_damage(image.folder, FIRST, image.after, image.size - 4096, "0");
    expect_damage(image.folder, FIRST, image.after, 20, "0");
    uint8_t *larger = calloc(1, image.size + 4096);
    memcpy(larger, image.after, image.size);
    expect_damage(image.folder, FIRST, larger, image.size + 4096, "0");
    free(larger);
    image_drop(&image);
}
END_TEST

START_TEST(a_newer_format_is_said_to_be_newer)
{
    struct image image = image_make(1, 300);
    struct journal_open_report report;
    image.after[8] = 2;
    uint64_t sum = XXH3_64bits(image.after, 56);
    for (int i = 0; i < 8; i++) {
        image.after[56 + i] = (uint8_t)(sum >> (8 * i));
    }
    scratch_write(scratch_path(image.folder, FIRST), image.after, image.size);
    ck_assert_int_eq(try_open(image.folder, true, &report), -ENOTSUP);
    ck_assert_ptr_nonnull(strstr(report.said, "newer"));
    image_drop(&image);
}
END_TEST

/* Three segments of two appends each. */
static char *three_segments(void)
{
    char *folder = scratch_new();
    struct journal *journal = kit_open(folder, 16384, NULL);
    for (int i = 0; i < 6; i++) {
        ck_assert_int_eq(kit_append(journal, 2, 1, 3500), 0);
    }
    journal_close(journal);
    return folder;
}

#define SECOND "0000000000000005.log"
#define THIRD "0000000000000009.log"

START_TEST(damage_in_an_older_segment_is_found_by_verifying_and_by_reading)
{
    char *folder = three_segments();
    size_t size;
    uint8_t *bytes = scratch_read(scratch_path(folder, SECOND), &size);
    size_t last = SEGMENT_HEADER_SIZE + 3 * frame_size(3500); /* an older segment has no torn end */
    bytes[last + 1000] ^= 1;
    char offset[24];
    snprintf(offset, sizeof(offset), "%zu", last);
    expect_damage(folder, SECOND, bytes, size, offset);
    struct journal *journal = NULL;
    struct journal_open_report report;
    struct journal_options options = {.path = folder, .segment_size = 16384};
    /* its last frame is looked at when it is opened */
    ck_assert_int_eq(journal_open(&options, false, &journal, &report), -EBADMSG);
    ck_assert_ptr_nonnull(strstr(report.said, SECOND));
    /* an inner one when it is read */
    bytes[last + 1000] ^= 1;
    last -= frame_size(3500);
    snprintf(offset, sizeof(offset), "%zu", last);
    bytes[last + 1000] ^= 1;
    expect_damage(folder, SECOND, bytes, size, offset);
    ck_assert_int_eq(journal_open(&options, false, &journal, &report), 0);
    struct journal_cursor cursor;
    struct journal_frame frame;
    ck_assert_int_eq(journal_follow(journal, 1, &cursor), 0);
    for (uint64_t seq = 1; seq <= 6; seq++) {
        ck_assert_int_eq(journal_next(&cursor, &frame), 1);
        ck_assert_uint_eq(frame.first_seq, seq);
    }
    ck_assert_int_eq(journal_next(&cursor, &frame), -EBADMSG);
    ck_assert_ptr_nonnull(strstr(journal_said(journal), SECOND));
    ck_assert_ptr_nonnull(strstr(journal_said(journal), offset));
    journal_cursor_end(&cursor);
    journal_close(journal);
    /* bytes behind the last frame of an older segment */
    bytes[last + 1000] ^= 1;
    bytes[size - 5] = 1;
    snprintf(offset, sizeof(offset), "%zu", (size_t)SEGMENT_HEADER_SIZE + 4 * frame_size(3500));
    expect_damage(folder, SECOND, bytes, size, offset);
    free(bytes);
    scratch_drop(folder);
}
END_TEST

/* Opened as for serving, without a look at every frame: refused, each word is in the sentence, and nothing is written. */
static void expect_refused(const char *folder, const char *const words[3])
{
    struct journal_open_report report;
    for (int verify_all = 0; verify_all <= 1; verify_all++) {
        ck_assert_int_eq(try_open(folder, verify_all == 1, &report), -EBADMSG);
        for (int i = 0; i < 3 && words[i] != NULL; i++) {
            ck_assert_msg(strstr(report.said, words[i]) != NULL, "%s, not %s", report.said, words[i]);
        }
        ck_assert_ptr_nonnull(strstr(report.said, "huying restore"));
    }
}

START_TEST(a_missing_segment_is_damage)
{
    char *folder = three_segments();
    unlink(scratch_path(folder, SECOND));
    expect_refused(folder, (const char *const[]){THIRD, "are missing", "sequence 9"});
    unlink(scratch_path(folder, FIRST));
    expect_refused(folder, (const char *const[]){THIRD, "missing", NULL});
    scratch_drop(folder);
}
END_TEST

/* Whole appends gone from the end of an older segment, its size as it was. */
START_TEST(an_older_segment_that_was_cut_is_damage)
{
    char *folder = three_segments();
    size_t size, end = SEGMENT_HEADER_SIZE + 2 * frame_size(3500);
    uint8_t *bytes = scratch_read(scratch_path(folder, FIRST), &size);
    memset(bytes + end, 0, size - end);
    scratch_write(scratch_path(folder, FIRST), bytes, size);
    expect_refused(folder, (const char *const[]){SECOND, "are missing", "sequence 5"});
    scratch_write(scratch_path(folder, FIRST), bytes, size - 4096);
    expect_refused(folder, (const char *const[]){FIRST, "it was made with", NULL});
    scratch_write(scratch_path(folder, FIRST), bytes, 10);
    expect_refused(folder, (const char *const[]){FIRST, "too short", NULL});
    scratch_write(scratch_path(folder, FIRST), bytes, 0);
    expect_refused(folder, (const char *const[]){FIRST, "too short", NULL});
    free(bytes);
    scratch_drop(folder);
}
END_TEST

START_TEST(segments_that_were_swapped_are_damage)
{
    char *folder = three_segments();
    size_t size;
    uint8_t *first = scratch_read(scratch_path(folder, FIRST), &size), *second = scratch_read(scratch_path(folder, SECOND), &size);
    scratch_write(scratch_path(folder, FIRST), second, size);
    scratch_write(scratch_path(folder, SECOND), first, size);
    expect_refused(folder, (const char *const[]){FIRST, "its name says otherwise", NULL});
    free(first);
    free(second);
    scratch_drop(folder);
}
END_TEST

START_TEST(a_segment_of_another_journal_is_damage)
{
    char *folder = three_segments(), *other = scratch_new();
    struct journal *journal = kit_open(other, 16384, NULL);
    for (int i = 0; i < 6; i++) {
        ck_assert_int_eq(kit_append(journal, 2, 1, 3501), 0);
    }
    journal_close(journal);
    size_t size;
    uint8_t *bytes = scratch_read(scratch_path(other, SECOND), &size);
    expect_damage(folder, SECOND, bytes, size, "0");
    expect_refused(folder, (const char *const[]){SECOND, "continue", NULL});
    free(bytes);
    scratch_drop(folder);
    scratch_drop(other);
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {{any_subset_of_the_sectors_of_the_last_append_is_cut},
                                       {any_subset_of_the_pages_of_the_last_append_is_cut},
                                       {an_append_that_stops_or_begins_at_any_byte_is_cut},
                                       {noise_instead_of_a_sector_of_the_last_append_is_cut},
                                       {a_flipped_byte_in_an_older_append_is_damage},
                                       {a_bad_first_append_is_damage_even_when_it_is_the_last},
                                       {bytes_behind_the_end_of_a_torn_append_are_damage},
                                       {a_right_frame_in_the_wrong_place_is_damage},
                                       {a_right_frame_that_does_not_continue_the_chain_is_damage},
                                       {a_bad_append_is_damage_even_when_the_one_behind_it_is_torn},
                                       {a_file_of_another_size_is_damage},
                                       {a_newer_format_is_said_to_be_newer},
                                       {damage_in_an_older_segment_is_found_by_verifying_and_by_reading},
                                       {a_missing_segment_is_damage},
                                       {an_older_segment_that_was_cut_is_damage},
                                       {segments_that_were_swapped_are_damage},
                                       {a_segment_of_another_journal_is_damage}};
    return suite_run(&(struct suite){.name = "store/scan", .timeout_s = 120, .tests = tests, .count = SUITE_COUNT(tests)});
}
