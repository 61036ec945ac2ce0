/*
 * talk.h - several peers talk with one engine, and answers may come later
 *
 * Beside harness.h, whose folder, engine and present key (harness_peer) it uses: messages are sent in whole steps, and every reply
 * is kept until the test asks for it.
 */
#ifndef HUYING_TESTS_ENGINE_TALK_H
#define HUYING_TESTS_ENGINE_TALK_H

#include "tests/engine/harness.h"

struct talk_reply {
    uint64_t peer;
    json_t *value;
};

struct talk {
    struct harness *h;
    struct talk_reply *replies; /* oldest first */
    size_t count, capacity;
    uint64_t gone; /* replies to this peer cannot be delivered; 0 = none */
    uint64_t steps;
};

void talk_begin(struct talk *talk, struct harness *h);
void talk_end(struct talk *talk);

/* One step with this message of the present key, sent by `peer`. */
void talk_send(struct talk *talk, uint64_t peer, const char *id, const char *name, const char *json);

/* One step with these messages. Returns how many it took. */
size_t talk_batch(struct talk *talk, const struct engine_message *messages, size_t count);

/* One step without a message. */
void talk_step(struct talk *talk);

/* Steps until the engine wants none at the present clock. */
void talk_rest(struct talk *talk);

/* Moves the wall clock, then rests. */
void talk_pass(struct talk *talk, int64_t span_ms);

/* The oldest reply to a peer, which the caller frees, or NULL. */
json_t *talk_take(struct talk *talk, uint64_t peer);

/* The same, rested first; fails the test unless there is one and it is an answer: its body. */
json_t *talk_answer(struct talk *talk, uint64_t peer);

/* One step with this message of the present key, and fails the test unless it is accepted; for answers that do not matter. */
void talk_say(struct talk *talk, const char *id, const char *name, const char *json);

/* As talk_answer, but fails the test unless it is a refusal with this code. */
void talk_refusal(struct talk *talk, uint64_t peer, const char *code);

/* Rests and fails the test when there is a reply for this peer. */
void talk_silent(struct talk *talk, uint64_t peer);

#endif
