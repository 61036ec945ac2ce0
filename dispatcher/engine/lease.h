/*
 * lease.h - the leases that pulls hand out: which worker has which duty, until when
 *
 * Memory only: a lease is about a process that works now, so a restart frees all of them. A holder is a key and a worker's name. A
 * lease that has lapsed is as good as none, also before lease_lapsed has taken it away. Instants are those of a steady clock.
 */
#ifndef HUYING_ENGINE_LEASE_H
#define HUYING_ENGINE_LEASE_H

#include "proto/shape.h"

struct lease_holder {
    struct code key;
    struct code worker;
};

struct leases;

struct lease {
    uint64_t duty_id;
    struct lease_holder holder;
    uint64_t key_hash; /* as the core knows actors: XXH64 of the key's name */
    uint64_t ask;      /* hash of key and request id of the pull that handed it out */
    int64_t until_ms;
};

/* NULL: no memory. */
struct leases *leases_new(void);
struct leases *leases_free(struct leases *leases);

bool lease_holder_equal(const struct lease_holder *a, const struct lease_holder *b);

/* The lease that runs on a duty at now_ms, or NULL. Lives until the next call that changes leases. */
const struct lease *lease_find(const struct leases *leases, uint64_t duty_id, int64_t now_ms);

/* Puts a lease, new or in the place of the one on this duty. Returns 0, -ENOSPC (CAP_LEASES, or CAP_LEASES_KEY of its key),
 * -ENOMEM. */
int lease_put(struct leases *leases, const struct lease *lease);

/* Takes the lease on a duty away. False: there was none. */
bool lease_drop(struct leases *leases, uint64_t duty_id);

/* Duties that are leased to this holder by this question. Returns how many, at most max. */
size_t lease_asked(const struct leases *leases, const struct lease_holder *holder, uint64_t ask, int64_t now_ms, uint64_t *ret,
                   size_t max);

/* End of the lease that ends first; INT64_MAX: none. */
int64_t lease_next_ms(const struct leases *leases);

/* Takes one lease away that has lapsed at now_ms: its duty, or 0. */
uint64_t lease_lapsed(struct leases *leases, int64_t now_ms);

size_t leases_count(const struct leases *leases);

#endif
