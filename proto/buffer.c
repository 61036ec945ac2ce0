/* buffer.c - bytes that grow */
#include "proto/buffer.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define BUFFER_MIN 256

int proto_buffer_grow(struct proto_buffer *buffer, size_t size)
{
    size_t capacity = buffer->capacity == 0 ? BUFFER_MIN : buffer->capacity;

    if (size > SIZE_MAX / 2 - buffer->size) {
        return -ENOMEM;
    }
    while (capacity - buffer->size < size) {
        capacity *= 2;
    }
    char *data = realloc(buffer->data, capacity);
    if (data == NULL) {
        return -ENOMEM;
    }
    buffer->data = data;
    buffer->capacity = capacity;
    return 0;
}

int proto_buffer_append(struct proto_buffer *buffer, const void *data, size_t size)
{
    if (size == 0) {
        return 0;
    }
    if (proto_buffer_reserve(buffer, size) < 0) {
        return -ENOMEM;
    }
    memcpy(buffer->data + buffer->size, data, size);
    buffer->size += size;
    return 0;
}

void proto_buffer_clear(struct proto_buffer *buffer)
{
    buffer->size = 0;
}

void proto_buffer_deinit(struct proto_buffer *buffer)
{
    if (buffer == NULL) {
        return;
    }
    free(buffer->data);
    *buffer = (struct proto_buffer){0};
}

int proto_buffer_write(void *buffer, const char *data, size_t size)
{
    return proto_buffer_append(buffer, data, size) < 0 ? -1 : 0;
}
