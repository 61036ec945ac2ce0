/* puller.c - duties that the dispatcher hands out, and the leases on them */
#include "workers/puller.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WAITING_MAX 10000
#define RETRY_MS 5000
#define HOLD_LEASE_MS 600000
#define LAST_LEASE_MS 500

/* One long poll. */
struct poll {
    struct puller *puller;
    enum duty_kind kind;
    bool in_flight;
    uint64_t not_before; /* of the loop, after a refusal */
};

struct puller {
    struct worker *worker;
    const struct puller_options *options;
    const struct puller_program *program;
    void *arg;
    struct code name, unit;
    struct work *works; /* by duty id, oldest first */
    struct poll polls[PULLER_KINDS_MAX];
    int64_t counts[WORK_WAITING + 1];
    int64_t releases; /* in flight */
    bool stopping, stopped, succeeded, said_full;
};

/* What comes back with the answer to a keep: the work may be gone by then. */
struct keeping {
    struct puller *puller;
    uint64_t duty_id;
};

struct puller *puller_new(struct worker *worker, const struct puller_options *options, const struct puller_program *program,
                          void *arg)
{
    struct puller *puller = calloc(1, sizeof(*puller));

    if (puller == NULL) {
        return NULL;
    }
    puller->worker = worker;
    puller->options = options;
    puller->program = program;
    puller->arg = arg;
    bool named = code_make(options->worker, strlen(options->worker), &puller->name);
    assert(named);
    if (options->unit != NULL) {
        named = code_make(options->unit, strlen(options->unit), &puller->unit);
        assert(named);
    }
    for (uint32_t i = 0; i < options->kind_count; i++) {
        puller->polls[i] = (struct poll){.puller = puller, .kind = options->kinds[i]};
    }
    return puller;
}

static void set_phase(struct puller *puller, struct work *work, enum work_phase phase)
{
    puller->counts[work->phase]--;
    puller->counts[phase]++;
    work->phase = phase;
}

static void forget(struct puller *puller, struct work *work)
{
    puller->counts[work->phase]--;
    HASH_DEL(puller->works, work);
    free(work);
}

struct puller *puller_free(struct puller *puller)
{
    struct work *work, *next;

    if (puller == NULL) {
        return NULL;
    }
    HASH_ITER(hh, puller->works, work, next)
    {
        forget(puller, work);
    }
    free(puller);
    return NULL;
}

static struct work *find(struct puller *puller, uint64_t duty_id)
{
    struct work *work;

    HASH_FIND(hh, puller->works, &duty_id, sizeof(duty_id), work);
    return work;
}

static void maybe_stopped(struct puller *puller)
{
    if (!puller->stopping || puller->stopped || puller->counts[WORK_BUSY] > 0 || puller->releases > 0) {
        return;
    }
    puller->stopped = true;
    puller->program->on_stopped(puller->arg);
}

/* ---- leases ---- */

static void on_released(void *arg, const struct client_reply *reply)
{
    struct puller *puller = arg;

    (void)reply; /* what could not be given back lapses */
    puller->releases--;
    maybe_stopped(puller);
}

/* Gives a lease back. At the end of the process it is cut short instead: what is free at once might be handed to a long poll of
 * this very process, of which the dispatcher has not noticed yet that it has hung up. */
static void release(struct puller *puller, uint64_t duty_id)
{
    struct keep_query keep = {.given = KEEP_HAS_WORKER | KEEP_HAS_DUTY | (puller->stopping ? KEEP_HAS_LEASE : KEEP_HAS_RELEASE),
                              .worker = puller->name,
                              .duty_id = duty_id,
                              .lease = LAST_LEASE_MS,
                              .release = !puller->stopping};

    if (puller->stopping && !worker_connected(puller->worker)) {
        return; /* nobody is there to take it */
    }
    puller->releases++;
    worker_ask(puller->worker, WORKER_TALK, QUERY_KEEP, &keep, on_released, puller);
}

static void lease_lost(struct puller *puller, struct work *work)
{
    work->leased = false;
    switch (work->phase) {
    case WORK_QUEUED:
        forget(puller, work);
        return;
    case WORK_BUSY: /* what it has begun it ends: the dispatcher judges its commands */
        log_about(worker_log(puller->worker), LOG_LEVEL_WARNING, "lease_lost",
                  &(struct log_about){work->number, work->duty_id, 0, NULL}, "the lease has lapsed while the duty was worked on");
        return;
    case WORK_HELD:
        set_phase(puller, work, WORK_WAITING);
        return;
    case WORK_WAITING:
        return;
    }
}

static int64_t lease_of(const struct puller *puller, const struct work *work)
{
    int64_t lease_ms = puller->options->lease_ms;

    return work->phase == WORK_HELD && lease_ms < HOLD_LEASE_MS ? HOLD_LEASE_MS : lease_ms;
}

static void plan_keep(struct puller *puller, struct work *work, int64_t lease_ms)
{
    work->keep_at = uv_now(worker_loop(puller->worker)) + (uint64_t)lease_ms / 3;
}

static void on_kept(void *arg, const struct client_reply *reply)
{
    struct keeping *keeping = arg;
    struct puller *puller = keeping->puller;
    struct work *work = find(puller, keeping->duty_id);

    free(keeping);
    if (work == NULL) {
        return;
    }
    work->keep_in_flight = false;
    if (reply->error == 0 && !reply->reply.ok && work->leased) {
        lease_lost(puller, work);
    }
}

static void keep(struct puller *puller, struct work *work)
{
    struct keeping *keeping = malloc(sizeof(*keeping));
    int64_t lease_ms = lease_of(puller, work);
    struct keep_query query = {.given = KEEP_HAS_WORKER | KEEP_HAS_DUTY | KEEP_HAS_LEASE,
                               .worker = puller->name,
                               .duty_id = work->duty_id,
                               .lease = lease_ms};

    plan_keep(puller, work, lease_ms);
    if (keeping == NULL) {
        return; /* the next tick tries again */
    }
    *keeping = (struct keeping){puller, work->duty_id};
    work->keep_in_flight = true;
    worker_ask(puller->worker, WORKER_TALK, QUERY_KEEP, &query, on_kept, keeping);
}

/* ---- duties come in ---- */

static struct work *work_new(struct puller *puller, const struct duty_view *row)
{
    struct work *work = calloc(1, sizeof(*work));

    if (work == NULL) {
        return NULL;
    }
    work->duty_id = row->duty_id;
    work->case_id = row->case_id;
    work->kind = row->kind;
    snprintf(work->number, sizeof(work->number), "%.*s", (int)row->number.size, row->number.size > 0 ? row->number.at : "");
    work->phase = WORK_QUEUED;
    puller->counts[WORK_QUEUED]++;
    HASH_ADD(hh, puller->works, duty_id, sizeof(work->duty_id), work);
    return work;
}

static bool due(const struct puller *puller, const struct work *work)
{
    return work->until_ms <= worker_now_ms(puller->worker) && work->not_before <= uv_now(worker_loop(puller->worker));
}

static void take_row(struct puller *puller, const struct duty_view *row)
{
    struct work *work = find(puller, row->duty_id);

    if (work == NULL) {
        work = work_new(puller, row);
    }
    if (work == NULL) {
        return; /* the lease lapses */
    }
    work->leased = true;
    plan_keep(puller, work, puller->options->lease_ms);
    if (work->phase == WORK_WAITING) {
        set_phase(puller, work, due(puller, work) ? WORK_QUEUED : WORK_HELD);
    }
}

static void take_rows(struct puller *puller, const msgpack_object *body)
{
    const msgpack_object *rows = reply_field(body, "rows");

    for (uint32_t i = 0; rows != NULL && rows->type == MSGPACK_OBJECT_ARRAY && i < rows->via.array.size; i++) {
        struct duty_view row;
        struct codec_fault fault;

        if (codec_decode_map(&rows->via.array.ptr[i], &duty_view_shape, &row, &fault) && row.duty_id != 0) {
            take_row(puller, &row);
        }
    }
}

static void on_pulled(void *arg, const struct client_reply *reply)
{
    struct poll *poll = arg;
    struct puller *puller = poll->puller;

    poll->in_flight = false;
    if (reply->error == 0 && reply->reply.ok) {
        puller->succeeded = true;
        take_rows(puller, &reply->reply.body);
    } else if (reply->error == 0) {
        poll->not_before = uv_now(worker_loop(puller->worker)) + RETRY_MS;
        log_say(worker_log(puller->worker), LOG_LEVEL_ERROR, "pull_refused", "%.*s: %.*s %.*s", (int)reply->reply.code.size,
                reply->reply.code.at, (int)reply->reply.message.size, reply->reply.message.at, (int)reply->reply.hint.size,
                reply->reply.hint.at);
        if (!puller->succeeded) { /* the first answer of all: the settings are wrong */
            worker_finish(puller->worker, EXIT_REFUSED);
            return;
        }
    }
    puller_tick(puller);
}

/* A lease may be handed out for a duty that is known already, so places are counted before the question. */
static void pull(struct puller *puller, struct poll *poll)
{
    int64_t places = puller->options->credit - puller->counts[WORK_BUSY];
    struct pull_query query = {
        .given = PULL_HAS_WORKER | PULL_HAS_KIND | PULL_HAS_COUNT | PULL_HAS_WAIT | PULL_HAS_LEASE,
        .worker = puller->name,
        .kind = poll->kind,
        .count = (uint32_t)(places < PULLER_CREDIT_MAX ? places : PULLER_CREDIT_MAX),
        .wait = worker_poll_ms(puller->worker),
        .lease = puller->options->lease_ms,
    };

    if (puller->options->unit != NULL) {
        query.given |= PULL_HAS_UNIT;
        query.unit = puller->unit;
    }
    poll->in_flight = true;
    worker_ask(puller->worker, WORKER_WAIT, QUERY_PULL, &query, on_pulled, poll);
}

static bool may_pull(struct puller *puller)
{
    bool full = puller->counts[WORK_HELD] >= puller->options->held_max;

    if (full && !puller->said_full) {
        log_say(worker_log(puller->worker), LOG_LEVEL_WARNING, "held_full", "%lld duties are held; no more are pulled",
                (long long)puller->counts[WORK_HELD]);
    }
    puller->said_full = full;
    return !puller->stopping && !full && puller->counts[WORK_QUEUED] == 0 && puller->counts[WORK_BUSY] < puller->options->credit &&
           (puller->program->may_pull == NULL || puller->program->may_pull(puller->arg));
}

/* ---- what is due ---- */

static void wake(struct puller *puller)
{
    uint64_t loop_now = uv_now(worker_loop(puller->worker));
    struct work *work, *next;

    HASH_ITER(hh, puller->works, work, next)
    {
        if (work->phase == WORK_WAITING && puller->counts[WORK_WAITING] > WAITING_MAX) {
            forget(puller, work);
            continue;
        }
        if (work->phase == WORK_HELD && due(puller, work)) {
            set_phase(puller, work, WORK_QUEUED);
        }
        if (work->leased && !work->keep_in_flight && loop_now >= work->keep_at) {
            keep(puller, work);
        }
    }
}

static void run_queue(struct puller *puller)
{
    struct work *work, *next;

    HASH_ITER(hh, puller->works, work, next)
    {
        if (puller->counts[WORK_QUEUED] == 0 || puller->counts[WORK_BUSY] >= puller->options->credit) {
            return;
        }
        if (work->phase != WORK_QUEUED) {
            continue;
        }
        set_phase(puller, work, WORK_BUSY);
        puller->program->on_work(puller->arg, work); /* ends later: what comes next in the table stays */
    }
}

void puller_tick(struct puller *puller)
{
    if (puller->stopped) {
        return;
    }
    wake(puller);
    if (puller->stopping) {
        return;
    }
    run_queue(puller);
    for (uint32_t i = 0; i < puller->options->kind_count; i++) {
        struct poll *poll = &puller->polls[i];

        if (!poll->in_flight && uv_now(worker_loop(puller->worker)) >= poll->not_before && may_pull(puller)) {
            pull(puller, poll);
        }
    }
}

void puller_stop(struct puller *puller)
{
    struct work *work, *next;

    if (puller->stopping) {
        return;
    }
    puller->stopping = true;
    worker_hang_up(puller->worker);
    HASH_ITER(hh, puller->works, work, next)
    {
        if (work->phase == WORK_BUSY) {
            continue;
        }
        if (work->leased) {
            release(puller, work->duty_id);
        }
        forget(puller, work);
    }
    maybe_stopped(puller);
}

/* ---- what the program says ---- */

static void ended(struct puller *puller)
{
    if (puller->stopping) {
        maybe_stopped(puller);
    } else {
        puller_tick(puller);
    }
}

void puller_pause(struct puller *puller, struct work *work, int64_t pause_ms)
{
    work->not_before = uv_now(worker_loop(puller->worker)) + (uint64_t)pause_ms;
}

void puller_hold(struct puller *puller, struct work *work, int64_t until_ms)
{
    assert(work->phase == WORK_BUSY);
    if (puller->stopping) {
        puller_give_back(puller, work, until_ms);
        return;
    }
    work->until_ms = until_ms;
    set_phase(puller, work, work->leased ? WORK_HELD : WORK_WAITING);
    if (work->leased && !work->keep_in_flight) {
        keep(puller, work);
    }
    ended(puller);
}

void puller_give_back(struct puller *puller, struct work *work, int64_t until_ms)
{
    assert(work->phase == WORK_BUSY);
    if (work->leased) {
        release(puller, work->duty_id);
    }
    work->leased = false;
    work->until_ms = until_ms;
    set_phase(puller, work, WORK_WAITING);
    ended(puller);
}

void puller_drop(struct puller *puller, struct work *work)
{
    assert(work->phase == WORK_BUSY);
    forget(puller, work);
    ended(puller);
}
