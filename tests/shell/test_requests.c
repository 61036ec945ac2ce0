/* test_requests.c - forms of messages, the queue's bounds, and replies in the form of their request. */
#include "dispatcher/shell/requests.h"
#include "dispatcher/shell/zframe.h"
#include "proto/reply.h"
#include "proto/request.h"
#include "tests/shell/rig.h"
#include "tests/suite.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct rig rig;
static struct peers *peers;
static struct inlet *inlet;
static struct requests *requests;
static char endpoint[256];
static struct engine_message offered[CAP_BATCH_MESSAGES];
static const uint32_t no_cost[CAP_BATCH_MESSAGES];

static void setup(void)
{
    rig_open(&rig, true);
    rig_key(&rig, "default", 5);
    void *router = rig_server(&rig, ZMQ_ROUTER, true, AUTH_DOMAIN_REQUESTS, endpoint);
    peers = peers_new(router, &rig.uv, &rig.ring, rig.log);
    ck_assert_int_eq(inlet_open(router, NULL, rig.log, &inlet), 0);
    requests = requests_new(inlet, peers, rig.log);
    ck_assert_ptr_nonnull(requests);
}

static void teardown(void)
{
    peers_stop(peers);
    uv_run(&rig.uv, UV_RUN_NOWAIT); /* closes the handle */
    requests_free(requests);
    inlet_free(inlet);
    peers_free(peers);
    rig_close(&rig);
}

static size_t wanted;

static bool enough(void *arg)
{
    (void)arg;
    requests_read(requests);
    return requests_count(requests) >= wanted;
}

static void read_until(size_t count)
{
    wanted = count;
    rig_until(&rig, enough, NULL);
    ck_assert_uint_eq(requests_count(requests), count);
}

/* One form of message: its frames, NULL-terminated, and what the engine is to see. */
struct form {
    const char *frames[4];
    const char *seen;
    bool delimited;
};

static const struct form forms[] = {
    {{"one"}, "one", false},
    {{"", "one"}, "one", true},
    {{"two", "frames"}, "", false},
    {{"", "one", "two"}, "", true},
    {{"", "", "one"}, "", true},
    {{"a", "", "b"}, "", false},
    {{""}, "", false},
    {{"", ""}, "", true},
};

static size_t frame_count(const struct form *form)
{
    size_t count = 0;
    while (count < 4 && form->frames[count] != NULL) {
        count++;
    }
    return count;
}

static void send_form(void *client, const struct form *form)
{
    size_t count = frame_count(form);
    for (size_t i = 0; i < count; i++) {
        ck_assert_int_eq(zframe_send(client, form->frames[i], strlen(form->frames[i]), i + 1 < count), 0);
    }
}

struct answer {
    void *socket;
    size_t frames;
    char text[64];
};

static bool answered(void *arg)
{
    struct answer *answer = arg;
    zmq_msg_t frame;
    bool got = false, more = true;
    zmq_msg_init(&frame);
    while (more && zframe_receive(answer->socket, &frame) == 0) {
        got = true;
        answer->frames++;
        snprintf(answer->text, sizeof(answer->text), "%.*s", (int)zmq_msg_size(&frame), (const char *)zmq_msg_data(&frame));
        more = zmq_msg_more(&frame);
    }
    zmq_msg_close(&frame);
    return got;
}

START_TEST(each_form_is_seen_and_answered_in_its_manner)
{
    const struct form *form = &forms[_i];
    void *client = rig_client(&rig, ZMQ_DEALER, NULL, endpoint);
    send_form(client, form);
    read_until(1);
    ck_assert_uint_eq(requests_offer(requests, offered, 10), 1);
    ck_assert_uint_eq(offered[0].size, strlen(form->seen));
    ck_assert_mem_eq(offered[0].data, form->seen, strlen(form->seen));
    ck_assert_uint_eq(offered[0].from.roles, 5);
    ck_assert(text_equal(offered[0].from.name, text_of("default")));
    const struct engine_reply reply = {.peer = offered[0].from.peer, .data = "reply", .size = 5};
    requests_reply(requests, &reply);
    requests_taken(requests, 1, no_cost);
    struct answer answer = {.socket = client};
    rig_until(&rig, answered, &answer);
    ck_assert_uint_eq(answer.frames, form->delimited ? 2 : 1);
    ck_assert_str_eq(answer.text, "reply");
}
END_TEST

START_TEST(both_manners_of_one_peer_are_kept_apart)
{
    void *client = rig_client(&rig, ZMQ_DEALER, NULL, endpoint);
    send_form(client, &forms[0]);
    send_form(client, &forms[1]);
    read_until(2);
    ck_assert_uint_eq(requests_offer(requests, offered, 10), 2);
    for (int i = 1; i >= 0; i--) { /* answered in the other order */
        const struct engine_reply reply = {.peer = offered[i].from.peer, .data = "reply", .size = 5};
        requests_reply(requests, &reply);
        struct answer answer = {.socket = client};
        rig_until(&rig, answered, &answer);
        ck_assert_uint_eq(answer.frames, i == 1 ? 2 : 1);
    }
}
END_TEST

START_TEST(a_routing_id_of_its_own_is_refused)
{
    void *client = rig_keep(&rig, zmq_socket(rig.context, ZMQ_DEALER));
    zmq_setsockopt(client, ZMQ_ROUTING_ID, "me", 2);
    ck_assert_int_eq(zmq_connect(client, endpoint), 0);
    zframe_send(client, "one", 3, false);
    read_until(1);
    requests_offer(requests, offered, 10);
    ck_assert_uint_eq(offered[0].size, 0);
}
END_TEST

START_TEST(what_is_not_taken_is_offered_again)
{
    void *client = rig_client(&rig, ZMQ_DEALER, NULL, endpoint);
    const size_t count = 10;
    for (size_t i = 0; i < count; i++) {
        zframe_send(client, &(char){(char)('a' + i)}, 1, false);
    }
    read_until(count);
    ck_assert_uint_eq(requests_offer(requests, offered, 4), 4);
    requests_taken(requests, 3, no_cost);
    ck_assert_uint_eq(requests_offer(requests, offered, 0), 0);
    requests_taken(requests, 0, no_cost);
    ck_assert_uint_eq(requests_offer(requests, offered, 100), count - 3);
    for (size_t i = 0; i < count - 3; i++) {
        ck_assert_int_eq(*(const char *)offered[i].data, (char)('d' + i));
    }
}
END_TEST

/* Bytes of a request without a body. */
static void encode(const char *id, const char *name, struct proto_buffer *ret)
{
    const struct request_head head = {.id = text_of(id), .name = text_of(name)};
    proto_buffer_clear(ret);
    ck_assert_int_eq(request_encode(&head, NULL, 0, ret), 0);
}

struct refusals {
    void *socket;
    size_t count, wanted;
    uint32_t after_ms;
};

static bool refused(void *arg)
{
    struct refusals *refusals = arg;
    struct codec_scratch scratch = {0};
    zmq_msg_t frame;
    requests_read(requests);
    zmq_msg_init(&frame);
    while (zframe_receive(refusals->socket, &frame) == 0) {
        struct reply reply;
        ck_assert_int_eq(reply_decode(&scratch, zmq_msg_data(&frame), zmq_msg_size(&frame), &reply), 0);
        ck_assert_int_eq(reply.refusal, REFUSAL_BUSY);
        ck_assert(reply.retry);
        ck_assert(text_equal(reply.id, text_of("q")) || text_equal(reply.id, text_of("c")));
        refusals->after_ms = reply.retry_after_ms;
        refusals->count++;
    }
    zmq_msg_close(&frame);
    codec_scratch_deinit(&scratch);
    return refusals->count >= refusals->wanted;
}

/* Takes all that waits. Gives how many; each query costs so much. */
static size_t take_all(uint32_t cost_us)
{
    static uint32_t costs[CAP_BATCH_MESSAGES];
    size_t all = 0, count;
    for (size_t i = 0; i < CAP_BATCH_MESSAGES; i++) {
        costs[i] = cost_us;
    }
    while ((count = requests_offer(requests, offered, CAP_BATCH_MESSAGES)) > 0) {
        requests_taken(requests, count, costs);
        all += count;
    }
    ck_assert(!requests_stalled(requests));
    return all;
}

/* A sender with very many commands on their way is not refused, and they stay in order. */
START_TEST(twelve_thousand_commands_wait)
{
    void *client = rig_client(&rig, ZMQ_DEALER, NULL, endpoint);
    const int unbounded = 0;
    zmq_setsockopt(client, ZMQ_SNDHWM, &unbounded, sizeof(unbounded));
    for (uint32_t i = 0; i < 12000; i++) {
        while (zframe_send(client, &i, sizeof(i), false) == -EAGAIN) {
            requests_read(requests);
        }
    }
    read_until(12000);
    uint32_t expected = 0;
    while (expected < 12000) {
        size_t count = requests_offer(requests, offered, 1000);
        ck_assert_uint_eq(count, 1000);
        for (size_t i = 0; i < count; i++, expected++) {
            ck_assert_mem_eq(offered[i].data, &expected, sizeof(expected));
        }
        requests_taken(requests, count, no_cost);
    }
    ck_assert_uint_eq(requests_count(requests), 0);
}
END_TEST

/* Beyond CAP_WAITING_MESSAGES_KEY a command of one key is BUSY; another key's is taken. */
START_TEST(commands_of_one_key_are_bounded)
{
    void *client = rig_client(&rig, ZMQ_DEALER, NULL, endpoint);
    struct refusals refusals = {.socket = client, .wanted = 200}; /* who has that many unread is told no more */
    struct proto_buffer message = {0};
    const int unbounded = 0;
    zmq_setsockopt(client, ZMQ_SNDHWM, &unbounded, sizeof(unbounded));
    encode("c", "submit", &message);
    for (uint32_t i = 0; i < CAP_WAITING_MESSAGES_KEY + 500; i++) {
        ck_assert_int_eq(zframe_send(client, message.data, message.size, false), 0);
    }
    rig_until(&rig, refused, &refusals);
    ck_assert_uint_eq(requests_count(requests), CAP_WAITING_MESSAGES_KEY);
    ck_assert_uint_ge(refusals.after_ms, 100);
    ck_assert(rig_logged(&rig, "key_busy"));
    ck_assert_uint_eq(take_all(0), CAP_WAITING_MESSAGES_KEY);
    proto_buffer_deinit(&message);
}
END_TEST

/* Queries are bounded by what they cost: of dear ones only a few wait, of cheap ones many. */
START_TEST(queries_of_one_key_are_bounded_by_their_cost)
{
    void *client = rig_client(&rig, ZMQ_DEALER, NULL, endpoint);
    struct refusals refusals = {.socket = client, .wanted = 100};
    struct proto_buffer message = {0};
    encode("q", "metrics", &message);
    for (int i = 0; i < 30; i++) { /* until it is known what they cost */
        ck_assert_int_eq(zframe_send(client, message.data, message.size, false), 0);
        read_until(1);
        ck_assert_uint_eq(take_all(100000), 1);
    }
    for (uint32_t i = 0; i < 110; i++) {
        ck_assert_int_eq(zframe_send(client, message.data, message.size, false), 0);
    }
    rig_until(&rig, refused, &refusals);
    ck_assert_uint_eq(requests_count(requests), REQUESTS_QUERY_US / 100000);
    ck_assert_uint_eq(refusals.after_ms, REQUESTS_QUERY_US / 1000);
    encode("c", "submit", &message); /* commands of the same key still come in */
    ck_assert_int_eq(zframe_send(client, message.data, message.size, false), 0);
    read_until(REQUESTS_QUERY_US / 100000 + 1);
    size_t count = requests_offer(requests, offered, 100);
    ck_assert_uint_eq(count, 1); /* the command stands behind the queries of its connection */
    requests_taken(requests, 1, no_cost);
    take_all(1);
    ck_assert_uint_eq(requests_count(requests), 0);
    proto_buffer_deinit(&message);
}
END_TEST

/* The cap in bytes, of one key. */
START_TEST(the_bytes_of_one_key_are_bounded)
{
    void *client = rig_client(&rig, ZMQ_DEALER, NULL, endpoint);
    const size_t size = CAP_MESSAGE_SIZE, fit = CAP_WAITING_BYTES_KEY / size;
    char *large = calloc(1, size);
    for (size_t i = 0; i < fit; i++) {
        ck_assert_int_eq(zframe_send(client, large, size, false), 0);
    }
    read_until(fit);
    struct answer answer = {.socket = client};
    ck_assert_int_eq(zframe_send(client, large, size, false), 0);
    bool got = false;
    for (int i = 0; i < 100000 && !got; i++) {
        uv_run(&rig.uv, UV_RUN_NOWAIT);
        requests_read(requests);
        got = answered(&answer); /* BUSY, without an id: none can be read */
    }
    ck_assert(got);
    ck_assert_uint_eq(requests_count(requests), fit);
    take_all(0);
    free(large);
}
END_TEST

/* What a connection asked before it ended is not worked on; what it ordered is. */
START_TEST(queries_of_a_gone_peer_are_dropped)
{
    void *client = rig_client(&rig, ZMQ_DEALER, NULL, endpoint);
    struct proto_buffer message = {0};
    encode("q", "metrics", &message);
    for (int i = 0; i < 5; i++) {
        ck_assert_int_eq(zframe_send(client, message.data, message.size, false), 0);
    }
    encode("c", "submit", &message);
    ck_assert_int_eq(zframe_send(client, message.data, message.size, false), 0);
    read_until(6);
    ck_assert_uint_eq(requests_offer(requests, offered, 1), 1);
    uint64_t number = offered[0].from.peer / 2;
    requests_taken(requests, 0, no_cost);
    requests_gone(requests, number, false);
    ck_assert_uint_eq(requests_count(requests), 1);
    ck_assert_uint_eq(take_all(0), 1);
    proto_buffer_deinit(&message);
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {{each_form_is_seen_and_answered_in_its_manner, SUITE_COUNT(forms)},
                                       {both_manners_of_one_peer_are_kept_apart},
                                       {a_routing_id_of_its_own_is_refused},
                                       {what_is_not_taken_is_offered_again},
                                       {twelve_thousand_commands_wait},
                                       {commands_of_one_key_are_bounded},
                                       {queries_of_one_key_are_bounded_by_their_cost},
                                       {the_bytes_of_one_key_are_bounded},
                                       {queries_of_a_gone_peer_are_dropped}};
    return suite_run(&(struct suite){
        .name = "requests", .timeout_s = 60, .setup = setup, .teardown = teardown, .tests = tests, .count = SUITE_COUNT(tests)});
}
