/* test_codec.c - every field of every message with values that it must take and values that it must not. */

#include "proto/codec.h"
#include "proto/gen/schema.h"
#include "tests/suite.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

static struct codec_scratch scratch;
static msgpack_sbuffer bytes;
static msgpack_packer packer;

static void setup(void)
{
    msgpack_sbuffer_init(&bytes);
    msgpack_packer_init(&packer, &bytes, msgpack_sbuffer_write);
}

static void teardown(void)
{
    msgpack_sbuffer_destroy(&bytes);
    codec_scratch_deinit(&scratch);
}

static void text(const char *s)
{
    msgpack_pack_str(&packer, strlen(s));
    msgpack_pack_str_body(&packer, s, strlen(s));
}

static void long_text(size_t size)
{
    char *s = malloc(size);

    memset(s, 'x', size);
    msgpack_pack_str(&packer, size);
    msgpack_pack_str_body(&packer, s, size);
    free(s);
}

static void good(const struct field_shape *field)
{
    switch (field->type) {
    case FIELD_ID:
    case FIELD_INSTANT:
    case FIELD_SPAN:
    case FIELD_NUM:
    case FIELD_COUNT:
        msgpack_pack_int64(&packer, field->max);
        return;
    case FIELD_FLAG:
        msgpack_pack_true(&packer);
        return;
    case FIELD_ENUM:
        text(field->values->names[field->values->count - 1]);
        return;
    case FIELD_TEXT:
        long_text((size_t)field->max);
        return;
    case FIELD_CODE:
        long_text(CODE_SIZE);
        return;
    case FIELD_CODES:
        msgpack_pack_array(&packer, CODES_MAX);
        for (int i = 0; i < CODES_MAX; i++) {
            text("S01");
        }
        return;
    case FIELD_MAP:
        msgpack_pack_map(&packer, 0);
        return;
    }
}

/* A map of all required fields but `but`, and then room for one more pair. */
static void begin_map(const struct shape *shape, const struct field_shape *but, uint32_t more)
{
    uint32_t count = more;

    msgpack_sbuffer_clear(&bytes);
    for (uint32_t i = 0; i < shape->field_count; i++) {
        count += shape->fields[i].required && &shape->fields[i] != but;
    }
    msgpack_pack_map(&packer, count);
    for (uint32_t i = 0; i < shape->field_count; i++) {
        if (shape->fields[i].required && &shape->fields[i] != but) {
            text(shape->fields[i].name);
            good(&shape->fields[i]);
        }
    }
}

/* Straight from the bytes the same comes out: the same struct, or the same fault. */
static void read_the_same(const struct shape *shape, const void *value, const struct codec_fault *fault)
{
    struct wire wire = {.at = (const uint8_t *)bytes.data, .end = (const uint8_t *)bytes.data + bytes.size};
    void *read = malloc(shape->size);
    struct codec_fault read_fault = {0};
    uint32_t elements = CAP_ELEMENTS;

    memset(read, 0xee, shape->size);
    bool good = codec_read_map(&wire, shape, read, &elements, &read_fault);
    ck_assert_int_eq(good, fault->refusal == REFUSAL_NONE);
    ck_assert_int_eq(read_fault.refusal, fault->refusal);
    ck_assert_ptr_eq(read_fault.field, fault->field);
    ck_assert_ptr_eq(read_fault.cause, fault->cause);
    if (good) {
        struct proto_buffer one = {0}, other = {0};

        ck_assert_uint_eq(wire_left(&wire), 0);
        ck_assert_uint_eq(*(uint64_t *)read, *(const uint64_t *)value);
        ck_assert_int_eq(codec_encode_map(shape, value, CODEC_OMIT_NOTHING, &one), 0);
        ck_assert_int_eq(codec_encode_map(shape, read, CODEC_OMIT_NOTHING, &other), 0);
        ck_assert_uint_eq(one.size, other.size);
        ck_assert_mem_eq(one.data, other.data, one.size);
        proto_buffer_deinit(&one);
        proto_buffer_deinit(&other);
        /* Cut off anywhere it is none: at its short end, for there are long ones. */
        for (size_t cut = bytes.size > 64 ? bytes.size - 64 : 0; cut < bytes.size; cut++) {
            wire = (struct wire){.at = (const uint8_t *)bytes.data, .end = (const uint8_t *)bytes.data + cut};
            ck_assert(!codec_read_map(&wire, shape, read, &elements, &read_fault));
        }
    }
    free(read);
}

/* Decodes what stands in `bytes`, both ways. */
static enum refusal decode(const struct shape *shape, const char **ret_field, uint64_t *ret_given)
{
    void *value = malloc(shape->size);
    struct codec_fault fault = {0};
    msgpack_object map;

    memset(value, 0xee, shape->size);
    ck_assert_int_eq(codec_unpack(&scratch, bytes.data, bytes.size, &map), 0);
    if (codec_decode_map(&map, shape, value, &fault)) {
        ck_assert_int_eq(fault.refusal, REFUSAL_NONE);
    } else {
        ck_assert_int_ne(fault.refusal, REFUSAL_NONE);
    }
    read_the_same(shape, value, &fault);
    if (ret_given != NULL) {
        *ret_given = *(uint64_t *)value;
    }
    *ret_field = fault.field;
    free(value);
    return fault.refusal;
}

enum wrong {
    WRONG_NIL,
    WRONG_FLOAT,
    WRONG_BIN,
    WRONG_MAP,
    WRONG_ARRAY,
    WRONG_EXT,
    WRONG_INT,
    WRONG_NEGATIVE,
    WRONG_HUGE,
    WRONG_TEXT,
    WRONG_FLAG,
    WRONG_COUNT
};

static void pack_wrong(enum wrong wrong)
{
    switch (wrong) {
    case WRONG_NIL:
        msgpack_pack_nil(&packer);
        return;
    case WRONG_FLOAT:
        msgpack_pack_double(&packer, 1.0);
        return;
    case WRONG_BIN:
        msgpack_pack_bin(&packer, 3);
        msgpack_pack_bin_body(&packer, "S01", 3);
        return;
    case WRONG_MAP:
        msgpack_pack_map(&packer, 0);
        return;
    case WRONG_ARRAY:
        msgpack_pack_array(&packer, 1);
        msgpack_pack_nil(&packer);
        return;
    case WRONG_EXT:
        msgpack_pack_ext(&packer, 1, 1);
        msgpack_pack_ext_body(&packer, "x", 1);
        return;
    case WRONG_INT:
        msgpack_pack_int(&packer, 3);
        return;
    case WRONG_NEGATIVE:
        msgpack_pack_int(&packer, -1);
        return;
    case WRONG_HUGE:
        msgpack_pack_uint64(&packer, UINT64_MAX);
        return;
    case WRONG_TEXT:
        text("no such value");
        return;
    case WRONG_FLAG:
        msgpack_pack_true(&packer);
        return;
    case WRONG_COUNT:
        return;
    }
}

/* Is this, after all, a value that the field takes? */
static bool is_fine(const struct field_shape *field, enum wrong wrong)
{
    bool number = field->type == FIELD_ID || field->type == FIELD_INSTANT || field->type == FIELD_SPAN ||
                  field->type == FIELD_NUM || field->type == FIELD_COUNT;

    return (wrong == WRONG_INT && number) || (wrong == WRONG_NEGATIVE && field->type == FIELD_NUM) ||
           (wrong == WRONG_TEXT && field->type == FIELD_TEXT) || (wrong == WRONG_FLAG && field->type == FIELD_FLAG) ||
           field->type == FIELD_MAP;
}

static void every_field(const struct shape *shape)
{
    const char *at;

    for (uint32_t i = 0; i < shape->field_count; i++) {
        const struct field_shape *field = &shape->fields[i];
        uint64_t given;

        begin_map(shape, field, 1);
        text(field->name);
        good(field);
        ck_assert_msg(decode(shape, &at, &given) == REFUSAL_NONE, "%s.%s", shape->name, field->name);
        ck_assert_msg(!!(given & UINT64_C(1) << i) == (field->type != FIELD_MAP), "%s.%s", shape->name, field->name);

        /* twice */
        begin_map(shape, field, 2);
        text(field->name);
        good(field);
        text(field->name);
        good(field);
        if (field->type != FIELD_MAP) {
            ck_assert_int_eq(decode(shape, &at, NULL), REFUSAL_BAD_FIELD);
            ck_assert_str_eq(at, field->name);
        }

        /* missing */
        begin_map(shape, field, 0);
        ck_assert_int_eq(decode(shape, &at, NULL), field->required ? REFUSAL_BAD_FIELD : REFUSAL_NONE);
        ck_assert(!field->required || strcmp(at, field->name) == 0);

        for (enum wrong wrong = 0; wrong < WRONG_COUNT; wrong++) {
            begin_map(shape, field, 1);
            text(field->name);
            pack_wrong(wrong);
            enum refusal refusal = decode(shape, &at, NULL);
            ck_assert_msg(refusal == (is_fine(field, wrong) ? REFUSAL_NONE : REFUSAL_BAD_FIELD), "%s.%s, wrong value %d: %s",
                          shape->name, field->name, (int)wrong, refusal_infos[refusal].code);
            ck_assert(refusal == REFUSAL_NONE || strcmp(at, field->name) == 0);
        }
    }
}

START_TEST(every_field_of_every_message)
{
    for (int i = 0; i <= COMMAND_TYPE_MAX; i++) {
        if (command_info((enum command_type)i) != NULL) {
            every_field(command_info((enum command_type)i)->shape);
        }
    }
    for (int i = QUERY_HELLO; i <= QUERY_TYPE_MAX; i++) {
        const struct query_info *info = query_info((enum query_type)i);

        every_field(info->shape);
        every_field(info->reply_shape);
        for (uint32_t row = 0; row < info->row_list_count; row++) {
            if (info->row_lists[row].shape != NULL) {
                every_field(info->row_lists[row].shape);
            }
        }
    }
    every_field(&command_answer_shape);
}
END_TEST

static enum refusal submit_with(const char *name, const char *value, size_t size)
{
    const char *at;
    const struct field_shape *field = NULL;

    for (uint32_t i = 0; i < submit_command_shape.field_count; i++) {
        if (strcmp(submit_command_shape.fields[i].name, name) == 0) {
            field = &submit_command_shape.fields[i];
        }
    }
    ck_assert_ptr_nonnull(field);
    begin_map(&submit_command_shape, field, 1);
    text(name);
    msgpack_pack_str(&packer, size);
    msgpack_pack_str_body(&packer, value, size);
    enum refusal refusal = decode(&submit_command_shape, &at, NULL);
    ck_assert(refusal == REFUSAL_NONE || strcmp(at, name) == 0);
    return refusal;
}

START_TEST(sizes)
{
    char *large = malloc(1 << 20);

    memset(large, 'x', 1 << 20);
    ck_assert_int_eq(submit_with("title", large, CAP_TITLE_SIZE), REFUSAL_NONE);
    ck_assert_int_eq(submit_with("title", large, CAP_TITLE_SIZE + 1), REFUSAL_TOO_LARGE);
    ck_assert_int_eq(submit_with("text", large, 1 << 20), REFUSAL_TOO_LARGE);
    ck_assert_int_eq(submit_with("place", large, CODE_SIZE + 1), REFUSAL_TOO_LARGE);
    ck_assert_int_eq(submit_with("place", "", 0), REFUSAL_NONE);
    ck_assert_int_eq(submit_with("matter", "", 0), REFUSAL_BAD_FIELD); /* required */
    ck_assert_int_eq(submit_with("place", "a b", 3), REFUSAL_BAD_FIELD);
    free(large);
}
END_TEST

START_TEST(numbers)
{
    const struct shape *shape = &rate_call_command_shape;
    const char *at;

    for (int score = 0; score <= 6; score++) {
        const struct field_shape *field = NULL;

        for (uint32_t i = 0; i < shape->field_count; i++) {
            if (strcmp(shape->fields[i].name, "score") == 0) {
                field = &shape->fields[i];
            }
        }
        begin_map(shape, field, 1);
        text("score");
        msgpack_pack_int(&packer, score);
        ck_assert_int_eq(decode(shape, &at, NULL), score >= 1 && score <= 5 ? REFUSAL_NONE : REFUSAL_BAD_FIELD);
    }
    begin_map(&advance_command_shape, &advance_command_shape.fields[0], 1);
    text("to");
    msgpack_pack_int64(&packer, INSTANT_MAX + 1);
    ck_assert_int_eq(decode(&advance_command_shape, &at, NULL), REFUSAL_BAD_FIELD);
}
END_TEST

static const struct {
    const char *text;
    size_t size;
    bool valid;
} utf8[] = {
    {"plain\n\ttext", 11, true},
    {"\xe8\xb7\xaf", 3, true},
    {"\xf0\x9f\x92\xa1", 4, true},
    {"", 0, true},
    {"\xc2\xa0", 2, true},
    {"a\0b", 3, false},
    {"\r", 1, false},
    {"\x1b", 1, false},
    {"\x7f", 1, false},
    {"\xc2\x85", 2, false},
    {"\x80", 1, false},
    {"\xc0\x80", 2, false},
    {"\xe8\xb7", 2, false},
    {"\xed\xa0\x80", 3, false},
    {"\xf4\x90\x80\x80", 4, false},
    {"\xff", 1, false},
    {"\xe0\x80\xaf", 3, false},
    {"ok\xf0\x9f\x92", 5, false},
};

START_TEST(utf_8)
{
    ck_assert_int_eq(codec_text_valid(utf8[_i].text, utf8[_i].size), utf8[_i].valid);
    ck_assert_int_eq(submit_with("title", utf8[_i].text, utf8[_i].size), utf8[_i].valid ? REFUSAL_NONE : REFUSAL_BAD_FIELD);
}
END_TEST

static bool by_library(const uint8_t *at, size_t size)
{
    utf8proc_int32_t point;

    return utf8proc_iterate(at, (utf8proc_ssize_t)size, &point) == (utf8proc_ssize_t)size && point >= 0xa0;
}

/* The check of our own says what the library says: of every character, and of every two, three and many four bytes. */
START_TEST(utf_8_as_the_library)
{
    uint8_t point[4], at[4];

    for (int32_t i = 0x80; i < 0x110000; i++) {
        utf8proc_ssize_t size = utf8proc_encode_char(i, point);

        ck_assert_msg(codec_text_valid((char *)point, (size_t)size) == by_library(point, (size_t)size), "U+%04X", (unsigned)i);
    }
    for (uint32_t i = 0x8000; i < 0x10000; i++) {
        at[0] = (uint8_t)(i >> 8);
        at[1] = (uint8_t)i;
        if (at[1] >= 0x80) { /* else these are two characters */
            ck_assert_msg(codec_text_valid((char *)at, 2) == by_library(at, 2), "%06x", i);
        }
        for (uint32_t j = 0x80; j < 0x100; j++) {
            at[2] = (uint8_t)j;
            if (at[0] >= 0xe0) {
                ck_assert_msg(codec_text_valid((char *)at, 3) == by_library(at, 3), "%04x%02x", i, j);
            }
            for (uint32_t k = 0x7f; at[0] >= 0xf0 && k < 0xff; k += 0x20) {
                at[3] = (uint8_t)k;
                ck_assert_msg(codec_text_valid((char *)at, 4) == by_library(at, 4), "%04x%02x%02x", i, j, k);
            }
        }
    }
}
END_TEST

/* Any byte anywhere among others that are fine: the sixteen that are looked at together hide none. */
START_TEST(one_byte_of_sixteen)
{
    char words[40];

    for (size_t size = 1; size <= sizeof(words); size++) {
        for (size_t i = 0; i < size; i++) {
            for (int byte = 0; byte < 256; byte++) {
                memset(words, byte % 2 == 0 ? '~' : ' ', sizeof(words));
                words[i] = (char)byte;
                ck_assert_int_eq(codec_text_valid(words, size), byte == '\n' || byte == '\t' || (byte >= 0x20 && byte < 0x7f));
            }
        }
    }
}
END_TEST

START_TEST(unknown_fields_and_keys)
{
    const char *at;

    begin_map(&submit_command_shape, NULL, 2);
    text("brand_new");
    msgpack_pack_array(&packer, 1);
    msgpack_pack_double(&packer, 2.5);
    text("brand_new");
    msgpack_pack_nil(&packer);
    ck_assert_int_eq(decode(&submit_command_shape, &at, NULL), REFUSAL_NONE);
    begin_map(&submit_command_shape, NULL, 1);
    msgpack_pack_int(&packer, 5);
    msgpack_pack_int(&packer, 5);
    ck_assert_int_eq(decode(&submit_command_shape, &at, NULL), REFUSAL_BAD_MESSAGE);
    msgpack_sbuffer_clear(&bytes);
    msgpack_pack_array(&packer, 0);
    ck_assert_int_eq(decode(&submit_command_shape, &at, NULL), REFUSAL_BAD_MESSAGE);
}
END_TEST

START_TEST(codes)
{
    struct codec_fault fault;
    struct route_command route;
    msgpack_object map;
    const char *at;

    begin_map(&route_command_shape, NULL, 1);
    text("supports");
    msgpack_pack_array(&packer, 2);
    text("D-1");
    text("D-2");
    ck_assert_int_eq(codec_unpack(&scratch, bytes.data, bytes.size, &map), 0);
    ck_assert(codec_decode_map(&map, &route_command_shape, &route, &fault));
    ck_assert_uint_eq(route.supports.count, 2);
    ck_assert(text_equal(text_of_code(&route.supports.at[1]), text_of("D-2")));
    begin_map(&route_command_shape, NULL, 1);
    text("supports");
    msgpack_pack_array(&packer, CODES_MAX + 1);
    for (int i = 0; i <= CODES_MAX; i++) {
        text("D");
    }
    ck_assert_int_eq(decode(&route_command_shape, &at, NULL), REFUSAL_TOO_LARGE);
    begin_map(&route_command_shape, NULL, 1);
    text("supports");
    msgpack_pack_array(&packer, 1);
    text("");
    ck_assert_int_eq(decode(&route_command_shape, &at, NULL), REFUSAL_BAD_FIELD);
}
END_TEST

START_TEST(omissions)
{
    struct case_view view = {.given = CASE_VIEW_HAS_CASE, .case_id = 5, .title = {.at = "t", .size = 1}};
    struct metric_view metric = {.given = 0, .value = 7};
    struct proto_buffer out = {0};
    msgpack_object map;

    ck_assert_int_eq(codec_encode_map(&case_view_shape, &view, CODEC_OMIT_UNGIVEN, &out), 0);
    ck_assert_int_eq(codec_unpack(&scratch, out.data, out.size, &map), 0);
    ck_assert_uint_eq(map.via.map.size, 1);
    proto_buffer_clear(&out);
    ck_assert_int_eq(codec_encode_map(&case_view_shape, &view, CODEC_OMIT_PERSONAL, &out), 0);
    ck_assert_ptr_null(memmem(out.data, out.size, "title", 5));
    proto_buffer_clear(&out);
    ck_assert_int_eq(codec_encode_map(&case_view_shape, &view, CODEC_OMIT_NOTHING, &out), 0);
    ck_assert_ptr_nonnull(memmem(out.data, out.size, "title", 5));
    proto_buffer_clear(&out);
    ck_assert_int_eq(codec_encode_map(&metric_view_shape, &metric, CODEC_OMIT_NOTHING, &out), 0);
    ck_assert_ptr_null(memmem(out.data, out.size, "value", 5));
    proto_buffer_clear(&out);
    metric.given = METRIC_VIEW_HAS_VALUE;
    ck_assert_int_eq(codec_encode_map(&metric_view_shape, &metric, CODEC_OMIT_NOTHING, &out), 0);
    ck_assert_ptr_nonnull(memmem(out.data, out.size, "value", 5));
    proto_buffer_deinit(&out);
}
END_TEST

START_TEST(budget)
{
    msgpack_object object;

    msgpack_pack_array(&packer, CAP_ELEMENTS - 1);
    for (int i = 0; i < CAP_ELEMENTS - 1; i++) {
        msgpack_pack_nil(&packer);
    }
    ck_assert_int_eq(codec_unpack(&scratch, bytes.data, bytes.size, &object), 0);
    msgpack_sbuffer_clear(&bytes);
    msgpack_pack_array(&packer, CAP_ELEMENTS);
    for (int i = 0; i < CAP_ELEMENTS; i++) {
        msgpack_pack_nil(&packer);
    }
    ck_assert_int_eq(codec_unpack(&scratch, bytes.data, bytes.size, &object), -E2BIG);
    ck_assert_int_eq(codec_unpack_sized(&scratch, bytes.data, bytes.size, CAP_ELEMENTS + 1, &object), 0);
    ck_assert_int_eq(codec_unpack(&scratch, "\x01\x02", 2, &object), -EBADMSG); /* more than one value */
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {{every_field_of_every_message},
                                       {sizes},
                                       {numbers},
                                       {utf_8, SUITE_COUNT(utf8)},
                                       {utf_8_as_the_library},
                                       {one_byte_of_sixteen},
                                       {unknown_fields_and_keys},
                                       {codes},
                                       {omissions},
                                       {budget}};
    return suite_run(&(struct suite){
        .name = "codec", .timeout_s = 60, .setup = setup, .teardown = teardown, .tests = tests, .count = SUITE_COUNT(tests)});
}
