/*
 * trim.h - memory that a flood left goes back to the system
 *
 * What was freed lies in pieces all over the heaps, those of ZeroMQ's thread too, and malloc keeps it. Asked once a second in an
 * idle moment; costs one small read of /proc unless memory has grown.
 */
#ifndef HUYING_SHELL_TRIM_H
#define HUYING_SHELL_TRIM_H

#include <stdint.h>

/* Growth of our own memory (no mapped files) from which on it is worth a trim, which takes milliseconds. */
#define TRIM_BYTES (INT64_C(16) * 1024 * 1024)

/* Zeroed at first. */
struct trim {
    int64_t least_bytes; /* our own memory after the last trim, or less seen since; 0: not looked yet */
};

void trim_look(struct trim *trim);

#endif
