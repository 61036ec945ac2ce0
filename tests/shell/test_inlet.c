/* test_inlet.c - the sockets are read while the loop is away; lines, turns and bounds. */
#include "dispatcher/shell/inlet.h"
#include "dispatcher/shell/zframe.h"
#include "tests/shell/rig.h"
#include "tests/suite.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct rig rig;
static struct inlet *inlet;
static char endpoint[256];
static zmq_msg_t frame;

static void setup(void)
{
    rig_open(&rig, true);
    rig_key(&rig, "default", 5);
    void *router = rig_server(&rig, ZMQ_ROUTER, true, AUTH_DOMAIN_REQUESTS, endpoint);
    ck_assert_int_eq(inlet_open(router, NULL, rig.log, &inlet), 0);
    zmq_msg_init(&frame);
}

static void teardown(void)
{
    zmq_msg_close(&frame);
    ck_assert_ptr_null(inlet_free(inlet));
    ck_assert_ptr_null(inlet_free(NULL));
    rig_close(&rig);
}

/* The payload of the next message, which must have two frames; false: none waits. */
static bool next(char *ret, size_t size)
{
    if (inlet_receive(inlet, &frame) != 0) {
        return false;
    }
    ck_assert(zmq_msg_more(&frame));
    ck_assert_int_eq(inlet_receive(inlet, &frame), 0);
    ck_assert(!zmq_msg_more(&frame));
    snprintf(ret, size, "%.*s", (int)zmq_msg_size(&frame), (const char *)zmq_msg_data(&frame));
    return true;
}

static char got[64];

static bool one_came(void *arg)
{
    (void)arg;
    return next(got, sizeof(got));
}

/* A client that has been let in. */
static void *client(const char *first)
{
    void *socket = rig_client(&rig, ZMQ_DEALER, NULL, endpoint);
    const int unbounded = 0;
    zmq_setsockopt(socket, ZMQ_SNDHWM, &unbounded, sizeof(unbounded));
    ck_assert_int_eq(zmq_disconnect(socket, endpoint), 0); /* the bound holds for connections that are made after it */
    ck_assert_int_eq(zmq_connect(socket, endpoint), 0);
    ck_assert_int_eq(zframe_send(socket, first, strlen(first), false), 0);
    rig_until(&rig, one_came, NULL);
    ck_assert_str_eq(got, first);
    return socket;
}

static void send_numbers(void *socket, const char *name, int from, int until)
{
    char text[64];
    for (int i = from; i < until; i++) {
        snprintf(text, sizeof(text), "%s %d", name, i);
        ck_assert_int_eq(zframe_send(socket, text, strlen(text), false), 0);
    }
}

static size_t wanted_bytes;

static bool read_meanwhile(void *arg)
{
    (void)arg;
    return inlet_bytes(inlet) >= wanted_bytes;
}

static bool dropped_meanwhile(void *arg)
{
    (void)arg;
    return inlet_dropped(inlet) > 0;
}

START_TEST(what_comes_while_the_loop_is_away_is_read)
{
    const int count = 20000;
    char expected[64];
    void *socket = client("hello");
    inlet_away(inlet);
    send_numbers(socket, "a", 0, count);
    wanted_bytes = (size_t)count * strlen("a 1");
    rig_until(&rig, read_meanwhile, NULL);
    inlet_back(inlet);
    for (int i = 0; i < count; i++) {
        rig_until(&rig, one_came, NULL);
        snprintf(expected, sizeof(expected), "a %d", i);
        ck_assert_str_eq(got, expected);
    }
    ck_assert_int_eq(inlet_receive(inlet, &frame), -EAGAIN);
    ck_assert_uint_eq(inlet_bytes(inlet), 0);
}
END_TEST

/* Lets the thread read until so many bytes wait in the lines. */
static void read_away(size_t bytes)
{
    wanted_bytes = bytes;
    inlet_away(inlet);
    rig_until(&rig, read_meanwhile, NULL);
    inlet_back(inlet);
}

START_TEST(connections_take_turns_and_each_keeps_its_order)
{
    char text[64];
    int seen = 0;
    void *busy = client("busy is in"), *quiet = client("quiet is in");
    send_numbers(busy, "busy", 0, 1);
    read_away(1);
    size_t upkeep = inlet_bytes(inlet) - strlen("busy 0"); /* of each message of this connection */
    send_numbers(busy, "busy", 1, 1000);
    read_away(1000 * upkeep + 10 * strlen("busy 0") + 90 * strlen("busy 10") + 900 * strlen("busy 100"));
    send_numbers(quiet, "quiet", 0, 1);
    read_away(inlet_bytes(inlet) + 1);
    ck_assert(next(text, sizeof(text)));
    ck_assert_str_eq(text, "busy 0");
    ck_assert(next(text, sizeof(text)));
    ck_assert_str_eq(text, "quiet 0"); /* not behind the 999 others */
    while (seen < 999) {
        char expected[64];
        rig_until(&rig, one_came, NULL);
        snprintf(expected, sizeof(expected), "busy %d", ++seen);
        ck_assert_str_eq(got, expected);
    }
}
END_TEST

START_TEST(what_is_beyond_the_bound_is_dropped_and_said)
{
    const size_t size = (size_t)4 << 20;
    char *large = calloc(1, size);
    void *greedy = client("greedy is in"), *modest = client("modest is in");
    inlet_away(inlet);
    for (size_t sent = 0; sent <= INLET_CONNECTION_BYTES; sent += size) {
        ck_assert_int_eq(zframe_send(greedy, large, size, false), 0);
    }
    send_numbers(modest, "modest", 0, 1);
    wanted_bytes = INLET_CONNECTION_BYTES - size; /* with its few bytes of upkeep the last message is too much */
    rig_until(&rig, read_meanwhile, NULL);
    rig_until(&rig, dropped_meanwhile, NULL);
    inlet_back(inlet);
    ck_assert_uint_le(inlet_bytes(inlet), INLET_CONNECTION_BYTES + size);
    int modestly = 0;
    ck_assert(rig_logged(&rig, "requests_dropped"));
    for (size_t left = INLET_CONNECTION_BYTES / size; left > 0; left--) {
        rig_until(&rig, one_came, NULL);
        modestly += strcmp(got, "modest 0") == 0;
    }
    ck_assert_int_eq(modestly, 1);
    free(large);
}
END_TEST

START_TEST(a_message_of_many_frames_stays_one)
{
    void *socket = client("in");
    for (int i = 0; i < 100; i++) {
        ck_assert_int_eq(zframe_send(socket, "frame", 5, i < 99), 0);
    }
    send_numbers(socket, "after", 0, 1);
    read_away(1);
    size_t frames = 0;
    do {
        ck_assert_int_eq(inlet_receive(inlet, &frame), 0);
        frames++;
    } while (zmq_msg_more(&frame));
    ck_assert_uint_gt(frames, 3); /* more than a good message has */
    rig_until(&rig, one_came, NULL);
    ck_assert_str_eq(got, "after 0");
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {{what_comes_while_the_loop_is_away_is_read},
                                       {connections_take_turns_and_each_keeps_its_order},
                                       {what_is_beyond_the_bound_is_dropped_and_said},
                                       {a_message_of_many_frames_stays_one}};
    return suite_run(&(struct suite){
        .name = "inlet", .timeout_s = 60, .setup = setup, .teardown = teardown, .tests = tests, .count = SUITE_COUNT(tests)});
}
