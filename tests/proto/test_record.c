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
    ck_assert_int_eq(record_decode(out.data, out.size, &offset, 7, &read), 0);
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
    ck_assert_int_eq(record_decode(out.data, out.size, &offset, 7, &read), 0);
    ck_assert_int_eq(read.type, RECORD_TIME_ADVANCED);
    ck_assert_uint_eq(offset, out.size);
    ck_assert_int_eq(record_decode(out.data, out.size, &offset, 7, &read), -EBADMSG);
    offset = 0;
    ck_assert_int_eq(record_skip(out.data, out.size, &offset), 0);
    ck_assert_int_eq(record_decode(out.data, out.size, &offset, 7, &read), 0);
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
        ck_assert_int_eq(record_decode(out.data, out.size, &offset, 7, &read), 0);
        ck_assert_int_eq(record_encode(&read, &again), 0);
        ck_assert_uint_eq(out.size, again.size);
        ck_assert_mem_eq(out.data, again.data, out.size);
        ck_assert_int_eq(out.data[out.size - 1], 0); /* the body's mask, and nothing to seal behind it */
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
    ck_assert_int_eq(record_decode(out.data, out.size, &offset, 7, &read), 0);
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
    ck_assert_int_eq(record_decode(out.data, out.size, &offset, 7, &read), 0);
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
    {BYTES("\xc4\x06\x06\x01\x00\x05\x00\x00"), 0},                            /* no fields */
    {BYTES("\xc4\x07\x06\x01\x00\x05\x01\x07\x00"), 0},                        /* older: one field */
    {BYTES("\xc5\x00\x06\x06\x01\x00\x05\x00\x00"), 0},                        /* not in the shortest form */
    {BYTES("\xc4\x06\x06\x02\x00\x05\x00\x00"), -ENOTSUP},                     /* newer version */
    {BYTES("\xc4\x06\x63\x01\x00\x05\x00\x00"), -ENOTSUP},                     /* newer type */
    {BYTES("\xc4\x07\x06\x01\x00\x05\x00\x01\x01"), -ENOTSUP},                 /* more fields than the version has */
    {BYTES("\xc4\x0b\x06\x01\x00\x05\xce\x00\x01\x00\x00\x01\x00"), -ENOTSUP}, /* the same in the envelope */
    {BYTES("\xc4\x06\x06\x00\x00\x05\x00\x00"), -EBADMSG},                     /* no version */
    {BYTES("\xc4\x06\x06\x01\x00\xff\x00\x00"), -EBADMSG},                     /* instant before 1970 */
    {BYTES("\xc4\x05\x06\x01\x00\x05\x00"), -EBADMSG},                         /* no body */
    {BYTES("\xc4\x05\x06\x01\x01\x00\x00"), -EBADMSG},                         /* leans on what is not a record */
    {BYTES("\xc4\x05\x06\x01\x02\x00\x00"), -EBADMSG},                         /* leans on what is not there */
    {BYTES("\xc4\x06\x06\x01\x00\x05\x80\x00"), -EBADMSG},                     /* no mask */
    {BYTES("\xc4\x08\x06\x01\x00\x05\x01\xa1x\x00"), -EBADMSG},                /* an id that is a text */
    {BYTES("\xc4\x07\x06\x01\x00\x05\x01\x07"), -EBADMSG},                     /* shorter than it says */
    {BYTES("\xc4\x06\x06\x01\x00\x05\x01\x07\x00"), -EBADMSG},                 /* shorter than its content */
    {BYTES("\xc4\x07\x06\x01\x00\x05\x00\x00\x01"), -EBADMSG},                 /* something behind the body */
    {BYTES("\xc4\x07\x06\x01\x00\x05\x00\x00\xc0"), -EBADMSG},
    {BYTES("\xc4\x08\x06\x01\x00\x05\x00\x00\xc4\x00"), -EBADMSG},             /* no cipher */
    {BYTES("\xc4\x09\x06\x01\x00\x05\x00\x00\xc4\x01\x00"), -EBADMSG},         /* a cipher and nothing */
    {BYTES("\xc4\x0a\x06\x01\x00\x05\x00\x00\xc4\x02\x00\x00"), 0},            /* nothing, sealed */
    {BYTES("\xc4\x0b\x06\x01\x00\x05\x00\x00\xc4\x03\x00\x00\x00"), -EBADMSG}, /* and something behind it */
    {BYTES("\xc4\x0b\x06\x01\x00\x05\x00\x00\xc4\x02\x00\x00\x00"), -EBADMSG},
    {BYTES("\xc4\x0a\x06\x01\x00\x05\x00\x00\xc4\x02\x01\x00"), -ENOTSUP},     /* a cipher that is not known */
    {BYTES("\xc4\x0a\x0b\x01\x00\x05\x00\x02\xa1x\x00"), -EBADMSG},            /* a text that is not sealed */
    {BYTES("\xc4\x0b\x0b\x01\x00\x05\x00\x00\xc4\x03\x00\x01\x01"), -EBADMSG}, /* sealed, and not personal */
    {BYTES("\xc4\x0f\x0b\x01\x00\x05\x00\x00\xc4\x07\x00\x02\xdb\xff\xff\xff\xff"), -EBADMSG},
    {BYTES("\xc4\x06\xff\x01\x00\x05\x00\x00"), -EBADMSG},
    {BYTES("\xc6\xff\xff\xff\xff\x06\x01\x00\x05\x00\x00"), -EBADMSG},
    {BYTES("\x96\x06\x01\x05\x90\x90\xc0"), -EBADMSG},
    {BYTES("\xc4\x00"), -EBADMSG},
    {BYTES("\xc0"), -EBADMSG},
    {BYTES(""), -EBADMSG},
};

START_TEST(other_bytes)
{
    char *copy = malloc(bytes[_i].size + 1);
    struct record record;
    size_t offset = 1;

    memcpy(copy + 1, bytes[_i].data, bytes[_i].size);
    ck_assert_int_eq(record_decode(copy, bytes[_i].size + 1, &offset, 7, &record), bytes[_i].rc);
    ck_assert_uint_eq(offset, bytes[_i].rc == 0 ? bytes[_i].size + 1 : 1);
    if (bytes[_i].rc == 0 || bytes[_i].rc == -ENOTSUP) {
        ck_assert_int_eq((int)record.type, bytes[_i].data[bytes[_i].data[0] == '\xc4' ? 2 : 3]);
    }
    free(copy);
}
END_TEST

/* The records of a submit as the engine has them: the case's dims stand in the second, the lead's unit in the third. */
static void make_command(struct record *records)
{
    for (uint32_t i = 0; i < 5; i++) {
        records[i] = make_received();
        records[i].seq = 70001 + i;
        records[i].head.case_id = 70002;
        records[i].head.case_prev = i == 0 ? 0 : 70000 + i;
    }
    records[0].type = RECORD_COMMAND_TAKEN;
    records[0].head = (struct record_envelope){.case_id = 70002};
    records[0].body.command_taken = (struct command_taken_body){.command = 1, .actor = text_of("w"), .body_hash = UINT64_MAX};
    for (uint32_t i = 2; i < 5; i++) {
        ck_assert(code_make("D_WATER", 7, &records[i].head.unit));
        ck_assert(code_make("D_WATER", 7, &records[i].head.acct));
        records[i].type = RECORD_CLOCK_STARTED;
        records[i].body.clock_started = (struct clock_started_body){.clock = CLOCK_KIND_SUPPORT, .due_at = records[i].at_ms + 1000};
    }
    records[3].head.duty_id = 70003;
    records[4].head.upstream = false;
}

static void same_record(const struct record *a, const struct record *b)
{
    struct proto_buffer one = {0}, other = {0};

    ck_assert_uint_eq(a->seq, b->seq);
    ck_assert_int_eq(record_encode_view(a, true, &one), 0);
    ck_assert_int_eq(record_encode_view(b, true, &other), 0);
    ck_assert_uint_eq(one.size, other.size);
    ck_assert_mem_eq(one.data, other.data, one.size);
    proto_buffer_deinit(&one);
    proto_buffer_deinit(&other);
}

/* What repeats stands once, and each record is read without those before it that it does not lean on. */
START_TEST(records_of_one_command)
{
    struct record records[5], read;
    struct proto_buffer out = {0};
    size_t offsets[6] = {0}, alone = 0;

    make_command(records);
    for (uint32_t i = 0; i < 5; i++) {
        ck_assert_int_eq(record_encode(&records[i], &out), 0);
    }
    alone = out.size;
    proto_buffer_clear(&out);
    ck_assert_int_eq(proto_buffer_append(&out, "before", 6), 0);
    ck_assert_int_eq(record_encode_all(records, 5, &out), 0);
    ck_assert_uint_lt(out.size - 6, alone - 60);
    offsets[0] = 6;
    for (uint32_t i = 0; i < 5; i++) {
        offsets[i + 1] = offsets[i];
        ck_assert_int_eq(record_skip(out.data, out.size, &offsets[i + 1]), 0);
    }
    ck_assert_uint_eq(offsets[5], out.size);
    for (uint32_t i = 5; i-- > 0;) {
        size_t offset = offsets[i];

        ck_assert_int_eq(record_decode(out.data, out.size, &offset, records[i].seq, &read), 0);
        ck_assert_uint_eq(offset, offsets[i + 1]);
        same_record(&read, &records[i]);
    }
    /* The second leans on the first, the third on the second, and has a better claim to be leaned on: the last two do. */
    ck_assert_int_eq(out.data[offsets[1] + 4], (int)(offsets[1] - offsets[0]));
    ck_assert_int_eq(out.data[offsets[2] + 4], (int)(offsets[2] - offsets[1]));
    ck_assert_int_eq(out.data[offsets[3] + 4], (int)(offsets[3] - offsets[2]));
    ck_assert_int_eq(out.data[offsets[4] + 4], (int)(offsets[4] - offsets[2]));
    ck_assert_mem_eq(out.data + offsets[3] + 5, "\x08\xce\x00\x01\x11\x73", 6); /* of the envelope the duty alone */
    proto_buffer_deinit(&out);
}
END_TEST

/* Any field of the envelope may differ from that of the record before, and come back. */
START_TEST(any_difference)
{
    const struct shape *shape = &record_envelope_shape;
    struct record records[3], read;
    struct proto_buffer out = {0};

    for (uint32_t i = 0; i < shape->field_count; i++) {
        size_t offset = 0;

        for (uint32_t j = 0; j < 3; j++) {
            records[j] = make_received();
            records[j].seq = 70001 + j;
        }
        memset((char *)&records[1].head + shape->fields[i].offset, 0, shape->fields[i].type == FIELD_CODE ? CODE_SIZE : 1);
        if (shape->fields[i].type == FIELD_ID || shape->fields[i].type == FIELD_COUNT) {
            *(uint32_t *)(void *)((char *)&records[1].head + shape->fields[i].offset) = _i == 0 ? 0 : 70001;
        }
        proto_buffer_clear(&out);
        ck_assert_int_eq(record_encode_all(records, 3, &out), 0);
        for (uint32_t j = 0; j < 3; j++) {
            ck_assert_int_eq(record_decode(out.data, out.size, &offset, records[j].seq, &read), 0);
            same_record(&read, &records[j]);
        }
        ck_assert_uint_eq(offset, out.size);
    }
    proto_buffer_deinit(&out);
}
END_TEST

/* A record of another case or of another instant leans on none, and those behind it lean on it. */
START_TEST(other_case_or_instant)
{
    struct record records[5], read;
    struct proto_buffer out = {0};
    size_t offset = 0;

    make_command(records);
    records[2].head.case_id = records[3].head.case_id = records[4].head.case_id = 1;
    records[4].at_ms++;
    ck_assert_int_eq(record_encode_all(records, 5, &out), 0);
    for (uint32_t i = 0; i < 5; i++) {
        bool leans = out.data[offset + 4] != 0;

        ck_assert_int_eq(leans, i == 1 || i == 3);
        ck_assert_int_eq(record_decode(out.data, out.size, &offset, records[i].seq, &read), 0);
        same_record(&read, &records[i]);
    }
    proto_buffer_deinit(&out);
}
END_TEST

/* However the records of a command differ, reading one reads three others at most. */
START_TEST(leans_are_few)
{
    static const char first[] = "\xc4\x06\x06\x01\x00\x05\x00\x00", next[] = "\xc4\x05\x06\x01\x08\x00\x00";
    struct proto_buffer out = {0};
    struct record records[20], read;
    size_t offset = 0;

    for (uint32_t i = 0; i < 20; i++) {
        records[i] = make_received();
        records[i].seq = 1 + i;
        records[i].head.round = i;
        records[i].head.duty_id = i;
    }
    ck_assert_int_eq(record_encode_all(records, 20, &out), 0);
    for (uint32_t i = 0; i < 20; i++) {
        ck_assert_int_eq(record_decode(out.data, out.size, &offset, records[i].seq, &read), 0);
        same_record(&read, &records[i]);
    }
    proto_buffer_clear(&out);
    ck_assert_int_eq(proto_buffer_append(&out, first, sizeof(first) - 1), 0);
    for (int i = 0; i < 4; i++) {
        ck_assert_int_eq(proto_buffer_append(&out, next, sizeof(next) - 1), 0);
        if (i > 0) {
            out.data[out.size - 3] = 7;
        }
    }
    offset = 0;
    for (int i = 0; i < 5; i++) {
        ck_assert_int_eq(record_decode(out.data, out.size, &offset, 7, &read), i < 4 ? 0 : -EBADMSG);
    }
    /* What stands before the frame is none of its own, a record or not. */
    offset = 0;
    ck_assert_int_eq(record_decode(out.data + sizeof(first) - 1, out.size - sizeof(first) + 1, &offset, 7, &read), -EBADMSG);
    proto_buffer_deinit(&out);
}
END_TEST

/* Texts of any length: the bin's header is one of three. */
START_TEST(any_length)
{
    static const uint32_t sizes[] = {0,   1,   31,    32,    236,   237,   238,   239,   240,   241,   242,  243,
                                     255, 256, 65519, 65520, 65521, 65522, 65523, 65524, 65525, 65536, 70000};
    char *text = malloc(70000);
    struct proto_buffer out = {0};

    memset(text, 'x', 70000);
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct record record = {.type = RECORD_CASE_NOTED, .at_ms = 5, .seq = 7}, read;
        size_t offset = 0;

        record.body.case_noted.text = (struct text){.at = text, .size = sizes[i]};
        proto_buffer_clear(&out);
        ck_assert_int_eq(record_encode(&record, &out), 0);
        ck_assert_int_eq(record_decode(out.data, out.size, &offset, 7, &read), 0);
        ck_assert_uint_eq(offset, out.size);
        ck_assert(text_equal(read.body.case_noted.text, record.body.case_noted.text));
        offset = 0;
        ck_assert_int_eq(record_skip(out.data, out.size, &offset), 0);
        ck_assert_uint_eq(offset, out.size);
    }
    proto_buffer_deinit(&out);
    free(text);
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
    const struct suite_test tests[] = {{several_in_a_row},
                                       {empty_ones},
                                       {largest_hash},
                                       {instants_of_no_message},
                                       {other_bytes, SUITE_COUNT(bytes)},
                                       {records_of_one_command},
                                       {any_difference, 2},
                                       {other_case_or_instant},
                                       {leans_are_few},
                                       {any_length},
                                       {what_others_see}};
    return suite_run(&(struct suite){.name = "record", .tests = tests, .count = SUITE_COUNT(tests)});
}
