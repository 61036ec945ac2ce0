/* test_request.c - the envelope: what is refused, with which field, and that the id comes back all the same. */

#include "proto/request.h"
#include "tests/suite.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static struct request request;
static struct codec_fault fault;

/* Decodes a copy of exactly the message's size, so that the sanitizer sees a read too far. What is borrowed stays until the next.
 */
static bool decode(const void *data, size_t size)
{
    static char *copy;

    free(copy);
    copy = malloc(size == 0 ? 1 : size);
    memcpy(copy, data, size);
    fault = (struct codec_fault){0};
    return request_decode(copy, size, &request, &fault);
}

#define V "\xa1v\x01"
#define ID "\xa2id\xa1X"
#define CMD                                                                                                                        \
    "\xa3"                                                                                                                         \
    "cmd\xa5"                                                                                                                      \
    "hello"
#define BODY                                                                                                                       \
    "\xa4"                                                                                                                         \
    "body\x80"
#define BYTES(s) s, sizeof(s) - 1

static const struct {
    const char *data;
    size_t size;
    enum refusal refusal;
    const char *field;
    const char *id;
} cases[] = {
    {BYTES("\x84" V ID CMD BODY), REFUSAL_NONE, NULL, "X"},
    {BYTES("\x83" V ID CMD), REFUSAL_NONE, NULL, "X"},
    {BYTES("\x83" CMD ID V), REFUSAL_NONE, NULL, "X"},
    {BYTES("\x84" V ID CMD "\xa3new\xcb\x00\x00\x00\x00\x00\x00\x00\x00"), REFUSAL_NONE, NULL, "X"},
    {BYTES("\x84" V ID CMD BODY "\x00"), REFUSAL_BAD_MESSAGE, NULL, "X"}, /* something behind it */
    {BYTES(""), REFUSAL_BAD_MESSAGE, NULL, ""},
    {BYTES("\x01"), REFUSAL_BAD_MESSAGE, NULL, ""},
    {BYTES("\x93\x01\x02\x03"), REFUSAL_BAD_MESSAGE, NULL, ""},
    {BYTES("\xdf\xff\xff\xff\xff"), REFUSAL_BAD_MESSAGE, NULL, ""},
    {BYTES("\x84" V ID CMD), REFUSAL_BAD_MESSAGE, NULL, "X"}, /* cut off */
    {BYTES("\x84" V ID CMD "\xa4"
           "body\xdd\xff\xff\xff\xff"),
     REFUSAL_BAD_MESSAGE, NULL, "X"},
    {BYTES("\x84" V ID CMD "\x01\x80"), REFUSAL_BAD_MESSAGE, NULL, "X"},
    {BYTES("\x82" V CMD), REFUSAL_BAD_FIELD, "id", ""},
    {BYTES("\x83" V CMD "\xa2id\x01"), REFUSAL_BAD_FIELD, "id", ""},
    {BYTES("\x83" V CMD "\xa2id\xa0"), REFUSAL_BAD_FIELD, "id", ""},
    {BYTES("\x83" V CMD "\xa2id\xa3"
           "a b"),
     REFUSAL_BAD_FIELD, "id", ""},
    {BYTES("\x83" V CMD "\xa2id\xa2\xc3\xa9"), REFUSAL_BAD_FIELD, "id", ""},
    {BYTES("\x84" V ID CMD ID), REFUSAL_BAD_FIELD, "id", "X"},
    {BYTES("\x82" ID CMD), REFUSAL_BAD_FIELD, "v", "X"},
    {BYTES("\x83"
           "\xa1v\x02" ID CMD),
     REFUSAL_BAD_FIELD, "v", "X"},
    {BYTES("\x83"
           "\xa1v\x00" ID CMD),
     REFUSAL_BAD_FIELD, "v", "X"},
    {BYTES("\x83"
           "\xa1v\xc3" ID CMD),
     REFUSAL_BAD_FIELD, "v", "X"},
    {BYTES("\x82" V ID), REFUSAL_BAD_FIELD, "cmd", "X"},
    {BYTES("\x83" V ID "\xa3"
           "cmd\x05"),
     REFUSAL_BAD_FIELD, "cmd", "X"},
    {BYTES("\x83" V ID "\xa3"
           "cmd\xa4nope"),
     REFUSAL_BAD_FIELD, "cmd", "X"},
    {BYTES("\x83" V ID "\xa3"
           "cmd\xa5pulse"),
     REFUSAL_BAD_FIELD, "cmd", "X"}, /* never from the wire */
    {BYTES("\x83" V ID "\xa3"
           "cmd\xac"
           "adopt_config"),
     REFUSAL_BAD_FIELD, "cmd", "X"},
    {BYTES("\x84" V ID CMD "\xa2"
           "at\xff"),
     REFUSAL_BAD_FIELD, "at", "X"},
    {BYTES("\x84" V ID CMD "\xa2"
           "at\xa1x"),
     REFUSAL_BAD_FIELD, "at", "X"},
    {BYTES("\x84" V ID CMD "\xa2"
           "at\xcf\xff\xff\xff\xff\xff\xff\xff\xff"),
     REFUSAL_BAD_FIELD, "at", "X"},
    {BYTES("\x84" V ID CMD "\xac"
           "on_behalf_of\x01"),
     REFUSAL_BAD_FIELD, "on_behalf_of", "X"},
    {BYTES("\x84" V ID CMD "\xac"
           "on_behalf_of\xa1\xff"),
     REFUSAL_BAD_FIELD, "on_behalf_of", "X"},
    {BYTES("\x84" V ID CMD "\xac"
           "on_behalf_of\xd9\x21"
           "123456789012345678901234567890123"),
     REFUSAL_TOO_LARGE, "on_behalf_of", "X"},
    {BYTES("\x84" V ID CMD "\xa4"
           "body\x90"),
     REFUSAL_BAD_FIELD, "body", "X"},
    {BYTES("\x84" V ID CMD "\xa4"
           "body\xc0"),
     REFUSAL_BAD_FIELD, "body", "X"},
    {BYTES("\x84" V ID CMD "\xa4"
           "body\x81\xa5major\xa1x"),
     REFUSAL_BAD_FIELD, "major", "X"},
    {BYTES("\x83" V ID "\xa3"
           "cmd\xa6submit"),
     REFUSAL_BAD_FIELD, "kind", "X"},
};

START_TEST(envelope)
{
    bool ok = decode(cases[_i].data, cases[_i].size);

    ck_assert_int_eq(ok, cases[_i].refusal == REFUSAL_NONE);
    ck_assert_int_eq(fault.refusal, cases[_i].refusal);
    ck_assert(cases[_i].field == NULL ? fault.field == NULL : fault.field != NULL && strcmp(fault.field, cases[_i].field) == 0);
    ck_assert(text_equal(request.id, text_of(cases[_i].id)));
}
END_TEST

static void peek(const void *data, size_t size, struct request_peek *ret)
{
    static char *copy;

    free(copy);
    copy = malloc(size == 0 ? 1 : size);
    memcpy(copy, data, size);
    request_peek(copy, size, ret);
}

/* By a look the shell decides in which line a message waits, and to whom a refusal goes: it sees what decoding finds, however the
 * message is written, and no cut is read beyond. */
START_TEST(a_look_sees_what_decoding_finds)
{
    struct request_peek seen;

    for (size_t size = 0; size <= cases[_i].size; size++) {
        peek(cases[_i].data, size, &seen);
    }
    bool ok = decode(cases[_i].data, cases[_i].size);
    ck_assert(text_equal(seen.id, text_of(cases[_i].id)));
    if (ok) {
        ck_assert_int_eq(seen.is_query, request.is_query);
        ck_assert_int_eq(seen.query, request.query);
    }
}
END_TEST

START_TEST(a_look_tells_queries_from_commands)
{
    static const char submit[] = "\x84" V BODY "\xa3"
                                 "cmd\xa6submit" ID; /* body first: a foreign client may */
    static const char list[] = "\x84" BODY "\xa3"
                               "cmd\xaalist_cases" ID V;
    struct request_peek seen;

    peek(BYTES(submit), &seen);
    ck_assert(text_equal(seen.id, text_of("X")) && !seen.is_query);
    peek(BYTES(list), &seen);
    ck_assert(text_equal(seen.id, text_of("X")) && seen.is_query);
    ck_assert_int_eq(seen.query, QUERY_LIST_CASES);
}
END_TEST

START_TEST(deep_and_wide)
{
    char message[65536] = "\x84" V ID CMD "\xa4"
                          "body";
    size_t size = strlen(message);

    memset(message + size, '\x91', CAP_DEPTH);
    message[size + CAP_DEPTH] = '\x01';
    ck_assert(!decode(message, size + CAP_DEPTH + 1));
    ck_assert_int_eq(fault.refusal, REFUSAL_TOO_LARGE);
    ck_assert(text_equal(request.id, text_of("X")));
    memcpy(message + size, "\xdc\x7f\xff", 3);
    memset(message + size + 3, '\xc0', 0x7fff);
    ck_assert(!decode(message, size + 3 + 0x7fff));
    ck_assert_int_eq(fault.refusal, REFUSAL_TOO_LARGE);
    ck_assert(text_equal(request.id, text_of("X")));
}
END_TEST

/* What is wrong with the bytes anywhere goes before what is wrong with a field: a message is whole, or nobody looks into it. */
START_TEST(bytes_before_fields)
{
    static const struct {
        const char *data;
        size_t size;
        enum refusal refusal;
    } rows[] = {
        {BYTES("\x84" V ID CMD "\xa4"
               "body\x82\xa5major\xa1x\xa5minor\x01"),
         REFUSAL_BAD_FIELD},
        {BYTES("\x84" V ID CMD "\xa4"
               "body\x82\xa5major\xa1x\xa5minor\xc1"),
         REFUSAL_BAD_MESSAGE},
        {BYTES("\x84" V ID CMD "\xa4"
               "body\x82\xa5major\xa1x\xa5minor"),
         REFUSAL_BAD_MESSAGE},
        {BYTES("\x84" V ID CMD "\xa4"
               "body\x81\xa5major\xa1x\x01"),
         REFUSAL_BAD_MESSAGE}, /* something behind it */
        {BYTES("\x84" V ID CMD "\xa4"
               "body\x81\xa5major\x01\x01"),
         REFUSAL_BAD_MESSAGE},
        {BYTES("\x83" ID CMD "\xa4"
               "body\xc1"),
         REFUSAL_BAD_MESSAGE}, /* and no version */
        {BYTES("\x84" V ID CMD "\xa4"
               "body\x82\xa3new\x92\x01\x81\xa1x\xc0\xa5major\x01"),
         REFUSAL_NONE}, /* a field that is newer, with much in it */
        {BYTES("\x84" V ID CMD "\xa4"
               "body\x82\xa3new\x92\x01\x81\xa1x\xc1\xa5major\x01"),
         REFUSAL_BAD_MESSAGE},
        {BYTES("\x84" V ID CMD "\xa4"
               "body\x82\x01\x01\xa5major\x01"),
         REFUSAL_BAD_MESSAGE}, /* a key that is no text */
        {BYTES("\x84" V ID "\xa4"
               "body\x81\xa5major\xa1x" CMD),
         REFUSAL_BAD_FIELD}, /* a body that is not last */
        {BYTES("\x84" V ID "\xa4"
               "body\x80\xa4"
               "body\xc1"),
         REFUSAL_BAD_MESSAGE},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        ck_assert_int_eq(decode(rows[i].data, rows[i].size), rows[i].refusal == REFUSAL_NONE);
        ck_assert_msg(fault.refusal == rows[i].refusal, "%zu: %s", i, refusal_infos[fault.refusal].code);
        ck_assert(text_equal(request.id, text_of("X")));
    }
}
END_TEST

/* The number of values and the depth are those of the whole message, wherever they are. */
START_TEST(budget_of_the_whole)
{
    static char message[16384];
    static const char start[] = "\x84" V ID CMD "\xa4"
                                "body\xde";
    const size_t before = 1 + 8; /* the message, its keys and values */

    for (uint32_t pairs = (CAP_ELEMENTS - before) / 2 - 1; pairs <= (CAP_ELEMENTS - before) / 2 + 1; pairs++) {
        size_t size = sizeof(start) - 1;

        memcpy(message, start, size);
        message[size++] = (char)(pairs >> 8);
        message[size++] = (char)pairs;
        for (uint32_t i = 0; i < pairs; i++) {
            memcpy(message + size, "\xa1z\x01", 3);
            size += 3;
        }
        ck_assert_int_eq(decode(message, size), before + 2 * pairs <= CAP_ELEMENTS);
        ck_assert(before + 2 * pairs <= CAP_ELEMENTS || fault.refusal == REFUSAL_TOO_LARGE);
    }
    for (uint32_t depth = CAP_DEPTH - 3; depth <= CAP_DEPTH; depth++) {
        static const char deep[] = "\x84" V ID CMD "\xa4"
                                   "body\x81\xa1z";
        size_t size = sizeof(deep) - 1;

        memcpy(message, deep, size);
        memset(message + size, '\x91', depth);
        message[size + depth] = '\x01';
        ck_assert_int_eq(decode(message, size + depth + 1), depth + 2 <= CAP_DEPTH);
        ck_assert(depth + 2 <= CAP_DEPTH || fault.refusal == REFUSAL_TOO_LARGE);
    }
}
END_TEST

START_TEST(long_ids)
{
    char message[128] = "\x83" V CMD "\xa2id\xd9";
    size_t size = strlen(message);

    memset(message + size, 'i', sizeof(message) - size);
    message[size] = CAP_REQUEST_SIZE;
    ck_assert(decode(message, size + 1 + CAP_REQUEST_SIZE));
    ck_assert_uint_eq(request.id.size, CAP_REQUEST_SIZE);
    message[size] = CAP_REQUEST_SIZE + 1;
    ck_assert(!decode(message, size + 2 + CAP_REQUEST_SIZE));
    ck_assert_int_eq(fault.refusal, REFUSAL_TOO_LARGE);
    ck_assert_str_eq(fault.field, "id");
    ck_assert_uint_eq(request.id.size, 0);
}
END_TEST

static uint64_t hash_of(struct request_head head, const char *body, size_t size)
{
    struct proto_buffer out = {0};

    ck_assert_int_eq(request_encode(&head, body, size, &out), 0);
    ck_assert_msg(decode(out.data, out.size), "%s", fault.field);
    proto_buffer_deinit(&out);
    return request.body_hash;
}

START_TEST(hash)
{
    struct request_head head = {.id = text_of("a"), .name = text_of("hello")}, other = head;
    static const char body[] = "\x81\xa5major\x01", another[] = "\x81\xa5major\x02";
    uint64_t first = hash_of(head, body, 8);

    other.id = text_of("b");
    ck_assert_uint_eq(hash_of(other, body, 8), first);
    ck_assert_uint_ne(hash_of(head, another, 8), first);
    ck_assert_uint_ne(hash_of(head, NULL, 0), first);
    other = head;
    other.name = text_of("list_units");
    ck_assert_uint_ne(hash_of(other, body, 8), first);
    other = head;
    other.has_at = true;
    ck_assert_uint_ne(hash_of(other, body, 8), first);
    other = head;
    other.on_behalf_of = text_of("wang");
    ck_assert_uint_ne(hash_of(other, body, 8), first);
}
END_TEST

/* What nobody sees at the ends of a text is cut, in every text of every command and query; the hash is of the bytes as they came.
 */
START_TEST(invisible_ends)
{
    static const char *const blanks[] = {" ", "\n\t ", "\xc2\xa0", "\xe2\x80\x8b", "\xe3\x80\x80", "\xef\xbb\xbf \xe2\x80\x8d"};

    for (size_t i = 0; i < sizeof(blanks) / sizeof(blanks[0]); i++) {
        struct answer_command answer = {.given = ANSWER_HAS_CODE | ANSWER_HAS_TEXT | ANSWER_HAS_BASIS, .text = text_of(blanks[i])};
        struct request_head head = {.id = text_of("a"), .name = text_of("answer")};
        struct proto_buffer body = {0};
        char wrapped[64];

        snprintf(wrapped, sizeof(wrapped), "%sa b%s", blanks[i], blanks[i]);
        answer.basis = text_of(wrapped);
        ck_assert_int_eq(codec_encode_map(&answer_command_shape, &answer, CODEC_OMIT_UNGIVEN, &body), 0);
        hash_of(head, body.data, body.size);
        ck_assert_uint_eq(request.command_body.answer.text.size, 0);
        ck_assert(text_equal(request.command_body.answer.basis, text_of("a b")));
        proto_buffer_deinit(&body);
    }
}
END_TEST

START_TEST(commands_and_queries)
{
    struct submit_command submit = {
        .given = SUBMIT_HAS_KIND | SUBMIT_HAS_MATTER | SUBMIT_HAS_TITLE, .kind = CASE_KIND_ADVICE, .title = text_of("标题")};
    struct request_head head = {
        .id = text_of("a"), .name = text_of("submit"), .has_at = true, .at_ms = 1234, .on_behalf_of = text_of("王")};
    struct proto_buffer body = {0};

    ck_assert(code_make("M001", 4, &submit.matter));
    ck_assert_int_eq(codec_encode_map(&submit_command_shape, &submit, CODEC_OMIT_UNGIVEN, &body), 0);
    hash_of(head, body.data, body.size);
    ck_assert(!request.is_query);
    ck_assert_int_eq(request.command, COMMAND_SUBMIT);
    ck_assert(request.has_at && request.at_ms == 1234);
    ck_assert(text_equal(request.on_behalf_of, text_of("王")));
    ck_assert_uint_eq(request.command_body.submit.given, submit.given);
    ck_assert_int_eq(request.command_body.submit.kind, CASE_KIND_ADVICE);
    ck_assert(text_equal(request.command_body.submit.title, text_of("标题")));
    ck_assert(code_equal(&request.command_body.submit.matter, &submit.matter));
    head = (struct request_head){.id = text_of("a"), .name = text_of("hello")};
    hash_of(head, "\x81\xa5major\x01", 8);
    ck_assert(request.is_query);
    ck_assert_int_eq(request.query, QUERY_HELLO);
    ck_assert_uint_eq(request.query_body.hello.major, 1);
    ck_assert_uint_eq(request.query_body.hello.given, HELLO_HAS_MAJOR);
    proto_buffer_deinit(&body);
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {{envelope, SUITE_COUNT(cases)},
                                       {a_look_sees_what_decoding_finds, SUITE_COUNT(cases)},
                                       {a_look_tells_queries_from_commands},
                                       {deep_and_wide},
                                       {bytes_before_fields},
                                       {budget_of_the_whole},
                                       {long_ids},
                                       {hash},
                                       {invisible_ends},
                                       {commands_and_queries}};
    return suite_run(&(struct suite){.name = "request", .tests = tests, .count = SUITE_COUNT(tests)});
}
