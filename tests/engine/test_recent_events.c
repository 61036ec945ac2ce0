/* test_recent_events.c - the newest steps in memory: without a gap, and bounded. */
#include "dispatcher/engine/recent_events.h"
#include "tests/suite.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

/* A step of three records of which the first and the third are events. */
static void add(struct recent_events *recent, uint64_t first, size_t size)
{
    struct recent_event events[2] = {{.seq = first, .size = size}, {.seq = first + 2, .offset = size, .size = size}};
    struct proto_buffer bytes = {0};
    uint32_t places[2] = {1, 2};
    char *fill = malloc(2 * size);

    memset(fill, 'x', 2 * size);
    ck_assert_int_eq(proto_buffer_append(&bytes, fill, 2 * size), 0);
    ck_assert_int_eq(recent_events_add(recent, first, first + 2, events, 2, places, 2, &bytes), 0);
    proto_buffer_deinit(&bytes);
    free(fill);
}

START_TEST(found_by_any_sequence)
{
    struct recent_events recent;
    const struct recent_block *block;

    recent_events_init(&recent);
    ck_assert_ptr_null(recent_events_find(&recent, 1));
    for (uint64_t first = 10; first < 40; first += 3) {
        add(&recent, first, 10);
    }
    ck_assert_ptr_null(recent_events_find(&recent, 9));
    ck_assert_ptr_null(recent_events_find(&recent, 40));
    for (uint64_t seq = 10; seq < 40; seq++) {
        block = recent_events_find(&recent, seq);
        ck_assert_ptr_nonnull(block);
        ck_assert(seq >= block->first_seq && seq <= block->last_seq);
        ck_assert_uint_eq(recent_events_index(block, seq), (seq - 10) % 3 == 0 ? 0 : 1);
    }
    ck_assert_uint_eq(recent_events_index(block, 40), 2);
    ck_assert_ptr_null(recent_events_next(block));
    ck_assert_ptr_eq(recent_events_next(recent_events_find(&recent, 10)), recent_events_find(&recent, 13));
    add(&recent, 50, 10); /* a gap: what was before is of no use */
    ck_assert_ptr_null(recent_events_find(&recent, 39));
    ck_assert_ptr_nonnull(recent_events_find(&recent, 50));
    recent_events_clear(&recent);
    ck_assert_uint_eq(recent.cost, 0);
}
END_TEST

START_TEST(memory_is_bounded)
{
    struct recent_events recent;

    recent_events_init(&recent);
    for (uint64_t i = 0; i < 100; i++) {
        add(&recent, 1 + 3 * i, RECENT_EVENTS_BYTES_MAX / 20);
    }
    ck_assert_uint_le(recent.cost, RECENT_EVENTS_BYTES_MAX);
    ck_assert_ptr_null(recent_events_find(&recent, 1));
    ck_assert_ptr_nonnull(recent_events_find(&recent, 300));
    ck_assert_ptr_nonnull(recent_events_find(&recent, 277));
    add(&recent, 301, RECENT_EVENTS_BYTES_MAX); /* one step that is larger than all is kept alone */
    ck_assert_ptr_null(recent_events_find(&recent, 300));
    ck_assert_ptr_nonnull(recent_events_find(&recent, 301));
    recent_events_clear(&recent);
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {{found_by_any_sequence}, {memory_is_bounded}};
    return suite_run(&(struct suite){.name = "recent", .tests = tests, .count = SUITE_COUNT(tests)});
}
