/*
 * model.h - the state of the world, by the records alone and by other means than the engine's
 *
 * Fed with every durable record in order. Rows of a table by their number in it; `model_of` finds the number by the id of what it
 * is (its sequence). Everything is small and plain: the oracles look at all of it.
 */
#ifndef HUYING_TESTS_SIMULATION_MODEL_H
#define HUYING_TESTS_SIMULATION_MODEL_H

#include "config/district.h"
#include "proto/record.h"

#define MODEL_NONE UINT32_MAX
#define MODEL_TOUCHED_MAX 4096

struct model_case {
    uint64_t id;
    uint32_t duties, calls, clocks; /* heads of chains */
    int32_t place, matter;          /* of the district, or -1 */
    uint8_t state;
    uint8_t urgency;
    bool touched;
    bool awaits; /* answered, and closes with the call of another unit */
    uint32_t round;
    uint32_t lead; /* duty */
    int64_t at_ms; /* of the newest record */
};

struct model_duty {
    uint64_t id;
    uint32_t of_case, of_call; /* MODEL_NONE: no call */
    uint32_t next;             /* of the case */
    int32_t unit;
    uint8_t kind, state;
    bool claimed;
    bool internal;    /* assigned inside */
    uint32_t of_duty; /* internal: the duty that it is a part of */
    uint32_t looks;   /* how often its people have begun with it */
};

struct model_call {
    uint64_t id;
    uint32_t of_case, next;
    int32_t caller;
    uint8_t state;
};

struct model_clock {
    uint64_t id;
    uint32_t of_case, of_duty, next;
    int32_t unit;
    uint32_t round;
    uint8_t kind, state, time_kind;
    uint8_t fired; /* a bit per rung */
    bool moved;    /* its due instant moved since the red rung fired */
    int64_t started_at, due_at, stopped_at;
    struct code acct;
    int64_t budget_ms, awaited_ms;
    int64_t span_from_at, consumed_ms; /* recounted by hand */
    int64_t rung_at[RUNG_COUNT];
};

/* Above all ids of records. */
#define RECORD_TYPES 128

/* What one verdict did, as far as it has been read. */
struct model_verdict {
    bool by_command;
    enum command_type command;
    uint64_t seq;                 /* of its first record */
    uint64_t request;             /* number of the letter, 0 = of another */
    uint32_t left;                /* records of it that are to come */
    bool seen[RECORD_TYPES];      /* of which types it has records */
    bool opened[DUTY_KIND_COUNT]; /* of which kinds duties */
    uint32_t cases[8], case_count;
    uint8_t case_states[8]; /* as they were */
    uint32_t duties[64], duty_count;
    uint8_t duty_states[64];
    uint32_t calls[8], call_count;
    uint8_t call_states[8];
};

struct model {
    const struct district *district;
    struct model_case *cases;
    struct model_duty *duties;
    struct model_call *calls;
    struct model_clock *clocks;
    uint32_t case_count, duty_count, call_count, clock_count;
    uint32_t *of; /* by sequence */
    uint64_t of_capacity;
    uint64_t last_seq;
    int64_t last_at_ms;
    uint64_t *events; /* sequences of all events */
    uint64_t event_count, event_capacity;
    uint32_t touched[MODEL_TOUCHED_MAX], touched_count;
    struct model_verdict verdict;
    void (*verdict_ended)(void *arg, const struct model_verdict *verdict);
    void *arg;
};

void model_begin(struct model *model, const struct district *district);
void model_end(struct model *model);

/* Number of the row with this id in its table, or MODEL_NONE. */
uint32_t model_of(const struct model *model, uint64_t id);

/* Takes the next record; clocks are changed by recount.c, which looks at what they were before. */
void model_take(struct model *model, const struct record *record);

/* The verdict that was read last is over, where no record of the next says so. */
void model_verdict_over(struct model *model);

static inline bool model_duty_open(const struct model_duty *duty)
{
    return duty->state == DUTY_STATE_OFFERED || duty->state == DUTY_STATE_SIGNED || duty->state == DUTY_STATE_HELD;
}

/* The clock that a record about clocks names, or NULL. */
struct model_clock *model_clock_of(const struct model *model, const struct record *record);

#endif
