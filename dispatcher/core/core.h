/*
 * core.h - the domain: judge a command, apply a record
 *
 * Pure: no clock, no I/O, no allocation, no globals, no randomness. Time comes with the command, ids come from the next
 * sequence, rows come through the tables. Judge never writes; apply never refuses and reads rows and the record alone, so that an
 * old journal replays exactly under new code.
 */
#ifndef HUYING_CORE_CORE_H
#define HUYING_CORE_CORE_H

#include "dispatcher/core/tables.h"
#include "proto/record.h"

/* Who asks. Borrows its texts for the time of the call. */
struct actor {
    struct text name;   /* of the key */
    struct text behalf; /* name for whom a gateway acts, or empty */
    uint32_t roles;     /* bit per enum role */
    struct code unit;   /* top of the subtree that it may act for */
    /* What it may act on: matter codes, or beginnings of codes with a `*` behind them; empty = every matter. */
    struct codes matters;
};

/* What a message is about, as it says it: 0 and empty where it does not. Borrows its texts from the message. */
struct reference {
    uint64_t case_id; /* its own word, or once resolved the case that it names in any way */
    struct text number, submitted;
    uint64_t duty_id;
    uint64_t call_id;
    struct code unit;  /* holder of the duty, or where the command has a `rated`, of the duty that it follows */
    uint32_t kinds;    /* a bit per kind of duty that it may work on */
    uint32_t reporter; /* ordinal; looked at only where the command has such a field */
};

/* A wish with an actor and an instant. Texts are borrowed until the verdict's records have been encoded. */
struct command {
    enum command_type type;
    struct actor actor;
    struct text request;   /* request id; empty for pulse and adopt_config */
    uint64_t request_hash; /* of actor name and request id: core_request_hash */
    uint64_t body_hash;
    int64_t now_ms;
    uint64_t next_seq; /* sequence that the first record gets */
    union command_body body;
    /* By core_resolve; zero for what the dispatcher makes itself. */
    uint64_t repeats;      /* sequence of the remembered request with this id, 0 = it is new */
    uint64_t repeats_hash; /* body_hash of that request */
    struct reference about;
};

/* Most records of one verdict: a lead with 64 open duties, each with four clocks to end, and what opens after it. */
#define VERDICT_RECORDS_MAX 512

/* Units that one adopt_config verdict publishes; the engine asks again from where it ended. */
#define CORE_ADOPT_UNITS 200

struct verdict {
    enum refusal refusal; /* REFUSAL_NONE: accepted */
    const char *field;    /* field, role or step that the refusal is about, or NULL; static */
    const char *cause;    /* what is wrong in this very case, one sentence, or NULL: that of the refusal says all; static */
    enum warning warning; /* of what is accepted */
    bool repeated;        /* the request id is remembered: `request_seq` has the answer */
    uint64_t request_seq;
    uint32_t count;
    struct record records[VERDICT_RECORDS_MAX];
};

/* Looks up, once, whether the request is remembered and, where it is new, what the command is about. What it finds stays so until
 * the next command is accepted: no timer makes or forgets a request. */
void core_resolve(const struct tables *tables, struct command *command);

/* Finds the case that a message of this actor (name of the key) names: by id, number, request id of its submit, or else by its
 * duty. 0 = none, or it names none. */
uint64_t core_case_named(const struct tables *tables, struct text actor, const struct reference *about);

/* The one check of roles: has somebody with `roles` one of those that are `needed`? For every message, before it becomes a command.
 */
static inline bool core_role_allows(uint32_t needed, uint32_t roles)
{
    return (needed & roles) != 0;
}

/* Judges one command, whose role allows it and which core_resolve has seen. On acceptance ret->records[0] is command_taken (none
 * for pulse). Requires that the rungs of the command's own case that are due at now_ms have fired (core_case_due). */
void core_judge(const struct tables *tables, const struct command *command, struct verdict *ret);

/* Does a key with these matters see to this one? */
bool core_matter_allowed(const struct codes *matters, const struct code *matter);

/* What a clock would be due by under another set. `due_at` etc. are the row's where nothing moves. */
struct core_due {
    int64_t due_at, budget_ms;
    bool provisional;
    bool moves;     /* the due instant differs from the row, or whether it is provisional */
    bool rebudgets; /* it stays, and what counts up to it is another budget than the row's */
};

/* The due instant of a running clock under `district`, as settle moves it at `now_ms`. What is overdue already stays so, and no due
 * instant moves into the past. `lead_due_at`: due instant of the case's lead under the same set, which a support's may not pass;
 * 0 = none. */
void core_settled_due(const struct district *district, const struct clock_row *clock, int64_t now_ms, int64_t lead_due_at,
                      struct core_due *ret);

/* Is this case still ahead of the settling walk? */
bool core_unsettled(const struct tables *tables, uint64_t case_id);

/* The earliest timer of one case that is due at or before now: its instant, and what to pulse (a clock or a duty). False: none. */
bool core_case_due(const struct tables *tables, uint64_t case_id, int64_t now_ms, int64_t *ret_at_ms, uint64_t *ret_clock,
                   uint64_t *ret_duty);

/* Next unfired rung of a running clock: its instant, or INT64_MAX. */
int64_t core_next_rung_at(const struct clock_row *clock);

/* Hash of the person who acts: `behalf` where a gateway acts for somebody, else the key `name`. What rows call a handler, claimer.
 */
uint64_t core_person_hash(struct text name, struct text behalf);

/* Has this person worked on the case? Walks the chain of its handlers. */
bool core_handled(const struct tables *tables, const struct case_row *c, uint64_t person_hash);

/* Applies one record to the rows. `record->seq` is set. */
void core_apply(const struct tables *tables, const struct record *record);

/* XXH64 over actor name and request id. */
uint64_t core_request_hash(struct text actor, struct text request);

/* Sequence of the remembered request of this actor, and its row; 0: not remembered. `hash` is core_request_hash of the two. */
uint64_t core_request_find(const struct tables *tables, struct text actor, struct text request, uint64_t hash,
                           struct request_row *ret);

/* Answer to an accepted or repeated command, from its request row and the case row. `number` is written to `number_buffer` (>= 24
 * bytes). */
bool core_answer(const struct tables *tables, uint64_t request_seq, char *number_buffer, struct command_answer *ret);

/* The same for a command that was accepted just now, from the records of its verdict, which have been applied: its request row says
 * what the first of them says. */
void core_answer_now(const struct tables *tables, const struct verdict *verdict, char *number_buffer, struct command_answer *ret);

#endif
