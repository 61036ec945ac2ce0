/* test_zpoll.c - no wake-up is lost, whatever is sent or received between two looks at ZMQ_EVENTS. */
#include "dispatcher/shell/zpoll.h"
#include "tests/suite.h"

#include <check.h>
#include <string.h>
#include <zmq.h>

#define ROUNDS 20000

struct side {
    void *socket;
    struct zpoll poll;
    uint32_t got;
    uint32_t reads_per_call; /* 0 = until empty */
    struct side *other;
    bool answers;
};

static uv_loop_t loop;
static uv_timer_t patience;
static void *context;
static struct side left, right;

static void on_patience(uv_timer_t *timer)
{
    (void)timer;
    ck_abort_msg("a wake-up was lost after %u and %u messages", left.got, right.got);
}

static void stop(void)
{
    zpoll_close(&left.poll);
    zpoll_close(&right.poll);
    if (!uv_is_closing((uv_handle_t *)&patience)) {
        uv_close((uv_handle_t *)&patience, NULL);
    }
}

static void on_ready(void *arg)
{
    struct side *side = arg;
    char byte;
    for (uint32_t i = 0; side->reads_per_call == 0 || i < side->reads_per_call; i++) {
        if (zmq_recv(side->socket, &byte, 1, ZMQ_DONTWAIT) < 0) {
            return;
        }
        if (++side->got == ROUNDS) {
            stop();
            return;
        }
        if (side->answers) {
            ck_assert_int_eq(zmq_send(side->socket, "x", 1, 0), 1);
        }
    }
}

static bool alone; /* the sockets are used in on_ready alone */

static void open_side(struct side *side, struct side *other, bool binds, const char *url, uint32_t reads_per_call, bool answers)
{
    const int unbounded = 0;
    *side = (struct side){
        .socket = zmq_socket(context, ZMQ_PAIR), .other = other, .reads_per_call = reads_per_call, .answers = answers};
    zmq_setsockopt(side->socket, ZMQ_SNDHWM, &unbounded, sizeof(unbounded));
    zmq_setsockopt(side->socket, ZMQ_RCVHWM, &unbounded, sizeof(unbounded));
    ck_assert_int_eq(binds ? zmq_bind(side->socket, url) : zmq_connect(side->socket, url), 0);
    ck_assert_int_eq(zpoll_open(&side->poll, &loop, side->socket, on_ready, side), 0);
    if (alone) {
        zpoll_alone(&side->poll);
    }
}

static void setup(void)
{
    context = zmq_ctx_new();
    uv_loop_init(&loop);
    uv_timer_init(&loop, &patience);
    uv_timer_start(&patience, on_patience, 20000, 0);
}

static void teardown(void)
{
    ck_assert_int_eq(uv_loop_close(&loop), 0);
    zmq_close(left.socket);
    zmq_close(right.socket);
    zmq_ctx_term(context);
}

START_TEST(a_message_goes_to_and_fro)
{
    const char *url = _i % 2 == 0 ? "inproc://fro" : "ipc://@huying-test-zpoll-fro";
    alone = _i >= 2;
    open_side(&left, &right, true, url, 0, true);
    open_side(&right, &left, false, url, 0, true);
    zmq_send(left.socket, "x", 1, 0);
    zpoll_used(&left.poll);
    uv_run(&loop, UV_RUN_DEFAULT);
    ck_assert_uint_ge(left.got + right.got, ROUNDS);
}
END_TEST

START_TEST(one_read_a_call_empties_what_has_piled_up)
{
    alone = _i > 0;
    open_side(&left, &right, true, "inproc://pile", 1, false);
    open_side(&right, &left, false, "inproc://pile", 1, false);
    for (int i = 0; i < ROUNDS; i++) {
        ck_assert_int_eq(zmq_send(right.socket, "x", 1, 0), 1);
    }
    uv_run(&loop, UV_RUN_DEFAULT);
    ck_assert_uint_eq(left.got, ROUNDS);
}
END_TEST

static void on_resume(uv_timer_t *timer)
{
    (void)timer;
    ck_assert_uint_eq(left.got, 0);
    zpoll_want(&left.poll, true);
}

static uint32_t loop_turns;

static void on_turn(uv_prepare_t *handle)
{
    (void)handle;
    loop_turns++;
}

START_TEST(unwanted_messages_wait_and_the_loop_sleeps)
{
    uv_timer_t resume;
    uv_prepare_t turns;
    alone = _i > 0;
    open_side(&left, &right, true, "inproc://pause", 0, false);
    open_side(&right, &left, false, "inproc://pause", 0, false);
    zpoll_want(&left.poll, false);
    for (int i = 0; i < ROUNDS; i++) {
        ck_assert_int_eq(zmq_send(right.socket, "x", 1, 0), 1);
    }
    uv_timer_init(&loop, &resume);
    uv_timer_start(&resume, on_resume, 50, 0);
    uv_prepare_init(&loop, &turns);
    uv_prepare_start(&turns, on_turn);
    uv_unref((uv_handle_t *)&turns);
    loop_turns = 0;
    while (!uv_is_closing((uv_handle_t *)&patience)) {
        uv_run(&loop, UV_RUN_ONCE);
    }
    ck_assert_uint_eq(left.got, ROUNDS);
    ck_assert_uint_lt(loop_turns, 100); /* a spinning loop makes a hundred thousand in that time */
    uv_close((uv_handle_t *)&resume, NULL);
    uv_close((uv_handle_t *)&turns, NULL);
    uv_run(&loop, UV_RUN_DEFAULT);
}
END_TEST

static void on_send(uv_timer_t *timer)
{
    static uint32_t sent;
    (void)timer;
    if (sent++ % 2 == 0) { /* the answer has mostly come when the next is sent, and is found by that send */
        ck_assert_int_eq(zmq_send(right.socket, "x", 1, 0), 1);
    }
    ck_assert_int_eq(zmq_send(left.socket, "x", 1, 0), 1);
    zpoll_used(&left.poll);
    zpoll_used(&right.poll);
}

/* Both send outside of on_ready, where each send may take in what came and empties the descriptor's signal. */
START_TEST(what_is_sent_from_elsewhere_is_said)
{
    uv_timer_t timer;
    alone = _i > 0;
    open_side(&left, &right, true, "ipc://@huying-test-zpoll-else", 0, false);
    open_side(&right, &left, false, "ipc://@huying-test-zpoll-else", 0, false);
    uv_timer_init(&loop, &timer);
    uv_timer_start(&timer, on_send, 1, 1);
    while (right.got < 200) {
        uv_run(&loop, UV_RUN_ONCE);
    }
    while (left.got < 100) {
        uv_run(&loop, UV_RUN_ONCE);
    }
    uv_close((uv_handle_t *)&timer, NULL);
    stop();
    uv_run(&loop, UV_RUN_DEFAULT);
}
END_TEST

/* A socket that is alone is looked at until a look finds nothing; one that is not, in each turn. */
START_TEST(nobody_looks_at_what_is_quiet)
{
    alone = _i > 0;
    open_side(&left, &right, true, "inproc://quiet", 0, false);
    open_side(&right, &left, false, "inproc://quiet", 0, false);
    for (int i = 0; i < 3; i++) {
        uv_run(&loop, UV_RUN_NOWAIT);
    }
    ck_assert_int_eq(left.poll.quiet, alone);
    ck_assert_int_eq(zmq_send(right.socket, "x", 1, 0), 1);
    while (left.got == 0) {
        uv_run(&loop, UV_RUN_ONCE); /* the descriptor wakes it */
    }
    stop();
    uv_run(&loop, UV_RUN_DEFAULT);
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {{a_message_goes_to_and_fro, 4},
                                       {one_read_a_call_empties_what_has_piled_up, 2},
                                       {unwanted_messages_wait_and_the_loop_sleeps, 2},
                                       {what_is_sent_from_elsewhere_is_said, 2},
                                       {nobody_looks_at_what_is_quiet, 2}};
    return suite_run(&(struct suite){
        .name = "zpoll", .timeout_s = 60, .setup = setup, .teardown = teardown, .tests = tests, .count = SUITE_COUNT(tests)});
}
