/*
 * simulation.h - one run: a district, its people and its disk, out of one seed
 *
 * The real engine and store in this process and thread; files in memory behind the shim of tests/store/failing.h. The run has a
 * clock of its own (`true_ms`, which is also the steady clock) and a wall clock that may be put forward and back; nothing sleeps.
 * What happens next is the earliest entry of one queue, or what the engine wants to be woken for.
 *
 * Files, a file uses those above it: chance people disk recount model | policies queue reached | oracles | bodies | letters | whims
 * | town | pullers | host | planted | simulate (the program).
 */
#ifndef HUYING_TESTS_SIMULATION_SIMULATION_H
#define HUYING_TESTS_SIMULATION_SIMULATION_H

#include "dispatcher/core/rules.h"
#include "dispatcher/engine/engine.h"
#include "tests/simulation/chance.h"
#include "tests/simulation/disk.h"
#include "tests/simulation/model.h"
#include "tests/simulation/people.h"

#include <stdio.h>

#define MINUTE_MS INT64_C(60000)
#define HOUR_MS INT64_C(3600000)
#define DAY_MS INT64_C(86400000)

/* What may go wrong, each switched by its name (--faults). The columns: name, what is done. */
#define MISHAPS(X)                                                                                                                 \
    X(LOST, "lost", "a message does not arrive, or its answer does not")                                                           \
    X(DOUBLED, "doubled", "a message arrives twice, or again days later")                                                          \
    X(REORDERED, "reordered", "a message arrives after later ones")                                                                \
    X(DEAD_WORKER, "dead-worker", "a worker is handed a duty, and its connection ends")                                            \
    X(STALLED_WORKER, "stalled-worker", "a worker goes on after its lease has ended")                                              \
    X(SLOW_FOLLOWER, "slow-follower", "a follower of events does not ask for hours")                                               \
    X(KILLED_BEFORE, "killed-before", "the machine stops before the n-th write, flush, rename or commit")                          \
    X(KILLED_WITHIN, "killed-within", "the machine stops in the middle of it")                                                     \
    X(KILLED_AFTER, "killed-after", "the machine stops right after it")                                                            \
    X(WRITE_FAILS, "write-fails", "the n-th write, flush or rename fails once")                                                    \
    X(DISK_FAILS, "disk-fails", "every write and flush fails from the n-th on, until the process has ended")                       \
    X(DISK_FULL, "disk-full", "the disk has no room for a while")                                                                  \
    X(ROWS_FAIL, "rows-fail", "the n-th call into the rows fails once")                                                            \
    X(MAP_FULL, "map-full", "the map of the rows is full")                                                                         \
    X(NEW_SET, "new-set", "another set comes into force, over open cases too")                                                     \
    X(CLOCK_FORWARD, "clock-forward", "the wall clock jumps forward")                                                              \
    X(CLOCK_BACK, "clock-back", "the wall clock jumps back")

enum mishap {
#define MISHAP_ENUM(name, text, words) MISHAP_##name,
    MISHAPS(MISHAP_ENUM)
#undef MISHAP_ENUM
        MISHAP_COUNT
};

/* What is held against each run; README.md says what each means and which planted bug it caught. */
#define ORACLES(X)                                                                                                                 \
    X(ACKNOWLEDGED, "acknowledged")                                                                                                \
    X(ONE_EFFECT, "one-effect")                                                                                                    \
    X(CASE_STATE, "case-state")                                                                                                    \
    X(DUTY_STATE, "duty-state")                                                                                                    \
    X(CALL_STATE, "call-state")                                                                                                    \
    X(RULES, "rules")                                                                                                              \
    X(INNER, "inner")                                                                                                              \
    X(SOMEBODY, "somebody-acts")                                                                                                   \
    X(CALL_DUTY, "call-has-duty")                                                                                                  \
    X(LATENESS, "lateness")                                                                                                        \
    X(RUNG_ONCE, "rung-once")                                                                                                      \
    X(RUNG_MISSED, "rung-missed")                                                                                                  \
    X(EVENTS, "events")                                                                                                            \
    X(REPLAY, "replay")                                                                                                            \
    X(RECOUNT, "recount")                                                                                                          \
    X(MOVES, "moves")                                                                                                              \
    X(LEASE, "lease")                                                                                                              \
    X(RESTART, "restart")

enum oracle {
#define ORACLE_ENUM(name, text) ORACLE_##name,
    ORACLES(ORACLE_ENUM)
#undef ORACLE_ENUM
        ORACLE_COUNT
};

enum event_kind {
    EVENT_ARRIVAL,
    EVENT_STEP,
    EVENT_LOOK,
    EVENT_DELIVER,
    EVENT_AGAIN,
    EVENT_WHIM,
    EVENT_FAULT,
    EVENT_HEALED,
    EVENT_WORKER,
    EVENT_WORK,
    EVENT_FOLLOW,
    EVENT_SCAN,
    EVENT_IDLE,
    EVENT_KIND_COUNT
};

struct event {
    int64_t at_ms; /* true time */
    uint64_t order;
    enum event_kind kind;
    uint32_t a, b, c; /* what they are, the handler knows */
};

struct queue {
    struct event *heap;
    size_t count, capacity;
    uint64_t order;
};

/* A request of a client, kept as long as it may be sent again. */
struct letter {
    void *data;
    size_t size;
    uint32_t key;
    enum command_type command;
    uint32_t of_case; /* of the model, or MODEL_NONE */
    uint32_t tries;
    bool answered;
    bool nothing_kept;    /* so its sender was told last */
    uint64_t taken_seq;   /* of its command_taken in the journal, 0 = not there */
    uint64_t answer_hash; /* of the accepted answer, 0 = none came */
    uint64_t answer_seq;
};

#define COMMAND_IDS 128 /* more than the largest id of a command */

struct reached {
    uint64_t accepted[COMMAND_IDS];
    uint64_t refused[COMMAND_IDS][REFUSAL_COUNT];
    uint64_t rules[3][256]; /* by machine and row */
    uint64_t faults[MISHAP_COUNT];
    uint64_t of_type[RECORD_TYPES]; /* records */
    uint64_t asked;                 /* commands that people wanted, each counted once */
    uint64_t starts, failed_starts, steps, records, pulls, handed, followed, checked_rows;
};

struct worker; /* pullers.c */

struct simulation {
    uint64_t seed;
    uint32_t faults;    /* a bit each that may happen */
    const char *folder; /* in memory */
    char data[256];
    const char *config;
    struct district *district;
    struct district *policies[2]; /* the district, and another set of it */
    const char *folders[2];       /* they were read from */
    uint32_t policy;              /* the one in force */
    struct engine *engine;
    struct people people;
    struct model model;
    struct queue queue;
    struct reached reached;
    struct letter *letters; /* from 1 */
    uint64_t letter_count;
    struct chance world, network, mishap, lots;
    int64_t true_ms, offset_ms; /* wall clock = true + offset */
    int64_t begun_ms, ends_ms;  /* true time: from when to when people come with something new */
    uint64_t hash;              /* of all that happened */
    uint64_t observed_seq;      /* records up to here were read */
    uint64_t published_seq;     /* newest event that came out */
    uint32_t published_at;      /* place in the model's list of the next one */
    bool starting;              /* what the journal has comes from before the start */
    bool fault_planned, fault_dies, fault_stays;
    enum mishap planned;
    struct worker *workers;
    uint64_t follow_next; /* what the follower has dealt with, + 1 */
    uint32_t follow_at;   /* place in the model's list */
    bool follow_waits;
    bool spoken; /* an oracle has */
    int only;    /* the one that may, or -1 */
    enum oracle spoke;
    char said[512];
};

/* queue.c */
void queue_add(struct queue *queue, int64_t at_ms, enum event_kind kind, uint32_t a, uint32_t b, uint32_t c);
bool queue_next(struct queue *queue, int64_t *ret_at_ms);
struct event queue_take(struct queue *queue);

/* Adds bytes to the hash over the run. */
void simulation_trace(struct simulation *sim, const void *data, size_t size);

/* An oracle speaks: the run ends. The first one is kept. */
void simulation_speak(struct simulation *sim, enum oracle oracle, const char *format, ...) __attribute__((format(printf, 3, 4)));

static inline bool simulation_may(const struct simulation *sim, enum mishap fault)
{
    return (sim->faults & 1u << fault) != 0;
}

/* policies.c: loads the district, its own set and another. */
void policies_begin(struct simulation *sim);
void policies_end(struct simulation *sim);
/* The set with this hash. Their units and matters have the same numbers. */
const struct district *policies_of(const struct simulation *sim, struct text hash);

/* oracles.c: looks at each durable record, at what each step and each verdict left, and at everything now and then. */
void oracles_record(struct simulation *sim, const struct record *record);
void oracles_step(struct simulation *sim);
void oracles_verdict(struct simulation *sim, const struct model_verdict *verdict);
void oracles_scan(struct simulation *sim);
void oracles_event(struct simulation *sim, const void *data, size_t size);
void oracles_open_cases(struct simulation *sim);

/* reached.c */
/* The row of a machine by which a command led from one state to the other; -1: no row does. */
int reached_row(enum machine machine, enum command_type command, int kind, int from, int to, const struct model_verdict *verdict);
void reached_verdict(struct simulation *sim, const struct model_verdict *verdict);
void reached_print(const struct simulation *sim, FILE *out);

/* letters.c: requests on their way. */
/* Writes the command of a row of the table about a case, a duty and a call (MODEL_NONE: none), and sends it. `outcome`: in place of
 * the table's, or NULL. The second: by this key. */
void letters_write(struct simulation *sim, const struct people_row *row, uint32_t of_case, uint32_t duty, uint32_t call,
                   const char *outcome);
void letters_write_as(struct simulation *sim, uint32_t key, const struct people_row *row, uint32_t of_case, uint32_t duty,
                      uint32_t call, const char *outcome);
/* An answer came. */
void letters_answer(struct simulation *sim, const void *data, size_t size);
/* Puts a letter on its way. */
void letters_send(struct simulation *sim, uint64_t number);
void letters_again(struct simulation *sim, uint64_t number);
void letters_end(struct simulation *sim);

/* whims.c: any command with any fields, by anybody. */
void whims_come(struct simulation *sim);

/* town.c: what people begin when something happens. */
void town_begin(struct simulation *sim);
void town_record(struct simulation *sim, const struct record *record);
void town_step(struct simulation *sim);
void town_arrival(struct simulation *sim);
void town_do(struct simulation *sim, const struct event *event);
void town_look(struct simulation *sim, uint32_t duty);
void town_whim(struct simulation *sim);
/* A step that a worker may take with this duty now, or NULL. */
const struct people_row *town_step_of_worker(struct simulation *sim, uint32_t duty);

/* pullers.c: workers that pull, and a follower. */
void pullers_begin(struct simulation *sim);
void pullers_end(struct simulation *sim);
void pullers_restarted(struct simulation *sim);
void pullers_worker(struct simulation *sim, uint32_t worker);
void pullers_work(struct simulation *sim, const struct event *event);
void pullers_follow(struct simulation *sim);
/* A duty ended or has its result: nobody has it any more. */
void pullers_duty_ended(struct simulation *sim, const struct record *record);
/* True: the reply was for one of them. */
bool pullers_reply(struct simulation *sim, uint64_t peer, const void *data, size_t size);

/* host.c: the dispatcher's process: its start, its steps, its end. */
void host_start(struct simulation *sim);
void host_step(struct simulation *sim, const struct engine_message *messages, size_t count);
void host_idle(struct simulation *sim);
void host_fault(struct simulation *sim, enum mishap fault);
void host_check(struct simulation *sim);
/* An orderly end, the check, and a start. */
void host_restart_checked(struct simulation *sim);
void host_healed(struct simulation *sim);
void host_end(struct simulation *sim);
int64_t host_next_ms(struct simulation *sim);

#endif
