/*
 * timed.c - one question, again and again, over one connection: how long its answers take
 *
 *   bench-timed URL COUNT EVERY_US FILE
 *   bench-timed --postgres CONNECTION COUNT EVERY_US FILE      (where it was built with libpq)
 *
 * FILE has the question: a whole request as its sender would send it; or, for PostgreSQL, one SQL statement, which is prepared. It
 * is asked COUNT times, each time when the answer before it is there, and not before EVERY_US have passed since it was last asked
 * (0: at once). The first answer is not timed: with it everything is opened and read once. Prints one line of JSON: asked, p50_us,
 * p99_us, max_us; and then the last answer as it came, the columns of PostgreSQL with tabs between them.
 */
#include "proto/reply.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zmq.h>
#ifdef BENCH_LIBPQ
#include <libpq-fe.h>
#endif

struct question {
    char text[8192];
    size_t size;
};

static void die(const char *what)
{
    fprintf(stderr, "bench-timed: %s\n", what);
    exit(4);
}

static int64_t now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void wait_until(int64_t at_us)
{
    struct timespec t = {.tv_sec = at_us / 1000000, .tv_nsec = at_us % 1000000 * 1000};
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) != 0) {
        ;
    }
}

/* Asks once; `show`: prints the answer. */
typedef void ask_once(void *peer, const struct question *question, bool show);

static void ask_huying(void *peer, const struct question *question, bool show)
{
    zmq_msg_t message;
    zmq_msg_init(&message);
    if (zmq_send(peer, question->text, question->size, 0) < 0 || zmq_msg_recv(&message, peer, 0) < 0) {
        die("no answer");
    }
    if (show) {
        struct codec_scratch scratch = {0};
        struct reply reply;
        if (reply_decode(&scratch, zmq_msg_data(&message), zmq_msg_size(&message), &reply) < 0 || !reply.ok) {
            die("this is refused");
        }
        codec_scratch_deinit(&scratch);
        fwrite(zmq_msg_data(&message), 1, zmq_msg_size(&message), stdout);
    }
    zmq_msg_close(&message);
}

static void *open_huying(void *context, const char *url)
{
    void *socket = zmq_socket(context, ZMQ_DEALER);
    int wait_ms = 60000, linger = 0;
    zmq_setsockopt(socket, ZMQ_RCVTIMEO, &wait_ms, sizeof(wait_ms));
    zmq_setsockopt(socket, ZMQ_LINGER, &linger, sizeof(linger));
    if (zmq_connect(socket, url) < 0) {
        die("not an address");
    }
    return socket;
}

#ifdef BENCH_LIBPQ
static void ask_postgres(void *peer, const struct question *question, bool show)
{
    (void)question; /* it is prepared */
    PGresult *result = PQexecPrepared(peer, "question", 0, NULL, NULL, NULL, 0);
    if (PQresultStatus(result) != PGRES_TUPLES_OK) {
        die(PQerrorMessage(peer));
    }
    for (int row = 0; show && row < PQntuples(result); row++) {
        for (int column = 0; column < PQnfields(result); column++) {
            printf("%s%s", PQgetvalue(result, row, column), column + 1 < PQnfields(result) ? "\t" : "\n");
        }
    }
    PQclear(result);
}

static PGconn *open_postgres(const char *connection, const struct question *question)
{
    PGconn *peer = PQconnectdb(connection);
    if (PQstatus(peer) != CONNECTION_OK) {
        die(PQerrorMessage(peer));
    }
    PGresult *result = PQprepare(peer, "question", question->text, 0, NULL);
    if (PQresultStatus(result) != PGRES_COMMAND_OK) {
        die(PQerrorMessage(peer));
    }
    PQclear(result);
    return peer;
}
#endif

static int by_size(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

static void run(ask_once *ask, void *peer, const struct question *question, size_t count, int64_t every_us)
{
    int64_t *took_us = calloc(count, sizeof(*took_us));
    if (took_us == NULL) {
        die("out of memory");
    }
    ask(peer, question, false);
    int64_t next_us = now_us();
    for (size_t i = 0; i < count; i++, next_us += every_us) {
        if (every_us > 0) {
            wait_until(next_us);
        }
        int64_t from_us = now_us();
        ask(peer, question, false);
        took_us[i] = now_us() - from_us;
    }
    qsort(took_us, count, sizeof(*took_us), by_size);
    printf("{\"asked\": %zu, \"p50_us\": %" PRId64 ", \"p99_us\": %" PRId64 ", \"max_us\": %" PRId64 "}\n", count,
           took_us[count / 2], took_us[count * 99 / 100], took_us[count - 1]);
    free(took_us);
    ask(peer, question, true);
}

static struct question read_question(const char *path)
{
    struct question question;
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        die("cannot read the question");
    }
    question.size = fread(question.text, 1, sizeof(question.text) - 1, file);
    question.text[question.size] = '\0';
    fclose(file);
    return question;
}

int main(int argc, char **argv)
{
    bool postgres = argc == 6 && strcmp(argv[1], "--postgres") == 0;
    if (argc != 5 && !postgres) {
        fprintf(stderr, "usage: bench-timed [--postgres] URL COUNT EVERY_US FILE\n");
        return 2;
    }
    argv += postgres;
    size_t count = strtoull(argv[2], NULL, 10);
    int64_t every_us = strtoll(argv[3], NULL, 10);
    struct question question = read_question(argv[4]);
    if (count == 0) {
        die("not a number of questions");
    }
    if (postgres) {
#ifdef BENCH_LIBPQ
        PGconn *peer = open_postgres(argv[1], &question);
        run(ask_postgres, peer, &question, count, every_us);
        PQfinish(peer);
        return 0;
#else
        die("built without libpq: install libpq-dev and build anew");
#endif
    }
    void *context = zmq_ctx_new(), *socket = open_huying(context, argv[1]);
    run(ask_huying, socket, &question, count, every_us);
    zmq_close(socket);
    zmq_ctx_term(context);
    return 0;
}
