/* test_client_uv.c - the client on a libuv loop. */

#include "proto/client/client_uv.h"
#include "tests/proto/peer.h"
#include "tests/suite.h"

#include <check.h>
#include <errno.h>
#include <poll.h>
#include <semaphore.h>

#define COUNT 500

struct run {
    struct client_uv *client;
    unsigned answers, timeouts, closed;
    uint64_t tags; /* sum */
    bool chain;    /* send the next from the callback */
};

static void answer(void *arg, const struct request *request, const void *data, size_t size, struct proto_buffer *out)
{
    bool *silent = arg;

    (void)data;
    (void)size;
    if (!*silent) {
        peer_accept(request, out);
    }
}

static void on_closed(void *arg)
{
    struct run *run = arg;

    run->closed++;
}

static void on_reply(void *arg, const struct client_reply *reply)
{
    struct run *run = arg;

    if (reply->error == 0) {
        ck_assert(reply->reply.ok);
        run->answers++;
    } else {
        ck_assert_int_eq(reply->error, -ETIMEDOUT);
        run->timeouts++;
    }
    run->tags += reply->tag;
    if (run->chain && run->answers < COUNT) {
        struct client_request request = {.name = "hello", .tag = run->answers};

        ck_assert_int_eq(client_uv_send(run->client, &request), 0);
    }
    if (client_uv_in_flight(run->client) == 0) {
        client_uv_close(run->client, on_closed);
    }
}

static void play(struct run *run, unsigned count, bool silent, int64_t timeout_ms)
{
    struct peer_options peer_options = {.url = peer_url(), .answer = answer, .arg = &silent};
    struct client_options options = {.url = peer_url(), .timeout_ms = timeout_ms};
    struct peer *peer = peer_open(&peer_options);
    uv_loop_t loop;

    ck_assert_int_eq(uv_loop_init(&loop), 0);
    ck_assert_int_eq(client_uv_open(&loop, &options, on_reply, run, &run->client), 0);
    for (unsigned i = 0; i < count; i++) {
        struct client_request request = {.name = "hello", .tag = i};

        ck_assert_int_eq(client_uv_send(run->client, &request), 0);
    }
    ck_assert_int_eq(uv_run(&loop, UV_RUN_DEFAULT), 0);
    ck_assert_int_eq(uv_loop_close(&loop), 0);
    ck_assert_uint_eq(run->closed, 1);
    peer_close(peer);
}

START_TEST(all_at_once)
{
    struct run run = {0};

    play(&run, COUNT, false, 20000);
    ck_assert_uint_eq(run.answers, COUNT);
    ck_assert_uint_eq(run.tags, COUNT * (COUNT - 1) / 2);
}
END_TEST

START_TEST(one_after_the_other)
{
    struct run run = {.chain = true};

    play(&run, 1, false, 20000);
    ck_assert_uint_eq(run.answers, COUNT);
}
END_TEST

START_TEST(no_answer)
{
    struct run run = {0};

    play(&run, 3, true, 200);
    ck_assert_uint_eq(run.timeouts, 3);
}
END_TEST

struct gate {
    sem_t came; /* the request is with the peer */
    sem_t go;   /* it may be answered */
};

/* Answers only the request `first`, once the test lets it. */
static void answer_first(void *arg, const struct request *request, const void *data, size_t size, struct proto_buffer *out)
{
    struct gate *gate = arg;

    (void)data;
    (void)size;
    if (!text_equal(request->id, text_of("first"))) {
        return;
    }
    sem_post(&gate->came);
    sem_wait(&gate->go);
    peer_accept(request, out);
}

static void on_first(void *arg, const struct client_reply *reply)
{
    struct run *run = arg;

    ck_assert_int_eq(reply->error, 0);
    run->answers++;
    client_uv_close(run->client, on_closed);
}

/* An answer waits in the socket, and sending the next request takes the descriptor's edge away: the answer must come all the same,
 * not with the next edge or timer. */
START_TEST(sending_swallows_the_edge)
{
    struct gate gate;
    struct peer_options peer_options = {.url = peer_url(), .answer = answer_first, .arg = &gate};
    struct client_options options = {.url = peer_url(), .timeout_ms = 600000, .attempt_ms = 600000};
    struct client_request first = {.name = "hello", .request_id = "first"}, second = {.name = "hello", .request_id = "second"};
    struct run run = {0};
    uv_loop_t loop;

    ck_assert_int_eq(sem_init(&gate.came, 0, 0) + sem_init(&gate.go, 0, 0), 0);
    struct peer *peer = peer_open(&peer_options);
    ck_assert_int_eq(uv_loop_init(&loop), 0);
    ck_assert_int_eq(client_uv_open(&loop, &options, on_first, &run, &run.client), 0);
    ck_assert_int_eq(client_uv_send(run.client, &first), 0);
    while (sem_trywait(&gate.came) != 0) {
        uv_run(&loop, UV_RUN_NOWAIT);
    }
    struct pollfd wait = (struct pollfd){.fd = uv_backend_fd(&loop), .events = POLLIN};
    ck_assert_int_eq(sem_post(&gate.go), 0);
    ck_assert_int_eq(poll(&wait, 1, -1), 1);
    ck_assert_int_eq(client_uv_send(run.client, &second), 0);
    ck_assert_int_eq(uv_run(&loop, UV_RUN_DEFAULT), 0);
    ck_assert_uint_eq(run.answers, 1);
    ck_assert_int_eq(uv_loop_close(&loop), 0);
    peer_close(peer);
    sem_destroy(&gate.came);
    sem_destroy(&gate.go);
}
END_TEST

START_TEST(bad_options)
{
    struct client_options options = {.url = "nonsense"};
    struct client_uv *client;
    uv_loop_t loop;

    ck_assert_int_eq(uv_loop_init(&loop), 0);
    ck_assert_int_eq(client_uv_open(&loop, &options, on_reply, NULL, &client), -EINVAL);
    ck_assert_int_eq(uv_loop_close(&loop), 0);
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {
        {all_at_once}, {one_after_the_other}, {no_answer}, {sending_swallows_the_edge}, {bad_options}};
    return suite_run(&(struct suite){.name = "client_uv", .timeout_s = 60, .tests = tests, .count = SUITE_COUNT(tests)});
}
