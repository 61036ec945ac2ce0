/*
 * rig.h - a context, a loop and the server's side of the sockets, for tests of the shell
 *
 * Clients and server run on one libuv loop, so no test waits for time: rig_until runs the loop until something has
 * happened, and ends the test when it has not within RIG_PATIENCE_MS.
 */
#ifndef HUYING_TESTS_SHELL_RIG_H
#define HUYING_TESTS_SHELL_RIG_H

#include "base/log.h"
#include "dispatcher/shell/auth.h"
#include "dispatcher/shell/keyring.h"

#include <check.h>
#include <stdio.h>
#include <uv.h>
#include <zmq.h>

#define RIG_PATIENCE_MS 20000
#define RIG_KEYS 8
#define RIG_SOCKETS 16

struct pair {
    char public_key[41], secret_key[41];
};

/* A key that the source of identities knows; `hidden` until the next look. */
struct known {
    struct pair pair;
    struct identity who;
    bool hidden;
};

struct rig {
    void *context;
    uv_loop_t uv;
    uv_timer_t patience;
    struct log *log;
    FILE *log_file;
    struct pair server;
    struct keyring ring;
    struct known keys[RIG_KEYS];
    size_t key_count;
    uint32_t looks;
    struct auth *auth;
    void *sockets[RIG_SOCKETS];
    size_t socket_count;
};

void rig_open(struct rig *rig, bool plain);

/* The owner has stopped its own handles; those of the rig are stopped here, then all sockets are closed. */
void rig_close(struct rig *rig);

/* Makes a pair and lets the source know it. Name "default" serves plain mode. */
struct known *rig_key(struct rig *rig, const char *name, uint32_t roles);

/* A bound server socket; gives the endpoint. Closed by rig_close. */
void *rig_server(struct rig *rig, int type, bool plain, const char *domain, char *endpoint);

/* A connected client socket. `pair` NULL = plain; closed by rig_close. */
void *rig_client(struct rig *rig, int type, const struct pair *pair, const char *endpoint);

/* A monitor of `socket` for these events; reads as ZMQ_PAIR. */
void *rig_monitor(struct rig *rig, void *socket, int events);

/* Closes a socket of the rig now; those of clients do not linger. */
void rig_drop(struct rig *rig, void *socket);

void *rig_keep(struct rig *rig, void *socket);

/* Runs the loop until done(arg). */
void rig_until(struct rig *rig, bool (*done)(void *arg), void *arg);

/* Has the log a line with this text? */
bool rig_logged(struct rig *rig, const char *text);

struct code code_of(const char *text);

#endif
