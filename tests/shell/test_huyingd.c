/* test_huyingd.c - the real program over real sockets: start, security, bad input, slow readers, the end. */
#include "config/keys.h"
#include "tests/shell/process.h"
#include "tests/suite.h"

#include <check.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <zmq.h>

static struct process server;
static void *context;
static const char *const plain[] = {"--plain", NULL};
static const char *const drill[] = {"--clock", "drill", NULL};

static void setup(void)
{
    process_folder_make();
    context = zmq_ctx_new();
}

static void teardown(void)
{
    zmq_ctx_term(context);
    process_folder_remove();
}

static void begin(const char *const *arguments)
{
    process_start(&server, arguments);
    process_ready(&server);
}

static void *new_socket(int type)
{
    void *socket = zmq_socket(context, type);
    const int patience = PROCESS_PATIENCE_MS, now = 0, all = 0;
    ck_assert_ptr_nonnull(socket);
    zmq_setsockopt(socket, ZMQ_RCVTIMEO, &patience, sizeof(patience));
    zmq_setsockopt(socket, ZMQ_LINGER, &now, sizeof(now));
    zmq_setsockopt(socket, ZMQ_SNDHWM, &all, sizeof(all));
    if (type == ZMQ_SUB) {
        zmq_setsockopt(socket, ZMQ_SUBSCRIBE, "", 0);
    }
    return socket;
}

static void *connect_plain(void)
{
    void *socket = new_socket(ZMQ_DEALER);
    ck_assert_int_eq(zmq_connect(socket, server.listen), 0);
    return socket;
}

static void use_pair(void *socket, const char *public_key, const char *secret_key)
{
    char server_key[KEY_TEXT_SIZE], folder[128];
    snprintf(folder, sizeof(folder), "%s/keys", process_folder);
    ck_assert_int_eq(keys_load_server_public(folder, server_key), 0);
    ck_assert_int_eq(zmq_setsockopt(socket, ZMQ_CURVE_SERVERKEY, server_key, KEY_TEXT_SIZE), 0);
    ck_assert_int_eq(zmq_setsockopt(socket, ZMQ_CURVE_PUBLICKEY, public_key, KEY_TEXT_SIZE), 0);
    ck_assert_int_eq(zmq_setsockopt(socket, ZMQ_CURVE_SECRETKEY, secret_key, KEY_TEXT_SIZE), 0);
}

static void use_key(void *socket, const char *name)
{
    char folder[128];
    struct key_pair pair;
    snprintf(folder, sizeof(folder), "%s/keys", process_folder);
    ck_assert_int_eq(keys_load_named(folder, name, &pair), 0);
    use_pair(socket, pair.public_key, pair.secret_key);
}

static void new_key(const char *name, uint32_t roles, const char *unit)
{
    char folder[128];
    snprintf(folder, sizeof(folder), "%s/keys", process_folder);
    ck_assert_int_eq(keys_new(folder, name, roles, unit, NULL), 0);
}

static void *connect_key(int type, const char *name)
{
    void *socket = new_socket(type);
    use_key(socket, name);
    ck_assert_int_eq(zmq_connect(socket, type == ZMQ_SUB ? server.events : server.listen), 0);
    return socket;
}

/* Waits for one event of a socket's monitor. */
static void wait_for(void *monitor, uint16_t wanted)
{
    zmq_msg_t frame;
    uint16_t event = 0;
    zmq_msg_init(&frame);
    while (event != wanted) {
        ck_assert_msg(zmq_msg_recv(&frame, monitor, 0) >= 0, "the connection did not do what was expected");
        memcpy(&event, zmq_msg_data(&frame), sizeof(event));
        ck_assert_int_ge(zmq_msg_recv(&frame, monitor, 0), 0);
    }
    zmq_msg_close(&frame);
}

static void *monitor_of(void *socket, int events)
{
    void *monitor = new_socket(ZMQ_PAIR);
    char name[64];
    snprintf(name, sizeof(name), "inproc://monitor-%p", socket);
    ck_assert_int_eq(zmq_socket_monitor(socket, name, events), 0);
    ck_assert_int_eq(zmq_connect(monitor, name), 0);
    return monitor;
}

static void expect_actor(void *socket, const char *name)
{
    const struct reply *reply = process_ask(socket, "h1", "hello", NULL, 0);
    ck_assert(reply->ok);
    const msgpack_object *actor = reply_field(&reply->body, "actor");
    ck_assert_ptr_nonnull(actor);
    ck_assert_uint_eq(actor->via.str.size, strlen(name));
    ck_assert_mem_eq(actor->via.str.ptr, name, strlen(name));
}

static void expect_refused(void *socket, const char *endpoint)
{
    void *monitor = monitor_of(socket, ZMQ_EVENT_HANDSHAKE_FAILED_AUTH);
    ck_assert_int_eq(zmq_connect(socket, endpoint), 0);
    wait_for(monitor, ZMQ_EVENT_HANDSHAKE_FAILED_AUTH);
    zmq_close(monitor);
    zmq_close(socket);
}

START_TEST(plain_peers_are_default_and_may_submit)
{
    static const char *const ways[][8] = {{"--plain", NULL}, {"--plain", "--clock", "drill", NULL}};
    begin(ways[_i]);
    void *client = connect_plain();
    expect_actor(client, "default");
    size_t size;
    const void *body = process_submit("no light", &size);
    ck_assert_uint_gt(process_number(process_ask(client, "r1", "submit", body, size), "case"), 0);
    zmq_close(client);
    process_stop(&server);
}
END_TEST

START_TEST(ipc_works)
{
    char listen[128], events[128];
    snprintf(listen, sizeof(listen), "ipc://%s/requests", process_folder);
    snprintf(events, sizeof(events), "ipc://%s/events", process_folder);
    const char *const arguments[] = {"--plain", "--listen", listen, "--events", events, NULL};
    begin(arguments);
    ck_assert_str_eq(server.listen, listen);
    ck_assert_str_eq(server.events, events);
    void *client = connect_plain();
    expect_actor(client, "default");
    zmq_close(client);
    process_stop(&server);
}
END_TEST

START_TEST(a_first_start_makes_keys_that_work)
{
    begin(drill);
    struct stat status;
    char path[128];
    snprintf(path, sizeof(path), "%s/keys", process_folder);
    ck_assert_int_eq(stat(path, &status), 0);
    ck_assert_int_eq(status.st_mode & 0777, 0700);
    void *client = connect_key(ZMQ_DEALER, "default");
    expect_actor(client, "default");
    size_t size;
    const void *body = process_submit("no light", &size);
    ck_assert_uint_gt(process_number(process_ask(client, "r1", "submit", body, size), "case"), 0);
    zmq_close(client);
    process_stop(&server);
}
END_TEST

START_TEST(an_unknown_key_is_refused)
{
    char public_key[41], secret_key[41];
    begin(NULL);
    zmq_curve_keypair(public_key, secret_key);
    void *stranger = new_socket(ZMQ_DEALER);
    use_pair(stranger, public_key, secret_key);
    expect_refused(stranger, server.listen);
    process_line(&server, "key_unknown");
    void *client = connect_key(ZMQ_DEALER, "default");
    expect_actor(client, "default");
    zmq_close(client);
    process_stop(&server);
}
END_TEST

START_TEST(a_client_without_security_shows_in_the_log)
{
    begin(NULL);
    void *stranger = connect_plain();
    process_line(&server, "handshake_failed");
    ck_assert_ptr_nonnull(strstr(server.line, "security"));
    zmq_close(stranger);
    void *client = connect_key(ZMQ_DEALER, "default");
    expect_actor(client, "default");
    zmq_close(client);
    process_stop(&server);
}
END_TEST

START_TEST(a_new_key_needs_no_restart_and_its_role_counts)
{
    begin(NULL);
    new_key("clerk", ROLE_BIT(ROLE_OPERATOR), "D01");
    void *client = connect_key(ZMQ_DEALER, "clerk");
    expect_actor(client, "clerk");
    void *deaf = new_socket(ZMQ_SUB);
    use_key(deaf, "clerk");
    expect_refused(deaf, server.events);
    process_line(&server, "key_role");
    zmq_close(client);
    process_stop(&server);
}
END_TEST

START_TEST(a_key_whose_unit_is_not_in_the_district_is_told_and_logged)
{
    begin(NULL);
    new_key("lost", ROLE_BIT(ROLE_LISTENER), "X99");
    void *client = connect_key(ZMQ_DEALER, "lost");
    expect_actor(client, "lost");
    process_line(&server, "key_unit");
    ck_assert_ptr_nonnull(strstr(server.line, "X99"));
    ck_assert_ptr_nonnull(strstr(server.line, "lost"));
    const char follow[] = "\x81\xa4name\xa1n"; /* a follower must not look healthy */
    const char *const names[] = {"follow", "list_cases"};
    for (int i = 0; i < 2; i++) {
        const struct reply *reply = process_ask(client, "f", names[i], i == 0 ? follow : NULL, i == 0 ? sizeof(follow) - 1 : 0);
        ck_assert(!reply->ok);
        ck_assert_int_eq(reply->refusal, REFUSAL_KEY_UNIT);
        ck_assert(text_equal(reply->field, text_of("X99")));
    }
    ck_assert_int_eq(kill(server.id, SIGHUP), 0);
    process_line(&server, "key_unit"); /* said again when everything is read again */
    zmq_close(client);
    process_stop(&server);
    process_start(&server, NULL);
    process_line(&server, "key_unit");
    process_ready(&server);
    process_stop(&server);
}
END_TEST

START_TEST(events_are_heard)
{
    begin(drill);
    void *listener = connect_key(ZMQ_SUB, "default");
    void *client = connect_key(ZMQ_DEALER, "default");
    const int soon = 20;
    zmq_setsockopt(listener, ZMQ_RCVTIMEO, &soon, sizeof(soon));
    char topic[64] = "", id[32];
    int got = -1;
    for (int i = 0; got < 0; i++) { /* until the subscription has arrived */
        ck_assert_int_lt(i, 1000);
        size_t size;
        const void *body = process_submit("no light", &size);
        snprintf(id, sizeof(id), "r%d", i);
        ck_assert(process_ask(client, id, "submit", body, size)->ok);
        got = zmq_recv(listener, topic, sizeof(topic) - 1, 0);
    }
    topic[got] = '\0';
    int more = 0;
    size_t more_size = sizeof(more);
    zmq_getsockopt(listener, ZMQ_RCVMORE, &more, &more_size);
    ck_assert_int_eq(more, 1);
    char event[4096];
    int event_size = zmq_recv(listener, event, sizeof(event), 0);
    ck_assert_int_gt(event_size, 0);
    msgpack_object map;
    struct codec_scratch scratch = {0};
    ck_assert_int_eq(codec_unpack(&scratch, event, (size_t)event_size, &map), 0);
    const msgpack_object *type = reply_field(&map, "type");
    ck_assert_ptr_nonnull(type);
    ck_assert_uint_eq(type->via.str.size, (size_t)got);
    ck_assert_mem_eq(type->via.str.ptr, topic, (size_t)got);
    codec_scratch_deinit(&scratch);
    zmq_close(listener);
    zmq_close(client);
    process_stop(&server);
}
END_TEST

START_TEST(a_message_over_the_limit_ends_the_connection_only)
{
    begin(plain);
    void *client = connect_plain();
    expect_actor(client, "default");
    void *monitor = monitor_of(client, ZMQ_EVENT_DISCONNECTED);
    char *large = calloc(1, CAP_MESSAGE_SIZE + 1);
    ck_assert_int_gt(zmq_send(client, large, CAP_MESSAGE_SIZE + 1, 0), 0);
    wait_for(monitor, ZMQ_EVENT_DISCONNECTED);
    zmq_close(monitor);
    zmq_close(client);
    client = connect_plain();
    ck_assert_int_gt(zmq_send(client, large, CAP_MESSAGE_SIZE, 0), 0); /* the largest: read, and refused */
    ck_assert(!process_receive(client)->ok);
    expect_actor(client, "default");
    free(large);
    zmq_close(client);
    process_stop(&server);
}
END_TEST

START_TEST(any_bytes_get_an_answer)
{
    begin(plain);
    void *client = connect_plain();
    uint64_t before = process_number(process_ask(client, "h", "hello", NULL, 0), "seq");
    char bytes[512];
    unsigned seed = 20260101;
    const int count = 2000;
    for (int i = 0; i < count; i++) {
        size_t size = (size_t)rand_r(&seed) % sizeof(bytes);
        for (size_t j = 0; j < size; j++) {
            bytes[j] = (char)rand_r(&seed);
        }
        if (i % 2 == 0 && size > 0) {
            bytes[0] = (char)(0x80 | bytes[0]); /* now and then it begins like a map */
        }
        ck_assert_int_eq(zmq_send(client, bytes, size, 0), (int)size);
    }
    for (int i = 0; i < count; i++) {
        const struct reply *reply = process_receive(client);
        ck_assert(!reply->ok);
        ck_assert(text_equal(reply->code, text_of("BAD_MESSAGE")) || text_equal(reply->code, text_of("TOO_LARGE")) ||
                  text_equal(reply->code, text_of("BAD_FIELD")));
    }
    zmq_send(client, "two", 3, ZMQ_SNDMORE);
    zmq_send(client, "frames", 6, 0);
    ck_assert(text_equal(process_receive(client)->code, text_of("BAD_MESSAGE")));
    ck_assert_uint_eq(process_number(process_ask(client, "h", "hello", NULL, 0), "seq"), before); /* no trace */
    zmq_close(client);
    process_stop(&server);
}
END_TEST

/* Makes a few hundred events, so that a page of them is large. */
static void fill_journal(void *client)
{
    char id[32];
    size_t size;
    const void *body = process_submit("no light", &size);
    for (int i = 0; i < 200; i++) {
        snprintf(id, sizeof(id), "fill%d", i);
        process_send(client, id, "submit", body, size);
    }
    for (int i = 0; i < 200; i++) {
        ck_assert(process_receive(client)->ok);
    }
}

/* Who does not read is not worked for any more, and keeps nobody else waiting, not even under the same key; when it reads again, it
 * has what was answered. */
START_TEST(a_reader_that_stands_still_is_held_and_others_are_served)
{
    begin(plain);
    void *quick = connect_plain();
    fill_journal(quick);
    void *slow = new_socket(ZMQ_DEALER);
    const int one = 1;
    zmq_setsockopt(slow, ZMQ_RCVHWM, &one, sizeof(one));
    ck_assert_int_eq(zmq_connect(slow, server.listen), 0);
    for (int round = 0; round < 300; round++) {
        for (int i = 0; i < 10; i++) {
            process_send(slow, "e", "events", NULL, 0);
        }
        expect_actor(quick, "default");
    }
    ck_assert(!process_said(&server, "replies_dropped"));
    for (int i = 0; i < 20; i++) {
        ck_assert(process_receive(slow)->ok);
    }
    expect_actor(quick, "default");
    zmq_close(slow);
    zmq_close(quick);
    process_stop(&server);
}
END_TEST

#define DRAIN_COUNT 3000

START_TEST(what_was_acknowledged_before_the_end_is_there_after_it)
{
    static uint64_t cases[DRAIN_COUNT];
    char id[32];
    size_t size;
    begin(plain);
    void *client = connect_plain();
    const void *body = process_submit("no light", &size);
    for (int i = 0; i < DRAIN_COUNT; i++) {
        snprintf(id, sizeof(id), "r%d", i);
        process_send(client, id, "submit", body, size);
        if (i == 0) {
            cases[0] = process_number(process_receive(client), "case");
        }
    }
    kill(server.id, SIGTERM);
    ck_assert_int_eq(process_end(&server), 0);
    const int now = 0;
    int answered = 1;
    zmq_msg_t message;
    struct codec_scratch scratch = {0};
    zmq_msg_init(&message);
    zmq_setsockopt(client, ZMQ_RCVTIMEO, &now, sizeof(now)); /* what was sent has arrived, or never will */
    for (; zmq_msg_recv(&message, client, 0) >= 0; answered++) {
        struct reply reply;
        ck_assert_int_eq(reply_decode(&scratch, zmq_msg_data(&message), zmq_msg_size(&message), &reply), 0);
        cases[atoi(reply.id.at + 1)] = process_number(&reply, "case");
    }
    codec_scratch_deinit(&scratch);
    zmq_msg_close(&message);
    zmq_close(client);
    begin(plain);
    client = connect_plain();
    for (int i = 0; i < DRAIN_COUNT; i++) {
        if (cases[i] == 0) {
            continue;
        }
        answered--;
        snprintf(id, sizeof(id), "r%d", i);
        ck_assert_uint_eq(process_number(process_ask(client, id, "submit", body, size), "case"),
                          cases[i]); /* remembered, not made again */
    }
    ck_assert_int_eq(answered, 0);
    zmq_close(client);
    process_stop(&server);
}
END_TEST

/* ZeroMQ aborts when it ends lingering over a half-sent message (binding.h): the end must come another way. */
START_TEST(a_subscriber_that_stands_still_does_not_hold_the_end)
{
    begin(plain);
    void *client = connect_plain();
    void *stuck = new_socket(ZMQ_SUB);
    const int one = 1, small = 4096;
    zmq_setsockopt(stuck, ZMQ_RCVHWM, &one, sizeof(one));
    zmq_setsockopt(stuck, ZMQ_RCVBUF, &small, sizeof(small));
    ck_assert_int_eq(zmq_connect(stuck, server.events), 0);
    size_t size;
    char id[32];
    const void *body = process_submit("no light", &size);
    const int count = 8000; /* some megabytes of events: more than TCP takes */
    for (int i = 0; i < count; i++) {
        snprintf(id, sizeof(id), "r%d", i);
        process_send(client, id, "submit", body, size);
    }
    for (int i = 0; i < count; i++) {
        ck_assert(process_receive(client)->ok);
    }
    kill(server.id, SIGTERM);
    process_line(&server, "cut_off");
    ck_assert_int_eq(process_end(&server), 0);
    zmq_close(stuck);
    zmq_close(client);
}
END_TEST

START_TEST(a_second_process_is_kept_out)
{
    begin(plain);
    struct process second;
    process_start(&second, plain);
    ck_assert_int_eq(process_end(&second), 4);
    process_stop(&server);
}
END_TEST

START_TEST(a_taken_port_is_said)
{
    begin(plain);
    struct process second;
    char data[128];
    snprintf(data, sizeof(data), "%s/data2", process_folder);
    const char *const arguments[] = {"--plain", "--data", data, "--listen", server.listen, NULL};
    process_start(&second, arguments);
    process_line(&second, "cannot listen at");
    ck_assert_int_eq(process_end(&second), 4);
    process_stop(&server);
}
END_TEST

START_TEST(wrong_usage_is_2)
{
    static const char *const wrong[][4] = {{"--plain", "--listen", "tcp://0.0.0.0:*", NULL},
                                           {"--plain", "--events", "tcp://*:*", NULL},
                                           {"--clock", "fast", NULL},
                                           {"--map-size", "12x", NULL},
                                           {"--map-size", "-1", NULL},
                                           {"--segment-size", "65535", NULL},
                                           {"word", NULL},
                                           {"--nothing", NULL}};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        process_start(&server, wrong[i]);
        ck_assert_int_eq(process_end(&server), 2);
    }
}
END_TEST

static void write_file(const char *folder, const char *name, const char *text)
{
    char path[256];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    fclose(file);
}

START_TEST(sighup_takes_a_good_set_and_leaves_a_bad_one)
{
    char folder[128], command[512];
    snprintf(folder, sizeof(folder), "%s/district", process_folder);
    snprintf(command, sizeof(command), "cp -r '%s' '%s'", getenv("HUYING_TEST_DISTRICT"), folder);
    ck_assert_int_eq(system(command), 0);
    const char *const arguments[] = {"--plain", "--config", folder, NULL};
    begin(arguments);
    void *client = connect_plain();
    uint64_t before = process_number(process_ask(client, "h", "hello", NULL, 0), "seq");
    write_file(folder, "matters.csv", "code,name\n");
    kill(server.id, SIGHUP);
    process_line(&server, "matters.csv");
    process_line(&server, "the old one stays");
    ck_assert_uint_eq(process_number(process_ask(client, "h", "hello", NULL, 0), "seq"), before);
    write_file(folder, "matters.csv", "code,name,field\nM001,路灯不亮,市政\nM002,井盖,市政\n");
    kill(server.id, SIGHUP);
    process_line(&server, "taken");
    ck_assert_uint_gt(process_number(process_ask(client, "h", "hello", NULL, 0), "seq"), before);
    zmq_close(client);
    process_stop(&server);
}
END_TEST

START_TEST(a_failed_flush_is_answered_and_ends_the_process)
{
    char path[128];
    size_t size;
    snprintf(path, sizeof(path), "%s/fail", process_folder);
    setenv("LD_PRELOAD", getenv("HUYING_FAILING_FLUSH"), 1);
    setenv("ASAN_OPTIONS", "verify_asan_link_order=0", 1);
    setenv("HUYING_FAIL_FLUSH", path, 1);
    begin(plain);
    unsetenv("LD_PRELOAD");
    void *client = connect_plain();
    const void *body = process_submit("no light", &size);
    uint64_t first = process_number(process_ask(client, "r1", "submit", body, size), "case");
    write_file(process_folder, "fail", "");
    const struct reply *reply = process_ask(client, "r2", "submit", body, size);
    ck_assert(!reply->ok);
    ck_assert(text_equal(reply->code, text_of("OUTCOME_UNKNOWN"))); /* taking it back fails, too */
    process_line(&server, "engine_failed");
    ck_assert_int_eq(process_end(&server), 4);
    zmq_close(client);
    begin(plain);
    client = connect_plain();
    ck_assert_uint_eq(process_number(process_ask(client, "r1", "submit", body, size), "case"), first);
    ck_assert_uint_ge(process_number(process_ask(client, "r2", "submit", body, size), "case"), first);
    zmq_close(client);
    process_stop(&server);
}
END_TEST

/* Waits for a datagram of sd_notify that contains `text`. */
static void notified(int fd, const char *text)
{
    char datagram[512];
    for (;;) {
        ssize_t got = recv(fd, datagram, sizeof(datagram) - 1, 0);
        ck_assert_msg(got >= 0, "systemd was not told %s", text);
        datagram[got] = '\0';
        if (strstr(datagram, text) != NULL) {
            return;
        }
    }
}

START_TEST(systemd_is_told)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof(address.sun_path), "%s/notify", process_folder);
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    const struct timeval patience = {.tv_sec = PROCESS_PATIENCE_MS / 1000};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    setenv("NOTIFY_SOCKET", address.sun_path, 1);
    setenv("WATCHDOG_USEC", "200000", 1);
    begin(plain);
    unsetenv("NOTIFY_SOCKET");
    notified(fd, "READY=1");
    notified(fd, "WATCHDOG=1");
    notified(fd, "WATCHDOG=1");
    kill(server.id, SIGTERM);
    notified(fd, "STOPPING=1");
    ck_assert_int_eq(process_end(&server), 0);
    close(fd);
}
END_TEST

START_TEST(two_signals_end_once)
{
    begin(plain);
    kill(server.id, SIGINT);
    kill(server.id, SIGTERM);
    ck_assert_int_eq(process_end(&server), 0);
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {{plain_peers_are_default_and_may_submit, 2},
                                       {ipc_works},
                                       {a_first_start_makes_keys_that_work},
                                       {an_unknown_key_is_refused},
                                       {a_client_without_security_shows_in_the_log},
                                       {a_new_key_needs_no_restart_and_its_role_counts},
                                       {a_key_whose_unit_is_not_in_the_district_is_told_and_logged},
                                       {events_are_heard},
                                       {a_message_over_the_limit_ends_the_connection_only},
                                       {any_bytes_get_an_answer},
                                       {a_reader_that_stands_still_is_held_and_others_are_served},
                                       {what_was_acknowledged_before_the_end_is_there_after_it},
                                       {a_subscriber_that_stands_still_does_not_hold_the_end},
                                       {a_second_process_is_kept_out},
                                       {a_taken_port_is_said},
                                       {wrong_usage_is_2},
                                       {sighup_takes_a_good_set_and_leaves_a_bad_one},
                                       {a_failed_flush_is_answered_and_ends_the_process},
                                       {systemd_is_told},
                                       {two_signals_end_once}};
    return suite_run(&(struct suite){
        .name = "huyingd", .timeout_s = 100, .setup = setup, .teardown = teardown, .tests = tests, .count = SUITE_COUNT(tests)});
}
