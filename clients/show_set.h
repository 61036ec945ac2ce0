/*
 * show_set.h - verbs that look at the set in force: its units, matters and policy
 */
#ifndef HUYING_CLIENTS_SHOW_SET_H
#define HUYING_CLIENTS_SHOW_SET_H

#include "clients/arguments.h"

enum exit_code show_set_units(struct session *session, const struct arguments *arguments);
enum exit_code show_set_matters(struct session *session, const struct arguments *arguments);
enum exit_code show_set_proposals(struct session *session, const struct arguments *arguments);
enum exit_code show_set_config(struct session *session, const struct arguments *arguments);

#endif
