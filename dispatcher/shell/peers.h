/*
 * peers.h - the peers of the request socket: who they are, and what waits for them
 *
 * A peer is one connection: its routing id (ZeroMQ makes it) and the key that opened it. The engine knows peers by number
 * only; a number is never used twice. At most PEERS_MAX are remembered, the one that has been silent longest is forgotten. A
 * peer is also forgotten when its connection is gone, and when its key is taken out of the keys folder. Where more than
 * LIMIT_OUTBOX_BYTES (or PEERS_WAITING_BYTES over all peers) would wait for it, what waits is dropped, and the client asks again
 * under the same request id. One thread.
 */
#ifndef HUYING_SHELL_PEERS_H
#define HUYING_SHELL_PEERS_H

#include "dispatcher/shell/keyring.h"
#include "dispatcher/shell/log.h"

#include <uv.h>

#define PEERS_MAX 10000
#define PEERS_WAITING_BYTES ((size_t)256 * 1024 * 1024)
#define PEERS_RETRY_MS 5

struct peers;

/* Borrows all three and the socket (a ROUTER with ROUTER_MANDATORY). NULL: no memory. */
struct peers *peers_new(void *router, uv_loop_t *loop, struct keyring *ring, struct log *log);

/* The peer that sent a message: `name` is the User-Id of its payload frame, NULL = it has none. Gives its number and a copy of
 * its identity. False: no entry; the message must be dropped. */
bool peers_admit(struct peers *peers, const void *routing, size_t routing_size, const char *name, uint64_t *ret_number,
                 struct identity *ret);

/* Sends a reply to a peer, now or when it reads again. Borrows `data` for the call. False: the peer is gone, or forgotten. */
bool peers_send(struct peers *peers, uint64_t number, bool delimited, const void *data, size_t size);

/* Is it known already by which connection and key this peer came? */
bool peers_proven(const struct peers *peers, uint64_t number);

/* Says so, from the first message: the public key that was shown in the handshake (NULL: plain) and the descriptor. False: it is
 * not the key that the peer's name has (any more); the connection is ended and the peer forgotten, the message must be dropped. */
bool peers_prove(struct peers *peers, uint64_t number, const char *key, int descriptor);

/* Keys have changed: forgets every peer whose key is lost or is not what it was, with what waits for it, and ends its connection.
 * Whoever is still let in connects again, as what he is now. */
void peers_revise(struct peers *peers);

/* Bytes that wait in outboxes (not yet handed to ZeroMQ). */
size_t peers_waiting_bytes(const struct peers *peers);

uint32_t peers_count(const struct peers *peers);

/* Ends the retry timer; its handle closes with the loop. NULL is allowed. */
void peers_stop(struct peers *peers);

/* The loop must have run dry since peers_stop. NULL is allowed; returns NULL. */
struct peers *peers_free(struct peers *peers);

#endif
