/*
 * tools.h - what an administrator does on the machine, without a dispatcher
 */
#ifndef HUYING_CLIENTS_TOOLS_H
#define HUYING_CLIENTS_TOOLS_H

#include "clients/arguments.h"

/* `check`, `restore`, `config check` and `config preview` become the program huying-admin: beside this one, in the build tree, or
 * in PATH. */
enum exit_code tools_check(struct session *session, const struct arguments *arguments);
enum exit_code tools_restore(struct session *session, const struct arguments *arguments);
enum exit_code tools_config_check(struct session *session, const struct arguments *arguments);
enum exit_code tools_config_preview(struct session *session, const struct arguments *arguments);

/* `catalogue make` becomes the script make-wuhua, found in the same places; it needs python3. */
enum exit_code tools_catalogue_make(struct session *session, const struct arguments *arguments);

/* Makes a key pair in the keys folder. */
enum exit_code tools_keys_new(struct session *session, const struct arguments *arguments);

#endif
