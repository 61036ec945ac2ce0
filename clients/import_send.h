/*
 * import_send.h - the submits of an import, many on their way at once, on a loop
 */
#ifndef HUYING_CLIENTS_IMPORT_SEND_H
#define HUYING_CLIENTS_IMPORT_SEND_H

#include "clients/import_plan.h"
#include "clients/session.h"

/* Why sending ended. */
enum import_end {
    IMPORT_END_DONE,          /* every row has its answer */
    IMPORT_END_INTERRUPTED,   /* a signal */
    IMPORT_END_NOT_REACHABLE, /* no answer before the deadline */
    IMPORT_END_KEY_UNKNOWN,
    IMPORT_END_NO_ROLE, /* the key may submit nothing: no row can be taken */
    IMPORT_END_BUSY,    /* a refusal that may be tried again was given until the deadline */
    IMPORT_END_STORAGE, /* the same, and it was the dispatcher's disk */
    IMPORT_END_STALE,   /* the file has changed */
    IMPORT_END_OLD,     /* a dry one: the dispatcher is too old to try */
    IMPORT_END_FAILED,  /* `error` says why */
};

struct import_send_options {
    uint32_t window; /* most submits on their way at once */
    bool importer;   /* the key may say instants: what a refused one means */
    bool progress;   /* a plain line now and then where there is no terminal */
    bool dry;        /* every row is judged as it would be, and nothing is kept */
};

struct import_sum {
    enum import_end end;
    int error; /* negative errno */
    double seconds;
    uint32_t routed, pooled; /* of a dry one: rows that would go to a unit, and those that would wait for the desk */
};

/* Sends every waiting row in the order of the instants and sets its state; needs session_hello. SIGINT and SIGTERM: nothing new is
 * sent, what is on its way is awaited; a second one ends at once. What the dispatcher does not take is put among the plan's
 * rejects; rows without an answer stay IMPORT_SENT. A dry one leaves all others waiting. Says only what keeps it from connecting.
 */
enum exit_code import_send(struct session *session, struct import_plan *plan, const struct import_send_options *options,
                           struct import_sum *ret);

#endif
