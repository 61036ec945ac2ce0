/*
 * import_trial.h - an import that writes nothing: which rows would go where
 */
#ifndef HUYING_CLIENTS_IMPORT_TRIAL_H
#define HUYING_CLIENTS_IMPORT_TRIAL_H

#include "clients/import_plan.h"
#include "clients/session.h"

struct import_trial {
    uint32_t routed; /* waiting rows that a row of the list sends to a unit */
    uint32_t pooled; /* those that would wait for the desk */
};

/* Asks the list once for every pair of matter and place. Rows whose matter or place the district does not know, or that have no
 * place or nobody to answer to, become rejects; so do those with an instant that the clock has passed, and those with an instant or
 * a limit where the key is no `importer`. Says what is wrong. */
enum exit_code import_trial_ask(struct session *session, struct import_plan *plan, bool importer, struct import_trial *ret);

#endif
