/*
 * keys_list.h - who has a key
 */
#ifndef HUYING_CLIENTS_KEYS_LIST_H
#define HUYING_CLIENTS_KEYS_LIST_H

#include "clients/arguments.h"

/* The verb `keys list`: reads the keys folder, without a dispatcher. EXIT_REFUSED where a file in it is broken: which ones is said.
 */
enum exit_code keys_list_run(struct session *session, const struct arguments *arguments);

#endif
