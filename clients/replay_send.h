/*
 * replay_send.h - the commands of a replay, many on their way at once
 *
 * The dispatcher handles one client's messages in order, so a case is opened without waiting: the later commands name it by the
 * request id of its submit. Request ids come from the district and the row's own id: sent twice, nothing happens twice.
 */
#ifndef HUYING_CLIENTS_REPLAY_SEND_H
#define HUYING_CLIENTS_REPLAY_SEND_H

#include "base/progress.h"
#include "clients/replay_past.h"
#include "clients/replay_plan.h"
#include "clients/session.h"

/* A refusal of the dispatcher; of a row, or of the clock's last step (line 0). */
#define REPLAY_LISTED_MAX 20
struct replay_failure {
    uint32_t line;
    char id[CODE_SIZE + 1];
    enum command_type command;
    char code[40];
    char message[200];
};

struct replay_sum {
    uint64_t opened, called, closed; /* cases received, calls dispatched, cases answered */
    uint64_t commands;               /* sent */
    uint64_t skipped;                /* not sent, because the case had been refused */
    uint64_t refused;
    uint64_t opened_before, closed_before; /* found there, not sent again */
    uint64_t too_late;                     /* steps that the dispatcher's clock has passed and that are not there */
    uint32_t failure_count;                /* listed */
    struct replay_failure failures[REPLAY_LISTED_MAX];
    int64_t now_ms; /* the dispatcher's instant at the end */
    double seconds;
};

/* Asks the list once for every pair of the plan. Says what is wrong. */
enum exit_code replay_ask_routes(struct session *session, struct replay_plan *plan, uint32_t in_flight);

struct replay_options {
    uint32_t in_flight;
    bool progress; /* a plain line now and then where there is no terminal */
};

/* Sends every step that is not before `now_ms`, the dispatcher's instant, and then advances the clock to plan->until_ms. Refusals
 * are counted and listed, not said; a row with one becomes a reject of the plan, and so does one that came too late. Says what is
 * wrong. */
enum exit_code replay_send(struct session *session, const struct replay_map *map, struct replay_plan *plan, int64_t now_ms,
                           const struct replay_options *options, struct replay_sum *ret);

#endif
