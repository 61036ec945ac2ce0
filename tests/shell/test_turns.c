/* test_turns.c - who is next: keys take turns, a connection keeps its order, what was not taken stands where it stood. */
#include "dispatcher/shell/turns.h"
#include "tests/suite.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#define MANY 20000

struct message {
    struct turn turn;
    struct message *next;
    uint64_t number; /* of its connection, ascending */
};

static struct turns *turns;
static uint64_t numbers[512]; /* by connection: given out, */
static uint64_t seen[512];    /* and taken */
static struct turn *picked[MANY];
static uint32_t costs[MANY];
static size_t dropped;

static void drop(void *arg, struct turn *turn)
{
    (void)arg;
    dropped++;
    free(turn);
}

static void setup(void)
{
    turns = turns_new();
    ck_assert_ptr_nonnull(turns);
    memset(numbers, 0, sizeof(numbers));
    memset(seen, 0, sizeof(seen));
    dropped = 0;
}

static void teardown(void)
{
    turns_free(turns, drop, NULL);
}

static struct identity key(const char *name)
{
    struct identity who = {0};
    ck_assert(code_make(name, strlen(name), &who.name));
    return who;
}

static void add(const char *name, uint64_t connection, bool query, uint32_t cost_us)
{
    struct identity who = key(name);
    struct message *message = calloc(1, sizeof(*message));
    ck_assert_ptr_nonnull(message);
    message->turn = (struct turn){.query = query, .cost_us = cost_us, .size = 100};
    message->number = ++numbers[connection];
    ck_assert_int_eq(turns_add(turns, &who, connection, &message->turn), 0);
}

static void add_many(const char *name, uint64_t connection, bool query, uint32_t cost_us, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        add(name, connection, query, cost_us);
    }
}

static bool is_of(const struct turn *turn, const char *name)
{
    struct code code = key(name).name;
    return code_equal(&turns_who(turn)->name, &code);
}

/* Takes what was picked, and checks the order within each connection. `cost_us`: of each query. */
static void take(size_t count, size_t taken, uint32_t cost_us)
{
    for (size_t i = 0; i < count; i++) {
        costs[i] = cost_us;
    }
    for (size_t i = 0; i < taken; i++) {
        struct message *message = (struct message *)picked[i];
        uint64_t connection = turns_connection(picked[i]);
        ck_assert_uint_eq(message->number, seen[connection] + 1);
        seen[connection] = message->number;
    }
    turns_take(turns, picked, count, taken, costs);
    for (size_t i = 0; i < taken; i++) {
        free(picked[i]);
    }
}

START_TEST(one_connection_is_not_slowed)
{
    add_many("a", 1, false, 0, 12000);
    for (size_t done = 0; done < 12000;) {
        size_t count = turns_pick(turns, picked, 1024, 5000, NULL, NULL);
        ck_assert_uint_eq(count, 12000 - done < 1024 ? 12000 - done : 1024);
        take(count, count, 0);
        done += count;
    }
    ck_assert_uint_eq(turns_all(turns).messages, 0);
    ck_assert_uint_eq(turns_all(turns).bytes, 0);
    ck_assert_uint_eq(turns_keys(turns), 0);
}
END_TEST

/* 200 connections of one key with 50 commands each, and one command of another: it is in the first batch, among the first. */
START_TEST(a_key_with_many_connections_has_one_turn)
{
    for (uint64_t connection = 1; connection <= 200; connection++) {
        add_many("flood", connection, false, 0, 50);
    }
    add("honest", 300, false, 0);
    size_t count = turns_pick(turns, picked, 1024, 5000, NULL, NULL), at = 0;
    ck_assert_uint_eq(count, 1024);
    while (at < count && !is_of(picked[at], "honest")) {
        at++;
    }
    ck_assert_uint_le(at, TURNS_RUN);
    take(count, count, 0);
}
END_TEST

/* Commands go before queries, but not before a query that came first on the same connection. */
START_TEST(commands_go_before_queries)
{
    add("a", 1, true, 100);
    add("a", 1, false, 0);
    add("b", 2, true, 100);
    add("b", 3, false, 0);
    size_t count = turns_pick(turns, picked, 100, 5000, NULL, NULL);
    ck_assert_uint_eq(count, 4);
    ck_assert_uint_eq(turns_connection(picked[0]), 3);
    ck_assert(picked[1]->query && turns_connection(picked[1]) == 1);
    ck_assert(!picked[2]->query && turns_connection(picked[2]) == 1);
    ck_assert_uint_eq(turns_connection(picked[3]), 2);
    take(count, count, 100);
}
END_TEST

/* Dear queries: no more are picked than the time is for, but always one. */
START_TEST(a_batch_has_queries_for_its_time)
{
    add_many("a", 1, true, 20000, 10);
    add_many("b", 2, true, 400, 100);
    size_t count = turns_pick(turns, picked, 1024, 5000, NULL, NULL);
    ck_assert_uint_eq(count, 1);
    take(count, count, 20000);
    count = turns_pick(turns, picked, 1024, 5000, NULL, NULL);
    ck_assert_uint_eq(count, 12); /* of b: 12 * 400 */
    for (size_t i = 0; i < count; i++) {
        ck_assert(is_of(picked[i], "b"));
    }
    take(count, count, 400);
}
END_TEST

/* 20 connections with dear queries, one key asks a cheap one each time: it never waits for more than one dear one. */
START_TEST(who_used_least_goes_first)
{
    for (uint64_t connection = 1; connection <= 20; connection++) {
        add_many("dear", connection, true, 1000, 100);
    }
    for (int i = 0; i < 200; i++) {
        add("cheap", 30, true, 1000);
        size_t count = turns_pick(turns, picked, 1, 5000, NULL, NULL);
        ck_assert_uint_eq(count, 1);
        bool cheap = is_of(picked[0], "cheap");
        take(1, 1, cheap ? 10 : 30000);
        if (cheap) {
            continue;
        }
        count = turns_pick(turns, picked, 1, 5000, NULL, NULL);
        ck_assert(is_of(picked[0], "cheap"));
        take(1, 1, 10);
    }
    ck_assert_uint_eq(turns_keys(turns), 1);
}
END_TEST

/* A key that was idle does not go before all others for ever. */
START_TEST(nobody_saves_up)
{
    size_t late = 0;
    for (int i = 0; i < 1000; i++) {
        add("busy", 1, true, 1000);
        ck_assert_uint_eq(turns_pick(turns, picked, 1, 5000, NULL, NULL), 1);
        take(1, 1, 1000);
    }
    add_many("busy", 1, true, 1000, 100);
    add_many("late", 2, true, 1000, 100);
    for (int i = 0; i < 100; i++) {
        ck_assert_uint_eq(turns_pick(turns, picked, 1, 5000, NULL, NULL), 1);
        late += is_of(picked[0], "late");
        take(1, 1, 1000);
    }
    ck_assert_uint_ge(late, 49);
    ck_assert_uint_le(late, 51);
}
END_TEST

static bool holds_odd(void *arg, const struct code *name, uint64_t connection)
{
    (void)arg;
    (void)name;
    return connection % 2 == 1;
}

/* Who does not read its answers is not asked for more; its commands, and others, go on. */
START_TEST(held_lines_wait)
{
    add_many("a", 1, true, 100, 3);
    add("a", 3, false, 0);
    size_t count = turns_pick(turns, picked, 100, 5000, holds_odd, NULL);
    ck_assert_uint_eq(count, 1);
    ck_assert_uint_eq(turns_connection(picked[0]), 3);
    take(count, count, 0);
    ck_assert_uint_eq(turns_pick(turns, picked, 100, 5000, holds_odd, NULL), 0);
    turns_take(turns, picked, 0, 0, costs);
    add("a", 2, true, 100);
    count = turns_pick(turns, picked, 100, 5000, holds_odd, NULL);
    ck_assert_uint_eq(count, 1);
    take(count, count, 100);
    count = turns_pick(turns, picked, 100, 5000, NULL, NULL);
    ck_assert_uint_eq(count, 3);
    take(count, count, 100);
}
END_TEST

START_TEST(a_gone_connection_leaves_its_commands)
{
    add("a", 1, true, 100);
    add("a", 1, false, 0);
    add("a", 1, true, 100);
    add("a", 2, true, 100);
    turns_gone(turns, 1, false, drop, NULL);
    ck_assert_uint_eq(dropped, 2);
    turns_gone(turns, 2, false, drop, NULL);
    turns_gone(turns, 3, false, drop, NULL);
    ck_assert_uint_eq(dropped, 3);
    ck_assert_uint_eq(turns_all(turns).messages, 1);
    ck_assert_uint_eq(turns_all(turns).query_us, 0);
    add("a", 5, false, 0);
    turns_gone(turns, 5, true, drop, NULL);
    ck_assert_uint_eq(dropped, 4);
    size_t count = turns_pick(turns, picked, 100, 5000, NULL, NULL);
    ck_assert_uint_eq(count, 1);
    ck_assert(!picked[0]->query);
    turns_take(turns, picked, 1, 1, costs);
    free(picked[0]);
    ck_assert_uint_eq(turns_keys(turns), 0);
}
END_TEST

static uint64_t state = 88172645463325252;

static uint64_t draw(uint64_t below)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state % below;
}

/* Anything at any time: the order of each connection is kept (take looks), and all that came goes. */
START_TEST(any_order_of_calls)
{
    static const char *const names[] = {"a", "b", "c", "d", "e"};
    uint64_t added = 0, taken = 0;
    state += (uint64_t)_i * 7919;
    for (int round = 0; round < 4000; round++) {
        for (uint64_t i = draw(8); i > 0; i--, added++) {
            uint64_t connection = draw(40);
            add(names[connection % 5], connection, draw(3) == 0, (uint32_t)draw(9000));
        }
        size_t count = turns_pick(turns, picked, draw(12), draw(10000), draw(4) == 0 ? holds_odd : NULL, NULL);
        size_t some = count == 0 ? 0 : draw(count + 1);
        taken += some;
        take(count, some, (uint32_t)draw(20000));
        ck_assert_uint_eq(turns_all(turns).messages, added - taken);
    }
    while (turns_all(turns).messages > 0) {
        size_t count = turns_pick(turns, picked, 100, 1000, NULL, NULL);
        ck_assert_uint_gt(count, 0);
        take(count, count, 100);
    }
    ck_assert_uint_eq(turns_all(turns).query_us, 0);
    ck_assert_uint_eq(turns_all(turns).bytes, 0);
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {{one_connection_is_not_slowed},
                                       {a_key_with_many_connections_has_one_turn},
                                       {commands_go_before_queries},
                                       {a_batch_has_queries_for_its_time},
                                       {who_used_least_goes_first},
                                       {nobody_saves_up},
                                       {held_lines_wait},
                                       {a_gone_connection_leaves_its_commands},
                                       {any_order_of_calls, 4}};
    return suite_run(&(struct suite){
        .name = "turns", .timeout_s = 60, .setup = setup, .teardown = teardown, .tests = tests, .count = SUITE_COUNT(tests)});
}
