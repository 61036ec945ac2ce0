/* outbox.c - replies and events of a step, kept until the journal has its records */
#include "dispatcher/engine/outbox.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

/* After which span to ask again where a cap is reached that time alone does not lift. */
#define BUSY_MS 1000

void outbox_reset(struct outbox *outbox)
{
    proto_buffer_clear(&outbox->bytes);
    proto_buffer_clear(&outbox->ids);
    proto_buffer_clear(&outbox->events);
    outbox->reply_count = 0;
    outbox->reply_next = 0;
    outbox->event_count = 0;
    outbox->event_next = 0;
    outbox->failed = false;
}

static struct outbox_reply *new_reply(struct outbox *outbox, uint64_t peer, struct text id)
{
    if (outbox->reply_count == outbox->reply_capacity) {
        size_t capacity = outbox->reply_capacity == 0 ? 64 : outbox->reply_capacity * 2;
        struct outbox_reply *replies = realloc(outbox->replies, capacity * sizeof(*replies));

        if (replies == NULL) {
            return NULL;
        }
        outbox->replies = replies;
        outbox->reply_capacity = capacity;
    }
    struct outbox_reply *reply = &outbox->replies[outbox->reply_count];
    *reply = (struct outbox_reply){.peer = peer, .offset = outbox->bytes.size, .id_offset = outbox->ids.size, .id_size = id.size};
    if (id.size > 0 && proto_buffer_append(&outbox->ids, id.at, id.size) < 0) {
        return NULL;
    }
    return reply;
}

struct proto_buffer *outbox_begin(struct outbox *outbox, uint64_t peer, struct text id)
{
    if (new_reply(outbox, peer, id) == NULL) {
        outbox->failed = true;
        return NULL;
    }
    return &outbox->bytes;
}

void outbox_end(struct outbox *outbox)
{
    struct outbox_reply *reply = &outbox->replies[outbox->reply_count++];

    reply->size = outbox->bytes.size - reply->offset;
}

void outbox_cancel(struct outbox *outbox)
{
    outbox->bytes.size = outbox->replies[outbox->reply_count].offset;
}

/* Without memory for an answer the step cannot be acknowledged: the step looks at `failed`. */
static void end_or_fail(struct outbox *outbox, int r)
{
    if (r == 0) {
        outbox_end(outbox);
        return;
    }
    outbox_cancel(outbox);
    outbox->failed = true;
}

void outbox_refuse(struct outbox *outbox, uint64_t peer, struct text id, enum refusal refusal, const char *field)
{
    outbox_refuse_because(outbox, peer, id, refusal, field, NULL);
}

void outbox_refuse_because(struct outbox *outbox, uint64_t peer, struct text id, enum refusal refusal, const char *field,
                           const char *cause)
{
    struct proto_buffer *out = outbox_begin(outbox, peer, id);

    assert(refusal != REFUSAL_NONE);
    if (out != NULL) {
        end_or_fail(outbox, refusal == REFUSAL_BUSY ? reply_encode_busy(out, id, field, BUSY_MS)
                                                    : reply_encode_refusal_because(out, id, refusal, field, cause));
    }
}

void outbox_answer(struct outbox *outbox, uint64_t peer, struct text id, const struct command_answer *answer)
{
    struct proto_buffer *out = outbox_begin(outbox, peer, id);

    if (out != NULL) {
        end_or_fail(outbox, reply_encode_ok(out, id, &command_answer_shape, answer, CODEC_OMIT_NOTHING));
    }
}

void outbox_event(struct outbox *outbox, const struct record *record, uint64_t prev)
{
    if (outbox->event_count == outbox->event_capacity) {
        size_t capacity = outbox->event_capacity == 0 ? 256 : outbox->event_capacity * 2;
        struct outbox_event *list = realloc(outbox->event_list, capacity * sizeof(*list));

        if (list == NULL) {
            outbox->failed = true;
            return;
        }
        outbox->event_list = list;
        outbox->event_capacity = capacity;
    }
    struct outbox_event *event = &outbox->event_list[outbox->event_count];
    *event = (struct outbox_event){.type = record->type, .offset = outbox->events.size};
    if (record_encode_event(record, prev, &outbox->events) < 0) {
        outbox->events.size = event->offset;
        outbox->failed = true;
        return;
    }
    event->size = outbox->events.size - event->offset;
    outbox->event_count++;
}

void outbox_fail(struct outbox *outbox, enum refusal refusal)
{
    outbox->event_count = 0;
    outbox->failed = false;
    proto_buffer_clear(&outbox->bytes);
    for (size_t i = 0; i < outbox->reply_count; i++) {
        struct outbox_reply *reply = &outbox->replies[i];
        struct text id = {.at = reply->id_size == 0 ? "" : outbox->ids.data + reply->id_offset, .size = (uint32_t)reply->id_size};

        reply->offset = outbox->bytes.size;
        /* Without memory even for this the peer hears nothing and asks again. */
        if (reply_encode_refusal(&outbox->bytes, id, refusal, NULL) < 0) {
            outbox->bytes.size = reply->offset;
        }
        reply->size = outbox->bytes.size - reply->offset;
    }
}

bool outbox_next_reply(struct outbox *outbox, uint64_t *ret_peer, const void **ret_data, size_t *ret_size)
{
    while (outbox->reply_next < outbox->reply_count) {
        const struct outbox_reply *reply = &outbox->replies[outbox->reply_next++];

        if (reply->size == 0) {
            continue;
        }
        *ret_peer = reply->peer;
        *ret_data = outbox->bytes.data + reply->offset;
        *ret_size = reply->size;
        return true;
    }
    return false;
}

bool outbox_next_event(struct outbox *outbox, enum record_type *ret_type, const void **ret_data, size_t *ret_size)
{
    if (outbox->event_next == outbox->event_count) {
        return false;
    }
    const struct outbox_event *event = &outbox->event_list[outbox->event_next++];
    *ret_type = event->type;
    *ret_data = outbox->events.data + event->offset;
    *ret_size = event->size;
    return true;
}

void outbox_free(struct outbox *outbox)
{
    proto_buffer_deinit(&outbox->bytes);
    proto_buffer_deinit(&outbox->ids);
    proto_buffer_deinit(&outbox->events);
    free(outbox->replies);
    free(outbox->event_list);
    *outbox = (struct outbox){0};
}
