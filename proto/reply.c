/* reply.c - the envelope around what the dispatcher answers */
#include "proto/reply.h"

#include "proto/pack.h"
#include "proto/request.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

/* Values in a reply that a client takes: a page of rows has thirty fields each. */
#define REPLY_ELEMENTS (1u << 20)
#define LIST_HEADER_SIZE 3
#define LIST_ROWS_MAX UINT16_MAX

/* Appends what both kinds of reply begin with. Makes room for `more` bytes behind it too. */
static int pack_head(struct proto_buffer *out, uint32_t fields, struct text id, bool ok, size_t more)
{
    if (proto_buffer_reserve(out, 64 + id.size + more) < 0) {
        return -ENOMEM;
    }
    pack_map(out, fields);
    pack_string(out, "v");
    pack_int(out, REQUEST_VERSION);
    pack_string(out, "id");
    pack_text(out, id.at, id.size);
    pack_string(out, "ok");
    pack_flag(out, ok);
    return 0;
}

int reply_begin(struct reply_writer *writer, struct proto_buffer *out, struct text id, const struct shape *shape, const void *body,
                unsigned omit, uint32_t list_count)
{
    uint32_t fields = shape == NULL ? 0 : codec_count_fields(shape, body, omit, 0, shape->field_count);

    *writer = (struct reply_writer){.out = out, .lists_left = list_count};
    if (pack_head(out, 4, id, true, 32) < 0) {
        return -ENOMEM;
    }
    pack_string(out, "body");
    pack_map(out, fields + list_count);
    return shape == NULL ? 0 : codec_encode_fields(shape, body, omit, 0, shape->field_count, out);
}

/* The number of rows is known at the end only: its place is kept in a 16-bit header. */
static void end_list(struct reply_writer *writer)
{
    if (writer->count_at == 0) {
        return;
    }
    writer->out->data[writer->count_at] = (char)(writer->rows >> 8);
    writer->out->data[writer->count_at + 1] = (char)(writer->rows & 0xff);
    writer->count_at = 0;
}

int reply_list(struct reply_writer *writer, const char *name)
{
    assert(writer->lists_left > 0);
    end_list(writer);
    writer->lists_left--;
    writer->rows = 0;
    if (proto_buffer_reserve(writer->out, strlen(name) + 8 + LIST_HEADER_SIZE) < 0) {
        return -ENOMEM;
    }
    pack_string(writer->out, name);
    int rc = proto_buffer_append(writer->out, "\xdc\x00\x00", LIST_HEADER_SIZE);
    writer->count_at = writer->out->size - 2;
    return rc;
}

struct proto_buffer *reply_row_into(struct reply_writer *writer)
{
    assert(writer->count_at != 0 && writer->rows < LIST_ROWS_MAX);
    writer->rows++;
    return writer->out;
}

int reply_row(struct reply_writer *writer, const struct shape *shape, const void *row, unsigned omit)
{
    return codec_encode_map(shape, row, omit, reply_row_into(writer));
}

int reply_row_raw(struct reply_writer *writer, const void *map, size_t size)
{
    return proto_buffer_append(reply_row_into(writer), map, size);
}

int reply_end(struct reply_writer *writer)
{
    assert(writer->lists_left == 0);
    end_list(writer);
    return 0;
}

int reply_encode_ok(struct proto_buffer *out, struct text id, const struct shape *shape, const void *body, unsigned omit)
{
    struct reply_writer writer;
    int rc = reply_begin(&writer, out, id, shape, body, omit, 0);

    return rc < 0 ? rc : reply_end(&writer);
}

static const char *hint_of(enum refusal refusal, const char *field)
{
    for (int i = 0; field != NULL && i < REFUSAL_FIELD_COUNT; i++) {
        if (refusal_fields[i].refusal == refusal && strcmp(refusal_fields[i].field, field) == 0) {
            return refusal_fields[i].hint;
        }
    }
    return refusal_infos[refusal].hint;
}

static int encode_refusal(struct proto_buffer *out, struct text id, enum refusal refusal, const char *field, const char *cause,
                          uint32_t again_ms)
{
    const struct refusal_info *info = &refusal_infos[refusal];
    const char *hint = hint_of(refusal, field), *sentence = cause != NULL ? cause : info->sentence;
    size_t more = 128 + strlen(info->code) + strlen(sentence) + strlen(hint) + (field == NULL ? 0 : strlen(field));

    assert(refusal != REFUSAL_NONE);
    if (pack_head(out, 7u + (field != NULL) + (again_ms > 0), id, false, more) < 0) {
        return -ENOMEM;
    }
    pack_string(out, "code");
    pack_string(out, info->code);
    if (field != NULL) {
        pack_string(out, "field");
        pack_string(out, field);
    }
    pack_string(out, "message");
    pack_string(out, sentence);
    pack_string(out, "hint");
    pack_string(out, hint);
    pack_string(out, "retry");
    pack_flag(out, info->retry);
    if (again_ms > 0) {
        pack_string(out, "retry_after_ms");
        pack_int64(out, again_ms);
    }
    return 0;
}

int reply_encode_refusal(struct proto_buffer *out, struct text id, enum refusal refusal, const char *field)
{
    return encode_refusal(out, id, refusal, field, NULL, 0);
}

int reply_encode_refusal_because(struct proto_buffer *out, struct text id, enum refusal refusal, const char *field,
                                 const char *cause)
{
    return encode_refusal(out, id, refusal, field, cause, 0);
}

int reply_encode_busy(struct proto_buffer *out, struct text id, const char *field, uint32_t again_ms)
{
    return encode_refusal(out, id, REFUSAL_BUSY, field, NULL, again_ms);
}

const msgpack_object *reply_field(const msgpack_object *map, const char *name)
{
    size_t size = strlen(name);

    if (map->type != MSGPACK_OBJECT_MAP) {
        return NULL;
    }
    for (uint32_t i = 0; i < map->via.map.size; i++) {
        const msgpack_object_kv *pair = &map->via.map.ptr[i];

        if (pair->key.type == MSGPACK_OBJECT_STR && pair->key.via.str.size == size &&
            memcmp(pair->key.via.str.ptr, name, size) == 0) {
            return &pair->val;
        }
    }
    return NULL;
}

static struct text text_field(const msgpack_object *map, const char *name)
{
    const msgpack_object *object = reply_field(map, name);

    if (object == NULL || object->type != MSGPACK_OBJECT_STR) {
        return (struct text){0};
    }
    return (struct text){.at = object->via.str.ptr, .size = object->via.str.size};
}

static enum refusal find_refusal(struct text code)
{
    for (int i = 1; i < REFUSAL_COUNT; i++) {
        if (text_equal(code, text_of(refusal_infos[i].code))) {
            return (enum refusal)i;
        }
    }
    return REFUSAL_BAD_MESSAGE;
}

int reply_decode(struct codec_scratch *scratch, const void *data, size_t size, struct reply *ret)
{
    const msgpack_object *body;
    struct reply reply = {0};
    msgpack_object map;
    int rc = codec_unpack_sized(scratch, data, size, REPLY_ELEMENTS, &map);

    if (rc < 0) {
        return rc == -ENOMEM ? rc : -EBADMSG;
    }
    const msgpack_object *ok = reply_field(&map, "ok");
    if (ok == NULL || ok->type != MSGPACK_OBJECT_BOOLEAN) {
        return -EBADMSG;
    }
    reply.id = text_field(&map, "id");
    reply.ok = ok->via.boolean;
    if (reply.ok) {
        body = reply_field(&map, "body");
        if (body == NULL || body->type != MSGPACK_OBJECT_MAP) {
            return -EBADMSG;
        }
        reply.body = *body;
        *ret = reply;
        return 0;
    }
    reply.code = text_field(&map, "code");
    if (reply.code.size == 0) {
        return -EBADMSG;
    }
    reply.refusal = find_refusal(reply.code);
    reply.field = text_field(&map, "field");
    reply.message = text_field(&map, "message");
    reply.hint = text_field(&map, "hint");
    const msgpack_object *retry = reply_field(&map, "retry");
    reply.retry = retry != NULL && retry->type == MSGPACK_OBJECT_BOOLEAN && retry->via.boolean;
    const msgpack_object *again = reply_field(&map, "retry_after_ms");
    if (again != NULL && again->type == MSGPACK_OBJECT_POSITIVE_INTEGER) {
        reply.retry_after_ms = again->via.u64 < REPLY_AGAIN_MS_MAX ? (uint32_t)again->via.u64 : REPLY_AGAIN_MS_MAX;
    }
    *ret = reply;
    return 0;
}
