/* test_reply.c - replies with lists, and what a client refuses to read. */

#include "proto/reply.h"
#include "tests/suite.h"

#include <check.h>
#include <errno.h>
#include <string.h>

START_TEST(lists)
{
    struct list_cases_reply body = {.next = 9};
    struct case_view row = {.case_id = 1};
    struct codec_scratch scratch = {0};
    struct proto_buffer out = {0}, raw = {0};
    struct reply_writer writer;
    struct reply reply;

    ck_assert_int_eq(codec_encode_map(&case_view_shape, &row, CODEC_OMIT_PERSONAL, &raw), 0);
    ck_assert_int_eq(reply_begin(&writer, &out, text_of("id1"), &list_cases_reply_shape, &body, CODEC_OMIT_NOTHING, 2), 0);
    ck_assert_int_eq(reply_list(&writer, "rows"), 0);
    for (row.case_id = 0; row.case_id < CAP_PAGE; row.case_id++) {
        ck_assert_int_eq(reply_row(&writer, &case_view_shape, &row, CODEC_OMIT_NOTHING), 0);
    }
    ck_assert_int_eq(reply_list(&writer, "more"), 0);
    ck_assert_int_eq(reply_row_raw(&writer, raw.data, raw.size), 0);
    ck_assert_int_eq(codec_encode_map(&case_view_shape, &row, CODEC_OMIT_NOTHING, reply_row_into(&writer)), 0);
    ck_assert_int_eq(reply_end(&writer), 0);
    ck_assert_int_eq(reply_decode(&scratch, out.data, out.size, &reply), 0);
    ck_assert(reply.ok && text_equal(reply.id, text_of("id1")));
    ck_assert_uint_eq(reply_field(&reply.body, "next")->via.u64, 9);
    const msgpack_object *rows = reply_field(&reply.body, "rows");
    ck_assert_uint_eq(rows->via.array.size, CAP_PAGE);
    ck_assert_uint_eq(reply_field(&rows->via.array.ptr[CAP_PAGE - 1], "case")->via.u64, CAP_PAGE - 1);
    ck_assert_uint_eq(reply_field(&reply.body, "more")->via.array.size, 2);
    ck_assert_ptr_null(reply_field(&reply.body, "nothing"));
    ck_assert_ptr_null(reply_field(rows, "case"));
    codec_scratch_deinit(&scratch);
    proto_buffer_deinit(&out);
    proto_buffer_deinit(&raw);
}
END_TEST

START_TEST(every_refusal)
{
    struct codec_scratch scratch = {0};

    for (int i = 1; i < REFUSAL_COUNT; i++) {
        struct proto_buffer out = {0};
        struct reply reply;

        ck_assert_int_eq(reply_encode_refusal(&out, text_of(""), (enum refusal)i, i % 2 ? "unit" : NULL), 0);
        ck_assert_int_eq(reply_decode(&scratch, out.data, out.size, &reply), 0);
        ck_assert(!reply.ok);
        ck_assert_int_eq((int)reply.refusal, i);
        ck_assert_int_eq(reply.retry, refusal_infos[i].retry);
        ck_assert(text_equal(reply.field, text_of(i % 2 ? "unit" : NULL)));
        proto_buffer_deinit(&out);
    }
    codec_scratch_deinit(&scratch);
}
END_TEST

START_TEST(a_field_has_its_own_hint)
{
    struct codec_scratch scratch = {0};
    const char *const fields[] = {"reporter_phone", "text"};

    for (int i = 0; i < 2; i++) {
        struct proto_buffer out = {0};
        struct reply reply;

        ck_assert_int_eq(reply_encode_refusal(&out, text_of(""), REFUSAL_INCOMPLETE, fields[i]), 0);
        ck_assert_int_eq(reply_decode(&scratch, out.data, out.size, &reply), 0);
        ck_assert_int_eq(text_equal(reply.hint, text_of(refusal_infos[REFUSAL_INCOMPLETE].hint)), i == 1);
        ck_assert_int_eq(memmem(reply.hint.at, reply.hint.size, "--anonymous", 11) != NULL, i == 0);
        proto_buffer_deinit(&out);
    }
    codec_scratch_deinit(&scratch);
}
END_TEST

#define BYTES(s) s, sizeof(s) - 1

static const struct {
    const char *data;
    size_t size;
    int rc;
} bytes[] = {
    {BYTES("\x82\xa2ok\xc3\xa4"
           "body\x80"),
     0},
    {BYTES("\x82\xa2ok\xc2\xa4"
           "code\xa3NEW"),
     0},
    {BYTES("\x81\xa2ok\xc3"), -EBADMSG},
    {BYTES("\x81\xa2ok\xc2"), -EBADMSG},
    {BYTES("\x82\xa2ok\x01\xa4"
           "body\x80"),
     -EBADMSG},
    {BYTES("\x82\xa2ok\xc3\xa4"
           "body\x01"),
     -EBADMSG},
    {BYTES("\x80"), -EBADMSG},
    {BYTES("\xc0"), -EBADMSG},
    {BYTES(""), -EBADMSG},
    {BYTES("\xdd\xff\xff\xff\xff"), -EBADMSG},
};

START_TEST(other_bytes)
{
    struct codec_scratch scratch = {0};
    struct reply reply = {0};

    ck_assert_int_eq(reply_decode(&scratch, bytes[_i].data, bytes[_i].size, &reply), bytes[_i].rc);
    if (bytes[_i].rc == 0 && !reply.ok) { /* a code of a newer dispatcher */
        ck_assert(text_equal(reply.code, text_of("NEW")) && reply.refusal == REFUSAL_BAD_MESSAGE && !reply.retry);
    }
    codec_scratch_deinit(&scratch);
}
END_TEST

/* BUSY may say after which span to ask again; what another program says is bounded, and what is not a number is as if it were not
 * there. */
START_TEST(busy_says_when)
{
    struct proto_buffer out = {0};
    struct codec_scratch scratch = {0};
    struct reply reply;
    ck_assert_int_eq(reply_encode_busy(&out, text_of("id"), "wait", 1500), 0);
    ck_assert_int_eq(reply_decode(&scratch, out.data, out.size, &reply), 0);
    ck_assert_int_eq(reply.refusal, REFUSAL_BUSY);
    ck_assert(reply.retry);
    ck_assert(text_equal(reply.field, text_of("wait")));
    ck_assert_uint_eq(reply.retry_after_ms, 1500);
    proto_buffer_clear(&out);
    ck_assert_int_eq(reply_encode_busy(&out, text_of("id"), NULL, UINT32_MAX), 0);
    ck_assert_int_eq(reply_decode(&scratch, out.data, out.size, &reply), 0);
    ck_assert_uint_eq(reply.retry_after_ms, REPLY_AGAIN_MS_MAX);
    proto_buffer_clear(&out);
    ck_assert_int_eq(reply_encode_refusal(&out, text_of("id"), REFUSAL_BUSY, NULL), 0);
    ck_assert_int_eq(reply_decode(&scratch, out.data, out.size, &reply), 0);
    ck_assert_uint_eq(reply.retry_after_ms, 0);
    proto_buffer_deinit(&out);
    codec_scratch_deinit(&scratch);
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {
        {lists}, {every_refusal}, {busy_says_when}, {a_field_has_its_own_hint}, {other_bytes, SUITE_COUNT(bytes)}};
    return suite_run(&(struct suite){.name = "reply", .tests = tests, .count = SUITE_COUNT(tests)});
}
