/* test_listeners.c - who may not listen any more hears no more; real connections, ended by their descriptors. */
#include "dispatcher/shell/listeners.h"
#include "dispatcher/shell/publisher.h"
#include "dispatcher/shell/zframe.h"
#include "proto/gen/schema.h"
#include "tests/shell/rig.h"
#include "tests/suite.h"

#include <string.h>

static struct rig rig;
static struct publisher *publisher;
static struct monitor *monitor;
static struct listeners *listeners;
static char endpoint[256];
static struct known *known;

static void setup(void)
{
    rig_open(&rig, false);
    known = rig_key(&rig, "bell", 1u << ROLE_LISTENER);
    void *xpub = rig_server(&rig, ZMQ_XPUB, false, AUTH_DOMAIN_EVENTS, endpoint);
    ck_assert_int_eq(publisher_open(xpub, &rig.uv, rig.log, &publisher), 0);
    ck_assert_int_eq(monitor_open(rig.context, xpub, AUTH_DOMAIN_EVENTS, &rig.uv, rig.log, &monitor), 0);
    listeners = listeners_new(monitor, &rig.ring, rig.log);
    ck_assert_ptr_nonnull(listeners);
    publisher_tell(publisher, listeners_heard, listeners);
}

static void teardown(void)
{
    publisher_stop(publisher);
    monitor_stop(monitor);
    uv_run(&rig.uv, UV_RUN_NOWAIT);
    listeners_free(listeners);
    ck_assert_ptr_null(listeners_free(NULL));
    monitor_free(monitor);
    rig_close(&rig);
    publisher_free(publisher);
}

static bool counts(void *arg)
{
    return listeners_count(listeners) == *(const size_t *)arg;
}

static void expect(size_t count)
{
    rig_until(&rig, counts, &count);
}

static bool ended(void *arg)
{
    zmq_msg_t frame;
    zmq_msg_init(&frame);
    bool got = zframe_receive(arg, &frame) == 0;
    while (got && zmq_msg_more(&frame)) {
        zframe_receive(arg, &frame);
    }
    zmq_msg_close(&frame);
    return got;
}

/* A client that does not connect again, and what tells of its end. */
static void *listen_once(void **ret_end)
{
    void *client = rig_keep(&rig, zmq_socket(rig.context, ZMQ_SUB));
    const int never = -1;
    zmq_setsockopt(client, ZMQ_RECONNECT_IVL, &never, sizeof(never));
    zmq_setsockopt(client, ZMQ_CURVE_SERVERKEY, rig.server.public_key, 41);
    zmq_setsockopt(client, ZMQ_CURVE_PUBLICKEY, known->pair.public_key, 41);
    zmq_setsockopt(client, ZMQ_CURVE_SECRETKEY, known->pair.secret_key, 41);
    zmq_setsockopt(client, ZMQ_SUBSCRIBE, "", 0);
    *ret_end = rig_monitor(&rig, client, ZMQ_EVENT_DISCONNECTED);
    ck_assert_int_eq(zmq_connect(client, endpoint), 0);
    return client;
}

START_TEST(listeners_are_known_while_they_last)
{
    void *one = rig_client(&rig, ZMQ_SUB, &known->pair, endpoint);
    rig_client(&rig, ZMQ_SUB, &known->pair, endpoint); /* the same topic again: shown too */
    expect(2);
    rig_drop(&rig, one);
    monitor_look(monitor);
    expect(1);
    listeners_revise(listeners);
    ck_assert_uint_eq(listeners_count(listeners), 1); /* nothing has changed */
}
END_TEST

enum change { TAKEN_AWAY, ANOTHER_KEY, NO_LISTENER, CHANGES };

START_TEST(who_may_not_any_more_is_ended)
{
    void *end;
    listen_once(&end);
    expect(1);
    if (_i == TAKEN_AWAY) {
        known->hidden = true;
    } else if (_i == ANOTHER_KEY) {
        known->who.key[0]++;
    } else {
        known->who.listens = false;
    }
    listeners_revise(listeners);
    ck_assert_uint_eq(listeners_count(listeners), 0);
    rig_until(&rig, ended, end);
    ck_assert(rig_logged(&rig, "key_gone"));
}
END_TEST

/* The key was good in the handshake, and gone when the subscription came. */
START_TEST(a_subscription_is_judged_too)
{
    void *end;
    void *client = listen_once(&end);
    expect(1);
    known->who.listens = false;
    zmq_setsockopt(client, ZMQ_SUBSCRIBE, "more", 4);
    rig_until(&rig, ended, end);
}
END_TEST

START_TEST(topics_are_bounded)
{
    void *end;
    void *client = listen_once(&end);
    char topic[1024];
    memset(topic, 'x', sizeof(topic));
    expect(1);
    for (size_t bytes = 0; bytes <= LISTENERS_TOPIC_BYTES; bytes += sizeof(topic)) {
        snprintf(topic, 16, "%zu", bytes);
        zmq_setsockopt(client, ZMQ_SUBSCRIBE, topic, sizeof(topic));
    }
    rig_until(&rig, ended, end);
    ck_assert(rig_logged(&rig, "many_topics"));
    expect(0);
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {{listeners_are_known_while_they_last},
                                       {who_may_not_any_more_is_ended, CHANGES},
                                       {a_subscription_is_judged_too},
                                       {topics_are_bounded}};
    return suite_run(&(struct suite){
        .name = "listeners", .timeout_s = 60, .setup = setup, .teardown = teardown, .tests = tests, .count = SUITE_COUNT(tests)});
}
