/*
 * replay_past.h - what a replay finds when it was run before
 *
 * The dispatcher's clock never goes back, and request ids are remembered for a while only. So a replay that is run again, or that
 * was broken off, asks which of its cases are there and goes on where the clock stands: steps before that instant are not sent
 * again. Steps at that very instant are; their request ids are fresh enough to do nothing twice.
 */
#ifndef HUYING_CLIENTS_REPLAY_PAST_H
#define HUYING_CLIENTS_REPLAY_PAST_H

#include "clients/replay_plan.h"
#include "clients/session.h"

/* Asks for the cases by their references, when the clock stands after the first step, and notes them in the plan's rows; needs
 * session_hello. Gives the dispatcher's instant: steps before it are past. Says what is wrong. */
enum exit_code replay_past_ask(struct session *session, struct replay_plan *plan, int64_t *ret_now_ms);

#endif
