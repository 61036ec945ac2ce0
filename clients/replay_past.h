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

struct replay_case {
    uint64_t case_id; /* 0: not there */
    bool answered;
};

struct replay_past {
    int64_t now_ms;           /* the dispatcher's instant: steps before it are past */
    struct replay_case *rows; /* by row of the plan */
};

/* Asks for the cases by their references, when the clock stands after the first step; needs session_hello. Says what is wrong.
 * *ret is the caller's to deinit, also after a failure. */
enum exit_code replay_past_ask(struct session *session, const struct replay_plan *plan, struct replay_past *ret);
void replay_past_deinit(struct replay_past *past);

#endif
