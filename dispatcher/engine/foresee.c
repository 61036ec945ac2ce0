/* foresee.c - what a command will be told at an instant that drill time has not reached */
#include "dispatcher/engine/foresee.h"

#include <bsd/sys/tree.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Timers of one case that are fired ahead. */
#define FORESEEN_MAX 1000

/* A row as it will be. */
struct ahead {
    RB_ENTRY(ahead) node;
    enum row_table table;
    uint64_t id;
    bool gone;
    union any_row row;
};
RB_HEAD(ahead_tree, ahead);

/* The rows that will have changed, before those that are there. */
struct overlay {
    const struct tables *below;
    struct ahead_tree rows;
    bool failed; /* no memory */
};

static int compare(const struct ahead *a, const struct ahead *b)
{
    if (a->table != b->table) {
        return a->table < b->table ? -1 : 1;
    }
    return a->id < b->id ? -1 : a->id > b->id;
}

RB_GENERATE_INTERNAL(ahead_tree, ahead, node, compare, __attribute__((unused)) static)

static struct ahead *find(struct overlay *overlay, enum row_table table, uint64_t id)
{
    struct ahead wanted;

    wanted.table = table;
    wanted.id = id;
    return RB_FIND(ahead_tree, &overlay->rows, &wanted);
}

static struct ahead *need(struct overlay *overlay, enum row_table table, uint64_t id)
{
    struct ahead *ahead = find(overlay, table, id);

    if (ahead != NULL) {
        return ahead;
    }
    ahead = calloc(1, sizeof(*ahead));
    if (ahead == NULL) {
        overlay->failed = true;
        return NULL;
    }
    ahead->table = table;
    ahead->id = id;
    RB_INSERT(ahead_tree, &overlay->rows, ahead);
    return ahead;
}

static bool ahead_get(void *arg, enum row_table table, uint64_t id, void *ret_row)
{
    struct overlay *overlay = arg;
    const struct ahead *ahead = find(overlay, table, id);

    if (ahead == NULL) {
        return tables_get(overlay->below, table, id, ret_row);
    }
    if (ahead->gone) {
        memset(ret_row, 0, row_size(table));
    } else {
        memcpy(ret_row, &ahead->row, row_size(table));
    }
    return !ahead->gone;
}

/* A row that is not in the overlay yet is copied into it. */
static void *ahead_edit(void *arg, enum row_table table, uint64_t id)
{
    struct overlay *overlay = arg;
    struct ahead *ahead = find(overlay, table, id);

    if (ahead == NULL) {
        union any_row row;

        if (!tables_get(overlay->below, table, id, &row) || (ahead = need(overlay, table, id)) == NULL) {
            return NULL;
        }
        memcpy(&ahead->row, &row, row_size(table));
    }
    return ahead->gone ? NULL : &ahead->row;
}

static void ahead_put(void *arg, enum row_table table, uint64_t id, const void *row)
{
    struct ahead *ahead = need(arg, table, id);

    if (ahead == NULL) {
        return;
    }
    ahead->gone = false;
    memcpy(&ahead->row, row, row_size(table));
}

static void ahead_drop(void *arg, enum row_table table, uint64_t id)
{
    struct ahead *ahead = need(arg, table, id);

    if (ahead != NULL) {
        ahead->gone = true;
    }
}

static void ahead_count(void *arg, const struct counter_key *key, const struct counter *delta)
{
    (void)arg; /* nobody is judged by figures */
    (void)key;
    (void)delta;
}

static uint64_t ahead_request(void *arg, uint64_t key_hash, uint64_t before)
{
    const struct overlay *overlay = arg;

    return overlay->below->ops->request(overlay->below->store, key_hash, before);
}

static const struct row_ops ahead_ops = {
    .get = ahead_get, .edit = ahead_edit, .put = ahead_put, .drop = ahead_drop, .count = ahead_count, .request = ahead_request};

static void forget(struct overlay *overlay)
{
    struct ahead *ahead;

    while ((ahead = RB_MIN(ahead_tree, &overlay->rows)) != NULL) {
        RB_REMOVE(ahead_tree, &overlay->rows, ahead);
        free(ahead);
    }
}

/* A command of the engine's own, on the copy. */
static void own(struct engine *engine, const struct tables *tables, struct command *command, uint64_t *seq)
{
    const struct tables apply_tables = {.store = tables->store, .ops = tables->ops};
    struct verdict *verdict = engine->verdict;

    command->next_seq = *seq + 1;
    core_judge(tables, command, verdict);
    for (uint32_t i = 0; i < verdict->count; i++) {
        verdict->records[i].seq = ++*seq;
        verdict->records[i].at_ms = command->now_ms;
        core_apply(&apply_tables, &verdict->records[i]);
    }
}

/* Lets happen to the case what will happen to it until then. False: it is too much. */
static bool pass_time(struct engine *engine, const struct tables *tables, uint64_t case_id, int64_t target_ms, uint64_t *seq)
{
    int64_t now_ms = engine->now_ms, at_ms;
    uint64_t clock, duty;

    if (engine->settle_next != 0 && case_id >= engine->settle_next) {
        struct command settle = {.type = COMMAND_SETTLE, .now_ms = now_ms};

        settle.body.settle.given = SETTLE_HAS_CASE;
        settle.body.settle.case_id = case_id;
        own(engine, tables, &settle, seq);
    }
    for (int i = 0; core_case_due(tables, case_id, target_ms, &at_ms, &clock, &duty); i++) {
        struct command pulse = {.type = COMMAND_PULSE};

        if (i == FORESEEN_MAX) {
            return false;
        }
        now_ms = at_ms > now_ms ? at_ms : now_ms;
        pulse.now_ms = now_ms;
        pulse.body.pulse.given = (clock != 0 ? PULSE_HAS_CLOCK : 0) | (duty != 0 ? PULSE_HAS_DUTY : 0);
        pulse.body.pulse.clock_id = clock;
        pulse.body.pulse.duty_id = duty;
        own(engine, tables, &pulse, seq);
        if (engine->verdict->count == 0) {
            return false; /* no memory, or the store failed */
        }
    }
    return true;
}

/* Will its records go into one frame? */
static int fits(struct engine *engine, int64_t target_ms, uint64_t seq)
{
    struct frames frames = {0};
    struct verdict *verdict = engine->verdict;
    int rc = 0;

    for (uint32_t i = 0; i < verdict->count; i++) {
        verdict->records[i].seq = seq + 1 + i;
        verdict->records[i].at_ms = target_ms;
    }
    if (verdict->count > 0) {
        rc = frames_add(&frames, verdict->records, verdict->count);
    }
    frames_free(&frames);
    return rc;
}

int foresee(struct engine *engine, const struct command *command, int64_t target_ms)
{
    struct overlay overlay = {.below = &engine->tables};
    struct tables tables = engine->tables;
    struct command then = *command;
    uint64_t case_id = command->about.case_id, seq = engine->last_seq;
    int rc = 1;

    RB_INIT(&overlay.rows);
    tables.store = &overlay;
    tables.ops = &ahead_ops;
    if (case_id != 0 && !pass_time(engine, &tables, case_id, target_ms, &seq)) {
        rc = 0;
    }
    if (rc == 1) {
        then.now_ms = target_ms;
        then.next_seq = seq + 1;
        core_judge(&tables, &then, engine->verdict);
        if (engine->verdict->refusal == REFUSAL_NONE && fits(engine, target_ms, seq) == -EFBIG) {
            rc = -EFBIG;
        }
    }
    forget(&overlay);
    if (store_failed(engine->store) < 0) {
        return store_failed(engine->store);
    }
    return overlay.failed ? -ENOMEM : rc;
}
