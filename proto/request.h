/*
 * request.h - the envelope around what a client asks
 *
 * One msgpack map: {v: 1, id: "request id", cmd: "submit", at?: instant, on_behalf_of?: text, body?: {...}}. The id is 1-64
 * printable ASCII bytes; a command is remembered under it for CAP_REQUEST_MEMORY_MS at least, so the same request may be sent
 * again. Standing facts: decoded texts borrow the message's bytes; instants are ms UTC.
 */
#ifndef HUYING_PROTO_REQUEST_H
#define HUYING_PROTO_REQUEST_H

#include "proto/codec.h"
#include "proto/gen/schema.h"

#define REQUEST_VERSION 1

struct request {
    struct text id; /* empty when it could not be read */
    bool is_query;
    bool has_at;
    enum command_type command; /* unless is_query */
    enum query_type query;     /* if is_query */
    int64_t at_ms;
    struct text on_behalf_of;
    uint64_t body_hash; /* XXH64 of everything but v and id, as it came: two requests with one id must have the same */
    union {
        union command_body command_body;
        union query_body query_body;
    };
};

/* Reads one message. Commands that are not taken from the wire are refused like unknown ones. Even when it fails, ret->id is set
 * where it could be read, so that the refusal finds its sender. The body is unset then. Allocates nothing. False: *fault. */
bool request_decode(const void *data, size_t size, struct request *ret, struct codec_fault *fault);

/* What can be seen of a message without reading it whole. */
struct request_peek {
    struct text id; /* empty when it could not be read; borrows the message */
    bool is_query;  /* false for commands, and for what is neither */
    enum query_type query;
};

/* Looks at a message: cheap, no allocation, says nothing about whether it is good. */
void request_peek(const void *data, size_t size, struct request_peek *ret);

/* What a client sends. */
struct request_head {
    struct text id;
    struct text name; /* command or query */
    bool has_at;
    int64_t at_ms;
    struct text on_behalf_of; /* empty: nobody */
};

/* Appends the message with a body of ready msgpack bytes (one map; size 0: an empty map). Returns 0 or -ENOMEM. */
int request_encode(const struct request_head *head, const void *body, size_t body_size, struct proto_buffer *out);

#endif
