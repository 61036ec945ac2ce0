/*
 * monitor.h - counts and bounds a socket's connections, and says in the log which of them fail before they ask anything
 *
 * A client without encryption at a CURVE socket, or one with the wrong server key, never reaches the ZAP handler and tries again
 * for ever; without this the operator would see nothing. One line a failure, bounded like every line. One thread.
 */
#ifndef HUYING_SHELL_MONITOR_H
#define HUYING_SHELL_MONITOR_H

#include "base/log.h"
#include "dispatcher/shell/zpoll.h"

struct monitor;

/* Watches the handshakes of a bound socket; `name` says which in the log and must be different for each. Borrows all. Gives *ret.
 * Returns 0 or a negative errno. */
int monitor_open(void *context, void *socket, const char *name, uv_loop_t *loop, struct log *log, struct monitor **ret);

/* `told` is called for each connection that is accepted or ends, by its descriptor, in the order in which they do. */
void monitor_tell(struct monitor *monitor, void (*told)(void *arg, int descriptor, bool ended), void *arg);

/* Most connections at once. One more ends one of those that are not known, of the oldest the one that has said least: strangers
 * hold what a process has of descriptors for no longer than it takes others to come. Without this call there is no bound. */
void monitor_limit(struct monitor *monitor, size_t most);

/* This connection's peer has said something that its key allows. */
void monitor_known(struct monitor *monitor, int descriptor);

/* Reads the news that have come, now. */
void monitor_look(struct monitor *monitor);

/* Connections that were accepted and have not ended, those still in their handshake too. One that ZeroMQ has taken a frame from is
 * in the number. */
size_t monitor_connections(struct monitor *monitor);

/* Stops watching; handles close with the loop. The watched socket must still be open. NULL is allowed. */
void monitor_stop(struct monitor *monitor);

/* The loop must have run dry since monitor_stop. NULL is allowed; returns NULL. */
struct monitor *monitor_free(struct monitor *monitor);

#endif
