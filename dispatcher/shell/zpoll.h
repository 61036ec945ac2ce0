/*
 * zpoll.h - ZeroMQ sockets on a libuv loop
 *
 * The one file that knows how: the descriptor of a ZeroMQ socket is edge-triggered and says only "look again", so ZMQ_EVENTS
 * must be read after every send and receive and before the loop sleeps. Here it is read in two places of every turn: before
 * sleeping (if the socket is ready the loop does not sleep) and after (then the owner is called). What the owner sends or
 * receives in between is covered by the next of the two. Not for sends from uv_close callbacks, which run between them.
 * Each of these looks costs two system calls. Of a socket that nobody uses meanwhile (zpoll_alone) none is needed after one that
 * found nothing, until the descriptor fires: whatever comes to it now makes it fire.
 */
#ifndef HUYING_SHELL_ZPOLL_H
#define HUYING_SHELL_ZPOLL_H

#include <stdbool.h>
#include <uv.h>

struct zpoll {
    void *socket;
    void (*ready)(void *arg);
    void *arg;
    bool wanted;
    bool alone; /* zpoll_alone */
    bool quiet; /* alone, and nothing was there at the last look: the descriptor says when to look again */
    uv_poll_t watch;
    uv_prepare_t before;
    uv_check_t after;
    uv_idle_t spin;
};

/* Calls ready(arg) in every turn of the loop in which `socket` can be read. `poll` is the caller's and must live until the loop
 * has run the closing of its handles. Returns 0 or a negative errno. */
int zpoll_open(struct zpoll *poll, uv_loop_t *loop, void *socket, void (*ready)(void *arg), void *arg);

/* From now on nobody uses the socket outside of `ready` but to read it until it says that there is no more. Whoever does anything
 * else with it, such as send, says so by zpoll_used afterwards, before the loop goes on. */
void zpoll_alone(struct zpoll *poll);
void zpoll_used(struct zpoll *poll);

/* Pauses and resumes: while not wanted, ready is not called and the loop may sleep with messages waiting. */
void zpoll_want(struct zpoll *poll, bool wanted);

/* Begins to close the handles; the socket may be closed when the loop has run dry. A second call does nothing. */
void zpoll_close(struct zpoll *poll);

#endif
