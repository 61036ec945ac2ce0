/*
 * standing.h - where a case stands, in one line, after a refusal that is about its state
 */
#ifndef HUYING_CLIENTS_STANDING_H
#define HUYING_CLIENTS_STANDING_H

#include "clients/arguments.h"
#include "clients/session.h"

/* Is this a refusal that the case's state explains? */
bool standing_explains(enum refusal refusal);

/* Asks for the case that the words name and says on standard error its state and who has something to do on it. Says nothing with
 * --json, and where the words name no case. */
void standing_tell(struct session *session, const struct arguments *arguments);

#endif
