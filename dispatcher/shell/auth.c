/* auth.c - ZAP 1.0 (ZeroMQ RFC 27): six fixed frames, then the credentials of the mechanism. */
#include "dispatcher/shell/auth.h"

#include "dispatcher/shell/zframe.h"
#include "proto/gen/schema.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ZAP_ENDPOINT "inproc://zeromq.zap.01"
#define ZAP_VERSION "1.0"

enum { FRAME_VERSION, FRAME_REQUEST, FRAME_DOMAIN, FRAME_ADDRESS, FRAME_ROUTING, FRAME_MECHANISM, FRAME_KEY, FRAME_COUNT };
#define FRAME_SIZE 255
#define CURVE_KEY_SIZE 32
#define AUTH_PROPERTY_SIZE 64

struct question {
    size_t count; /* frames that came, also those that were not kept */
    size_t size[FRAME_COUNT];
    char data[FRAME_COUNT][FRAME_SIZE + 1]; /* terminated */
};

struct auth {
    void *socket;
    struct zpoll poll;
    uv_loop_t *loop;
    struct keyring *ring;
    struct log *log;
    bool plain;
};

/* Reads one question whole. False: none is waiting. */
static bool receive(void *socket, struct question *ret)
{
    memset(ret, 0, sizeof(*ret));
    zmq_msg_t frame;
    bool more = true;
    zmq_msg_init(&frame);
    while (more && zframe_receive(socket, &frame) == 0) {
        size_t size = zmq_msg_size(&frame);
        if (ret->count < FRAME_COUNT) {
            ret->size[ret->count] = size < FRAME_SIZE ? size : FRAME_SIZE; /* what is cut equals nothing that we know */
            memcpy(ret->data[ret->count], zmq_msg_data(&frame), ret->size[ret->count]);
        }
        ret->count++;
        more = zmq_msg_more(&frame);
    }
    zmq_msg_close(&frame);
    return ret->count > 0;
}

static bool is(const struct question *question, int frame, const char *word)
{
    return question->size[frame] == strlen(word) && memcmp(question->data[frame], word, question->size[frame]) == 0;
}

/* Who asks, by mechanism. False: nobody that we know. */
static bool identify(struct auth *auth, const struct question *question, struct identity *ret)
{
    if (auth->plain) {
        return is(question, FRAME_MECHANISM, "NULL") && keyring_find_name(auth->ring, KEYRING_DEFAULT, ret);
    }
    if (!is(question, FRAME_MECHANISM, "CURVE") || question->count != FRAME_COUNT || question->size[FRAME_KEY] != CURVE_KEY_SIZE) {
        return false;
    }
    char key[KEYRING_KEY_SIZE];
    zmq_z85_encode(key, (const uint8_t *)question->data[FRAME_KEY], CURVE_KEY_SIZE);
    return keyring_find_key(auth->ring, key, ret);
}

/* Judges one question: true and who, or false and a line in the log. */
static bool judge(struct auth *auth, const struct question *question, struct identity *ret)
{
    const char *address = question->data[FRAME_ADDRESS];
    if (question->count < FRAME_KEY || !is(question, FRAME_VERSION, ZAP_VERSION)) {
        log_say(auth->log, LOG_LEVEL_WARNING, "zap_question", "a question of %zu frames is not ZAP 1.0", question->count);
        return false;
    }
    if (!identify(auth, question, ret)) {
        log_say(auth->log, LOG_LEVEL_WARNING, "key_unknown", "a peer at '%s' showed a key that is not in the keys folder", address);
        return false;
    }
    if (is(question, FRAME_DOMAIN, AUTH_DOMAIN_REQUESTS)) {
        return true;
    }
    if (is(question, FRAME_DOMAIN, AUTH_DOMAIN_EVENTS) && ret->listens) {
        return true;
    }
    log_say(auth->log, LOG_LEVEL_WARNING, "key_role",
            "key %.*s at '%s' may not use the socket of %s: who listens hears all, and needs a role for the query events, the "
            "district or the desk as unit, and no list of matters",
            CODE_SIZE, ret->name.s, address, question->data[FRAME_DOMAIN]);
    return false;
}

/* The property AUTH_KEY, in the form that ZMTP gives to metadata. */
static size_t key_property(const struct identity *who, char ret[AUTH_PROPERTY_SIZE])
{
    const size_t name_size = strlen(AUTH_KEY), size = strlen(who->key);
    char *at = ret;
    if (size == 0) {
        return 0;
    }
    *at++ = (char)name_size;
    memcpy(at, AUTH_KEY, name_size);
    at += name_size;
    memset(at, 0, 3);
    at[3] = (char)size;
    memcpy(at + 4, who->key, size);
    return (size_t)(at + 4 + size - ret);
}

/* The socket is a REP: each question must be answered, or it takes no other. */
static void answer(struct auth *auth, const struct question *question, const struct identity *who)
{
    const char *status = who != NULL ? "200" : "400";
    const char *text = who != NULL ? "OK" : "No entry";
    struct text name = who != NULL ? text_of_code(&who->name) : text_of(NULL);
    char property[AUTH_PROPERTY_SIZE];
    const size_t property_size = who != NULL ? key_property(who, property) : 0;
    const struct text frames[] = {text_of(ZAP_VERSION),
                                  {question->data[FRAME_REQUEST], (uint32_t)question->size[FRAME_REQUEST]},
                                  text_of(status),
                                  text_of(text),
                                  name,
                                  {property, (uint32_t)property_size}};
    const size_t last = sizeof(frames) / sizeof(frames[0]) - 1;
    for (size_t i = 0; i <= last; i++) {
        int rc = zframe_send(auth->socket, frames[i].at, frames[i].size, i < last);
        if (rc != 0) {
            log_say(auth->log, LOG_LEVEL_ERROR, "zap_answer", "an answer could not be sent: %s", zmq_strerror(-rc));
            return;
        }
    }
}

static void on_question(void *arg)
{
    struct auth *auth = arg;
    struct question question;
    while (receive(auth->socket, &question)) {
        struct identity who;
        bool known = judge(auth, &question, &who);
        answer(auth, &question, known ? &who : NULL);
    }
}

int auth_open(void *context, uv_loop_t *loop, struct keyring *ring, struct log *log, bool plain, struct auth **ret)
{
    struct auth *auth = calloc(1, sizeof(*auth));
    if (auth == NULL) {
        return -ENOMEM;
    }
    *auth = (struct auth){.loop = loop, .ring = ring, .log = log, .plain = plain};
    int rc = 0;
    auth->socket = zmq_socket(context, ZMQ_REP);
    if (auth->socket == NULL || zmq_bind(auth->socket, ZAP_ENDPOINT) != 0) {
        rc = -errno;
    } else {
        rc = zpoll_open(&auth->poll, loop, auth->socket, on_question, auth);
        zpoll_alone(&auth->poll);
    }
    if (rc != 0) {
        auth_free(auth);
        return rc;
    }
    *ret = auth;
    return 0;
}

void auth_stop(struct auth *auth)
{
    if (auth != NULL) {
        zpoll_close(&auth->poll);
    }
}

struct auth *auth_free(struct auth *auth)
{
    if (auth == NULL) {
        return NULL;
    }
    if (auth->socket != NULL) {
        zmq_close(auth->socket);
    }
    free(auth);
    return NULL;
}
