/* journal_kit.c - journals whose content can be told from their sequences */
#include "tests/store/journal_kit.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static uint8_t byte_of(uint64_t first_seq, size_t i)
{
    uint64_t n = (first_seq * UINT64_C(0x9e3779b97f4a7c15)) ^ (i * UINT64_C(0xd6e8feb86659fd93));
    return (uint8_t)(n >> 32 | 1); /* never zero: a lost sector must show */
}

struct journal *kit_open(const char *path, size_t segment_size, struct journal_open_report *report)
{
    struct journal_open_report unused;
    struct journal_options options = {.path = path, .segment_size = segment_size};
    struct journal *journal = NULL;
    if (report == NULL) {
        report = &unused;
    }
    int rc = journal_open(&options, true, &journal, report);
    ck_assert_msg(rc == 0, "open: %d %s", rc, report->said);
    return journal;
}

int kit_append(struct journal *journal, uint32_t frames, uint32_t count, size_t size)
{
    struct journal_frame *list = calloc(frames, sizeof(*list));
    uint8_t *data = malloc(frames * size + 1);
    uint64_t last = journal_last_seq(journal);
    for (uint32_t i = 0; i < frames; i++) {
        uint64_t first = last + 1 + (uint64_t)i * count;
        for (size_t j = 0; j < size; j++) {
            data[i * size + j] = byte_of(first, j);
        }
        list[i] = (struct journal_frame){.epoch = 1,
                                         .first_seq = first,
                                         .count = count,
                                         .at_ms = (int64_t)(first + count - 1) * 10,
                                         .data = data + i * size,
                                         .size = size};
    }
    int rc = journal_append(journal, 1, last, list, frames);
    free(data);
    free(list);
    return rc;
}

uint64_t kit_read(struct journal *journal, uint64_t from)
{
    struct journal_cursor cursor;
    struct journal_frame frame;
    uint64_t last = from - 1;
    int rc = journal_follow(journal, from, &cursor);
    if (rc == 0) {
        bool first = true;
        while ((rc = journal_next(&cursor, &frame)) == 1) {
            if (first) {
                ck_assert(frame.first_seq <= from && from < frame.first_seq + frame.count);
            } else {
                ck_assert_uint_eq(frame.first_seq, last + 1);
            }
            size_t right = 0;
            while (right < frame.size && ((const uint8_t *)frame.data)[right] == byte_of(frame.first_seq, right)) {
                right++;
            }
            ck_assert_uint_eq(right, frame.size);
            last = frame.first_seq + frame.count - 1;
            ck_assert_int_eq(frame.at_ms, (int64_t)last * 10);
            first = false;
        }
        ck_assert_msg(rc == 0, "next: %d %s", rc, journal_said(journal));
    } else {
        ck_assert_int_eq(rc, -2 /* ENOENT */);
    }
    journal_cursor_end(&cursor);
    ck_assert_uint_eq(last, journal_last_seq(journal));
    return last;
}
