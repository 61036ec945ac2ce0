/*
 * harness.h - a context, a loop and the server's side of the sockets, for tests of the shell
 *
 * Clients and server run on one libuv loop, so no test waits for time: harness_until runs the loop until something has
 * happened, and ends the test when it has not within HARNESS_PATIENCE_MS.
 */
#ifndef HUYING_TESTS_SHELL_HARNESS_H
#define HUYING_TESTS_SHELL_HARNESS_H

#include "base/log.h"
#include "dispatcher/shell/auth.h"
#include "dispatcher/shell/keyring.h"

#include <check.h>
#include <stdio.h>
#include <uv.h>
#include <zmq.h>

#define HARNESS_PATIENCE_MS 20000
#define HARNESS_KEYS 8
#define HARNESS_SOCKETS 16

struct pair {
    char public_key[41], secret_key[41];
};

/* A key that the source of identities knows; `hidden` until the next look. */
struct known {
    struct pair pair;
    struct identity who;
    bool hidden;
};

struct harness {
    void *context;
    uv_loop_t uv;
    uv_timer_t patience;
    struct log *log;
    FILE *log_file;
    struct pair server;
    struct keyring ring;
    struct known keys[HARNESS_KEYS];
    size_t key_count;
    uint32_t looks;
    struct auth *auth;
    void *sockets[HARNESS_SOCKETS];
    size_t socket_count;
};

void harness_open(struct harness *harness, bool plain);

/* The owner has stopped its own handles; those of the harness are stopped here, then all sockets are closed. */
void harness_close(struct harness *harness);

/* Makes a pair and lets the source know it. Name "default" serves plain mode. */
struct known *harness_key(struct harness *harness, const char *name, uint32_t roles);

/* A bound server socket; gives the endpoint. Closed by harness_close. */
void *harness_server(struct harness *harness, int type, bool plain, const char *domain, char *endpoint);

/* A connected client socket. `pair` NULL = plain; closed by harness_close. */
void *harness_client(struct harness *harness, int type, const struct pair *pair, const char *endpoint);

/* A monitor of `socket` for these events; reads as ZMQ_PAIR. */
void *harness_monitor(struct harness *harness, void *socket, int events);

/* Closes a socket of the harness now; those of clients do not linger. */
void harness_drop(struct harness *harness, void *socket);

void *harness_keep(struct harness *harness, void *socket);

/* Runs the loop until done(arg). */
void harness_until(struct harness *harness, bool (*done)(void *arg), void *arg);

/* Has the log a line with this text? */
bool harness_logged(struct harness *harness, const char *text);

struct code code_of(const char *text);

#endif
