/*
 * admin.h - huying-admin: what works on files without a server
 *
 * One file per command. Each gets its own argv (argv[0] is its name) and returns an exit code: 0 done (or clean), 1 refused (faults
 * or differences found), 2 usage, 4 failure, 5 busy.
 */
#ifndef HUYING_ADMIN_ADMIN_H
#define HUYING_ADMIN_ADMIN_H

#include "base/exit_code.h"

/* check --data DIR [--json] */
int admin_check(int argc, char **argv);

/* restore FOLDER --data DIR [--json] */
int admin_restore(int argc, char **argv);

/* config check DIR [--json], config preview DIR --data DATA [--json] */
int admin_config(int argc, char **argv);

#endif
