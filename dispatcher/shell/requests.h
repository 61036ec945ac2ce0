/*
 * requests.h - the request socket and the messages that wait to be judged
 *
 * A ROUTER. A client (DEALER) sends one frame, or an empty frame and one frame as a REQ does, and is answered in the same form.
 * Any other form, and a routing id that the client has set itself (two clients could then take each other's answers), is
 * handed on as an empty message, which the engine refuses as BAD_MESSAGE in its turn. At most REQUESTS_WAITING messages and
 * REQUESTS_BYTES wait here; beyond that they stay in the lines of the intake. One thread.
 */
#ifndef HUYING_SHELL_REQUESTS_H
#define HUYING_SHELL_REQUESTS_H

#include "dispatcher/engine/engine.h"
#include "dispatcher/shell/intake.h"
#include "dispatcher/shell/peers.h"

#define REQUESTS_WAITING (4 * LIMIT_BATCH_MESSAGES)
#define REQUESTS_BYTES ((size_t)8 * LIMIT_MESSAGE_SIZE)
/* Replies in a peer's pipe: four times the largest window that a client of ours keeps open. */
#define REQUESTS_HWM 4096

struct requests;

/* Borrows both. NULL: no memory. */
struct requests *requests_new(struct intake *intake, struct peers *peers);

/* Reads the socket until it is empty, a batch has come or no more may wait. */
void requests_read(struct requests *requests);

/* May no more wait? */
bool requests_full(const struct requests *requests);

size_t requests_count(const struct requests *requests);

/* Gives the messages that have waited longest, at most `max`; they stay, and everything in them lives until requests_taken. */
size_t requests_offer(struct requests *requests, struct engine_message *messages, size_t max);

/* Lets go of the first `count` of those offered. */
void requests_taken(struct requests *requests, size_t count);

/* Answers one message, to the peer number that requests_offer gave with it. False: that peer is gone. */
bool requests_reply(struct requests *requests, const struct engine_reply *reply);

/* NULL is allowed; returns NULL. */
struct requests *requests_free(struct requests *requests);

#endif
