/*
 * acks.h - the file in which the load keeps what was acknowledged
 *
 * One line an acknowledgement: case, step, mark, request id, command, answer. The mark is the number of file operations that the
 * dispatcher had recorded (shim.c) when the answer was there; 0 without a record. Appended and handed to the system at once: the
 * load is the tester's own process and outlives every kill.
 */
#ifndef HUYING_TESTS_CRASH_ACKS_H
#define HUYING_TESTS_CRASH_ACKS_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define ACKS_ANSWER_SIZE 256

struct ack {
    uint32_t which, step;
    char answer[ACKS_ANSWER_SIZE];
};

struct acks {
    FILE *file;
    size_t count, capacity;
    struct ack *at;
};

/* Reads the file, made when missing, and opens it for appending. Ends the process with a sentence when that fails or a line is not
 * one of ours. */
void acks_open(struct acks *acks, const char *path);

/* Adds one; it is with the system when this returns. */
void acks_add(struct acks *acks, uint32_t which, uint32_t step, uint64_t mark, const char *id, const char *name,
              const char *answer);

void acks_close(struct acks *acks);

#endif
