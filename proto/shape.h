/*
 * shape.h - the plain data types of the language, and the tables that describe them
 *
 * Every message, record and view is a plain C struct that `proto/schema` describes and `script/generate` writes to
 * `proto/gen`. A shape is the table of one struct's fields; the codec in codec.h walks it. Standing facts: pure data, no
 * allocation, no I/O; instants are int64 ms UTC, spans int64 ms, ids u64 sequences; 0 is "none" for ids and instants.
 */
#ifndef HUYING_PROTO_SHAPE_H
#define HUYING_PROTO_SHAPE_H

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define CODE_SIZE 32
#define CODES_MAX 16
#define INSTANT_MAX INT64_C(253402300799999) /* the last ms of the year 9999 */

/* UTF-8 that somebody else owns: borrowed from the message or record it was decoded from, as long as those bytes live. */
struct text {
    const char *at;
    uint32_t size; /* bytes */
};

/* Code of a unit, matter or key: 1-32 of [A-Za-z0-9_.-], padded with zeros; all zeros = none. Not terminated when 32 long. */
struct code {
    char s[CODE_SIZE];
};

struct codes {
    uint32_t count;
    struct code at[CODES_MAX];
};

/* Copies what is in the list, and leaves what lies behind its end: most lists are empty, and half a kilobyte of room a message adds
 * up.
 */
static inline void codes_copy(struct codes *ret, const struct codes *from)
{
    ret->count = from->count;
    memcpy(ret->at, from->at, from->count * sizeof(from->at[0]));
}

/* Counts by name, for replies (exclusions by reason). Borrows the names. */
#define COUNT_MAP_MAX 8
struct count_map {
    uint32_t count;
    struct {
        const char *name;
        int64_t n;
    } at[COUNT_MAP_MAX];
};

enum field_type {
    FIELD_ID,      /* uint64_t */
    FIELD_INSTANT, /* int64_t ms UTC */
    FIELD_SPAN,    /* int64_t ms, >= 0 */
    FIELD_NUM,     /* int64_t */
    FIELD_COUNT,   /* uint32_t */
    FIELD_FLAG,    /* bool */
    FIELD_ENUM,    /* C enum (int); on the wire its name */
    FIELD_TEXT,    /* struct text */
    FIELD_CODE,    /* struct code; on the wire a string */
    FIELD_CODES,   /* struct codes; on the wire an array of strings */
    FIELD_MAP,     /* struct count_map; replies only */
};

struct enum_shape {
    const char *name;
    uint32_t count;
    const char *const *names; /* by value */
    const char *const *words; /* the word of the field for it, 中文, by value: what people read, and may write */
};

struct field_shape {
    const char *name; /* on the wire */
    uint32_t name_size;
    enum field_type type;
    uint32_t offset;
    int64_t min;
    int64_t max; /* bytes for texts, value for counts and nums */
    const struct enum_shape *values;
    bool required; /* a message without it is refused */
    bool personal; /* kept in the sealed part, never in an event */
    bool inner;    /* in the journal, not in events */
    bool optional; /* in replies: left out unless its bit in `given` is set */
};

/* Of a field what writing it needs, close together: records are written by these. */
struct field_place {
    uint16_t offset;
    uint8_t type; /* enum field_type */
};

/* The first member of every described struct is `uint64_t given`: bit i is set when field i was on the wire (decode) or is to
 * be sent (encode, only for fields marked optional). */
struct shape {
    const char *name;
    uint16_t field_count;
    uint32_t size; /* sizeof the struct */
    /* bit i: field i is */
    uint64_t personal; /* marked personal */
    uint64_t loose;    /* a text or a list, so it may have any size */
    uint64_t required;
    /* of what is in the journal, else NULL */
    uint64_t (*set)(const void *value); /* which fields are not zero or empty, a bit each */
    const struct field_place *places;
    const struct field_shape *fields;
};

/* The field of this name on the wire, or NULL; also for no shape. */
const struct field_shape *shape_field(const struct shape *shape, struct text name);

/* The bit of a field in `given`; `field` is one of the shape's. */
static inline uint64_t shape_bit(const struct shape *shape, const struct field_shape *field)
{
    return UINT64_C(1) << (field - shape->fields);
}

/* Copies what is given of `from` to the fields of the same name and type of `to`, and adds their bits to its `given`. Returns how
 * many fields of `from_shape` have no place in `to_shape`. Texts are borrowed. */
uint32_t shape_copy(const struct shape *from_shape, const void *from, const struct shape *to_shape, void *to);

/* Is this code empty? */
static inline bool code_empty(const struct code *code)
{
    return code->s[0] == '\0';
}

/* Eight bytes of a code, from byte `at` on, as they lie in memory. */
static inline uint64_t code_word(const struct code *code, uint32_t at)
{
    uint64_t word;

    _Static_assert(CODE_SIZE == 4 * sizeof(word), "a code is four words");
    memcpy(&word, code->s + at, sizeof(word));
    return word;
}

/* Are two codes the same? Inline and by words, as all below: each command and each record has some. */
static inline bool code_equal(const struct code *a, const struct code *b)
{
    return ((code_word(a, 0) ^ code_word(b, 0)) | (code_word(a, 8) ^ code_word(b, 8)) | (code_word(a, 16) ^ code_word(b, 16)) |
            (code_word(a, 24) ^ code_word(b, 24))) == 0;
}

/* The order of codes, by bytes: below, at or above 0. */
static inline int code_order(const struct code *a, const struct code *b)
{
    for (uint32_t i = 0; i < CODE_SIZE; i += 8) {
        uint64_t x = code_word(a, i), y = code_word(b, i);

        if (x != y) {
            return be64toh(x) < be64toh(y) ? -1 : 1;
        }
    }
    return 0;
}

/* Bytes of the code: 0 to CODE_SIZE. */
static inline uint32_t code_size(const struct code *code)
{
    uint32_t size = 0;

    for (uint32_t i = 0; i < CODE_SIZE && code->s[i] != '\0'; i += 8) {
        size = i + 8 - (uint32_t)__builtin_clzll(le64toh(code_word(code, i))) / 8; /* what pads it is zero */
    }
    return size;
}

/* Makes a code of `size` bytes. Fails (false, *ret untouched) unless 1-32 of [A-Za-z0-9_.-]. */
bool code_make(const char *at, size_t size, struct code *ret);

/* Text over a terminated string; NULL gives the empty text. Borrows it. */
struct text text_of(const char *s);

/* Text over a code. Borrows it. */
struct text text_of_code(const struct code *code);

bool text_equal(struct text a, struct text b);

/* Value of `name` in a closed list, or -1. */
int enum_find(const struct enum_shape *shape, struct text name);

/* Name of `value`; requires value < count. */
const char *enum_name(const struct enum_shape *shape, int value);

#endif
