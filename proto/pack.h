/*
 * pack.h - msgpack-c's packer, inlined over a proto_buffer
 *
 * The same code as msgpack/pack.h, by the same template, without a call through a pointer for every few bytes: encoding records and
 * events is most of what a message costs. The functions are pack_nil, pack_uint64, pack_map, pack_str, pack_str_body and so on. All
 * require that the caller has reserved the room (proto_buffer_reserve); their results are always 0.
 */
#ifndef HUYING_PROTO_PACK_H
#define HUYING_PROTO_PACK_H

#include "proto/buffer.h"
#include "proto/shape.h"

#include <assert.h>
#include <msgpack.h>
#include <string.h>

#define PACK_HEADER_SIZE 9 /* no number, no header of a text or container is longer */

static inline int pack_append(struct proto_buffer *buffer, const void *data, size_t size)
{
    assert(buffer->capacity - buffer->size >= size);
    if (size > 0) { /* an empty text may have no address */
        memcpy(buffer->data + buffer->size, data, size);
    }
    buffer->size += size;
    return 0;
}

#define msgpack_pack_inline_func(name) static inline int pack##name
#define msgpack_pack_inline_func_cint(name) static inline int pack##name
#define msgpack_pack_user struct proto_buffer *
#define msgpack_pack_append_buffer(user, buf, len) return pack_append(user, buf, len)
#include <msgpack/pack_template.h>

static inline void pack_text(struct proto_buffer *buffer, const char *at, size_t size)
{
    pack_str(buffer, size);
    pack_append(buffer, at, size);
}

static inline void pack_string(struct proto_buffer *buffer, const char *s)
{
    pack_text(buffer, s, strlen(s));
}

static inline void pack_flag(struct proto_buffer *buffer, bool flag)
{
    if (flag) {
        pack_true(buffer);
    } else {
        pack_false(buffer);
    }
}

#endif
