/* test_record.c - records: the journal form is an exact inverse, older and newer ones, and what others see. */

#include "proto/codec.h"
#include "proto/record.h"
#include "proto/reply.h"
#include "tests/suite.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct record make_received(void)
{
    struct record record = {.at_ms = 1321632000000, .type = RECORD_CASE_RECEIVED};

    record.head.case_id = 17;
    record.head.case_prev = 3;
    record.head.round = 1;
    record.head.kind = CASE_KIND_ADVICE;
    record.head.upstream = true;
    ck_assert(code_make("S01", 3, &record.head.street));
    record.body.case_received.day = 111118;
    record.body.case_received.has_contact = true;
    record.body.case_received.reference = text_of("101");
    record.body.case_received.title = text_of("路灯");
    record.body.case_received.reporter_name = text_of("王女士");
    return record;
}

START_TEST(several_in_a_row)
{
    struct record first = make_received(), second = {.at_ms = 5, .type = RECORD_TIME_ADVANCED}, read;
    struct proto_buffer out = {0};
    size_t offset = 0;

    ck_assert_int_eq(record_encode(&first, &out), 0);
    ck_assert_int_eq(record_encode(&second, &out), 0);
    ck_assert_int_eq(record_decode(out.data, out.size, &offset, &read), 0);
    ck_assert_int_eq(read.type, RECORD_CASE_RECEIVED);
    ck_assert_int_eq(read.at_ms, 1321632000000);
    ck_assert_uint_eq(read.head.case_id, 17);
    ck_assert_uint_eq(read.head.case_prev, 3);
    ck_assert_int_eq(read.head.kind, CASE_KIND_ADVICE);
    ck_assert(read.head.upstream);
    ck_assert(code_equal(&read.head.street, &first.head.street));
    ck_assert(code_empty(&read.head.unit));
    ck_assert_uint_eq(read.body.case_received.day, 111118);
    ck_assert(text_equal(read.body.case_received.title, text_of("路灯")));
    ck_assert(text_equal(read.body.case_received.reporter_name, text_of("王女士")));
    ck_assert_uint_eq(read.body.case_received.address.size, 0);
    ck_assert_int_eq(record_decode(out.data, out.size, &offset, &read), 0);
    ck_assert_int_eq(read.type, RECORD_TIME_ADVANCED);
    ck_assert_uint_eq(offset, out.size);
    ck_assert_int_eq(record_decode(out.data, out.size, &offset, &read), -EBADMSG);
    offset = 0;
    ck_assert_int_eq(record_skip(out.data, out.size, &offset), 0);
    ck_assert_int_eq(record_decode(out.data, out.size, &offset, &read), 0);
    ck_assert_int_eq(read.type, RECORD_TIME_ADVANCED);
    ck_assert_int_eq(record_skip(out.data, out.size, &offset), -EBADMSG);
    ck_assert_uint_eq(offset, out.size);
    offset = 0;
    ck_assert_int_eq(record_skip(out.data, 5, &offset), -EBADMSG);
    ck_assert_uint_eq(offset, 0);
    proto_buffer_deinit(&out);
}
END_TEST

/* A record of every type with nothing in it, there and back. */
START_TEST(empty_ones)
{
    for (int type = 0; type <= RECORD_TYPE_MAX; type++) {
        struct record record = {.type = (enum record_type)type, .at_ms = 1}, read;
        struct proto_buffer out = {0}, again = {0};
        size_t offset = 0;

        if (record_info(record.type) == NULL) {
            continue;
        }
        ck_assert_int_eq(record_encode(&record, &out), 0);
        ck_assert_int_eq(record_decode(out.data, out.size, &offset, &read), 0);
        ck_assert_int_eq(record_encode(&read, &again), 0);
        ck_assert_uint_eq(out.size, again.size);
        ck_assert_mem_eq(out.data, again.data, out.size);
        ck_assert_int_eq(out.data[out.size - 1], '\xc0'); /* nothing to seal */
        proto_buffer_deinit(&out);
        proto_buffer_deinit(&again);
    }
}
END_TEST

START_TEST(largest_hash)
{
    struct record record = {.type = RECORD_COMMAND_TAKEN, .at_ms = 1}, read;
    struct proto_buffer out = {0};
    size_t offset = 0;

    record.body.command_taken.body_hash = UINT64_MAX;
    ck_assert_int_eq(record_encode(&record, &out), 0);
    ck_assert_int_eq(record_decode(out.data, out.size, &offset, &read), 0);
    ck_assert_uint_eq(read.body.command_taken.body_hash, UINT64_MAX);
    proto_buffer_deinit(&out);
}
END_TEST

/* Caps are for messages. What is in the journal was computed, and must be read whatever it is. */
START_TEST(instants_of_no_message)
{
    struct record record = {.type = RECORD_CLOCK_STARTED, .at_ms = 1}, read;
    struct proto_buffer out = {0};
    size_t offset = 0;

    record.body.clock_started.due_at = INSTANT_MAX + 1;
    record.body.clock_started.yellow_at = -1;
    record.body.clock_started.bulletin_at = INT64_MAX;
    ck_assert_int_eq(record_encode(&record, &out), 0);
    ck_assert_int_eq(record_decode(out.data, out.size, &offset, &read), 0);
    ck_assert_int_eq(read.body.clock_started.due_at, INSTANT_MAX + 1);
    ck_assert_int_eq(read.body.clock_started.yellow_at, -1);
    ck_assert_int_eq(read.body.clock_started.bulletin_at, INT64_MAX);
    proto_buffer_deinit(&out);
}
END_TEST

#define BYTES(s) s, sizeof(s) - 1

static const struct {
    const char *data;
    size_t size;
    int rc;
} bytes[] = {
    {BYTES("\x96\x06\x01\x05\x90\x90\xc0"), 0},            /* older: no fields yet */
    {BYTES("\x96\x06\x01\x05\x91\x07\x90\xc0"), 0},        /* one field */
    {BYTES("\x96\x06\x02\x05\x90\x90\xc0"), -ENOTSUP},     /* newer version */
    {BYTES("\x96\x63\x01\x05\x90\x90\xc0"), -ENOTSUP},     /* newer type */
    {BYTES("\x96\x06\x00\x05\x90\x90\xc0"), -EBADMSG},     /* no version */
    {BYTES("\x96\x06\x01\xff\x90\x90\xc0"), -EBADMSG},     /* instant before 1970 */
    {BYTES("\x95\x06\x01\x05\x90\x90"), -EBADMSG},         /* no sealed part */
    {BYTES("\x96\x06\x01\x05\x90\x91\x01\xc0"), -EBADMSG}, /* more fields than the version has */
    {BYTES("\x96\x06\x01\x05\x80\x90\xc0"), -EBADMSG},
    {BYTES("\x96\x06\x01\x05\x91\xa1x\x90\xc0"), -EBADMSG},
    {BYTES("\x96\x06\x01\x05\x90\x90\x01"), -EBADMSG},
    {BYTES("\x96\x06\x01\x05\x90\x90\xc4\x01\x00"), -EBADMSG},
    {BYTES("\x96\x06\x01\x05\x90\x90\xc4\x02\x00\x90"), 0},
    {BYTES("\x96\x06\x01\x05\x90\x90\xc4\x02\x01\x90"), -ENOTSUP}, /* a cipher that is not known */
    {BYTES("\x96\x06\x01\x05\x90\x90\xc4\x06\x00\xdd\xff\xff\xff\xff"), -EBADMSG},
    {BYTES("\x96\xff\x01\x05\x90\x90\xc0"), -EBADMSG},
    {BYTES("\xc0"), -EBADMSG},
    {BYTES(""), -EBADMSG},
};

START_TEST(other_bytes)
{
    char *copy = malloc(bytes[_i].size + 1);
    struct record record;
    size_t offset = 1;

    memcpy(copy + 1, bytes[_i].data, bytes[_i].size);
    ck_assert_int_eq(record_decode(copy, bytes[_i].size + 1, &offset, &record), bytes[_i].rc);
    ck_assert_uint_eq(offset, bytes[_i].rc == 0 ? bytes[_i].size + 1 : 1);
    if (bytes[_i].rc == 0 || bytes[_i].rc == -ENOTSUP) {
        ck_assert_int_eq((int)record.type, bytes[_i].data[1]);
    }
    free(copy);
}
END_TEST

static bool has(const struct proto_buffer *out, const char *word)
{
    return memmem(out->data, out->size, word, strlen(word)) != NULL;
}

START_TEST(what_others_see)
{
    struct record record = make_received(), advanced = {.seq = 4, .at_ms = 5, .type = RECORD_TIME_ADVANCED};
    struct codec_scratch scratch = {0};
    struct proto_buffer out = {0};
    msgpack_object map;

    record.seq = 17;
    ck_assert_int_eq(record_encode_event(&record, 16, &out), 0);
    ck_assert(!has(&out, "王女士") && !has(&out, "路灯") && !has(&out, "case_prev"));
    ck_assert_int_eq(codec_unpack(&scratch, out.data, out.size, &map), 0);
    ck_assert_uint_eq(reply_field(&map, "prev")->via.u64, 16);
    const msgpack_object *dims = reply_field(&map, "dims");
    ck_assert_ptr_nonnull(dims);
    ck_assert_mem_eq(reply_field(dims, "street")->via.str.ptr, "S01", 3);
    ck_assert_ptr_null(reply_field(&map, "street"));
    proto_buffer_clear(&out);
    ck_assert_int_eq(record_encode_view(&record, false, &out), 0);
    ck_assert(!has(&out, "王女士") && !has(&out, "case_prev") && !has(&out, "prev"));
    proto_buffer_clear(&out);
    ck_assert_int_eq(record_encode_view(&record, true, &out), 0);
    ck_assert(has(&out, "王女士") && has(&out, "case_prev"));
    proto_buffer_clear(&out);
    ck_assert_int_eq(record_encode_event(&advanced, 3, &out), 0);
    ck_assert(!has(&out, "dims")); /* no case */
    ck_assert(record_is_event(RECORD_TIME_ADVANCED));
    ck_assert(!record_is_event(RECORD_COMMAND_TAKEN));
    ck_assert(!record_is_event((enum record_type)99));
    proto_buffer_deinit(&out);
    codec_scratch_deinit(&scratch);
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {
        {several_in_a_row}, {empty_ones}, {largest_hash}, {instants_of_no_message}, {other_bytes, SUITE_COUNT(bytes)},
        {what_others_see}};
    return suite_run(&(struct suite){.name = "record", .tests = tests, .count = SUITE_COUNT(tests)});
}
