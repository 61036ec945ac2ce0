/* test_steps.c - what a department says, and the commands that it becomes. */
#include "tests/suite.h"
#include "workers/steps.h"

#include <errno.h>
#include <sodium.h>
#include <string.h>

#define NOW INT64_C(1772413200000)

static int read_json(const char *text, enum duty_kind kind, struct plan *ret, char fault[STEPS_FAULT_SIZE])
{
    return plan_read(json_loads(text, JSON_DECODE_ANY, NULL), kind, NOW, ret, fault);
}

START_TEST(plans)
{
    char fault[STEPS_FAULT_SIZE];
    struct plan plan;

    ck_assert_int_eq(
        read_json("{\"steps\": [{\"do\": \"sign\"}, {\"do\": \"contact\", \"outcome\": \"no_answer\", \"evidence\": \"e\"},"
                  " {\"do\": \"answer\", \"code\": \"explained\", \"text\": \"t\", \"basis\": \"b\", \"published\": true}]}",
                  DUTY_KIND_LEAD, &plan, fault),
        0);
    ck_assert_uint_eq(plan.count, 3);
    ck_assert(plan.steps[0].kind == STEP_SIGN && plan.then == PLAN_GO_ON);
    ck_assert(plan.steps[1].outcome == CONTACT_OUTCOME_NO_ANSWER);
    ck_assert(plan.steps[2].answer_code == ANSWER_CODE_EXPLAINED && plan.steps[2].published);
    ck_assert_str_eq(plan.steps[2].basis, "b");
    plan_deinit(&plan);
    ck_assert_int_eq(read_json("{\"do\": \"report\", \"text\": \"t\"}", DUTY_KIND_SUPPORT, &plan, fault), 0);
    ck_assert_uint_eq(plan.count, 1);
    plan_deinit(&plan);
    ck_assert_int_eq(read_json("{\"steps\": [{\"do\": \"sign\"}], \"retry_in\": \"10 min\"}", DUTY_KIND_LEAD, &plan, fault), 0);
    ck_assert(plan.then == PLAN_WAIT && plan.retry_at_ms == NOW + 600000);
    plan_deinit(&plan);
    ck_assert_int_eq(read_json("{\"retry_at\": \"2026-03-02T10:00:00+08:00\"}", DUTY_KIND_LEAD, &plan, fault), 0);
    ck_assert(plan.count == 0 && plan.then == PLAN_WAIT && plan.retry_at_ms == NOW + 3600000);
    plan_deinit(&plan);
    ck_assert_int_eq(read_json("{\"do\": \"release\", \"retry_in\": \"1 h\"}", DUTY_KIND_LEAD, &plan, fault), 0);
    ck_assert(plan.then == PLAN_RELEASE && plan.retry_at_ms == NOW + 3600000);
    plan_deinit(&plan);
    ck_assert_int_eq(read_json("{\"steps\": [{\"do\": \"sign\"}, {\"do\": \"leave\"}]}", DUTY_KIND_LEAD, &plan, fault), 0);
    ck_assert(plan.count == 1 && plan.then == PLAN_LEAVE);
    plan_deinit(&plan);
}
END_TEST

START_TEST(faults)
{
    static const char *const bad[] = {
        "7",
        "[]",
        "null",
        "{}",
        "{\"do\": \"dance\"}",
        "{\"do\": 1}",
        "{\"steps\": {}}",
        "{\"steps\": [\"sign\"]}",
        "{\"do\": \"arrive\"}",
        "{\"do\": \"report\", \"text\": \"t\"}",
        "{\"do\": \"contact\"}",
        "{\"do\": \"contact\", \"outcome\": \"maybe\"}",
        "{\"do\": \"answer\", \"text\": \"t\"}",
        "{\"do\": \"answer\", \"code\": \"solved\"}",
        "{\"do\": \"answer\", \"code\": \"solved\", \"text\": \"\"}",
        "{\"steps\": [{\"do\": \"answer\", \"code\": \"solved\", \"text\": \"t\"}, {\"do\": \"sign\"}]}",
        "{\"steps\": [{\"do\": \"wait\"}, {\"do\": \"sign\"}]}",
        "{\"retry_at\": \"tomorrow\"}",
        "{\"do\": \"wait\", \"retry_in\": \"10\"}",
        "{\"steps\": "
        "[{\"do\":\"sign\"},{\"do\":\"sign\"},{\"do\":\"sign\"},{\"do\":\"sign\"},{\"do\":\"sign\"},{\"do\":\"sign\"},{\"do\":"
        "\"sign\"},"
        "{\"do\":\"sign\"},{\"do\":\"sign\"},{\"do\":\"sign\"},{\"do\":\"sign\"},{\"do\":\"sign\"},{\"do\":\"sign\"},{\"do\":"
        "\"sign\"},"
        "{\"do\":\"sign\"},{\"do\":\"sign\"},{\"do\":\"sign\"}]}",
    };
    char fault[STEPS_FAULT_SIZE];
    struct plan plan;

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        fault[0] = '\0';
        ck_assert_msg(read_json(bad[i], DUTY_KIND_LEAD, &plan, fault) == -EINVAL && fault[0] != '\0', "%s was taken", bad[i]);
        plan_deinit(&plan);
    }
}
END_TEST

START_TEST(each_step_belongs_to_its_kinds)
{
    static const char *const texts[] = {"{\"do\": \"sign\"}",
                                        "{\"do\": \"contact\", \"outcome\": \"reached\"}",
                                        "{\"do\": \"arrive\"}",
                                        "{\"do\": \"report\", \"text\": \"t\"}",
                                        "{\"do\": \"answer\", \"code\": \"solved\", \"text\": \"t\"}",
                                        "{\"do\": \"finish\", \"code\": \"partly\", \"text\": \"t\"}"};
    static const enum duty_kind kinds[] = {DUTY_KIND_LEAD, DUTY_KIND_SUPPORT, DUTY_KIND_RESPOND};
    static const bool allowed[6][3] = {{1, 1, 1}, {1, 0, 1}, {0, 0, 1}, {0, 1, 0}, {1, 0, 0}, {0, 0, 1}};
    static const enum command_type commands[] = {COMMAND_SIGN,   COMMAND_CONTACT, COMMAND_ARRIVE,
                                                 COMMAND_REPORT, COMMAND_ANSWER,  COMMAND_FINISH_CALL};
    char fault[STEPS_FAULT_SIZE];
    union command_body body;
    struct plan plan;

    for (size_t text = 0; text < 6; text++) {
        for (size_t kind = 0; kind < 3; kind++) {
            ck_assert_int_eq(read_json(texts[text], kinds[kind], &plan, fault) == 0, allowed[text][kind]);
            if (allowed[text][kind]) {
                ck_assert_int_eq(step_command(&plan.steps[0], 7, 3, &body), commands[text]);
                ck_assert_int_eq(step_last(plan.steps[0].kind), text >= 3);
            }
            plan_deinit(&plan);
        }
    }
}
END_TEST

START_TEST(what_is_done_is_not_done_again)
{
    const struct dossier fresh = {.duty_id = 7},
                         used = {.duty_id = 7, .is_signed = true, .contacts = 2, .reached = true, .arrived = true};
    const struct step steps[] = {
        {.kind = STEP_SIGN}, {.kind = STEP_CONTACT, .outcome = CONTACT_OUTCOME_REACHED}, {.kind = STEP_ARRIVE}};
    const struct step no_answer = {.kind = STEP_CONTACT, .outcome = CONTACT_OUTCOME_NO_ANSWER}, finish = {.kind = STEP_FINISH};

    for (size_t i = 0; i < 3; i++) {
        ck_assert(!step_done(&steps[i], &fresh));
        ck_assert(step_done(&steps[i], &used));
    }
    ck_assert(!step_done(&no_answer, &used));
    ck_assert(!step_done(&finish, &used));
}
END_TEST

START_TEST(request_ids)
{
    const struct dossier duties[] = {
        {.duty_id = 7}, {.duty_id = 8}, {.duty_id = 7, .sent_backs = 1}, {.duty_id = UINT64_MAX, .sent_backs = 999}};
    const struct step steps[] = {{.kind = STEP_SIGN},
                                 {.kind = STEP_ANSWER, .text = "ab", .basis = "c"},
                                 {.kind = STEP_ANSWER, .text = "a", .basis = "bc"},
                                 {.kind = STEP_ANSWER, .text = "ab", .basis = "c", .published = true},
                                 {.kind = STEP_ANSWER, .text = "ab", .basis = "c", .answer_code = ANSWER_CODE_EXPLAINED},
                                 {.kind = STEP_REPORT, .text = "ab", .basis = "c"},
                                 {.kind = STEP_CONTACT, .outcome = CONTACT_OUTCOME_NO_ANSWER, .evidence = "10:05"},
                                 {.kind = STEP_CONTACT, .outcome = CONTACT_OUTCOME_NO_ANSWER, .evidence = "10:06"}};
    char ids[32][STEPS_ID_SIZE], again[STEPS_ID_SIZE];
    size_t count = 0;

    for (size_t duty = 0; duty < 4; duty++) {
        for (size_t step = 0; step < 8; step++) {
            struct step copy = steps[step]; /* the same content at another place */

            step_id(&steps[step], &duties[duty], ids[count]);
            step_id(&copy, &duties[duty], again);
            ck_assert_str_eq(ids[count], again);
            ck_assert_uint_le(strlen(again), CAP_REQUEST_SIZE);
            for (size_t k = 0; k < count; k++) {
                ck_assert_str_ne(ids[count], ids[k]);
            }
            count++;
        }
    }
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {
        {plans}, {faults}, {each_step_belongs_to_its_kinds}, {what_is_done_is_not_done_again}, {request_ids}};
    if (sodium_init() < 0) {
        return 1;
    }
    return suite_run(&(struct suite){.name = "steps", .timeout_s = 120, .tests = tests, .count = SUITE_COUNT(tests)});
}
