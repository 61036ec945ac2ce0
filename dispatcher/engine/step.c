/* step.c - one step: a batch of messages, each at its instant, then what time and a new set bring */
#include "dispatcher/engine/admission.h"
#include "dispatcher/engine/foresee.h"
#include "dispatcher/engine/live.h"
#include "dispatcher/engine/state.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

enum refusal step_refusal(const struct engine *engine)
{
    return engine->unknown ? REFUSAL_OUTCOME_UNKNOWN : REFUSAL_STORAGE_FAILED;
}

/* Keeps a copy of a message whose instant has not been reached yet. */
static int postpone(struct engine *engine, const struct engine_message *message)
{
    struct postponed *postponed = &engine->postponed;

    if (postponed->on) {
        return 0;
    }
    proto_buffer_clear(&postponed->message);
    if (proto_buffer_append(&postponed->message, message->data, message->size) < 0) {
        return -ENOMEM;
    }
    postponed->from = message->from;
    assert(message->from.name.size <= sizeof(postponed->name));
    if (message->from.name.size > 0) {
        memcpy(postponed->name, message->from.name.at, message->from.name.size);
    }
    postponed->from.name.at = postponed->name;
    postponed->on = true;
    return 0;
}

/* Brings time to where the command is to be judged. Returns 1: there; 0: not yet, the message is postponed; or a negative errno.
 */
static int bring_time(struct engine *engine, const struct engine_message *message, const struct command *command, int64_t target_ms)
{
    uint64_t case_id = command->about.case_id;

    if (!engine->drill) {
        if (case_id != 0 && !timer_fire_case(engine, case_id)) {
            return decide_failure(engine) < 0 ? decide_failure(engine) : -EIO;
        }
        return 1;
    }
    if (timer_fire(engine, target_ms, UINT32_MAX)) {
        if (target_ms > engine->now_ms) {
            engine->now_ms = target_ms;
        }
        if (case_id >= engine->settle_next && engine->settle_next != 0 && !new_set_case(engine, case_id)) {
            return decide_failure(engine) < 0 ? decide_failure(engine) : -EIO;
        }
        return 1;
    }
    int rc = decide_failure(engine);
    return rc < 0 ? rc : postpone(engine, message);
}

/* Instant at which a command wants to be judged. */
static enum refusal want_instant(const struct engine *engine, const struct engine_peer *from, const struct request *request,
                                 int64_t *ret_ms, const char **ret_field)
{
    *ret_ms = engine->now_ms;
    if (request->has_at) {
        *ret_field = "at";
        if (!engine->drill || (from->roles & 1u << ROLE_IMPORTER) == 0 || request->at_ms < engine->now_ms) {
            return REFUSAL_CLOCK;
        }
        *ret_ms = request->at_ms;
    }
    bool given;
    const int64_t *until_ms = command_field(command_info(request->command), &request->command_body, COMMAND_REF_UNTIL, &given);
    if (until_ms != NULL) {
        *ret_field = "to";
        if (!engine->drill || *until_ms < *ret_ms) {
            return REFUSAL_CLOCK;
        }
        *ret_ms = *until_ms;
    }
    return REFUSAL_NONE;
}

/* Will bringing time there leave records, of timers or of a case that comes under the new set? */
static bool leaves_records(struct engine *engine, const struct command *command, int64_t target_ms)
{
    int64_t at_ms;
    uint64_t id;
    int kind;

    return (store_next_timer(engine->store, &at_ms, &kind, &id) && at_ms <= target_ms) ||
           (engine->settle_next != 0 && command->about.case_id >= engine->settle_next);
}

/* In drill time a command that will be refused must not move time: says so beforehand. True: it was refused. */
static bool refused_beforehand(struct engine *engine, const struct engine_peer *from, const struct request *request,
                               const struct command *command, int64_t target_ms)
{
    if (!engine->drill || engine->postponed.on || !leaves_records(engine, command, target_ms)) {
        return false;
    }
    int rc = foresee(engine, command, target_ms);
    if (rc == -EFBIG) {
        outbox_refuse(&engine->outbox, from->peer, request->id, REFUSAL_TOO_LARGE, NULL);
    } else if (rc < 0) {
        outbox_refuse(&engine->outbox, from->peer, request->id, REFUSAL_STORAGE_FAILED, NULL);
        engine->outbox.failed = true;
    } else if (rc == 1 && engine->verdict->refusal != REFUSAL_NONE) {
        outbox_refuse_because(&engine->outbox, from->peer, request->id, engine->verdict->refusal, engine->verdict->field,
                              engine->verdict->cause);
    } else {
        return false;
    }
    return true;
}

static void answer(struct engine *engine, const struct engine_peer *from, struct text id, int64_t before_ms)
{
    const struct verdict *verdict = engine->verdict;
    struct command_answer reply;
    char number[32];

    if (verdict->refusal != REFUSAL_NONE) {
        /* A refusal leaves nothing: drill time is again that of the last record. */
        engine->now_ms = before_ms;
        outbox_refuse_because(&engine->outbox, from->peer, id, verdict->refusal, verdict->field, verdict->cause);
        return;
    }
    if (!verdict->repeated) {
        core_answer_now(&engine->tables, verdict, number, &reply);
        outbox_answer(&engine->outbox, from->peer, id, &reply);
    } else if (core_answer(&engine->tables, verdict->request_seq, number, &reply)) {
        outbox_answer(&engine->outbox, from->peer, id, &reply);
    } else {
        outbox_refuse(&engine->outbox, from->peer, id, REFUSAL_STORAGE_FAILED, NULL);
    }
}

/* `from` is who acts; `message` is kept where its instant has not come yet, and is looked at anew then. */
static void take_command(struct engine *engine, const struct engine_message *message, const struct engine_peer *from,
                         const struct request *request)
{
    struct command command;
    int64_t target_ms;
    const char *field = NULL;
    int rc = 1;

    engine->cost.step_commands += !engine->postponed.on; /* that one was counted when it came */
    if (engine->stopped < 0) {
        outbox_refuse(&engine->outbox, from->peer, request->id, step_refusal(engine), NULL);
        return;
    }
    admission_command(from, request, &command);
    core_resolve(&engine->tables, &command);
    int64_t before_ms = engine->now_ms;
    if (command.repeats == 0) { /* a remembered one may carry an old instant, and time does not move for it */
        enum refusal refusal = want_instant(engine, from, request, &target_ms, &field);

        if (refusal != REFUSAL_NONE) {
            engine->postponed.on = false;
            outbox_refuse(&engine->outbox, from->peer, request->id, refusal, field);
            return;
        }
        command.now_ms = engine->now_ms;
        if (refused_beforehand(engine, from, request, &command, target_ms)) {
            return;
        }
        rc = bring_time(engine, message, &command, target_ms);
        if (rc == 0) {
            return;
        }
        before_ms = engine->last_at_ms > before_ms ? engine->last_at_ms : before_ms;
    }
    engine->postponed.on = false;
    command.now_ms = engine->now_ms;
    command.next_seq = engine->last_seq + 1;
    if (rc > 0) {
        rc = decide_command(engine, &command);
    }
    if (rc == -EFBIG) {
        engine->now_ms = before_ms;
        outbox_refuse(&engine->outbox, from->peer, request->id, REFUSAL_TOO_LARGE, NULL);
    } else if (rc < 0) {
        outbox_refuse(&engine->outbox, from->peer, request->id, REFUSAL_STORAGE_FAILED, NULL);
    } else {
        answer(engine, from, request->id, before_ms);
    }
    if (rc < 0 && rc != -EFBIG) {
        engine->outbox.failed = true;
    }
}

/* Answers a query, unless the time for queries is over in this step. Returns whether it was taken; *ret_us is what it cost. */
static bool take_query(struct engine *engine, const struct engine_peer *from, const struct request *request, uint32_t *ret_us)
{
    if (engine->queries_us >= ENGINE_QUERY_US) {
        return false;
    }
    int64_t (*steady_ns)(void) = engine->cost.steady_ns;
    cost_enter(&engine->cost, LOOP_PART_QUERY);
    int64_t begun_ns = steady_ns == NULL ? 0 : steady_ns();
    query_answer(engine, from, request);
    engine->cost.step_queries++;
    if (steady_ns != NULL) {
        int64_t ns = steady_ns() - begun_ns, us = ns / 1000;

        cost_within(&engine->cost, LOOP_PART_QUERY, ns);
        *ret_us = us < UINT32_MAX ? (uint32_t)us : UINT32_MAX;
        engine->queries_us += us;
    }
    return true;
}

/* Returns whether the message was taken; *ret_us is what it cost, if it was a query. */
static bool take_message(struct engine *engine, const struct engine_message *message, uint32_t *ret_us)
{
    struct request request;
    struct codec_fault fault = {0};
    char field[ADMISSION_FIELD_SIZE];
    const struct engine_peer *from;
    struct engine_peer room;

    *ret_us = 0;
    if (!request_decode(message->data, message->size, &request, &fault)) {
        engine->postponed.on = false;
        outbox_refuse_because(&engine->outbox, message->from.peer, request.id, fault.refusal, fault.field, fault.cause);
        return true;
    }
    enum refusal refusal = admission_actor(engine, &message->from, &request, &room, &from, field);
    if (refusal != REFUSAL_NONE) {
        engine->postponed.on = false; /* a set that came meanwhile may have taken its rights away */
        outbox_refuse(&engine->outbox, message->from.peer, request.id, refusal, field);
    } else if (request.is_query) {
        return take_query(engine, from, &request, ret_us);
    } else {
        take_command(engine, message, from, &request);
    }
    return true;
}

/* The step itself. Returns how many messages it took. */
static size_t run(struct engine *engine, const struct engine_message *messages, size_t count)
{
    size_t taken = 0;
    uint32_t us;

    if (engine->stopped == 0 && engine->adopting) {
        bool done = new_set_adopt(engine);
        cost_lap(&engine->cost, LOOP_PART_DUE);
        if (!done) {
            return 0;
        }
    }
    if (engine->postponed.on) {
        struct engine_message message = {
            .from = engine->postponed.from, .data = engine->postponed.message.data, .size = engine->postponed.message.size};

        take_message(engine, &message, &us);
        cost_lap_commands(&engine->cost);
        return 0;
    }
    assert(count <= CAP_BATCH_MESSAGES);
    while (taken < count && !engine->postponed.on && !decide_full(engine) && decide_failure(engine) == 0) {
        cost_message(&engine->cost);
        bool took = take_message(engine, &messages[taken], &engine->query_us[taken]);
        cost_message_end(&engine->cost);
        if (!took) {
            break;
        }
        taken++;
    }
    if (count > 0) {
        cost_lap_commands(&engine->cost);
    }
    if (engine->stopped == 0 && !engine->postponed.on && decide_failure(engine) == 0) {
        timer_fire(engine, engine->now_ms, STEP_PULSES_MAX);
    }
    if (engine->stopped == 0 && !engine->postponed.on && decide_failure(engine) == 0) {
        new_set_walk(engine);
    }
    alarm_run(engine);
    cost_lap(&engine->cost, LOOP_PART_DUE);
    return taken;
}

void step_drop_postponed(struct engine *engine)
{
    struct request request;
    struct codec_fault fault;

    if (!engine->postponed.on) {
        return;
    }
    engine->postponed.on = false;
    request_decode(engine->postponed.message.data, engine->postponed.message.size, &request, &fault);
    outbox_refuse(&engine->outbox, engine->postponed.from.peer, request.id, step_refusal(engine), NULL);
}

static void begin(struct engine *engine, int64_t now_ms, struct engine_time time, bool had_postponed)
{
    live_begin(engine, time);
    if (engine->started_at == 0) {
        engine->started_at = time.steady_ms;
    }
    engine->queries_us = 0;
    engine->cost.step_commands = engine->cost.step_queries = 0;
    cost_start(&engine->cost);
    frames_reset(&engine->frames, engine->epoch);
    outbox_reset(&engine->outbox);
    engine->now_ms = now_ms;
    engine->postponed.on = had_postponed;
}

size_t engine_take(struct engine *engine, const struct engine_message *messages, size_t count, struct engine_time time)
{
    int64_t now_ms = engine->now_ms;
    bool had_postponed = engine->postponed.on;

    assert(!engine->in_step);
    engine->in_step = true;
    engine->append_failed = 0;
    if (!engine->drill && time.clock_ms > now_ms) {
        now_ms = time.clock_ms;
    }
    for (int attempt = 0;; attempt++) {
        char text[160];

        begin(engine, now_ms, time, had_postponed);
        size_t taken = run(engine, messages, count);
        int rc = decide_failure(engine);
        if (rc == 0) {
            cost_step(&engine->cost, taken, engine->frames.records > 0);
            return taken;
        }
        snprintf(text, sizeof(text),
                 "The rows could not be changed: %s. They go back to the last checkpoint and the journal is replayed.",
                 strerror(-rc));
        engine_log(engine, 0, "rows_failed", text);
        frames_reset(&engine->frames, engine->epoch);
        rc = rewind_rows(engine);
        if (rc < 0) {
            engine->stopped = rc;
        }
        if (rc < 0 || attempt > 0) {
            engine->now_ms = now_ms;
            step_drop_postponed(engine);
            outbox_fail(&engine->outbox, REFUSAL_STORAGE_FAILED);
            return taken;
        }
    }
}
