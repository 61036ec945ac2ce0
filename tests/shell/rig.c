/* rig.c - see rig.h. */
#include "tests/shell/rig.h"

#include "dispatcher/shell/binding.h"
#include "proto/gen/schema.h"

#include <string.h>

static bool find_key(void *arg, const char *key, struct identity *ret)
{
    struct rig *rig = arg;
    for (size_t i = 0; i < rig->key_count; i++) {
        if (!rig->keys[i].hidden && strcmp(rig->keys[i].pair.public_key, key) == 0) {
            *ret = rig->keys[i].who;
            return true;
        }
    }
    return false;
}

static bool find_name(void *arg, const char *name, struct identity *ret)
{
    struct rig *rig = arg;
    struct code code = code_of(name);
    for (size_t i = 0; i < rig->key_count; i++) {
        if (!rig->keys[i].hidden && code_equal(&rig->keys[i].who.name, &code)) {
            *ret = rig->keys[i].who;
            return true;
        }
    }
    return false;
}

static bool look(void *arg)
{
    struct rig *rig = arg;
    bool found = false;
    rig->looks++;
    for (size_t i = 0; i < rig->key_count; i++) {
        found |= rig->keys[i].hidden;
        rig->keys[i].hidden = false;
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

void rig_open(struct rig *rig, bool plain)
{
    memset(rig, 0, sizeof(*rig));
    rig->context = zmq_ctx_new();
    zmq_ctx_set(rig->context, ZMQ_BLOCKY, 0); /* clients do not linger; server sockets say themselves that they do */
    ck_assert_int_eq(uv_loop_init(&rig->uv), 0);
    uv_timer_init(&rig->uv, &rig->patience);
    rig->log_file = tmpfile();
    ck_assert_ptr_nonnull(rig->log_file);
    rig->log = log_new(fileno(rig->log_file), LOG_LEVEL_NOTICE, 10);
    ck_assert_int_eq(zmq_curve_keypair(rig->server.public_key, rig->server.secret_key), 0);
    const struct keyring_source source = {
        .find_key = find_key, .find_name = find_name, .rescan = rescan, .look = look, .tick = look, .descriptor = -1, .arg = rig};
    keyring_init(&rig->ring, &source);
    ck_assert_int_eq(auth_open(rig->context, &rig->uv, &rig->ring, rig->log, plain, &rig->auth), 0);
}

void rig_close(struct rig *rig)
{
    auth_stop(rig->auth);
    uv_close((uv_handle_t *)&rig->patience, NULL);
    uv_run(&rig->uv, UV_RUN_DEFAULT);
    ck_assert_int_eq(uv_loop_close(&rig->uv), 0);
    while (rig->socket_count > 0) { /* clients first: a server socket waits for them */
        rig_drop(rig, rig->sockets[rig->socket_count - 1]);
    }
    auth_free(rig->auth);
    zmq_ctx_term(rig->context);
    log_free(rig->log);
    fclose(rig->log_file);
}

struct known *rig_key(struct rig *rig, const char *name, uint32_t roles)
{
    ck_assert_uint_lt(rig->key_count, RIG_KEYS);
    struct known *known = &rig->keys[rig->key_count++];
    ck_assert_int_eq(zmq_curve_keypair(known->pair.public_key, known->pair.secret_key), 0);
    known->who = (struct identity){.name = code_of(name), .roles = roles, .unit = code_of("D01")};
    known->who.listens = (roles & (1u << ROLE_LISTENER | 1u << ROLE_SUPERVISOR | 1u << ROLE_ADMINISTRATOR)) != 0;
    memcpy(known->who.key, known->pair.public_key, sizeof(known->who.key));
    return known;
}

void rig_drop(struct rig *rig, void *socket)
{
    for (size_t i = 0; i < rig->socket_count; i++) {
        if (rig->sockets[i] == socket) {
            ck_assert_int_eq(zmq_close(socket), 0);
            rig->sockets[i] = rig->sockets[--rig->socket_count];
            return;
        }
    }
    ck_abort_msg("not a socket of the rig");
}

void *rig_keep(struct rig *rig, void *socket)
{
    ck_assert_ptr_nonnull(socket);
    ck_assert_uint_lt(rig->socket_count, RIG_SOCKETS);
    return rig->sockets[rig->socket_count++] = socket;
}

void *rig_server(struct rig *rig, int type, bool plain, const char *domain, char *endpoint)
{
    const struct binding binding = {.context = rig->context,
                                    .type = type,
                                    .url = "tcp://127.0.0.1:*",
                                    .domain = domain,
                                    .server_secret = plain ? NULL : rig->server.secret_key,
                                    .hwm_messages = 1000,
                                    .message_size_max = 4194304};
    char said[BINDING_SAID_SIZE];
    void *socket = NULL;
    ck_assert_msg(binding_open(&binding, &socket, endpoint, said) == 0, "%s", said);
    return rig_keep(rig, socket);
}

void *rig_client(struct rig *rig, int type, const struct pair *pair, const char *endpoint)
{
    void *socket = rig_keep(rig, zmq_socket(rig->context, type));
    if (pair != NULL) {
        zmq_setsockopt(socket, ZMQ_CURVE_SERVERKEY, rig->server.public_key, 41);
        zmq_setsockopt(socket, ZMQ_CURVE_PUBLICKEY, pair->public_key, 41);
        zmq_setsockopt(socket, ZMQ_CURVE_SECRETKEY, pair->secret_key, 41);
    }
    if (type == ZMQ_SUB) {
        zmq_setsockopt(socket, ZMQ_SUBSCRIBE, "", 0);
    }
    ck_assert_int_eq(zmq_connect(socket, endpoint), 0);
    return socket;
}

void *rig_monitor(struct rig *rig, void *socket, int events)
{
    char name[64];
    snprintf(name, sizeof(name), "inproc://monitor-%zu", rig->socket_count);
    ck_assert_int_eq(zmq_socket_monitor(socket, name, events), 0);
    void *monitor = rig_keep(rig, zmq_socket(rig->context, ZMQ_PAIR));
    ck_assert_int_eq(zmq_connect(monitor, name), 0);
    return monitor;
}

static void on_patience(uv_timer_t *timer)
{
    (void)timer;
    ck_abort_msg("what the test waits for did not happen");
}

/* Clients that are not on the loop make it readable from ZeroMQ's threads, so it is run without sleeping. */
void rig_until(struct rig *rig, bool (*done)(void *arg), void *arg)
{
    uv_timer_start(&rig->patience, on_patience, RIG_PATIENCE_MS, 0);
    while (!done(arg)) {
        uv_run(&rig->uv, UV_RUN_NOWAIT);
    }
    uv_timer_stop(&rig->patience);
}

bool rig_logged(struct rig *rig, const char *text)
{
    char line[4096];
    bool found = false;
    fflush(rig->log_file);
    long end = ftell(rig->log_file);
    rewind(rig->log_file);
    while (!found && fgets(line, sizeof(line), rig->log_file) != NULL) {
        found = strstr(line, text) != NULL;
    }
    fseek(rig->log_file, end, SEEK_SET);
    return found;
}
