/*
 * peers.h - the peers of the request socket: who they are, and what waits for them
 *
 * A peer is one connection: its routing id (ZeroMQ makes it) and the key that opened it. The engine knows peers by number
 * only; a number is never used twice. A peer is forgotten when its connection has ended, when its key is taken out of the keys
 * folder, and when there are too many: at most CAP_CONNECTIONS_KEY of one key, PEERS_MAX of all; the one goes that has been
 * silent longest, of the key itself or of the key that has most. What waits for peers is bounded for each (CAP_OUTBOX_BYTES), for
 * each key (CAP_OUTBOX_BYTES_KEY) and for all (PEERS_WAITING_BYTES); beyond that it is dropped, of a key or of the key that has
 * most, and the client asks again under the same request id. One thread.
 */
#ifndef HUYING_SHELL_PEERS_H
#define HUYING_SHELL_PEERS_H

#include "base/log.h"
#include "dispatcher/shell/keyring.h"

#include <uv.h>

#define PEERS_MAX 10000
#define PEERS_WAITING_BYTES ((size_t)128 * 1024 * 1024)
#define PEERS_RETRY_MS 5

struct peers;

/* Where a message came from, as ZeroMQ says it. */
struct peers_origin {
    const void *routing;
    size_t routing_size;
    const char *name; /* the User-Id of its payload frame, NULL = it has none */
    int descriptor;   /* of its connection, -1 = not known */
};

/* What the owner does for peers. */
struct peers_owner {
    void (*look)(void *arg); /* tells peers_began and peers_ended all that has happened so far, in its order */
    /* A peer is gone or was forgotten; what waits for it may be dropped. `revoked`: its key has no rights any more, so that nothing
     * that came from it may be judged. */
    void (*gone)(void *arg, uint64_t number, bool revoked);
    void *arg;
};

/* Borrows all three and the socket (a ROUTER with ROUTER_MANDATORY). NULL: no memory. */
struct peers *peers_new(void *router, uv_loop_t *loop, struct keyring *ring, struct log *log);

/* Before the first message. */
void peers_own(struct peers *peers, const struct peers_owner *owner);

/* The peer that sent a message, where it is proven and no key has changed since: gives its number and its identity, which lives
 * until the next call that may forget peers. The descriptor is not looked at (ZeroMQ searches for it by its name), so it may be
 * left out; routing id and name are, each time. False: nothing is known, ask peers_admit. */
bool peers_recall(struct peers *peers, const struct peers_origin *origin, uint64_t *ret_number, const struct identity **ret);

/* The peer that sent a message. Gives its number and a copy of its identity. False: no entry; the message must be dropped. */
bool peers_admit(struct peers *peers, const struct peers_origin *origin, uint64_t *ret_number, struct identity *ret);

/* Is its connection known to have ended? Messages of it may still come in then. */
bool peers_gone(const struct peers *peers, uint64_t number);

/* A connection with this descriptor was accepted, or has ended. */
void peers_began(struct peers *peers, int descriptor);
void peers_ended(struct peers *peers, int descriptor);

/* Bytes of replies that wait for a peer or are on their way to it. */
size_t peers_unread(const struct peers *peers, uint64_t number);

/* Does this peer not read: do many bytes of replies wait for it? */
bool peers_stuck(const struct peers *peers, uint64_t number);

/* Should this peer be asked for no more before it has read what it has: has it, or its key, many bytes of replies waiting or on
 * their way? */
bool peers_held(const struct peers *peers, const struct code *key, uint64_t number);

/* Sends a reply to a peer, now or when it reads again. Borrows `data` for the call. False: the peer is gone, or forgotten. */
bool peers_send(struct peers *peers, uint64_t number, bool delimited, const void *data, size_t size);

/* `known` is called with the descriptor of each peer that is proven. */
void peers_tell(struct peers *peers, void (*known)(void *arg, int descriptor), void *arg);

/* Is it known already by which connection and key this peer came? */
bool peers_proven(const struct peers *peers, uint64_t number);

/* Says so, from the first message: the public key that was shown in the handshake (NULL: plain) and the descriptor. False: it is
 * not the key that the peer's name has (any more); the connection is ended and the peer forgotten, the message must be dropped. */
bool peers_prove(struct peers *peers, uint64_t number, const char *key, int descriptor);

/* Keys have changed: forgets every peer whose key is lost or is not what it was, with what waits for it, and ends its connection.
 * Whoever is still let in connects again, with the present rights. */
void peers_revise(struct peers *peers);

/* Bytes that wait in outboxes (not yet handed to ZeroMQ). */
size_t peers_waiting_bytes(const struct peers *peers);

/* Those that are not gone. */
uint32_t peers_count(const struct peers *peers);

/* Ends the retry timer; its handle closes with the loop. NULL is allowed. */
void peers_stop(struct peers *peers);

/* The loop must have run dry since peers_stop. NULL is allowed; returns NULL. */
struct peers *peers_free(struct peers *peers);

#endif
