/*
 * buffer.h - bytes that grow
 *
 * A zeroed `struct proto_buffer` is an empty one. It owns its bytes; clearing keeps the memory for the next use.
 */
#ifndef HUYING_PROTO_BUFFER_H
#define HUYING_PROTO_BUFFER_H

#include <stddef.h>

struct proto_buffer {
    char *data;
    size_t size;
    size_t capacity;
};

/* proto_buffer_reserve where there is not room enough. */
int proto_buffer_grow(struct proto_buffer *buffer, size_t size);

/* Makes room for `size` more bytes. Returns 0 or -ENOMEM. Inline: asked before each field of a record, and mostly there is room. */
static inline int proto_buffer_reserve(struct proto_buffer *buffer, size_t size)
{
    return buffer->capacity - buffer->size >= size ? 0 : proto_buffer_grow(buffer, size);
}

/* Appends bytes. Returns 0 or -ENOMEM (nothing appended). */
int proto_buffer_append(struct proto_buffer *buffer, const void *data, size_t size);

/* Forgets the content, keeps the memory. */
void proto_buffer_clear(struct proto_buffer *buffer);

/* Frees the memory; the buffer is an empty one again. NULL is allowed. */
void proto_buffer_deinit(struct proto_buffer *buffer);

/* proto_buffer_append as msgpack_packer_write: `buffer` is a struct proto_buffer. Returns 0 or -1. */
int proto_buffer_write(void *buffer, const char *data, size_t size);

#endif
