/*
 * record.h - one record, and its form in the journal and as an event
 *
 * In the journal a record is a msgpack bin, and in it stand, as msgpack values one behind another: type; version; how many bytes
 * before this one the record begins that its envelope leans on, 0 for none; its instant, if it leans on none; the envelope; the
 * body without the fields marked personal; and, where a personal field is set, the sealed part: a bin of the cipher's byte (0 =
 * none) and the personal fields. Envelope, body and personal fields are each a mask and the values of its fields (fields.h),
 * written against zeros; so an older record has fewer fields, and they read as zero. What repeats in the records of one command
 * stands once: the envelope of a record that leans is written against that of the one which it leans on, and has its instant, and
 * in it `case_prev` counts as the sequence before this record's own. A record leans within its frame, on one that leans on two
 * others at most. A type, version or field that is newer than the schema is an error, never skipped. The `given` of records is not
 * kept: it reads as 0.
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

/* Appends the journal form of the records of one command, whose sequences follow on one another. Those that lean do so on another
 * of these. Returns 0, or -ENOMEM (then nothing was appended). */
int record_encode_all(const struct record *records, uint32_t count, struct proto_buffer *out);

/* As record_encode_all for one record, which leans on none. */
int record_encode(const struct record *record, struct proto_buffer *out);

/* Reads one record at data[*offset], the one with the sequence `seq`; moves *offset past it. `data` begins where its frame does or
 * before, for what it leans on. Texts in *ret borrow `data`. Cost: one walk over its bytes and the envelopes that it leans on.
 * Returns 0; -EBADMSG: not a record; -ENOTSUP: a newer type, version or field (the type's id in ret->type). */
int record_decode(const void *data, size_t size, size_t *offset, uint64_t seq, struct record *ret);

/* Moves *offset past the record at data[*offset] without looking at what is in it. Returns 0 or -EBADMSG. */
int record_skip(const void *data, size_t size, size_t *offset);

/* May others see this record (as an event)? */
bool record_is_event(enum record_type type);

/* Appends the event form, a msgpack map with field names: seq, prev, at, type, case, ... , dims{}; no personal field. Returns 0 or
 * -ENOMEM. */
int record_encode_event(const struct record *record, uint64_t prev, struct proto_buffer *out);

/* Appends the timeline form: as the event form, personal and inner fields included when `with_persons`. Returns 0 or -ENOMEM. */
int record_encode_view(const struct record *record, bool with_persons, struct proto_buffer *out);

#endif
