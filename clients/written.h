/*
 * written.h - what people wrote on a case: its notes, its answer, results and what the citizen said afterwards
 */
#ifndef HUYING_CLIENTS_WRITTEN_H
#define HUYING_CLIENTS_WRITTEN_H

#include "clients/session.h"

#include <jansson.h>

/* Picks from the records of a timeline those that carry a text, oldest first: a list of {at, what, unit, by, text} and, where they
 * have one, visibility, code, basis. The caller owns it. */
json_t *written_of(const json_t *records);

/* Prints such a list, each text whole. */
void written_show(const json_t *written);

#endif
