/* test_subscriber.c - events over a real XPUB. */

#include "proto/client/subscriber.h"
#include "proto/record.h"
#include "tests/proto/peer.h"
#include "tests/suite.h"

#include <check.h>
#include <errno.h>
#include <string.h>
#include <zmq.h>

struct publisher {
    void *context, *socket;
};

static void open_publisher(struct publisher *publisher)
{
    int zero = 0;

    publisher->context = zmq_ctx_new();
    publisher->socket = zmq_socket(publisher->context, ZMQ_XPUB);
    zmq_setsockopt(publisher->socket, ZMQ_LINGER, &zero, sizeof(zero));
    ck_assert_int_eq(zmq_bind(publisher->socket, peer_url()), 0);
}

static void close_publisher(struct publisher *publisher)
{
    zmq_close(publisher->socket);
    zmq_ctx_term(publisher->context);
}

/* Waits for one subscription. */
static void await_subscription(struct publisher *publisher, const char *topic)
{
    char message[64];
    int size = zmq_recv(publisher->socket, message, sizeof(message), 0);

    ck_assert_int_eq(size, 1 + (int)strlen(topic));
    ck_assert_int_eq(message[0], 1);
    ck_assert_mem_eq(message + 1, topic, strlen(topic));
}

static void publish(struct publisher *publisher, const struct record *record, uint64_t prev)
{
    const char *topic = record_info(record->type)->name;
    struct proto_buffer out = {0};

    ck_assert_int_eq(record_encode_event(record, prev, &out), 0);
    zmq_send(publisher->socket, topic, strlen(topic), ZMQ_SNDMORE);
    zmq_send(publisher->socket, out.data, out.size, 0);
    proto_buffer_deinit(&out);
}

static const struct record closed = {.seq = 9, .at_ms = 5, .type = RECORD_CASE_CLOSED, .head = {.case_id = 3}};
static const struct record noted = {.seq = 8, .at_ms = 5, .type = RECORD_CASE_NOTED, .head = {.case_id = 3}};

START_TEST(all_events)
{
    struct client_options options = {.url = peer_url()};
    struct subscriber *subscriber;
    struct subscriber_event event;
    struct publisher publisher;

    open_publisher(&publisher);
    ck_assert_int_eq(subscriber_open(&options, NULL, 0, &subscriber), 0);
    await_subscription(&publisher, "");
    ck_assert_int_eq(subscriber_receive(subscriber, 0, &event), -EAGAIN);
    publish(&publisher, &noted, 7);
    publish(&publisher, &closed, 8);
    zmq_send(publisher.socket, "junk", 4, 0);
    zmq_send(publisher.socket, "junk", 4, ZMQ_SNDMORE);
    zmq_send(publisher.socket, "\x01", 1, 0);
    publish(&publisher, &closed, 8);
    ck_assert_int_eq(subscriber_receive(subscriber, -1, &event), 0);
    ck_assert_uint_eq(event.seq, 8);
    ck_assert_uint_eq(event.prev, 7);
    ck_assert(text_equal(event.type, text_of("case_noted")));
    ck_assert_uint_eq(reply_field(&event.map, "case")->via.u64, 3);
    ck_assert_int_eq(subscriber_receive(subscriber, -1, &event), 0);
    ck_assert_uint_eq(event.seq, 9);
    ck_assert_int_eq(subscriber_receive(subscriber, -1, &event), -EBADMSG);
    ck_assert_int_eq(subscriber_receive(subscriber, -1, &event), -EBADMSG);
    ck_assert_int_eq(subscriber_receive(subscriber, -1, &event), 0);
    ck_assert(subscriber_connected(subscriber));
    subscriber_close(subscriber);
    close_publisher(&publisher);
}
END_TEST

START_TEST(some_events)
{
    static const char *const types[] = {"case_closed"};
    struct client_options options = {.url = peer_url()};
    struct subscriber *subscriber;
    struct subscriber_event event;
    struct publisher publisher;

    open_publisher(&publisher);
    ck_assert_int_eq(subscriber_open(&options, types, 1, &subscriber), 0);
    await_subscription(&publisher, "case_closed");
    publish(&publisher, &noted, 7);
    publish(&publisher, &closed, 8);
    ck_assert_int_eq(subscriber_receive(subscriber, -1, &event), 0);
    ck_assert_uint_eq(event.seq, 9);
    subscriber_close(subscriber);
    ck_assert_ptr_null(subscriber_close(NULL));
    close_publisher(&publisher);
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {{all_events}, {some_events}};
    return suite_run(&(struct suite){.name = "subscriber", .timeout_s = 60, .tests = tests, .count = SUITE_COUNT(tests)});
}
