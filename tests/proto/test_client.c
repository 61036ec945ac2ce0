/* test_client.c - libhuying against a real ROUTER: matching, retries under the same id, reconnection, CURVE. */

#include "proto/client/client.h"
#include "proto/client/connection.h"
#include "tests/proto/peer.h"
#include "tests/suite.h"

#include <check.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#define PATIENCE_MS 20000

/* What a peer has seen, and how it answers. */
struct script {
    atomic_int requests; /* seen */
    int busy;            /* how many are refused BUSY first */
    uint32_t after_ms;   /* that span they are told to wait, 0 = none */
    int silent;          /* how many are not answered */
    enum refusal refusal;
    const char *field;
    pthread_mutex_t lock;
    struct proto_buffer bytes[8]; /* of the first requests */
};

static void answer(void *arg, const struct request *request, const void *data, size_t size, struct proto_buffer *out)
{
    struct script *script = arg;
    int nth = atomic_fetch_add(&script->requests, 1);

    pthread_mutex_lock(&script->lock);
    if (nth < 8) {
        proto_buffer_append(&script->bytes[nth], data, size);
    }
    pthread_mutex_unlock(&script->lock);
    if (nth < script->silent) {
        return;
    }
    if (nth < script->silent + script->busy) {
        reply_encode_busy(out, request->id, NULL, script->after_ms);
    } else if (script->refusal != REFUSAL_NONE) {
        reply_encode_refusal(out, request->id, script->refusal, script->field);
    } else {
        peer_accept(request, out);
    }
}

static void script_deinit(struct script *script)
{
    for (unsigned i = 0; i < 8; i++) {
        proto_buffer_deinit(&script->bytes[i]);
    }
}

static struct client *open_patient(int64_t timeout_ms, int64_t attempt_ms)
{
    struct client_options options = {.url = peer_url(), .timeout_ms = timeout_ms, .attempt_ms = attempt_ms};
    struct client *client;

    ck_assert_int_eq(client_open(&options, &client), 0);
    return client;
}

static struct client *open_client(int64_t timeout_ms)
{
    return open_patient(timeout_ms, 0);
}

static struct peer *open_peer(struct script *script)
{
    struct peer_options options = {.url = peer_url(), .answer = answer, .arg = script};

    return peer_open(&options);
}

static const struct client_request hello = {.name = "hello", .tag = 7};

static void assert_same_request(const struct script *script, int a, int b)
{
    ck_assert_uint_gt(script->bytes[a].size, 0);
    ck_assert_uint_eq(script->bytes[a].size, script->bytes[b].size);
    ck_assert_mem_eq(script->bytes[a].data, script->bytes[b].data, script->bytes[a].size);
}

START_TEST(call_gets_its_answer)
{
    struct script script = {.lock = PTHREAD_MUTEX_INITIALIZER};
    struct peer *peer = open_peer(&script);
    struct client *client = open_client(PATIENCE_MS);
    struct client_request request = {.name = "hello", .request_id = "my-id"};
    struct client_reply reply;

    ck_assert_int_eq(client_call(client, &request, &reply), 0);
    ck_assert(reply.reply.ok);
    ck_assert_uint_eq(reply.sends, 1);
    ck_assert(text_equal(reply.reply.id, text_of("my-id")));
    ck_assert_uint_eq(reply_field(&reply.reply.body, "seq")->via.u64, 1);
    ck_assert(client_connected(client));
    ck_assert_int_eq(client_receive(client, 0, &reply), -ENOENT);
    client_close(client);
    peer_close(peer);
    script_deinit(&script);
}
END_TEST

START_TEST(many_in_flight)
{
    enum { COUNT = 1000 };
    struct script script = {.lock = PTHREAD_MUTEX_INITIALIZER};
    struct peer *peer = open_peer(&script);
    struct client *client = open_client(PATIENCE_MS);
    bool seen[COUNT] = {false};
    struct client_reply reply;

    for (uint64_t i = 0; i < COUNT; i++) {
        struct client_request request = {.name = "hello", .tag = i};

        ck_assert_int_eq(client_send(client, &request), 0);
    }
    ck_assert_uint_eq(client_in_flight(client), COUNT);
    for (int i = 0; i < COUNT; i++) {
        ck_assert_int_eq(client_receive(client, -1, &reply), 0);
        ck_assert_int_eq(reply.error, 0);
        ck_assert_uint_lt(reply.tag, COUNT);
        ck_assert(!seen[reply.tag]);
        seen[reply.tag] = true;
    }
    ck_assert_int_eq(client_receive(client, -1, &reply), -ENOENT);
    client_close(client);
    peer_close(peer);
    script_deinit(&script);
}
END_TEST

START_TEST(call_keeps_other_answers)
{
    struct script script = {.lock = PTHREAD_MUTEX_INITIALIZER};
    struct peer *peer = open_peer(&script);
    struct client *client = open_client(PATIENCE_MS);
    struct client_request first = {.name = "hello", .request_id = "first", .tag = 1};
    struct client_request second = {.name = "hello", .request_id = "second", .tag = 2};
    struct client_reply reply;

    ck_assert_int_eq(client_send(client, &first), 0);
    ck_assert_int_eq(client_send(client, &first), -EEXIST);
    ck_assert_int_eq(client_call(client, &second, &reply), 0);
    ck_assert(text_equal(reply.reply.id, text_of("second")));
    ck_assert_int_eq(client_receive(client, -1, &reply), 0);
    ck_assert_uint_eq(reply.tag, 1);
    ck_assert(text_equal(reply.reply.id, text_of("first")));
    client_close(client);
    peer_close(peer);
    script_deinit(&script);
}
END_TEST

START_TEST(busy_is_sent_again)
{
    struct script script = {.lock = PTHREAD_MUTEX_INITIALIZER, .busy = 3};
    struct peer *peer = open_peer(&script);
    struct client *client = open_client(PATIENCE_MS);
    struct client_reply reply;

    ck_assert_int_eq(client_call(client, &hello, &reply), 0);
    ck_assert(reply.reply.ok);
    ck_assert_uint_eq(reply.sends, 4);
    peer_close(peer);
    assert_same_request(&script, 0, 3);
    client_close(client);
    script_deinit(&script);
}
END_TEST

/* The span that a refusal names is waited for, but no longer than the caller has patience. */
START_TEST(busy_may_say_when)
{
    struct script script = {.lock = PTHREAD_MUTEX_INITIALIZER, .busy = 2, .after_ms = 100};
    struct peer *peer = open_peer(&script);
    struct client *client = open_client(PATIENCE_MS);
    struct client_reply reply;
    int64_t begun_ms = connection_now_ms();

    ck_assert_int_eq(client_call(client, &hello, &reply), 0);
    ck_assert(reply.reply.ok);
    ck_assert_uint_eq(reply.sends, 3);
    ck_assert_int_ge(connection_now_ms() - begun_ms, 200);
    client_close(client);
    atomic_store(&script.requests, 0);
    script.after_ms = 3600000;
    client = open_client(PATIENCE_MS);
    ck_assert_int_eq(client_call(client, &hello, &reply), 0);
    ck_assert_int_eq(reply.reply.refusal, REFUSAL_BUSY);
    ck_assert_uint_eq(reply.reply.retry_after_ms, 3600000);
    client_close(client);
    peer_close(peer);
    script_deinit(&script);
}
END_TEST

START_TEST(busy_to_the_end_is_an_answer)
{
    struct script script = {.lock = PTHREAD_MUTEX_INITIALIZER, .busy = 1000000};
    struct peer *peer = open_peer(&script);
    struct client *client = open_client(4000); /* so that the last answer has a second to come, on a machine that others use too */
    struct client_reply reply;

    ck_assert_int_eq(client_call(client, &hello, &reply), 0);
    ck_assert(!reply.reply.ok);
    ck_assert_int_eq(reply.reply.refusal, REFUSAL_BUSY);
    ck_assert_uint_gt(reply.sends, 1);
    client_close(client);
    peer_close(peer);
    script_deinit(&script);
}
END_TEST

START_TEST(refusal_says_everything)
{
    struct script script = {.lock = PTHREAD_MUTEX_INITIALIZER, .refusal = REFUSAL_UNKNOWN_UNIT, .field = "place"};
    struct peer *peer = open_peer(&script);
    struct client *client = open_client(PATIENCE_MS);
    struct client_reply reply;

    ck_assert_int_eq(client_call(client, &hello, &reply), 0);
    ck_assert(!reply.reply.ok);
    ck_assert_int_eq(reply.reply.refusal, REFUSAL_UNKNOWN_UNIT);
    ck_assert(text_equal(reply.reply.code, text_of("UNKNOWN_UNIT")));
    ck_assert(text_equal(reply.reply.field, text_of("place")));
    ck_assert(text_equal(reply.reply.message, text_of(refusal_infos[REFUSAL_UNKNOWN_UNIT].sentence)));
    ck_assert(text_equal(reply.reply.hint, text_of(refusal_infos[REFUSAL_UNKNOWN_UNIT].hint)));
    ck_assert_uint_eq(reply.sends, 1);
    client_close(client);
    peer_close(peer);
    script_deinit(&script);
}
END_TEST

START_TEST(nobody_there)
{
    struct client *client = open_client(200);
    struct client_reply reply;

    ck_assert_int_eq(client_call(client, &hello, &reply), -ETIMEDOUT);
    ck_assert_uint_eq(reply.sends, 0);
    ck_assert_int_eq(client_send(client, &hello), 0);
    ck_assert_int_eq(client_receive(client, 0, &reply), -EAGAIN);
    ck_assert_int_eq(client_receive(client, -1, &reply), 0);
    ck_assert_int_eq(reply.error, -ETIMEDOUT);
    ck_assert_uint_eq(reply.tag, 7);
    ck_assert(!client_connected(client));
    client_close(client);
}
END_TEST

START_TEST(server_comes_later)
{
    struct script script = {.lock = PTHREAD_MUTEX_INITIALIZER};
    struct client *client = open_client(PATIENCE_MS);
    struct client_reply reply;

    ck_assert_int_eq(client_send(client, &hello), 0);
    ck_assert_int_eq(client_receive(client, 0, &reply), -EAGAIN);
    struct peer *peer = open_peer(&script);
    ck_assert_int_eq(client_receive(client, -1, &reply), 0);
    ck_assert(reply.error == 0 && reply.reply.ok);
    client_close(client);
    peer_close(peer);
    script_deinit(&script);
}
END_TEST

/* The server takes the request and dies; its successor gets the same bytes. */
START_TEST(server_restarts)
{
    struct script first = {.lock = PTHREAD_MUTEX_INITIALIZER, .silent = 1}, second = {.lock = PTHREAD_MUTEX_INITIALIZER};
    struct client *client = open_client(PATIENCE_MS);
    struct peer *peer = open_peer(&first);
    struct client_reply reply;

    ck_assert_int_eq(client_send(client, &hello), 0);
    while (atomic_load(&first.requests) == 0) {
        ck_assert_int_eq(client_receive(client, 10, &reply), -EAGAIN);
    }
    peer_close(peer);
    peer = open_peer(&second);
    ck_assert_int_eq(client_receive(client, -1, &reply), 0);
    ck_assert(reply.error == 0 && reply.reply.ok);
    ck_assert_uint_eq(reply.sends, 2);
    peer_close(peer);
    ck_assert_uint_eq(first.bytes[0].size, second.bytes[0].size);
    ck_assert_mem_eq(first.bytes[0].data, second.bytes[0].data, first.bytes[0].size);
    client_close(client);
    script_deinit(&first);
    script_deinit(&second);
}
END_TEST

/* The server stays, but one answer gets lost: after a while the same bytes go out again. */
START_TEST(lost_answer)
{
    struct script script = {.lock = PTHREAD_MUTEX_INITIALIZER, .silent = 1};
    struct peer *peer = open_peer(&script);
    struct client *client = open_patient(PATIENCE_MS, 50);
    struct client_reply reply;

    ck_assert_int_eq(client_call(client, &hello, &reply), 0);
    ck_assert_uint_ge(reply.sends, 2);
    peer_close(peer);
    assert_same_request(&script, 0, 1);
    client_close(client);
    script_deinit(&script);
}
END_TEST

START_TEST(bad_requests_and_urls)
{
    struct client *client = open_client(PATIENCE_MS);
    struct client_request request = {.name = "hello", .request_id = ""};
    struct client_options options = {.url = "nonsense"};
    char *large = calloc(1, CAP_MESSAGE_SIZE);

    ck_assert_int_eq(client_send(client, &request), -EINVAL);
    request.request_id = "has space";
    ck_assert_int_eq(client_send(client, &request), -EINVAL);
    request.request_id = "12345678901234567890123456789012345678901234567890123456789012345";
    ck_assert_int_eq(client_send(client, &request), -EINVAL);
    request = (struct client_request){.name = "hello", .body = large, .body_size = CAP_MESSAGE_SIZE};
    ck_assert_int_eq(client_send(client, &request), -EMSGSIZE);
    ck_assert_uint_eq(client_in_flight(client), 0);
    client_close(client);
    free(large);
    ck_assert_int_eq(client_open(&options, &client), -EINVAL);
    options = (struct client_options){.url = peer_url(), .server_key = "short"};
    ck_assert_int_eq(client_open(&options, &client), -EINVAL);
    ck_assert_ptr_null(client_close(NULL));
}
END_TEST

static void make_keys(struct client_options *options, char server_secret[41])
{
    ck_assert_int_eq(zmq_curve_keypair(options->server_key, server_secret), 0);
    ck_assert_int_eq(zmq_curve_keypair(options->public_key, options->secret_key), 0);
}

START_TEST(curve)
{
    struct script script = {.lock = PTHREAD_MUTEX_INITIALIZER};
    struct client_options options = {.url = peer_url(), .timeout_ms = PATIENCE_MS};
    char server_secret[41];
    struct peer_options peer_options = {.url = peer_url(), .server_secret = server_secret, .answer = answer, .arg = &script};
    struct client_reply reply;
    struct client *client;

    make_keys(&options, server_secret);
    struct peer *peer = peer_open(&peer_options);
    ck_assert_int_eq(client_open(&options, &client), 0);
    ck_assert_int_eq(client_call(client, &hello, &reply), 0);
    ck_assert(reply.reply.ok);
    client_close(client);
    peer_close(peer);
    script_deinit(&script);
}
END_TEST

START_TEST(unknown_key)
{
    struct script script = {.lock = PTHREAD_MUTEX_INITIALIZER};
    struct client_options options = {.url = peer_url(), .timeout_ms = PATIENCE_MS};
    char server_secret[41];
    struct peer_options peer_options = {
        .url = peer_url(), .server_secret = server_secret, .deny = true, .answer = answer, .arg = &script};
    struct client_reply reply;
    struct client *client;

    make_keys(&options, server_secret);
    struct peer *peer = peer_open(&peer_options);
    ck_assert_int_eq(client_open(&options, &client), 0);
    ck_assert_int_eq(client_call(client, &hello, &reply), -EACCES);
    ck_assert_int_eq(atomic_load(&script.requests), 0);
    client_close(client);
    peer_close(peer);
    script_deinit(&script);
}
END_TEST

/* The public key comes into the server's folder after the client has been started: it goes on to ask. */
START_TEST(a_key_that_is_admitted_later)
{
    struct script script = {.lock = PTHREAD_MUTEX_INITIALIZER};
    struct client_options options = {.url = peer_url(), .timeout_ms = PATIENCE_MS};
    char server_secret[41];
    struct peer_options peer_options = {
        .url = peer_url(), .server_secret = server_secret, .deny_first = 2, .answer = answer, .arg = &script};
    struct client_reply reply;
    struct client *client;

    make_keys(&options, server_secret);
    struct peer *peer = peer_open(&peer_options);
    ck_assert_int_eq(client_open(&options, &client), 0);
    ck_assert_int_eq(client_call(client, &hello, &reply), -EACCES);
    ck_assert_int_eq(client_call(client, &hello, &reply), -EACCES);
    ck_assert_int_eq(client_call(client, &hello, &reply), 0);
    ck_assert(reply.reply.ok);
    ck_assert_int_eq(atomic_load(&script.requests), 1);
    client_close(client);
    peer_close(peer);
    script_deinit(&script);
}
END_TEST

START_TEST(body_is_normalised)
{
    struct submit_command submit = {
        .given = SUBMIT_HAS_KIND | SUBMIT_HAS_TITLE | SUBMIT_HAS_TEXT, .title = text_of("cafe\xcc\x81"), .text = text_of("plain")};
    struct add_note_command note = {.given = ADD_NOTE_HAS_TEXT, .text = text_of("\xff")};
    struct codec_scratch scratch = {0};
    struct proto_buffer out = {0};
    msgpack_object map;

    ck_assert_int_eq(client_body_from_shape(&submit_command_shape, &submit, &out), 0);
    ck_assert_int_eq(codec_unpack(&scratch, out.data, out.size, &map), 0);
    ck_assert_uint_eq(map.via.map.size, 3);
    ck_assert_uint_eq(reply_field(&map, "title")->via.str.size, 5);
    ck_assert_mem_eq(reply_field(&map, "title")->via.str.ptr, "caf\xc3\xa9", 5);
    ck_assert_mem_eq(reply_field(&map, "kind")->via.str.ptr, "complaint", 9);
    ck_assert_int_eq(client_body_from_shape(&add_note_command_shape, &note, &out), -EILSEQ);
    codec_scratch_deinit(&scratch);
    proto_buffer_deinit(&out);
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {{call_gets_its_answer},
                                       {many_in_flight},
                                       {call_keeps_other_answers},
                                       {busy_is_sent_again},
                                       {busy_may_say_when},
                                       {busy_to_the_end_is_an_answer},
                                       {refusal_says_everything},
                                       {nobody_there},
                                       {server_comes_later},
                                       {server_restarts},
                                       {lost_answer},
                                       {bad_requests_and_urls},
                                       {curve},
                                       {unknown_key},
                                       {a_key_that_is_admitted_later},
                                       {body_is_normalised}};
    return suite_run(&(struct suite){.name = "client", .timeout_s = 60, .tests = tests, .count = SUITE_COUNT(tests)});
}
