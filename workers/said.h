/*
 * said.h - what came of asking a citizen
 *
 * A JSON object: {"outcome": "reached", "contacted": "yes", "solved": "partly", "satisfied": "basically", "text": "..."}, or an
 * attempt:
 * {"outcome": "no_answer" | "wrong_number" | "refused", "text"}, or {"outcome": "later", "retry_at" or "retry_in"}. Pure: texts
 * borrow the JSON.
 */
#ifndef HUYING_WORKERS_SAID_H
#define HUYING_WORKERS_SAID_H

#include "proto/gen/schema.h"

#include <jansson.h>

#define SAID_FAULT_SIZE 200

enum said_how { SAID_REACHED, SAID_ATTEMPTED, SAID_LATER };

struct said {
    json_t *json; /* owned */
    enum said_how how;
    enum said_contacted contacted;
    enum said_solved solved;
    enum said_satisfied satisfied;
    enum attempt_outcome outcome; /* attempted */
    const char *text;             /* NULL: none */
    int64_t retry_at_ms;          /* later; 0: not said */
};

/* Reads an answer. Takes over `json`. Returns 0, or -EINVAL with `fault`; said_deinit either way. */
int said_read(json_t *json, int64_t now_ms, struct said *ret, char fault[SAID_FAULT_SIZE]);

void said_deinit(struct said *said);

/* The command of what was said; not for SAID_LATER. `ret` borrows. */
enum command_type said_command(const struct said *said, uint64_t case_id, uint32_t reporter, union command_body *ret);

/* Request id: one for each half-day and content of an attempt, one for each content of an answer. */
void said_id(const struct said *said, uint64_t duty_id, int64_t half_day, char ret[CAP_REQUEST_SIZE + 1]);

#endif
