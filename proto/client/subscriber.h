/*
 * subscriber.h - events as they happen
 *
 * A SUB socket: two frames an event, its type and a msgpack map. What is published while the connection is down is missed: ask the
 * query `events` from the last sequence + 1 on; `prev` of an event tells of a gap.
 */
#ifndef HUYING_PROTO_CLIENT_SUBSCRIBER_H
#define HUYING_PROTO_CLIENT_SUBSCRIBER_H

#include "proto/client/client.h"

struct subscriber;

/* Subscribes to the event types `types` (count 0: all). Gives *ret. Returns 0 or a negative errno as client_open. */
int subscriber_open(const struct client_options *options, const char *const *types, size_t count, struct subscriber **ret);

/* NULL is allowed; returns NULL. */
struct subscriber *subscriber_close(struct subscriber *subscriber);

struct subscriber_event {
    uint64_t seq;
    uint64_t prev; /* sequence of the event before it, 0 = first */
    struct text type;
    msgpack_object map; /* the whole event */
};

/* Waits at most timeout_ms (-1: for ever) for an event. *ret borrows until the next call. Returns 0; -EAGAIN: none came; -EBADMSG:
 * what came is not an event (it is skipped); -EINTR: a signal; -EACCES, -EPROTO as in
 * client_reply. */
int subscriber_receive(struct subscriber *subscriber, int64_t timeout_ms, struct subscriber_event *ret);

/* Is the connection up? Then everything that is published from now on comes, but for a break that shows in `prev`. */
bool subscriber_connected(struct subscriber *subscriber);

/* Descriptor for event loops, edge-triggered as in client_descriptors. */
int subscriber_descriptor(struct subscriber *subscriber);

#endif
