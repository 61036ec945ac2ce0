/* said.c - what came of asking a citizen */
#include "workers/said.h"

#include "base/instant.h"
#include "proto/client/view.h"
#include "workers/settings.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#define HASH_BYTES 16
#define HASH_SHOWN 8

static int say(char fault[SAID_FAULT_SIZE], const char *format, const char *what)
{
    snprintf(fault, SAID_FAULT_SIZE, format, what);
    return -EINVAL;
}

static int take_value(const json_t *json, const char *key, const struct enum_shape *values, int least, int *ret,
                      char fault[SAID_FAULT_SIZE])
{
    const char *text = view_text(json, key);

    *ret = text[0] == '\0' ? 0 : enum_find(values, text_of(text));
    return *ret >= least ? 0 : say(fault, "`%s` is missing or has a value that is not allowed", key);
}

static int read_reached(const json_t *json, struct said *ret, char fault[SAID_FAULT_SIZE])
{
    int contacted = 0, solved = 0, satisfied = 0;
    int rc = take_value(json, "contacted", &said_contacted_enum, 0, &contacted, fault);

    if (rc == 0) {
        rc = take_value(json, "solved", &said_solved_enum, 1, &solved, fault);
    }
    if (rc == 0) {
        rc = take_value(json, "satisfied", &said_satisfied_enum, 1, &satisfied, fault);
    }
    ret->how = SAID_REACHED;
    ret->contacted = (enum said_contacted)contacted;
    ret->solved = (enum said_solved)solved;
    ret->satisfied = (enum said_satisfied)satisfied;
    return rc;
}

static int read_later(const json_t *json, int64_t now_ms, struct said *ret, char fault[SAID_FAULT_SIZE])
{
    const char *at = json_string_value(json_object_get(json, "retry_at"));
    const char *in = json_string_value(json_object_get(json, "retry_in"));
    int64_t span_ms;

    ret->how = SAID_LATER;
    if (at != NULL && !instant_parse(at, &ret->retry_at_ms)) {
        return say(fault, "`retry_at` is not a date and time: `%.40s`", at);
    }
    if (in != NULL && !span_read(in, SETTING_SPAN_MAX, &span_ms)) {
        return say(fault, "`retry_in` is not a duration: `%.40s`", in);
    }
    if (in != NULL) {
        ret->retry_at_ms = now_ms + span_ms;
    }
    return 0;
}

int said_read(json_t *json, int64_t now_ms, struct said *ret, char fault[SAID_FAULT_SIZE])
{
    const char *outcome = view_text(json, "outcome");
    int attempt = enum_find(&attempt_outcome_enum, text_of(outcome));

    *ret = (struct said){.json = json, .text = json_string_value(json_object_get(json, "text"))};
    if (strcmp(outcome, "reached") == 0) {
        return read_reached(json, ret, fault);
    }
    if (strcmp(outcome, "later") == 0) {
        return read_later(json, now_ms, ret, fault);
    }
    if (attempt < 0) {
        return say(fault, "`outcome` is not one of reached, no_answer, wrong_number, refused, later: `%.40s`", outcome);
    }
    ret->how = SAID_ATTEMPTED;
    ret->outcome = (enum attempt_outcome)attempt;
    return 0;
}

void said_deinit(struct said *said)
{
    json_decref(said->json);
    *said = (struct said){0};
}

enum command_type said_command(const struct said *said, uint64_t case_id, uint32_t reporter, union command_body *ret)
{
    *ret = (union command_body){0};
    if (said->how == SAID_ATTEMPTED) {
        ret->note_attempt =
            (struct note_attempt_command){.given = NOTE_ATTEMPT_HAS_CASE | NOTE_ATTEMPT_HAS_REPORTER | NOTE_ATTEMPT_HAS_OUTCOME |
                                                   (said->text != NULL ? NOTE_ATTEMPT_HAS_TEXT : 0),
                                          .case_id = case_id,
                                          .reporter = reporter,
                                          .outcome = said->outcome,
                                          .text = text_of(said->text)};
        return COMMAND_NOTE_ATTEMPT;
    }
    ret->note_followup = (struct note_followup_command){
        .given = NOTE_FOLLOWUP_HAS_CASE | NOTE_FOLLOWUP_HAS_REPORTER | NOTE_FOLLOWUP_HAS_CONTACTED | NOTE_FOLLOWUP_HAS_SOLVED |
                 NOTE_FOLLOWUP_HAS_SATISFIED | (said->text != NULL ? NOTE_FOLLOWUP_HAS_TEXT : 0),
        .case_id = case_id,
        .reporter = reporter,
        .contacted = said->contacted,
        .solved = said->solved,
        .satisfied = said->satisfied,
        .text = text_of(said->text)};
    return COMMAND_NOTE_FOLLOWUP;
}

void said_id(const struct said *said, uint64_t duty_id, int64_t half_day, char ret[CAP_REQUEST_SIZE + 1])
{
    const char *text = said->text != NULL ? said->text : "";
    unsigned char hash[HASH_BYTES],
        codes[5] = {(unsigned char)said->how, (unsigned char)said->outcome, (unsigned char)said->contacted,
                    (unsigned char)said->solved, (unsigned char)said->satisfied};
    char hex[2 * HASH_SHOWN + 1];
    crypto_generichash_state state;

    crypto_generichash_init(&state, NULL, 0, sizeof(hash));
    crypto_generichash_update(&state, codes, sizeof(codes));
    crypto_generichash_update(&state, (const unsigned char *)text, strlen(text));
    crypto_generichash_final(&state, hash, sizeof(hash));
    sodium_bin2hex(hex, sizeof(hex), hash, HASH_SHOWN);
    snprintf(ret, CAP_REQUEST_SIZE + 1, "hf.%llu.%lld.%s", (unsigned long long)duty_id,
             (long long)(said->how == SAID_ATTEMPTED ? half_day : 0), hex);
}
