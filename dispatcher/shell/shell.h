/*
 * shell.h - the dispatcher's sockets, loop and end, in one call
 *
 * The shell knows neither configuration nor keys folder: main hands in an open engine, a source of identities and what the
 * ready line says. Order of opening: ZAP handler, request socket, event socket, first step, then `ready` on standard error
 * and to systemd.
 */
#ifndef HUYING_SHELL_SHELL_H
#define HUYING_SHELL_SHELL_H

#include "base/log.h"
#include "dispatcher/engine/engine.h"
#include "dispatcher/shell/keyring.h"

struct shell_options {
    struct engine *engine; /* borrowed: the caller closes it afterwards */
    struct log *log;       /* borrowed */
    struct keyring_source keys;
    const char *server_secret; /* Z85, 40 characters; NULL = plain: every peer is the key `default` */
    const char *listen_url, *events_url;
    const char *district; /* code, for the ready line */
    bool drill;
    void (*reload)(void *arg, struct engine *engine); /* on SIGHUP, after the keys were read again */
    void *reload_arg;
};

/* Runs until SIGTERM or SIGINT, or a failure. Returns an exit code: 0 done, 4 failure (said in the log). */
int shell_run(const struct shell_options *options);

#endif
