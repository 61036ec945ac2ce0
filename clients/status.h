/*
 * status.h - is the dispatcher up, and how is it?
 */
#ifndef HUYING_CLIENTS_STATUS_H
#define HUYING_CLIENTS_STATUS_H

#include "clients/arguments.h"

/* The verb `status`: EXIT_DONE when it is up; EXIT_NOT_REACHABLE when it is not, or does not admit the key, which of them is said.
 */
enum exit_code status_run(struct session *session, const struct arguments *arguments);

#endif
