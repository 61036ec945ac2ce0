/*
 * fill.c - a year of a district for script/bench-figures, and submits at a given rate beside its questions
 *
 *   bench-fill URL year PAIRS PREFIX CLOSED OPEN FROM_MS UNTIL_MS
 *   bench-fill URL submits PAIRS PREFIX COUNT PER_SECOND
 *
 * PAIRS is a file with a matter and a place in each line; each case takes one of them by chance, always the same for the same
 * words. year: drill time goes from FROM_MS to UNTIL_MS; CLOSED cases come in, are signed and answered, some of them late, and
 * nobody asks the citizen; OPEN cases come in, half of them are signed, and nobody answers. Each command carries its instant, and
 * up to IN_FLIGHT are on their way. submits: COUNT submits, each sent when its moment has come, whether or not those before it are
 * answered. PER_SECOND 0: as fast as IN_FLIGHT on their way allow. Prints one line of JSON: requests, ms, per_second, p50_us,
 * p99_us, max_us; of `submits` the time runs from the moment at which a submit should have left. Any refusal ends it with exit code
 * 1.
 */
#include "proto/reply.h"
#include "proto/request.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <zmq.h>

#define HOUR_MS 3600000.0

enum { IN_FLIGHT = 256 };

/* What is done to a case, in this order. */
enum step { STEP_SUBMIT, STEP_SIGN, STEP_ANSWER };

struct pair {
    struct code matter, place;
};

/* Something that will be done. */
struct action {
    int64_t at_ms;
    uint32_t number; /* of the case */
    enum step step;
};

struct fill {
    void *socket;
    const char *prefix;
    struct pair *pairs;
    uint32_t pair_count;
    uint64_t random;
    struct action *heap; /* earliest first */
    uint32_t heap_count, heap_capacity;
    struct proto_buffer body, bytes;
    struct codec_scratch scratch;
    int64_t sent_us[IN_FLIGHT]; /* in the order of sending, which is that of the answers */
    uint64_t sent, answered;
    uint32_t *took_us;
};

static void die(const char *what)
{
    fprintf(stderr, "bench-fill: %s\n", what);
    exit(4);
}

static int64_t now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* splitmix64: the same words give the same year. */
static uint64_t draw(struct fill *fill)
{
    uint64_t z = fill->random += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

/* From 0 up to, not with, 1. */
static double share(struct fill *fill)
{
    return (double)(draw(fill) >> 11) * 0x1p-53;
}

static void read_pairs(struct fill *fill, const char *path)
{
    char matter[CODE_SIZE + 1], place[CODE_SIZE + 1];
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        die("cannot read the pairs");
    }
    while (fscanf(file, "%32s %32s", matter, place) == 2) {
        struct pair *pairs = realloc(fill->pairs, (fill->pair_count + 1) * sizeof(*pairs));
        if (pairs == NULL) {
            die("out of memory");
        }
        fill->pairs = pairs;
        if (!code_make(matter, strlen(matter), &pairs[fill->pair_count].matter) ||
            !code_make(place, strlen(place), &pairs[fill->pair_count].place)) {
            die("not a pair of codes");
        }
        fill->pair_count++;
    }
    fclose(file);
    if (fill->pair_count == 0) {
        die("there are no pairs");
    }
}

static bool is_earlier(const struct action *a, const struct action *b)
{
    return a->at_ms != b->at_ms ? a->at_ms < b->at_ms : a->number < b->number;
}

static void plan(struct fill *fill, int64_t at_ms, uint32_t number, enum step step)
{
    if (fill->heap_count == fill->heap_capacity) {
        fill->heap_capacity = fill->heap_capacity == 0 ? 1024 : 2 * fill->heap_capacity;
        fill->heap = realloc(fill->heap, fill->heap_capacity * sizeof(*fill->heap));
        if (fill->heap == NULL) {
            die("out of memory");
        }
    }
    struct action action = {.at_ms = at_ms, .number = number, .step = step};
    uint32_t at = fill->heap_count++;
    for (; at > 0 && is_earlier(&action, &fill->heap[(at - 1) / 2]); at = (at - 1) / 2) {
        fill->heap[at] = fill->heap[(at - 1) / 2];
    }
    fill->heap[at] = action;
}

static struct action next_action(struct fill *fill)
{
    struct action first = fill->heap[0], last = fill->heap[--fill->heap_count];
    uint32_t at = 0;
    for (uint32_t child = 1; child < fill->heap_count; at = child, child = 2 * at + 1) {
        if (child + 1 < fill->heap_count && is_earlier(&fill->heap[child + 1], &fill->heap[child])) {
            child++;
        }
        if (!is_earlier(&fill->heap[child], &last)) {
            break;
        }
        fill->heap[at] = fill->heap[child];
    }
    fill->heap[at] = last;
    return first;
}

static int encode_submit(struct fill *fill)
{
    static const char words[] =
        "The street light in front of the house has been dark since Monday and the pavement is uneven; two people have fallen. "
        "路灯不亮，请尽快处理。";
    const struct pair *pair = &fill->pairs[draw(fill) % fill->pair_count];
    struct submit_command submit = {.kind = CASE_KIND_COMPLAINT, .anonymous = true, .matter = pair->matter, .place = pair->place};
    submit.given =
        SUBMIT_HAS_KIND | SUBMIT_HAS_MATTER | SUBMIT_HAS_PLACE | SUBMIT_HAS_TITLE | SUBMIT_HAS_TEXT | SUBMIT_HAS_ANONYMOUS;
    submit.title = text_of("Street light dark since Monday 路灯不亮");
    submit.text = text_of(words);
    return codec_encode_map(&submit_command_shape, &submit, CODEC_OMIT_UNGIVEN, &fill->body);
}

static int encode_answer(struct fill *fill, struct text submitted)
{
    struct answer_command answer = {.submitted = submitted, .text = text_of("The lamp was replaced.")};
    answer.given = ANSWER_HAS_SUBMITTED | ANSWER_HAS_CODE | ANSWER_HAS_TEXT;
    return codec_encode_map(&answer_command_shape, &answer, CODEC_OMIT_UNGIVEN, &fill->body);
}

static int encode_sign(struct fill *fill, struct text submitted)
{
    struct sign_command sign = {.submitted = submitted, .kind = DUTY_KIND_LEAD}; /* supports are signed by others */
    sign.given = SIGN_HAS_SUBMITTED | SIGN_HAS_KIND;
    return codec_encode_map(&sign_command_shape, &sign, CODEC_OMIT_UNGIVEN, &fill->body);
}

/* Sends one command; at_ms 0: it carries no instant. from_us: when it should have left. */
static void send_step(struct fill *fill, uint32_t number, enum step step, int64_t at_ms, int64_t from_us)
{
    static const char *const names[] = {"submit", "sign", "answer"};
    char id[64], submitted[64];
    snprintf(submitted, sizeof(submitted), "%s-%u", fill->prefix, number);
    snprintf(id, sizeof(id), "%s-%u%s", fill->prefix, number, step == STEP_SUBMIT ? "" : step == STEP_SIGN ? "s" : "a");
    struct request_head head = {.id = text_of(id), .name = text_of(names[step]), .has_at = at_ms != 0, .at_ms = at_ms};
    proto_buffer_clear(&fill->body);
    proto_buffer_clear(&fill->bytes);
    int rc = step == STEP_SUBMIT ? encode_submit(fill)
             : step == STEP_SIGN ? encode_sign(fill, text_of(submitted))
                                 : encode_answer(fill, text_of(submitted));
    if (rc < 0 || request_encode(&head, fill->body.data, fill->body.size, &fill->bytes) < 0) {
        die("out of memory");
    }
    fill->sent_us[fill->sent++ % IN_FLIGHT] = from_us;
    if (zmq_send(fill->socket, fill->bytes.data, fill->bytes.size, 0) < 0) {
        die("cannot send");
    }
}

/* Takes an answer; waits for it if `wait`. False: none is there. */
static bool take_answer(struct fill *fill, bool wait)
{
    zmq_msg_t message;
    struct reply reply;
    zmq_msg_init(&message);
    if (zmq_msg_recv(&message, fill->socket, wait ? 0 : ZMQ_DONTWAIT) < 0) {
        zmq_msg_close(&message);
        if (wait) {
            die("no answer");
        }
        return false;
    }
    if (reply_decode(&fill->scratch, zmq_msg_data(&message), zmq_msg_size(&message), &reply) < 0) {
        die("not a reply");
    }
    if (!reply.ok) {
        fprintf(stderr, "bench-fill: %.*s: %.*s %.*s: %.*s\n", (int)reply.id.size, reply.id.at, (int)reply.code.size, reply.code.at,
                (int)reply.field.size, reply.field.at, (int)reply.message.size, reply.message.at);
        exit(1);
    }
    int64_t took_us = now_us() - fill->sent_us[fill->answered % IN_FLIGHT];
    fill->took_us[fill->answered++] = took_us < 0 ? 0 : took_us > UINT32_MAX ? UINT32_MAX : (uint32_t)took_us;
    zmq_msg_close(&message);
    return true;
}

static void make_room(struct fill *fill)
{
    while (fill->sent - fill->answered == IN_FLIGHT) {
        take_answer(fill, true);
    }
}

static void show_progress(uint64_t done, uint64_t all)
{
    uint64_t step = all < 100 ? 1 : all / 100;
    if (done % step == 0 && isatty(STDERR_FILENO)) {
        fprintf(stderr, "\r%3" PRIu64 " %% of %" PRIu64 " commands", done * 100 / all, all);
    }
}

/* Who answers late takes ten days more. Nothing is planned for after the year. */
static void plan_case(struct fill *fill, uint32_t number, int64_t at_ms, bool is_closed, int64_t until_ms)
{
    int64_t sign_ms = at_ms + (int64_t)((0.05 + 7 * share(fill)) * HOUR_MS);
    int64_t answer_ms = sign_ms + (int64_t)((0.5 + 70 * share(fill) + (share(fill) < 0.1 ? 240 : 0)) * HOUR_MS);
    bool is_signed = is_closed || share(fill) < 0.5;
    if (is_signed) {
        plan(fill, sign_ms < until_ms ? sign_ms : until_ms, number, STEP_SIGN);
    }
    if (is_closed) {
        plan(fill, answer_ms < until_ms ? answer_ms : until_ms + 1, number, STEP_ANSWER);
    }
}

static void run_year(struct fill *fill, uint64_t closed, uint64_t open, int64_t from_ms, int64_t until_ms)
{
    uint64_t cases = closed + open, closed_left = closed, done = 0;
    for (uint64_t number = 0; number < cases || fill->heap_count > 0; done++) {
        int64_t at_ms = from_ms + (int64_t)((double)(until_ms - from_ms) * (double)number / (double)cases);
        make_room(fill);
        if (number < cases && (fill->heap_count == 0 || at_ms <= fill->heap[0].at_ms)) {
            /* Of those that are left each is as likely to be a closed one, so that the counts come out exactly. */
            bool is_closed = draw(fill) % (cases - number) < closed_left;
            closed_left -= is_closed;
            send_step(fill, (uint32_t)number, STEP_SUBMIT, at_ms, now_us());
            plan_case(fill, (uint32_t)number++, at_ms, is_closed, until_ms);
        } else {
            struct action action = next_action(fill);
            send_step(fill, action.number, action.step, action.at_ms, now_us());
        }
        show_progress(done, 3 * closed + open + open / 2);
    }
    while (fill->answered < fill->sent) {
        take_answer(fill, true);
    }
}

static void run_submits(struct fill *fill, uint64_t count, uint64_t per_second)
{
    int64_t begun_us = now_us();
    while (fill->answered < count) {
        int64_t due_us = per_second == 0 ? now_us() : begun_us + (int64_t)(fill->sent * 1000000 / per_second);
        if (fill->sent < count && fill->sent - fill->answered < IN_FLIGHT && due_us <= now_us()) {
            send_step(fill, (uint32_t)fill->sent, STEP_SUBMIT, 0, due_us);
            continue;
        }
        if (fill->answered < fill->sent && take_answer(fill, false)) {
            continue;
        }
        zmq_pollitem_t item = {.socket = fill->socket, .events = ZMQ_POLLIN};
        bool is_full = fill->sent == count || fill->sent - fill->answered == IN_FLIGHT;
        zmq_poll(&item, 1, is_full ? 60000 : 1);
    }
}

static int by_size(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

static void *open_socket(void *context, const char *url)
{
    void *socket = zmq_socket(context, ZMQ_DEALER);
    int wait_ms = 120000, linger = 0;
    zmq_setsockopt(socket, ZMQ_RCVTIMEO, &wait_ms, sizeof(wait_ms));
    zmq_setsockopt(socket, ZMQ_LINGER, &linger, sizeof(linger));
    if (zmq_connect(socket, url) < 0) {
        die("not an address");
    }
    return socket;
}

static uint64_t whole(const char *word)
{
    char *end;
    uint64_t value = strtoull(word, &end, 10);
    if (*word == '\0' || *end != '\0') {
        die("not a number");
    }
    return value;
}

int main(int argc, char **argv)
{
    bool is_year = argc == 9 && strcmp(argv[2], "year") == 0;
    if (!is_year && (argc != 7 || strcmp(argv[2], "submits") != 0)) {
        fprintf(stderr, "usage: bench-fill URL year PAIRS PREFIX CLOSED OPEN FROM_MS UNTIL_MS\n"
                        "       bench-fill URL submits PAIRS PREFIX COUNT PER_SECOND\n");
        return 2;
    }
    struct fill fill = {.prefix = argv[4], .random = 1};
    for (const char *c = argv[4]; *c != '\0'; c++) {
        fill.random = fill.random * 131 + (uint8_t)*c;
    }
    read_pairs(&fill, argv[3]);
    uint64_t first = whole(argv[5]), second = whole(argv[6]);
    fill.took_us = calloc(is_year ? 3 * first + 2 * second + 1 : first + 1, sizeof(*fill.took_us));
    if (fill.took_us == NULL) {
        die("out of memory");
    }
    void *context = zmq_ctx_new();
    fill.socket = open_socket(context, argv[1]);
    int64_t from_us = now_us();
    if (is_year) {
        run_year(&fill, first, second, (int64_t)whole(argv[7]), (int64_t)whole(argv[8]));
    } else {
        run_submits(&fill, first, second);
    }
    int64_t took_us = now_us() - from_us;
    qsort(fill.took_us, fill.answered, sizeof(*fill.took_us), by_size);
    printf("{\"requests\": %" PRIu64 ", \"ms\": %" PRId64 ", \"per_second\": %" PRId64
           ", \"p50_us\": %u, \"p99_us\": %u, \"max_us\": %u}\n",
           fill.answered, took_us / 1000, (int64_t)fill.answered * 1000000 / (took_us > 0 ? took_us : 1),
           fill.took_us[fill.answered / 2], fill.took_us[fill.answered * 99 / 100],
           fill.took_us[fill.answered - (fill.answered > 0)]);
    zmq_close(fill.socket);
    zmq_ctx_term(context);
    codec_scratch_deinit(&fill.scratch);
    proto_buffer_deinit(&fill.body);
    proto_buffer_deinit(&fill.bytes);
    free(fill.pairs);
    free(fill.heap);
    free(fill.took_us);
    return 0;
}
