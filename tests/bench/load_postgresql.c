/*
 * load_postgresql.c - the load of load.c for PostgreSQL: prepared statements in libpq's pipeline mode, one commit a batch
 *
 *   bench-load-postgresql PORT USER CONNECTIONS submit|cycle IN_FLIGHT COUNT FIRST
 *
 * A connection has its share of what is in flight as one batch: its statements lie one behind the other in the pipeline, and the
 * sync behind the last one commits them all. cycle: a batch of inserts; one statement that claims as many, by SKIP LOCKED; a batch
 * of updates. Ids count from FIRST. The parameters are made before the clock starts. The table is peers.py's. What it prints:
 * loading.h.
 */
#include "tests/bench/loading.h"

#include <endian.h>
#include <inttypes.h>
#include <libpq-fe.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CONNECTIONS_MAX = 64, INT8_OID = 20, TEXT_OID = 25, STEP_SUBMIT = 0, STEP_CLAIM, STEP_COMPLETE };
#define BEGUN_AT_MS UINT64_C(1700000000000)
#define LIMIT_MS UINT64_C(1209600000)
#define LEASE_MS UINT64_C(600000)

static const char *const names[] = {"submit", "claim", "complete"};
static const char *const statements[] = {
    "insert into jobs (id, unit, state, due_at, body) values ($1, $2, 0, $3, $4)",
    ("update jobs set state = 1, lease_at = $2 where id = any(array(select id from jobs where unit = $1 and state = 0 "
     "order by due_at limit $3 for update skip locked)) returning id"),
    "update jobs set state = 2, answer = $2 where id = $1",
};
static const Oid types[][4] = {{INT8_OID, TEXT_OID, INT8_OID, TEXT_OID}, {TEXT_OID, INT8_OID, INT8_OID}, {INT8_OID, TEXT_OID}};
static const int type_counts[] = {4, 3, 2};

struct connection {
    PGconn *conn;
    uint64_t *batch; /* requests under way, all of the same step */
    uint64_t batch_size;
    uint64_t *next; /* those of the next batch, as answers came in */
    uint64_t next_size;
    uint64_t claimed; /* requests of the batch that have got their job */
    bool unsent;      /* libpq still holds bytes */
};

struct load {
    struct loading loading;
    uint64_t *ids, *due; /* by chain, big-endian; ids: then those of the jobs that were claimed */
    struct connection connections[CONNECTIONS_MAX];
    uint32_t connection_count;
    uint64_t room; /* of a batch */
};

static void flush(struct load *load, struct connection *connection)
{
    int rc = PQflush(connection->conn);
    if (rc < 0) {
        loading_die(&load->loading, PQerrorMessage(connection->conn));
    }
    connection->unsent = rc > 0;
}

static void send_statement(struct load *load, struct connection *connection, uint64_t step, const char *const *values,
                           const int *sizes)
{
    static const int formats[][4] = {{1, 0, 1, 0}, {0, 1, 1}, {1, 0}};
    if (PQsendQueryPrepared(connection->conn, names[step], type_counts[step], values, sizes, formats[step], 1) != 1) {
        loading_die(&load->loading, PQerrorMessage(connection->conn));
    }
}

/* One statement for all requests of the batch that have no job yet. */
static void send_claim(struct load *load, struct connection *connection)
{
    uint64_t lease = htobe64(BEGUN_AT_MS + LEASE_MS), count = htobe64(connection->batch_size - connection->claimed);
    send_statement(load, connection, STEP_CLAIM, (const char *[]){"N01", (const char *)&lease, (const char *)&count},
                   (int[]){0, 8, 8});
}

static void send_sync(struct load *load, struct connection *connection)
{
    if (PQpipelineSync(connection->conn) != 1) {
        loading_die(&load->loading, PQerrorMessage(connection->conn));
    }
    flush(load, connection);
}

/* What waits in `next` becomes the batch and goes out. */
static void send_batch(struct load *load, struct connection *connection)
{
    uint64_t *sent = connection->batch;
    connection->batch = connection->next;
    connection->batch_size = connection->next_size;
    connection->next = sent;
    connection->next_size = 0;
    connection->claimed = 0;
    if (connection->batch_size == 0) {
        return;
    }
    uint64_t step = connection->batch[0] % load->loading.steps;
    int64_t now_us = loading_now_us();
    for (uint64_t i = 0; i < connection->batch_size; i++) {
        uint64_t request = connection->batch[i], chain = request / load->loading.steps;
        load->loading.sent_us[request] = now_us;
        const char *id = (const char *)&load->ids[chain];
        if (step == STEP_SUBMIT) {
            send_statement(load, connection, step, (const char *[]){id, "N01", (const char *)&load->due[chain], loading_words},
                           (int[]){8, 0, 8, 0});
        } else if (step == STEP_COMPLETE) {
            send_statement(load, connection, step, (const char *[]){id, "The lamp was replaced."}, (int[]){8, 0});
        }
    }
    if (step == STEP_CLAIM) {
        send_claim(load, connection);
    }
    send_sync(load, connection);
}

/* The jobs that the statement got are the batch's from now on. */
static void take_claimed(struct load *load, struct connection *connection, const PGresult *result)
{
    for (int i = 0; i < PQntuples(result); i++) {
        uint64_t request = connection->batch[connection->claimed++];
        memcpy(&load->ids[request / load->loading.steps], PQgetvalue(result, i, 0), 8);
    }
}

/* Others may have been quicker with the jobs that a claim saw: then it asks again for those that are missing. */
static void end_batch(struct load *load, struct connection *connection)
{
    if (connection->batch[0] % load->loading.steps == STEP_CLAIM && connection->claimed < connection->batch_size) {
        send_claim(load, connection);
        send_sync(load, connection);
        return;
    }
    int64_t now_us = loading_now_us();
    for (uint64_t i = 0; i < connection->batch_size; i++) {
        if (loading_next(&load->loading, connection->batch[i], now_us, &connection->next[connection->next_size])) {
            connection->next_size++;
        }
    }
    send_batch(load, connection);
}

/* Reads what is there, once. */
static void receive(struct load *load, struct connection *connection)
{
    if (PQconsumeInput(connection->conn) != 1) {
        loading_die(&load->loading, PQerrorMessage(connection->conn));
    }
    while (connection->batch_size > 0 && PQisBusy(connection->conn) == 0) {
        PGresult *result = PQgetResult(connection->conn);
        ExecStatusType status = result != NULL ? PQresultStatus(result) : PGRES_COMMAND_OK;
        if (status == PGRES_TUPLES_OK) {
            take_claimed(load, connection, result);
        } else if (status != PGRES_COMMAND_OK && status != PGRES_PIPELINE_SYNC) {
            const char *said = PQresultErrorMessage(result);
            loading_refused(&load->loading, said, strlen(said));
        }
        PQclear(result);
        if (status == PGRES_PIPELINE_SYNC) {
            end_batch(load, connection);
        }
    }
}

static void connect_all(struct load *load, const char *port, const char *user)
{
    for (uint32_t i = 0; i < load->connection_count; i++) {
        struct connection *connection = &load->connections[i];
        const char *const words[] = {"host", "port", "user", "dbname", "sslmode", "gssencmode", NULL};
        const char *const values[] = {"127.0.0.1", port, user, "postgres", "disable", "disable", NULL};
        connection->conn = PQconnectdbParams(words, values, 0);
        if (PQstatus(connection->conn) != CONNECTION_OK) {
            loading_die(&load->loading, PQerrorMessage(connection->conn));
        }
        for (size_t k = 0; k < sizeof(names) / sizeof(names[0]); k++) {
            PGresult *result = PQprepare(connection->conn, names[k], statements[k], type_counts[k], types[k]);
            if (PQresultStatus(result) != PGRES_COMMAND_OK) {
                loading_die(&load->loading, PQerrorMessage(connection->conn));
            }
            PQclear(result);
        }
        connection->batch = calloc(load->room, sizeof(*connection->batch));
        connection->next = calloc(load->room, sizeof(*connection->next));
        if (connection->batch == NULL || connection->next == NULL || PQenterPipelineMode(connection->conn) != 1 ||
            PQsetnonblocking(connection->conn, 1) != 0) {
            loading_die(&load->loading, "cannot begin");
        }
    }
}

static void run(struct load *load, uint64_t in_flight)
{
    struct pollfd fds[CONNECTIONS_MAX];
    load->loading.from_us = loading_now_us();
    for (uint64_t i = 0; i < in_flight; i++) {
        struct connection *connection = &load->connections[i % load->connection_count];
        if (loading_begin(&load->loading, &connection->next[connection->next_size])) {
            connection->next_size++;
        }
    }
    for (uint32_t i = 0; i < load->connection_count; i++) {
        send_batch(load, &load->connections[i]);
        fds[i].fd = PQsocket(load->connections[i].conn);
    }
    while (load->loading.done < load->loading.count) {
        for (uint32_t i = 0; i < load->connection_count; i++) {
            fds[i].events = (short)(POLLIN | (load->connections[i].unsent ? POLLOUT : 0));
        }
        if (poll(fds, load->connection_count, 60000) <= 0) {
            loading_die(&load->loading, "no answer");
        }
        for (uint32_t i = 0; i < load->connection_count; i++) {
            if ((fds[i].revents & POLLOUT) != 0) {
                flush(load, &load->connections[i]);
            }
            if ((fds[i].revents & ~POLLOUT) != 0) {
                receive(load, &load->connections[i]);
            }
        }
    }
}

int main(int argc, char **argv)
{
    if (argc != 8) {
        fprintf(stderr, "usage: bench-load-postgresql PORT USER CONNECTIONS submit|cycle IN_FLIGHT COUNT FIRST\n");
        return 2;
    }
    struct load load = {0};
    uint64_t in_flight = strtoull(argv[5], NULL, 10), connections = strtoull(argv[3], NULL, 10),
             first_id = strtoull(argv[7], NULL, 10);
    loading_init(&load.loading, "bench-load-postgresql", strtoull(argv[6], NULL, 10), strcmp(argv[4], "cycle") == 0 ? 3 : 1);
    if (connections == 0 || connections > CONNECTIONS_MAX || connections > in_flight) {
        loading_die(&load.loading, "between 1 connection and as many as are in flight, 64 at most");
    }
    load.connection_count = (uint32_t)connections;
    load.room = in_flight / connections + 1;
    load.ids = calloc(load.loading.count, sizeof(*load.ids));
    load.due = calloc(load.loading.count, sizeof(*load.due));
    if (load.ids == NULL || load.due == NULL) {
        loading_die(&load.loading, "out of memory");
    }
    for (uint64_t i = 0; i < load.loading.count; i++) {
        load.ids[i] = htobe64(first_id + i);
        load.due[i] = htobe64(BEGUN_AT_MS + first_id + i + LIMIT_MS);
    }
    connect_all(&load, argv[1], argv[2]);
    run(&load, in_flight);
    loading_print(&load.loading);
    for (uint32_t i = 0; i < load.connection_count; i++) {
        PQfinish(load.connections[i].conn);
        free(load.connections[i].batch);
        free(load.connections[i].next);
    }
    free(load.ids);
    free(load.due);
    loading_deinit(&load.loading);
    return 0;
}
