/* test_peers.c - who a peer is, and that what waits for it is bounded, in order, and nobody else's. */
#include "dispatcher/shell/peer_outbox.h"
#include "dispatcher/shell/peers.h"
#include "dispatcher/shell/zframe.h"
#include "proto/gen/schema.h"
#include "tests/shell/rig.h"
#include "tests/suite.h"

#include <string.h>

#define REPLY_SIZE (64 * 1024)

static struct rig rig;
static struct peers *peers;
static void *router;
static char endpoint[256];
static uint8_t reply[REPLY_SIZE];

static void setup(void)
{
    rig_open(&rig, true);
    rig_key(&rig, "default", UINT32_MAX);
    rig_key(&rig, "other", 1);
    router = rig_server(&rig, ZMQ_ROUTER, true, AUTH_DOMAIN_REQUESTS, endpoint);
    peers = peers_new(router, &rig.uv, &rig.ring, rig.log);
    ck_assert_ptr_nonnull(peers);
}

static void teardown(void)
{
    peers_stop(peers);
    uv_run(&rig.uv, UV_RUN_NOWAIT); /* closes the handle */
    peers = peers_free(peers);
    rig_close(&rig);
}

struct connection {
    void *socket;
    uint64_t number;
    unsigned char routing[64];
    size_t routing_size;
};

static bool recalled(const struct connection *connection, const char *name, uint64_t *ret_number)
{
    const struct peers_origin origin = {
        .routing = connection->routing, .routing_size = connection->routing_size, .name = name, .descriptor = -1};
    const struct identity *who = NULL;
    bool known = peers_recall(peers, &origin, ret_number, &who);
    ck_assert(known == (who != NULL));
    ck_assert(!known || (name != NULL && strncmp(who->name.s, name, CODE_SIZE) == 0));
    return known;
}

/* A message by a connection that the monitor does not speak of. */
static bool admit(const void *routing, size_t routing_size, const char *name, uint64_t *ret_number, struct identity *ret)
{
    const struct peers_origin origin = {.routing = routing, .routing_size = routing_size, .name = name, .descriptor = -1};
    return peers_admit(peers, &origin, ret_number, ret);
}

static bool admitted(void *arg)
{
    struct connection *connection = arg;
    zmq_msg_t frame;
    zmq_msg_init(&frame);
    bool got = zframe_receive(router, &frame) == 0;
    if (got) {
        connection->routing_size = zmq_msg_size(&frame);
        memcpy(connection->routing, zmq_msg_data(&frame), connection->routing_size);
        zframe_receive(router, &frame);
        struct identity who;
        const struct peers_origin origin = {.routing = connection->routing,
                                            .routing_size = connection->routing_size,
                                            .name = zmq_msg_gets(&frame, "User-Id"),
                                            .descriptor = zmq_msg_get(&frame, ZMQ_SRCFD)};
        ck_assert_int_ge(origin.descriptor, 0);
        ck_assert(peers_admit(peers, &origin, &connection->number, &who));
        ck_assert(who.unit.s[0] == 'D');
    }
    zmq_msg_close(&frame);
    return got;
}

/* `hwm`: messages that the client's own pipe takes before the server is held back. */
static struct connection meet_bounded(int hwm)
{
    struct connection connection = {.socket = rig_keep(&rig, zmq_socket(rig.context, ZMQ_DEALER))};
    zmq_setsockopt(connection.socket, ZMQ_RCVHWM, &hwm, sizeof(hwm));
    ck_assert_int_eq(zmq_connect(connection.socket, endpoint), 0);
    zmq_send(connection.socket, "hello", 5, 0);
    rig_until(&rig, admitted, &connection);
    return connection;
}

static struct connection meet(void)
{
    return meet_bounded(1000);
}

struct reading {
    void *socket;
    uint32_t expected; /* number in the reply */
    uint32_t until;
    size_t size;
};

/* Replies come in order, each with its number in front. */
static bool read_all(void *arg)
{
    struct reading *reading = arg;
    zmq_msg_t frame;
    zmq_msg_init(&frame);
    while (reading->expected < reading->until && zframe_receive(reading->socket, &frame) == 0) {
        uint32_t number;
        ck_assert_uint_eq(zmq_msg_size(&frame), reading->size);
        memcpy(&number, zmq_msg_data(&frame), sizeof(number));
        ck_assert_uint_eq(number, reading->expected);
        reading->expected++;
    }
    zmq_msg_close(&frame);
    return reading->expected == reading->until;
}

static void send_number(uint64_t peer, uint32_t number, size_t size)
{
    memcpy(reply, &number, sizeof(number));
    peers_send(peers, peer, false, reply, size);
}

START_TEST(each_connection_is_a_peer)
{
    struct connection one = meet(), two = meet();
    ck_assert_uint_ne(one.number, two.number);
    uint64_t again;
    struct identity who;
    ck_assert(admit(one.routing, one.routing_size, "default", &again, &who));
    ck_assert_uint_eq(again, one.number);
    ck_assert_uint_eq(peers_count(peers), 2);
    send_number(two.number, 0, 100);
    struct reading reading = {.socket = two.socket, .until = 1, .size = 100};
    rig_until(&rig, read_all, &reading);
}
END_TEST

START_TEST(no_user_no_entry)
{
    uint64_t number;
    struct identity who;
    ck_assert(!admit("\0abcd", 5, NULL, &number, &who));
    ck_assert(!admit("\0abcd", 5, "", &number, &who));
    ck_assert(!admit("\0abcd", 5, "stranger", &number, &who));
    ck_assert_uint_eq(peers_count(peers), 0);
    ck_assert(rig_logged(&rig, "no_user"));
}
END_TEST

START_TEST(another_key_behind_the_same_id_is_another_peer)
{
    struct connection one = meet();
    uint64_t number;
    struct identity who;
    ck_assert(admit(one.routing, one.routing_size, "other", &number, &who));
    ck_assert_uint_ne(number, one.number);
    ck_assert_uint_eq(who.roles, 1);
    ck_assert_uint_eq(peers_count(peers), 1);
    send_number(one.number, 7, 100); /* goes nowhere */
    send_number(number, 0, 100);
    struct reading reading = {.socket = one.socket, .until = 1, .size = 100};
    rig_until(&rig, read_all, &reading);
}
END_TEST

START_TEST(a_key_that_is_taken_away_ends)
{
    struct connection one = meet();
    uint64_t number;
    struct identity who;
    keyring_rescan(&rig.ring);
    ck_assert(admit(one.routing, one.routing_size, "default", &number, &who));
    ck_assert_uint_eq(number, one.number);
    keyring_rescan(&rig.ring);
    rig.keys[0].hidden = true;
    ck_assert(!admit(one.routing, one.routing_size, "default", &number, &who));
    ck_assert_uint_eq(peers_count(peers), 0);
    ck_assert(rig_logged(&rig, "key_gone"));
}
END_TEST

/* Who is proven is known again by routing id and name together; not under another name, nor after any key has changed. */
START_TEST(who_is_proven_is_known_again)
{
    struct connection one = meet(), nobody = {.routing = "\0none", .routing_size = 5};
    uint64_t number = 0;
    struct identity who;
    ck_assert(!recalled(&one, "default", &number)); /* not proven yet */
    ck_assert(peers_prove(peers, one.number, rig.keys[0].who.key, -1));
    ck_assert(recalled(&one, "default", &number));
    ck_assert_uint_eq(number, one.number);
    ck_assert(!recalled(&nobody, "default", &number));
    ck_assert(!recalled(&one, "other", &number));
    ck_assert(!recalled(&one, "defaul", &number) && !recalled(&one, "default2", &number) && !recalled(&one, "", &number));
    ck_assert(!recalled(&one, "a_name_that_is_longer_than_any_code_is", &number));
    ck_assert(!recalled(&one, NULL, &number));
    keyring_rescan(&rig.ring);
    ck_assert(!recalled(&one, "default", &number)); /* its rights are looked up again first */
    ck_assert(admit(one.routing, one.routing_size, "default", &number, &who));
    ck_assert(recalled(&one, "default", &number));
    ck_assert_uint_eq(number, one.number);
    ck_assert(admit(one.routing, one.routing_size, "other", &number, &who)); /* another key behind the same id */
    ck_assert(!recalled(&one, "default", &number) && !recalled(&one, "other", &number));
}
END_TEST

/* Its name is there, and so are its roles, but it is another key's now. */
START_TEST(a_key_that_is_another_ends)
{
    struct connection one = meet(), two = meet();
    ck_assert(!peers_proven(peers, one.number));
    ck_assert(peers_prove(peers, one.number, rig.keys[0].who.key, -1));
    ck_assert(peers_proven(peers, one.number));
    ck_assert(!peers_prove(peers, two.number, "another", -1));
    ck_assert_uint_eq(peers_count(peers), 1);
    peers_revise(peers);
    ck_assert_uint_eq(peers_count(peers), 1); /* nothing has changed */
    rig.keys[0].who.key[0]++;
    peers_revise(peers);
    ck_assert_uint_eq(peers_count(peers), 0);
    ck_assert(rig_logged(&rig, "key_gone"));
}
END_TEST

START_TEST(a_key_with_other_rights_ends)
{
    meet();
    rig.keys[0].who.roles ^= 2;
    peers_revise(peers);
    ck_assert_uint_eq(peers_count(peers), 0);
}
END_TEST

START_TEST(a_slow_reader_gets_all_in_order)
{
    struct connection slow = meet();
    uint32_t count = 0;
    while (peers_waiting_bytes(peers) < 10 * REPLY_SIZE) { /* until pipes and TCP are full and some wait here */
        send_number(slow.number, count++, REPLY_SIZE);
    }
    ck_assert_uint_eq(peers_count(peers), 1);
    struct reading reading = {.socket = slow.socket, .until = count, .size = REPLY_SIZE};
    rig_until(&rig, read_all, &reading);
    ck_assert_uint_eq(peers_waiting_bytes(peers), 0);
}
END_TEST

START_TEST(replies_larger_than_the_bound_get_through)
{
    struct connection one = meet();
    static uint8_t large[3 * 1024 * 1024];
    for (uint32_t i = 0; i < 3; i++) {
        memcpy(large, &i, sizeof(i));
        peers_send(peers, one.number, false, large, sizeof(large));
    }
    struct reading reading = {.socket = one.socket, .until = 3, .size = sizeof(large)};
    rig_until(&rig, read_all, &reading);
}
END_TEST

static bool dropped(void *arg)
{
    struct connection *slow = arg;
    send_number(slow->number, 0, REPLY_SIZE);
    ck_assert_uint_le(peers_waiting_bytes(peers), CAP_OUTBOX_BYTES + REPLY_SIZE);
    return rig_logged(&rig, "replies_dropped");
}

START_TEST(a_reader_that_stands_still_is_bounded_while_others_are_served)
{
    struct connection slow = meet(), quick = meet();
    rig_until(&rig, dropped, &slow);
    ck_assert(rig_logged(&rig, "replies_dropped"));
    ck_assert_uint_eq(peers_waiting_bytes(peers), 0);
    send_number(quick.number, 0, 100);
    struct reading reading = {.socket = quick.socket, .until = 1, .size = 100};
    rig_until(&rig, read_all, &reading);
    uint64_t number;
    struct identity who;
    ck_assert(admit(slow.routing, slow.routing_size, "default", &number, &who)); /* and may go on */
    ck_assert_uint_eq(number, slow.number);
}
END_TEST

/* Reads until nothing waits here and the mark has come. Counts the large ones. */
static bool read_mark(void *arg)
{
    struct reading *reading = arg;
    bool mark = false;
    zmq_msg_t frame;
    zmq_msg_init(&frame);
    while (!mark && zframe_receive(reading->socket, &frame) == 0) {
        mark = zmq_msg_size(&frame) == 1;
        reading->until += !mark;
    }
    zmq_msg_close(&frame);
    return mark;
}

static bool nothing_waits(void *arg)
{
    read_mark(arg);
    return peers_waiting_bytes(peers) == 0;
}

START_TEST(what_was_dropped_makes_no_room_in_the_pipe)
{
    const size_t of_the_system = 12 * 1024 * 1024; /* more than its buffers of a connection hold */
    struct connection slow = meet_bounded(1);
    struct reading reading = {.socket = slow.socket};
    for (uint32_t i = 0; i < 50 * (CAP_OUTBOX_BYTES / REPLY_SIZE); i++) {
        send_number(slow.number, i, REPLY_SIZE);
    }
    ck_assert(rig_logged(&rig, "replies_dropped"));
    rig_until(&rig, nothing_waits, &reading);
    peers_send(peers, slow.number, false, "", 1);
    rig_until(&rig, read_mark, &reading);
    ck_assert_uint_le(reading.until * (size_t)REPLY_SIZE, PEER_OUTBOX_FLIGHT_BYTES + CAP_OUTBOX_BYTES + of_the_system);
}
END_TEST

START_TEST(many_small_replies_are_bounded_too)
{
    struct connection slow = meet();
    uint32_t sent = 0;
    for (; sent == 0 || peers_waiting_bytes(peers) > 0 || !rig_logged(&rig, "replies_dropped"); sent++) {
        send_number(slow.number, sent, 4096);
    }
    ck_assert_uint_gt(sent, CAP_OUTBOX_BYTES / 4096);
}
END_TEST

static bool gone(void *arg)
{
    struct connection *connection = arg;
    int events;
    size_t size = sizeof(events);
    zmq_getsockopt(router, ZMQ_EVENTS, &events, &size); /* as zpoll does: the end of a pipe is something to be read */
    if (peers_waiting_bytes(peers) == 0) {              /* else the retry finds out */
        send_number(connection->number, 0, 100);
    }
    return peers_count(peers) == 0;
}

START_TEST(a_peer_that_went_away_is_forgotten)
{
    struct connection one = meet();
    rig_drop(&rig, one.socket);
    rig_until(&rig, gone, &one);
    ck_assert(!peers_send(peers, one.number, false, "x", 1)); /* who waits for its answer is to be told */
    ck_assert(!rig_logged(&rig, "replies_dropped"));
}
END_TEST

static uint64_t gone_last, gone_count;

static void note_gone(void *arg, uint64_t number, bool revoked)
{
    (void)arg;
    ck_assert(!revoked);
    gone_last = number;
    gone_count++;
}

static uint64_t admit_number(uint32_t i, const char *name)
{
    unsigned char routing[5] = {0};
    struct identity who;
    uint64_t number;
    memcpy(routing + 1, &i, sizeof(i));
    ck_assert(admit(routing, sizeof(routing), name, &number, &who));
    return number;
}

/* Of a key that has too many connections its own most silent one is forgotten, and nobody else's. */
START_TEST(the_most_silent_of_the_key_is_forgotten_first)
{
    uint64_t first = admit_number(0, "default"), other = admit_number(1, "other"), second = 0;
    gone_count = 0;
    peers_own(peers, &(struct peers_owner){.gone = note_gone});
    for (uint32_t i = 2; i < CAP_CONNECTIONS_KEY + 12; i++) {
        uint64_t number = admit_number(i, "default");
        second = i == 2 ? number : second;
        ck_assert_uint_eq(admit_number(0, "default"), first); /* the first one speaks again each time */
        if (gone_count == 1) {
            ck_assert(gone_last == second || i > CAP_CONNECTIONS_KEY + 1);
        }
    }
    ck_assert_uint_eq(peers_count(peers), CAP_CONNECTIONS_KEY + 1);
    ck_assert_uint_eq(gone_count, 11);
    ck_assert_uint_eq(admit_number(1, "other"), other);
    peers_own(peers, &(struct peers_owner){0});
}
END_TEST

static void *monitor;

static void look(void *arg)
{
    zmq_msg_t frame;
    (void)arg;
    zmq_msg_init(&frame);
    while (zframe_receive(monitor, &frame) == 0) {
        uint16_t event;
        uint32_t value;
        memcpy(&event, zmq_msg_data(&frame), sizeof(event));
        memcpy(&value, (const char *)zmq_msg_data(&frame) + 2, sizeof(value));
        (event == ZMQ_EVENT_DISCONNECTED ? peers_ended : peers_began)(peers, (int)value);
        while (zmq_msg_more(&frame)) {
            zframe_receive(monitor, &frame);
        }
    }
    zmq_msg_close(&frame);
}

static bool all_gone(void *arg)
{
    look(NULL);
    return peers_count(peers) == *(uint32_t *)arg;
}

/* Nothing is sent to them: the monitor says that their connections have ended. Descriptors are used again, and the next connection
 * behind the same one is not taken for the last. */
START_TEST(a_connection_that_ends_ends_its_peer)
{
    uint32_t left = 1;
    monitor = rig_monitor(&rig, router, ZMQ_EVENT_ACCEPTED | ZMQ_EVENT_DISCONNECTED);
    peers_own(peers, &(struct peers_owner){.look = look, .gone = note_gone});
    gone_count = 0;
    struct connection stays = meet();
    for (uint32_t i = 0; i < 20; i++) {
        struct connection goes = meet();
        rig_drop(&rig, goes.socket);
        if (i % 2 == 0) {
            rig_until(&rig, all_gone, &left); /* else the next one comes before the news is read */
        }
    }
    rig_until(&rig, all_gone, &left);
    ck_assert_uint_eq(gone_count, 20);
    send_number(stays.number, 0, 100);
    struct reading reading = {.socket = stays.socket, .until = 1, .size = 100};
    rig_until(&rig, read_all, &reading);
    peers_own(peers, &(struct peers_owner){0});
}
END_TEST

/* A message that is read when its connection has ended, or when another has its descriptor: from a gone peer, whose further
 * messages stay together with it. */
START_TEST(late_messages_come_from_gone_peers)
{
    struct peers_origin origin = {.routing = "\0aaaa", .routing_size = 5, .name = "default", .descriptor = 500};
    struct identity who;
    uint64_t first, again, next, old;
    peers_began(peers, 500);
    peers_ended(peers, 500);
    ck_assert(peers_admit(peers, &origin, &first, &who));
    ck_assert(peers_gone(peers, first));
    ck_assert_uint_eq(peers_count(peers), 0);
    ck_assert(peers_admit(peers, &origin, &again, &who));
    ck_assert_uint_eq(first, again);
    ck_assert(!peers_send(peers, first, false, "x", 1));
    peers_began(peers, 500);
    origin.routing = "\0aaac";
    ck_assert(peers_admit(peers, &origin, &next, &who));
    ck_assert(!peers_gone(peers, next));
    origin.routing = "\0aaab";
    ck_assert(peers_admit(peers, &origin, &old, &who)); /* ZeroMQ met it before the one that has the descriptor */
    ck_assert(peers_gone(peers, old));
    ck_assert(!peers_gone(peers, next));
    origin.routing = "\0aaad";
    ck_assert(peers_admit(peers, &origin, &old, &who)); /* and this one later */
    ck_assert(!peers_gone(peers, old));
    ck_assert(peers_gone(peers, next));
    ck_assert_uint_eq(peers_count(peers), 1);
}
END_TEST

/* Who does not read is asked for no more, nor is its key when it has many such connections; another key is. */
START_TEST(a_key_that_does_not_read_is_held)
{
    struct code name = code_of("default"), other = code_of("other");
    struct connection slow = meet(), quick = meet();
    ck_assert(!peers_held(peers, &name, slow.number));
    for (uint32_t i = 0; !peers_held(peers, &name, slow.number); i++) {
        send_number(slow.number, i, REPLY_SIZE);
    }
    ck_assert_uint_ge(peers_waiting_bytes(peers), 256 * 1024);
    ck_assert(!peers_held(peers, &name, quick.number));
    struct connection more[16];
    for (size_t n = 0; n < 16 && !peers_held(peers, &name, quick.number); n++) {
        more[n] = meet();
        for (uint32_t i = 0; i < 8 * 1024 * 1024 / REPLY_SIZE; i++) {
            send_number(more[n].number, i, REPLY_SIZE);
        }
    }
    ck_assert(peers_held(peers, &name, quick.number));
    ck_assert(!peers_held(peers, &other, 12345));
    ck_assert_uint_le(peers_waiting_bytes(peers), CAP_OUTBOX_BYTES_KEY);
}
END_TEST

/* However many connections of one key do not read: what waits for them is bounded, and nothing of another key is dropped. */
START_TEST(what_waits_for_one_key_is_bounded)
{
    struct connection stays = meet();
    for (uint32_t n = 0; n < 12; n++) {
        struct connection slow = meet();
        for (uint32_t i = 0; i < 20 * 1024 * 1024 / REPLY_SIZE; i++) {
            send_number(slow.number, i, REPLY_SIZE);
            ck_assert_uint_le(peers_waiting_bytes(peers), CAP_OUTBOX_BYTES_KEY + REPLY_SIZE);
        }
    }
    ck_assert(rig_logged(&rig, "replies_dropped"));
    send_number(stays.number, 0, 100);
    struct reading reading = {.socket = stays.socket, .until = 1, .size = 100};
    rig_until(&rig, read_all, &reading);
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {{each_connection_is_a_peer},
                                       {no_user_no_entry},
                                       {another_key_behind_the_same_id_is_another_peer},
                                       {a_key_that_is_taken_away_ends},
                                       {who_is_proven_is_known_again},
                                       {a_key_that_is_another_ends},
                                       {a_key_with_other_rights_ends},
                                       {a_slow_reader_gets_all_in_order},
                                       {replies_larger_than_the_bound_get_through},
                                       {a_reader_that_stands_still_is_bounded_while_others_are_served},
                                       {what_was_dropped_makes_no_room_in_the_pipe},
                                       {many_small_replies_are_bounded_too},
                                       {a_peer_that_went_away_is_forgotten},
                                       {the_most_silent_of_the_key_is_forgotten_first},
                                       {a_connection_that_ends_ends_its_peer},
                                       {late_messages_come_from_gone_peers},
                                       {a_key_that_does_not_read_is_held},
                                       {what_waits_for_one_key_is_bounded}};
    return suite_run(&(struct suite){
        .name = "peers", .timeout_s = 60, .setup = setup, .teardown = teardown, .tests = tests, .count = SUITE_COUNT(tests)});
}
