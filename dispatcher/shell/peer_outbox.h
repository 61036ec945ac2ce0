/*
 * peer_outbox.h - what waits to be sent to one peer, bounded in bytes
 *
 * ZeroMQ bounds its pipes in messages only, so a reader that stands still while it asks for large pages could fill memory. Here
 * the bytes that ZeroMQ holds for a peer are counted too (it says when it lets go of each message): at most
 * PEER_OUTBOX_FLIGHT_BYTES are handed over at once, the rest waits here up to CAP_OUTBOX_BYTES. What is in flight is counted for
 * the peer's key too, over all its peers. One thread, except that ZeroMQ's I/O threads count down. Replies keep their order.
 */
#ifndef HUYING_SHELL_PEER_OUTBOX_H
#define HUYING_SHELL_PEER_OUTBOX_H

#include <stdbool.h>
#include <stddef.h>

#define PEER_OUTBOX_FLIGHT_BYTES (1024 * 1024)

struct parcel;
struct flight;

struct peer_outbox {
    struct flight *flight;
    struct parcel *first, *last;
    size_t waiting_bytes;
};

/* The count over all peers of one key. NULL: no memory. Freed when its owner and all outboxes that were made with it have let go.
 */
struct flight *flight_new(void);
void flight_free(struct flight *flight);
size_t flight_bytes(const struct flight *flight);

/* `of_key` counts too. Returns 0 or -ENOMEM. */
int peer_outbox_init(struct peer_outbox *outbox, struct flight *of_key);

/* Sends a copy of `data` to the peer behind the routing id, after what waits already, or lets it wait. `delimited`: an empty
 * frame goes before it, as a REQ wants. Returns 0 = handed to ZeroMQ; 1 = waits; -ENOBUFS = no more may wait;
 * -EHOSTUNREACH = the peer is gone; or another negative errno. */
int peer_outbox_send(struct peer_outbox *outbox, void *router, const void *routing, size_t routing_size, bool delimited,
                     const void *data, size_t size);

/* Sends what waits, as far as it goes. Returns 0 = nothing waits any more; 1 = something still waits; or a negative errno. */
int peer_outbox_retry(struct peer_outbox *outbox, void *router, const void *routing, size_t routing_size);

/* Drops what waits. What ZeroMQ has counts on, so that a peer which never reads does not begin anew. */
void peer_outbox_clear(struct peer_outbox *outbox);

/* Drops what waits; what ZeroMQ has is let go by itself. */
void peer_outbox_deinit(struct peer_outbox *outbox);

#endif
