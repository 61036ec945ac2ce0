/*
 * steps.h - what a department says of a duty, and the commands that it becomes
 *
 * An answer is a JSON object: `steps`, a list of {"do": "sign" | "contact" | "arrive" | "report" | "answer" | "finish", ...}, or
 * one such step alone;
 * {"do": "release"} gives the duty back, {"do": "wait"} does nothing yet, {"do": "leave"} leaves it to people; `retry_at` (RFC
 * 3339) or `retry_in` (`10 min`) say when to ask again. Pure: texts borrow the JSON.
 */
#ifndef HUYING_WORKERS_STEPS_H
#define HUYING_WORKERS_STEPS_H

#include "proto/gen/schema.h"
#include "workers/dossier.h"

#define STEPS_MAX 16
#define STEPS_FAULT_SIZE 200
#define STEPS_ID_SIZE (CAP_REQUEST_SIZE + 1)

enum step_kind { STEP_SIGN, STEP_CONTACT, STEP_ARRIVE, STEP_REPORT, STEP_ANSWER, STEP_FINISH };

struct step {
    enum step_kind kind;
    enum contact_outcome outcome;
    enum answer_code answer_code;
    enum finish_code finish_code;
    const char *evidence, *text, *basis; /* NULL: not given */
    bool published;
};

enum plan_then {
    PLAN_GO_ON,   /* look again when the steps are done */
    PLAN_WAIT,    /* look again at retry_at_ms */
    PLAN_RELEASE, /* give the duty back, until retry_at_ms if it is given */
    PLAN_LEAVE,   /* people do the rest */
};

struct plan {
    json_t *json; /* owned: the texts are in it */
    uint32_t count;
    struct step steps[STEPS_MAX];
    enum plan_then then;
    int64_t retry_at_ms; /* 0: not said */
};

/* Reads an answer about a duty of this kind. Takes over `json`. Returns 0, or -EINVAL with `fault`; plan_deinit either way. */
int plan_read(json_t *json, enum duty_kind kind, int64_t now_ms, struct plan *ret, char fault[STEPS_FAULT_SIZE]);

void plan_deinit(struct plan *plan);

const char *step_name(enum step_kind kind);

/* Has this step been done, by what is known of the duty? */
bool step_done(const struct step *step, const struct dossier *dossier);

/* Does this step end the duty? */
bool step_last(enum step_kind kind);

/* Request id of a step: the same step with the same content of the same duty has the same one, as often as it is tried; a result
 * that was sent back has another one. */
void step_id(const struct step *step, const struct dossier *dossier, char ret[STEPS_ID_SIZE]);

/* The command of a step. `ret` borrows the step's texts. */
enum command_type step_command(const struct step *step, uint64_t duty_id, uint64_t case_id, union command_body *ret);

#endif
