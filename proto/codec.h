/*
 * codec.h - structs to msgpack and back, driven by their shapes
 *
 * The form of messages, replies and events: a map with the fields' names as keys. That of the journal is in fields.h.
 * No floats. Standing facts: decoding never allocates outside its scratch, and decoded texts borrow the message's bytes;
 * encoding appends to the caller's buffer; thread-safe as long as scratch and buffer are not shared.
 */
#ifndef HUYING_PROTO_CODEC_H
#define HUYING_PROTO_CODEC_H

#include "proto/buffer.h"
#include "proto/gen/caps.h"
#include "proto/gen/errors.h"
#include "proto/shape.h"
#include "proto/wire.h"

#include <msgpack.h>

/* Why a message was not taken. `field` is static, or NULL where no field is to blame; so is `cause`, one sentence, or NULL where
 * the refusal's own says all. */
struct codec_fault {
    enum refusal refusal;
    const char *field;
    const char *cause;
};

/* Memory that decoding reuses from message to message. Zeroed = empty. What was unpacked into it lives until the next unpack. */
struct codec_scratch {
    msgpack_zone zone;
    bool ready;
};

/* Frees the scratch's memory; it is empty again. */
void codec_scratch_deinit(struct codec_scratch *scratch);

/* Walks the first msgpack value of `data` without unpacking it: declared counts against the bytes left, depth <= CAP_DEPTH, at
 * most `elements` values. Returns 0 and its size in *ret_size; -EBADMSG: cut off or not msgpack; -E2BIG: too deep or too many. */
int codec_check(const void *data, size_t size, uint32_t elements, size_t *ret_size);

/* Checks as above with CAP_ELEMENTS, then unpacks exactly one value that fills `data`. *ret borrows `data` and the scratch.
 * Returns 0; -EBADMSG, -E2BIG as above; -ENOMEM. */
int codec_unpack(struct codec_scratch *scratch, const void *data, size_t size, msgpack_object *ret);

/* As codec_unpack, with a budget of `elements` values: for replies, which may be larger than requests. */
int codec_unpack_sized(struct codec_scratch *scratch, const void *data, size_t size, uint32_t elements, msgpack_object *ret);

/* UTF-8 without control characters other than newline and tab? */
bool codec_text_valid(const char *at, size_t size);

/* Reads a map into the struct at `ret` (shape->size bytes, zeroed first) and sets its `given`. Unknown keys and counts by name
 * (FIELD_MAP) are skipped; texts borrow what `map` borrows. False: *fault says what was wrong (BAD_MESSAGE: not a map, or a key
 * that is not a string; BAD_FIELD: missing, twice, wrong type, out of range, not UTF-8; TOO_LARGE). */
bool codec_decode_map(const msgpack_object *map, const struct shape *shape, void *ret, struct codec_fault *fault);

/* Takes `count` from the number of values that a message may still have: 0 says that there are too many, or that this is not sure,
 * and that codec_check has to look. */
static inline void codec_count(uint32_t *elements, uint64_t count)
{
    *elements = count < *elements ? *elements - (uint32_t)count : 0;
}

/* As codec_decode_map, straight from the bytes in one walk, for requests: reads one map at `wire`, whose bytes nobody has checked,
 * and moves the cursor behind it. The rules of codec_check are not all held where *elements is 0 afterwards (codec_count; values in
 * it that no field has), nor where this fails: then codec_check has the first word on the whole message. Allocates nothing. */
bool codec_read_map(struct wire *wire, const struct shape *shape, void *ret, uint32_t *elements, struct codec_fault *fault);

/* What an encoder leaves out. */
enum codec_omit {
    CODEC_OMIT_NOTHING = 0,
    CODEC_OMIT_PERSONAL = 1,
    CODEC_OMIT_INNER = 2,
    CODEC_OMIT_UNGIVEN = 4, /* all fields whose bit in `given` is unset, not only optional ones: for requests */
};

/* Number of fields that codec_encode_fields writes. `omit` is a set of enum codec_omit. */
uint32_t codec_count_fields(const struct shape *shape, const void *value, unsigned omit, uint32_t first, uint32_t end);

/* Appends the fields first..end-1 as key, value, key, value ... without a map header. Returns 0 or -ENOMEM. */
int codec_encode_fields(const struct shape *shape, const void *value, unsigned omit, uint32_t first, uint32_t end,
                        struct proto_buffer *out);

/* Appends a map of the fields. Returns 0 or -ENOMEM. */
int codec_encode_map(const struct shape *shape, const void *value, unsigned omit, struct proto_buffer *out);

#endif
