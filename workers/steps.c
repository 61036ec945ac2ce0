/* steps.c - what a department says of a duty, and the commands that it becomes */
#include "workers/steps.h"

#include "base/instant.h"
#include "proto/client/view.h"
#include "workers/settings.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#define KINDS(kind) (UINT32_C(1) << DUTY_KIND_##kind)
#define HASH_BYTES 16
#define HASH_SHOWN 8

static const struct {
    const char *name;
    uint32_t kinds;
    bool last;
} step_infos[] = {
    [STEP_SIGN] = {"sign", KINDS(LEAD) | KINDS(SUPPORT) | KINDS(RESPOND), false},
    [STEP_CONTACT] = {"contact", KINDS(LEAD) | KINDS(RESPOND), false},
    [STEP_ARRIVE] = {"arrive", KINDS(RESPOND), false},
    [STEP_REPORT] = {"report", KINDS(SUPPORT), true},
    [STEP_ANSWER] = {"answer", KINDS(LEAD), true},
    [STEP_FINISH] = {"finish", KINDS(RESPOND), true},
};
enum { STEP_KINDS = sizeof(step_infos) / sizeof(step_infos[0]) };

const char *step_name(enum step_kind kind)
{
    return step_infos[kind].name;
}

bool step_last(enum step_kind kind)
{
    return step_infos[kind].last;
}

static int say(char fault[STEPS_FAULT_SIZE], const char *format, const char *what)
{
    snprintf(fault, STEPS_FAULT_SIZE, format, what);
    return -EINVAL;
}

/* Value of a closed list; true when it is one. */
static bool take_value(const json_t *object, const char *key, const struct enum_shape *values, int *ret)
{
    *ret = enum_find(values, text_of(view_text(object, key)));
    return *ret >= 0;
}

static const char *take_text(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

static int read_details(const json_t *object, struct step *ret, char fault[STEPS_FAULT_SIZE])
{
    int value = 0;

    ret->evidence = take_text(object, "evidence");
    ret->text = take_text(object, "text");
    ret->basis = take_text(object, "basis");
    ret->published = json_is_true(json_object_get(object, "published"));
    switch (ret->kind) {
    case STEP_SIGN:
    case STEP_ARRIVE:
        return 0;
    case STEP_CONTACT:
        if (!take_value(object, "outcome", &contact_outcome_enum, &value)) {
            return say(fault, "contact needs `outcome`: reached, no_answer or refused%s", "");
        }
        ret->outcome = (enum contact_outcome)value;
        return 0;
    case STEP_ANSWER:
        if (!take_value(object, "code", &answer_code_enum, &value)) {
            return say(fault, "answer needs `code`: solved, explained or solved_by_support%s", "");
        }
        ret->answer_code = (enum answer_code)value;
        break;
    case STEP_FINISH:
        if (!take_value(object, "code", &finish_code_enum, &value)) {
            return say(fault, "finish needs `code`: solved, partly or unsolved%s", "");
        }
        ret->finish_code = (enum finish_code)value;
        break;
    case STEP_REPORT:
        break;
    }
    return ret->text != NULL && ret->text[0] != '\0' ? 0 : say(fault, "%s needs `text`", step_name(ret->kind));
}

/* One step, or one of the words that say what comes after them. */
static int read_step(const json_t *object, enum duty_kind kind, struct plan *plan, char fault[STEPS_FAULT_SIZE])
{
    const char *word = view_text(object, "do");

    if (strcmp(word, "wait") == 0 || strcmp(word, "release") == 0 || strcmp(word, "leave") == 0) {
        plan->then = word[0] == 'w' ? PLAN_WAIT : word[0] == 'r' ? PLAN_RELEASE : PLAN_LEAVE;
        return 0;
    }
    for (int i = 0; i < STEP_KINDS; i++) {
        struct step *step = &plan->steps[plan->count];

        if (strcmp(word, step_infos[i].name) != 0) {
            continue;
        }
        if ((step_infos[i].kinds & UINT32_C(1) << kind) == 0) {
            return say(fault, "`%s` is not a step of such a duty", word);
        }
        if (plan->count == STEPS_MAX) {
            return say(fault, "there are more steps than may be%s", "");
        }
        if (plan->then != PLAN_GO_ON || (plan->count > 0 && step_last(plan->steps[plan->count - 1].kind))) {
            return say(fault, "nothing may come before `%s` that ends the work", word);
        }
        *step = (struct step){.kind = (enum step_kind)i};
        plan->count++;
        return read_details(object, step, fault);
    }
    return say(fault, "`do` is not a step: `%.40s`", word);
}

static int read_retry(const json_t *json, int64_t now_ms, struct plan *plan, char fault[STEPS_FAULT_SIZE])
{
    const char *at = take_text(json, "retry_at"), *in = take_text(json, "retry_in");
    int64_t span_ms;

    if (at != NULL && !instant_parse(at, &plan->retry_at_ms)) {
        return say(fault, "`retry_at` is not a date and time: `%.40s`", at);
    }
    if (in != NULL && !span_read(in, SETTING_SPAN_MAX, &span_ms)) {
        return say(fault, "`retry_in` is not a duration: `%.40s`", in);
    }
    if (in != NULL) {
        plan->retry_at_ms = now_ms + span_ms;
    }
    if (plan->retry_at_ms > 0 && plan->then == PLAN_GO_ON) {
        plan->then = PLAN_WAIT;
    }
    return 0;
}

int plan_read(json_t *json, enum duty_kind kind, int64_t now_ms, struct plan *ret, char fault[STEPS_FAULT_SIZE])
{
    const json_t *steps = json_object_get(json, "steps");
    const json_t *step;
    size_t i;
    int rc = 0;

    *ret = (struct plan){.json = json};
    if (!json_is_object(json)) {
        return say(fault, "an object is needed%s", "");
    }
    if (json_object_get(json, "do") != NULL) {
        rc = read_step(json, kind, ret, fault);
    } else if (steps != NULL && !json_is_array(steps)) {
        rc = say(fault, "`steps` is not a list%s", "");
    } else if (steps == NULL && json_object_get(json, "retry_at") == NULL && json_object_get(json, "retry_in") == NULL) {
        rc = say(fault, "neither `do` nor `steps` nor `retry_at` nor `retry_in` is there%s", "");
    }
    json_array_foreach(steps, i, step)
    {
        if (rc == 0) {
            rc = read_step(step, kind, ret, fault);
        }
    }
    return rc == 0 ? read_retry(json, now_ms, ret, fault) : rc;
}

void plan_deinit(struct plan *plan)
{
    json_decref(plan->json);
    *plan = (struct plan){0};
}

bool step_done(const struct step *step, const struct dossier *dossier)
{
    switch (step->kind) {
    case STEP_SIGN:
        return dossier->is_signed;
    case STEP_CONTACT:
        return step->outcome == CONTACT_OUTCOME_REACHED && dossier->reached;
    case STEP_ARRIVE:
        return dossier->arrived;
    case STEP_REPORT:
    case STEP_ANSWER:
    case STEP_FINISH:
        return false; /* then the duty is not open */
    }
    return false;
}

static void hash_text(crypto_generichash_state *state, const char *text)
{
    /* With its end, so that two texts cannot be cut in two ways. */
    crypto_generichash_update(state, (const unsigned char *)(text != NULL ? text : ""), (text != NULL ? strlen(text) : 0) + 1);
}

void step_id(const struct step *step, const struct dossier *dossier, char ret[STEPS_ID_SIZE])
{
    unsigned char hash[HASH_BYTES], codes[4] = {(unsigned char)step->outcome, (unsigned char)step->answer_code,
                                                (unsigned char)step->finish_code, step->published};
    char hex[2 * HASH_SHOWN + 1];
    crypto_generichash_state state;

    crypto_generichash_init(&state, NULL, 0, sizeof(hash));
    crypto_generichash_update(&state, codes, sizeof(codes));
    hash_text(&state, step->evidence);
    hash_text(&state, step->text);
    hash_text(&state, step->basis);
    crypto_generichash_final(&state, hash, sizeof(hash));
    sodium_bin2hex(hex, sizeof(hex), hash, HASH_SHOWN);
    snprintf(ret, STEPS_ID_SIZE, "hd.%llu.%u.%s.%s", (unsigned long long)dossier->duty_id, dossier->sent_backs % 1000,
             step_name(step->kind), hex);
}

enum command_type step_command(const struct step *step, uint64_t duty_id, uint64_t case_id, union command_body *ret)
{
    *ret = (union command_body){0};
    switch (step->kind) {
    case STEP_SIGN:
        ret->sign = (struct sign_command){.given = SIGN_HAS_CASE | SIGN_HAS_DUTY, .case_id = case_id, .duty_id = duty_id};
        return COMMAND_SIGN;
    case STEP_CONTACT:
        ret->contact = (struct contact_command){.given = CONTACT_HAS_CASE | CONTACT_HAS_DUTY | CONTACT_HAS_OUTCOME |
                                                         (step->evidence != NULL ? CONTACT_HAS_EVIDENCE : 0),
                                                .case_id = case_id,
                                                .duty_id = duty_id,
                                                .outcome = step->outcome,
                                                .evidence = text_of(step->evidence)};
        return COMMAND_CONTACT;
    case STEP_ARRIVE:
        ret->arrive =
            (struct arrive_command){.given = ARRIVE_HAS_CASE | ARRIVE_HAS_DUTY | (step->evidence != NULL ? ARRIVE_HAS_EVIDENCE : 0),
                                    .case_id = case_id,
                                    .duty_id = duty_id,
                                    .evidence = text_of(step->evidence)};
        return COMMAND_ARRIVE;
    case STEP_REPORT:
        ret->report = (struct report_command){.given = REPORT_HAS_CASE | REPORT_HAS_DUTY | REPORT_HAS_TEXT,
                                              .case_id = case_id,
                                              .duty_id = duty_id,
                                              .text = text_of(step->text)};
        return COMMAND_REPORT;
    case STEP_ANSWER:
        ret->answer = (struct answer_command){.given = ANSWER_HAS_CASE | ANSWER_HAS_DUTY | ANSWER_HAS_CODE | ANSWER_HAS_TEXT |
                                                       (step->basis != NULL ? ANSWER_HAS_BASIS : 0) |
                                                       (step->published ? ANSWER_HAS_PUBLISHED : 0),
                                              .case_id = case_id,
                                              .duty_id = duty_id,
                                              .code = step->answer_code,
                                              .text = text_of(step->text),
                                              .basis = text_of(step->basis),
                                              .published = step->published};
        return COMMAND_ANSWER;
    case STEP_FINISH:
        ret->finish_call = (struct finish_call_command){.given = FINISH_CALL_HAS_CASE | FINISH_CALL_HAS_DUTY |
                                                                 FINISH_CALL_HAS_CODE | FINISH_CALL_HAS_TEXT,
                                                        .case_id = case_id,
                                                        .duty_id = duty_id,
                                                        .code = step->finish_code,
                                                        .text = text_of(step->text)};
        return COMMAND_FINISH_CALL;
    }
    return COMMAND_SIGN;
}
