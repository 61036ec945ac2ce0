/*
 * engine.h - batch of messages in, frames out; then replies and events out
 *
 * The engine has no sockets and does not wait. A step has two halves:
 *   engine_take(messages, time)  decodes, authorises, judges, applies to the rows, and leaves frames for the journal;
 *   engine_journaled(outcome)    says how the append ended; only then replies and events may be fetched.
 * It gives sequences (dense), ids (from the sequence) and time: now = max(last, clock), one instant per batch, or, in drill time,
 * the instants that commands carry. It owns the store (rows) and reads the journal for replay, timelines and events. One thread.
 *
 * Outcomes: durable; fenced (another dispatcher has the journal: stop); failed: it is known that nothing of the batch is there;
 * unknown: it may be there when the journal is opened again. After the last three rows are rewound, and everything of the batch is
 * answered STORAGE_FAILED, or OUTCOME_UNKNOWN; but for a full disk nothing more is acknowledged until the journal is reopened.
 */
#ifndef HUYING_ENGINE_ENGINE_H
#define HUYING_ENGINE_ENGINE_H

#include "dispatcher/core/core.h"
#include "dispatcher/store/journal.h"

#include <sys/types.h>

struct engine;
struct district;

/* Peers are numbers of the shell; who they are comes from their key. Borrowed for the call. */
struct engine_peer {
    uint64_t peer;
    struct text name;
    struct text person; /* for whom a gateway acts; the engine's to fill in, empty: the key acts for itself */
    uint32_t roles;
    struct code unit;
    struct codes matters; /* that the key is for, none = all: core_matter_allowed */
};

/* What a key of the dispatcher's folder may do. */
struct engine_rights {
    uint32_t roles;
    struct code unit;
    struct codes matters;
};

struct engine_message {
    struct engine_peer from;
    const void *data;
    size_t size;
};

struct engine_options {
    const char *data;                /* data folder: journal/ rows/ config/ VERSION lock */
    const struct district *district; /* set in force; must live as long as the engine, or until engine_adopt */
    const char *config_folder;       /* where it was loaded from: its files are kept under their hash with the data */
    bool drill;
    size_t map_size;                                                       /* of the rows, 0 = default */
    size_t segment_size;                                                   /* of the journal, 0 = default */
    uint32_t checkpoint_records;                                           /* 0 = 40,000 */
    bool background;                                                       /* a thread of its own writes checkpoints */
    const char *version;                                                   /* of the program, for hello */
    const char *backups;                                                   /* folder for backups, NULL = none are made */
    int64_t (*steady_ns)(void);                                            /* what work is timed by; NULL = it is not */
    void (*log)(void *arg, int level, const char *code, const char *text); /* 0 error, 1 warning, 2 notice */
    void *log_arg;
    /* Finds the key of a person for whom a gateway acts. False: no key has this name. NULL: nobody has one. Called inside
     * engine_take. */
    bool (*find_person)(void *arg, struct text name, struct engine_rights *ret);
    void *find_person_arg;
};

enum engine_outcome { OUTCOME_DURABLE, OUTCOME_FENCED, OUTCOME_UNKNOWN, OUTCOME_FAILED };

/* Opens data folder, lock, rows and journal, replays the journal's tail. Gives *ret. `said` (512 bytes) gets the sentence of a
 * refusal to start. Returns 0 or negative errno: -EBADMSG damage, -ENOTSUP newer data, -EBUSY another process has the lock. */
int engine_open(const struct engine_options *options, struct engine **ret, char *said);

/* Keeps the set's files with the data and queues the records that bring `district` into force when its hash differs from the one in
 * force; they come out with the next take. Open cases come under its calendars and units in slices of later takes. From now on
 * `district` is read and the old one may be freed. Returns 0, or a negative errno: then the old set stays, and `said` (512 bytes)
 * gets a sentence; -EINVAL: the set lacks a unit that is in force. */
int engine_adopt(struct engine *engine, const struct district *district, const char *config_folder, char *said);

/* When a step is. Records get their instants from the wall clock; waits and leases, which are about processes, run by the steady
 * clock, so that a wall clock which is put back or forward neither prolongs nor ends them. */
struct engine_time {
    int64_t clock_ms;  /* wall clock, ms UTC; records ignore it in drill time */
    int64_t steady_ms; /* a clock that never goes back (CLOCK_MONOTONIC); its zero means nothing */
};

/* Time for queries in one step: when they have used so much, the step ends before the next one. A single query is bounded by what
 * it looks at (the caps of its kind), so no step is long. */
#define ENGINE_QUERY_US 3000

/* Judges messages at time.clock_ms (in drill time at the instants that they carry), then due rungs as far as a slice allows.
 * Returns how many messages were taken: the others must be offered again after engine_journaled (one is postponed
 * until drill time has come to its instant, the batch is full, or the time for queries is over). */
size_t engine_take(struct engine *engine, const struct engine_message *messages, size_t count, struct engine_time time);

/* What each of the messages that were taken cost in us, by their place; 0 for commands. Lives until the next engine_take. */
const uint32_t *engine_query_us(const struct engine *engine);

/* Frames of the step, for journal_append(engine_journal(e), engine_epoch(e), engine_durable_seq(e), frames, count). NULL and 0:
 * nothing to write. */
const struct journal_frame *engine_frames(const struct engine *engine, size_t *ret_count);
struct journal *engine_journal(struct engine *engine);
uint64_t engine_epoch(const struct engine *engine);
uint64_t engine_durable_seq(const struct engine *engine);

/* Appends the frames of the step to the engine's own journal: the usual way between take and journaled. */
enum engine_outcome engine_append(struct engine *engine);

/* Ends the step. Returns 0, or a negative errno when the engine cannot go on (the process then ends and recovers at start). */
int engine_journaled(struct engine *engine, enum engine_outcome outcome);

struct engine_reply {
    uint64_t peer;
    const void *data; /* lives until the next engine_take */
    size_t size;
};

/* Next reply of the step just ended. False: no more. */
bool engine_next_reply(struct engine *engine, struct engine_reply *ret);

/* Next event of the step just ended, as msgpack map; topic is its type. False: no more. Lives until the next engine_take. */
bool engine_next_event(struct engine *engine, struct text *ret_topic, const void **ret_data, size_t *ret_size);

/* Does anybody listen to events? Yes until said otherwise; making them costs a third of a step. Holds from the next engine_take on.
 */
void engine_listen(struct engine *engine, bool anybody);

/* May a key of this unit and these matters have the whole stream of events: is it the district's or the desk's, and for every
 * matter? The one answer for the query `events` and for the socket that publishes. */
bool engine_hears_all(const struct engine *engine, const struct code *unit, const struct codes *matters);

/* Instant at which engine_take wants to be called again even without messages; INT64_MAX: never; <= now: at once (a
 * message is postponed, for one). */
int64_t engine_next_due_ms(struct engine *engine);

/* Steady clock (that of engine_take's steady_ms, in drill time too) at which engine_take wants to be called again for questions
 * that wait, and for leases that end; INT64_MAX: never. */
int64_t engine_next_wait_ms(const struct engine *engine);

/* A reply could not be delivered, for its connection is gone: what else waits for this peer ends, and duties that were handed to it
 * in the step just ended are free again. Before the next engine_take. */
void engine_undelivered(struct engine *engine, uint64_t peer);

/* The connection of a peer has ended: what waits for it ends. Duties that were handed to it stay leased; it may have them. */
void engine_gone(struct engine *engine, uint64_t peer);

/* The shell has spent this much on a part of the loop that the engine does not see: reading, delivering. Steady clock. */
void engine_spent(struct engine *engine, enum loop_part part, int64_t ns);

/* Writes a checkpoint when there is something to write. `idle`: nothing else to do, so take the time. Returns 0 or negative errno.
 */
int engine_checkpoint(struct engine *engine, bool idle);

/* Waits for a checkpoint that a thread of its own is writing. Returns 0 (also: none is) or negative errno. */
int engine_checkpoint_end(struct engine *engine);

int64_t engine_now_ms(const struct engine *engine);

/* Checkpoint and close. NULL is allowed; returns NULL. */
struct engine *engine_close(struct engine *engine);

/* What a check looked at. */
struct engine_check_report {
    uint64_t records;
    uint64_t rows; /* compared, counters included */
    uint64_t sets; /* differences in kept configurations: no case hangs on them */
};

/* Replays the journal under `data` into an empty store beside it and compares every derived row, clock and counter; the kept
 * configurations with their sums too. Rows that are damaged, or not of this journal, are one difference, and are not opened. Calls
 * `say` per difference (at most 100) and `progress` now and then; both, and `ret`, may be NULL. `map_size` as in engine_options.
 * Returns the number of differences, or a negative errno; `said` as for open. Needs no server (-EBUSY while one runs) and changes
 * nothing in the data; its temporary folder stands beside it. A bad disk may end the process by a signal: run it in a child, and
 * call engine_check_clean after it. */
int64_t engine_check(const char *data, size_t map_size, void (*say)(void *arg, const char *line),
                     void (*progress)(void *arg, uint64_t seq, uint64_t last), void *arg, struct engine_check_report *ret,
                     char *said);

/* Removes the temporary folder of a check by a process that has ended before its time. */
void engine_check_clean(const char *data, pid_t pid);

#endif
