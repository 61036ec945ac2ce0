/*
 * requests.c - frames of the ROUTER to messages of the engine
 *
 * Whether a request came with a delimiter is needed again for its reply. The engine gives back nothing but the peer's number,
 * so the number that it sees is the peer's, doubled, with that one bit.
 */
#include "dispatcher/shell/requests.h"

#include "dispatcher/shell/auth.h"
#include "dispatcher/shell/turns.h"
#include "proto/reply.h"
#include "proto/request.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* Guess at the cost of a query of a kind that was not asked yet. */
#define QUERY_US_FIRST 500
/* What a waiting command costs, for the span that a refusal names. */
#define COMMAND_US 30
#define AGAIN_MS_MIN 20
#define AGAIN_MS_MAX 5000
/* Replies that a peer may leave unread and is still told BUSY: some hundred of these. */
#define UNREAD_MAX ((size_t)64 * 1024)
/* Messages of one turn: more than a step takes, so that what is too much is refused soon, and the inlet stays empty. */
#define READ_MAX (4 * CAP_BATCH_MESSAGES)
#define SPARE_MAX (2 * CAP_BATCH_MESSAGES)

struct waiting {
    struct turn turn;     /* first: the same address */
    struct waiting *next; /* among the spare ones */
    enum query_type query;
    uint64_t peer; /* doubled, with the bit */
    zmq_msg_t payload;
};

struct requests {
    struct inlet *inlet;
    struct peers *peers;
    struct log *log;
    struct turns *turns;
    size_t picked_count;
    struct turn *picked[CAP_BATCH_MESSAGES];
    bool stalled;
    struct waiting *spare; /* of messages that were taken, at most SPARE_MAX */
    size_t spare_count;
    uint32_t query_us[QUERY_TYPE_MAX + 1]; /* what a query of this type cost of late */
    struct proto_buffer refusal;
};

static struct waiting *take_spare(struct requests *requests)
{
    struct waiting *waiting = requests->spare;
    if (waiting == NULL) {
        return malloc(sizeof(*waiting));
    }
    requests->spare = waiting->next;
    requests->spare_count--;
    return waiting;
}

static void give_spare(struct requests *requests, struct waiting *waiting)
{
    if (requests->spare_count == SPARE_MAX) {
        free(waiting);
        return;
    }
    waiting->next = requests->spare;
    requests->spare = waiting;
    requests->spare_count++;
}

static void drop(void *arg, struct turn *turn)
{
    struct waiting *waiting = (struct waiting *)turn;
    zmq_msg_close(&waiting->payload);
    give_spare(arg, waiting);
}

struct requests *requests_new(struct inlet *inlet, struct peers *peers, struct log *log)
{
    struct requests *requests = calloc(1, sizeof(*requests));
    if (requests == NULL) {
        return NULL;
    }
    requests->inlet = inlet;
    requests->peers = peers;
    requests->log = log;
    for (int i = 0; i <= QUERY_TYPE_MAX; i++) {
        requests->query_us[i] = QUERY_US_FIRST;
    }
    requests->turns = turns_new();
    if (requests->turns == NULL) {
        free(requests);
        return NULL;
    }
    return requests;
}

struct requests *requests_free(struct requests *requests)
{
    if (requests == NULL) {
        return NULL;
    }
    turns_free(requests->turns, drop, requests);
    while (requests->spare != NULL) {
        struct waiting *waiting = requests->spare;
        requests->spare = waiting->next;
        free(waiting);
    }
    proto_buffer_deinit(&requests->refusal);
    free(requests);
    return NULL;
}

size_t requests_count(const struct requests *requests)
{
    return turns_all(requests->turns).messages;
}

bool requests_stalled(const struct requests *requests)
{
    return requests->stalled;
}

void requests_gone(struct requests *requests, uint64_t number, bool revoked)
{
    assert(requests->picked_count == 0);
    turns_gone(requests->turns, number, revoked, drop, requests);
}

/* --- what comes ----------------------------------------------------------------------------------------------------------------
 */

/* May no more of this key wait? Then *ret_ms is after which span there will be room. A connection that has nothing waiting may
 * always ask one thing, whatever others of its key do; one that does not read its answers may ask nothing. */
static bool is_too_much(const struct requests *requests, const struct code *key, uint64_t number, const struct turn *turn,
                        uint32_t *ret_ms)
{
    struct turns_sum one = turns_of(requests->turns, key), all = turns_all(requests->turns);
    size_t keys = turns_keys(requests->turns) + 1;
    bool over = one.messages >= CAP_WAITING_MESSAGES_KEY || one.bytes + turn->size > CAP_WAITING_BYTES_KEY ||
                (turn->query && one.query_us >= REQUESTS_QUERY_US && turns_of_connection(requests->turns, number) > 0) ||
                (turn->query && peers_stuck(requests->peers, number));
    /* When all together are too many, those go on who have less than their share. */
    if (all.messages >= CAP_WAITING_MESSAGES) {
        over = over || one.messages >= CAP_WAITING_MESSAGES / keys;
    }
    if (all.bytes >= CAP_WAITING_BYTES) {
        over = over || one.bytes >= CAP_WAITING_BYTES / keys;
    }
    uint64_t ms = (turn->query ? one.query_us : one.messages * COMMAND_US) / 1000;
    *ret_ms = (uint32_t)(ms < AGAIN_MS_MIN ? AGAIN_MS_MIN : ms > AGAIN_MS_MAX ? AGAIN_MS_MAX : ms);
    return over;
}

/* Answers at once: nothing was looked at, so nothing has to be durable first. Who does not even read this is left to ask again. */
static void refuse(struct requests *requests, const struct identity *who, uint64_t peer, struct text id, uint32_t again_ms)
{
    log_say(requests->log, LOG_LEVEL_WARNING, "key_busy", "key %.*s has too much waiting: refused BUSY, again in %u ms", CODE_SIZE,
            who->name.s, again_ms);
    if (peers_unread(requests->peers, peer / 2) >= UNREAD_MAX) {
        return;
    }
    proto_buffer_clear(&requests->refusal);
    if (reply_encode_busy(&requests->refusal, id, NULL, again_ms) == 0) {
        peers_send(requests->peers, peer / 2, (peer & 1) != 0, requests->refusal.data, requests->refusal.size);
    }
}

/* Puts a message of a known peer into its line, or refuses it. Takes the payload. */
static void admit(struct requests *requests, const struct identity *who, uint64_t peer, zmq_msg_t *payload)
{
    struct request_peek peek;
    uint32_t again_ms;
    size_t size = zmq_msg_size(payload);
    request_peek(zmq_msg_data(payload), size, &peek);
    if (peek.is_query && peers_gone(requests->peers, peer / 2)) {
        return;
    }
    struct turn turn = {.query = peek.is_query, .cost_us = peek.is_query ? requests->query_us[peek.query] : 0, .size = size};
    if (is_too_much(requests, &who->name, peer / 2, &turn, &again_ms)) {
        refuse(requests, who, peer, peek.id, again_ms);
        return;
    }
    struct waiting *waiting = take_spare(requests);
    if (waiting == NULL) {
        return; /* as if it had been lost on its way: its sender asks again */
    }
    waiting->turn = turn;
    waiting->query = peek.query;
    waiting->peer = peer;
    if (turns_add(requests->turns, who, peer / 2, &waiting->turn) < 0) {
        give_spare(requests, waiting);
        return;
    }
    zmq_msg_init(&waiting->payload);
    zmq_msg_move(&waiting->payload, payload);
}

/* Reads the frames after the routing id. *payload is the last of them; `delimited` and `good` say which form they had. */
static void receive_rest(struct inlet *inlet, zmq_msg_t *payload, bool *ret_delimited, bool *ret_good)
{
    int rc = inlet_receive(inlet, payload);
    assert(rc == 0); /* a message of many frames comes whole */
    *ret_delimited = false;
    *ret_good = true;
    if (!zmq_msg_more(payload)) {
        return;
    }
    *ret_delimited = *ret_good = zmq_msg_size(payload) == 0;
    for (size_t frames = 1; zmq_msg_more(payload); frames++) {
        *ret_good = *ret_good && frames == 1;
        rc = inlet_receive(inlet, payload);
        assert(rc == 0);
    }
}

/* Whose message is it? `payload` says what `origin` does not have yet. False: nobody's who may ask anything. `room` holds the
 * identity where it is not the peer's own. */
static bool identify(struct requests *requests, struct peers_origin *origin, zmq_msg_t *payload, struct identity *room,
                     uint64_t *ret_number, const struct identity **ret)
{
    origin->name = zmq_msg_gets(payload, "User-Id");
    if (peers_recall(requests->peers, origin, ret_number, ret)) {
        return true;
    }
    origin->descriptor = zmq_msg_get(payload, ZMQ_SRCFD);
    *ret = room;
    return peers_admit(requests->peers, origin, ret_number, room) &&
           (peers_proven(requests->peers, *ret_number) ||
            peers_prove(requests->peers, *ret_number, zmq_msg_gets(payload, AUTH_KEY), origin->descriptor));
}

/* Does one message wait in the inlet? Then reads it; `routing` and `payload` are room for it. */
static bool receive(struct requests *requests, zmq_msg_t *routing, zmq_msg_t *payload)
{
    struct identity room;
    const struct identity *who;
    bool delimited, good;
    uint64_t number;
    if (inlet_receive(requests->inlet, routing) != 0) {
        return false;
    }
    if (!zmq_msg_more(routing)) {
        return true;
    }
    receive_rest(requests->inlet, payload, &delimited, &good);
    const char *id = zmq_msg_data(routing);
    struct peers_origin origin = {.routing = id, .routing_size = zmq_msg_size(routing), .descriptor = -1};
    if (origin.routing_size == 0 || id[0] != '\0') {
        good = false; /* those that ZeroMQ makes begin with a zero byte, which a client may not set */
    }
    if (identify(requests, &origin, payload, &room, &number, &who)) {
        if (!good) {
            zmq_msg_close(payload);
            zmq_msg_init(payload);
        }
        admit(requests, who, number * 2 + delimited, payload);
    }
    return true;
}

void requests_read(struct requests *requests)
{
    zmq_msg_t routing, payload;
    assert(requests->picked_count == 0);
    zmq_msg_init(&routing);
    zmq_msg_init(&payload);
    for (size_t read = 0; read < READ_MAX; read++) {
        if (!receive(requests, &routing, &payload)) {
            break;
        }
    }
    zmq_msg_close(&payload);
    zmq_msg_close(&routing);
}

/* --- what goes to the engine ---------------------------------------------------------------------------------------------------
 */

static bool is_held(void *arg, const struct code *key, uint64_t number)
{
    return peers_held(arg, key, number);
}

size_t requests_offer(struct requests *requests, struct engine_message *messages, size_t max)
{
    assert(max <= CAP_BATCH_MESSAGES && requests->picked_count == 0);
    size_t count = turns_pick(requests->turns, requests->picked, max, ENGINE_QUERY_US, is_held, requests->peers);
    for (size_t i = 0; i < count; i++) {
        struct waiting *from = (struct waiting *)requests->picked[i];
        const struct identity *who = turns_who(&from->turn);
        messages[i].from.peer = from->peer;
        messages[i].from.name = text_of_code(&who->name);
        messages[i].from.person = (struct text){0};
        messages[i].from.roles = who->roles;
        messages[i].from.unit = who->unit;
        codes_copy(&messages[i].from.matters, &who->matters);
        messages[i].data = zmq_msg_data(&from->payload);
        messages[i].size = zmq_msg_size(&from->payload);
    }
    requests->picked_count = count;
    requests->stalled = count == 0 && requests_count(requests) > 0;
    return count;
}

/* The guess moves by steps, whatever a single one cost: a thread that had to wait for the processor says nothing about queries. */
static void learn(struct requests *requests, const struct waiting *waiting, uint32_t cost_us)
{
    uint32_t *guess = &requests->query_us[waiting->query];
    uint32_t up = *guess + *guess / 4 + 1, down = *guess - *guess / 20;
    if (cost_us > *guess) {
        *guess = cost_us < up ? cost_us : up;
    } else {
        *guess = cost_us > down ? cost_us : down;
    }
}

void requests_taken(struct requests *requests, size_t count, const uint32_t *query_us)
{
    assert(count <= requests->picked_count);
    turns_take(requests->turns, requests->picked, requests->picked_count, count, query_us);
    for (size_t i = 0; i < count; i++) {
        struct waiting *waiting = (struct waiting *)requests->picked[i];
        if (waiting->turn.query) {
            learn(requests, waiting, query_us[i]);
        }
        drop(requests, &waiting->turn);
    }
    requests->picked_count = 0;
}

bool requests_reply(struct requests *requests, const struct engine_reply *reply)
{
    return peers_send(requests->peers, reply->peer / 2, (reply->peer & 1) != 0, reply->data, reply->size);
}
