/* peer_outbox.c - parcels are made once, in the form that ZeroMQ takes over without copying; its free-callback is the count. */
#include "dispatcher/shell/peer_outbox.h"

#include "dispatcher/shell/zframe.h"
#include "proto/gen/schema.h"

#include <assert.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* Outlives the outbox while ZeroMQ still holds parcels: whoever lets go last frees it. */
struct flight {
    struct flight *of_key; /* NULL: it is the one of a key */
    atomic_size_t owners;
    atomic_size_t bytes;
};

struct parcel {
    struct parcel *next;
    struct flight *flight;
    size_t size;
    bool delimited;
    unsigned char data[];
};

static void let_go(struct flight *flight)
{
    if (atomic_fetch_sub(&flight->owners, 1) != 1) {
        return;
    }
    if (flight->of_key != NULL) {
        let_go(flight->of_key);
    }
    free(flight);
}

/* Called by ZeroMQ, from any of its threads. */
static void on_sent(void *data, void *hint)
{
    struct parcel *parcel = hint;
    (void)data;
    atomic_fetch_sub(&parcel->flight->bytes, parcel->size);
    atomic_fetch_sub(&parcel->flight->of_key->bytes, parcel->size);
    let_go(parcel->flight);
    free(parcel);
}

struct flight *flight_new(void)
{
    struct flight *flight = calloc(1, sizeof(*flight));
    if (flight == NULL) {
        return NULL;
    }
    atomic_init(&flight->owners, 1);
    atomic_init(&flight->bytes, 0);
    return flight;
}

void flight_free(struct flight *flight)
{
    if (flight != NULL) {
        let_go(flight);
    }
}

size_t flight_bytes(const struct flight *flight)
{
    return atomic_load(&flight->bytes);
}

int peer_outbox_init(struct peer_outbox *outbox, struct flight *of_key)
{
    *outbox = (struct peer_outbox){.flight = flight_new()};
    if (outbox->flight == NULL) {
        return -ENOMEM;
    }
    outbox->flight->of_key = of_key;
    atomic_fetch_add(&of_key->owners, 1);
    return 0;
}

void peer_outbox_clear(struct peer_outbox *outbox)
{
    struct parcel *next;
    for (struct parcel *parcel = outbox->first; parcel != NULL; parcel = next) {
        next = parcel->next;
        free(parcel);
    }
    outbox->first = outbox->last = NULL;
    outbox->waiting_bytes = 0;
}

void peer_outbox_deinit(struct peer_outbox *outbox)
{
    peer_outbox_clear(outbox);
    if (outbox->flight != NULL) {
        let_go(outbox->flight);
    }
    *outbox = (struct peer_outbox){0};
}

/* Would this parcel take ZeroMQ over the bound? One alone may be larger than it. */
static bool has_room(const struct peer_outbox *outbox, size_t size)
{
    size_t flying = atomic_load(&outbox->flight->bytes);
    return flying == 0 || flying + size <= PEER_OUTBOX_FLIGHT_BYTES;
}

/* Hands one parcel over. 0: it is ZeroMQ's now. Otherwise it is still ours. */
static int hand_over(const struct peer_outbox *outbox, void *router, const void *routing, size_t routing_size,
                     struct parcel *parcel)
{
    if (!has_room(outbox, parcel->size)) {
        return -EAGAIN;
    }
    int rc = zframe_send(router, routing, routing_size, true);
    if (rc != 0) {
        return rc;
    }
    /* The peer's pipe took the address, so it takes the other frames of the same message. */
    if (parcel->delimited) {
        rc = zframe_send(router, NULL, 0, true);
        assert(rc == 0);
    }
    atomic_fetch_add(&outbox->flight->owners, 1);
    atomic_fetch_add(&outbox->flight->bytes, parcel->size);
    atomic_fetch_add(&outbox->flight->of_key->bytes, parcel->size);
    zmq_msg_t message;
    rc = zmq_msg_init_data(&message, parcel->data, parcel->size, on_sent, parcel);
    assert(rc == 0); /* ENOMEM in the middle of a message: nothing sensible is left to do */
    rc = zframe_send_message(router, &message);
    assert(rc == 0);
    return 0;
}

int peer_outbox_retry(struct peer_outbox *outbox, void *router, const void *routing, size_t routing_size)
{
    while (outbox->first != NULL) {
        struct parcel *parcel = outbox->first;
        struct parcel *next = parcel->next; /* a parcel that was handed over may be gone at once */
        size_t size = parcel->size;
        int rc = hand_over(outbox, router, routing, routing_size, parcel);
        if (rc == -EAGAIN) {
            return 1;
        }
        if (rc != 0) {
            return rc;
        }
        outbox->waiting_bytes -= size;
        outbox->first = next;
        if (next == NULL) {
            outbox->last = NULL;
        }
    }
    return 0;
}

int peer_outbox_send(struct peer_outbox *outbox, void *router, const void *routing, size_t routing_size, bool delimited,
                     const void *data, size_t size)
{
    if (outbox->first != NULL && outbox->waiting_bytes + size > CAP_OUTBOX_BYTES) {
        return -ENOBUFS;
    }
    struct parcel *parcel = malloc(sizeof(*parcel) + size);
    if (parcel == NULL) {
        return -ENOMEM;
    }
    *parcel = (struct parcel){.flight = outbox->flight, .size = size, .delimited = delimited};
    if (size > 0) {
        memcpy(parcel->data, data, size);
    }
    if (outbox->first == NULL) {
        int rc = hand_over(outbox, router, routing, routing_size, parcel);
        if (rc != -EAGAIN) {
            if (rc != 0) {
                free(parcel);
            }
            return rc;
        }
        outbox->first = parcel;
    } else {
        outbox->last->next = parcel;
    }
    outbox->last = parcel;
    outbox->waiting_bytes += size;
    return 1;
}
