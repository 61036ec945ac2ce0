/*
 * turns.h - who is next: the messages that wait, by key and by connection
 *
 * Each connection is a line of its own, judged in the order in which it came. Among the lines the keys take turns, and within a key
 * its connections, so that a key with 200 connections and 10,000 messages keeps another key waiting no longer than one with a
 * single message does. Commands go before queries. Among queries the key goes first that has used least of the dispatcher's time: a
 * key that was idle begins level with the others, so nobody saves up.
 *
 * A batch is picked, and then the part of it that was judged is taken; the rest stands again where it stood. No clock, no sockets.
 * Costs are in us. One thread.
 */
#ifndef HUYING_SHELL_TURNS_H
#define HUYING_SHELL_TURNS_H

#include "dispatcher/shell/keyring.h"

#include <stddef.h>
#include <sys/queue.h>

/* Commands that one connection may have judged before the next one has its turn. */
#define TURNS_RUN 8

struct turns;
struct turns_line;

/* A message that waits; part of a struct of the owner, who fills in the second block. */
struct turn {
    STAILQ_ENTRY(turn) next;
    struct turns_line *line;

    bool query;
    uint32_t cost_us; /* of a query, as far as one can guess */
    size_t size;      /* bytes */
};

/* What waits, of one key or of all. */
struct turns_sum {
    size_t messages, bytes;
    uint64_t query_us; /* what its queries will cost */
};

/* NULL: no memory. */
struct turns *turns_new(void);

/* Hands each message that still waits to `drop`. NULL is allowed; returns NULL. */
struct turns *turns_free(struct turns *turns, void (*drop)(void *arg, struct turn *turn), void *arg);

/* Puts a message at the end of its connection's line. What waits there is judged by `who` from now on. Returns 0 or -ENOMEM. */
int turns_add(struct turns *turns, const struct identity *who, uint64_t connection, struct turn *turn);

/* Who sent it, and by which connection. */
const struct identity *turns_who(const struct turn *turn);
uint64_t turns_connection(const struct turn *turn);

/* What waits of one key, and of all; keys of which something waits. */
struct turns_sum turns_of(const struct turns *turns, const struct code *key);
size_t turns_of_connection(const struct turns *turns, uint64_t connection); /* messages */
struct turns_sum turns_all(const struct turns *turns);
size_t turns_keys(const struct turns *turns);

/* Picks what is to be judged next, in this order: at most `max` messages, and queries of at most query_us but always one. Lines for
 * which `held` says yes (NULL: none) give no query now, nor what stands behind it. Returns how many; they stay until turns_take,
 * which must come before any other call. */
size_t turns_pick(struct turns *turns, struct turn **ret, size_t max, uint64_t query_us,
                  bool (*held)(void *arg, const struct code *key, uint64_t connection), void *arg);

/* The first `taken` of the `count` that were picked are the owner's again; cost_us[i] is what the i-th really cost, if it was a
 * query. The others stand where they stood. */
void turns_take(struct turns *turns, struct turn *const *picked, size_t count, size_t taken, const uint32_t *cost_us);

/* A connection is gone: its queries (`all`: its commands too) are handed to `drop`; else its commands stay, for whoever sent them
 * may be counting on them. */
void turns_gone(struct turns *turns, uint64_t connection, bool all, void (*drop)(void *arg, struct turn *turn), void *arg);

#endif
