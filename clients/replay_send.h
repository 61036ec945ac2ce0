/*
 * replay_send.h - the commands of a replay, many on their way at once
 *
 * The dispatcher handles one client's messages in order, so a case is opened without waiting: the later commands name it by the
 * request id of its submit. Request ids come from the district and the row's own id: sent twice, nothing happens twice.
 */
#ifndef HUYING_CLIENTS_REPLAY_SEND_H
#define HUYING_CLIENTS_REPLAY_SEND_H

#include "clients/progress.h"
#include "clients/replay_past.h"
#include "clients/replay_plan.h"
#include "clients/session.h"

#define REPLAY_LISTED_MAX 20

struct replay_failure {
    uint32_t line;
    const char *id;
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

/* Sends every step that is not past and then advances the clock to plan->until_ms. Refusals are counted and listed, not said. Says
 * what is wrong. */
enum exit_code replay_send(struct session *session, const struct replay_map *map, const struct replay_plan *plan,
                           const struct replay_past *past, uint32_t in_flight, struct replay_sum *ret);

#endif
