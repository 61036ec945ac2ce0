/*
 * parked.h - questions that are answered later: pulls and follows
 *
 * A question is parked when it comes and is looked at once the step that brought it is durable, so what it sees can never be taken
 * back. It lies in one of the queues below until it is answered. In those whose questions want to be looked at the keys take turns:
 * however many one of them has, another's next question is behind one of each key. At most CAP_WAITING at once, CAP_WAITING_KEY
 * of one key, PARKED_PER_PEER of one connection. Memory only.
 */
#ifndef HUYING_ENGINE_PARKED_H
#define HUYING_ENGINE_PARKED_H

#include "dispatcher/engine/engine.h"

#include <bsd/sys/tree.h>
#include <sys/queue.h>

#define PARKED_PER_PEER 64

enum parked_queue {
    PARKED_NEW,    /* came with the step that is not durable yet */
    PARKED_PULL,   /* a pull that wants to look for duties */
    PARKED_FRESH,  /* a follow that has not been looked at */
    PARKED_BEHIND, /* a follow that has to read the journal */
    PARKED_TAIL,   /* a follow that has seen everything; the first `unseen` of this queue have not seen the newest events */
    PARKED_IDLE,   /* a pull that waits for a duty: its place is in the index by unit */
    PARKED_QUEUE_COUNT
};

/* What a pull still has to do. */
struct parked_pull {
    struct code worker;
    int32_t top;      /* unit whose subtree is asked */
    uint32_t kinds;   /* bit per enum duty_kind */
    uint32_t credit;  /* duties wanted */
    int64_t lease_ms; /* span */
    bool begun;       /* the walk below is under way */
    uint64_t wakes;   /* of live, when it began: more came up behind the walk when that has moved on */
    uint32_t at;      /* position of the unit that the walk is at */
    uint32_t stop;    /* position where the round ends */
    bool entered;     /* it has been in the unit that it is at */
    bool inside;      /* the walk stands within a unit, behind (after_due, after_id) */
    bool final;       /* this unit is the last of the round */
    int64_t after_due;
    uint64_t after_id;
    bool capped;        /* no more leases can be had */
    uint64_t woken_for; /* duty that it was woken for, 0 = it looks by itself */
    uint32_t found_count;
    uint64_t found[CAP_PULL_CREDIT];
};

#define FOLLOW_TYPE_WORDS (RECORD_TYPE_MAX / 64 + 1)

struct parked_follow {
    struct code name;
    uint64_t next; /* sequence to look at next */
    uint32_t count;
    uint64_t types[FOLLOW_TYPE_WORDS]; /* bit per enum record_type */
};

struct parked {
    TAILQ_ENTRY(parked) in_queue;
    TAILQ_ENTRY(parked) at_top; /* idle pulls of one unit, oldest first */
    TAILQ_ENTRY(parked) of_peer;
    TAILQ_ENTRY(parked) of_key;
    RB_ENTRY(parked) by_end, by_ask, by_turn;
    enum parked_queue queue;
    uint64_t turn; /* in its queue */
    struct parked_peer *owner;
    struct parked_key *account;
    uint64_t serial;
    /* who asks, as engine_peer, with a name of its own */
    uint64_t peer;
    struct code key;
    struct code person;
    uint32_t roles;
    struct code unit;
    struct codes matters;
    char id[CAP_REQUEST_SIZE];
    uint32_t id_size;
    uint64_t ask; /* hash of key and request id */
    int64_t until_ms;
    bool over;       /* ends in its turn, with what it has */
    bool superseded; /* another connection follows under the same name */
    enum query_type query;
    union {
        struct parked_pull pull;
        struct parked_follow follow;
    };
};

TAILQ_HEAD(parked_list, parked);
RB_HEAD(parked_ends, parked);
RB_HEAD(parked_asks, parked);
RB_HEAD(parked_turns, parked);

/* What one key has. */
struct parked_key {
    RB_ENTRY(parked_key) node;
    struct code key;
    uint32_t count;
    uint64_t turns[PARKED_QUEUE_COUNT]; /* the last that it had in each queue */
    struct parked_list list;            /* oldest first */
};
RB_HEAD(parked_keys, parked_key);

struct parked_peer {
    RB_ENTRY(parked_peer) node;
    uint64_t peer;
    uint32_t count;
    struct parked_list list;
};
RB_HEAD(parked_peers, parked_peer);

/* Idle pulls at one unit. */
struct parked_top {
    struct parked_list list;
    uint32_t wants[DUTY_KIND_COUNT]; /* how many want this kind */
};

struct parking {
    struct parked_list queues[PARKED_QUEUE_COUNT];
    uint32_t counts[PARKED_QUEUE_COUNT];
    uint32_t unseen;         /* of PARKED_TAIL, from its head */
    struct parked_top *tops; /* by unit */
    uint32_t top_count;
    struct parked_ends ends;
    struct parked_asks asks;
    struct parked_peers peers;
    struct parked_keys keys;
    struct parked_turns turns[PARKED_QUEUE_COUNT]; /* of the queues in which keys take turns */
    uint64_t now[PARKED_QUEUE_COUNT];              /* the turn that was served last */
    uint32_t count;
    uint64_t serial;
};

void parking_init(struct parking *parking);

/* Room for idle pulls at the units of a district. Requires that none is idle. Returns 0 or -ENOMEM. */
int parking_units(struct parking *parking, uint32_t unit_count);

void parking_deinit(struct parking *parking);

/* A question under this key and request id, or NULL. */
struct parked *parked_find(struct parking *parking, const struct code *key, struct text id, uint64_t ask);

/* Parks a new one in PARKED_NEW; its texts are copied, its kind's part is zero. Gives *ret. Returns 0, -EBUSY: a cap is reached,
 * or -ENOMEM. */
int parked_add(struct parking *parking, const struct engine_peer *from, struct text id, uint64_t ask, int64_t until_ms,
               struct parked **ret);

/* The same question came again, perhaps by another connection: the answer goes there. Returns 0 or -EBUSY, -ENOMEM as above; then
 * nothing changed. */
int parked_move_peer(struct parking *parking, struct parked *parked, uint64_t peer);

/* When no more may wait: one that waits, of the key that has most, and clearly more than this one; it may be refused for the sake
 * of the others. NULL: nobody has clearly more. */
struct parked *parked_surplus(struct parking *parking, const struct code *key);

/* Puts it at the end of a queue, or where its key's turn is; an idle pull goes to its top's list too. */
void parked_to(struct parking *parking, struct parked *parked, enum parked_queue queue);

/* The first of a queue (its turn is next), or NULL. */
struct parked *parked_first(struct parking *parking, enum parked_queue queue);

/* All that have seen everything have something to see again. */
void parked_unseen(struct parking *parking);

/* When the first one that waits ends; INT64_MAX: none waits. */
int64_t parked_next_end_ms(struct parking *parking);

/* One that waits and ends at or before now_ms, or NULL. */
struct parked *parked_ended(struct parking *parking, int64_t now_ms);

/* Ends it. */
void parked_free(struct parking *parking, struct parked *parked);

/* Any of this connection, or NULL. */
struct parked *parked_of_peer(struct parking *parking, uint64_t peer);

#endif
