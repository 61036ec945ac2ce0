/* test_said.c - what came of asking a citizen. */
#include "tests/suite.h"
#include "workers/said.h"

#include <errno.h>
#include <string.h>

#define NOW INT64_C(1772413200000)

static int read_json(const char *text, struct said *ret, char fault[SAID_FAULT_SIZE])
{
    return said_read(json_loads(text, JSON_DECODE_ANY, NULL), NOW, ret, fault);
}

START_TEST(answers)
{
    union command_body body;
    char fault[SAID_FAULT_SIZE];
    struct said said;

    ck_assert_int_eq(read_json("{\"outcome\": \"reached\", \"contacted\": \"no\", \"solved\": \"partly\", \"satisfied\": "
                               "\"basically\", \"text\": \"谢谢\"}",
                               &said, fault),
                     0);
    ck_assert_int_eq(said_command(&said, 5, 2, &body), COMMAND_NOTE_FOLLOWUP);
    ck_assert_uint_eq(body.note_followup.case_id, 5);
    ck_assert_uint_eq(body.note_followup.reporter, 2);
    ck_assert_int_eq(body.note_followup.contacted, SAID_CONTACTED_NO);
    ck_assert_int_eq(body.note_followup.solved, SAID_SOLVED_PARTLY);
    ck_assert_int_eq(body.note_followup.satisfied, SAID_SATISFIED_BASICALLY);
    ck_assert(text_equal(body.note_followup.text, text_of("谢谢")));
    said_deinit(&said);
    ck_assert_int_eq(read_json("{\"outcome\": \"wrong_number\"}", &said, fault), 0);
    ck_assert_int_eq(said_command(&said, 5, 1, &body), COMMAND_NOTE_ATTEMPT);
    ck_assert_int_eq(body.note_attempt.outcome, ATTEMPT_OUTCOME_WRONG_NUMBER);
    ck_assert((body.note_attempt.given & NOTE_ATTEMPT_HAS_TEXT) == 0);
    said_deinit(&said);
    ck_assert_int_eq(read_json("{\"outcome\": \"later\", \"retry_in\": \"2 h\"}", &said, fault), 0);
    ck_assert(said.how == SAID_LATER && said.retry_at_ms == NOW + 7200000);
    said_deinit(&said);
    ck_assert_int_eq(read_json("{\"outcome\": \"later\"}", &said, fault), 0);
    ck_assert_int_eq(said.retry_at_ms, 0);
    said_deinit(&said);
}
END_TEST

START_TEST(faults)
{
    static const char *const bad[] = {
        "{}",
        "[]",
        "7",
        "{\"outcome\": \"happy\"}",
        "{\"outcome\": 3}",
        "{\"outcome\": \"reached\"}",
        "{\"outcome\": \"reached\", \"solved\": \"yes\"}",
        "{\"outcome\": \"reached\", \"solved\": \"unanswered\", \"satisfied\": \"yes\"}",
        "{\"outcome\": \"reached\", \"solved\": \"yes\", \"satisfied\": \"very\"}",
        "{\"outcome\": \"reached\", \"solved\": \"yes\", \"satisfied\": \"yes\", \"contacted\": \"once\"}",
        "{\"outcome\": \"later\", \"retry_at\": \"soon\"}",
        "{\"outcome\": \"later\", \"retry_in\": \"2\"}"};
    char fault[SAID_FAULT_SIZE];
    struct said said;

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        fault[0] = '\0';
        ck_assert_msg(read_json(bad[i], &said, fault) == -EINVAL && fault[0] != '\0', "%s was taken", bad[i]);
        said_deinit(&said);
    }
}
END_TEST

START_TEST(request_ids)
{
    static const char *const texts[] = {"{\"outcome\": \"no_answer\"}", "{\"outcome\": \"refused\"}",
                                        "{\"outcome\": \"no_answer\", \"text\": \"x\"}",
                                        "{\"outcome\": \"reached\", \"solved\": \"yes\", \"satisfied\": \"yes\"}",
                                        "{\"outcome\": \"reached\", \"solved\": \"no\", \"satisfied\": \"yes\"}"};
    char ids[5][CAP_REQUEST_SIZE + 1], again[CAP_REQUEST_SIZE + 1], fault[SAID_FAULT_SIZE];
    struct said said;

    for (size_t i = 0; i < 5; i++) {
        ck_assert_int_eq(read_json(texts[i], &said, fault), 0);
        said_id(&said, UINT64_MAX, 41028, ids[i]);
        said_id(&said, UINT64_MAX, 41028, again);
        ck_assert_str_eq(ids[i], again);
        said_id(&said, UINT64_MAX, 41029, again);
        ck_assert_int_eq(strcmp(ids[i], again) != 0,
                         said.how == SAID_ATTEMPTED); /* an attempt counts once a half-day, an answer once */
        for (size_t k = 0; k < i; k++) {
            ck_assert_str_ne(ids[i], ids[k]);
        }
        ck_assert_uint_le(strlen(ids[i]), CAP_REQUEST_SIZE);
        said_deinit(&said);
    }
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {{answers}, {faults}, {request_ids}};
    return suite_run(&(struct suite){.name = "said", .timeout_s = 120, .tests = tests, .count = SUITE_COUNT(tests)});
}
