/*
 * district.h - verbs that look at the set in force: its units, matters and policy
 */
#ifndef HUYING_CLIENTS_DISTRICT_H
#define HUYING_CLIENTS_DISTRICT_H

#include "clients/arguments.h"

enum exit_code district_units(struct session *session, const struct arguments *arguments);
enum exit_code district_matters(struct session *session, const struct arguments *arguments);
enum exit_code district_config(struct session *session, const struct arguments *arguments);

#endif
