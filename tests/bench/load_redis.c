/*
 * load_redis.c - the load of load.c for Redis: MULTI, the four writes of a job, EXEC; or a bare XADD
 *
 *   bench-load-redis PORT CONNECTIONS submit|xadd|cycle IN_FLIGHT COUNT FIRST
 *
 * submit: a job is an entry of the stream `jobs`, its deadline in the sorted set `due`, its place in the owner's `inbox:N01`, and a
 * line of `log`. cycle: submit; claim (out of the inbox, the lease as its deadline); complete (no deadline any more, an entry of
 * the stream `done`). xadd: the entry alone. Ids count from FIRST. Requests are encoded before the clock starts; each connection
 * sends with one write what its answers of one read called for. What it prints: loading.h.
 */
#include "tests/bench/loading.h"

#include <hiredis/hiredis.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CONNECTIONS_MAX = 64, WORDS_MAX = 8, COMMANDS_MAX = 6, LEASE_S = 600, LIMIT_S = 14 * 86400 };
#define BEGUN_AT_S UINT64_C(1700000000)

struct connection {
    redisContext *context;
    uint64_t *waiting; /* requests that were sent, a ring: answers come in this order */
    uint64_t first, sent, queued;
    uint32_t replies_left; /* of the first one that waits */
};

struct load {
    struct loading loading;
    const struct step *steps;
    uint64_t first_id;
    char *bytes; /* all requests, one behind the other */
    size_t size, capacity;
    size_t *begins; /* by request, and the end of the last */
    struct connection connections[CONNECTIONS_MAX];
    uint32_t connection_count;
    uint64_t room; /* of a ring */
};

/* Commands of a step; %i is the id, %d the deadline, %l the lease's end, %t the text. */
struct step {
    const char *commands[COMMANDS_MAX][WORDS_MAX];
};

static const struct step submit_steps[] = {
    {{{"MULTI"},
      {"XADD", "jobs", "*", "id", "%i", "text", "%t"},
      {"ZADD", "due", "%d", "%i"},
      {"ZADD", "inbox:N01", "%d", "%i"},
      {"RPUSH", "log", "submitted %i"},
      {"EXEC"}}},
    {{{"MULTI"}, {"ZREM", "inbox:N01", "%i"}, {"ZADD", "due", "%l", "%i"}, {"EXEC"}}},
    {{{"MULTI"}, {"ZREM", "due", "%i"}, {"XADD", "done", "*", "id", "%i", "text", "The lamp was replaced."}, {"EXEC"}}},
};
static const struct step xadd_step = {{{"XADD", "jobs", "*", "id", "%i", "text", "%t"}}};

static uint32_t command_count(const struct step *step)
{
    uint32_t count = 0;
    while (count < COMMANDS_MAX && step->commands[count][0] != NULL) {
        count++;
    }
    return count;
}

static void append(struct load *load, const char *data, size_t size)
{
    if (load->size + size > load->capacity) {
        load->capacity = (load->size + size) * 2;
        load->bytes = realloc(load->bytes, load->capacity);
        if (load->bytes == NULL) {
            loading_die(&load->loading, "out of memory");
        }
    }
    memcpy(load->bytes + load->size, data, size);
    load->size += size;
}

static void encode_command(struct load *load, const char *const *words, uint64_t id)
{
    char made[WORDS_MAX][64];
    const char *given[WORDS_MAX];
    size_t sizes[WORDS_MAX];
    int count = 0;
    for (; count < WORDS_MAX && words[count] != NULL; count++) {
        const char *mark = strchr(words[count], '%');
        given[count] = made[count];
        if (mark == NULL) {
            given[count] = words[count];
        } else if (mark[1] == 't') {
            given[count] = loading_words;
        } else {
            uint64_t number = mark[1] == 'i' ? id : BEGUN_AT_S * 1000 + id + (mark[1] == 'd' ? LIMIT_S : LEASE_S) * UINT64_C(1000);
            snprintf(made[count], sizeof(made[count]), "%.*s%" PRIu64, (int)(mark - words[count]), words[count], number);
        }
        sizes[count] = strlen(given[count]);
    }
    char *command = NULL;
    int size = redisFormatCommandArgv(&command, count, given, sizes);
    if (size < 0) {
        loading_die(&load->loading, "out of memory");
    }
    append(load, command, (size_t)size);
    redisFreeCommand(command);
}

static void encode_all(struct load *load)
{
    uint64_t requests = load->loading.count * load->loading.steps;
    load->begins = calloc(requests + 1, sizeof(*load->begins));
    if (load->begins == NULL) {
        loading_die(&load->loading, "out of memory");
    }
    for (uint64_t i = 0; i < requests; i++) {
        const struct step *step = &load->steps[i % load->loading.steps];
        load->begins[i] = load->size;
        for (uint32_t k = 0; k < command_count(step); k++) {
            encode_command(load, step->commands[k], load->first_id + i / load->loading.steps);
        }
    }
    load->begins[requests] = load->size;
}

/* An answer is looked at where it is parsed and nothing is made of it, so that the load takes little of the processor. */
static void *see(const redisReadTask *task)
{
    (void)task;
    static char seen;
    return &seen;
}

static void *see_string(const redisReadTask *task, char *text, size_t size)
{
    if (task->type == REDIS_REPLY_ERROR) {
        loading_refused(task->privdata, text, size);
    }
    return see(task);
}

static void *see_array(const redisReadTask *task, int count)
{
    (void)count;
    return see(task);
}

static void *see_integer(const redisReadTask *task, long long number)
{
    (void)number;
    return see(task);
}

static void *see_nil(const redisReadTask *task)
{
    loading_refused(task->privdata, "nil", 3);
}

static void leave(void *seen)
{
    (void)seen;
}

static redisReplyObjectFunctions seeing = {see_string, see_array, see_integer, see_nil, leave};

static void queue(struct load *load, struct connection *connection, uint64_t request)
{
    size_t begin = load->begins[request];
    connection->waiting[connection->queued++ % load->room] = request;
    if (redisAppendFormattedCommand(connection->context, load->bytes + begin, load->begins[request + 1] - begin) != REDIS_OK) {
        loading_die(&load->loading, connection->context->errstr);
    }
}

static void send_queued(struct load *load, struct connection *connection)
{
    int64_t now_us = loading_now_us();
    while (connection->sent < connection->queued) {
        load->loading.sent_us[connection->waiting[connection->sent++ % load->room]] = now_us;
    }
    for (int done = 0; done == 0;) {
        if (redisBufferWrite(connection->context, &done) != REDIS_OK) {
            loading_die(&load->loading, connection->context->errstr);
        }
    }
}

/* Reads what is there, once. */
static void receive(struct load *load, struct connection *connection)
{
    redisContext *context = connection->context;
    if (redisBufferRead(context) != REDIS_OK) {
        loading_die(&load->loading, context->errstr);
    }
    int64_t now_us = loading_now_us();
    for (;;) {
        void *seen = NULL;
        if (redisReaderGetReply(context->reader, &seen) != REDIS_OK) {
            loading_die(&load->loading, context->reader->errstr);
        }
        if (seen == NULL) {
            break;
        }
        uint64_t request = connection->waiting[connection->first % load->room];
        if (connection->replies_left == 0) {
            connection->replies_left = command_count(&load->steps[request % load->loading.steps]);
        }
        if (--connection->replies_left > 0) {
            continue;
        }
        connection->first++;
        uint64_t next;
        if (loading_next(&load->loading, request, now_us, &next)) {
            queue(load, connection, next);
        }
    }
    send_queued(load, connection);
}

static void connect_all(struct load *load, int port)
{
    for (uint32_t i = 0; i < load->connection_count; i++) {
        struct connection *connection = &load->connections[i];
        connection->context = redisConnect("127.0.0.1", port);
        if (connection->context == NULL || connection->context->err != 0) {
            loading_die(&load->loading, "cannot connect");
        }
        struct timeval wait = {.tv_sec = 60};
        redisSetTimeout(connection->context, wait);
        connection->context->reader->fn = &seeing;
        connection->context->reader->privdata = &load->loading;
        connection->waiting = calloc(load->room, sizeof(*connection->waiting));
        if (connection->waiting == NULL) {
            loading_die(&load->loading, "out of memory");
        }
    }
}

static void run(struct load *load, uint64_t in_flight)
{
    struct pollfd fds[CONNECTIONS_MAX];
    load->loading.from_us = loading_now_us();
    uint64_t next;
    for (uint64_t i = 0; i < in_flight && loading_begin(&load->loading, &next); i++) {
        queue(load, &load->connections[i % load->connection_count], next);
    }
    for (uint32_t i = 0; i < load->connection_count; i++) {
        send_queued(load, &load->connections[i]);
        fds[i] = (struct pollfd){.fd = load->connections[i].context->fd, .events = POLLIN};
    }
    while (load->loading.done < load->loading.count) {
        if (load->connection_count > 1 && poll(fds, load->connection_count, 60000) <= 0) {
            loading_die(&load->loading, "no answer");
        }
        for (uint32_t i = 0; i < load->connection_count; i++) {
            if (load->connection_count == 1 || fds[i].revents != 0) {
                receive(load, &load->connections[i]);
            }
        }
    }
}

int main(int argc, char **argv)
{
    if (argc != 7) {
        fprintf(stderr, "usage: bench-load-redis PORT CONNECTIONS submit|xadd|cycle IN_FLIGHT COUNT FIRST\n");
        return 2;
    }
    struct load load = {.steps = strcmp(argv[3], "xadd") == 0 ? &xadd_step : submit_steps, .first_id = strtoull(argv[6], NULL, 10)};
    uint64_t in_flight = strtoull(argv[4], NULL, 10), connections = strtoull(argv[2], NULL, 10);
    loading_init(&load.loading, "bench-load-redis", strtoull(argv[5], NULL, 10), strcmp(argv[3], "cycle") == 0 ? 3 : 1);
    if (connections == 0 || connections > CONNECTIONS_MAX || connections > in_flight) {
        loading_die(&load.loading, "between 1 connection and as many as are in flight, 64 at most");
    }
    load.connection_count = (uint32_t)connections;
    load.room = in_flight;
    encode_all(&load);
    connect_all(&load, (int)strtoul(argv[1], NULL, 10));
    run(&load, in_flight);
    loading_print(&load.loading);
    for (uint32_t i = 0; i < load.connection_count; i++) {
        redisFree(load.connections[i].context);
        free(load.connections[i].waiting);
    }
    free(load.begins);
    free(load.bytes);
    loading_deinit(&load.loading);
    return 0;
}
