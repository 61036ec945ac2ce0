/*
 * import_past.h - what an import finds when it was run before, long ago
 *
 * Request ids are remembered for a while only. In drill time the dispatcher's clock may have passed the instants of a file by
 * months; a row whose reference is there, received at the very instant that the file says, is not sent again.
 */
#ifndef HUYING_CLIENTS_IMPORT_PAST_H
#define HUYING_CLIENTS_IMPORT_PAST_H

#include "clients/import_plan.h"
#include "clients/session.h"

/* Marks the rows that are there as repeated; needs session_hello. Asks only when the file says instants and the clock stands after
 * the first of them. Says what is wrong. */
enum exit_code import_past_ask(struct session *session, struct import_plan *plan);

#endif
