/* test_workers.c - workers that live off the real huyingd: duties by pull, events by follow, both sides killed now and then. */
#include "proto/client/client.h"
#include "tests/shell/process.h"
#include "tests/suite.h"

#include <check.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <zmq.h>

static struct process server;
static char listen_url[128], events_url[128];

static void begin(void)
{
    const char *const arguments[] = {"--plain", "--listen", listen_url, "--events", events_url, NULL};
    process_start(&server, arguments);
    process_ready(&server);
}

static void setup(void)
{
    process_folder_make();
    snprintf(listen_url, sizeof(listen_url), "ipc://%s/requests", process_folder); /* the same after a restart */
    snprintf(events_url, sizeof(events_url), "ipc://%s/events", process_folder);
    begin();
}

static void teardown(void)
{
    process_folder_remove();
}

static void kill_server(void)
{
    kill(server.id, SIGKILL);
    ck_assert_int_eq(process_end(&server), -1);
}

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static struct code code_of(const char *text)
{
    struct code code;
    ck_assert(code_make(text, strlen(text), &code));
    return code;
}

static struct client *connect_client(void)
{
    const struct client_options options = {.url = listen_url, .timeout_ms = 30000, .attempt_ms = 600000};
    struct client *client;
    ck_assert_int_eq(client_open(&options, &client), 0);
    return client;
}

static void send_query(struct client *client, const char *name, const struct shape *shape, const void *value, uint64_t tag)
{
    struct proto_buffer body = {0};
    ck_assert_int_eq(client_body_from_shape(shape, value, &body), 0);
    const struct client_request request = {.name = name, .body = body.data, .body_size = body.size, .tag = tag};
    ck_assert_int_eq(client_send(client, &request), 0);
    proto_buffer_deinit(&body);
}

static const struct reply *receive(struct client *client)
{
    static struct client_reply reply;
    ck_assert_int_eq(client_receive(client, -1, &reply), 0);
    ck_assert_int_eq(reply.error, 0);
    ck_assert_msg(reply.reply.ok, "refused: %.*s %.*s", (int)reply.reply.code.size, reply.reply.code.at,
                  (int)reply.reply.field.size, reply.reply.field.size > 0 ? reply.reply.field.at : "");
    return &reply.reply;
}

static void submit(struct client *client)
{
    size_t size;
    const void *body = process_submit("no light", &size);
    const struct client_request request = {.name = "submit", .body = body, .body_size = size};
    ck_assert_int_eq(client_send(client, &request), 0);
    receive(client);
}

static void send_pull(struct client *client, const char *worker, uint32_t count, int64_t wait_ms, int64_t lease_ms)
{
    const struct pull_query query = {.given = PULL_HAS_WORKER | PULL_HAS_COUNT | PULL_HAS_WAIT | PULL_HAS_LEASE,
                                     .worker = code_of(worker),
                                     .count = count,
                                     .wait = wait_ms,
                                     .lease = lease_ms};
    send_query(client, "pull", &pull_query_shape, &query, 0);
}

static const msgpack_object *rows_of(const struct reply *reply)
{
    const msgpack_object *rows = reply_field(&reply->body, "rows");
    ck_assert_ptr_nonnull(rows);
    ck_assert_int_eq(rows->type, MSGPACK_OBJECT_ARRAY);
    return rows;
}

static uint64_t row_number(const msgpack_object *rows, uint32_t index, const char *name)
{
    const msgpack_object *value = reply_field(&rows->via.array.ptr[index], name);
    ck_assert_ptr_nonnull(value);
    return value->via.u64;
}

START_TEST(two_workers_never_get_the_same_duty)
{
    enum { CASES = 60 };
    struct client *clients[2] = {connect_client(), connect_client()}, *clerk = connect_client();
    uint64_t duties[CASES];
    uint32_t count = 0;
    for (int i = 0; i < CASES / 2; i++) {
        submit(clerk);
    }
    for (int turn = 0; count < CASES; turn++) { /* both ask before either has its answer; the rest comes in while they wait */
        for (int i = 0; i < 2; i++) {
            send_pull(clients[i], i == 0 ? "one" : "two", 3, 20000, 600000);
        }
        if (count >= CASES / 2 - 6) {
            for (int i = 0; i < 6; i++) {
                submit(clerk);
            }
        }
        for (int i = 0; i < 2; i++) {
            const msgpack_object *rows = rows_of(receive(clients[i]));
            ck_assert_uint_gt(rows->via.array.size, 0);
            for (uint32_t row = 0; row < rows->via.array.size && count < CASES; row++) {
                duties[count] = row_number(rows, row, "duty");
                for (uint32_t other = 0; other < count; other++) {
                    ck_assert_uint_ne(duties[other], duties[count]);
                }
                count++;
            }
        }
        ck_assert_int_lt(turn, 200);
    }
    client_close(clerk);
    client_close(clients[0]);
    client_close(clients[1]);
    process_stop(&server);
}
END_TEST

/* A worker is killed while it holds a duty: the other one, which waits, gets it when the lease lapses. */
START_TEST(a_killed_worker_loses_its_duty)
{
    struct client *client = connect_client();
    int ends[2];
    uint64_t held = 0;
    submit(client);
    ck_assert_int_eq(pipe(ends), 0);
    pid_t worker = fork();
    if (worker == 0) {
        struct client *own = connect_client();
        send_pull(own, "killed", 1, 10000, 400);
        const msgpack_object *rows = rows_of(receive(own));
        uint64_t duty = rows->via.array.size == 1 ? row_number(rows, 0, "duty") : 0;
        if (write(ends[1], &duty, sizeof(duty)) != sizeof(duty)) {
            _exit(1);
        }
        for (;;) {
            pause();
        }
    }
    ck_assert_int_eq(read(ends[0], &held, sizeof(held)), sizeof(held));
    ck_assert_uint_ne(held, 0);
    kill(worker, SIGKILL);
    waitpid(worker, NULL, 0);
    send_pull(client, "alive", 1, 20000, 60000);
    const msgpack_object *rows = rows_of(receive(client));
    ck_assert_uint_eq(rows->via.array.size, 1);
    ck_assert_uint_eq(row_number(rows, 0, "duty"), held);
    close(ends[0]);
    close(ends[1]);
    client_close(client);
    process_stop(&server);
}
END_TEST

/* The dispatcher is killed while a worker waits: libhuying asks again, and the answer comes. */
START_TEST(a_long_poll_survives_a_restart)
{
    struct client *worker = connect_client(), *clerk = connect_client();
    submit(clerk);
    send_pull(worker, "w", 1, 20000, 600000);
    uint64_t first = row_number(rows_of(receive(worker)), 0, "duty");
    send_pull(worker, "w", 1, 20000, 600000);
    submit(clerk); /* so that the question has arrived, or comes after the restart: both must do */
    uint64_t second = row_number(rows_of(receive(worker)), 0, "duty");
    ck_assert_uint_ne(first, second);
    send_pull(worker, "w", 3, 20000, 600000);
    kill_server();
    begin();
    /* Leases are gone: the first two are open again. */
    const msgpack_object *rows = rows_of(receive(worker));
    ck_assert_uint_ge(rows->via.array.size, 1);
    ck_assert(row_number(rows, 0, "duty") == first || row_number(rows, 0, "duty") == second);
    client_close(worker);
    client_close(clerk);
    process_stop(&server);
}
END_TEST

static const struct reply *follow(struct client *client, uint64_t confirm, uint32_t count, int64_t wait_ms)
{
    const struct follow_query query = {.given = FOLLOW_HAS_NAME | FOLLOW_HAS_COUNT | FOLLOW_HAS_WAIT |
                                                (confirm > 0 ? FOLLOW_HAS_CONFIRM : 0),
                                       .name = code_of("notify"),
                                       .confirm = confirm,
                                       .count = count,
                                       .wait = wait_ms};
    send_query(client, "follow", &follow_query_shape, &query, 0);
    return receive(client);
}

/* Sequences of all events, by the query `events`. */
static uint64_t *all_events(struct client *client, size_t *ret_count)
{
    uint64_t *seqs = NULL, next = 1;
    size_t count = 0;
    for (;;) {
        const struct events_query query = {.given = EVENTS_HAS_FROM, .from = next};
        send_query(client, "events", &events_query_shape, &query, 0);
        const struct reply *reply = receive(client);
        const msgpack_object *rows = rows_of(reply);
        if (rows->via.array.size == 0) {
            break;
        }
        seqs = realloc(seqs, (count + rows->via.array.size) * sizeof(*seqs));
        for (uint32_t i = 0; i < rows->via.array.size; i++) {
            seqs[count++] = row_number(rows, i, "seq");
        }
        next = process_number(reply, "next");
    }
    *ret_count = count;
    return seqs;
}

/* Kill -9 on either side, again and again: each event at least once, and new ones in order. */
START_TEST(a_follower_over_restarts_of_either_side)
{
    struct client *clerk = connect_client(), *follower = connect_client();
    uint64_t confirm = 0, highest = 0, repeated = 0;
    size_t count = 0, seen = 0;
    uint64_t *got = calloc(100000, sizeof(*got));
    unsigned seed = 7;
    for (int round = 0; round < 10; round++) {
        for (int i = 0; i < 15; i++) {
            submit(clerk);
        }
        for (int page = 0; page < 6; page++) {
            const struct reply *reply = follow(follower, confirm, 1 + (uint32_t)rand_r(&seed) % 20, 0);
            const msgpack_object *rows = rows_of(reply);
            for (uint32_t i = 0; i < rows->via.array.size; i++) {
                uint64_t seq = row_number(rows, i, "seq");
                repeated += seq <= highest;
                if (seq > highest) {
                    got[seen++] = highest = seq;
                }
            }
            confirm = process_number(reply, "next") - 1;
        }
        if (round % 3 == 0) {
            kill_server();
            begin();
        }
        if (round % 2 == 0) { /* the follower dies with all that it knew: what it has not confirmed comes again */
            client_close(follower);
            follower = connect_client();
            confirm = 0;
        }
    }
    for (;;) {
        const struct reply *reply = follow(follower, confirm, 500, 0);
        const msgpack_object *rows = rows_of(reply);
        for (uint32_t i = 0; i < rows->via.array.size; i++) {
            if (row_number(rows, i, "seq") > highest) {
                got[seen++] = highest = row_number(rows, i, "seq");
            }
        }
        confirm = process_number(reply, "next") - 1;
        if (rows->via.array.size == 0) {
            break;
        }
    }
    uint64_t *seqs = all_events(clerk, &count);
    ck_assert_uint_eq(seen, count);
    ck_assert_mem_eq(seqs, got, count * sizeof(*seqs));
    printf("%zu events, %llu came again\n", count, (unsigned long long)repeated);
    ck_assert_uint_gt(repeated, 0);
    free(seqs);
    free(got);
    client_close(clerk);
    client_close(follower);
    process_stop(&server);
}
END_TEST

/* --- a thousand followers over sockets --------------------------------------------------------------------------------------- */

enum { CONNECTIONS = 250, NAMES = 4, SUBMITS = 40 };

struct crowd {
    void *context;
    void *sockets[CONNECTIONS];
    uint64_t next[CONNECTIONS * NAMES], events[CONNECTIONS * NAMES];
    uint64_t asked;
};

static void crowd_ask(struct crowd *crowd, uint32_t who, bool confirms)
{
    struct follow_query query = {.given = FOLLOW_HAS_NAME | FOLLOW_HAS_WAIT, .wait = 60000};
    struct proto_buffer body = {0};
    char text[32];
    snprintf(text, sizeof(text), "f%u", who);
    query.name = code_of(text);
    if (confirms) {
        query.given |= FOLLOW_HAS_CONFIRM;
        query.confirm = crowd->next[who] - 1;
    }
    ck_assert_int_eq(client_body_from_shape(&follow_query_shape, &query, &body), 0);
    snprintf(text, sizeof(text), "%u:%llu", who, (unsigned long long)crowd->asked++);
    process_send(crowd->sockets[who / NAMES], text, "follow", body.data, body.size);
    proto_buffer_deinit(&body);
}

/* Reads what there is on all sockets but the first, within wait_ms for the first of it. Gives how many answers came. */
static uint32_t crowd_read(struct crowd *crowd, long wait_ms)
{
    zmq_pollitem_t items[CONNECTIONS];
    uint32_t answers = 0;
    for (uint32_t i = 1; i < CONNECTIONS; i++) {
        items[i - 1] = (zmq_pollitem_t){.socket = crowd->sockets[i], .events = ZMQ_POLLIN};
    }
    if (zmq_poll(items, CONNECTIONS - 1, wait_ms) <= 0) {
        return 0;
    }
    for (uint32_t i = 1; i < CONNECTIONS; i++) {
        if ((items[i - 1].revents & ZMQ_POLLIN) == 0) {
            continue;
        }
        const struct reply *reply = process_receive(crowd->sockets[i]);
        uint32_t who = (uint32_t)strtoul(reply->id.at, NULL, 10);
        uint64_t next = process_number(reply, "next");
        const msgpack_object *rows = rows_of(reply);
        for (uint32_t row = 0; row < rows->via.array.size; row++) {
            ck_assert_uint_ge(row_number(rows, row, "seq"), crowd->next[who]);
        }
        crowd->events[who] += rows->via.array.size;
        crowd->next[who] = next;
        crowd_ask(crowd, who, true);
        answers++;
    }
    return answers;
}

static int compare_double(const void *a, const void *b)
{
    const double *x = a, *y = b;
    return *x < *y ? -1 : *x > *y;
}

/* Time that a submit takes; meanwhile nobody reads. */
static double timed_submit(struct client *client)
{
    double from = seconds();
    submit(client);
    return seconds() - from;
}

static void open_crowd(struct crowd *crowd)
{
    struct rlimit limit;
    const int now = 0, patience = PROCESS_PATIENCE_MS;
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    crowd->context = zmq_ctx_new();
    for (uint32_t i = 0; i < CONNECTIONS; i++) {
        crowd->sockets[i] = zmq_socket(crowd->context, ZMQ_DEALER);
        ck_assert_ptr_nonnull(crowd->sockets[i]);
        zmq_setsockopt(crowd->sockets[i], ZMQ_LINGER, &now, sizeof(now));
        zmq_setsockopt(crowd->sockets[i], ZMQ_RCVTIMEO, &patience, sizeof(patience));
        ck_assert_int_eq(zmq_connect(crowd->sockets[i], listen_url), 0);
    }
    for (uint32_t who = 0; who < CONNECTIONS * NAMES; who++) {
        crowd->next[who] = 1;
    }
}

/* The followers of the first connection never confirm and never read, and ask for all events again and again. */
START_TEST(a_thousand_followers_and_some_that_do_not_read)
{
    struct crowd *crowd = calloc(1, sizeof(*crowd));
    struct client *clerk = connect_client();
    double quiet[SUBMITS], busy[SUBMITS];
    uint64_t last = 0, answers = 0, passes = 0;
    for (int i = 0; i < 100; i++) {
        submit(clerk);
    }
    for (int i = 0; i < SUBMITS; i++) {
        quiet[i] = timed_submit(clerk);
    }
    open_crowd(crowd);
    double from = seconds();
    for (uint32_t who = 0; who < CONNECTIONS * NAMES; who++) {
        crowd_ask(crowd, who, false);
    }
    for (int i = 0; i < SUBMITS; i++) {
        for (int n = 0; n < 10; n++) {
            crowd_ask(crowd, 0, false);
        }
        busy[i] = timed_submit(clerk);
        answers += crowd_read(crowd, 100);
    }
    double delivered = seconds();
    for (bool all = false; !all; passes++) {
        ck_assert_uint_lt(passes, 100000);
        size_t count;
        if (last == 0) {
            uint64_t *seqs = all_events(clerk, &count);
            last = seqs[count - 1];
            free(seqs);
            delivered = seconds();
        }
        uint32_t now = crowd_read(crowd, PROCESS_PATIENCE_MS);
        ck_assert_msg(now > 0, "nothing more comes, but not all have everything");
        answers += now;
        all = true;
        for (uint32_t who = NAMES; all && who < CONNECTIONS * NAMES; who++) {
            all = crowd->next[who] > last;
        }
    }
    for (uint32_t who = NAMES; who < CONNECTIONS * NAMES; who++) {
        ck_assert_uint_eq(crowd->events[who], crowd->events[NAMES]);
    }
    qsort(quiet, SUBMITS, sizeof(*quiet), compare_double);
    qsort(busy, SUBMITS, sizeof(*busy), compare_double);
    printf("submit, median and worst: %.1f and %.1f ms alone, %.1f and %.1f ms beside %d followers of whom %d do not read; %llu "
           "events "
           "to each in %llu answers, the last %.0f ms after the last submit, %.1f s in all\n",
           quiet[SUBMITS / 2] * 1e3, quiet[SUBMITS - 1] * 1e3, busy[SUBMITS / 2] * 1e3, busy[SUBMITS - 1] * 1e3,
           CONNECTIONS * NAMES, NAMES, (unsigned long long)crowd->events[NAMES], (unsigned long long)answers,
           (seconds() - delivered) * 1e3, seconds() - from);
    ck_assert_double_lt(busy[SUBMITS / 2], quiet[SUBMITS / 2] + 0.2);
    for (uint32_t i = 0; i < CONNECTIONS; i++) {
        zmq_close(crowd->sockets[i]);
    }
    zmq_ctx_term(crowd->context);
    free(crowd);
    client_close(clerk);
    process_stop(&server);
}
END_TEST

/* The wall clock of the dispatcher is put while a lease of 3 s runs, one worker waits for that duty and a follower waits 4 s, and
 * nobody asks anything: they end after 3 s and 4 s. */
START_TEST(a_wall_clock_that_is_put)
{
    static const char *const put[] = {"-60000", "3600000"};
    char path[128];
    process_stop(&server);
    snprintf(path, sizeof(path), "%s/put", process_folder);
    setenv("LD_PRELOAD", getenv("HUYING_PUT_CLOCK_LIBRARY"), 1);
    setenv("ASAN_OPTIONS", "verify_asan_link_order=0", 1);
    setenv("HUYING_PUT_CLOCK", path, 1);
    begin();
    unsetenv("LD_PRELOAD");
    struct client *holder = connect_client(), *worker = connect_client(), *follower = connect_client();
    const struct follow_query follow = {
        .given = FOLLOW_HAS_NAME | FOLLOW_HAS_WAIT | FOLLOW_HAS_FROM, .name = code_of("n"), .wait = 4000, .from = 1000000};
    submit(holder);
    send_pull(holder, "one", 1, 0, 3000);
    double begun = seconds();
    ck_assert_uint_eq(rows_of(receive(holder))->via.array.size, 1);
    send_query(follower, "follow", &follow_query_shape, &follow, 0);
    ck_assert_int_eq(client_receive(follower, 100, &(struct client_reply){0}), -EAGAIN);
    send_pull(worker, "two", 1, 60000, 60000);
    ck_assert_int_eq(client_receive(worker, 300, &(struct client_reply){0}), -EAGAIN); /* all three are where they belong */
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    fputs(put[_i], file);
    ck_assert_int_eq(fclose(file), 0);
    ck_assert_uint_eq(rows_of(receive(worker))->via.array.size, 1);
    ck_assert_double_ge(seconds() - begun, 2.9);
    ck_assert_double_lt(seconds() - begun, 3.9);
    ck_assert_uint_eq(rows_of(receive(follower))->via.array.size, 0);
    ck_assert_double_ge(seconds() - begun, 3.9);
    ck_assert_double_lt(seconds() - begun, 7);
    client_close(holder);
    client_close(worker);
    client_close(follower);
    process_stop(&server);
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {{two_workers_never_get_the_same_duty},
                                       {a_killed_worker_loses_its_duty},
                                       {a_wall_clock_that_is_put, 2},
                                       {a_long_poll_survives_a_restart},
                                       {a_follower_over_restarts_of_either_side},
                                       {a_thousand_followers_and_some_that_do_not_read}};
    return suite_run(&(struct suite){
        .name = "workers", .timeout_s = 120, .setup = setup, .teardown = teardown, .tests = tests, .count = SUITE_COUNT(tests)});
}
