/* record.c - one record, and its form in the journal and as an event */
#include "proto/record.h"

#include "proto/codec.h"
#include "proto/pack.h"
#include "proto/scan.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

enum part { PART_TYPE, PART_VERSION, PART_AT, PART_HEAD, PART_BODY, PART_SEALED };
enum { PART_COUNT = 6 };

#define CIPHER_NONE 0
#define BIN32_HEADER_SIZE 5
#define ZONE_CHUNK_SIZE 2048
/* Values in one record: the fields of envelope and body and three lists of codes. */
#define RECORD_ELEMENTS 256

/* Appends the sealed part: a bin of the cipher's byte and the array of the personal fields. */
static int encode_sealed(const struct shape *shape, const void *body, struct proto_buffer *out)
{
    static const char head[BIN32_HEADER_SIZE + 1] = {'\xc6', 0, 0, 0, 0, CIPHER_NONE};
    size_t begin = out->size;

    if (codec_personal_empty(shape, body)) {
        return proto_buffer_append(out, "\xc0", 1);
    }
    int rc = proto_buffer_append(out, head, sizeof(head));
    if (rc == 0) {
        rc = codec_encode_array(shape, body, true, out);
    }
    if (rc < 0) {
        return rc;
    }
    size_t size = out->size - begin - BIN32_HEADER_SIZE;
    for (unsigned i = 0; i < 4; i++) {
        out->data[begin + 1 + i] = (char)(size >> (24 - 8 * i));
    }
    return 0;
}

int record_encode(const struct record *record, struct proto_buffer *out)
{
    const struct record_info *info = record_info(record->type);

    assert(info != NULL);
    int rc = proto_buffer_reserve(out, 4 * PACK_HEADER_SIZE);
    if (rc < 0) {
        return rc;
    }
    pack_array(out, PART_COUNT);
    pack_int(out, (int)record->type);
    pack_uint32(out, info->version);
    pack_int64(out, record->at_ms);
    rc = codec_encode_array(&record_envelope_shape, &record->head, false, out);
    if (rc == 0) {
        rc = codec_encode_array(info->shape, &record->body, false, out);
    }
    return rc < 0 ? rc : encode_sealed(info->shape, &record->body, out);
}

/* Unpacks into `zone`, beside what is in it already. The bytes have been walked. */
static int unpack_beside(msgpack_zone *zone, const void *data, size_t size, msgpack_object *ret)
{
    size_t offset = 0;
    msgpack_unpack_return rc = msgpack_unpack(data, size, &offset, zone, ret);

    return rc == MSGPACK_UNPACK_SUCCESS ? 0 : rc == MSGPACK_UNPACK_NOMEM_ERROR ? -ENOMEM : -EBADMSG;
}

static int decode_sealed(msgpack_zone *zone, const msgpack_object *sealed, const struct shape *shape, void *body)
{
    const char *at = sealed->via.bin.ptr;
    size_t checked;
    msgpack_object array;

    if (sealed->type == MSGPACK_OBJECT_NIL) {
        return 0;
    }
    if (sealed->type != MSGPACK_OBJECT_BIN || sealed->via.bin.size < 2) {
        return -EBADMSG;
    }
    if (at[0] != CIPHER_NONE) {
        return -ENOTSUP;
    }
    size_t size = sealed->via.bin.size - 1;
    if (scan_value(at + 1, size, RECORD_ELEMENTS, &checked) < 0 || checked != size) {
        return -EBADMSG;
    }
    int rc = unpack_beside(zone, at + 1, size, &array);
    if (rc < 0) {
        return rc;
    }
    return codec_decode_array(&array, shape, true, body) ? 0 : -EBADMSG;
}

static int decode_parts(msgpack_zone *zone, const void *data, size_t size, struct record *ret)
{
    msgpack_object object;
    int rc = unpack_beside(zone, data, size, &object);

    if (rc < 0) {
        return rc;
    }
    if (object.type != MSGPACK_OBJECT_ARRAY || object.via.array.size != PART_COUNT) {
        return -EBADMSG;
    }
    const msgpack_object *parts = object.via.array.ptr;
    if (parts[PART_TYPE].type != MSGPACK_OBJECT_POSITIVE_INTEGER || parts[PART_TYPE].via.u64 > INT32_MAX ||
        parts[PART_VERSION].type != MSGPACK_OBJECT_POSITIVE_INTEGER || parts[PART_VERSION].via.u64 == 0 ||
        parts[PART_AT].type != MSGPACK_OBJECT_POSITIVE_INTEGER || parts[PART_AT].via.u64 > INT64_MAX) {
        return -EBADMSG;
    }
    ret->type = (enum record_type)parts[PART_TYPE].via.u64;
    ret->at_ms = (int64_t)parts[PART_AT].via.u64;
    const struct record_info *info = record_info(ret->type);
    if (info == NULL || parts[PART_VERSION].via.u64 > info->version) {
        return -ENOTSUP;
    }
    if (!codec_decode_array(&parts[PART_HEAD], &record_envelope_shape, false, &ret->head) ||
        !codec_decode_array(&parts[PART_BODY], info->shape, false, &ret->body)) {
        return -EBADMSG;
    }
    return decode_sealed(zone, &parts[PART_SEALED], info->shape, &ret->body);
}

int record_decode(const void *data, size_t size, size_t *offset, struct record *ret)
{
    const char *at = (const char *)data + *offset;
    msgpack_zone zone;
    size_t record_size;

    memset(ret, 0, sizeof(*ret));
    if (*offset > size || scan_value(at, size - *offset, RECORD_ELEMENTS, &record_size) < 0) {
        return -EBADMSG;
    }
    /* Texts borrow `data`, so the zone may go at once. */
    if (!msgpack_zone_init(&zone, ZONE_CHUNK_SIZE)) {
        return -ENOMEM;
    }
    int rc = decode_parts(&zone, at, record_size, ret);
    msgpack_zone_destroy(&zone);
    if (rc == 0) {
        *offset += record_size;
    }
    return rc;
}

int record_skip(const void *data, size_t size, size_t *offset)
{
    size_t record_size;

    if (*offset > size || scan_value((const char *)data + *offset, size - *offset, RECORD_ELEMENTS, &record_size) < 0) {
        return -EBADMSG;
    }
    *offset += record_size;
    return 0;
}

bool record_is_event(enum record_type type)
{
    const struct record_info *info = record_info(type);

    return info != NULL && info->event;
}

/* Is the case of this record under secrecy? By the dims; of records that are older than that dim, by what they say themselves. */
static bool is_secret(const struct record *record)
{
    return record->head.protected || record->head.kind == CASE_KIND_REPORT ||
           (record->type == RECORD_CASE_RECEIVED && record->body.case_received.secrecy);
}

/* Of the dims of a case under secrecy events tell these alone. */
static bool is_coarse(const struct field_shape *field)
{
    static const char *const coarse[] = {"street", "kind", "protected"};

    for (size_t i = 0; i < sizeof(coarse) / sizeof(coarse[0]); i++) {
        if (strcmp(field->name, coarse[i]) == 0) {
            return true;
        }
    }
    return false;
}

static int encode_coarse_dims(const struct record *record, unsigned omit, struct proto_buffer *out)
{
    const struct shape *head = &record_envelope_shape;
    struct record_envelope told = record->head;
    uint32_t count = 0;
    int rc = proto_buffer_reserve(out, 16);

    if (rc < 0) {
        return rc;
    }
    told.protected = true;
    for (uint32_t i = RECORD_ENVELOPE_DIMS_FROM; i < head->field_count; i++) {
        count += is_coarse(&head->fields[i]);
    }
    pack_string(out, "dims");
    pack_map(out, count);
    for (uint32_t i = RECORD_ENVELOPE_DIMS_FROM; rc == 0 && i < head->field_count; i++) {
        if (is_coarse(&head->fields[i])) {
            rc = codec_encode_fields(head, &told, omit, i, i + 1, out);
        }
    }
    return rc;
}

static int encode_dims(const struct record *record, unsigned omit, struct proto_buffer *out)
{
    const struct shape *head = &record_envelope_shape;
    int rc = proto_buffer_reserve(out, 16);

    if (rc < 0) {
        return rc;
    }
    pack_string(out, "dims");
    pack_map(out, codec_count_fields(head, &record->head, omit, RECORD_ENVELOPE_DIMS_FROM, head->field_count));
    return codec_encode_fields(head, &record->head, omit, RECORD_ENVELOPE_DIMS_FROM, head->field_count, out);
}

/* The map that events and timelines share; `prev` for events alone. */
static int encode_map(const struct record *record, const uint64_t *prev, unsigned omit, struct proto_buffer *out)
{
    const struct record_info *info = record_info(record->type);
    const struct shape *head = &record_envelope_shape;
    const uint32_t dims = RECORD_ENVELOPE_DIMS_FROM;
    bool with_dims = record->head.case_id != 0; /* without a case there is nothing that a fact is counted under */
    uint32_t head_count = codec_count_fields(head, &record->head, omit, 0, dims);
    uint32_t body_count = codec_count_fields(info->shape, &record->body, omit, 0, info->shape->field_count);
    int rc = proto_buffer_reserve(out, 96 + info->name_size);

    if (rc < 0) {
        return rc;
    }
    pack_map(out, 3 + (prev != NULL) + head_count + with_dims + body_count);
    pack_string(out, "seq");
    pack_uint64(out, record->seq);
    if (prev != NULL) {
        pack_string(out, "prev");
        pack_uint64(out, *prev);
    }
    pack_string(out, "at");
    pack_int64(out, record->at_ms);
    pack_string(out, "type");
    pack_text(out, info->name, info->name_size);
    rc = codec_encode_fields(head, &record->head, omit, 0, dims, out);
    if (rc == 0 && with_dims) {
        rc = prev != NULL && is_secret(record) ? encode_coarse_dims(record, omit, out) : encode_dims(record, omit, out);
    }
    return rc < 0 ? rc : codec_encode_fields(info->shape, &record->body, omit, 0, info->shape->field_count, out);
}

int record_encode_event(const struct record *record, uint64_t prev, struct proto_buffer *out)
{
    assert(record_is_event(record->type));
    return encode_map(record, &prev, CODEC_OMIT_PERSONAL | CODEC_OMIT_INNER, out);
}

int record_encode_view(const struct record *record, bool with_persons, struct proto_buffer *out)
{
    assert(record_info(record->type) != NULL);
    return encode_map(record, NULL, with_persons ? CODEC_OMIT_NOTHING : CODEC_OMIT_PERSONAL | CODEC_OMIT_INNER, out);
}
