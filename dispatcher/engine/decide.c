/* decide.c - one command is judged against the rows, and its records are applied and encoded for the journal */
#include "dispatcher/engine/live.h"
#include "dispatcher/engine/state.h"

#include <assert.h>
#include <errno.h>

/* Replies of one step; what is over is asked for in the next. */
#define STEP_REPLY_BYTES_MAX (16u << 20)

bool decide_full(const struct engine *engine)
{
    return engine->frames.records >= STEP_RECORDS_MAX || engine->frames.bytes.size >= STEP_BYTES_MAX ||
           engine->outbox.bytes.size >= STEP_REPLY_BYTES_MAX;
}

int decide_failure(const struct engine *engine)
{
    int rc = store_failed(engine->store);

    return rc < 0 ? rc : engine->outbox.failed ? -ENOMEM : 0;
}

static int apply(struct engine *engine, struct verdict *verdict, int64_t at_ms)
{
    for (uint32_t i = 0; i < verdict->count; i++) {
        verdict->records[i].seq = engine->last_seq + 1 + i;
        verdict->records[i].at_ms = at_ms;
    }
    cost_enter(&engine->cost, LOOP_PART_ENCODE);
    /* Encoded first: the texts are borrowed, and what does not fit in a frame must not reach the rows. */
    int rc = frames_add(&engine->frames, verdict->records, verdict->count);
    if (rc < 0) {
        return rc;
    }
    bool followed = live_followed(engine), wanted = !engine->deaf || followed;
    for (uint32_t i = 0; i < verdict->count; i++) {
        const struct record *record = &verdict->records[i];
        const struct record_info *info = record_info(record->type);

        cost_enter(&engine->cost, LOOP_PART_APPLY);
        core_apply(&engine->apply_tables, record);
        cost_enter(&engine->cost, LOOP_PART_EVENTS);
        if (info->event && wanted) {
            outbox_event(&engine->outbox, record, engine->last_event);
        }
        if (info->event) {
            engine->last_event = record->seq;
        }
        live_record(engine, record, info, followed);
        engine->last_seq = record->seq;
        engine->last_at_ms = at_ms;
    }
    return decide_failure(engine);
}

int decide_command(struct engine *engine, const struct command *command)
{
    struct verdict *verdict = engine->verdict;

    assert(command->next_seq == engine->last_seq + 1 && command->now_ms >= engine->last_at_ms);
    cost_enter(&engine->cost, LOOP_PART_JUDGE);
    core_judge(&engine->tables, command, verdict);
    int rc = decide_failure(engine);
    if (rc == 0 && verdict->refusal == REFUSAL_NONE && !verdict->repeated && verdict->count > 0) {
        rc = apply(engine, verdict, command->now_ms);
    }
    cost_enter(&engine->cost, LOOP_PART_ANSWER);
    return rc;
}

bool decide_own(struct engine *engine, const struct command *command)
{
    struct command own = *command;

    own.next_seq = engine->last_seq + 1;
    int rc = decide_command(engine, &own);
    if (rc < 0) {
        return false;
    }
    /* Nobody else gave this command: a refusal of it is a bug of ours. */
    assert(engine->verdict->refusal == REFUSAL_NONE && !engine->verdict->repeated);
    return true;
}
