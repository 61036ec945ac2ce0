/*
 * requests.c - frames of the ROUTER to messages of the engine
 *
 * Whether a request came with a delimiter is needed again for its reply. The engine gives back nothing but the peer's number,
 * so the number that it sees is the peer's, doubled, with that one bit.
 */
#include "dispatcher/shell/requests.h"

#include "dispatcher/shell/auth.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* Peers that are forgotten by age must not be ones whose messages still wait. */
static_assert(REQUESTS_WAITING < PEERS_MAX, "more messages may wait than peers are remembered");

struct waiting {
    zmq_msg_t payload;
    uint64_t peer; /* doubled, with the bit */
    struct identity who;
};

struct requests {
    struct intake *intake;
    struct peers *peers;
    size_t first, count; /* ring */
    size_t bytes;
    struct waiting waiting[REQUESTS_WAITING];
};

struct requests *requests_new(struct intake *intake, struct peers *peers)
{
    struct requests *requests = calloc(1, sizeof(*requests));
    if (requests == NULL)
        return NULL;
    requests->intake = intake;
    requests->peers = peers;
    return requests;
}

struct requests *requests_free(struct requests *requests)
{
    if (requests == NULL)
        return NULL;
    requests_taken(requests, requests->count);
    free(requests);
    return NULL;
}

bool requests_full(const struct requests *requests)
{
    return requests->count == REQUESTS_WAITING || requests->bytes >= REQUESTS_BYTES;
}

size_t requests_count(const struct requests *requests)
{
    return requests->count;
}

/* Reads the frames after the routing id. *payload is the last of them; `delimited` and `good` say which form they had. */
static void receive_rest(struct intake *intake, zmq_msg_t *payload, bool *ret_delimited, bool *ret_good)
{
    size_t frames = 0;
    bool first_empty = false;
    do {
        int rc = intake_receive(intake, payload);
        assert(rc == 0); /* a message of many frames comes whole */
        if (frames++ == 0)
            first_empty = zmq_msg_size(payload) == 0;
    } while (zmq_msg_more(payload));
    *ret_delimited = first_empty && frames > 1;
    *ret_good = frames == 1 || (frames == 2 && first_empty);
}

/* Does one message wait in the socket? Then reads it into the queue, or drops it. */
static bool receive(struct requests *requests)
{
    zmq_msg_t routing;
    struct waiting *to = &requests->waiting[(requests->first + requests->count) % REQUESTS_WAITING];
    bool delimited, good;
    zmq_msg_init(&routing);
    if (intake_receive(requests->intake, &routing) != 0) {
        zmq_msg_close(&routing);
        return false;
    }
    zmq_msg_init(&to->payload);
    if (zmq_msg_more(&routing)) {
        receive_rest(requests->intake, &to->payload, &delimited, &good);
        const char *id = zmq_msg_data(&routing);
        if (zmq_msg_size(&routing) == 0 || id[0] != '\0')
            good = false; /* those that ZeroMQ makes begin with a zero byte, which a client may not set */
        uint64_t number;
        if (peers_admit(requests->peers, id, zmq_msg_size(&routing), zmq_msg_gets(&to->payload, "User-Id"), &number, &to->who) &&
            (peers_proven(requests->peers, number) ||
             peers_prove(requests->peers, number, zmq_msg_gets(&to->payload, AUTH_KEY), zmq_msg_get(&to->payload, ZMQ_SRCFD)))) {
            to->peer = number * 2 + delimited;
            if (!good) {
                zmq_msg_close(&to->payload);
                zmq_msg_init(&to->payload);
            }
            requests->count++;
            requests->bytes += zmq_msg_size(&to->payload);
        } else {
            zmq_msg_close(&to->payload);
        }
    }
    zmq_msg_close(&routing);
    return true;
}

void requests_read(struct requests *requests)
{
    size_t read = 0;
    while (read++ < LIMIT_BATCH_MESSAGES && !requests_full(requests))
        if (!receive(requests))
            return;
    if (requests_full(requests))
        intake_pump(requests->intake);
}

size_t requests_offer(struct requests *requests, struct engine_message *messages, size_t max)
{
    size_t count = requests->count < max ? requests->count : max;
    for (size_t i = 0; i < count; i++) {
        struct waiting *from = &requests->waiting[(requests->first + i) % REQUESTS_WAITING];
        messages[i] = (struct engine_message){
            .from = {.peer = from->peer,
                     .name = text_of_code(&from->who.name),
                     .roles = from->who.roles,
                     .unit = from->who.unit,
                     .matters = from->who.matters},
            .data = zmq_msg_data(&from->payload),
            .size = zmq_msg_size(&from->payload),
        };
    }
    return count;
}

void requests_taken(struct requests *requests, size_t count)
{
    assert(count <= requests->count);
    for (size_t i = 0; i < count; i++) {
        struct waiting *done = &requests->waiting[requests->first];
        requests->bytes -= zmq_msg_size(&done->payload);
        zmq_msg_close(&done->payload);
        requests->first = (requests->first + 1) % REQUESTS_WAITING;
    }
    requests->count -= count;
}

bool requests_reply(struct requests *requests, const struct engine_reply *reply)
{
    return peers_send(requests->peers, reply->peer / 2, (reply->peer & 1) != 0, reply->data, reply->size);
}
