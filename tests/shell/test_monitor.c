/* test_monitor.c - connections are counted while they last, whatever their peers subscribe to or take back. */
#include "dispatcher/shell/monitor.h"
#include "dispatcher/shell/zframe.h"
#include "proto/gen/schema.h"
#include "tests/shell/rig.h"
#include "tests/suite.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct rig rig;
static struct monitor *monitor;
static void *xpub;
static char endpoint[256];

static void setup(void)
{
    rig_open(&rig, true);
    rig_key(&rig, "default", 1u << ROLE_LISTENER);
    xpub = rig_server(&rig, ZMQ_XPUB, true, AUTH_DOMAIN_EVENTS, endpoint);
    ck_assert_int_eq(monitor_open(rig.context, xpub, AUTH_DOMAIN_EVENTS, &rig.uv, rig.log, &monitor), 0);
}

static void teardown(void)
{
    monitor_stop(monitor);
    uv_run(&rig.uv, UV_RUN_NOWAIT);
    monitor_free(monitor);
    rig_close(&rig);
}

static bool counts(void *arg)
{
    return monitor_connections(monitor) == *(const size_t *)arg;
}

static void expect(size_t count)
{
    rig_until(&rig, counts, &count);
}

static bool subscribed(void *arg)
{
    zmq_msg_t *frame = arg;
    return zframe_receive(xpub, frame) == 0;
}

START_TEST(connections_are_counted_while_they_last)
{
    ck_assert_uint_eq(monitor_connections(monitor), 0);
    void *first = rig_client(&rig, ZMQ_SUB, NULL, endpoint);
    expect(1);
    void *second = rig_client(&rig, ZMQ_SUB, NULL, endpoint);
    expect(2);
    rig_drop(&rig, first);
    expect(1);
    rig_drop(&rig, second);
    expect(0);
    rig_client(&rig, ZMQ_SUB, NULL, endpoint);
    expect(1);
}
END_TEST

/* What the engine asks before it makes events: a subscription that has come is of a connection that is in the number. */
START_TEST(who_has_subscribed_is_counted)
{
    zmq_msg_t frame;
    zmq_msg_init(&frame);
    rig_client(&rig, ZMQ_SUB, NULL, endpoint);
    rig_until(&rig, subscribed, &frame);
    ck_assert_uint_eq(monitor_connections(monitor), 1);
    zmq_msg_close(&frame);
}
END_TEST

/* A connection that says nothing. */
static int stranger(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    address.sin_port = htons((uint16_t)strtoul(strrchr(endpoint, ':') + 1, NULL, 10));
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    ck_assert_int_ge(fd, 0);
    ck_assert(connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0 || errno == EINPROGRESS);
    return fd;
}

static bool is_ended(void *arg)
{
    char bytes[256];
    ssize_t size;
    do {
        size = read(*(const int *)arg, bytes, sizeof(bytes));
    } while (size > 0);
    return size == 0 || errno != EAGAIN;
}

START_TEST(strangers_make_room_the_oldest_first)
{
    zmq_msg_t frame;
    int fds[3];
    zmq_msg_init(&frame);
    monitor_limit(monitor, 2);
    void *known = rig_client(&rig, ZMQ_SUB, NULL, endpoint);
    rig_until(&rig, subscribed, &frame);
    monitor_known(monitor, zmq_msg_get(&frame, ZMQ_SRCFD));
    zmq_msg_close(&frame);
    fds[0] = stranger();
    expect(2);
    fds[1] = stranger();
    rig_until(&rig, is_ended, &fds[0]);
    expect(2);
    fds[2] = stranger();
    rig_until(&rig, is_ended, &fds[1]);
    expect(2);
    ck_assert(!is_ended(&fds[2]));
    for (size_t i = 0; i < 3; i++) {
        close(fds[i]);
    }
    expect(1); /* the known one, which is older than all */
    rig_drop(&rig, known);
    expect(0);
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {
        {connections_are_counted_while_they_last}, {who_has_subscribed_is_counted}, {strangers_make_room_the_oldest_first}};
    return suite_run(&(struct suite){
        .name = "monitor", .timeout_s = 60, .setup = setup, .teardown = teardown, .tests = tests, .count = SUITE_COUNT(tests)});
}
