/* test_fields.c - a mask and the values of its fields: every field of every record and of the envelope, alone and with all others.
 */
#include "proto/fields.h"
#include "proto/gen/schema.h"
#include "tests/suite.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>

#define AT_MS INT64_C(1321632000000)

static uint8_t room[3 * FIELDS_ROOM];
static union {
    struct record_envelope head;
    union record_body body;
} value, base, read_value;

/* The envelope, and each record's body. */
static const struct shape *shape_of(int i)
{
    const struct record_info *info = record_info((enum record_type)i);

    return i == 0 ? &record_envelope_shape : info == NULL ? NULL : info->shape;
}

/* Gives the field something that is neither nothing nor what another `turn` gives. */
static void fill(const struct field_shape *field, void *of, int64_t turn)
{
    static const struct text words[] = {{.at = "one", .size = 3}, {.at = "呼应", .size = 6}};
    void *at = (char *)of + field->offset;
    struct codes *codes = at;

    switch (field->type) {
    case FIELD_ID:
        *(uint64_t *)at = UINT64_MAX - (uint64_t)turn;
        return;
    case FIELD_INSTANT:
        *(int64_t *)at = turn == 0 ? AT_MS : turn == 1 ? INT64_MAX : INT64_MIN;
        return;
    case FIELD_SPAN:
    case FIELD_NUM:
        *(int64_t *)at = turn == 0 ? -5 : 70000;
        return;
    case FIELD_COUNT:
        *(uint32_t *)at = UINT32_MAX - (uint32_t)turn;
        return;
    case FIELD_FLAG:
        *(bool *)at = true;
        return;
    case FIELD_ENUM:
        *(int *)at = (int)field->max;
        return;
    case FIELD_TEXT:
        *(struct text *)at = words[turn & 1];
        return;
    case FIELD_CODE:
        ck_assert(code_make(turn == 0 ? "A" : "B2345678901234567890123456789012", turn == 0 ? 1 : CODE_SIZE, at));
        return;
    case FIELD_CODES:
        codes->count = turn == 0 ? CODES_MAX : 1;
        for (uint32_t i = 0; i < codes->count; i++) {
            ck_assert(code_make("C2345678901234567890123456789012", CODE_SIZE, &codes->at[i]));
        }
        return;
    case FIELD_MAP:
        break;
    }
    ck_abort();
}

/* Writes the fields of `mask` and reads them over `read_value`. */
static void there_and_back(const struct shape *shape, uint64_t mask)
{
    size_t most = FIELDS_ROOM + fields_loose(shape, &value, mask);
    uint8_t *end = fields_put(shape, &value, mask, AT_MS, room);
    struct wire wire = {.at = room, .end = end};

    ck_assert_uint_le((size_t)(end - room), most);
    ck_assert_int_eq(fields_read(shape, UINT64_MAX, AT_MS, &wire, &read_value), 0);
    ck_assert_uint_eq(wire_left(&wire), 0);
    for (const uint8_t *cut = room; cut < end; cut++) {
        wire = (struct wire){.at = room, .end = cut};
        base = value;
        ck_assert_int_eq(fields_read(shape, UINT64_MAX, AT_MS, &wire, &base), -EBADMSG);
    }
}

static void same_field(const struct field_shape *field)
{
    const void *a = (char *)&value + field->offset, *b = (char *)&read_value + field->offset;
    size_t size = field->type == FIELD_CODE ? CODE_SIZE : field->type == FIELD_FLAG ? 1 : field->type == FIELD_ENUM ? 4 : 8;

    if (field->type == FIELD_TEXT) {
        ck_assert(text_equal(*(const struct text *)a, *(const struct text *)b));
    } else if (field->type == FIELD_CODES) {
        const struct codes *list = a, *other = b;

        ck_assert_uint_eq(list->count, other->count);
        ck_assert_mem_eq(list->at, other->at, list->count * sizeof(list->at[0]));
    } else {
        ck_assert_mem_eq(a, b, field->type == FIELD_COUNT ? 4 : size);
    }
}

START_TEST(each_alone)
{
    const struct shape *shape = shape_of(_i);

    for (uint32_t i = 0; shape != NULL && i < shape->field_count; i++) {
        const struct field_shape *field = &shape->fields[i];
        const uint64_t bit = UINT64_C(1) << i;

        for (int64_t turn = 0; turn < 3; turn++) {
            memset(&value, 0, sizeof(value));
            memset(&read_value, 0, sizeof(read_value));
            ck_assert_uint_eq(shape->set(&value), 0);
            fill(field, &value, turn);
            ck_assert_uint_eq(shape->set(&value), bit);
            ck_assert_uint_eq((shape->personal & bit) != 0, field->personal);
            there_and_back(shape, bit);
            same_field(field);
        }
        /* Back to nothing: what it was written against has it. */
        read_value = value;
        memset(&value, 0, sizeof(value));
        there_and_back(shape, bit);
        same_field(field);
        ck_assert_uint_eq(shape->set(&read_value), 0);
        struct wire wire = {.at = room, .end = room + sizeof(room)};
        ck_assert_int_eq(fields_read(shape, ~bit, AT_MS, &wire, &read_value), -EBADMSG);
    }
}
END_TEST

START_TEST(all_at_once)
{
    const struct shape *shape = shape_of(_i);

    if (shape == NULL) {
        return;
    }
    const uint64_t all = (UINT64_C(1) << shape->field_count) - 1;
    memset(&value, 0, sizeof(value));
    memset(&read_value, 0, sizeof(read_value));
    for (uint32_t i = 0; i < shape->field_count; i++) {
        fill(&shape->fields[i], &value, i & 1);
    }
    ck_assert_uint_eq(shape->set(&value), all);
    there_and_back(shape, all);
    for (uint32_t i = 0; i < shape->field_count; i++) {
        same_field(&shape->fields[i]);
    }
    /* One more than the shape knows. */
    uint8_t newer[WIRE_HEAD_MAX];
    struct wire wire = {.at = newer, .end = wire_put_unsigned(newer, all + 1)};
    ck_assert_int_eq(fields_read(shape, UINT64_MAX, AT_MS, &wire, &read_value), -ENOTSUP);
}
END_TEST

START_TEST(envelopes_that_differ)
{
    for (uint32_t i = 0; i < record_envelope_shape.field_count; i++) {
        memset(&value, 0, sizeof(value));
        memset(&base, 0, sizeof(base));
        ck_assert_uint_eq(record_envelope_changed(&value.head, &base.head), 0);
        fill(&record_envelope_shape.fields[i], &value, 0);
        ck_assert_uint_eq(record_envelope_changed(&value.head, &base.head), UINT64_C(1) << i);
        ck_assert_uint_eq(record_envelope_changed(&base.head, &value.head), UINT64_C(1) << i);
        ck_assert_uint_eq(record_envelope_changed(&value.head, &value.head), 0);
    }
}
END_TEST

#define BYTES(s) s, sizeof(s) - 1

/* Values that no field of its kind has: of case_closed (enum, count, instant), unit_published (code), call_dispatched (list). */
static const struct {
    enum record_type type;
    const char *data;
    size_t size;
    int rc;
} bytes[] = {
    {RECORD_CASE_CLOSED, BYTES("\x01\x07"), 0},
    {RECORD_CASE_CLOSED, BYTES("\x01\x08"), -EBADMSG}, /* no such disposition */
    {RECORD_CASE_CLOSED, BYTES("\x01\xff"), -EBADMSG},
    {RECORD_CASE_CLOSED, BYTES("\x02\xff"), -EBADMSG}, /* a count below zero */
    {RECORD_CASE_CLOSED, BYTES("\x02\xcf\x00\x00\x00\x01\x00\x00\x00\x00"), -EBADMSG},
    {RECORD_CASE_CLOSED, BYTES("\x04\xcf\xff\xff\xff\xff\xff\xff\xff\xff"), -EBADMSG},
    {RECORD_CASE_CLOSED, BYTES("\x04\xff"), 0},
    {RECORD_CASE_CLOSED, BYTES("\x04\xa1x"), -EBADMSG},
    {RECORD_CASE_CLOSED, BYTES("\xff"), -EBADMSG}, /* a mask below zero */
    {RECORD_CASE_CLOSED, BYTES("\xcf\xff\xff\xff\xff\xff\xff\xff\xff"), -ENOTSUP},
    {RECORD_UNIT_PUBLISHED, BYTES("\x01\xa0"), 0},
    {RECORD_UNIT_PUBLISHED, BYTES("\x01\xa1 "), -EBADMSG},
    {RECORD_UNIT_PUBLISHED,
     BYTES("\x01\xd9\x21"
           "C23456789012345678901234567890123"),
     -EBADMSG},
    {RECORD_UNIT_PUBLISHED, BYTES("\x01\x05"), -EBADMSG},
    {RECORD_CASE_NOTED, BYTES("\x02\xa2\xc0\x80"), -EBADMSG}, /* not UTF-8 */
    {RECORD_CASE_NOTED, BYTES("\x02\xa1\x07"), -EBADMSG},
};

START_TEST(other_bytes)
{
    struct wire wire = {.at = (const uint8_t *)bytes[_i].data, .end = (const uint8_t *)bytes[_i].data + bytes[_i].size};

    memset(&read_value, 0, sizeof(read_value));
    ck_assert_int_eq(fields_read(record_info(bytes[_i].type)->shape, UINT64_MAX, AT_MS, &wire, &read_value), bytes[_i].rc);
}
END_TEST

START_TEST(lists_of_codes)
{
    static const char *const lists[] = {"\x90",
                                        "\x91\xa1"
                                        "A",
                                        "\xdc\x00\x01\xa1"
                                        "A",
                                        "\x91\xa0",
                                        "\x91\x05",
                                        "\xa1"
                                        "A",
                                        "\xdc\x00\x11",
                                        "\xdd\xff\xff\xff\xff"};
    static const size_t list_sizes[] = {1, 3, 5, 2, 2, 2, 3, 5};
    const struct shape *shape = record_info(RECORD_CALL_DISPATCHED)->shape;
    uint32_t i = 0;

    while (shape->fields[i].type != FIELD_CODES) {
        i++;
    }
    for (size_t n = 0; n < sizeof(lists) / sizeof(lists[0]); n++) {
        uint8_t *end = wire_put_unsigned(room, UINT64_C(1) << i);

        memcpy(end, lists[n], list_sizes[n]);
        memset(&read_value, 0, sizeof(read_value));
        struct wire wire = {.at = room, .end = end + list_sizes[n]};
        ck_assert_int_eq(fields_read(shape, UINT64_MAX, AT_MS, &wire, &read_value), n < 3 ? 0 : -EBADMSG);
    }
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {{each_alone, RECORD_TYPE_MAX + 1},
                                       {all_at_once, RECORD_TYPE_MAX + 1},
                                       {envelopes_that_differ},
                                       {other_bytes, SUITE_COUNT(bytes)},
                                       {lists_of_codes}};
    return suite_run(&(struct suite){.name = "fields", .tests = tests, .count = SUITE_COUNT(tests)});
}
