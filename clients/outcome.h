/*
 * outcome.h - where a case stands after a command: what an operator tells the caller
 */
#ifndef HUYING_CLIENTS_OUTCOME_H
#define HUYING_CLIENTS_OUTCOME_H

#include "clients/session.h"

#include <jansson.h>

/* Asks where the case of an answer stands and puts it into the answer as `outcome`: {state, round, lead, lead_name, disposition};
 * `how`, `row` and `catalogue` of the dispatch that gave it its lead; `called`, the units that are called now; and the earliest due
 * instants of the clocks that run: decide_by (the desk), sign_by, contact_by, answer_by (the lead), arrive_by, finish_by (called
 * units), rate_by, ask_by (follow-up), citizen_by. Nothing is said where the key may not see it: that the command was done is
 * certain. Cost: two more questions. */
void outcome_ask(struct session *session, json_t *answer);

/* Prints it: one or two sentences, the last for the caller. */
void outcome_tell(const json_t *answer);

#endif
