/*
 * load_beanstalkd.c - the load of load.c for beanstalkd: put; or put, reserve, delete
 *
 *   bench-load-beanstalkd PORT CONNECTIONS submit|cycle IN_FLIGHT COUNT
 *
 * A connection has its share of what is in flight under way at a time: its commands lie one behind the other, and answers come in
 * their order. A chain reserves whatever job is next and deletes it, as a worker would. What it prints: loading.h.
 */
#include "tests/bench/loading.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CONNECTIONS_MAX = 1024, READ_SIZE = 65536 };

struct connection {
    int fd;
    uint64_t *waiting; /* requests that were sent, a ring */
    uint64_t first, sent, queued;
    char in[READ_SIZE];
    size_t in_size;
    char *out;
    size_t out_size;
};

struct load {
    struct loading loading;
    char put[1024];
    size_t put_size;
    uint64_t *jobs; /* by chain: the job that it reserved */
    struct connection *connections;
    uint32_t connection_count;
    uint64_t room; /* of a ring */
};

static void queue(struct load *load, struct connection *connection, uint64_t request)
{
    connection->waiting[connection->queued++ % load->room] = request;
    char *out = connection->out + connection->out_size;
    uint64_t step = request % load->loading.steps;
    if (step == 0) {
        memcpy(out, load->put, load->put_size);
        connection->out_size += load->put_size;
    } else if (step == 1) {
        connection->out_size += (size_t)sprintf(out, "reserve\r\n");
    } else {
        connection->out_size += (size_t)sprintf(out, "delete %" PRIu64 "\r\n", load->jobs[request / load->loading.steps]);
    }
}

static void send_queued(struct load *load, struct connection *connection)
{
    int64_t now_us = loading_now_us();
    while (connection->sent < connection->queued) {
        load->loading.sent_us[connection->waiting[connection->sent++ % load->room]] = now_us;
    }
    for (size_t at = 0; at < connection->out_size;) {
        ssize_t size = write(connection->fd, connection->out + at, connection->out_size - at);
        if (size < 0 && errno != EINTR) {
            loading_die(&load->loading, "cannot send");
        }
        at += size > 0 ? (size_t)size : 0;
    }
    connection->out_size = 0;
}

/* Size of the answer at the beginning of `in`, 0 = it has not all come yet. What is not the answer to the step ends the program. */
static size_t answer_size(struct load *load, const char *in, size_t size, uint64_t request)
{
    static const char *const wanted[] = {"INSERTED ", "RESERVED ", "DELETED"};
    const char *end = memmem(in, size, "\r\n", 2);
    if (end == NULL) {
        return 0;
    }
    uint64_t step = request % load->loading.steps;
    if (strncmp(in, wanted[step], strlen(wanted[step])) != 0) {
        loading_refused(&load->loading, in, (size_t)(end - in));
    }
    size_t line_size = (size_t)(end - in) + 2;
    if (step != 1) {
        return line_size;
    }
    char *after;
    load->jobs[request / load->loading.steps] = strtoull(in + strlen("RESERVED "), &after, 10);
    size_t all = line_size + strtoull(after, NULL, 10) + 2;
    return all <= size ? all : 0;
}

/* Reads what is there, once. */
static void receive(struct load *load, struct connection *connection)
{
    ssize_t came = read(connection->fd, connection->in + connection->in_size, READ_SIZE - 1 - connection->in_size);
    if (came <= 0) {
        loading_die(&load->loading, "the connection ended");
    }
    connection->in_size += (size_t)came;
    connection->in[connection->in_size] = 0;
    int64_t now_us = loading_now_us();
    size_t at = 0;
    while (connection->first < connection->sent) {
        uint64_t request = connection->waiting[connection->first % load->room];
        size_t size = answer_size(load, connection->in + at, connection->in_size - at, request);
        if (size == 0) {
            break;
        }
        at += size;
        connection->first++;
        uint64_t next;
        if (loading_next(&load->loading, request, now_us, &next)) {
            queue(load, connection, next);
        }
    }
    memmove(connection->in, connection->in + at, connection->in_size - at);
    connection->in_size -= at;
    send_queued(load, connection);
}

static void connect_all(struct load *load, int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    load->connections = calloc(load->connection_count, sizeof(*load->connections));
    if (load->connections == NULL) {
        loading_die(&load->loading, "out of memory");
    }
    for (uint32_t i = 0; i < load->connection_count; i++) {
        struct connection *connection = &load->connections[i];
        connection->fd = socket(AF_INET, SOCK_STREAM, 0);
        int at_once = 1;
        setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof(at_once));
        if (connect(connection->fd, (const struct sockaddr *)&address, sizeof(address)) < 0) {
            loading_die(&load->loading, "cannot connect");
        }
        connection->waiting = calloc(load->room, sizeof(*connection->waiting));
        connection->out = malloc(load->room * (load->put_size + 1));
        if (connection->waiting == NULL || connection->out == NULL) {
            loading_die(&load->loading, "out of memory");
        }
    }
}

static void run(struct load *load, uint64_t in_flight)
{
    struct pollfd *fds = calloc(load->connection_count, sizeof(*fds));
    if (fds == NULL) {
        loading_die(&load->loading, "out of memory");
    }
    load->loading.from_us = loading_now_us();
    uint64_t next;
    for (uint64_t i = 0; i < in_flight && loading_begin(&load->loading, &next); i++) {
        queue(load, &load->connections[i % load->connection_count], next);
    }
    for (uint32_t i = 0; i < load->connection_count; i++) {
        send_queued(load, &load->connections[i]);
        fds[i] = (struct pollfd){.fd = load->connections[i].fd, .events = POLLIN};
    }
    while (load->loading.done < load->loading.count) {
        if (poll(fds, load->connection_count, 60000) <= 0) {
            loading_die(&load->loading, "no answer");
        }
        for (uint32_t i = 0; i < load->connection_count; i++) {
            if (fds[i].revents != 0) {
                receive(load, &load->connections[i]);
            }
        }
    }
    free(fds);
}

int main(int argc, char **argv)
{
    if (argc != 6) {
        fprintf(stderr, "usage: bench-load-beanstalkd PORT CONNECTIONS submit|cycle IN_FLIGHT COUNT\n");
        return 2;
    }
    struct load load = {0};
    uint64_t in_flight = strtoull(argv[4], NULL, 10), connections = strtoull(argv[2], NULL, 10);
    loading_init(&load.loading, "bench-load-beanstalkd", strtoull(argv[5], NULL, 10), strcmp(argv[3], "cycle") == 0 ? 3 : 1);
    if (connections == 0 || connections > CONNECTIONS_MAX || connections > in_flight) {
        loading_die(&load.loading, "between 1 connection and as many as are in flight, 1024 at most");
    }
    load.connection_count = (uint32_t)connections;
    load.room = in_flight / connections + 1;
    load.put_size =
        (size_t)snprintf(load.put, sizeof(load.put), "put 1024 0 600 %zu\r\n%s\r\n", strlen(loading_words), loading_words);
    load.jobs = calloc(load.loading.count, sizeof(*load.jobs));
    if (load.jobs == NULL) {
        loading_die(&load.loading, "out of memory");
    }
    connect_all(&load, (int)strtoul(argv[1], NULL, 10));
    run(&load, in_flight);
    loading_print(&load.loading);
    for (uint32_t i = 0; i < load.connection_count; i++) {
        close(load.connections[i].fd);
        free(load.connections[i].waiting);
        free(load.connections[i].out);
    }
    free(load.connections);
    free(load.jobs);
    loading_deinit(&load.loading);
    return 0;
}
