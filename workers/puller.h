/*
 * puller.h - duties that the dispatcher hands out, and the leases on them
 *
 * Asks by long poll for duties of some kinds, one question a kind, as long as there are places free; hands each to the program,
 * and prolongs its lease while it is worked on or held. What a program has done with a duty it says by one of: hold (keep the lease
 * and try again later, or never: left to people), give back (others may have it; here not before an instant), drop (it has ended).
 * The dispatcher judges commands without looking at these leases, so people may work on a held duty at any time. Standing facts:
 * one thread; instants are the dispatcher's; a work belongs to the puller.
 */
#ifndef HUYING_WORKERS_PULLER_H
#define HUYING_WORKERS_PULLER_H

#include "workers/worker.h"

#include <uthash.h>

#define PULLER_KINDS_MAX 4
#define PULLER_NEVER INT64_MAX
#define PULLER_CREDIT_MAX CAP_PULL_CREDIT

enum work_phase {
    WORK_QUEUED,  /* leased, no place free yet */
    WORK_BUSY,    /* the program works on it */
    WORK_HELD,    /* leased, to be tried again at until_ms */
    WORK_WAITING, /* not leased: if it comes again before until_ms it is held until then */
};

struct work {
    UT_hash_handle hh;
    uint64_t duty_id, case_id;
    char number[CAP_PHONE_SIZE + 1];
    enum duty_kind kind;
    enum work_phase phase;
    bool leased, keep_in_flight;
    uint64_t keep_at;    /* of the loop: when to prolong */
    int64_t until_ms;    /* of the dispatcher: not before */
    uint64_t not_before; /* of the loop: nor before that; also in drill time a process that failed has to come to itself */
    uint32_t failures;   /* in a row; the program counts */
    void *data;          /* of the program while it is busy */
};

struct puller_options {
    const char *worker; /* name; two processes of one key need two */
    const char *unit;   /* NULL: the key's own */
    enum duty_kind kinds[PULLER_KINDS_MAX];
    uint32_t kind_count;
    int64_t credit;   /* most duties that are busy */
    int64_t held_max; /* most duties that are held; then nothing is pulled */
    int64_t lease_ms;
};

/* What the program does; all on the loop. */
struct puller_program {
    void (*on_work)(void *arg, struct work *work); /* it is busy now; end it by hold, give_back or drop */
    bool (*may_pull)(void *arg);                   /* now? NULL: always */
    void (*on_stopped)(void *arg);                 /* after puller_stop: nothing is busy, leases are given back */
};

struct puller;

/* Requires that a worker name and a unit are codes. Borrows options and program. NULL: no memory. */
struct puller *puller_new(struct worker *worker, const struct puller_options *options, const struct puller_program *program,
                          void *arg);

/* Frees it when the loop has ended. NULL is allowed; returns NULL. */
struct puller *puller_free(struct puller *puller);

/* Asks for duties, prolongs leases, wakes what is due. Call it from on_ready and on_tick. */
void puller_tick(struct puller *puller);

/* No more duties; what is queued or held is given back at once. `on_stopped` follows when what is busy has ended. */
void puller_stop(struct puller *puller);

/* Before hold or give_back: wait at least so long by the machine's own clock. */
void puller_pause(struct puller *puller, struct work *work, int64_t pause_ms);

void puller_hold(struct puller *puller, struct work *work, int64_t until_ms);
void puller_give_back(struct puller *puller, struct work *work, int64_t until_ms);
void puller_drop(struct puller *puller, struct work *work);

#endif
