/*
 * state.h - what the files of the engine share
 *
 * Not for other rooms. One step goes take -> (append) -> journaled; everything that a step may lose lives in the rows or in the
 * members below that say so.
 */
#ifndef HUYING_ENGINE_STATE_H
#define HUYING_ENGINE_STATE_H

#include "dispatcher/engine/cost.h"
#include "dispatcher/engine/datadir.h"
#include "dispatcher/engine/engine.h"
#include "dispatcher/engine/frames.h"
#include "dispatcher/engine/outbox.h"
#include "dispatcher/engine/reader.h"
#include "dispatcher/engine/row_folder.h"
#include "dispatcher/store/store.h"

/* Bounds of one step: what follows waits for the next. */
#define STEP_RECORDS_MAX 4000
#define STEP_BYTES_MAX (4u << 20)
/* In real time: rungs that fire in one step, so that a hundred thousand of them never keep a command waiting. */
#define STEP_PULSES_MAX 500

/* A message whose command waits until drill time has come to its instant. A copy: the shell's bytes are gone by then. */
struct postponed {
    bool on;
    struct engine_peer from;
    char name[64];
    struct proto_buffer message;
};

struct engine {
    struct datadir folder;
    struct store *store;
    struct journal *journal;
    struct tables tables;       /* for judging */
    struct tables apply_tables; /* without district */
    const struct district *district;
    char *version;
    char *config_folder; /* that the set is read from, or "" */
    int64_t started_at;  /* steady clock of the first step */
    bool drill;
    uint32_t checkpoint_records;
    bool background; /* a thread of its own writes checkpoints */
    void (*log)(void *arg, int level, const char *code, const char *text);
    void *log_arg;
    bool (*find_person)(void *arg, struct text name, struct engine_rights *ret); /* or NULL */
    void *find_person_arg;

    uint64_t epoch;
    uint64_t last_seq; /* judged and applied; the durable ones are the journal's */
    uint64_t last_event;
    int64_t last_at_ms;
    int64_t now_ms; /* of the step */
    uint64_t cases; /* rows, for hello */
    bool adopting;  /* the set in force is not the one that we have, or not all its units are published */
    uint32_t adopt_from;
    const struct calendar *ends_first; /* calendar in use whose known years end first, NULL = none ends */
    int64_t alarm_at_ms;               /* when to say so next */
    uint64_t settle_next;              /* cases from this id on may have to be settled under the set in force; 0 = none */
    struct postponed postponed;

    struct live *live; /* what comes from no record: live.h */

    bool deaf;    /* nobody listens to events */
    bool in_step; /* between take and journaled */
    struct frames frames;
    struct outbox outbox;
    struct reader reader;
    struct verdict *verdict;
    struct cost cost;
    int64_t queries_us;                    /* used by queries in this step */
    uint32_t query_us[CAP_BATCH_MESSAGES]; /* by message of this step */
    int append_failed;                     /* errno of the journal in this step */
    uint64_t since_checkpoint;             /* records since the last hand-over */
    uint64_t handed_records;               /* of the checkpoint that is being written */
    uint64_t checkpoint_again_at;          /* records since the last checkpoint at which a failed one is tried again */
    uint64_t prepare_bytes;                /* of the next segment that are owed: see journal_ahead */
    bool unknown;                          /* it may be in force what the journal failed on: then stopped too */
    int stopped;                           /* negative errno: nothing more is acknowledged */
    struct engine_backup *backup;          /* engine_backup.h */
};

/* What follows stands in the order of the stair: a file uses those above it. */

/* engine_log.c: says something, once, in one line. `level`: 0 error, 1 warning, 2 word. */
void engine_log(const struct engine *engine, int level, const char *code, const char *text);

/* ahead.c: without idle ticks nobody else makes the next segment, so each step makes a part. `appended`: bytes of this step. */
void ahead_step(struct engine *engine, uint64_t appended);

/* Makes it as a whole. What hinders is said, and tried again. */
void ahead_idle(struct engine *engine);

/* alarm.c: finds the calendar that ends first in the set in force. */
void alarm_look(struct engine *engine);

/* Warns once a day, starting 60 days ahead. */
void alarm_run(struct engine *engine);

/* First instant that a calendar in use does not know; 0 = none ends. */
int64_t alarm_calendar_until(const struct engine *engine);

/* in_force.c: finds from the rows whether the set in force is this one and whole. */
void in_force_look(struct engine *engine);

/* May this set follow the one in force? A unit that was ever published has to be in it, retired or not, for cases, figures and keys
 * name it. Returns 0; -EINVAL: `said` (DATADIR_SAID bytes) says which is missing; or another negative errno. */
int in_force_fits(struct engine *engine, const struct district *district, char *said);

/* catch_up.c: applies the journal's records after the rows' last one, up to its end; `commit`: with checkpoints on the way. Returns
 * 0; -EXDEV: the rows are not those of this journal; or another negative errno; `said` (may be NULL) gets a sentence. */
int catch_up(const struct tables *tables, struct journal *journal, bool commit, char *said);

/* rewind.c: reads the district row into the engine's own members after rows changed under it. */
void rewind_reload(struct engine *engine);

/* Says that a checkpoint failed, and when the next is tried. */
void rewind_missed(struct engine *engine, int rc);

/* Rows back to the last checkpoint, then the tail. Returns 0 or a negative errno. */
int rewind_rows(struct engine *engine);

/* decide.c: has this step taken as much as it may? */
bool decide_full(const struct engine *engine);

/* What a step cannot go on after: a latched failure of the rows, or no memory for what must be answered. 0 or a negative errno. */
int decide_failure(const struct engine *engine);

/* Judges one command and applies its records. The verdict is in engine->verdict. Returns 0 or a negative errno: the step must end.
 */
int decide_command(struct engine *engine, const struct command *command);

/* A command that the engine itself gives: pulse, adopt_config, settle. Judges and applies it at command->now_ms. False: the step
 * must end (a failure). */
bool decide_own(struct engine *engine, const struct command *command);

/* new_set.c: carries the adoption on. False: it needs another step. */
bool new_set_adopt(struct engine *engine);

/* Carries the walk over open cases on, a slice a step, after what others asked for. */
void new_set_walk(struct engine *engine);

/* Settles one case before its time comes in the walk. False: the step must end. */
bool new_set_case(struct engine *engine, uint64_t case_id);

/* timer.c: fires all timers due at or before until_ms, in order, each at its own instant but never before engine->now_ms; in real
 * time all of them at now. At most `max`. True: none is left. False: the step is full, or failed. */
bool timer_fire(struct engine *engine, int64_t until_ms, uint32_t max);

/* Fires what is due of one case at the step's instant. False: the step must end. */
bool timer_fire_case(struct engine *engine, uint64_t case_id);

/* checkpoint.c: begins one; without a thread of its own it has ended then. One that fails costs a rewind and a replay; the journal
 * has everything, so work goes on and the next one is tried later. Requires that none is running. Returns 0 or a negative errno. */
int checkpoint_rows(struct engine *engine);

/* Looks whether the one that is running has ended, or waits for that. Returns 0 (also: none is running, or it goes on) or a
 * negative errno. */
int checkpoint_end(struct engine *engine, bool wait);

/* engine_backup.c: `folder` of backups, or NULL. Returns 0 or -ENOMEM; close frees in any case. */
int engine_backup_open(struct engine *engine, const char *folder);
void engine_backup_close(struct engine *engine);

/* Removes what a process before this one left half done. */
void engine_backup_sweep(struct engine *engine);

/* step.c: what a request hears that could not be stored: STORAGE_FAILED only as long as it is known that nothing was. */
enum refusal step_refusal(const struct engine *engine);

/* Drops the postponed message because its step failed; the sender is told and may retry. */
void step_drop_postponed(struct engine *engine);

#endif
