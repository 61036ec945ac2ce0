/*
 * followers.h - the named followers of events: a key, a name, and how far it has confirmed
 *
 * Local rows: kept with the rows in LMDB and written with the checkpoint, never derived from records and not compared by a check.
 * After a crash a confirmed sequence may be an older one again: then events come again. At most CAP_FOLLOWERS,
 * CAP_FOLLOWERS_KEY of one key; for one more, a name goes that nobody asks under: of the key itself, or of the key that has most.
 */
#ifndef HUYING_ENGINE_FOLLOWERS_H
#define HUYING_ENGINE_FOLLOWERS_H

#include "dispatcher/store/store.h"

#include <bsd/sys/tree.h>

struct parked;

struct follower {
    RB_ENTRY(follower) node;
    struct code key;
    struct code name;
    uint64_t confirmed;
    uint64_t handed;        /* highest sequence that was handed out or passed over since the start, 0 = nothing yet */
    int64_t seen_at_ms;     /* wall clock of the last question, 0 = not since the start */
    int64_t used_ms;        /* steady clock of it */
    struct parked *waiting; /* its question, or NULL */
    bool dirty;             /* not handed to a checkpoint yet */
    bool writing;           /* handed to one of which it is not known that it was written */
    bool gone;              /* forgotten, but the rows still have it */
};
RB_HEAD(follower_tree, follower);

struct followers {
    struct follower_tree tree;
    uint32_t count; /* those that are gone not counted */
    uint32_t dirty; /* of them and of those that are gone: with the mark of that name */
    uint32_t writing;
    int64_t begun_ms; /* steady clock of the start, from the first question on */
};

/* Reads them from the rows; what was confirmed beyond `last_seq` (an older journal was restored) is cut to it. Returns 0 or a
 * negative errno; the caller frees in any case. */
int followers_load(struct followers *followers, struct store *store, uint64_t last_seq);
void followers_free(struct followers *followers);

/* NULL: no such follower. */
struct follower *follower_find(struct followers *followers, const struct code *key, const struct code *name);

/* So long after its last question a name counts as unused; longer than the longest wait. After a start, names that have not come
 * back are unused only when they have had as long. */
#define FOLLOWER_UNUSED_MS (2 * CAP_WAIT_MS)

/* A new one, asked for at this instant of the steady clock. At a cap the unused name goes that was asked under longest ago (of
 * those not since the start, the one that confirmed least). Returns 0, -ENOSPC: all are in use, -ENOMEM. */
int follower_add(struct followers *followers, const struct code *key, const struct code *name, uint64_t confirmed, int64_t now_ms,
                 struct follower **ret);

/* It was asked under. */
void follower_used(struct follower *follower, int64_t now_ms, int64_t clock_ms);

void follower_confirm(struct followers *followers, struct follower *follower, uint64_t seq);

/* Forgets it, with the next checkpoint for good. Requires that it does not wait. */
void follower_forget(struct followers *followers, struct follower *follower);

/* The first one behind (key, name) in their order, or NULL. */
struct follower *follower_after(struct followers *followers, const struct code *key, const struct code *name);

/* Puts what changed into the rows, before a checkpoint; what was handed to one that was not written comes again. Returns 0 or a
 * negative errno (latched by the store). */
int followers_write(struct followers *followers, struct store *store);

/* Is there something for a checkpoint, when none is running? */
bool followers_dirty(const struct followers *followers);

/* The checkpoint has them. What changed since followers_write is for the next. */
void followers_written(struct followers *followers);

#endif
