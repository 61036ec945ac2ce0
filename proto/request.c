/* request.c - the envelope around what a client asks */
#include "proto/request.h"

#include "proto/blank.h"
#include "proto/pack.h"
#include "proto/scan.h"
#include "proto/wire.h"

#include <errno.h>
#include <string.h>
#include <xxhash.h>

/* The keys of the envelope, with where their values stand. */
enum part { PART_V, PART_ID, PART_CMD, PART_AT, PART_ON_BEHALF_OF, PART_BODY };
enum { PART_COUNT = 6 };

static const struct text part_names[PART_COUNT] = {[PART_V] = {.at = "v", .size = 1},
                                                   [PART_ID] = {.at = "id", .size = 2},
                                                   [PART_CMD] = {.at = "cmd", .size = 3},
                                                   [PART_AT] = {.at = "at", .size = 2},
                                                   [PART_ON_BEHALF_OF] = {.at = "on_behalf_of", .size = 12},
                                                   [PART_BODY] = {.at = "body", .size = 4}};

struct part_bytes {
    const uint8_t *at; /* NULL: not there */
    size_t size;
};

static int find_part(struct text key)
{
    for (int i = 0; i < PART_COUNT; i++) {
        if (text_equal(key, part_names[i])) {
            return i;
        }
    }
    return -1;
}

static bool fault_at(struct codec_fault *fault, enum refusal refusal, const char *field)
{
    *fault = (struct codec_fault){.refusal = refusal, .field = field};
    return false;
}

/* Moves over a value; what codec_check has to look at sets *elements to 0. */
static inline bool pass(struct wire *wire, uint32_t *elements)
{
    uint8_t head = wire_left(wire) == 0 ? 0xc1 : *wire->at;
    bool negative;
    uint64_t number;
    struct text text;
    size_t size;

    if ((head & 0xe0) == 0xa0 || (head >= 0xd9 && head <= 0xdb)) {
        return wire_take_text(wire, &text);
    }
    if (head < 0x80 || head >= 0xe0 || (head >= 0xcc && head <= 0xd3)) {
        return wire_take_integer(wire, &number, &negative);
    }
    if (scan_value(wire->at, wire_left(wire), CAP_ELEMENTS, &size) < 0) {
        return false;
    }
    wire->at += size;
    *elements = 0;
    return true;
}

/* Finds the parts of the envelope, as far as the bytes can be walked. A body that comes last, as in all clients that we know, is
 * what is left, and is walked by who reads it. False: not a map, or a part twice, or bytes that cannot be walked. */
static bool split(struct wire wire, struct part_bytes parts[PART_COUNT], uint32_t *elements, struct codec_fault *fault)
{
    uint64_t count = 0;

    if (!wire_take_map(&wire, &count)) {
        return fault_at(fault, REFUSAL_BAD_MESSAGE, NULL);
    }
    codec_count(elements, 1 + 2 * count);
    for (; count > 0; count--) {
        struct text key;

        if (!wire_take_text(&wire, &key)) {
            return fault_at(fault, REFUSAL_BAD_MESSAGE, NULL);
        }
        int part = find_part(key);
        const uint8_t *at = wire.at;
        if (part == PART_BODY && count == 1) {
            wire.at = wire.end;
        } else if (!pass(&wire, elements)) {
            return fault_at(fault, REFUSAL_BAD_MESSAGE, NULL);
        }
        if (part >= 0) {
            if (parts[part].at != NULL) {
                return fault_at(fault, REFUSAL_BAD_FIELD, part_names[part].at);
            }
            parts[part] = (struct part_bytes){.at = at, .size = (size_t)(wire.at - at)};
        }
    }
    return wire_left(&wire) == 0 || fault_at(fault, REFUSAL_BAD_MESSAGE, NULL);
}

static struct wire part_wire(const struct part_bytes *part)
{
    return (struct wire){.at = part->at, .end = part->at == NULL ? NULL : part->at + part->size};
}

static bool part_text(const struct part_bytes *part, struct text *ret)
{
    struct wire wire = part_wire(part);

    return wire_take_text(&wire, ret);
}

static bool part_integer(const struct part_bytes *part, uint64_t max, uint64_t *ret)
{
    struct wire wire = part_wire(part);

    return wire_take_unsigned(&wire, ret) && *ret <= max;
}

static enum refusal read_id(const struct part_bytes *part, struct text *ret)
{
    struct text id;

    if (!part_text(part, &id) || id.size == 0) {
        return REFUSAL_BAD_FIELD;
    }
    if (id.size > CAP_REQUEST_SIZE) {
        return REFUSAL_TOO_LARGE;
    }
    for (uint32_t i = 0; i < id.size; i++) {
        if (id.at[i] < 0x21 || id.at[i] > 0x7e) {
            return REFUSAL_BAD_FIELD;
        }
    }
    *ret = id;
    return REFUSAL_NONE;
}

/* Everything but v and id, each part behind its place and size, so that no two different requests give the same bytes to the hash.
 */
static uint64_t hash_parts(const struct part_bytes parts[PART_COUNT])
{
    uint64_t hash = 0;

    for (int i = PART_CMD; i < PART_COUNT; i++) {
        uint64_t head = htole64((uint64_t)parts[i].size << 8 | (uint64_t)i);

        if (parts[i].at == NULL) {
            continue;
        }
        hash = XXH64(&head, sizeof(head), hash);
        hash = XXH64(parts[i].at, parts[i].size, hash);
    }
    return hash;
}

/* Which command or query, and with which shape its body is read. */
static const struct shape *find_shape(struct text name, struct request *ret)
{
    if (command_find(name.at, name.size, &ret->command) && command_info(ret->command)->wire) {
        return command_info(ret->command)->shape;
    }
    if (query_find(name.at, name.size, &ret->query)) {
        ret->is_query = true;
        return query_info(ret->query)->shape;
    }
    return NULL;
}

static bool read_envelope(const struct part_bytes parts[PART_COUNT], struct request *ret, struct codec_fault *fault)
{
    uint64_t number;

    if (!part_integer(&parts[PART_V], REQUEST_VERSION, &number) || number != REQUEST_VERSION) {
        return fault_at(fault, REFUSAL_BAD_FIELD, "v");
    }
    if (parts[PART_AT].at != NULL) {
        if (!part_integer(&parts[PART_AT], INSTANT_MAX, &number)) {
            return fault_at(fault, REFUSAL_BAD_FIELD, "at");
        }
        ret->has_at = true;
        ret->at_ms = (int64_t)number;
    }
    if (parts[PART_ON_BEHALF_OF].at != NULL) {
        if (!part_text(&parts[PART_ON_BEHALF_OF], &ret->on_behalf_of) ||
            !codec_text_valid(ret->on_behalf_of.at, ret->on_behalf_of.size)) {
            return fault_at(fault, REFUSAL_BAD_FIELD, "on_behalf_of");
        }
        if (ret->on_behalf_of.size > CAP_CODE_SIZE) {
            return fault_at(fault, REFUSAL_TOO_LARGE, "on_behalf_of");
        }
    }
    return true;
}

/* Nobody sees what is cut: an answer of blanks is an empty one, for every command and query. */
static void trim_texts(const struct shape *shape, void *body)
{
    for (uint64_t loose = *(const uint64_t *)body & shape->loose; loose != 0; loose &= loose - 1) {
        const struct field_shape *field = &shape->fields[__builtin_ctzll(loose)];
        struct text *text = (struct text *)((char *)body + field->offset);

        if (field->type == FIELD_TEXT && text->size > 0) {
            *text = blank_trim(*text);
        }
    }
}

static bool read_body(const struct part_bytes *part, const struct shape *shape, uint32_t *elements, struct request *ret,
                      struct codec_fault *fault)
{
    static const struct part_bytes empty = {.at = (const uint8_t *)"\x80", .size = 1};
    void *body = ret->is_query ? (void *)&ret->query_body : (void *)&ret->command_body;
    struct wire wire = part_wire(part->at == NULL ? &empty : part), first = wire;
    uint64_t count;

    if (!wire_take_map(&first, &count)) {
        return fault_at(fault, REFUSAL_BAD_FIELD, "body");
    }
    if (!codec_read_map(&wire, shape, body, elements, fault)) {
        return false;
    }
    trim_texts(shape, body);
    return wire_left(&wire) == 0 || fault_at(fault, REFUSAL_BAD_MESSAGE, NULL);
}

/* Reads a message of which the parts are found. */
static bool read_parts(const struct part_bytes parts[PART_COUNT], uint32_t *elements, struct request *ret,
                       struct codec_fault *fault)
{
    struct text name = {0};

    if (!read_envelope(parts, ret, fault)) {
        return false;
    }
    if (!part_text(&parts[PART_CMD], &name)) {
        return fault_at(fault, REFUSAL_BAD_FIELD, "cmd");
    }
    const struct shape *shape = find_shape(name, ret);
    if (shape == NULL) {
        return fault_at(fault, REFUSAL_BAD_FIELD, "cmd");
    }
    ret->body_hash = hash_parts(parts);
    return read_body(&parts[PART_BODY], shape, elements, ret, fault);
}

bool request_decode(const void *data, size_t size, struct request *ret, struct codec_fault *fault)
{
    struct wire wire = {.at = data, .end = (const uint8_t *)data + size};
    struct part_bytes parts[PART_COUNT] = {{0}};
    uint32_t elements = CAP_ELEMENTS;
    size_t checked;

    memset(ret, 0, offsetof(struct request, command_body));
    bool good = split(wire, parts, &elements, fault);
    enum refusal bad_id = read_id(&parts[PART_ID], &ret->id);
    if (good && bad_id != REFUSAL_NONE) {
        good = fault_at(fault, bad_id, "id");
    } else if (good) {
        good = read_parts(parts, &elements, ret, fault);
    }
    if (good && elements > 0) {
        return true; /* all has been walked by now, and each value was one that its field has */
    }
    int rc = codec_check(data, size, CAP_ELEMENTS, &checked);
    if (rc == -E2BIG) {
        return fault_at(fault, REFUSAL_TOO_LARGE, NULL);
    }
    return rc < 0 || checked != size ? fault_at(fault, REFUSAL_BAD_MESSAGE, NULL) : good;
}

void request_peek(const void *data, size_t size, struct request_peek *ret)
{
    struct wire wire = {.at = data, .end = (const uint8_t *)data + size};
    struct text key, name = {0};
    uint32_t elements = CAP_ELEMENTS;
    uint64_t count;

    memset(ret, 0, sizeof(*ret));
    if (!wire_take_map(&wire, &count)) {
        return;
    }
    /* Until both are seen: a body, which is long, comes behind them in all clients that we know. */
    for (; count > 0 && (ret->id.size == 0 || name.size == 0); count--) {
        if (!wire_take_text(&wire, &key)) {
            break;
        }
        struct part_bytes value = {.at = wire.at};
        if (!pass(&wire, &elements)) {
            break;
        }
        value.size = (size_t)(wire.at - value.at);
        int part = find_part(key);
        if (part == PART_ID) {
            read_id(&value, &ret->id);
        } else if (part == PART_CMD) {
            part_text(&value, &name);
        }
    }
    ret->is_query = name.size > 0 && query_find(name.at, name.size, &ret->query);
}

int request_encode(const struct request_head *head, const void *body, size_t body_size, struct proto_buffer *out)
{
    bool behalf = head->on_behalf_of.size > 0;
    size_t known =
        128 + head->id.size + head->name.size + head->on_behalf_of.size + body_size; /* 128: keys, headers and two numbers */

    /* Room for all of it at once, so that nothing below can fail. */
    if (proto_buffer_reserve(out, known) < 0) {
        return -ENOMEM;
    }
    pack_map(out, 4u + head->has_at + behalf);
    pack_string(out, "v");
    pack_int(out, REQUEST_VERSION);
    pack_string(out, "id");
    pack_text(out, head->id.at, head->id.size);
    pack_string(out, "cmd");
    pack_text(out, head->name.at, head->name.size);
    if (head->has_at) {
        pack_string(out, "at");
        pack_int64(out, head->at_ms);
    }
    if (behalf) {
        pack_string(out, "on_behalf_of");
        pack_text(out, head->on_behalf_of.at, head->on_behalf_of.size);
    }
    pack_string(out, "body");
    if (body_size == 0) {
        pack_map(out, 0);
    } else {
        pack_append(out, body, body_size);
    }
    return 0;
}
