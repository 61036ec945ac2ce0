/* record.c - one record, and its form in the journal and as an event */
#include "proto/record.h"

#include "proto/codec.h"
#include "proto/fields.h"
#include "proto/pack.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#define CIPHER_NONE 0
/* How many records may lean on one another in a row, the last one not counted: reading one reads all of these. */
#define LEANS_MAX 3
/* Bytes in front of the envelope's mask, and of what stands around the sealed part: headers, type, version, distance, instant. */
#define HEAD_ROOM (7 * WIRE_HEAD_MAX)

/* Bytes of a bin's header in the shortest form. */
static inline size_t bin_head(size_t size)
{
    return size <= UINT8_MAX ? 2 : size <= UINT16_MAX ? 3 : 5;
}

/* Ends the bin that began at `begin` with `left` bytes for its header: its content is moved to where it belongs. Returns the place
 * behind it. */
static inline uint8_t *end_bin(uint8_t *begin, size_t left, uint8_t *at)
{
    size_t size = (size_t)(at - begin) - left, head = bin_head(size);

    if (head != left) {
        memmove(begin + head, begin + left, size);
    }
    if (head == 2) {
        wire_put_number(begin, 0xc4, size, 1);
    } else if (head == 3) {
        wire_put_number(begin, 0xc5, size, 2);
    } else {
        wire_put_number(begin, 0xc6, size, 4);
    }
    return begin + head + size;
}

/* Writes the sealed part: a bin of the cipher's byte and the personal fields. `left`: a guess at its header. */
static uint8_t *put_sealed(const struct shape *shape, const struct record *record, uint64_t mask, size_t left, uint8_t *at)
{
    uint8_t *begin = at;

    at += left;
    *at++ = CIPHER_NONE;
    return end_bin(begin, left, fields_put(shape, &record->body, mask, record->at_ms, at));
}

/* Appends one record; `back`: how many bytes the record that it leans on stands before it, or 0; `head_mask`: what its envelope
 * has of its own. Returns 0 or -ENOMEM. */
static int append_record(const struct record *record, size_t back, uint64_t head_mask, struct proto_buffer *out)
{
    const struct record_info *info = record_info(record->type);
    const struct shape *shape = info->shape;
    const uint64_t mask = shape->set(&record->body), personal = mask & shape->personal;
    size_t loose = 0, left = bin_head(0);

    if ((mask & shape->loose) != 0) { /* no field of an envelope is loose */
        loose = fields_loose(shape, &record->body, mask);
        left = bin_head(loose);
    }
    if (proto_buffer_reserve(out, HEAD_ROOM + 3 * FIELDS_ROOM + loose) < 0) {
        return -ENOMEM;
    }
    uint8_t *begin = (uint8_t *)out->data + out->size, *at = begin + left;
    at = wire_put_unsigned(at, record->type);
    at = wire_put_unsigned(at, info->version);
    at = wire_put_unsigned(at, back);
    if (back == 0) {
        at = wire_put_signed(at, record->at_ms);
    }
    if (head_mask == 0) { /* as of most that lean */
        at = wire_put_unsigned(at, 0);
    } else {
        at = fields_put(&record_envelope_shape, &record->head, head_mask, record->at_ms, at);
    }
    at = fields_put(shape, &record->body, mask & ~personal, record->at_ms, at);
    if (personal != 0) {
        at = put_sealed(shape, record, personal, left, at);
    }
    out->size = (size_t)((char *)end_bin(begin, left, at) - out->data);
    return 0;
}

/* What the envelope has that the one which it leans on has not. The record before it is mostly the one before in its case, too. */
static uint64_t own_fields(const struct record *record, const struct record *lean)
{
    uint64_t mask = record_envelope_changed(&record->head, &lean->head) & ~RECORD_ENVELOPE_HAS_CASE_PREV;

    return record->head.case_prev == record->seq - 1 ? mask : mask | RECORD_ENVELOPE_HAS_CASE_PREV;
}

int record_encode_all(const struct record *records, uint32_t count, struct proto_buffer *out)
{
    const size_t begin = out->size;
    const struct record *lean = NULL;
    size_t lean_at = begin;
    unsigned leans = 0; /* of `lean`, down to the one that leans on nothing */

    for (const struct record *record = records; record < records + count; record++) {
        const size_t at = out->size;
        const bool stands = lean == NULL || record->at_ms != lean->at_ms || record->head.case_id != lean->head.case_id;
        const uint64_t mask = stands ? record_envelope_shape.set(&record->head) : own_fields(record, lean);
        int rc = append_record(record, stands ? 0 : at - lean_at, mask, out);

        if (rc < 0) {
            out->size = begin;
            return rc;
        }
        const bool differs = (mask & (mask - 1)) != 0; /* in two fields or more: those behind it are likely to do so, too */
        if (stands || (leans < LEANS_MAX - 1 && differs)) {
            leans = stands ? 0 : leans + 1;
            lean = record;
            lean_at = at;
        }
    }
    return 0;
}

int record_encode(const struct record *record, struct proto_buffer *out)
{
    return record_encode_all(record, 1, out);
}

/* What stands in front of a record's envelope, and the bytes from there on. */
struct opened {
    struct wire wire;
    uint64_t type;
    uint64_t version;
    uint64_t back;
    int64_t at_ms; /* if back == 0 */
};

/* Opens the record at data[*offset] and moves *offset behind it. */
static bool open_record(const void *data, size_t size, size_t *offset, struct opened *ret)
{
    struct wire wire = {.at = (const uint8_t *)data + *offset, .end = (const uint8_t *)data + size};
    struct text content;

    if (!wire_take_bin(&wire, &content)) {
        return false;
    }
    *offset = (size_t)(wire.at - (const uint8_t *)data);
    ret->wire = (struct wire){.at = (const uint8_t *)content.at, .end = wire.at};
    ret->at_ms = 0;
    return wire_take_unsigned(&ret->wire, &ret->type) && ret->type <= INT32_MAX && wire_take_unsigned(&ret->wire, &ret->version) &&
           ret->version > 0 && wire_take_unsigned(&ret->wire, &ret->back) &&
           (ret->back > 0 || (wire_take_signed(&ret->wire, &ret->at_ms) && ret->at_ms >= 0));
}

/* Reads the envelope of the record that stands open at `offset`, over those that it leans on. */
static int read_head(const void *data, size_t size, size_t offset, uint64_t seq, struct opened *opened, struct record *ret)
{
    struct opened below[LEANS_MAX];
    const struct shape *shape = &record_envelope_shape;
    unsigned leans = 0;
    int rc = 0;

    ret->at_ms = opened->at_ms;
    for (uint64_t back = opened->back; back > 0; back = below[leans++].back) {
        if (back > offset || leans == LEANS_MAX) {
            return -EBADMSG;
        }
        offset -= (size_t)back;
        size_t end = offset;
        if (!open_record(data, size, &end, &below[leans])) {
            return -EBADMSG;
        }
        ret->at_ms = below[leans].at_ms;
    }
    for (unsigned i = leans; rc == 0 && i-- > 0;) {
        rc = fields_read(shape, UINT64_MAX, ret->at_ms, &below[i].wire, &ret->head);
    }
    if (leans > 0) {
        ret->head.case_prev = seq - 1;
    }
    return rc < 0 ? rc : fields_read(shape, UINT64_MAX, ret->at_ms, &opened->wire, &ret->head);
}

/* Reads the sealed part, if there is one. */
static int read_sealed(const struct shape *shape, struct wire *wire, struct record *ret)
{
    struct text sealed;

    if (wire_left(wire) == 0) {
        return 0;
    }
    if (!wire_take_bin(wire, &sealed) || wire_left(wire) > 0 || sealed.size == 0) {
        return -EBADMSG;
    }
    if (sealed.at[0] != CIPHER_NONE) {
        return -ENOTSUP;
    }
    struct wire inner = {.at = (const uint8_t *)sealed.at + 1, .end = wire->end};
    int rc = fields_read(shape, shape->personal, ret->at_ms, &inner, &ret->body);
    return rc == 0 && wire_left(&inner) > 0 ? -EBADMSG : rc;
}

int record_decode(const void *data, size_t size, size_t *offset, uint64_t seq, struct record *ret)
{
    struct opened opened;
    size_t end = *offset;

    memset(ret, 0, sizeof(*ret));
    if (end > size || !open_record(data, size, &end, &opened)) {
        return -EBADMSG;
    }
    ret->seq = seq;
    ret->type = (enum record_type)opened.type;
    const struct record_info *info = record_info(ret->type);
    if (info == NULL || opened.version > info->version) {
        return -ENOTSUP;
    }
    int rc = read_head(data, size, *offset, seq, &opened, ret);
    if (rc == 0) {
        rc = fields_read(info->shape, ~info->shape->personal, ret->at_ms, &opened.wire, &ret->body);
    }
    if (rc == 0) {
        rc = read_sealed(info->shape, &opened.wire, ret);
    }
    if (rc == 0) {
        *offset = end;
    }
    return rc;
}

int record_skip(const void *data, size_t size, size_t *offset)
{
    struct wire wire = {.at = (const uint8_t *)data + *offset, .end = (const uint8_t *)data + size};
    struct text content;

    if (*offset > size || !wire_take_bin(&wire, &content)) {
        return -EBADMSG;
    }
    *offset = (size_t)(wire.at - (const uint8_t *)data);
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
