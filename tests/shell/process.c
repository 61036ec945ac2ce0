/* process.c - see process.h. */
#include "tests/shell/process.h"
#include "tests/tmp.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zmq.h>

char process_folder[64];

static struct proto_buffer out;
static struct codec_scratch scratch;
static struct reply last_reply;

void process_folder_make(void)
{
    tmp_folder(process_folder, sizeof(process_folder), "shell");
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *walk)
{
    (void)status;
    (void)type;
    (void)walk;
    return remove(path);
}

void process_folder_remove(void)
{
    nftw(process_folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static bool has(const char *const *arguments, const char *name)
{
    for (size_t i = 0; arguments != NULL && arguments[i] != NULL; i++) {
        if (strcmp(arguments[i], name) == 0) {
            return true;
        }
    }
    return false;
}

void process_start(struct process *process, const char *const *arguments)
{
    char data[128], keys[128];
    snprintf(data, sizeof(data), "%s/data", process_folder);
    snprintf(keys, sizeof(keys), "%s/keys", process_folder);
    const char *const usual[][2] = {{"--config", getenv("HUYING_TEST_DISTRICT")},
                                    {"--data", data},
                                    {"--keys", keys},
                                    {"--map-size", "268435456"},
                                    {"--listen", "tcp://127.0.0.1:*"},
                                    {"--events", "tcp://127.0.0.1:*"}};
    const char *all[32] = {getenv("HUYINGD")};
    size_t count = 1;
    ck_assert_msg(all[0] != NULL && usual[0][1] != NULL, "HUYINGD and HUYING_TEST_DISTRICT are needed");
    for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++) {
        if (has(arguments, usual[i][0])) {
            continue; /* given twice is refused */
        }
        all[count++] = usual[i][0];
        all[count++] = usual[i][1];
    }
    for (size_t i = 0; arguments != NULL && arguments[i] != NULL; i++) {
        all[count++] = arguments[i];
    }
    int ends[2];
    ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
    *process = (struct process){.error_fd = ends[0]};
    process->id = fork();
    ck_assert_int_ge(process->id, 0);
    if (process->id == 0) {
        dup2(ends[1], STDERR_FILENO);
        execv(all[0], (char *const *)all);
        _exit(127);
    }
    close(ends[1]);
}

/* Takes one line from the buffer. */
static bool take_line(struct process *process)
{
    char *end = memchr(process->buffer, '\n', process->used);
    if (end == NULL) {
        return false;
    }
    size_t size = (size_t)(end - process->buffer);
    size_t kept = size < sizeof(process->line) ? size : sizeof(process->line) - 1;
    memcpy(process->line, process->buffer, kept);
    process->line[kept] = '\0';
    process->used -= size + 1;
    memmove(process->buffer, end + 1, process->used);
    return true;
}

/* Fills the buffer. 1: something came; 0: the end; -1: nothing in this time. */
static int fill(struct process *process, int wait_ms)
{
    struct pollfd waits = {.fd = process->error_fd, .events = POLLIN};
    if (poll(&waits, 1, wait_ms) <= 0) {
        return -1;
    }
    ck_assert_uint_lt(process->used, sizeof(process->buffer));
    ssize_t got = read(process->error_fd, process->buffer + process->used, sizeof(process->buffer) - process->used);
    ck_assert_int_ge(got, 0);
    process->used += (size_t)got;
    return got > 0;
}

void process_line(struct process *process, const char *text)
{
    for (;;) {
        while (take_line(process)) {
            if (strstr(process->line, text) != NULL) {
                return;
            }
        }
        int got = fill(process, PROCESS_PATIENCE_MS);
        ck_assert_msg(got > 0, "%s without '%s'; last line: %s", got < 0 ? "silence" : "the end", text, process->line);
    }
}

bool process_said(struct process *process, const char *text)
{
    do {
        while (take_line(process)) {
            if (strstr(process->line, text) != NULL) {
                return true;
            }
        }
    } while (fill(process, 0) > 0);
    return false;
}

void process_ready(struct process *process)
{
    process_line(process, "ready ");
    ck_assert_msg(strncmp(process->line, "ready ", 6) == 0, "%s", process->line);
    ck_assert_int_eq(sscanf(process->line, "ready listen=%255s events=%255s", process->listen, process->events), 2);
}

int process_end(struct process *process)
{
    int got, status;
    while ((got = fill(process, PROCESS_PATIENCE_MS)) > 0) {
        while (take_line(process)) {
            ;
        }
    }
    ck_assert_msg(got == 0, "the process does not end; last line: %s", process->line);
    close(process->error_fd);
    ck_assert_int_eq(waitpid(process->id, &status, 0), process->id);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void process_stop(struct process *process)
{
    kill(process->id, SIGTERM);
    ck_assert_int_eq(process_end(process), 0);
}

void process_send(void *socket, const char *id, const char *name, const void *body, size_t body_size)
{
    const struct request_head head = {.id = text_of(id), .name = text_of(name)};
    proto_buffer_clear(&out);
    ck_assert_int_eq(request_encode(&head, body, body_size, &out), 0);
    ck_assert_int_eq(zmq_send(socket, out.data, out.size, 0), (int)out.size);
}

const struct reply *process_receive(void *socket)
{
    static zmq_msg_t message;
    static bool open;
    if (open) {
        zmq_msg_close(&message);
    }
    zmq_msg_init(&message);
    open = true;
    ck_assert_msg(zmq_msg_recv(&message, socket, 0) >= 0, "no reply: %s", zmq_strerror(errno));
    ck_assert_int_eq(reply_decode(&scratch, zmq_msg_data(&message), zmq_msg_size(&message), &last_reply), 0);
    return &last_reply;
}

const struct reply *process_ask(void *socket, const char *id, const char *name, const void *body, size_t body_size)
{
    process_send(socket, id, name, body, body_size);
    return process_receive(socket);
}

uint64_t process_number(const struct reply *reply, const char *field)
{
    ck_assert_msg(reply->ok, "refused: %.*s %.*s", (int)reply->code.size, reply->code.at, (int)reply->field.size,
                  reply->field.size > 0 ? reply->field.at : "");
    const msgpack_object *value = reply_field(&reply->body, field);
    ck_assert_ptr_nonnull(value);
    ck_assert_int_eq(value->type, MSGPACK_OBJECT_POSITIVE_INTEGER);
    return value->via.u64;
}

const void *process_submit(const char *title, size_t *ret_size)
{
    static char bytes[256];
    static const char front[] = "\x85\xa9"
                                "anonymous\xc3\xa4"
                                "kind\xa9"
                                "complaint\xa6"
                                "matter\xa4"
                                "M001\xa5"
                                "place\xa3"
                                "C01\xa5"
                                "title";
    size_t size = strlen(title);
    ck_assert_uint_lt(size, 32);
    memcpy(bytes, front, sizeof(front) - 1);
    bytes[sizeof(front) - 1] = (char)(0xa0 | size);
    memcpy(bytes + sizeof(front), title, size);
    *ret_size = sizeof(front) + size;
    return bytes;
}
