/*
 * crash_load.c - a bounded load that knows what it was promised
 *
 *     crash-load --server URL --acks FILE --seed N [OPTION...]
 *
 * First asks again what was acknowledged before, under the same request ids, and compares the answers. Then goes on with the plan:
 * cases side by side, the commands of a case one after the other. Every acknowledgement is written to the file, then a line `ack
 * SEQUENCE` to standard output. Ends when enough is acknowledged, or at SIGTERM after taking the answers that have arrived.
 *
 * Exit codes: 0 done; 1 an answer is not the one that was given before (lines `lost ...`); 2 wrong options; 3 anything else.
 */
#include "config/keys.h"
#include "proto/client/client.h"
#include "tests/crash/acks.h"
#include "tests/crash/plan.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { EXIT_LOST = 1, EXIT_USAGE = 2, EXIT_TROUBLE = 3 };

#define IN_FLIGHT_MAX 64
#define PATIENCE_MS 60000
#define LOOK_UP_MS 100 /* a SIGTERM that comes just before a receive does not interrupt it */
#define CASES_MAX 4096

struct load {
    struct client *client;
    struct acks acks;
    const _Atomic uint64_t *recorded; /* the shim's counter, or NULL */
    uint32_t seed;
    struct plan_command command;
    uint32_t done[CASES_MAX]; /* acknowledged steps of each case */
};

static volatile sig_atomic_t told_to_end;

static void on_term(int signal)
{
    (void)signal;
    told_to_end = 1;
}

/* The fields of an answer as one line; all are numbers or names. */
static void answer_line(const struct reply *reply, char ret[ACKS_ANSWER_SIZE])
{
    size_t used = 0;
    ret[0] = '\0';
    const msgpack_object_map *map = &reply->body.via.map;
    for (uint32_t i = 0; reply->body.type == MSGPACK_OBJECT_MAP && i < map->size && used < ACKS_ANSWER_SIZE - 1; i++) {
        const msgpack_object *key = &map->ptr[i].key, *value = &map->ptr[i].val;
        int n = 0;
        if (value->type == MSGPACK_OBJECT_STR) {
            n = snprintf(ret + used, ACKS_ANSWER_SIZE - used, "%.*s=%.*s ", (int)key->via.str.size, key->via.str.ptr,
                         (int)value->via.str.size, value->via.str.ptr);
        } else if (value->type == MSGPACK_OBJECT_POSITIVE_INTEGER) {
            n = snprintf(ret + used, ACKS_ANSWER_SIZE - used, "%.*s=%" PRIu64 " ", (int)key->via.str.size, key->via.str.ptr,
                         value->via.u64);
        } else {
            errx(EXIT_TROUBLE, "an answer has a field that is neither number nor name");
        }
        used += (size_t)n;
    }
    if (used >= ACKS_ANSWER_SIZE) {
        errx(EXIT_TROUBLE, "an answer is longer than expected");
    }
    if (used > 0) {
        ret[used - 1] = '\0';
    }
}

static void send_step(struct load *load, uint32_t which, uint32_t step, uint64_t tag)
{
    plan_command(load->seed, which, step, &load->command);
    const struct client_request request = {.name = load->command.name,
                                           .request_id = load->command.id,
                                           .body = load->command.body.data,
                                           .body_size = load->command.body.size,
                                           .tag = tag};
    int rc = client_send(load->client, &request);
    if (rc < 0) {
        errx(EXIT_TROUBLE, "cannot send %s: %s", load->command.id, strerror(-rc));
    }
}

/* Nothing of the plan is ever refused: that would be a bug of one side or the other. */
static void must_be_ok(struct load *load, const struct client_reply *answer, uint32_t which, uint32_t step)
{
    plan_command(load->seed, which, step, &load->command);
    if (answer->error != 0) {
        errx(EXIT_TROUBLE, "%s %s: no answer: %s", load->command.name, load->command.id, strerror(-answer->error));
    }
    if (!answer->reply.ok) {
        errx(EXIT_TROUBLE, "%s %s is refused: %.*s %.*s", load->command.name, load->command.id, (int)answer->reply.code.size,
             answer->reply.code.at, (int)answer->reply.field.size, answer->reply.field.size > 0 ? answer->reply.field.at : "");
    }
}

/* Waits for an answer. False: SIGTERM came, and nothing more has arrived. */
static bool receive(struct load *load, struct client_reply *ret)
{
    for (;;) {
        int rc = client_receive(load->client, told_to_end ? 0 : LOOK_UP_MS, ret);
        if (rc == 0) {
            return true;
        }
        if (told_to_end && (rc == -EAGAIN || rc == -ENOENT)) {
            return false;
        }
        if (rc != -EINTR && rc != -EAGAIN) {
            errx(EXIT_TROUBLE, "receive: %s", strerror(-rc));
        }
    }
}

static bool same_answer(struct load *load, const struct client_reply *answer)
{
    const struct ack *was = &load->acks.at[answer->tag];
    char now[ACKS_ANSWER_SIZE];
    must_be_ok(load, answer, was->which, was->step);
    answer_line(&answer->reply, now);
    if (strcmp(now, was->answer) == 0) {
        return true;
    }
    printf("lost crash-%u-%u-%u: was %s, is %s\n", load->seed, was->which, was->step, was->answer, now);
    return false;
}

/* Asks again for the newest `newest` acknowledged commands and for one in `one_in` of the older. Returns how many differ. */
static size_t ask_again(struct load *load, size_t newest, size_t one_in)
{
    size_t lost = 0, asked = 0, next = 0;
    struct client_reply answer;
    while (next < load->acks.count || client_in_flight(load->client) > 0) {
        while (next < load->acks.count && client_in_flight(load->client) < IN_FLIGHT_MAX) {
            size_t i = next++;
            if (load->acks.count - i > newest && (one_in == 0 || (size_t)random() % one_in != 0)) {
                continue;
            }
            send_step(load, load->acks.at[i].which, load->acks.at[i].step, i);
            asked++;
        }
        if (client_in_flight(load->client) == 0) {
            continue;
        }
        if (!receive(load, &answer)) {
            break;
        }
        lost += !same_answer(load, &answer);
    }
    printf("asked %zu\n", asked);
    fflush(stdout);
    return lost;
}

static void acknowledged(struct load *load, const struct client_reply *answer)
{
    uint64_t mark = load->recorded != NULL ? atomic_load(load->recorded) : 0;
    uint32_t which = (uint32_t)answer->tag, step = load->done[which];
    char line[ACKS_ANSWER_SIZE];
    must_be_ok(load, answer, which, step);
    answer_line(&answer->reply, line);
    acks_add(&load->acks, which, step, mark, load->command.id, load->command.name, line);
    load->done[which]++;
    uint64_t seq = 0;
    if (sscanf(line, "seq=%" SCNu64, &seq) != 1) {
        errx(EXIT_TROUBLE, "an answer without sequence: %s", line);
    }
    printf("ack %" PRIu64 "\n", seq);
    fflush(stdout);
}

/* Goes on with the plan, `width` cases side by side, until `count` more are acknowledged; `finish`: ends all cases that may have
 * been begun (so many may have been under way when a process died) and begins no others. */
static void go_on(struct load *load, uint32_t width, uint32_t count, bool finish)
{
    uint32_t sent = 0, next = 0, begun = 0;
    struct client_reply answer;
    for (uint32_t i = 0; i < CASES_MAX; i++) {
        if (load->done[i] > 0) {
            begun = i + 1 + IN_FLIGHT_MAX;
        }
    }
    for (;;) {
        while (sent < count && next < (finish && begun < CASES_MAX ? begun : CASES_MAX) && client_in_flight(load->client) < width &&
               !told_to_end) {
            uint32_t which = next++;
            if (load->done[which] == plan_steps(load->seed, which)) {
                continue;
            }
            send_step(load, which, load->done[which], which);
            sent++;
        }
        if (client_in_flight(load->client) == 0 || !receive(load, &answer)) {
            return;
        }
        acknowledged(load, &answer);
        uint32_t which = (uint32_t)answer.tag;
        if (sent < count && !told_to_end && load->done[which] < plan_steps(load->seed, which)) {
            send_step(load, which, load->done[which], which);
            sent++;
        }
    }
}

static const _Atomic uint64_t *map_counter(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    void *at = fd < 0 ? MAP_FAILED : mmap(NULL, sizeof(uint64_t), PROT_READ, MAP_SHARED, fd, 0);
    if (at == MAP_FAILED) {
        err(EXIT_TROUBLE, "%s", path);
    }
    close(fd);
    return at;
}

static struct client *connect_to(const char *server, const char *keys)
{
    struct client_options options = {.url = server, .timeout_ms = PATIENCE_MS};
    struct client *client = NULL;
    int rc = 0;
    if (keys != NULL) {
        struct key_pair pair;
        rc = keys_load_server_public(keys, options.server_key);
        if (rc == 0) {
            rc = keys_load_named(keys, "load", &pair);
        }
        if (rc < 0) {
            errx(EXIT_TROUBLE, "%s: %s", keys, strerror(-rc));
        }
        memcpy(options.public_key, pair.public_key, sizeof(options.public_key));
        memcpy(options.secret_key, pair.secret_key, sizeof(options.secret_key));
    }
    rc = client_open(&options, &client);
    if (rc < 0) {
        errx(EXIT_TROUBLE, "%s: %s", server, strerror(-rc));
    }
    return client;
}

/* What the options say beside the load itself. */
struct wanted {
    const char *server, *keys, *acks, *counter;
    uint32_t newest, one_in, width, count;
    bool finish;
};

static uint32_t number(const char *text)
{
    char *end;
    errno = 0;
    unsigned long value = strtoul(text, &end, 10);
    if (errno != 0 || *end != '\0' || text[0] == '-' || value > UINT32_MAX) {
        errx(EXIT_USAGE, "not a number: %s", text);
    }
    return (uint32_t)value;
}

static void read_options(int argc, char **argv, struct wanted *wanted, uint32_t *seed)
{
    static const struct option options[] = {{"server", required_argument, NULL, 's'},
                                            {"keys", required_argument, NULL, 'k'},
                                            {"acks", required_argument, NULL, 'a'},
                                            {"counter", required_argument, NULL, 'c'},
                                            {"seed", required_argument, NULL, 'e'},
                                            {"newest", required_argument, NULL, 'n'},
                                            {"one-in", required_argument, NULL, 'o'},
                                            {"width", required_argument, NULL, 'w'},
                                            {"count", required_argument, NULL, 'm'},
                                            {"finish", no_argument, NULL, 'f'},
                                            {0}};
    for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        switch (c) {
        case 's':
            wanted->server = optarg;
            break;
        case 'k':
            wanted->keys = optarg;
            break;
        case 'a':
            wanted->acks = optarg;
            break;
        case 'c':
            wanted->counter = optarg;
            break;
        case 'e':
            *seed = number(optarg);
            break;
        case 'n':
            wanted->newest = number(optarg);
            break;
        case 'o':
            wanted->one_in = number(optarg);
            break;
        case 'w':
            wanted->width = number(optarg);
            break;
        case 'm':
            wanted->count = number(optarg);
            break;
        case 'f':
            wanted->finish = true;
            break;
        default:
            exit(EXIT_USAGE);
        }
    }
    if (wanted->server == NULL || wanted->acks == NULL || wanted->width > IN_FLIGHT_MAX || optind != argc) {
        errx(EXIT_USAGE, "--server URL and --acks FILE are needed, --width is at most %d", IN_FLIGHT_MAX);
    }
}

int main(int argc, char **argv)
{
    static struct load load;
    struct wanted wanted = {.newest = UINT32_MAX, .width = 8};
    read_options(argc, argv, &wanted, &load.seed);
    struct sigaction action = {.sa_handler = on_term};
    sigaction(SIGTERM, &action, NULL);
    srandom(load.seed ^ wanted.count);
    if (wanted.counter != NULL) {
        load.recorded = map_counter(wanted.counter);
    }
    acks_open(&load.acks, wanted.acks);
    for (size_t i = 0; i < load.acks.count; i++) {
        const struct ack *ack = &load.acks.at[i];
        if (ack->which >= CASES_MAX || ack->step != load.done[ack->which]++) {
            errx(EXIT_TROUBLE, "%s: the acknowledgements do not fit the plan", wanted.acks);
        }
    }
    load.client = connect_to(wanted.server, wanted.keys);
    size_t lost = ask_again(&load, wanted.newest, wanted.one_in);
    if (lost == 0 && wanted.count > 0) {
        go_on(&load, wanted.width, wanted.count, wanted.finish);
    }
    client_close(load.client);
    acks_close(&load.acks);
    proto_buffer_deinit(&load.command.body);
    return lost == 0 ? 0 : EXIT_LOST;
}
