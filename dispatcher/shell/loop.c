/* loop.c - see loop.h. Nothing in here knows a frame of ZeroMQ or a field of a message. */
#include "dispatcher/shell/loop.h"

#include "base/exit_code.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <systemd/sd-daemon.h>
#include <time.h>

#define FLUSH_LOOK_MS 10     /* how often the end looks whether outboxes are empty */
#define NO_ROOM_REST_MS 1000 /* how long due work rests when the journal had no room for it */

static void turn(struct loop *loop);

static int64_t clock_ms(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* What records are dated by. */
static int64_t wall_ms(void)
{
    return clock_ms(CLOCK_REALTIME);
}

/* What waits and leases run by. */
static int64_t steady_ms(void)
{
    return clock_ms(CLOCK_MONOTONIC);
}

/* What the loop's parts are timed by. */
static int64_t steady_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* The instant that "due" is measured against: in drill time the wall clock means nothing. */
static int64_t now_ms(const struct loop *loop)
{
    int64_t last_ms = engine_now_ms(loop->engine);
    int64_t now_ms = wall_ms();
    return loop->drill || now_ms < last_ms ? last_ms : now_ms;
}

static bool is_due(const struct loop *loop)
{
    return engine_next_due_ms(loop->engine) <= now_ms(loop) || engine_next_wait_ms(loop->engine) <= steady_ms();
}

/* Due work that found no room stays due: without a rest it would be tried a thousand times a second. Requests are answered
 * meanwhile. */
static bool is_resting(const struct loop *loop)
{
    return uv_now(loop->uv) < loop->rest_until_ms;
}

/* The engine cannot go on: send what it has allowed, and end. The next start recovers from the journal. */
static void fail(struct loop *loop, const char *what, int rc)
{
    if (loop->stage == STAGE_FLUSHING || loop->stage == STAGE_CLOSED) {
        return;
    }
    log_say(loop->log, LOG_LEVEL_ERROR, "engine_failed", "%s: %s; ending, the next start recovers from the journal", what,
            strerror(-rc));
    loop->exit_code = EXIT_FAILED;
    loop->stage = STAGE_FLUSHING;
    loop->deadline_ms = uv_now(loop->uv) + LOOP_DRAIN_MS;
}

static void deliver(struct loop *loop)
{
    struct engine_reply reply;
    while (engine_next_reply(loop->engine, &reply)) {
        if (!requests_reply(loop->requests, &reply)) {
            engine_undelivered(loop->engine, reply.peer);
        }
    }
    struct text topic;
    const void *data;
    size_t size;
    while (engine_next_event(loop->engine, &topic, &data, &size)) {
        publisher_send(loop->publisher, topic, data, size);
    }
}

/* One step of the engine, which writes checkpoints by records itself; those by time are ours (tick). Its messages stay until the
 * step has ended: the engine may judge a batch again after a rewind. */
static int step(struct loop *loop, size_t count)
{
    loop->forced = false;
    /* Who is connected may listen. Counting the subscriptions instead would let one peer, by taking back what it never asked for,
     * silence all: ZeroMQ passes that on. */
    engine_listen(loop->engine, monitor_connections(loop->event_monitor) > 0);
    inlet_away(loop->inlet); /* a flush may take seconds */
    size_t taken = engine_take(loop->engine, loop->batch, count, (struct engine_time){wall_ms(), steady_ms()});
    enum engine_outcome outcome = engine_append(loop->engine);
    int rc = engine_journaled(loop->engine, outcome);
    inlet_back(loop->inlet);
    int64_t begun_ns = steady_ns();
    requests_taken(loop->requests, taken, engine_query_us(loop->engine));
    deliver(loop);
    engine_spent(loop->engine, LOOP_PART_DELIVER, steady_ns() - begun_ns);
    log_seq(loop->log, engine_durable_seq(loop->engine));
    uv_update_time(loop->uv); /* a flush takes milliseconds */
    loop->rest_until_ms = outcome == OUTCOME_DURABLE ? 0 : uv_now(loop->uv) + NO_ROOM_REST_MS;
    if (rc != 0) {
        fail(loop, "the engine cannot go on", rc);
    }
    return rc;
}

static void tick(struct loop *loop)
{
    loop->next_tick_ms = uv_now(loop->uv) + loop->tick_ms;
    log_flush(loop->log, false);
    sd_notify(0, "WATCHDOG=1");
    if (loop->stage == STAGE_FLUSHING || loop->stage == STAGE_CLOSED) {
        return;
    }
    keyring_tick(loop->ring);
    bool idle = requests_count(loop->requests) == 0 && !is_due(loop);
    inlet_away(loop->inlet);
    int rc = engine_checkpoint(loop->engine, idle);
    inlet_back(loop->inlet);
    if (idle) {
        trim_look(&loop->trim);
    }
    if (rc != 0) {
        fail(loop, "the rows could not be written", rc);
    }
}

/* Does a message wait that can be judged now? */
static bool has_work(const struct loop *loop)
{
    return requests_count(loop->requests) > 0 && !requests_stalled(loop->requests);
}

/* Moves the end on, as far as it goes now. */
static void wind_down(struct loop *loop)
{
    bool late = uv_now(loop->uv) >= loop->deadline_ms;
    if (loop->stage == STAGE_DRAINING && (!has_work(loop) || late)) {
        loop->stage = STAGE_FLUSHING;
        inlet_away(loop->inlet);
        int rc = engine_checkpoint_end(loop->engine); /* one that is running knows nothing of the last steps */
        if (rc == 0) {
            rc = engine_checkpoint(loop->engine, true);
        }
        if (rc == 0) {
            rc = engine_checkpoint_end(loop->engine);
        }
        inlet_back(loop->inlet);
        if (rc != 0) {
            log_say(loop->log, LOG_LEVEL_ERROR, "checkpoint", "the last checkpoint was not written: %s; the journal has it all",
                    strerror(-rc));
        }
    }
    if (loop->stage == STAGE_FLUSHING && (peers_waiting_bytes(loop->peers) == 0 || late)) {
        loop_close(loop);
        uv_stop(loop->uv); /* others may have handles on it */
    }
}

static void on_again(uv_idle_t *handle)
{
    turn(handle->data);
}

static void on_alarm(uv_timer_t *handle)
{
    turn(handle->data);
}

/* Decides when the next turn is: at once, at an instant, or when a message comes. */
static void arm(struct loop *loop)
{
    if (loop->stage == STAGE_CLOSED) {
        return;
    }
    zpoll_want(&loop->request_poll, loop->stage == STAGE_RUNNING);
    bool busy = false;
    uint64_t wait_ms = FLUSH_LOOK_MS;
    if (loop->stage == STAGE_RUNNING || loop->stage == STAGE_DRAINING) {
        int64_t due_in_ms = engine_next_due_ms(loop->engine) - now_ms(loop),
                wait_in_ms = engine_next_wait_ms(loop->engine) - steady_ms();
        uint64_t tick_in_ms = loop->next_tick_ms > uv_now(loop->uv) ? loop->next_tick_ms - uv_now(loop->uv) : 0;
        due_in_ms = wait_in_ms < due_in_ms ? wait_in_ms : due_in_ms;
        if (is_resting(loop) && due_in_ms < (int64_t)(loop->rest_until_ms - uv_now(loop->uv))) {
            due_in_ms = (int64_t)(loop->rest_until_ms - uv_now(loop->uv));
        }
        busy = loop->forced || has_work(loop) || inlet_bytes(loop->inlet) > 0 || due_in_ms <= 0;
        wait_ms = due_in_ms > 0 && (uint64_t)due_in_ms < tick_in_ms ? (uint64_t)due_in_ms : tick_in_ms;
        if (requests_stalled(loop->requests) && wait_ms > PEERS_RETRY_MS) {
            wait_ms = PEERS_RETRY_MS;
        }
    }
    if (busy) {
        uv_idle_start(&loop->again, on_again);
    } else {
        uv_idle_stop(&loop->again);
    }
    uv_timer_start(&loop->alarm, on_alarm, wait_ms, 0);
}

static void turn(struct loop *loop)
{
    if (loop->stage == STAGE_CLOSED) {
        return;
    }
    int64_t begun_ns = steady_ns();
    if (loop->stage == STAGE_RUNNING) {
        requests_read(loop->requests);
    }
    if (loop->stage == STAGE_RUNNING || loop->stage == STAGE_DRAINING) {
        size_t count = requests_offer(loop->requests, loop->batch, CAP_BATCH_MESSAGES);
        engine_spent(loop->engine, LOOP_PART_READ, steady_ns() - begun_ns);
        if (count > 0 || loop->forced || (is_due(loop) && !is_resting(loop))) {
            step(loop, count);
        }
        backup_look(&loop->backup);
    }
    uv_update_time(loop->uv); /* a flush takes milliseconds */
    if (uv_now(loop->uv) >= loop->next_tick_ms) {
        tick(loop);
    }
    if (loop->stage != STAGE_RUNNING) {
        wind_down(loop);
    }
    arm(loop);
}

static void on_requests(void *arg)
{
    turn(arg);
}

/* What peers tells: connections that have ended, and peers that are forgotten. The engine knows a peer by two numbers. */
static void on_look(void *arg)
{
    const struct loop *loop = arg;
    monitor_look(loop->request_monitor);
}

static void on_gone(void *arg, uint64_t number, bool revoked)
{
    const struct loop *loop = arg;
    if (loop->stage == STAGE_CLOSED) {
        return;
    }
    requests_gone(loop->requests, number, revoked);
    engine_gone(loop->engine, number * 2);
    engine_gone(loop->engine, number * 2 + 1);
}

static void on_connection(void *arg, int descriptor, bool ended)
{
    const struct loop *loop = arg;
    if (ended) {
        peers_ended(loop->peers, descriptor);
    } else {
        peers_began(loop->peers, descriptor);
    }
}

static void on_end(uv_signal_t *handle, int number)
{
    struct loop *loop = handle->data;
    if (loop->stage == STAGE_RUNNING) {
        log_say(loop->log, LOG_LEVEL_NOTICE, "stopping", "%s: no more requests are read, %zu are finished",
                number == SIGINT ? "SIGINT" : "SIGTERM", requests_count(loop->requests));
        sd_notify(0, "STOPPING=1");
        loop->stage = STAGE_DRAINING;
        loop->deadline_ms = uv_now(loop->uv) + LOOP_DRAIN_MS;
    } else {
        loop->deadline_ms = uv_now(loop->uv);
    }
    turn(loop);
}

/* Some key has come, changed or gone: its connections with it. */
static void on_keys_changed(void *arg)
{
    struct loop *loop = arg;
    if (loop->stage == STAGE_CLOSED) {
        return;
    }
    listeners_revise(loop->listeners);
    peers_revise(loop->peers);
}

static void on_keys(uv_poll_t *handle, int status, int events)
{
    struct loop *loop = handle->data;
    (void)status;
    (void)events;
    keyring_look(loop->ring);
}

static void on_reload(uv_signal_t *handle, int number)
{
    struct loop *loop = handle->data;
    (void)number;
    if (loop->stage != STAGE_RUNNING) {
        return;
    }
    inlet_away(loop->inlet);
    loop->reload(loop->reload_arg, loop->engine);
    inlet_back(loop->inlet);
    keyring_rescan(loop->ring); /* after it: a key may be for a unit that is new */
    loop->forced = true;
    turn(loop);
}

int loop_open(struct loop *loop)
{
    static const struct {
        int number;
        void (*handler)(uv_signal_t *handle, int number);
    } signals[] = {{SIGTERM, on_end}, {SIGINT, on_end}, {SIGHUP, on_reload}};
    uv_idle_init(loop->uv, &loop->again);
    uv_timer_init(loop->uv, &loop->alarm);
    loop->again.data = loop->alarm.data = loop;
    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
        uv_signal_init(loop->uv, &loop->signals[i]);
        loop->signals[i].data = loop;
    }
    backup_init(&loop->backup, loop->uv, loop->engine);
    peers_own(loop->peers, &(struct peers_owner){.look = on_look, .gone = on_gone, .arg = loop});
    monitor_tell(loop->request_monitor, on_connection, loop);
    uint64_t watchdog_us = 0;
    loop->tick_ms = LOOP_TICK_MS;
    if (sd_watchdog_enabled(0, &watchdog_us) > 0 && watchdog_us / 2000 < LOOP_TICK_MS) {
        loop->tick_ms = watchdog_us / 2000 + (watchdog_us < 2000);
    }
    loop->stage = STAGE_RUNNING;
    loop->exit_code = EXIT_DONE;
    loop->forced = true;
    int rc = zpoll_open(&loop->request_poll, loop->uv, loop->router, on_requests, loop);
    keyring_tell(loop->ring, on_keys_changed, loop);
    if (rc == 0 && loop->ring->source.descriptor >= 0) {
        rc = uv_poll_init(loop->uv, &loop->keys, loop->ring->source.descriptor);
        loop->keys.data = loop;
        loop->keys_watched = rc == 0;
        if (rc == 0) {
            rc = uv_poll_start(&loop->keys, UV_READABLE, on_keys);
        }
    }
    for (size_t i = 0; rc == 0 && i < sizeof(signals) / sizeof(signals[0]); i++) {
        rc = uv_signal_start(&loop->signals[i], signals[i].handler, signals[i].number);
    }
    return rc;
}

int loop_first(struct loop *loop)
{
    return step(loop, 0);
}

int loop_run(struct loop *loop)
{
    uv_update_time(loop->uv);
    loop->next_tick_ms = uv_now(loop->uv) + loop->tick_ms;
    arm(loop);
    uv_run(loop->uv, UV_RUN_DEFAULT);
    assert(loop->stage == STAGE_CLOSED);
    return loop->exit_code;
}

void loop_close(struct loop *loop)
{
    if (loop->stage == STAGE_CLOSED) {
        return;
    }
    loop->stage = STAGE_CLOSED;
    backup_stop(&loop->backup);
    zpoll_close(&loop->request_poll);
    keyring_tell(loop->ring, NULL, NULL);
    if (loop->keys_watched) {
        uv_close((uv_handle_t *)&loop->keys, NULL);
    }
    auth_stop(loop->auth);
    publisher_stop(loop->publisher);
    peers_stop(loop->peers);
    uv_close((uv_handle_t *)&loop->again, NULL);
    uv_close((uv_handle_t *)&loop->alarm, NULL);
    for (size_t i = 0; i < sizeof(loop->signals) / sizeof(loop->signals[0]); i++) {
        uv_close((uv_handle_t *)&loop->signals[i], NULL);
    }
}
