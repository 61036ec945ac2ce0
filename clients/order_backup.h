/*
 * order_backup.h - `huying backup`: asks for one, and shows how it comes along
 */
#ifndef HUYING_CLIENTS_ORDER_BACKUP_H
#define HUYING_CLIENTS_ORDER_BACKUP_H

#include "clients/arguments.h"

/* Starts a backup and waits for its end, or with --status only says how far the last one is. A wait that is broken off does not end
 * the backup. */
enum exit_code order_backup_run(struct session *session, const struct arguments *arguments);

#endif
