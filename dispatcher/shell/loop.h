/*
 * loop.h - what happens in which order: turns, time, signals, the end
 *
 * A turn reads requests into the queue, lets the engine judge a batch, makes it durable, and only then sends replies and
 * events. Turns follow one another while there is work; otherwise one timer, armed for at most a second, asks the engine for what
 * is due, writes the idle checkpoint and feeds the watchdog. Keys are those of the folder at every moment; SIGHUP
 * reloads configuration and looks at the whole folder. SIGTERM and SIGINT drain: stop
 * reading, finish the queue, checkpoint, let outboxes empty (both bounded by LOOP_DRAIN_MS), close; a second one does not wait.
 */
#ifndef HUYING_SHELL_LOOP_H
#define HUYING_SHELL_LOOP_H

#include "dispatcher/engine/engine.h"
#include "dispatcher/shell/auth.h"
#include "dispatcher/shell/backup.h"
#include "dispatcher/shell/listeners.h"
#include "dispatcher/shell/monitor.h"
#include "dispatcher/shell/publisher.h"
#include "dispatcher/shell/requests.h"
#include "dispatcher/shell/trim.h"

#define LOOP_TICK_MS 1000
#define LOOP_DRAIN_MS 5000

enum loop_stage { STAGE_RUNNING, STAGE_DRAINING, STAGE_FLUSHING, STAGE_CLOSED };

/* The first block is filled in by the owner before loop_open and borrowed. */
struct loop {
    uv_loop_t *uv;
    struct engine *engine;
    struct keyring *ring;
    struct log *log;
    void *router;
    struct auth *auth;
    struct peers *peers;
    struct inlet *inlet;
    struct requests *requests;
    struct publisher *publisher;
    struct monitor *request_monitor, *event_monitor;
    struct listeners *listeners;
    bool drill;
    void (*reload)(void *arg, struct engine *engine); /* SIGHUP; may call engine_adopt */
    void *reload_arg;

    enum loop_stage stage;
    int exit_code;
    bool forced;                                 /* a step is wanted without a message */
    uint64_t tick_ms, next_tick_ms, deadline_ms; /* steady clock of libuv */
    uint64_t rest_until_ms;                      /* 0, or until then due work waits: the journal had no room for it */
    struct zpoll request_poll;
    struct backup backup;
    struct trim trim;
    uv_poll_t keys;
    bool keys_watched;
    uv_idle_t again;
    uv_timer_t alarm;
    uv_signal_t signals[3];
    struct engine_message batch[CAP_BATCH_MESSAGES];
};

/* Opens the handles. Returns 0 or a negative errno; in both cases loop_close ends them. */
int loop_open(struct loop *loop);

/* Takes the first step, so that what the start has to record is recorded. Returns 0, or a negative errno: do not run. */
int loop_first(struct loop *loop);

/* Runs until the end and returns the exit code: 0 after a signal, 4 after a failure. The handles are closing then: the owner closes
 * its own and runs the loop dry. */
int loop_run(struct loop *loop);

/* Begins to close every handle, those of auth, peers and publisher too. A second call does nothing. */
void loop_close(struct loop *loop);

#endif
