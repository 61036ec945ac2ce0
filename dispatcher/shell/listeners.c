/* listeners.c - a hash by descriptor. */
#include "dispatcher/shell/listeners.h"

#include "dispatcher/shell/accepted.h"
#include "dispatcher/shell/auth.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#define TOPIC_UPKEEP 64 /* bytes that a subscription costs beside its topic */

struct listener {
    UT_hash_handle hh;
    int descriptor;
    size_t topic_bytes;
    char name[CODE_SIZE + 1];
    char key[KEYRING_KEY_SIZE];
};

struct listeners {
    struct monitor *monitor;
    const struct keyring *ring;
    struct log *log;
    struct listener *all;
};

static void forget(struct listeners *listeners, struct listener *listener)
{
    HASH_DEL(listeners->all, listener);
    free(listener);
}

static void on_connection(void *arg, int descriptor, bool ended)
{
    if (!ended) {
        return;
    }
    struct listeners *listeners = arg;
    struct listener *listener = NULL;
    HASH_FIND_INT(listeners->all, &descriptor, listener);
    if (listener != NULL) {
        forget(listeners, listener);
    }
}

struct listeners *listeners_new(struct monitor *monitor, const struct keyring *ring, struct log *log)
{
    struct listeners *listeners = calloc(1, sizeof(*listeners));
    if (listeners == NULL) {
        return NULL;
    }
    *listeners = (struct listeners){.monitor = monitor, .ring = ring, .log = log};
    monitor_tell(monitor, on_connection, listeners);
    return listeners;
}

static bool may_listen(const struct listeners *listeners, const char *name, const char *key)
{
    struct identity who;
    return name != NULL && keyring_find_again(listeners->ring, name, key, &who) && who.listens;
}

static struct listener *find_or_make(struct listeners *listeners, int descriptor, const char *name, const char *key)
{
    struct listener *listener = NULL;
    HASH_FIND_INT(listeners->all, &descriptor, listener);
    if (listener != NULL && strcmp(listener->name, name) == 0 && strcmp(listener->key, key) == 0) {
        return listener;
    }
    if (listener != NULL) {
        forget(listeners, listener);
    }
    listener = calloc(1, sizeof(*listener));
    if (listener == NULL) {
        return NULL;
    }
    listener->descriptor = descriptor;
    snprintf(listener->name, sizeof(listener->name), "%s", name);
    snprintf(listener->key, sizeof(listener->key), "%s", key);
    HASH_ADD_INT(listeners->all, descriptor, listener);
    return listener;
}

void listeners_heard(void *arg, zmq_msg_t *subscription)
{
    struct listeners *listeners = arg;
    const char *name = zmq_msg_gets(subscription, "User-Id");
    const char *key = zmq_msg_gets(subscription, AUTH_KEY);
    int descriptor = zmq_msg_get(subscription, ZMQ_SRCFD);
    /* Ends that came before it: the number may have been another's. */
    monitor_look(listeners->monitor);
    if (!may_listen(listeners, name, key)) {
        log_say(listeners->log, LOG_LEVEL_WARNING, "key_gone", "key %s may not listen any more: its connection is ended",
                name != NULL ? name : "(none)");
        accepted_cut(descriptor);
        return;
    }
    if (!accepted_lives(descriptor)) {
        return; /* it has ended; what it sent before that comes after the word about its end */
    }
    monitor_known(listeners->monitor, descriptor);
    struct listener *listener = find_or_make(listeners, descriptor, name, key != NULL ? key : "");
    if (listener != NULL) {
        listener->topic_bytes += zmq_msg_size(subscription) + TOPIC_UPKEEP;
    }
    if (listener == NULL || listener->topic_bytes > LISTENERS_TOPIC_BYTES) {
        log_say(listeners->log, LOG_LEVEL_WARNING, "many_topics",
                "key %s listens to more topics than are kept for one connection (%zu bytes): it is ended", name,
                LISTENERS_TOPIC_BYTES);
        accepted_cut(descriptor);
    }
}

void listeners_revise(struct listeners *listeners)
{
    struct listener *listener, *after;
    monitor_look(listeners->monitor);
    HASH_ITER(hh, listeners->all, listener, after)
    {
        if (may_listen(listeners, listener->name, listener->key)) {
            continue;
        }
        log_say(listeners->log, LOG_LEVEL_WARNING, "key_gone", "key %s may not listen any more: its connection is ended",
                listener->name);
        accepted_cut(listener->descriptor);
        forget(listeners, listener);
    }
}

size_t listeners_count(const struct listeners *listeners)
{
    return HASH_COUNT(listeners->all);
}

struct listeners *listeners_free(struct listeners *listeners)
{
    struct listener *listener, *after;
    if (listeners == NULL) {
        return NULL;
    }
    monitor_tell(listeners->monitor, NULL, NULL);
    HASH_ITER(hh, listeners->all, listener, after)
    {
        forget(listeners, listener);
    }
    free(listeners);
    return NULL;
}
