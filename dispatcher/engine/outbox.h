/*
 * outbox.h - replies and events of a step, kept until the journal has its records
 *
 * Nothing of a step may leave before its frames are durable, refusals and reads included, for they may have seen them. When the
 * step fails, every reply in here becomes a refusal of the same request.
 */
#ifndef HUYING_ENGINE_OUTBOX_H
#define HUYING_ENGINE_OUTBOX_H

#include "proto/codec.h"
#include "proto/record.h"
#include "proto/reply.h"

struct outbox_reply {
    uint64_t peer;
    size_t offset, size;       /* in bytes */
    size_t id_offset, id_size; /* in ids */
};

struct outbox_event {
    enum record_type type;
    size_t offset, size; /* in events */
};

struct outbox {
    struct proto_buffer bytes, ids, events;
    struct outbox_reply *replies;
    size_t reply_count, reply_capacity, reply_next;
    struct outbox_event *event_list;
    size_t event_count, event_capacity, event_next;
    bool failed; /* no memory: the step must fail */
};

void outbox_reset(struct outbox *outbox);

/* Refuses a request. `field` may be NULL. */
void outbox_refuse(struct outbox *outbox, uint64_t peer, struct text id, enum refusal refusal, const char *field);

/* The same, with the one sentence that says what is wrong in this very case (static); NULL: that of the refusal. */
void outbox_refuse_because(struct outbox *outbox, uint64_t peer, struct text id, enum refusal refusal, const char *field,
                           const char *cause);

/* Answers a command. */
void outbox_answer(struct outbox *outbox, uint64_t peer, struct text id, const struct command_answer *answer);

/* Begins a reply that the caller writes into the returned buffer (reply.h); outbox_end ends it, outbox_cancel takes it back. */
struct proto_buffer *outbox_begin(struct outbox *outbox, uint64_t peer, struct text id);
void outbox_end(struct outbox *outbox);
void outbox_cancel(struct outbox *outbox);

/* Adds the event of a record whose seq is set. */
void outbox_event(struct outbox *outbox, const struct record *record, uint64_t prev);

/* Turns every reply into this refusal and drops the events. */
void outbox_fail(struct outbox *outbox, enum refusal refusal);

bool outbox_next_reply(struct outbox *outbox, uint64_t *ret_peer, const void **ret_data, size_t *ret_size);
bool outbox_next_event(struct outbox *outbox, enum record_type *ret_type, const void **ret_data, size_t *ret_size);

void outbox_free(struct outbox *outbox);

#endif
