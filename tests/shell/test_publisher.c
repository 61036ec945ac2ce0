/* test_publisher.c - events reach those who listen to their topic; a slow one neither waits nor fills memory. */
#include "dispatcher/shell/publisher.h"
#include "dispatcher/shell/zframe.h"
#include "proto/gen/schema.h"
#include "tests/shell/rig.h"
#include "tests/suite.h"

#include <string.h>

static struct rig rig;
static struct publisher *publisher;
static char endpoint[256];
static struct known *listener;

static void setup(void)
{
    rig_open(&rig, false);
    listener = rig_key(&rig, "listener", 1u << ROLE_LISTENER);
    void *xpub = rig_server(&rig, ZMQ_XPUB, false, AUTH_DOMAIN_EVENTS, endpoint);
    ck_assert_int_eq(publisher_open(xpub, &rig.uv, rig.log, &publisher), 0);
}

static void teardown(void)
{
    publisher_stop(publisher);
    uv_run(&rig.uv, UV_RUN_NOWAIT);
    rig_close(&rig);
    publisher_free(publisher);
}

struct listening {
    void *socket;
    char topic[32], data[32];
};

static void copy(char to[32], zmq_msg_t *frame)
{
    snprintf(to, 32, "%.*s", (int)zmq_msg_size(frame), (const char *)zmq_msg_data(frame));
}

/* Sends until something comes: a subscription takes its time to arrive. */
static bool heard(void *arg)
{
    struct listening *listening = arg;
    zmq_msg_t frame;
    publisher_send(publisher, text_of("case_closed"), "one", 3);
    publisher_send(publisher, text_of("duty_signed"), "two", 3);
    zmq_msg_init(&frame);
    bool got = zframe_receive(listening->socket, &frame) == 0;
    if (got) {
        copy(listening->topic, &frame);
        ck_assert(zmq_msg_more(&frame));
        ck_assert_int_eq(zframe_receive(listening->socket, &frame), 0);
        copy(listening->data, &frame);
        ck_assert(!zmq_msg_more(&frame));
    }
    zmq_msg_close(&frame);
    return got;
}

START_TEST(an_event_is_topic_and_payload)
{
    struct listening listening = {.socket = rig_client(&rig, ZMQ_SUB, &listener->pair, endpoint)};
    rig_until(&rig, heard, &listening);
    ck_assert(strcmp(listening.topic, "case_closed") == 0 || strcmp(listening.topic, "duty_signed") == 0);
    ck_assert_str_eq(listening.data, strcmp(listening.topic, "case_closed") == 0 ? "one" : "two");
}
END_TEST

START_TEST(topics_choose)
{
    struct listening listening = {.socket = rig_client(&rig, ZMQ_SUB, &listener->pair, endpoint)};
    zmq_setsockopt(listening.socket, ZMQ_UNSUBSCRIBE, "", 0);
    zmq_setsockopt(listening.socket, ZMQ_SUBSCRIBE, "duty_", 5);
    for (int i = 0; i < 100; i++) {
        rig_until(&rig, heard, &listening);
        if (strcmp(listening.topic, "duty_signed") != 0) {
            continue; /* sent before the wish to hear less had arrived */
        }
    }
    ck_assert_str_eq(listening.topic, "duty_signed");
}
END_TEST

START_TEST(a_slow_one_loses_and_others_hear)
{
    struct listening slow = {.socket = rig_client(&rig, ZMQ_SUB, &listener->pair, endpoint)};
    struct listening quick = {.socket = rig_client(&rig, ZMQ_SUB, &listener->pair, endpoint)};
    rig_until(&rig, heard, &slow);
    rig_until(&rig, heard, &quick);
    static char payload[32 * 1024];
    for (int i = 0; i < 20000; i++) { /* 640 MB: more than pipes and TCP hold */
        publisher_send(publisher, text_of("case_closed"), payload, sizeof(payload));
    }
    struct listening later = {.socket = rig_client(&rig, ZMQ_SUB, &listener->pair, endpoint)};
    rig_until(&rig, heard, &later);
    ck_assert(!rig_logged(&rig, "event_lost"));
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {{an_event_is_topic_and_payload}, {topics_choose}, {a_slow_one_loses_and_others_hear}};
    return suite_run(&(struct suite){
        .name = "publisher", .timeout_s = 60, .setup = setup, .teardown = teardown, .tests = tests, .count = SUITE_COUNT(tests)});
}
