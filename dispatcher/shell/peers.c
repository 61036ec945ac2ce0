/*
 * peers.c - two hashes (by routing id, by number) and two lists (by silence, by blocked outbox) over the same peers
 *
 * ZeroMQ says nothing when a connection ends, and nothing when a full pipe has room again: hence forgetting by age and by failed
 * send, and a timer that tries while anything waits.
 */
#include "dispatcher/shell/peers.h"

#include "dispatcher/shell/monitor.h"
#include "dispatcher/shell/peer_outbox.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>
#include <utlist.h>

#define ROUTING_SIZE 255

struct peer {
    uint64_t number;
    struct identity who;
    uint32_t generation; /* of the keyring when `who` was looked up */
    bool blocked;
    bool proven;
    int descriptor; /* of its connection, once proven */
    struct peer_outbox outbox;
    UT_hash_handle by_routing, by_number;
    struct peer *prev, *next;                 /* by silence: first = longest */
    struct peer *blocked_prev, *blocked_next; /* first = blocked longest */
    size_t routing_size;
    unsigned char routing[ROUTING_SIZE];
};

struct peers {
    void *router;
    struct keyring *ring;
    struct log *log;
    uint64_t last_number;
    uint32_t count;
    size_t waiting_bytes;
    struct peer *routings, *numbers;
    struct peer *silent;
    struct peer *blocked;
    uv_timer_t retry;
    bool stopped;
};

static void forget(struct peers *peers, struct peer *peer)
{
    HASH_DELETE(by_routing, peers->routings, peer);
    HASH_DELETE(by_number, peers->numbers, peer);
    DL_DELETE(peers->silent, peer);
    if (peer->blocked)
        DL_DELETE2(peers->blocked, peer, blocked_prev, blocked_next);
    peers->waiting_bytes -= peer->outbox.waiting_bytes;
    peers->count--;
    peer_outbox_deinit(&peer->outbox);
    free(peer);
}

static void set_blocked(struct peers *peers, struct peer *peer, bool blocked)
{
    if (blocked && !peer->blocked)
        DL_APPEND2(peers->blocked, peer, blocked_prev, blocked_next);
    if (!blocked && peer->blocked)
        DL_DELETE2(peers->blocked, peer, blocked_prev, blocked_next);
    peer->blocked = blocked;
}

/* Drops the replies that wait for a peer, and says why. The peer stays: what ZeroMQ holds for it must go on to count, or each new
 * beginning would let it have as much again. */
static void drop_replies(struct peers *peers, struct peer *peer, const char *why)
{
    log_say(peers->log, LOG_LEVEL_WARNING, "replies_dropped", "peer %llu (key %.*s) %s: %zu bytes of replies dropped",
            (unsigned long long)peer->number, CODE_SIZE, peer->who.name.s, why, peer->outbox.waiting_bytes);
    peers->waiting_bytes -= peer->outbox.waiting_bytes;
    peer_outbox_clear(&peer->outbox);
    set_blocked(peers, peer, false);
}

/* Keeps the books after a send or retry of `peer`, which may be gone then. */
static void settle(struct peers *peers, struct peer *peer, size_t waited_before, int rc)
{
    peers->waiting_bytes += peer->outbox.waiting_bytes - waited_before; /* wraps round when less waits than before */
    if (rc == -EHOSTUNREACH)
        forget(peers, peer); /* it went away: nothing to say */
    else if (rc < 0)
        drop_replies(peers, peer, rc == -ENOBUFS ? "does not read its replies" : strerror(-rc));
    else
        set_blocked(peers, peer, rc == 1);
}

static void on_retry(uv_timer_t *timer)
{
    struct peers *peers = timer->data;
    struct peer *peer, *after;
    DL_FOREACH_SAFE2(peers->blocked, peer, after, blocked_next)
    {
        size_t before = peer->outbox.waiting_bytes;
        settle(peers, peer, before, peer_outbox_retry(&peer->outbox, peers->router, peer->routing, peer->routing_size));
    }
    if (peers->blocked == NULL)
        uv_timer_stop(timer);
}

struct peers *peers_new(void *router, uv_loop_t *loop, struct keyring *ring, struct log *log)
{
    struct peers *peers = calloc(1, sizeof(*peers));
    if (peers == NULL)
        return NULL;
    *peers = (struct peers){.router = router, .ring = ring, .log = log};
    uv_timer_init(loop, &peers->retry);
    peers->retry.data = peers;
    return peers;
}

void peers_stop(struct peers *peers)
{
    if (peers == NULL || peers->stopped)
        return;
    peers->stopped = true;
    uv_close((uv_handle_t *)&peers->retry, NULL);
}

struct peers *peers_free(struct peers *peers)
{
    if (peers == NULL)
        return NULL;
    struct peer *peer, *after;
    DL_FOREACH_SAFE(peers->silent, peer, after)
    {
        forget(peers, peer);
    }
    free(peers);
    return NULL;
}

static struct peer *make(struct peers *peers, const void *routing, size_t routing_size, const struct identity *who)
{
    if (peers->count >= PEERS_MAX)
        forget(peers, peers->silent);
    struct peer *peer = calloc(1, sizeof(*peer));
    if (peer == NULL)
        return NULL;
    if (peer_outbox_init(&peer->outbox) != 0) {
        free(peer);
        return NULL;
    }
    peer->number = ++peers->last_number;
    peer->who = *who;
    peer->generation = peers->ring->generation;
    peer->descriptor = -1;
    peer->routing_size = routing_size;
    memcpy(peer->routing, routing, routing_size);
    HASH_ADD(by_routing, peers->routings, routing, routing_size, peer);
    HASH_ADD(by_number, peers->numbers, number, sizeof(peer->number), peer);
    DL_APPEND(peers->silent, peer);
    peers->count++;
    return peer;
}

static bool is_named(const struct peer *peer, const char *name)
{
    struct text known = text_of_code(&peer->who.name);
    return strlen(name) == known.size && memcmp(name, known.at, known.size) == 0;
}

bool peers_admit(struct peers *peers, const void *routing, size_t routing_size, const char *name, uint64_t *ret_number,
                 struct identity *ret)
{
    if (name == NULL || name[0] == '\0' || routing_size > ROUTING_SIZE) {
        log_line(peers->log, LOG_LEVEL_WARNING, "no_user", "a message came without the name of a key: dropped");
        return false;
    }
    struct peer *peer = NULL;
    HASH_FIND(by_routing, peers->routings, routing, routing_size, peer);
    if (peer != NULL && !is_named(peer, name)) {
        forget(peers, peer); /* another key behind the same routing id must not get the first one's replies */
        peer = NULL;
    }
    if (peer == NULL || peer->generation != peers->ring->generation) {
        struct identity who;
        if (!keyring_find_name(peers->ring, name, &who)) {
            log_say(peers->log, LOG_LEVEL_WARNING, "key_gone", "key %s is no longer in the keys folder: message dropped", name);
            if (peer != NULL)
                forget(peers, peer);
            return false;
        }
        if (peer == NULL)
            peer = make(peers, routing, routing_size, &who);
        if (peer == NULL)
            return false;
        peer->who = who;
        peer->generation = peers->ring->generation;
    }
    DL_DELETE(peers->silent, peer);
    DL_APPEND(peers->silent, peer);
    *ret_number = peer->number;
    *ret = peer->who;
    return true;
}

bool peers_send(struct peers *peers, uint64_t number, bool delimited, const void *data, size_t size)
{
    struct peer *peer = NULL;
    HASH_FIND(by_number, peers->numbers, &number, sizeof(number), peer);
    if (peer == NULL)
        return false;
    size_t before = peer->outbox.waiting_bytes;
    int rc = peer_outbox_send(&peer->outbox, peers->router, peer->routing, peer->routing_size, delimited, data, size);
    settle(peers, peer, before, rc);
    while (peers->waiting_bytes > PEERS_WAITING_BYTES)
        drop_replies(peers, peers->blocked, "has not read for the longest time while replies fill memory");
    if (peers->blocked != NULL && !peers->stopped && !uv_is_active((uv_handle_t *)&peers->retry))
        uv_timer_start(&peers->retry, on_retry, PEERS_RETRY_MS, PEERS_RETRY_MS);
    return rc != -EHOSTUNREACH;
}

static struct peer *find(const struct peers *peers, uint64_t number)
{
    struct peer *peer = NULL;
    HASH_FIND(by_number, peers->numbers, &number, sizeof(number), peer);
    return peer;
}

bool peers_proven(const struct peers *peers, uint64_t number)
{
    const struct peer *peer = find(peers, number);
    return peer != NULL && peer->proven;
}

bool peers_prove(struct peers *peers, uint64_t number, const char *key, int descriptor)
{
    struct peer *peer = find(peers, number);
    if (peer == NULL)
        return false;
    peer->proven = true;
    peer->descriptor = descriptor;
    if (strcmp(peer->who.key, key != NULL ? key : "") == 0)
        return true;
    log_say(peers->log, LOG_LEVEL_WARNING, "key_gone", "key %.*s is another since this peer connected: its connection is ended",
            CODE_SIZE, peer->who.name.s);
    monitor_cut(descriptor);
    forget(peers, peer);
    return false;
}

static bool same_identity(const struct identity *a, const struct identity *b)
{
    return a->roles == b->roles && code_equal(&a->unit, &b->unit) && strcmp(a->key, b->key) == 0 &&
           a->matters.count == b->matters.count &&
           memcmp(a->matters.at, b->matters.at, a->matters.count * sizeof(a->matters.at[0])) == 0;
}

void peers_revise(struct peers *peers)
{
    struct peer *peer, *after;
    DL_FOREACH_SAFE(peers->silent, peer, after)
    {
        struct identity who;
        char name[CODE_SIZE + 1] = "";
        memcpy(name, peer->who.name.s, CODE_SIZE);
        if (keyring_find_name(peers->ring, name, &who) && same_identity(&who, &peer->who)) {
            peer->generation = peers->ring->generation;
            continue;
        }
        log_say(peers->log, LOG_LEVEL_NOTICE, "key_gone", "key %s is not what it was: its connection is ended", name);
        monitor_cut(peer->descriptor);
        forget(peers, peer);
    }
}

size_t peers_waiting_bytes(const struct peers *peers)
{
    return peers->waiting_bytes;
}

uint32_t peers_count(const struct peers *peers)
{
    return peers->count;
}
