/*
 * peers.c - two hashes (by routing id, by number) and two lists (by silence, by blocked outbox) over the same peers
 *
 * A ROUTER says nothing when a connection ends, but its monitor says which descriptor was closed, and each message says which one
 * it came by. A descriptor is used again for the next connection, and messages may be read when their connection has long ended. So
 * before a new peer is made the monitor's news is read, which has all that happened to the descriptor before the message came; a
 * message by a descriptor that is closed now comes from a gone peer; and of two peers by one descriptor the one whose routing id
 * ZeroMQ made first is gone. A gone peer is kept for a while, for its last messages belong together. ZeroMQ also says nothing when
 * a full pipe has room again: hence a timer that tries while anything waits.
 */
#include "dispatcher/shell/peers.h"

#include "dispatcher/shell/accepted.h"
#include "dispatcher/shell/key_hash.h"
#include "dispatcher/shell/peer_outbox.h"
#include "proto/gen/schema.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>
#include <utlist.h>

#define ROUTING_SIZE 255
/* Replies that may wait for a peer that is still asked for more. */
#define HELD_BYTES ((size_t)256 * 1024)
/* Replies of all keys together from which on a key is held that has more than LITTLE_BYTES of them. */
#define MUCH_BYTES ((size_t)64 * 1024 * 1024)
#define LITTLE_BYTES ((size_t)2 * 1024 * 1024)

/* Gone peers that are kept. */
#define GONE_MAX 1000
/* A zero byte, and a number that ZeroMQ counts up. */
#define ROUTING_MADE 5

/* A descriptor that connections had or have. */
struct link {
    UT_hash_handle hh;
    int descriptor;
    bool closed;
    struct peer *peer; /* the one that has it, as far as is known */
};

/* What is counted of one key. Kept once it is there: there are no more than the keys folder has had. */
struct account {
    UT_hash_handle hh;
    struct code key;
    uint32_t peers;
    size_t waiting_bytes;
    struct flight *flight;
};

struct peer {
    uint64_t number;
    struct identity who;
    struct account *account;
    struct link *link; /* NULL: not known, or gone */
    bool gone, revoked;
    uint32_t generation; /* of the keyring when `who` was looked up */
    bool blocked;
    bool proven;
    int descriptor; /* of its connection, once proven */
    struct peer_outbox outbox;
    UT_hash_handle by_routing, by_number;
    struct peer *prev, *next;                 /* by silence: first = longest; or among the gone */
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
    struct link *links;
    struct account *accounts;
    struct peers_owner owner;
    struct peer *silent, *gone;
    uint32_t gone_count;
    struct peer *blocked;
    uv_timer_t retry;
    bool stopped;
    void (*known)(void *arg, int descriptor);
    void *known_arg;
};

static void set_blocked(struct peers *peers, struct peer *peer, bool blocked)
{
    if (blocked && !peer->blocked) {
        DL_APPEND2(peers->blocked, peer, blocked_prev, blocked_next);
    }
    if (!blocked && peer->blocked) {
        DL_DELETE2(peers->blocked, peer, blocked_prev, blocked_next);
    }
    peer->blocked = blocked;
}

/* Its replies are nobody's any more. */
static void clear_outbox(struct peers *peers, struct peer *peer)
{
    peers->waiting_bytes -= peer->outbox.waiting_bytes;
    peer->account->waiting_bytes -= peer->outbox.waiting_bytes;
    peer_outbox_clear(&peer->outbox);
    set_blocked(peers, peer, false);
}

/* Its connection has ended. */
static void set_gone(struct peers *peers, struct peer *peer)
{
    if (peer->gone) {
        return;
    }
    peer->gone = true;
    if (peer->link != NULL) {
        peer->link->peer = NULL;
    }
    peer->link = NULL;
    clear_outbox(peers, peer);
    DL_DELETE(peers->silent, peer);
    DL_APPEND(peers->gone, peer);
    peer->account->peers--;
    peers->count--;
    peers->gone_count++;
    if (peers->owner.gone != NULL) {
        peers->owner.gone(peers->owner.arg, peer->number, peer->revoked);
    }
}

/* As if it had never been there. */
static void forget(struct peers *peers, struct peer *peer)
{
    set_gone(peers, peer);
    HASH_DELETE(by_routing, peers->routings, peer);
    HASH_DELETE(by_number, peers->numbers, peer);
    DL_DELETE(peers->gone, peer);
    peers->gone_count--;
    peer_outbox_deinit(&peer->outbox);
    free(peer);
}

/* Its key has no rights any more. */
static void take_rights(struct peers *peers, struct peer *peer)
{
    peer->revoked = true;
    if (peer->gone && peers->owner.gone != NULL) {
        peers->owner.gone(peers->owner.arg, peer->number, true);
    }
    forget(peers, peer);
}

/* Drops the replies that wait for a peer, and says why. The peer stays: what ZeroMQ holds for it must go on to count, or each new
 * beginning would let it have as much again. */
static void drop_replies(struct peers *peers, struct peer *peer, const char *why)
{
    log_say(peers->log, LOG_LEVEL_WARNING, "replies_dropped", "peer %llu (key %.*s) %s: %zu bytes of replies dropped",
            (unsigned long long)peer->number, CODE_SIZE, peer->who.name.s, why, peer->outbox.waiting_bytes);
    clear_outbox(peers, peer);
}

/* Keeps the books after a send or retry of `peer`, which may be gone then. */
static void after_send(struct peers *peers, struct peer *peer, size_t waited_before, int rc)
{
    peers->waiting_bytes += peer->outbox.waiting_bytes - waited_before; /* wraps round when less waits than before */
    peer->account->waiting_bytes += peer->outbox.waiting_bytes - waited_before;
    if (rc == -EHOSTUNREACH) {
        set_gone(peers, peer); /* it went away: nothing to say */
    } else if (rc < 0) {
        drop_replies(peers, peer, rc == -ENOBUFS ? "does not read its replies" : strerror(-rc));
    } else {
        set_blocked(peers, peer, rc == 1);
    }
}

static void on_retry(uv_timer_t *timer)
{
    struct peers *peers = timer->data;
    struct peer *peer, *after;
    DL_FOREACH_SAFE2(peers->blocked, peer, after, blocked_next)
    {
        size_t before = peer->outbox.waiting_bytes;
        after_send(peers, peer, before, peer_outbox_retry(&peer->outbox, peers->router, peer->routing, peer->routing_size));
    }
    if (peers->blocked == NULL) {
        uv_timer_stop(timer);
    }
}

struct peers *peers_new(void *router, uv_loop_t *loop, struct keyring *ring, struct log *log)
{
    struct peers *peers = calloc(1, sizeof(*peers));
    if (peers == NULL) {
        return NULL;
    }
    *peers = (struct peers){.router = router, .ring = ring, .log = log};
    uv_timer_init(loop, &peers->retry);
    peers->retry.data = peers;
    return peers;
}

void peers_stop(struct peers *peers)
{
    if (peers == NULL || peers->stopped) {
        return;
    }
    peers->stopped = true;
    uv_close((uv_handle_t *)&peers->retry, NULL);
}

struct peers *peers_free(struct peers *peers)
{
    if (peers == NULL) {
        return NULL;
    }
    struct peer *peer, *after;
    DL_FOREACH_SAFE(peers->silent, peer, after)
    {
        forget(peers, peer);
    }
    while (peers->gone != NULL) {
        forget(peers, peers->gone);
    }
    struct link *link, *next_link;
    HASH_ITER(hh, peers->links, link, next_link)
    {
        HASH_DELETE(hh, peers->links, link);
        free(link);
    }
    struct account *account, *next;
    HASH_ITER(hh, peers->accounts, account, next)
    {
        HASH_DELETE(hh, peers->accounts, account);
        flight_free(account->flight);
        free(account);
    }
    free(peers);
    return NULL;
}

void peers_own(struct peers *peers, const struct peers_owner *owner)
{
    peers->owner = *owner;
}

static struct account *find_account(const struct peers *peers, const struct code *key)
{
    struct account *account = NULL;
    HASH_FIND(hh, peers->accounts, key, sizeof(*key), account);
    return account;
}

static struct account *need_account(struct peers *peers, const struct code *key)
{
    struct account *account = find_account(peers, key);
    if (account != NULL) {
        return account;
    }
    account = calloc(1, sizeof(*account));
    if (account == NULL) {
        return NULL;
    }
    account->key = *key;
    account->flight = flight_new();
    if (account->flight == NULL) {
        free(account);
        return NULL;
    }
    HASH_ADD(hh, peers->accounts, key, sizeof(account->key), account);
    return account;
}

/* Makes room for one more of this key: at a bound, whoever has been silent longest goes, of the key or of the one that has most. */
static void make_room(struct peers *peers, struct account *account)
{
    struct account *from = account->peers >= CAP_CONNECTIONS_KEY ? account : NULL, *other, *next;
    if (from == NULL && peers->count < PEERS_MAX) {
        return;
    }
    if (from == NULL) {
        HASH_ITER(hh, peers->accounts, other, next)
        {
            if (from == NULL || other->peers > from->peers) {
                from = other;
            }
        }
    }
    struct peer *peer;
    DL_FOREACH(peers->silent, peer)
    {
        if (peer->account == from) {
            break;
        }
    }
    log_say(peers->log, LOG_LEVEL_WARNING, "peers_full",
            "key %.*s has %u connections: the one that was silent longest is forgotten", CODE_SIZE, from->key.s, from->peers);
    forget(peers, peer);
}

/* NULL: no memory; then it is as if the descriptor were not known. */
static struct link *need_link(struct peers *peers, int descriptor)
{
    struct link *link = NULL;
    if (descriptor < 0) {
        return NULL;
    }
    HASH_FIND(hh, peers->links, &descriptor, sizeof(descriptor), link);
    if (link != NULL) {
        return link;
    }
    link = calloc(1, sizeof(*link));
    if (link == NULL) {
        return NULL;
    }
    link->descriptor = descriptor;
    HASH_ADD(hh, peers->links, descriptor, sizeof(link->descriptor), link);
    return link;
}

static uint32_t made_number(const struct peer *peer)
{
    return (uint32_t)peer->routing[1] << 24 | (uint32_t)peer->routing[2] << 16 | (uint32_t)peer->routing[3] << 8 | peer->routing[4];
}

/* Did ZeroMQ meet this one later than the other? */
static bool is_later(const struct peer *peer, const struct peer *other)
{
    return peer->routing_size != ROUTING_MADE || other->routing_size != ROUTING_MADE ||
           (int32_t)(made_number(peer) - made_number(other)) > 0;
}

/* Joins a new peer to its descriptor, or finds that it is gone. */
static void join(struct peers *peers, struct peer *peer, int descriptor)
{
    struct link *link = need_link(peers, descriptor);
    if (link == NULL) {
        return;
    }
    if (link->closed || (link->peer != NULL && !is_later(peer, link->peer))) {
        set_gone(peers, peer);
        return;
    }
    if (link->peer != NULL) {
        set_gone(peers, link->peer);
    }
    link->peer = peer;
    peer->link = link;
}

static struct peer *make(struct peers *peers, const struct peers_origin *origin, const struct identity *who)
{
    struct account *account = need_account(peers, &who->name);
    struct peer *peer = account == NULL ? NULL : calloc(1, sizeof(*peer));
    if (peer == NULL) {
        return NULL;
    }
    if (peer_outbox_init(&peer->outbox, account->flight) != 0) {
        free(peer);
        return NULL;
    }
    make_room(peers, account);
    if (peers->owner.look != NULL) {
        peers->owner.look(peers->owner.arg);
    }
    if (peers->gone_count > GONE_MAX) {
        forget(peers, peers->gone);
    }
    peer->number = ++peers->last_number;
    peer->who = *who;
    peer->account = account;
    peer->generation = peers->ring->generation;
    peer->descriptor = -1;
    peer->routing_size = origin->routing_size;
    memcpy(peer->routing, origin->routing, origin->routing_size);
    HASH_ADD(by_routing, peers->routings, routing, peer->routing_size, peer);
    HASH_ADD(by_number, peers->numbers, number, sizeof(peer->number), peer);
    DL_APPEND(peers->silent, peer);
    account->peers++;
    peers->count++;
    join(peers, peer, origin->descriptor);
    return peer;
}

static bool is_named(const struct peer *peer, const char *name)
{
    const char *known = peer->who.name.s;
    size_t size = strlen(name);
    return size <= CODE_SIZE && memcmp(name, known, size) == 0 && (size == CODE_SIZE || known[size] == '\0');
}

static struct peer *find_routing(const struct peers *peers, const struct peers_origin *origin)
{
    struct peer *peer = NULL;
    HASH_FIND(by_routing, peers->routings, origin->routing, origin->routing_size, peer);
    return peer;
}

/* It was silent for the shortest time. */
static void hear(struct peers *peers, struct peer *peer)
{
    if (!peer->gone && peer->next != NULL) {
        DL_DELETE(peers->silent, peer);
        DL_APPEND(peers->silent, peer);
    }
}

bool peers_recall(struct peers *peers, const struct peers_origin *origin, uint64_t *ret_number, const struct identity **ret)
{
    if (origin->name == NULL || origin->routing_size > ROUTING_SIZE) {
        return false;
    }
    struct peer *peer = find_routing(peers, origin);
    if (peer == NULL || !peer->proven || peer->generation != peers->ring->generation || !is_named(peer, origin->name)) {
        return false;
    }
    hear(peers, peer);
    *ret_number = peer->number;
    *ret = &peer->who;
    return true;
}

bool peers_admit(struct peers *peers, const struct peers_origin *origin, uint64_t *ret_number, struct identity *ret)
{
    const char *name = origin->name;
    if (name == NULL || name[0] == '\0' || origin->routing_size > ROUTING_SIZE) {
        log_line(peers->log, LOG_LEVEL_WARNING, "no_user", "a message came without the name of a key: dropped");
        return false;
    }
    struct peer *peer = find_routing(peers, origin);
    if (peer != NULL && !is_named(peer, name)) {
        forget(peers, peer); /* another key behind the same routing id must not get the first one's replies */
        peer = NULL;
    }
    if (peer == NULL || peer->generation != peers->ring->generation) {
        struct identity who;
        if (!keyring_find_name(peers->ring, name, &who)) {
            log_say(peers->log, LOG_LEVEL_WARNING, "key_gone", "key %s is no longer in the keys folder: message dropped", name);
            if (peer != NULL) {
                take_rights(peers, peer);
            }
            return false;
        }
        if (peer == NULL) {
            peer = make(peers, origin, &who);
        }
        if (peer == NULL) {
            return false;
        }
        peer->who = who;
        peer->generation = peers->ring->generation;
    }
    hear(peers, peer);
    *ret_number = peer->number;
    identity_copy(ret, &peer->who);
    return true;
}

bool peers_gone(const struct peers *peers, uint64_t number)
{
    struct peer *peer = NULL;
    HASH_FIND(by_number, peers->numbers, &number, sizeof(number), peer);
    return peer == NULL || peer->gone;
}

/* The descriptor changed hands: whoever had it is gone. */
static void hand_on(struct peers *peers, int descriptor, bool closed)
{
    struct link *link = need_link(peers, descriptor);
    if (link == NULL) {
        return;
    }
    link->closed = closed;
    if (link->peer != NULL) {
        set_gone(peers, link->peer);
    }
}

void peers_began(struct peers *peers, int descriptor)
{
    hand_on(peers, descriptor, false);
}

void peers_ended(struct peers *peers, int descriptor)
{
    hand_on(peers, descriptor, true);
}

bool peers_stuck(const struct peers *peers, uint64_t number)
{
    struct peer *peer = NULL;
    HASH_FIND(by_number, peers->numbers, &number, sizeof(number), peer);
    return peer != NULL && peer->outbox.waiting_bytes >= HELD_BYTES;
}

size_t peers_unread(const struct peers *peers, uint64_t number)
{
    struct peer *peer = NULL;
    HASH_FIND(by_number, peers->numbers, &number, sizeof(number), peer);
    return peer == NULL ? 0 : peer->outbox.waiting_bytes + flight_bytes(peer->outbox.flight);
}

bool peers_held(const struct peers *peers, const struct code *key, uint64_t number)
{
    const struct account *account = find_account(peers, key);
    size_t bytes = account == NULL ? 0 : account->waiting_bytes + flight_bytes(account->flight);
    if (bytes >= CAP_OUTBOX_BYTES_KEY / 2 || (bytes >= LITTLE_BYTES && peers->waiting_bytes >= MUCH_BYTES)) {
        return true;
    }
    return peers_stuck(peers, number);
}

/* Drops the replies of the peer that was blocked longest, of this key. */
static void drop_longest(struct peers *peers, const struct account *account, const char *why)
{
    struct peer *peer;
    DL_FOREACH2(peers->blocked, peer, blocked_next)
    {
        if (peer->account == account) {
            drop_replies(peers, peer, why);
            return;
        }
    }
}

/* Keeps what waits within its bounds after something was added for this key. */
static void keep_bounds(struct peers *peers, struct account *account)
{
    struct account *other, *next;
    while (account->waiting_bytes > CAP_OUTBOX_BYTES_KEY) {
        drop_longest(peers, account, "has not read for the longest time while replies to its key pile up");
    }
    while (peers->waiting_bytes > PEERS_WAITING_BYTES) {
        struct account *most = account;
        HASH_ITER(hh, peers->accounts, other, next)
        {
            if (other->waiting_bytes > most->waiting_bytes) {
                most = other;
            }
        }
        drop_longest(peers, most, "has not read for the longest time while replies fill memory");
    }
}

bool peers_send(struct peers *peers, uint64_t number, bool delimited, const void *data, size_t size)
{
    struct peer *peer = NULL;
    HASH_FIND(by_number, peers->numbers, &number, sizeof(number), peer);
    if (peer == NULL || peer->gone) {
        return false;
    }
    struct account *account = peer->account;
    size_t before = peer->outbox.waiting_bytes;
    int rc = peer_outbox_send(&peer->outbox, peers->router, peer->routing, peer->routing_size, delimited, data, size);
    after_send(peers, peer, before, rc);
    keep_bounds(peers, account);
    if (peers->blocked != NULL && !peers->stopped && !uv_is_active((uv_handle_t *)&peers->retry)) {
        uv_timer_start(&peers->retry, on_retry, PEERS_RETRY_MS, PEERS_RETRY_MS);
    }
    return rc != -EHOSTUNREACH;
}

static struct peer *find(const struct peers *peers, uint64_t number)
{
    struct peer *peer = NULL;
    HASH_FIND(by_number, peers->numbers, &number, sizeof(number), peer);
    return peer;
}

void peers_tell(struct peers *peers, void (*known)(void *arg, int descriptor), void *arg)
{
    peers->known = known;
    peers->known_arg = arg;
}

bool peers_proven(const struct peers *peers, uint64_t number)
{
    const struct peer *peer = find(peers, number);
    return peer != NULL && peer->proven;
}

bool peers_prove(struct peers *peers, uint64_t number, const char *key, int descriptor)
{
    struct peer *peer = find(peers, number);
    if (peer == NULL) {
        return false;
    }
    peer->proven = true;
    peer->descriptor = descriptor;
    if (strcmp(peer->who.key, key != NULL ? key : "") == 0) {
        if (peers->known != NULL) {
            peers->known(peers->known_arg, descriptor);
        }
        return true;
    }
    log_say(peers->log, LOG_LEVEL_WARNING, "key_gone", "key %.*s is another since this peer connected: its connection is ended",
            CODE_SIZE, peer->who.name.s);
    accepted_cut(descriptor);
    take_rights(peers, peer);
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
        accepted_cut(peer->descriptor);
        take_rights(peers, peer);
    }
    DL_FOREACH_SAFE(peers->gone, peer, after)
    {
        struct identity who;
        char name[CODE_SIZE + 1] = "";
        memcpy(name, peer->who.name.s, CODE_SIZE);
        if (!keyring_find_name(peers->ring, name, &who) || !same_identity(&who, &peer->who)) {
            take_rights(peers, peer); /* its commands may still wait */
        }
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
