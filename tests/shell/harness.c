/* harness.c - see harness.h. */
#include "tests/shell/harness.h"

#include "dispatcher/shell/binding.h"
#include "proto/gen/schema.h"

#include <string.h>

static bool find_key(void *arg, const char *key, struct identity *ret)
{
    struct harness *harness = arg;
    for (size_t i = 0; i < harness->key_count; i++) {
        if (!harness->keys[i].hidden && strcmp(harness->keys[i].pair.public_key, key) == 0) {
            *ret = harness->keys[i].who;
            return true;
        }
    }
    return false;
}

static bool find_name(void *arg, const char *name, struct identity *ret)
{
    struct harness *harness = arg;
    struct code code = code_of(name);
    for (size_t i = 0; i < harness->key_count; i++) {
        if (!harness->keys[i].hidden && code_equal(&harness->keys[i].who.name, &code)) {
            *ret = harness->keys[i].who;
            return true;
        }
    }
    return false;
}

static bool look(void *arg)
{
    struct harness *harness = arg;
    bool found = false;
    harness->looks++;
    for (size_t i = 0; i < harness->key_count; i++) {
        found |= harness->keys[i].hidden;
        harness->keys[i].hidden = false;
    }
    return found;
}

static void rescan(void *arg)
{
    look(arg);
}

struct code code_of(const char *text)
{
    struct code code = {0};
    ck_assert(code_make(text, strlen(text), &code));
    return code;
}

void harness_open(struct harness *harness, bool plain)
{
    memset(harness, 0, sizeof(*harness));
    harness->context = zmq_ctx_new();
    zmq_ctx_set(harness->context, ZMQ_BLOCKY, 0); /* clients do not linger; server sockets say themselves that they do */
    ck_assert_int_eq(uv_loop_init(&harness->uv), 0);
    uv_timer_init(&harness->uv, &harness->patience);
    harness->log_file = tmpfile();
    ck_assert_ptr_nonnull(harness->log_file);
    harness->log = log_new(fileno(harness->log_file), LOG_LEVEL_NOTICE, 10);
    ck_assert_int_eq(zmq_curve_keypair(harness->server.public_key, harness->server.secret_key), 0);
    const struct keyring_source source = {.find_key = find_key,
                                          .find_name = find_name,
                                          .rescan = rescan,
                                          .look = look,
                                          .tick = look,
                                          .descriptor = -1,
                                          .arg = harness};
    keyring_init(&harness->ring, &source);
    ck_assert_int_eq(auth_open(harness->context, &harness->uv, &harness->ring, harness->log, plain, &harness->auth), 0);
}

void harness_close(struct harness *harness)
{
    auth_stop(harness->auth);
    uv_close((uv_handle_t *)&harness->patience, NULL);
    uv_run(&harness->uv, UV_RUN_DEFAULT);
    ck_assert_int_eq(uv_loop_close(&harness->uv), 0);
    while (harness->socket_count > 0) { /* clients first: a server socket waits for them */
        harness_drop(harness, harness->sockets[harness->socket_count - 1]);
    }
    auth_free(harness->auth);
    zmq_ctx_term(harness->context);
    log_free(harness->log);
    fclose(harness->log_file);
}

struct known *harness_key(struct harness *harness, const char *name, uint32_t roles)
{
    ck_assert_uint_lt(harness->key_count, HARNESS_KEYS);
    struct known *known = &harness->keys[harness->key_count++];
    ck_assert_int_eq(zmq_curve_keypair(known->pair.public_key, known->pair.secret_key), 0);
    known->who = (struct identity){.name = code_of(name), .roles = roles, .unit = code_of("D01")};
    known->who.listens = (roles & (1u << ROLE_LISTENER | 1u << ROLE_SUPERVISOR | 1u << ROLE_ADMINISTRATOR)) != 0;
    memcpy(known->who.key, known->pair.public_key, sizeof(known->who.key));
    return known;
}

void harness_drop(struct harness *harness, void *socket)
{
    for (size_t i = 0; i < harness->socket_count; i++) {
        if (harness->sockets[i] == socket) {
            ck_assert_int_eq(zmq_close(socket), 0);
            harness->sockets[i] = harness->sockets[--harness->socket_count];
            return;
        }
    }
    ck_abort_msg("not a socket of the harness");
}

void *harness_keep(struct harness *harness, void *socket)
{
    ck_assert_ptr_nonnull(socket);
    ck_assert_uint_lt(harness->socket_count, HARNESS_SOCKETS);
    return harness->sockets[harness->socket_count++] = socket;
}

void *harness_server(struct harness *harness, int type, bool plain, const char *domain, char *endpoint)
{
    const struct binding binding = {.context = harness->context,
                                    .type = type,
                                    .url = "tcp://127.0.0.1:*",
                                    .domain = domain,
                                    .server_secret = plain ? NULL : harness->server.secret_key,
                                    .hwm_messages = 1000,
                                    .message_size_max = 4194304};
    char said[BINDING_SAID_SIZE];
    void *socket = NULL;
    ck_assert_msg(binding_open(&binding, &socket, endpoint, said) == 0, "%s", said);
    return harness_keep(harness, socket);
}

void *harness_client(struct harness *harness, int type, const struct pair *pair, const char *endpoint)
{
    void *socket = harness_keep(harness, zmq_socket(harness->context, type));
    if (pair != NULL) {
        zmq_setsockopt(socket, ZMQ_CURVE_SERVERKEY, harness->server.public_key, 41);
        zmq_setsockopt(socket, ZMQ_CURVE_PUBLICKEY, pair->public_key, 41);
        zmq_setsockopt(socket, ZMQ_CURVE_SECRETKEY, pair->secret_key, 41);
    }
    if (type == ZMQ_SUB) {
        zmq_setsockopt(socket, ZMQ_SUBSCRIBE, "", 0);
    }
    ck_assert_int_eq(zmq_connect(socket, endpoint), 0);
    return socket;
}

void *harness_monitor(struct harness *harness, void *socket, int events)
{
    char name[64];
    snprintf(name, sizeof(name), "inproc://monitor-%zu", harness->socket_count);
    ck_assert_int_eq(zmq_socket_monitor(socket, name, events), 0);
    void *monitor = harness_keep(harness, zmq_socket(harness->context, ZMQ_PAIR));
    ck_assert_int_eq(zmq_connect(monitor, name), 0);
    return monitor;
}

static void on_patience(uv_timer_t *timer)
{
    (void)timer;
    ck_abort_msg("what the test waits for did not happen");
}

/* Clients that are not on the loop make it readable from ZeroMQ's threads, so it is run without sleeping. */
void harness_until(struct harness *harness, bool (*done)(void *arg), void *arg)
{
    uv_timer_start(&harness->patience, on_patience, HARNESS_PATIENCE_MS, 0);
    while (!done(arg)) {
        uv_run(&harness->uv, UV_RUN_NOWAIT);
    }
    uv_timer_stop(&harness->patience);
}

bool harness_logged(struct harness *harness, const char *text)
{
    char line[4096];
    bool found = false;
    fflush(harness->log_file);
    long end = ftell(harness->log_file);
    rewind(harness->log_file);
    while (!found && fgets(line, sizeof(line), harness->log_file) != NULL) {
        found = strstr(line, text) != NULL;
    }
    fseek(harness->log_file, end, SEEK_SET);
    return found;
}
