/* pullers.c - workers that pull, die and stall, and one who follows the events, sometimes slowly */
#include "tests/simulation/bodies.h"

#include "proto/reply.h"
#include "proto/request.h"

#include <err.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define WORKERS 12
#define WORKERS_A_UNIT 3
#define WORKER_PEER 100
#define FOLLOW_PEER 99
#define LEASE_MS (45 * MINUTE_MS)

struct worker {
    uint32_t key;
    uint32_t life; /* one after the other, each a process with a name of its own */
    bool waits;
};

/* Who was handed a duty, and until when (true time); by duty of the model. */
struct handed {
    uint32_t worker;
    uint32_t life;
    int64_t until_ms;
};

static struct handed *handed;
static uint32_t handed_capacity;
static uint64_t questions;

static struct handed *handed_of(uint32_t duty)
{
    if (duty >= handed_capacity) {
        uint32_t capacity = 2 * duty + 1024;

        handed = realloc(handed, capacity * sizeof(*handed));
        memset(handed + handed_capacity, 0, (capacity - handed_capacity) * sizeof(*handed));
        handed_capacity = capacity;
    }
    return &handed[duty];
}

void pullers_begin(struct simulation *sim)
{
    sim->workers = calloc(WORKERS, sizeof(*sim->workers));
    int32_t unit = -1;
    for (uint32_t i = 0; i < WORKERS; i++) {
        unit = i % WORKERS_A_UNIT == 0 ? -1 : unit;
        while (unit < 0 || sim->district->units[unit].class != UNIT_CLASS_DEPARTMENT) {
            unit = (int32_t)chance_below(&sim->world, sim->district->unit_count);
        }
        sim->workers[i].key = bodies_key(sim, i == 0 ? ROLE_FOLLOWUP : ROLE_WORKER, unit);
        queue_add(&sim->queue, sim->true_ms + HOUR_MS + i * MINUTE_MS, EVENT_WORKER, i, 0, 0);
    }
    sim->follow_next = 1;
    questions = 0;
    queue_add(&sim->queue, sim->true_ms + MINUTE_MS, EVENT_FOLLOW, 0, 0, 0);
}

void pullers_end(struct simulation *sim)
{
    free(sim->workers);
    free(handed);
    handed = NULL;
    handed_capacity = 0;
}

void pullers_restarted(struct simulation *sim)
{
    for (uint32_t i = 0; i < WORKERS; i++) {
        sim->workers[i].waits = false;
    }
    sim->follow_waits = false;
    memset(handed, 0, handed_capacity * sizeof(*handed));
}

/* A question in a step of its own. */
static void ask(struct simulation *sim, uint64_t peer, uint32_t key, const char *name, const struct proto_buffer *body)
{
    struct engine_message message = {0};
    struct proto_buffer out = {0};
    char key_name[CODE_SIZE + 1], id[32];

    snprintf(id, sizeof(id), "q-%" PRIu64, ++questions);
    struct request_head head = {.id = {id, (uint32_t)strlen(id)}, .name = {name, (uint32_t)strlen(name)}};
    if (request_encode(&head, body->data, body->size, &out) < 0) {
        err(2, "live");
    }
    bodies_peer(sim, key, &message.from, key_name);
    message.from.peer = peer;
    message.data = out.data;
    message.size = out.size;
    host_step(sim, &message, 1);
    proto_buffer_deinit(&out);
}

static void put(msgpack_packer *packer, const char *name, uint64_t value)
{
    msgpack_pack_str_with_body(packer, name, strlen(name));
    msgpack_pack_uint64(packer, value);
}

static void put_word(msgpack_packer *packer, const char *name, const char *word)
{
    msgpack_pack_str_with_body(packer, name, strlen(name));
    msgpack_pack_str_with_body(packer, word, strlen(word));
}

void pullers_worker(struct simulation *sim, uint32_t number)
{
    struct worker *worker = &sim->workers[number];
    struct proto_buffer body = {0};
    msgpack_packer packer;
    char name[32];

    queue_add(&sim->queue, sim->true_ms + chance_between(&sim->world, HOUR_MS / 2, 2 * HOUR_MS), EVENT_WORKER, number, 0, 0);
    if (worker->waits || sim->true_ms >= sim->ends_ms) {
        return;
    }
    snprintf(name, sizeof(name), "w%u-%u", number, worker->life);
    msgpack_packer_init(&packer, &body, proto_buffer_write);
    msgpack_pack_map(&packer, 4);
    put_word(&packer, "worker", name);
    put(&packer, "count", 1 + chance_below(&sim->world, 3));
    put(&packer, "wait", chance_below(&sim->world, 2) * (uint64_t)chance_between(&sim->world, 1000, 300000));
    put(&packer, "lease", LEASE_MS);
    worker->waits = true;
    sim->reached.pulls++;
    ask(sim, WORKER_PEER + number, worker->key, "pull", &body);
    proto_buffer_deinit(&body);
}

/* A worker does something with what it was handed. */
void pullers_work(struct simulation *sim, const struct event *event)
{
    const struct people_row *row = town_step_of_worker(sim, event->b);
    const struct worker *worker = &sim->workers[event->a];

    if (worker->life != event->c || row == NULL) {
        return; /* it has died meanwhile */
    }
    uint32_t of_case = sim->model.duties[event->b].of_case;
    letters_write_as(sim, worker->key, row, of_case, event->b, sim->model.duties[event->b].of_call, NULL);
}

static void hand(struct simulation *sim, uint32_t number, uint64_t duty_id, int64_t until_ms)
{
    struct worker *worker = &sim->workers[number];
    uint32_t duty = model_of(&sim->model, duty_id);

    if (duty == MODEL_NONE || !model_duty_open(&sim->model.duties[duty])) {
        simulation_speak(sim, ORACLE_LEASE, "a worker was handed duty %" PRIu64 ", which is not open", duty_id);
        return;
    }
    struct handed *before = handed_of(duty);
    if (before->until_ms > sim->true_ms && (before->worker != number || before->life != worker->life)) {
        simulation_speak(sim, ORACLE_LEASE, "duty %" PRIu64 " was handed to worker %u while worker %u has it", duty_id, number,
                         before->worker);
    }
    *before = (struct handed){.worker = number, .life = worker->life, .until_ms = until_ms};
    sim->reached.handed++;
    int64_t at_ms = sim->true_ms + chance_between(&sim->world, 1000, LEASE_MS - 1000);
    if (simulation_may(sim, MISHAP_STALLED_WORKER) && chance_is(&sim->mishap, 0.1)) {
        at_ms = until_ms + chance_between(&sim->mishap, 1, HOUR_MS);
        sim->reached.faults[MISHAP_STALLED_WORKER]++;
    }
    queue_add(&sim->queue, at_ms, EVENT_WORK, number, duty, worker->life);
}

static void handed_out(struct simulation *sim, uint32_t number, const msgpack_object *body)
{
    const msgpack_object *rows = reply_field(body, "rows");

    for (uint32_t i = 0; rows != NULL && i < rows->via.array.size; i++) {
        hand(sim, number, reply_field(&rows->via.array.ptr[i], "duty")->via.u64, sim->true_ms + LEASE_MS);
    }
    if (rows != NULL && rows->via.array.size > 0 && simulation_may(sim, MISHAP_DEAD_WORKER) && chance_is(&sim->mishap, 0.1)) {
        engine_gone(sim->engine, WORKER_PEER + number);
        sim->workers[number].life++;
        sim->reached.faults[MISHAP_DEAD_WORKER]++;
    }
}

void pullers_duty_ended(struct simulation *sim, const struct record *record)
{
    uint32_t duty = model_of(&sim->model, record->head.duty_id);

    if (duty < handed_capacity) {
        handed[duty] = (struct handed){0};
    }
}

/* --- the follower -------------------------------------------------------------------------------- */

void pullers_follow(struct simulation *sim)
{
    struct proto_buffer body = {0};
    msgpack_packer packer;
    int64_t again_ms = chance_between(&sim->world, 20 * MINUTE_MS, 40 * MINUTE_MS);

    if (simulation_may(sim, MISHAP_SLOW_FOLLOWER) && chance_is(&sim->mishap, 0.002)) {
        again_ms = chance_between(&sim->mishap, 6 * HOUR_MS, 4 * DAY_MS);
        sim->reached.faults[MISHAP_SLOW_FOLLOWER]++;
    }
    queue_add(&sim->queue, sim->true_ms + again_ms, EVENT_FOLLOW, 0, 0, 0);
    if (sim->follow_waits) {
        return;
    }
    msgpack_packer_init(&packer, &body, proto_buffer_write);
    msgpack_pack_map(&packer, 4);
    put_word(&packer, "name", "watch");
    put(&packer, "confirm", sim->follow_next - 1);
    put(&packer, "count", 1 + chance_below(&sim->world, 500));
    put(&packer, "wait", chance_below(&sim->world, 300000));
    sim->follow_waits = true;
    ask(sim, FOLLOW_PEER, bodies_key(sim, ROLE_LISTENER, -1), "follow", &body);
    proto_buffer_deinit(&body);
}

static void followed(struct simulation *sim, const msgpack_object *body)
{
    const msgpack_object *rows = reply_field(body, "rows"), *next = reply_field(body, "next");

    for (uint32_t i = 0; rows != NULL && i < rows->via.array.size; i++) {
        const msgpack_object *seq = reply_field(&rows->via.array.ptr[i], "seq");
        uint64_t wanted = sim->follow_at < sim->model.event_count ? sim->model.events[sim->follow_at] : 0;

        if (seq->via.u64 < sim->follow_next) {
            continue; /* what was not confirmed comes again */
        }
        if (seq->via.u64 != wanted) {
            simulation_speak(sim, ORACLE_EVENTS, "the follower got event %" PRIu64 ", the next one is %" PRIu64, seq->via.u64,
                             wanted);
        }
        sim->follow_at++;
        sim->reached.followed++;
    }
    if (next != NULL && next->via.u64 > sim->follow_next) {
        sim->follow_next = next->via.u64;
    }
    if (sim->follow_at < sim->model.event_count && sim->model.events[sim->follow_at] < sim->follow_next) {
        simulation_speak(sim, ORACLE_EVENTS, "the follower was told to go on at %" PRIu64 " without event %" PRIu64,
                         sim->follow_next, sim->model.events[sim->follow_at]);
    }
}

bool pullers_reply(struct simulation *sim, uint64_t peer, const void *data, size_t size)
{
    static struct codec_scratch scratch;
    struct reply reply;
    bool worker = peer >= WORKER_PEER && peer < WORKER_PEER + WORKERS;

    if (!worker && peer != FOLLOW_PEER) {
        return false;
    }
    if (reply_decode(&scratch, data, size, &reply) < 0) {
        simulation_speak(sim, ORACLE_EVENTS, "an answer cannot be read");
        return true;
    }
    if (worker) {
        sim->workers[peer - WORKER_PEER].waits = false;
    } else {
        sim->follow_waits = false;
    }
    if (reply.ok && worker) {
        handed_out(sim, (uint32_t)(peer - WORKER_PEER), &reply.body);
    } else if (reply.ok) {
        followed(sim, &reply.body);
    }
    return true;
}
