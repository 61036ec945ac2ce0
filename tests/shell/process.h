/*
 * process.h - the real huyingd as a child, and a client that asks it
 *
 * Standard error comes through a pipe and is read line by line; nothing waits longer than PROCESS_PATIENCE_MS. The program is
 * named by HUYINGD, the district by HUYING_TEST_DISTRICT.
 */
#ifndef HUYING_TESTS_SHELL_PROCESS_H
#define HUYING_TESTS_SHELL_PROCESS_H

#include "proto/reply.h"
#include "proto/request.h"

#include <stdio.h>
#include <sys/types.h>

#define PROCESS_PATIENCE_MS 20000

struct process {
    pid_t id;
    int error_fd;
    size_t used;
    char buffer[16384];
    char line[4096]; /* the last one read */
    char listen[256], events[256];
};

/* Temporary folder of this test; data and keys are in it. */
extern char process_folder[64];
void process_folder_make(void);
void process_folder_remove(void);

/* Starts huyingd on the folder with further arguments (NULL-terminated) after the usual ones. Both sockets: any port on 127.0.0.1
 * unless named. */
void process_start(struct process *process, const char *const *arguments);

/* Reads lines until one contains `text`; the test fails when the process ends before. */
void process_line(struct process *process, const char *text);

/* Reads until `ready` and keeps the endpoints. */
void process_ready(struct process *process);

/* Reads standard error to its end and gives the exit code, -1 for a signal. */
int process_end(struct process *process);

/* SIGTERM and the end; requires exit code 0. */
void process_stop(struct process *process);

/* Has standard error a line now that contains `text`? Does not wait. */
bool process_said(struct process *process, const char *text);

/* Asks `name` with a body of ready msgpack bytes. Returns the decoded reply; lives until the next ask. */
const struct reply *process_ask(void *socket, const char *id, const char *name, const void *body, size_t body_size);

/* Sends without waiting. */
void process_send(void *socket, const char *id, const char *name, const void *body, size_t body_size);

/* Waits for a reply. */
const struct reply *process_receive(void *socket);

/* Number of a reply's field; the test fails when there is none. */
uint64_t process_number(const struct reply *reply, const char *field);

/* Body of a submit with this title. Lives until the next call. */
const void *process_submit(const char *title, size_t *ret_size);

#endif
