/*
 * record.h - one record, and its form in the journal and as an event
 *
 * In the journal a record is one msgpack array [type, version, instant, envelope, body, sealed]: envelope and body arrays hold the
 * fields in the order of the schema without those marked personal, enums as positions; `sealed` is nil where all personal fields
 * are empty, or a bin whose first byte names the cipher (0 = none) and whose rest is the msgpack array of the personal fields. An
 * older record may have fewer fields than the schema; they read as zero. A type or version that is newer than the schema is an
 * error, never skipped. The `given` of records is not kept: it reads as 0.
 */
#ifndef HUYING_PROTO_RECORD_H
#define HUYING_PROTO_RECORD_H

#include "proto/gen/schema.h"
#include "proto/shape.h"

struct record {
    uint64_t seq; /* given by the engine; not in the encoded bytes: the frame has the first one */
    int64_t at_ms;
    enum record_type type;
    struct record_envelope head;
    union record_body body;
};

struct proto_buffer; /* buffer.h */

/* Appends the journal form (with at_ms) to `out`. Returns 0, or -ENOMEM. */
int record_encode(const struct record *record, struct proto_buffer *out);

/* Reads one record at data[*offset]; moves *offset past it. Texts in *ret borrow `data`. `seq` is not set.
 * Returns 0; -EBADMSG: not a record; -ENOTSUP: a newer type or version (its id in ret->type). */
int record_decode(const void *data, size_t size, size_t *offset, struct record *ret);

/* Moves *offset past the record at data[*offset] without reading it. Returns 0 or -EBADMSG. */
int record_skip(const void *data, size_t size, size_t *offset);

/* May others see this record (as an event)? */
bool record_is_event(enum record_type type);

/* Appends the event form, a msgpack map with field names: seq, prev, at, type, case, ... , dims{}; no personal field. Returns 0 or
 * -ENOMEM. */
int record_encode_event(const struct record *record, uint64_t prev, struct proto_buffer *out);

/* Appends the timeline form: as the event form, personal and inner fields included when `with_persons`. Returns 0 or -ENOMEM. */
int record_encode_view(const struct record *record, bool with_persons, struct proto_buffer *out);

#endif
