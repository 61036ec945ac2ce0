/* test_parked.c - questions that wait: found again by key and id, counted by connection, ended in the order of their deadlines. */
#include "dispatcher/engine/parked.h"
#include "tests/suite.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct parked *add(struct parking *parking, uint64_t peer, const char *id, uint64_t ask, int64_t until_ms)
{
    struct engine_peer from = {.peer = peer, .name = {.at = "key", .size = 3}};
    struct parked *parked = NULL;
    struct text text = {.at = id, .size = (uint32_t)strlen(id)};

    ck_assert_int_eq(parked_add(parking, &from, text, ask, until_ms, &parked), 0);
    return parked;
}

START_TEST(found_by_key_and_id)
{
    struct parking parking;
    struct code key, other;

    parking_init(&parking);
    ck_assert_int_eq(parking_units(&parking, 3), 0);
    ck_assert(code_make("key", 3, &key));
    ck_assert(code_make("other", 5, &other));
    struct parked *one = add(&parking, 1, "a", 77, 10);
    struct parked *two = add(&parking, 1, "ab", 77, 10); /* the same hash */
    ck_assert_ptr_eq(parked_find(&parking, &key, (struct text){"a", 1}, 77), one);
    ck_assert_ptr_eq(parked_find(&parking, &key, (struct text){"ab", 2}, 77), two);
    ck_assert_ptr_null(parked_find(&parking, &key, (struct text){"b", 1}, 77));
    ck_assert_ptr_null(parked_find(&parking, &other, (struct text){"a", 1}, 77));
    ck_assert_ptr_null(parked_find(&parking, &key, (struct text){"a", 1}, 78));
    parked_free(&parking, one);
    ck_assert_ptr_null(parked_find(&parking, &key, (struct text){"a", 1}, 77));
    parking_deinit(&parking);
    ck_assert_uint_eq(parking.count, 0);
}
END_TEST

START_TEST(connections_are_counted)
{
    struct parking parking;
    struct engine_peer from = {.peer = 1, .name = {.at = "key", .size = 3}};
    struct parked *parked[PARKED_PER_PEER], *more;
    char id[16];

    parking_init(&parking);
    for (uint32_t i = 0; i < PARKED_PER_PEER; i++) {
        snprintf(id, sizeof(id), "%u", i);
        parked[i] = add(&parking, 1, id, i, 0);
    }
    ck_assert_int_eq(parked_add(&parking, &from, (struct text){"x", 1}, 99, 0, &more), -EBUSY);
    more = add(&parking, 2, "x", 99, 0);
    ck_assert_int_eq(parked_move_peer(&parking, more, 1), -EBUSY);
    ck_assert_uint_eq(more->peer, 2);
    ck_assert_int_eq(parked_move_peer(&parking, parked[5], 2), 0);
    ck_assert_int_eq(parked_move_peer(&parking, parked[5], 2), 0);
    ck_assert_int_eq(parked_move_peer(&parking, more, 1), 0);
    ck_assert_ptr_eq(parked_of_peer(&parking, 2), parked[5]);
    parked_free(&parking, parked[5]);
    ck_assert_ptr_null(parked_of_peer(&parking, 2));
    while ((more = parked_of_peer(&parking, 1)) != NULL) {
        parked_free(&parking, more);
    }
    ck_assert_uint_eq(parking.count, 0);
    ck_assert_ptr_null(parking.peers.rbh_root);
    parking_deinit(&parking);
}
END_TEST

/* A key with many questions that want to be looked at, and one with one: the one is behind one of each key. */
START_TEST(keys_take_turns)
{
    static const char *const names[] = {"many", "one"};
    struct parking parking;
    struct parked *parked;
    char id[16];

    parking_init(&parking);
    for (uint32_t i = 0; i < 500; i++) {
        struct engine_peer from = {.peer = i / 50, .name = text_of(names[i == 499])};

        snprintf(id, sizeof(id), "%u", i);
        ck_assert_int_eq(parked_add(&parking, &from, text_of(id), i, 0, &parked), 0);
        parked_to(&parking, parked, PARKED_BEHIND);
    }
    for (uint32_t i = 0; i < 10; i++) { /* each goes back to the end of its key */
        parked = parked_first(&parking, PARKED_BEHIND);
        ck_assert_uint_eq(parked->ask == 499, i == 1 || (i > 1 && i % 2 == 1));
        parked_to(&parking, parked, PARKED_BEHIND);
    }
    parking_deinit(&parking);
    ck_assert_ptr_null(parking.keys.rbh_root);
}
END_TEST

START_TEST(those_that_wait_end_in_order)
{
    struct parking parking;

    parking_init(&parking);
    ck_assert_int_eq(parking_units(&parking, 2), 0);
    struct parked *late = add(&parking, 1, "late", 1, 300);
    struct parked *soon = add(&parking, 1, "soon", 2, 200);
    struct parked *looking = add(&parking, 1, "looking", 3, 100);
    ck_assert_int_eq(parked_next_end_ms(&parking), INT64_MAX);
    late->pull.top = 1;
    late->pull.kinds = 1u << DUTY_KIND_LEAD | 1u << DUTY_KIND_RATE;
    parked_to(&parking, late, PARKED_IDLE);
    parked_to(&parking, soon, PARKED_TAIL);
    parked_to(&parking, looking, PARKED_PULL); /* sees by itself that its time is over */
    ck_assert_int_eq(parked_next_end_ms(&parking), 200);
    ck_assert_ptr_null(parked_ended(&parking, 199));
    ck_assert_ptr_eq(parked_ended(&parking, 200), soon);
    ck_assert_uint_eq(parking.tops[1].wants[DUTY_KIND_RATE], 1);
    ck_assert_uint_eq(parking.tops[1].wants[DUTY_KIND_ROUTE], 0);
    parked_to(&parking, late, PARKED_PULL);
    ck_assert_uint_eq(parking.tops[1].wants[DUTY_KIND_RATE], 0);
    ck_assert(TAILQ_EMPTY(&parking.tops[1].list));
    parked_free(&parking, soon);
    ck_assert_int_eq(parked_next_end_ms(&parking), INT64_MAX);
    parking_deinit(&parking);
}
END_TEST

/* Of those that have seen everything, those that have not seen the newest are counted from the head; nobody is ever left out. */
START_TEST(the_unseen_are_first)
{
    struct parking parking;
    struct parked *at[5];
    char id[4] = "0";

    parking_init(&parking);
    for (int i = 0; i < 5; i++) {
        id[0] = (char)('0' + i);
        at[i] = add(&parking, (uint64_t)i, id, (uint64_t)i, 100);
        parked_to(&parking, at[i], PARKED_TAIL);
    }
    ck_assert_uint_eq(parking.unseen, 0);
    parked_unseen(&parking);
    ck_assert_uint_eq(parking.unseen, 5);
    parked_free(&parking, at[2]); /* from the middle, while none has seen it */
    ck_assert_uint_eq(parking.unseen, 4);
    parked_to(&parking, at[0], PARKED_TAIL); /* has seen it */
    ck_assert_uint_eq(parking.unseen, 3);
    ck_assert_ptr_eq(parked_first(&parking, PARKED_TAIL), at[1]);
    parked_free(&parking, at[3]); /* which part it was in nobody knows: one looks for nothing, none is left out */
    ck_assert_uint_eq(parking.unseen, 3);
    parked_to(&parking, at[1], PARKED_TAIL);
    parked_to(&parking, at[4], PARKED_TAIL);
    parked_to(&parking, at[0], PARKED_TAIL);
    ck_assert_uint_eq(parking.unseen, 0);
    parking_deinit(&parking);
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {{found_by_key_and_id},
                                       {connections_are_counted},
                                       {keys_take_turns},
                                       {those_that_wait_end_in_order},
                                       {the_unseen_are_first}};
    return suite_run(&(struct suite){.name = "parked", .tests = tests, .count = SUITE_COUNT(tests)});
}
