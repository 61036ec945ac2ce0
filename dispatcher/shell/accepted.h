/*
 * accepted.h - what ZeroMQ has no call for: one connection of a bound socket, by its descriptor
 *
 * ZeroMQ gives the descriptor with a message (ZMQ_SRCFD) and with the events of a monitor. It stays ZeroMQ's: nothing in here
 * reads, writes or closes it. The number of a connection that has ended may go to another one; whoever remembers descriptors reads
 * the monitor's news first. Should one be cut for another even so, it has to connect again.
 */
#ifndef HUYING_SHELL_ACCEPTED_H
#define HUYING_SHELL_ACCEPTED_H

#include <stdbool.h>
#include <stdint.h>

/* Is this the descriptor of a connection that has not ended? */
bool accepted_lives(int descriptor);

/* Ends it: ZeroMQ sees the end as if it were the peer's. What is not (or no longer) a connection is left alone. */
void accepted_cut(int descriptor);

/* Bytes that the peer has sent so far; 0 when that cannot be known (ipc). */
uint64_t accepted_said(int descriptor);

#endif
