/*
 * receipt.h - the deadline receipt 时限核算单: how a clock was counted, in a table that a clerk can check
 */
#ifndef HUYING_CLIENTS_RECEIPT_H
#define HUYING_CLIENTS_RECEIPT_H

#include "clients/arguments.h"

enum exit_code receipt_run(struct session *session, const struct arguments *arguments);

#endif
