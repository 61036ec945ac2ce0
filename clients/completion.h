/*
 * completion.h - what a shell may write next, from the tables of verbs
 *
 * `huying --completion bash|zsh|fish` prints a script for that shell: data from the tables, and the few lines of shell that use it.
 * The build installs its output, so that it cannot lag behind the tables.
 */
#ifndef HUYING_CLIENTS_COMPLETION_H
#define HUYING_CLIENTS_COMPLETION_H

#include "clients/say.h"

/* Prints the script of one shell on standard output. Says what is wrong. */
enum exit_code completion_print(const char *shell);

#endif
