/*
 * import_past.h - which rows of an import the dispatcher has already, from whatever key
 *
 * The dispatcher remembers request ids by key, and for a while. So before anything is sent, the requests of the cases that the key
 * may see are compared with those of the rows: a colleague's import of the same file is recognised as well as one's own of last
 * year.
 */
#ifndef HUYING_CLIENTS_IMPORT_PAST_H
#define HUYING_CLIENTS_IMPORT_PAST_H

#include "clients/import_plan.h"
#include "clients/session.h"

/* Cases received longer ago are looked at in drill time only, whose clock jumps. */
#define IMPORT_PAST_MS (INT64_C(31) * 24 * 3600 * 1000)

struct import_past {
    uint32_t by_others;        /* rows that came in with another key */
    bool several;              /* with more than one */
    char other[CODE_SIZE + 1]; /* name of the first of these */
};

/* Marks the rows that are there with the same content as repeated, and rejects those whose reference came in with other content;
 * needs session_hello. `judged`: where the key may not read what is there, rows that it submitted itself, and whose request the
 * dispatcher still remembers, stay waiting: when they are sent it compares them. Cases that the key may not see, and what others
 * send meanwhile, are not found. Says what is wrong. */
enum exit_code import_past_ask(struct session *session, struct import_plan *plan, bool judged, struct import_past *ret);

/* Says that the file has changed since it was read. */
enum exit_code import_past_stale(const struct import_plan *plan);

#endif
