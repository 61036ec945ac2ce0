/* codec.c - structs to msgpack and back, driven by their shapes */
#include "proto/codec.h"

#include "base/i18n.h"
#include "proto/pack.h"
#include "proto/scan.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#define SCRATCH_CHUNK_SIZE 8192

void codec_scratch_deinit(struct codec_scratch *scratch)
{
    if (scratch == NULL || !scratch->ready) {
        return;
    }
    msgpack_zone_destroy(&scratch->zone);
    scratch->ready = false;
}

int codec_check(const void *data, size_t size, uint32_t elements, size_t *ret_size)
{
    return scan_value(data, size, elements, ret_size);
}

/* Unpacks bytes that have been walked. */
static int unpack(struct codec_scratch *scratch, const void *data, size_t size, msgpack_object *ret)
{
    size_t offset = 0;

    if (scratch->ready) {
        msgpack_zone_clear(&scratch->zone);
    } else if (!msgpack_zone_init(&scratch->zone, SCRATCH_CHUNK_SIZE)) {
        return -ENOMEM;
    }
    scratch->ready = true;
    switch (msgpack_unpack(data, size, &offset, &scratch->zone, ret)) {
    case MSGPACK_UNPACK_SUCCESS:
        return 0;
    case MSGPACK_UNPACK_NOMEM_ERROR:
        return -ENOMEM;
    case MSGPACK_UNPACK_EXTRA_BYTES:
    case MSGPACK_UNPACK_CONTINUE:
    case MSGPACK_UNPACK_PARSE_ERROR:
        return -EBADMSG;
    }
    return -EBADMSG;
}

int codec_unpack_sized(struct codec_scratch *scratch, const void *data, size_t size, uint32_t elements, msgpack_object *ret)
{
    size_t checked;
    int rc = scan_value(data, size, elements, &checked);

    if (rc < 0) {
        return rc;
    }
    return checked == size ? unpack(scratch, data, size, ret) : -EBADMSG;
}

int codec_unpack(struct codec_scratch *scratch, const void *data, size_t size, msgpack_object *ret)
{
    return codec_unpack_sized(scratch, data, size, CAP_ELEMENTS, ret);
}

/* The same byte eight times. */
#define EACH(byte) (UINT64_C(0x0101010101010101) * (byte))

static inline uint64_t eight(const uint8_t *at)
{
    uint64_t word;

    memcpy(&word, at, sizeof(word));
    return word;
}

/* Are these sixteen bytes all printable ASCII? */
static inline bool is_printable(const uint8_t *at)
{
    const uint64_t one = eight(at), two = eight(at + 8);
    /* Above 0x7f is no byte, nor gets one there by 1, as 0x7f does; and none borrows when 0x20 is taken from it. */
    const uint64_t high = (one | (one + EACH(1)) | two | (two + EACH(1))) & EACH(0x80);
    const uint64_t low = ((one | EACH(0x80)) - EACH(0x20)) & ((two | EACH(0x80)) - EACH(0x20)) & EACH(0x80);

    return (high | (low ^ EACH(0x80))) == 0;
}

static inline bool is_tail(uint8_t byte)
{
    return (byte & 0xc0) == 0x80;
}

/* Bytes of the character beyond ASCII at the beginning of these; 0: none, or a control character. By the table of well-formed UTF-8
 * in the Unicode standard (3.9): neither longer than need be, nor a surrogate, nor beyond U+10FFFF. */
static inline size_t character_size(const uint8_t *at, size_t left)
{
    uint8_t first = at[0], second = left < 2 ? 0 : at[1];

    if (first < 0xe0) {
        return first >= 0xc2 && is_tail(second) && (first > 0xc2 || second >= 0xa0) ? 2 : 0;
    }
    if (first < 0xf0) {
        bool good =
            left >= 3 && is_tail(second) && is_tail(at[2]) && (first != 0xe0 || second >= 0xa0) && (first != 0xed || second < 0xa0);

        return good ? 3 : 0;
    }
    bool good = first < 0xf5 && left >= 4 && is_tail(second) && is_tail(at[2]) && is_tail(at[3]) &&
                (first != 0xf0 || second >= 0x90) && (first != 0xf4 || second < 0x90);
    return good ? 4 : 0;
}

bool codec_text_valid(const char *at, size_t size)
{
    const uint8_t *bytes = (const uint8_t *)at;

    for (size_t i = 0; i < size;) {
        while (size - i >= 16 && is_printable(bytes + i)) {
            i += 16;
        }
        /* What is among the next sixteen that is not: characters beyond ASCII, newlines. */
        const size_t end = size - i < 16 ? size : i + 16;
        while (i < end) {
            size_t step = bytes[i] >= 0x80   ? character_size(bytes + i, size - i)
                          : bytes[i] >= 0x20 ? bytes[i] != 0x7f
                                             : bytes[i] == '\n' || bytes[i] == '\t';
            if (step == 0) {
                return false;
            }
            i += step;
        }
    }
    return true;
}

/* Reads an integer that fits both int64 and the field's range. */
static bool decode_integer(const msgpack_object *object, const struct field_shape *field, int64_t *ret)
{
    int64_t value;

    if (object->type == MSGPACK_OBJECT_POSITIVE_INTEGER) {
        if (object->via.u64 > INT64_MAX) {
            return false;
        }
        value = (int64_t)object->via.u64;
    } else if (object->type == MSGPACK_OBJECT_NEGATIVE_INTEGER) {
        value = object->via.i64;
    } else {
        return false;
    }
    if (value < field->min || value > field->max) {
        return false;
    }
    *ret = value;
    return true;
}

static enum refusal decode_text(const msgpack_object *object, const struct field_shape *field, struct text *ret)
{
    if (object->type != MSGPACK_OBJECT_STR) {
        return REFUSAL_BAD_FIELD;
    }
    if (object->via.str.size > (uint64_t)field->max) {
        return REFUSAL_TOO_LARGE;
    }
    if (!codec_text_valid(object->via.str.ptr, object->via.str.size)) {
        return REFUSAL_BAD_FIELD;
    }
    *ret = (struct text){.at = object->via.str.ptr, .size = object->via.str.size};
    return REFUSAL_NONE;
}

/* An empty string is the empty code, unless the field is required. */
static enum refusal decode_code(const msgpack_object *object, bool required, struct code *ret)
{
    if (object->type != MSGPACK_OBJECT_STR) {
        return REFUSAL_BAD_FIELD;
    }
    if (object->via.str.size == 0 && !required) {
        return REFUSAL_NONE;
    }
    if (object->via.str.size > CODE_SIZE) {
        return REFUSAL_TOO_LARGE;
    }
    return code_make(object->via.str.ptr, object->via.str.size, ret) ? REFUSAL_NONE : REFUSAL_BAD_FIELD;
}

static enum refusal decode_codes(const msgpack_object *object, struct codes *ret)
{
    if (object->type != MSGPACK_OBJECT_ARRAY) {
        return REFUSAL_BAD_FIELD;
    }
    if (object->via.array.size > CODES_MAX) {
        return REFUSAL_TOO_LARGE;
    }
    for (uint32_t i = 0; i < object->via.array.size; i++) {
        enum refusal refusal = decode_code(&object->via.array.ptr[i], true, &ret->at[i]);

        if (refusal != REFUSAL_NONE) {
            return refusal;
        }
    }
    ret->count = object->via.array.size;
    return REFUSAL_NONE;
}

static enum refusal decode_enum(const msgpack_object *object, const struct field_shape *field, int *ret)
{
    if (object->type != MSGPACK_OBJECT_STR) {
        return REFUSAL_BAD_FIELD;
    }
    *ret = enum_find(field->values, (struct text){.at = object->via.str.ptr, .size = object->via.str.size});
    return *ret < 0 ? REFUSAL_BAD_FIELD : REFUSAL_NONE;
}

static enum refusal decode_field(const msgpack_object *object, const struct field_shape *field, void *at)
{
    int64_t integer = 0;

    switch (field->type) {
    case FIELD_ID:
        if (object->type != MSGPACK_OBJECT_POSITIVE_INTEGER || object->via.u64 > INT64_MAX) { /* sequences fit in 63 bits */
            return REFUSAL_BAD_FIELD;
        }
        *(uint64_t *)at = object->via.u64;
        return REFUSAL_NONE;
    case FIELD_INSTANT:
    case FIELD_SPAN:
    case FIELD_NUM:
        if (!decode_integer(object, field, &integer)) {
            return REFUSAL_BAD_FIELD;
        }
        *(int64_t *)at = integer;
        return REFUSAL_NONE;
    case FIELD_COUNT:
        if (!decode_integer(object, field, &integer)) {
            return REFUSAL_BAD_FIELD;
        }
        *(uint32_t *)at = (uint32_t)integer;
        return REFUSAL_NONE;
    case FIELD_FLAG:
        if (object->type != MSGPACK_OBJECT_BOOLEAN) {
            return REFUSAL_BAD_FIELD;
        }
        *(bool *)at = object->via.boolean;
        return REFUSAL_NONE;
    case FIELD_ENUM:
        return decode_enum(object, field, at);
    case FIELD_TEXT:
        return decode_text(object, field, at);
    case FIELD_CODE:
        return decode_code(object, field->required, at);
    case FIELD_CODES:
        return decode_codes(object, at);
    case FIELD_MAP:
        return REFUSAL_BAD_FIELD;
    }
    return REFUSAL_BAD_FIELD;
}

/* Position of a key in the shape, or field_count. Senders keep the schema's order mostly, so the search begins at `hint`. */
static uint32_t find_field(const struct shape *shape, const msgpack_object_str *key, uint32_t hint)
{
    for (uint32_t i = 0; i < shape->field_count; i++) {
        uint32_t at = hint + i < shape->field_count ? hint + i : hint + i - shape->field_count;
        const struct field_shape *field = &shape->fields[at];

        if (field->name_size == key->size && memcmp(field->name, key->ptr, key->size) == 0) {
            return at;
        }
    }
    return shape->field_count;
}

static bool fault_at(struct codec_fault *fault, enum refusal refusal, const char *field, const char *cause)
{
    *fault = (struct codec_fault){.refusal = refusal, .field = field, .cause = cause};
    return false;
}

/* What a value of this type is, where another one came. */
static const char *cause_of(enum field_type type)
{
    switch (type) {
    case FIELD_ID:
        return N_("This is not an id, which is a whole number from 0 on.");
    case FIELD_INSTANT:
        return N_("This is not an instant: whole milliseconds since 1970-01-01 UTC, to the end of the year 9999.");
    case FIELD_SPAN:
        return N_("This is not a duration: whole milliseconds from 0 on.");
    case FIELD_NUM:
    case FIELD_COUNT:
        return N_("This is not a whole number within the range of this field.");
    case FIELD_FLAG:
        return N_("This is neither true nor false.");
    case FIELD_ENUM:
        return N_("This is not a value of this field's closed list.");
    case FIELD_TEXT:
        return N_("This is not a text in UTF-8, without control characters other than newline and tab.");
    case FIELD_CODE:
        return N_("This is not a code: 1 to 32 of A-Z a-z 0-9 _ . -");
    case FIELD_CODES:
        return N_("This is not a list of codes, each 1 to 32 of A-Z a-z 0-9 _ . -");
    case FIELD_MAP:
        break;
    }
    return NULL;
}

/* A map that is being read into a struct. */
struct filling {
    const struct shape *shape;
    void *ret;
    uint64_t given;
    uint32_t hint; /* field that the next key may name */
    struct codec_fault *fault;
};

static struct filling begin_filling(const struct shape *shape, void *ret, struct codec_fault *fault)
{
    memset(ret, 0, shape->size);
    return (struct filling){.shape = shape, .ret = ret, .fault = fault};
}

/* The field that a key names, or NULL: none of a message. */
static const struct field_shape *field_named(const struct filling *filling, const msgpack_object_str *key)
{
    uint32_t at = find_field(filling->shape, key, filling->hint);

    return at == filling->shape->field_count || filling->shape->fields[at].type == FIELD_MAP ? NULL : &filling->shape->fields[at];
}

static bool fill_field(struct filling *filling, const struct field_shape *field, const msgpack_object *value)
{
    uint64_t bit = shape_bit(filling->shape, field);

    if (filling->given & bit) {
        return fault_at(filling->fault, REFUSAL_BAD_FIELD, field->name, "This field is given twice.");
    }
    enum refusal refusal = decode_field(value, field, (char *)filling->ret + field->offset);
    if (refusal != REFUSAL_NONE) {
        return fault_at(filling->fault, refusal, field->name, refusal == REFUSAL_BAD_FIELD ? cause_of(field->type) : NULL);
    }
    filling->given |= bit;
    uint32_t next = (uint32_t)(field - filling->shape->fields) + 1;
    filling->hint = next < filling->shape->field_count ? next : 0;
    return true;
}

static bool end_filling(const struct filling *filling)
{
    uint64_t missing = filling->shape->required & ~filling->given;

    if (missing != 0) {
        const struct field_shape *field = &filling->shape->fields[__builtin_ctzll(missing)];

        return fault_at(filling->fault, REFUSAL_BAD_FIELD, field->name, "This field is missing.");
    }
    *(uint64_t *)filling->ret = filling->given;
    return true;
}

bool codec_decode_map(const msgpack_object *map, const struct shape *shape, void *ret, struct codec_fault *fault)
{
    struct filling filling = begin_filling(shape, ret, fault);

    if (map->type != MSGPACK_OBJECT_MAP) {
        return fault_at(fault, REFUSAL_BAD_MESSAGE, NULL, NULL);
    }
    for (uint32_t i = 0; i < map->via.map.size; i++) {
        const msgpack_object_kv *pair = &map->via.map.ptr[i];

        if (pair->key.type != MSGPACK_OBJECT_STR) {
            return fault_at(fault, REFUSAL_BAD_MESSAGE, NULL, NULL);
        }
        const struct field_shape *field = field_named(&filling, &pair->key.via.str);
        if (field != NULL && !fill_field(&filling, field, &pair->val)) {
            return false;
        }
    }
    return end_filling(&filling);
}

/* Reads one value that has no others in it: a number, a text, a flag. Any other leaves the cursor where it is. */
static inline bool take_plain(struct wire *wire, msgpack_object *ret)
{
    uint8_t head = wire_left(wire) == 0 ? 0xc1 : *wire->at;
    bool negative = false;
    struct text text;

    if ((head & 0xe0) == 0xa0 || (head >= 0xd9 && head <= 0xdb)) {
        struct wire from = *wire;

        if (!wire_take_text(&from, &text)) {
            return false;
        }
        *wire = from;
        ret->type = MSGPACK_OBJECT_STR;
        ret->via.str = (msgpack_object_str){.size = text.size, .ptr = text.at};
        return true;
    }
    if ((head & 0xfe) == 0xc2) {
        wire->at++;
        ret->type = MSGPACK_OBJECT_BOOLEAN;
        ret->via.boolean = head == 0xc3;
        return true;
    }
    if (head < 0x80 || head >= 0xe0 || (head >= 0xcc && head <= 0xd3)) {
        struct wire from = *wire;

        if (!wire_take_integer(&from, &ret->via.u64, &negative)) {
            return false;
        }
        *wire = from;
        ret->type = negative ? MSGPACK_OBJECT_NEGATIVE_INTEGER : MSGPACK_OBJECT_POSITIVE_INTEGER;
        return true;
    }
    return false;
}

/* Passes a value of any kind that no field has; codec_check has to look at the whole. */
static bool pass_value(struct wire *wire, uint32_t *elements)
{
    size_t size;

    if (scan_value(wire->at, wire_left(wire), CAP_ELEMENTS, &size) < 0) {
        return false;
    }
    wire->at += size;
    *elements = 0;
    return true;
}

/* Reads a list of at most CODES_MAX plain values into `items`; a longer one is passed, and has its count alone. */
static bool take_list(struct wire *wire, uint32_t *elements, msgpack_object items[CODES_MAX], msgpack_object *ret)
{
    struct wire from = *wire;
    uint64_t count = 0;

    *ret = (msgpack_object){.type = MSGPACK_OBJECT_NIL}; /* no field has this one */
    if (!wire_take_list(&from, &count)) {
        return pass_value(wire, elements);
    }
    *ret = (msgpack_object){.type = MSGPACK_OBJECT_ARRAY, .via.array = {.size = (uint32_t)count, .ptr = items}};
    if (count > CODES_MAX) {
        return pass_value(wire, elements);
    }
    *wire = from;
    codec_count(elements, count);
    for (uint64_t i = 0; i < count; i++) {
        if (!take_plain(wire, &items[i])) {
            items[i].type = MSGPACK_OBJECT_NIL;
            if (!pass_value(wire, elements)) {
                return false;
            }
        }
    }
    return true;
}

bool codec_read_map(struct wire *wire, const struct shape *shape, void *ret, uint32_t *elements, struct codec_fault *fault)
{
    struct filling filling = begin_filling(shape, ret, fault);
    msgpack_object items[CODES_MAX], value;
    uint64_t count = 0;
    struct text key;

    if (!wire_take_map(wire, &count)) {
        return fault_at(fault, REFUSAL_BAD_MESSAGE, NULL, NULL);
    }
    codec_count(elements, 2 * count);
    for (; count > 0; count--) {
        if (!wire_take_text(wire, &key)) {
            return fault_at(fault, REFUSAL_BAD_MESSAGE, NULL, NULL);
        }
        const struct field_shape *field = field_named(&filling, &(msgpack_object_str){.size = key.size, .ptr = key.at});
        if (!take_plain(wire, &value) && !take_list(wire, elements, items, &value)) {
            return fault_at(fault, REFUSAL_BAD_MESSAGE, NULL, NULL);
        }
        if (field != NULL && !fill_field(&filling, field, &value)) {
            return false;
        }
    }
    return end_filling(&filling);
}

/* Most bytes that a field's value can take beyond a header: 0 of numbers, which are most. */
static inline size_t value_extra(const struct field_shape *field, const void *at)
{
    const struct count_map *map = at;
    size_t size = 0;

    switch (field->type) {
    case FIELD_ID:
    case FIELD_INSTANT:
    case FIELD_SPAN:
    case FIELD_NUM:
    case FIELD_COUNT:
    case FIELD_FLAG:
        return 0;
    case FIELD_ENUM:
        return strlen(enum_name(field->values, *(const int *)at));
    case FIELD_TEXT:
        return ((const struct text *)at)->size;
    case FIELD_CODE:
        return CODE_SIZE;
    case FIELD_CODES:
        return ((const struct codes *)at)->count * (PACK_HEADER_SIZE + CODE_SIZE);
    case FIELD_MAP:
        for (uint32_t i = 0; i < map->count; i++) {
            size += 2 * PACK_HEADER_SIZE + strlen(map->at[i].name);
        }
        return size;
    }
    return 0;
}

static void pack_code(struct proto_buffer *out, const struct code *code)
{
    pack_text(out, code->s, strnlen(code->s, CODE_SIZE));
}

static void pack_codes(struct proto_buffer *out, const struct codes *codes)
{
    assert(codes->count <= CODES_MAX);
    pack_array(out, codes->count);
    for (uint32_t i = 0; i < codes->count; i++) {
        pack_code(out, &codes->at[i]);
    }
}

static void pack_counts(struct proto_buffer *out, const struct count_map *map)
{
    assert(map->count <= COUNT_MAP_MAX);
    pack_map(out, map->count);
    for (uint32_t i = 0; i < map->count; i++) {
        pack_string(out, map->at[i].name);
        pack_int64(out, map->at[i].n);
    }
}

/* Room has been made. */
static void pack_value(struct proto_buffer *out, const struct field_shape *field, const void *at)
{
    const struct text *text = at;
    uint8_t *place = (uint8_t *)out->data + out->size;

    switch (field->type) {
    case FIELD_ID:
        out->size += (size_t)(wire_put_unsigned(place, *(const uint64_t *)at) - place);
        return;
    case FIELD_INSTANT:
    case FIELD_SPAN:
    case FIELD_NUM:
        out->size += (size_t)(wire_put_signed(place, *(const int64_t *)at) - place);
        return;
    case FIELD_COUNT:
        out->size += (size_t)(wire_put_unsigned(place, *(const uint32_t *)at) - place);
        return;
    case FIELD_FLAG:
        pack_flag(out, *(const bool *)at);
        return;
    case FIELD_ENUM:
        pack_string(out, enum_name(field->values, *(const int *)at));
        return;
    case FIELD_TEXT:
        pack_text(out, text->at, text->size);
        return;
    case FIELD_CODE:
        pack_code(out, at);
        return;
    case FIELD_CODES:
        pack_codes(out, at);
        return;
    case FIELD_MAP:
        pack_counts(out, at);
        return;
    }
}

static bool is_sent(const struct shape *shape, const void *value, unsigned omit, uint32_t i)
{
    const struct field_shape *field = &shape->fields[i];
    bool given = *(const uint64_t *)value & UINT64_C(1) << i;

    return !((field->personal && (omit & CODEC_OMIT_PERSONAL)) || (field->inner && (omit & CODEC_OMIT_INNER)) ||
             (!given && (field->optional || (omit & CODEC_OMIT_UNGIVEN))));
}

uint32_t codec_count_fields(const struct shape *shape, const void *value, unsigned omit, uint32_t first, uint32_t end)
{
    uint32_t count = 0;

    for (uint32_t i = first; i < end; i++) {
        count += is_sent(shape, value, omit, i);
    }
    return count;
}

int codec_encode_fields(const struct shape *shape, const void *value, unsigned omit, uint32_t first, uint32_t end,
                        struct proto_buffer *out)
{
    size_t begin = out->size;

    for (uint32_t i = first; i < end; i++) {
        const struct field_shape *field = &shape->fields[i];
        const void *at = (const char *)value + field->offset;

        if (!is_sent(shape, value, omit, i)) {
            continue;
        }
        if (proto_buffer_reserve(out, 2 * PACK_HEADER_SIZE + field->name_size + value_extra(field, at)) < 0) {
            out->size = begin;
            return -ENOMEM;
        }
        uint8_t *place = (uint8_t *)out->data + out->size, *name = wire_put_text_head(place, field->name_size);
        memcpy(name, field->name, field->name_size);
        out->size += (size_t)(name - place) + field->name_size;
        pack_value(out, field, at);
    }
    return 0;
}

int codec_encode_map(const struct shape *shape, const void *value, unsigned omit, struct proto_buffer *out)
{
    if (proto_buffer_reserve(out, PACK_HEADER_SIZE) < 0) {
        return -ENOMEM;
    }
    pack_map(out, codec_count_fields(shape, value, omit, 0, shape->field_count));
    return codec_encode_fields(shape, value, omit, 0, shape->field_count, out);
}
