/* test_binding.c - plain stays on this machine; a bound socket says where it is. */
#include "dispatcher/shell/binding.h"
#include "tests/suite.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

static void *context;
static char said[BINDING_SAID_SIZE], endpoint[BINDING_ENDPOINT_SIZE];

static void setup(void)
{
    context = zmq_ctx_new();
}

static void teardown(void)
{
    zmq_ctx_term(context);
}

START_TEST(which_urls_are_local)
{
    static const struct {
        const char *url;
        bool local;
    } urls[] = {
        {"ipc:///run/huying/requests", true},
        {"tcp://127.0.0.1:7311", true},
        {"tcp://127.9.8.7:*", true},
        {"tcp://[::1]:7311", true},
        {"tcp://localhost:7311", false},
        {"tcp://0.0.0.0:7311", false},
        {"tcp://*:7311", false},
        {"tcp://10.0.0.1:7311", false},
        {"tcp://127.0.0.1.example.org:1", false},
        {"tcp://[::]:7311", false},
        {"tcp://eth0:7311", false},
        {"tcp://127.0.0.1", false},
        {"inproc://x", false},
        {"", false},
        {"127.0.0.1:7311", false},
        {"tcp://1270.0.1:1", false},
    };
    for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
        ck_assert_msg(binding_is_local(urls[i].url) == urls[i].local, "%s", urls[i].url);
    }
}
END_TEST

static struct binding plain_at(const char *url)
{
    return (struct binding){
        .context = context, .type = ZMQ_ROUTER, .url = url, .domain = "requests", .hwm_messages = 10, .message_size_max = 100};
}

START_TEST(plain_elsewhere_is_refused)
{
    struct binding binding = plain_at("tcp://0.0.0.0:*");
    void *socket = NULL;
    ck_assert_int_eq(binding_open(&binding, &socket, endpoint, said), -EPERM);
    ck_assert_ptr_null(socket);
    ck_assert_ptr_nonnull(strstr(said, "--plain"));
}
END_TEST

START_TEST(curve_elsewhere_is_allowed)
{
    char public_key[41], secret_key[41];
    zmq_curve_keypair(public_key, secret_key);
    struct binding binding = plain_at("tcp://0.0.0.0:*");
    binding.server_secret = secret_key;
    void *socket = NULL;
    ck_assert_int_eq(binding_open(&binding, &socket, endpoint, said), 0);
    zmq_close(socket);
}
END_TEST

START_TEST(the_real_endpoint_is_given)
{
    struct binding binding = plain_at("tcp://127.0.0.1:*");
    void *socket = NULL;
    ck_assert_int_eq(binding_open(&binding, &socket, endpoint, said), 0);
    ck_assert_int_eq(strncmp(endpoint, "tcp://127.0.0.1:", 16), 0);
    ck_assert_int_gt(atoi(endpoint + 16), 0);
    binding.url = endpoint; /* taken by the first one */
    void *second = NULL;
    char again[BINDING_ENDPOINT_SIZE];
    ck_assert_int_eq(binding_open(&binding, &second, again, said), -EADDRINUSE);
    ck_assert_ptr_nonnull(strstr(said, endpoint));
    zmq_close(socket);
}
END_TEST

START_TEST(a_name_is_no_address)
{
    char public_key[41], secret_key[41];
    zmq_curve_keypair(public_key, secret_key);
    struct binding binding = plain_at("tcp://localhost:*");
    binding.server_secret = secret_key;
    void *socket = NULL;
    ck_assert_int_eq(binding_open(&binding, &socket, endpoint, said), -ENODEV);
    ck_assert_ptr_nonnull(strstr(said, "number of an address"));
}
END_TEST

START_TEST(a_bad_secret_is_refused)
{
    struct binding binding = plain_at("tcp://127.0.0.1:*");
    binding.server_secret = "short";
    void *socket = NULL;
    ck_assert_int_eq(binding_open(&binding, &socket, endpoint, said), -EINVAL);
}
END_TEST

START_TEST(limits_are_set)
{
    struct binding binding = plain_at("tcp://127.0.0.1:*");
    void *socket = NULL;
    ck_assert_int_eq(binding_open(&binding, &socket, endpoint, said), 0);
    int64_t size_max = 0;
    int hwm = 0, handshake = 0;
    size_t size = sizeof(size_max);
    zmq_getsockopt(socket, ZMQ_MAXMSGSIZE, &size_max, &size);
    ck_assert_int_eq(size_max, 100);
    size = sizeof(hwm);
    zmq_getsockopt(socket, ZMQ_SNDHWM, &hwm, &size);
    ck_assert_int_eq(hwm, 10);
    zmq_getsockopt(socket, ZMQ_HANDSHAKE_IVL, &handshake, &size);
    ck_assert_int_eq(handshake, 2000);
    zmq_close(socket);
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {{which_urls_are_local},
                                       {plain_elsewhere_is_refused},
                                       {curve_elsewhere_is_allowed},
                                       {the_real_endpoint_is_given},
                                       {a_name_is_no_address},
                                       {a_bad_secret_is_refused},
                                       {limits_are_set}};
    return suite_run(
        &(struct suite){.name = "binding", .setup = setup, .teardown = teardown, .tests = tests, .count = SUITE_COUNT(tests)});
}
