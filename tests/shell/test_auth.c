/* test_auth.c - who gets in: real CURVE handshakes against the handler. */
#include "dispatcher/shell/zframe.h"
#include "proto/gen/schema.h"
#include "tests/shell/rig.h"
#include "tests/suite.h"

#include <errno.h>
#include <string.h>

static struct rig rig;
static char endpoint[256];

struct arrival {
    void *socket;
    zmq_msg_t last;
    char user[64];
};

/* Reads one whole message of a ROUTER and keeps the User-Id of its payload. */
static bool arrived(void *arg)
{
    struct arrival *arrival = arg;
    if (zframe_receive(arrival->socket, &arrival->last) != 0) {
        return false;
    }
    while (zmq_msg_more(&arrival->last)) {
        ck_assert_int_eq(zframe_receive(arrival->socket, &arrival->last), 0);
    }
    const char *user = zmq_msg_gets(&arrival->last, "User-Id");
    snprintf(arrival->user, sizeof(arrival->user), "%s", user != NULL ? user : "(none)");
    return true;
}

static bool readable(void *socket)
{
    zmq_msg_t frame;
    zmq_msg_init(&frame);
    bool got = zframe_receive(socket, &frame) == 0;
    while (got && zmq_msg_more(&frame)) {
        zframe_receive(socket, &frame);
    }
    zmq_msg_close(&frame);
    return got;
}

static void expect_user(void *router, const char *user)
{
    struct arrival arrival = {.socket = router};
    zmq_msg_init(&arrival.last);
    rig_until(&rig, arrived, &arrival);
    zmq_msg_close(&arrival.last);
    ck_assert_str_eq(arrival.user, user);
}

/* Connects and waits until the server has refused. */
static void expect_refused(int type, const struct pair *pair)
{
    void *client = zmq_socket(rig.context, type);
    rig_keep(&rig, client);
    void *monitor = rig_monitor(&rig, client, ZMQ_EVENT_HANDSHAKE_FAILED_AUTH);
    zmq_setsockopt(client, ZMQ_CURVE_SERVERKEY, rig.server.public_key, 41);
    zmq_setsockopt(client, ZMQ_CURVE_PUBLICKEY, pair->public_key, 41);
    zmq_setsockopt(client, ZMQ_CURVE_SECRETKEY, pair->secret_key, 41);
    ck_assert_int_eq(zmq_connect(client, endpoint), 0);
    rig_until(&rig, readable, monitor);
}

START_TEST(a_known_key_comes_in_under_its_name)
{
    rig_open(&rig, false);
    void *router = rig_server(&rig, ZMQ_ROUTER, false, AUTH_DOMAIN_REQUESTS, endpoint);
    struct known *clerk = rig_key(&rig, "clerk.S01", 1u << ROLE_WORKER);
    void *client = rig_client(&rig, ZMQ_DEALER, &clerk->pair, endpoint);
    for (int i = 0; i < 3; i++) { /* the User-Id is on each message, not only on the first */
        ck_assert_int_eq(zmq_send(client, "hello", 5, 0), 5);
        expect_user(router, "clerk.S01");
    }
    rig_close(&rig);
}
END_TEST

START_TEST(an_unknown_key_is_refused)
{
    rig_open(&rig, false);
    rig_server(&rig, ZMQ_ROUTER, false, AUTH_DOMAIN_REQUESTS, endpoint);
    struct pair stranger;
    zmq_curve_keypair(stranger.public_key, stranger.secret_key);
    expect_refused(ZMQ_DEALER, &stranger);
    ck_assert(rig_logged(&rig, "key_unknown"));
    rig_close(&rig);
}
END_TEST

START_TEST(a_new_key_needs_no_restart)
{
    rig_open(&rig, false);
    void *router = rig_server(&rig, ZMQ_ROUTER, false, AUTH_DOMAIN_REQUESTS, endpoint);
    struct known *late = rig_key(&rig, "late", 1u << ROLE_OPERATOR);
    late->hidden = true;
    void *client = rig_client(&rig, ZMQ_DEALER, &late->pair, endpoint);
    ck_assert_int_eq(zmq_send(client, "hello", 5, 0), 5);
    expect_user(router, "late");
    ck_assert_uint_eq(rig.looks, 1);
    rig_close(&rig);
}
END_TEST

START_TEST(only_listeners_connect_to_events)
{
    rig_open(&rig, false);
    void *xpub = rig_server(&rig, ZMQ_XPUB, false, AUTH_DOMAIN_EVENTS, endpoint);
    struct known *worker = rig_key(&rig, "worker", 1u << ROLE_WORKER | 1u << ROLE_OPERATOR);
    struct known *listener = rig_key(&rig, "listener", 1u << ROLE_LISTENER);
    expect_refused(ZMQ_SUB, &worker->pair);
    ck_assert(rig_logged(&rig, "key_role"));
    rig_client(&rig, ZMQ_SUB, &listener->pair, endpoint);
    rig_until(&rig, readable, xpub);
    rig_close(&rig);
}
END_TEST

START_TEST(plain_peers_are_default)
{
    rig_open(&rig, true);
    void *router = rig_server(&rig, ZMQ_ROUTER, true, AUTH_DOMAIN_REQUESTS, endpoint);
    rig_key(&rig, "default", UINT32_MAX);
    void *client = rig_client(&rig, ZMQ_DEALER, NULL, endpoint);
    ck_assert_int_eq(zmq_send(client, "hello", 5, 0), 5);
    expect_user(router, "default");
    rig_close(&rig);
}
END_TEST

START_TEST(a_plain_client_does_not_reach_a_curve_server)
{
    rig_open(&rig, false);
    void *router = rig_server(&rig, ZMQ_ROUTER, false, AUTH_DOMAIN_REQUESTS, endpoint);
    struct known *clerk = rig_key(&rig, "clerk", 1u << ROLE_WORKER);
    void *monitor = rig_monitor(&rig, router, ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL);
    void *plain = rig_client(&rig, ZMQ_DEALER, NULL, endpoint);
    zmq_send(plain, "plain", 5, 0);
    rig_until(&rig, readable, monitor);
    void *client = rig_client(&rig, ZMQ_DEALER, &clerk->pair, endpoint);
    zmq_send(client, "hello", 5, 0);
    expect_user(router, "clerk"); /* the first and only message that arrives */
    ck_assert(!readable(router));
    rig_close(&rig);
}
END_TEST

START_TEST(a_context_has_one_handler)
{
    rig_open(&rig, false);
    struct auth *second = NULL;
    ck_assert_int_eq(auth_open(rig.context, &rig.uv, &rig.ring, rig.log, false, &second), -EADDRINUSE);
    rig_close(&rig);
}
END_TEST

struct question {
    const char *domain, *mechanism;
    size_t frames, key_size;
    bool plain, welcome;
};

/* Asks the handler directly what ZeroMQ would not: it must answer every question, and go on. */
START_TEST(any_question_is_answered)
{
    static const struct question questions[] = {
        {"requests", "CURVE", 7, 32, false, true},  {"requests", "CURVE", 7, 31, false, false},
        {"requests", "CURVE", 6, 0, false, false},  {"requests", "NULL", 6, 0, false, false},
        {"requests", "PLAIN", 7, 32, false, false}, {"elsewhere", "CURVE", 7, 32, false, false},
        {"", "CURVE", 7, 32, false, false},         {"requests", "CURVE", 1, 0, false, false},
        {"requests", "CURVE", 9, 32, false, false}, {"requests", "CURVE", 7, 5000, false, false},
        {"requests", "NULL", 6, 0, true, true},     {"requests", "CURVE", 7, 32, true, false},
    };
    const struct question *question = &questions[_i];
    rig_open(&rig, question->plain);
    struct known *known = rig_key(&rig, "default", UINT32_MAX);
    uint8_t key[5000] = {0};
    zmq_z85_decode(key, known->pair.public_key);
    void *asker = rig_keep(&rig, zmq_socket(rig.context, ZMQ_REQ));
    zmq_connect(asker, "inproc://zeromq.zap.01");
    const char *frames[] = {"1.0", "7", question->domain, "127.0.0.1", "", question->mechanism, (const char *)key, "more", "more"};
    for (size_t i = 0; i < question->frames; i++) {
        zmq_send(asker, frames[i], i == 6 ? question->key_size : strlen(frames[i]), i + 1 < question->frames ? ZMQ_SNDMORE : 0);
    }
    struct arrival answer = {.socket = asker};
    char status[4] = "";
    zmq_msg_init(&answer.last);
    bool got = false;
    while (!got) {
        uv_run(&rig.uv, UV_RUN_NOWAIT);
        got = zframe_receive(asker, &answer.last) == 0;
    }
    for (int frame = 0; zmq_msg_more(&answer.last); frame++) {
        if (frame == 2) {
            snprintf(status, sizeof(status), "%.3s", (const char *)zmq_msg_data(&answer.last));
        }
        ck_assert_int_eq(zframe_receive(asker, &answer.last), 0);
    }
    zmq_msg_close(&answer.last);
    ck_assert_str_eq(status, question->welcome ? "200" : "400");
    rig_close(&rig);
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {
        {a_known_key_comes_in_under_its_name}, {an_unknown_key_is_refused},   {a_new_key_needs_no_restart},
        {only_listeners_connect_to_events},    {plain_peers_are_default},     {a_plain_client_does_not_reach_a_curve_server},
        {a_context_has_one_handler},           {any_question_is_answered, 12}};
    return suite_run(&(struct suite){.name = "auth", .timeout_s = 60, .tests = tests, .count = SUITE_COUNT(tests)});
}
