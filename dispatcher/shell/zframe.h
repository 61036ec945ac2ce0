/*
 * zframe.h - single frames of ZeroMQ messages, never waiting, not disturbed by signals
 *
 * A signal may end any ZeroMQ call with EINTR, in the middle of a message of many frames too; here the call is made again.
 */
#ifndef HUYING_SHELL_ZFRAME_H
#define HUYING_SHELL_ZFRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <zmq.h>

/* Sends a copy of one frame; `more`: others follow. Returns 0 or a negative errno (-EAGAIN: would wait). */
int zframe_send(void *socket, const void *data, size_t size, bool more);

/* Sends a message as the last frame. On success it is ZeroMQ's. Returns 0 or a negative errno. */
int zframe_send_message(void *socket, zmq_msg_t *message);

/* Receives one frame into an initialised message. Returns 0 or a negative errno (-EAGAIN: none is there). */
int zframe_receive(void *socket, zmq_msg_t *message);

#endif
