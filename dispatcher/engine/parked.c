/* parked.c - questions that are answered later: pulls and follows */
#include "dispatcher/engine/parked.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int compare_end(const struct parked *a, const struct parked *b)
{
    if (a->until_ms != b->until_ms) {
        return a->until_ms < b->until_ms ? -1 : 1;
    }
    return a->serial < b->serial ? -1 : a->serial > b->serial;
}

static int compare_ask(const struct parked *a, const struct parked *b)
{
    if (a->ask != b->ask) {
        return a->ask < b->ask ? -1 : 1;
    }
    int order = memcmp(&a->key, &b->key, sizeof(a->key));
    if (order == 0 && a->id_size != b->id_size) {
        order = a->id_size < b->id_size ? -1 : 1;
    }
    return order != 0 ? order : memcmp(a->id, b->id, a->id_size);
}

static int compare_peer(const struct parked_peer *a, const struct parked_peer *b)
{
    return a->peer < b->peer ? -1 : a->peer > b->peer;
}

static int compare_turn(const struct parked *a, const struct parked *b)
{
    if (a->turn != b->turn) {
        return a->turn < b->turn ? -1 : 1;
    }
    return a->serial < b->serial ? -1 : a->serial > b->serial;
}

static int compare_key(const struct parked_key *a, const struct parked_key *b)
{
    return memcmp(&a->key, &b->key, sizeof(a->key));
}

RB_GENERATE_INTERNAL(parked_ends, parked, by_end, compare_end, __attribute__((unused)) static)
RB_GENERATE_INTERNAL(parked_asks, parked, by_ask, compare_ask, __attribute__((unused)) static)
RB_GENERATE_INTERNAL(parked_turns, parked, by_turn, compare_turn, __attribute__((unused)) static)
RB_GENERATE_INTERNAL(parked_keys, parked_key, node, compare_key, __attribute__((unused)) static)
RB_GENERATE_INTERNAL(parked_peers, parked_peer, node, compare_peer, __attribute__((unused)) static)

void parking_init(struct parking *parking)
{
    *parking = (struct parking){0};
    for (int i = 0; i < PARKED_QUEUE_COUNT; i++) {
        TAILQ_INIT(&parking->queues[i]);
    }
}

int parking_units(struct parking *parking, uint32_t unit_count)
{
    struct parked_top *tops = calloc(unit_count + 1, sizeof(*tops));

    assert(parking->counts[PARKED_IDLE] == 0);
    if (tops == NULL) {
        return -ENOMEM;
    }
    for (uint32_t i = 0; i < unit_count; i++) {
        TAILQ_INIT(&tops[i].list);
    }
    free(parking->tops);
    parking->tops = tops;
    parking->top_count = unit_count;
    return 0;
}

void parking_deinit(struct parking *parking)
{
    for (int i = 0; i < PARKED_QUEUE_COUNT; i++) {
        while (!TAILQ_EMPTY(&parking->queues[i])) {
            parked_free(parking, TAILQ_FIRST(&parking->queues[i]));
        }
    }
    free(parking->tops);
    parking->tops = NULL;
}

static void set_id(struct parked *parked, const struct code *key, struct text id, uint64_t ask)
{
    assert(id.size <= sizeof(parked->id));
    parked->key = *key;
    parked->ask = ask;
    parked->id_size = id.size;
    if (id.size > 0) {
        memcpy(parked->id, id.at, id.size);
    }
}

struct parked *parked_find(struct parking *parking, const struct code *key, struct text id, uint64_t ask)
{
    struct parked wanted;

    set_id(&wanted, key, id, ask);
    return RB_FIND(parked_asks, &parking->asks, &wanted);
}

static struct parked_peer *find_peer(struct parking *parking, uint64_t peer)
{
    struct parked_peer key = {.peer = peer};

    return RB_FIND(parked_peers, &parking->peers, &key);
}

/* The books of a connection that has room for one more, made when missing. */
static int find_owner(struct parking *parking, uint64_t peer, struct parked_peer **ret)
{
    struct parked_peer *owner = find_peer(parking, peer);

    if (owner != NULL && owner->count >= PARKED_PER_PEER) {
        return -EBUSY;
    }
    if (owner == NULL) {
        owner = calloc(1, sizeof(*owner));
        if (owner == NULL) {
            return -ENOMEM;
        }
        owner->peer = peer;
        TAILQ_INIT(&owner->list);
        RB_INSERT(parked_peers, &parking->peers, owner);
    }
    *ret = owner;
    return 0;
}

static struct parked_key *find_key(struct parking *parking, const struct code *key)
{
    struct parked_key wanted = {.key = *key};

    return RB_FIND(parked_keys, &parking->keys, &wanted);
}

/* The books of a key that may have one more, made when missing. */
static int find_account(struct parking *parking, const struct code *key, struct parked_key **ret)
{
    struct parked_key *account = find_key(parking, key);

    if (account != NULL && account->count >= CAP_WAITING_KEY) {
        return -EBUSY;
    }
    if (account == NULL) {
        account = calloc(1, sizeof(*account));
        if (account == NULL) {
            return -ENOMEM;
        }
        account->key = *key;
        TAILQ_INIT(&account->list);
        RB_INSERT(parked_keys, &parking->keys, account);
    }
    *ret = account;
    return 0;
}

/* A key of which nothing waits any more is forgotten. */
static void forget_unused(struct parking *parking, struct parked_key *account)
{
    if (account->count > 0) {
        return;
    }
    RB_REMOVE(parked_keys, &parking->keys, account);
    free(account);
}

static void own(struct parked_peer *owner, struct parked *parked)
{
    owner->count++;
    TAILQ_INSERT_TAIL(&owner->list, parked, of_peer);
    parked->owner = owner;
    parked->peer = owner->peer;
}

static void disown(struct parking *parking, struct parked *parked)
{
    struct parked_peer *owner = parked->owner;

    TAILQ_REMOVE(&owner->list, parked, of_peer);
    parked->owner = NULL;
    if (--owner->count > 0) {
        return;
    }
    RB_REMOVE(parked_peers, &parking->peers, owner);
    free(owner);
}

/* Those that are about to be looked at anyway see by themselves that their time is over. */
static bool waits(enum parked_queue queue)
{
    return queue == PARKED_IDLE || queue == PARKED_TAIL;
}

/* In these the keys take turns. */
static bool in_turns(enum parked_queue queue)
{
    return queue == PARKED_PULL || queue == PARKED_FRESH || queue == PARKED_BEHIND;
}

/* A key's next turn is behind its last one; one that had none for a while begins with those that are served now. */
static void take_turn(struct parking *parking, struct parked *parked, enum parked_queue queue)
{
    uint64_t *last = &parked->account->turns[queue];

    *last = (*last > parking->now[queue] ? *last : parking->now[queue]) + 1;
    parked->turn = *last;
    RB_INSERT(parked_turns, &parking->turns[queue], parked);
}

static void count_wants(struct parked_top *top, uint32_t kinds, int step)
{
    for (int kind = 0; kind < DUTY_KIND_COUNT; kind++) {
        if ((kinds & UINT32_C(1) << kind) != 0) {
            top->wants[kind] += (uint32_t)step;
        }
    }
}

static void enter(struct parking *parking, struct parked *parked, enum parked_queue queue)
{
    parked->queue = queue;
    parking->counts[queue]++;
    TAILQ_INSERT_TAIL(&parking->queues[queue], parked, in_queue);
    if (in_turns(queue)) {
        take_turn(parking, parked, queue);
    }
    if (waits(queue)) {
        RB_INSERT(parked_ends, &parking->ends, parked);
    }
    if (queue == PARKED_IDLE) {
        TAILQ_INSERT_TAIL(&parking->tops[parked->pull.top].list, parked, at_top);
        count_wants(&parking->tops[parked->pull.top], parked->pull.kinds, 1);
    }
}

/* Those that have not seen the newest lie before those that have. Of one from the middle nobody knows which it was: then another
 * one looks for nothing. */
static void count_out(struct parking *parking, const struct parked *parked)
{
    if (parking->unseen > 0 &&
        (TAILQ_FIRST(&parking->queues[PARKED_TAIL]) == parked || parking->unseen == parking->counts[PARKED_TAIL])) {
        parking->unseen--;
    }
}

static void leave(struct parking *parking, struct parked *parked)
{
    enum parked_queue queue = parked->queue;

    if (queue == PARKED_TAIL) {
        count_out(parking, parked);
    }
    parking->counts[queue]--;
    TAILQ_REMOVE(&parking->queues[queue], parked, in_queue);
    if (in_turns(queue)) {
        if (RB_MIN(parked_turns, &parking->turns[queue]) == parked) {
            parking->now[queue] = parked->turn;
        }
        RB_REMOVE(parked_turns, &parking->turns[queue], parked);
    }
    if (waits(queue)) {
        RB_REMOVE(parked_ends, &parking->ends, parked);
    }
    if (queue == PARKED_IDLE) {
        TAILQ_REMOVE(&parking->tops[parked->pull.top].list, parked, at_top);
        count_wants(&parking->tops[parked->pull.top], parked->pull.kinds, -1);
    }
}

/* A name as a code, zeroed behind it. An empty one has no bytes to copy from. */
static void set_name(struct code *ret, struct text name)
{
    *ret = (struct code){{0}};
    if (name.size > 0) {
        memcpy(ret->s, name.at, name.size < CODE_SIZE ? name.size : CODE_SIZE);
    }
}

int parked_add(struct parking *parking, const struct engine_peer *from, struct text id, uint64_t ask, int64_t until_ms,
               struct parked **ret)
{
    struct parked *parked;
    struct parked_key *account = NULL;
    struct parked_peer *owner;
    struct code key;

    if (parking->count >= CAP_WAITING) {
        return -EBUSY;
    }
    set_name(&key, from->name);
    parked = calloc(1, sizeof(*parked));
    int rc = parked != NULL ? find_account(parking, &key, &account) : -ENOMEM;
    if (rc == 0) {
        rc = find_owner(parking, from->peer, &owner);
    }
    if (rc < 0) {
        if (account != NULL) {
            forget_unused(parking, account);
        }
        free(parked);
        return rc;
    }
    own(owner, parked);
    account->count++;
    TAILQ_INSERT_TAIL(&account->list, parked, of_key);
    parked->account = account;
    set_id(parked, &key, id, ask);
    set_name(&parked->person, from->person);
    parked->roles = from->roles;
    parked->unit = from->unit;
    parked->matters = from->matters;
    parked->until_ms = until_ms;
    parked->serial = ++parking->serial;
    RB_INSERT(parked_asks, &parking->asks, parked);
    parking->count++;
    enter(parking, parked, PARKED_NEW);
    *ret = parked;
    return 0;
}

int parked_move_peer(struct parking *parking, struct parked *parked, uint64_t peer)
{
    struct parked_peer *owner;

    if (peer == parked->peer) {
        return 0;
    }
    int rc = find_owner(parking, peer, &owner);
    if (rc < 0) {
        return rc;
    }
    disown(parking, parked);
    own(owner, parked);
    return 0;
}

void parked_to(struct parking *parking, struct parked *parked, enum parked_queue queue)
{
    if (queue == PARKED_TAIL && parked->queue == PARKED_TAIL) {
        count_out(parking, parked);
        TAILQ_REMOVE(&parking->queues[queue], parked, in_queue);
        TAILQ_INSERT_TAIL(&parking->queues[queue], parked, in_queue);
        return;
    }
    leave(parking, parked);
    enter(parking, parked, queue);
}

struct parked *parked_surplus(struct parking *parking, const struct code *key)
{
    const struct parked_key *own = find_key(parking, key);
    struct parked_key *account, *most = NULL;
    struct parked *parked;

    if (parking->count < CAP_WAITING) {
        return NULL;
    }
    RB_FOREACH(account, parked_keys, &parking->keys)
    {
        if (most == NULL || account->count > most->count) {
            most = account;
        }
    }
    if (most == NULL || most->count <= (own == NULL ? 0 : own->count) + 1) {
        return NULL;
    }
    TAILQ_FOREACH(parked, &most->list, of_key)
    {
        if (waits(parked->queue)) {
            return parked;
        }
    }
    return NULL;
}

struct parked *parked_first(struct parking *parking, enum parked_queue queue)
{
    if (in_turns(queue)) {
        return RB_MIN(parked_turns, &parking->turns[queue]);
    }
    return TAILQ_FIRST(&parking->queues[queue]);
}

void parked_unseen(struct parking *parking)
{
    parking->unseen = parking->counts[PARKED_TAIL];
}

int64_t parked_next_end_ms(struct parking *parking)
{
    const struct parked *parked = RB_MIN(parked_ends, &parking->ends);

    return parked == NULL ? INT64_MAX : parked->until_ms;
}

struct parked *parked_ended(struct parking *parking, int64_t now_ms)
{
    struct parked *parked = RB_MIN(parked_ends, &parking->ends);

    return parked != NULL && parked->until_ms <= now_ms ? parked : NULL;
}

void parked_free(struct parking *parking, struct parked *parked)
{
    leave(parking, parked);
    disown(parking, parked);
    RB_REMOVE(parked_asks, &parking->asks, parked);
    TAILQ_REMOVE(&parked->account->list, parked, of_key);
    parked->account->count--;
    forget_unused(parking, parked->account);
    parking->count--;
    free(parked);
}

struct parked *parked_of_peer(struct parking *parking, uint64_t peer)
{
    struct parked_peer *owner = find_peer(parking, peer);

    return owner == NULL ? NULL : TAILQ_FIRST(&owner->list);
}
