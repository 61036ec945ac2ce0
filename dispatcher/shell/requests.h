/*
 * requests.h - the request socket and the messages that wait to be judged
 *
 * A ROUTER. A client (DEALER) sends one frame, or an empty frame and one frame as a REQ does, and is answered in the same form.
 * Any other form, and a routing id that the client has set itself (two clients could then take each other's answers), is
 * handed on as an empty message, which the engine refuses as BAD_MESSAGE in its turn.
 *
 * The inlet gives each connection its turn, so that a flood of one keeps nobody's message outside for long.
 * What waits in here is bounded for each key (CAP_WAITING_MESSAGES_KEY, CAP_WAITING_BYTES_KEY, and for queries the time that
 * they will take, REQUESTS_QUERY_US) and for all; beyond that a message is answered BUSY at once, with the span after which it may
 * be sent again, and without having been looked at further. Who is judged next: turns.h. One thread.
 */
#ifndef HUYING_SHELL_REQUESTS_H
#define HUYING_SHELL_REQUESTS_H

#include "dispatcher/engine/engine.h"
#include "dispatcher/shell/inlet.h"
#include "dispatcher/shell/peers.h"

/* Time of the dispatcher that the waiting queries of one key may be worth. */
#define REQUESTS_QUERY_US 1000000
/* Replies in a peer's pipe: four times the largest window that a client of ours keeps open. */
#define REQUESTS_HWM 4096

struct requests;

/* Borrows all three. NULL: no memory. */
struct requests *requests_new(struct inlet *inlet, struct peers *peers, struct log *log);

/* Reads the inlet until it is empty, or some batches have come. */
void requests_read(struct requests *requests);

/* Messages that wait. */
size_t requests_count(const struct requests *requests);

/* Gives the messages whose turn it is, at most `max` (CAP_BATCH_MESSAGES); they stay, and everything in them lives until
 * requests_taken, which must come before the next read or offer. */
size_t requests_offer(struct requests *requests, struct engine_message *messages, size_t max);

/* Did the last offer give nothing although messages wait? They are queries of peers that do not read their answers: look again
 * after PEERS_RETRY_MS. */
bool requests_stalled(const struct requests *requests);

/* Lets go of the first `count` of those offered. query_us[i]: what the i-th cost, if it was a query. */
void requests_taken(struct requests *requests, size_t count, const uint32_t *query_us);

/* Answers one message, to the peer number that requests_offer gave with it. False: that peer is gone. */
bool requests_reply(struct requests *requests, const struct engine_reply *reply);

/* A peer (by the number of peers.h) is gone: its queries are dropped, its commands are judged, unless its key was revoked. Not
 * between offer and taken. */
void requests_gone(struct requests *requests, uint64_t number, bool revoked);

/* NULL is allowed; returns NULL. */
struct requests *requests_free(struct requests *requests);

#endif
