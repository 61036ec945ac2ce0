/*
 * courier.h - delivers parcels to webhooks: signed, in order per case, again and again, until delivered or dead
 *
 * A parcel is a body with an id; it is prepared by its owner when its turn comes. 2xx is delivered. 408, 425, 429, 3xx, 5xx and no
 * answer are tried again after a pause that grows, with full jitter, and is at least what Retry-After says; another 4xx, or too
 * many attempts, and the owner writes it down as dead; then the case goes on. Standing facts: one thread; pauses by the loop's
 * clock.
 */
#ifndef HUYING_WORKERS_COURIER_H
#define HUYING_WORKERS_COURIER_H

#include "base/log.h"
#include "workers/backoff.h"
#include "workers/http.h"
#include "workers/lanes.h"
#include "workers/signature.h"

struct courier_policy {
    int64_t attempts;
    int64_t pause_ms, pause_max_ms;
    int64_t retry_after_max_ms; /* longest wait that a server may ask for */
    int64_t concurrent;
};

/* Where a parcel goes. */
struct courier_target {
    const char *name;
    const char *url;
    struct signature_secret secret;
};

struct courier;

struct parcel {
    struct courier *courier;
    struct lane_entry *entry;
    const struct courier_target *target;
    char *id;     /* for the receiver's idempotency; owned */
    char *type;   /* of the event; owned */
    char *number; /* of the case; owned */
    char *body;   /* owned; NULL until it is prepared */
    uint32_t attempts;
    int status;        /* of the last attempt, 0: no answer */
    const char *fault; /* static, or NULL */
    bool dead;         /* given up, to be written down */
    struct http_call *call;
    void *owner; /* the owner's */
};

struct courier_owner {
    /* Its turn has come and it has no body yet: set it, then courier_prepared; or courier_put_off. NULL: all have one. */
    void (*on_prepare)(void *arg, struct parcel *parcel);
    /* Write it down. Returns 0, or a negative errno: then it is called again later. */
    int (*on_dead)(void *arg, const struct parcel *parcel);
    /* A parcel is delivered or dead; after courier_stop also: one less is under way. */
    void (*on_progress)(void *arg);
};

/* Opens; borrows all. NULL: no memory. */
struct courier *courier_new(uv_loop_t *loop, struct http *http, struct log *log, const struct courier_policy *policy,
                            const struct courier_owner *owner, void *arg);

/* What is to be delivered and how far it is. */
struct lanes *courier_lanes(struct courier *courier);

/* Adds a parcel, which the courier owns then; texts from malloc, `body` may be NULL. Requires growing sequences. Returns 0, or
 * -ENOMEM: the parcel stays the caller's. */
int courier_add(struct courier *courier, struct parcel *parcel, uint64_t seq, uint64_t case_id);

/* The body is there. */
void courier_prepared(struct parcel *parcel);

/* It could not be prepared: later. */
void courier_put_off(struct parcel *parcel);

/* Begins what may begin. */
void courier_run(struct courier *courier);

/* Begins nothing more. */
void courier_stop(struct courier *courier);

/* Requests that are under way. */
size_t courier_busy(const struct courier *courier);

/* Breaks off and closes; its memory goes once the loop has run. NULL is allowed. */
void courier_close(struct courier *courier);

/* Frees a parcel that was never added. */
void parcel_free(struct parcel *parcel);

#endif
