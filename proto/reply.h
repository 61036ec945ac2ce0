/*
 * reply.h - the envelope around what the dispatcher answers
 *
 * {v: 1, id, ok: true, body: {...}} or {v: 1, id, ok: false, code, field?, message, hint, retry,
 * retry_after_ms?}. A body is the fields of one shape
 * and then the lists of rows that the schema names; lists are written row by row.
 */
#ifndef HUYING_PROTO_REPLY_H
#define HUYING_PROTO_REPLY_H

#include "proto/codec.h"
#include "proto/gen/schema.h"

/* A reply that is being written to `out`, which it borrows. */
struct reply_writer {
    struct proto_buffer *out;
    size_t count_at; /* where the row count of the open list stands, 0 = no list is open */
    uint32_t rows;
    uint32_t lists_left;
};

/* Begins an ok reply whose body is `shape` (NULL: no fields) followed by `list_count` lists. `omit` is a set of enum codec_omit.
 * Returns 0 or -ENOMEM; so do all functions below. After -ENOMEM `out` is to be cleared. */
int reply_begin(struct reply_writer *writer, struct proto_buffer *out, struct text id, const struct shape *shape, const void *body,
                unsigned omit, uint32_t list_count);

/* Begins the next list of rows; ends the one before. */
int reply_list(struct reply_writer *writer, const char *name);

/* Adds a row to the open list: from a struct, */
int reply_row(struct reply_writer *writer, const struct shape *shape, const void *row, unsigned omit);

/* from the bytes of one msgpack map, */
int reply_row_raw(struct reply_writer *writer, const void *map, size_t size);

/* or written by the caller, who then appends exactly one map to the returned buffer. At most 65,535 rows a list. */
struct proto_buffer *reply_row_into(struct reply_writer *writer);

/* Ends the reply. Requires that all its lists were begun. */
int reply_end(struct reply_writer *writer);

/* A whole reply without lists. */
int reply_encode_ok(struct proto_buffer *out, struct text id, const struct shape *shape, const void *body, unsigned omit);

/* A refusal. `field` may be NULL; an empty id where the request's could not be read. */
int reply_encode_refusal(struct proto_buffer *out, struct text id, enum refusal refusal, const char *field);

/* The same where one sentence says what is wrong in this very case; static. NULL: the sentence of the refusal. */
int reply_encode_refusal_because(struct proto_buffer *out, struct text id, enum refusal refusal, const char *field,
                                 const char *cause);

/* BUSY, with the span after which the request may be sent again. */
int reply_encode_busy(struct proto_buffer *out, struct text id, const char *field, uint32_t again_ms);

/* What a client reads. Texts and objects borrow the message and the scratch. */
struct reply {
    struct text id;
    bool ok;
    msgpack_object body;                    /* map, if ok */
    struct text code, field, message, hint; /* unless ok */
    enum refusal refusal;                   /* of `code`; REFUSAL_BAD_MESSAGE for a code that this program does not know */
    bool retry;
    uint32_t retry_after_ms; /* not before, 0 = not said; at most REPLY_AGAIN_MS_MAX */
};

#define REPLY_AGAIN_MS_MAX 3600000

/* Reads one reply. Returns 0; -EBADMSG: no reply; -ENOMEM. */
int reply_decode(struct codec_scratch *scratch, const void *data, size_t size, struct reply *ret);

/* Value of `name` in a map, or NULL. Borrows. */
const msgpack_object *reply_field(const msgpack_object *map, const char *name);

#endif
